//! `sealine check`: parse, resolve, prove, decide. It touches no data.

use crate::args::{self, Format};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::project;
use crate::screen::{Paint, Screen};
use crate::show;
use sealine_spec::{Diagnostics, Severity};
use serde_json::json;
use std::path::Path;

/// Checks one pipeline, or all.
pub(crate) fn run(
    directory: &Path,
    arguments: &args::Check,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let opened = project::open_quietly(directory)?;
    let names = match &arguments.pipeline {
        Some(name) => vec![opened.pipeline(Some(name))?],
        None => opened.pipelines(),
    };
    let mut findings = Diagnostics::new();
    findings.extend(opened.diagnostics().iter().cloned());
    // What stands against the owners' word stands against every pipeline, and is said once.
    let vouched = opened.project().policy().vouched();
    findings.extend(vouched.faults().iter().cloned());
    let mut verdicts = Vec::new();
    let mut exit = match vouched.is_sound() {
        true => Exit::Done,
        false => Exit::Refused,
    };
    for name in &names {
        let checked = opened.check(name);
        let verdict = match &checked {
            Ok(authorized) => {
                let plan = authorized.plan();
                let columns: usize = plan
                    .outputs()
                    .iter()
                    .map(|output| output.columns.len())
                    .sum();
                Verdict {
                    name,
                    columns,
                    declassified: authorized.declassifications().len(),
                    refused: 0,
                }
            }
            Err(refused) => {
                exit = worse(exit, refused.exit);
                let own = refused.diagnostics.iter();
                let own = own.filter(|one| !vouched.faults().iter().any(|other| other == *one));
                findings.extend(own.cloned());
                Verdict {
                    name,
                    columns: 0,
                    declassified: 0,
                    refused: refused.diagnostics.errors().count(),
                }
            }
        };
        verdicts.push(verdict);
    }
    match screen.format() {
        Format::Text => {
            show::people(screen, opened.files(), &findings);
            for verdict in &verdicts {
                screen.line(&verdict.line(screen));
            }
            if verdicts.is_empty() {
                screen.line("the project has no pipeline; its files are in order");
            }
            if let Some(first) = findings
                .iter()
                .find(|finding| finding.severity == Severity::Error)
            {
                let color = screen.error_color();
                screen
                    .error(&Paint::Dim.on(color, &format!("more: sealine explain {}", first.code)));
            }
            show::aside(screen, &findings);
        }
        Format::Json => {
            let all: Vec<_> = findings
                .iter()
                .map(|one| show::json(opened.files(), one))
                .collect();
            let pipelines: Vec<_> = verdicts.iter().map(Verdict::json).collect();
            screen.json(&json!({
                "ok": exit == Exit::Done,
                "exit": exit.number(),
                "pipelines": pipelines,
                "diagnostics": all,
            }));
        }
        Format::Sarif => show::findings(screen, opened.files(), &findings, exit),
    }
    Ok(exit)
}

/// What was decided of one pipeline.
struct Verdict<'a> {
    name: &'a str,
    columns: usize,
    declassified: usize,
    refused: usize,
}

impl Verdict<'_> {
    fn line(&self, screen: &Screen) -> String {
        if self.refused > 0 {
            let findings = show::count(self.refused as u64, "finding");
            return format!(
                "{} {}: {findings}",
                screen.paint(Paint::Bad, "refused"),
                self.name
            );
        }
        format!(
            "{} {}: {}, {} permitted",
            screen.paint(Paint::Good, "passes"),
            self.name,
            show::count(self.columns as u64, "column"),
            show::count(self.declassified as u64, "declassification")
        )
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "pipeline": self.name,
            "verdict": if self.refused > 0 { "refused" } else { "passes" },
            "columns": self.columns,
            "declassifications": self.declassified,
        })
    }
}

fn worse(one: Exit, other: Exit) -> Exit {
    // A broken file says less about the project than a refusal, so it wins: fix it first.
    match (one, other) {
        (Exit::Broken, _) | (_, Exit::Broken) => Exit::Broken,
        (Exit::Refused, _) | (_, Exit::Refused) => Exit::Refused,
        _ => one,
    }
}
