//! The verbs, one file each. A verb opens the project, asks the engine, and prints.

mod audit;
mod check;
mod conform;
mod docs;
mod explain;
mod init;
mod keys;
mod kms;
mod plan;
mod policy;
mod preview;
mod protect;
mod protections;
mod read;
mod report;
mod reveal;
mod run;
mod schema;
mod test;
mod vault;

pub(crate) use explain::{codes, explanation, title};

use crate::args::{Arguments, Format, Verb};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;

/// Runs the verb that was asked for.
pub(crate) fn run(arguments: Arguments, screen: &Screen) -> Result<Exit, Failure> {
    let directory = arguments.directory.as_path();
    if arguments.format == Format::Sarif && !matches!(arguments.verb, Verb::Check(_)) {
        return Err(Failure::NoSarif {
            verb: name(&arguments.verb),
        });
    }
    match &arguments.verb {
        Verb::Init(init) => init::run(directory, init, screen),
        Verb::Check(check) => check::run(directory, check, screen),
        Verb::Plan(plan) => plan::run(directory, plan, screen),
        Verb::Policy(policy) => policy::run(directory, policy, screen),
        Verb::Run(run) => run::run(directory, run, screen),
        Verb::Test(test) => test::run(directory, test, screen),
        Verb::Keys(keys) => keys::run(directory, keys, screen),
        Verb::Vault(vault) => vault::run(directory, vault, screen),
        Verb::Kms => kms::run(directory, screen),
        Verb::Read(read) => read::run(directory, read, screen),
        Verb::Reveal(reveal) => reveal::run(directory, reveal, screen),
        Verb::Report(report) => report::run(directory, report, screen),
        Verb::Preview(preview) => preview::run(directory, preview, screen),
        Verb::Protect(protect) => protect::run(directory, protect, screen),
        Verb::Protections(protections) => protections::run(protections, screen),
        Verb::Audit(audit) => audit::run(directory, audit, screen),
        Verb::Explain(explain) => explain::run(explain, screen),
        Verb::Schema(schema) => schema::run(schema, screen),
        Verb::Conform(conform) => conform::run(directory, conform, screen),
        Verb::Docs(docs) => docs::run(docs, screen),
    }
}

fn name(verb: &Verb) -> &'static str {
    match verb {
        Verb::Init(_) => "init",
        Verb::Check(_) => "check",
        Verb::Plan(_) => "plan",
        Verb::Policy(_) => "policy",
        Verb::Run(_) => "run",
        Verb::Test(_) => "test",
        Verb::Keys(_) => "keys",
        Verb::Vault(_) => "vault",
        Verb::Kms => "kms",
        Verb::Read(_) => "read",
        Verb::Reveal(_) => "reveal",
        Verb::Report(_) => "report",
        Verb::Preview(_) => "preview",
        Verb::Protect(_) => "protect",
        Verb::Protections(_) => "protections",
        Verb::Audit(_) => "audit",
        Verb::Explain(_) => "explain",
        Verb::Schema(_) => "schema",
        Verb::Conform(_) => "conform",
        Verb::Docs(_) => "docs",
    }
}
