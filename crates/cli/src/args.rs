//! The arguments, and the help that teaches them. The reference page is generated from here.

mod policy;
mod vault;

pub(crate) use policy::Policy;
pub(crate) use vault::Vault;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sealine_engine::RunId;
use std::path::PathBuf;

const AFTER: &str = "\
Examples:
  sealine init demo                  a project that runs at once
  sealine init --from customers.csv  a project around your own file
  sealine check                      prove every pipeline; touches no data
  sealine run                        prove, run, commit, leave a receipt
  sealine audit verify               has anything been changed since?

Exit codes: 0 done, 1 failed while running, 2 wrong usage or a broken file,
3 refused by proof or policy, 4 verification failed.
Every error has a code: `sealine explain CODE` says more.";

/// Secure-by-construction data pipelines
///
/// A pipeline that could leak does not start, and one that ran can show what it did.
#[derive(Parser)]
#[command(name = "sealine", version, propagate_version = true, after_help = AFTER, max_term_width = 100)]
pub(crate) struct Arguments {
    /// The project, as if started in that folder
    #[arg(
        short = 'C',
        value_name = "DIR",
        global = true,
        default_value = ".",
        hide_default_value = true
    )]
    pub(crate) directory: PathBuf,

    /// What is printed: text for people, json for programs (sarif: `check` only)
    #[arg(
        long,
        value_name = "FORMAT",
        global = true,
        default_value = "text",
        hide_possible_values = true
    )]
    pub(crate) format: Format,

    /// When to use colours; NO_COLOR is honoured
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto")]
    pub(crate) color: Colors,

    /// A file with the passphrase of the keystore, or SEALINE_PASSPHRASE_FILE; else you are asked
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) passphrase_file: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs: one object.
    Json,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
}

/// When to use colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Colors {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The verbs.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Make a project that runs at once, or one around your own file
    #[command(after_help = "\
Examples:
  sealine init demo && sealine -C demo run
  sealine init --from customers.csv shop

Nothing is ever overwritten. With --from the file is looked at where it lies: its columns
are typed and classified by name and content, what is not recognised gets the highest level,
and every decision is printed and written beside the column that it is about.")]
    Init(Init),
    /// Parse, resolve, prove and decide; touches no data
    #[command(after_help = "\
Examples:
  sealine check
  sealine check customers-daily --format json
  sealine check --format sarif > sealine.sarif

A refusal (exit 3) shows the path that the value took, and the change that would let it pass.")]
    Check(Check),
    /// Draw the labelled flow of a pipeline
    #[command(after_help = "\
Examples:
  sealine plan customers-daily
  sealine plan customers-daily --as svg > flow.svg
  sealine plan customers-daily --as json")]
    Plan(Plan),
    /// Prove, run, commit and leave a receipt
    #[command(after_help = "\
Examples:
  sealine run
  sealine run customers-daily
  sealine run --format json > summary.json
  sealine run customers-daily --run-id 2026-11-22.customers-daily

The name may be left out where the project has one pipeline. The first run makes the keys that
sealine.yaml declares. A run that was killed is finished or rolled back by the next one.

With --run-id a run is committed once, however often it is asked for: a scheduler may try again.

The first SIGINT or SIGTERM stops cleanly: nothing is published, unless that has begun (exit 1, or
0 where the run was finished). The second ends at once (130, 143); the next command settles it.")]
    Run(Run),
    /// Make, list, rotate and destroy keys
    #[command(
        subcommand,
        after_help = "\
Examples:
  sealine keys list
  sealine keys new crm
  sealine keys rotate lake
  sealine keys passphrase set

Key bytes are never printed. One key, one purpose: sealine.yaml says which. The policy permits
`keys` (new, list, show, rotate) and `administer` (all else), and every change is logged before
it takes effect."
    )]
    Keys(Keys),
    /// Look after the token vault: counts, what has expired, a vault that is lost
    #[command(
        subcommand,
        after_help = "\
Examples:
  sealine vault show
  sealine vault purge
  sealine vault sql | psql -v ON_ERROR_STOP=1 -d tokens

The vault keeps what `vault_token` needs to open its tokens: a file in the state folder, or the
database that `vault:` in sealine.yaml names. The audit log knows which one it is, and a vault that
is gone or another one stops every run that needs it. The policy permits `keys` (show) and
`administer` (purge, forget) on Sealine::Key::\"sealine/vault\"."
    )]
    Vault(Vault),
    /// Wrap and unwrap keys of files for another program: JSON lines in and out
    #[command(after_help = "\
Examples:
  sealine kms < requests.jsonl
  {\"op\":\"unwrap\",\"key\":\"lake\",\"wrapped\":\"<base64>\"}
  {\"op\":\"wrap\",\"key\":\"lake\",\"plaintext\":\"<base64>\"}

For readers such as pyarrow; examples/pyarrow has a client. The policy permits `unwrap` and `wrap`
for each file key, and the log knows before the first answer. Whoever may unwrap reads all that the
key seals, with any tool and whatever their clearance. While it runs it holds the project.")]
    Kms,
    /// Read rows of a dataset that your terminal may show
    #[command(after_help = "\
Examples:
  sealine read lake.customers --limit 5
  sealine read lake.customers --columns id,age_band --limit 20

Columns above `operator_clearance` are withheld and named. Reading is permitted by the policy
and written to the audit log.")]
    Read(Read),
    /// Open protected values of a dataset, where the policy permits it, for a reason
    #[command(after_help = "\
Examples:
  sealine reveal lake.customers --column comment --reason 'complaint 4711' --limit 5
  sealine reveal lake.visits --column note:id --columns id --reason 'audit 2026-3'
  sealine reveal lake.customers --column email --reason 'recall 12' --to emails.parquet --key lake

What protected the column is what the run recorded which wrote it. The policy is asked for `reveal`
for each tag of the value; who opened what, and why, stands in the audit log before a row is shown.
Into a file it is `export`, a right of its own: all rows, streamed, a new file for you alone. Its
digest and number of rows are logged before it can be seen.
`sealine protections` says which protections can be opened.")]
    Reveal(Reveal),
    /// Protect the columns of one file, without a pipeline
    #[command(after_help = "\
Examples:
  sealine protect new.csv --column id --column \"tokenize(email, 'crm') AS email\" --level id=internal --out lake/new
  sealine protect new.csv --column email=\"tokenize(email, 'crm')\" --clearance restricted --out new-safe
  sealine protect log.jsonl.gz --column id --column \"mask_ip(ip, 2) AS net\" --level id=internal --out log.csv
  sealine protect new.csv --column id --level id=internal --out lake/new --save new

Inside a project, with its keys and its policy; paths are seen from where you are. The file is
looked at as by `init --from`, and every column has the highest level unless you say less of it.
What you do not name is left out. It is proved, asked, run and receipted like any pipeline: the
policy is asked as `protect`, reading `adhoc.…` and writing `protected.…`, for you and for no
service. The output is encrypted Parquet, or one of the formats in clear where the clearance is below
the highest level and within what a terminal may show; rows that break a rule go to a folder beside
it, sealed. `sealine read` and `reveal` know the output by its path.")]
    Protect(Protect),
    /// List the protections, with what each leaks; or all about one
    #[command(after_help = "\
Examples:
  sealine protections
  sealine protections tokenize")]
    Protections(Protections),
    /// Report on a dataset in counts: how anonymous the people in it are
    #[command(
        subcommand,
        after_help = "\
Examples:
  sealine report anonymity lake.customers
  sealine report anonymity lake.customers --quasi age_band,country --sensitive income

No value is printed. Reading is permitted by the policy and written to the audit log, as for `read`."
    )]
    Report(Report),
    /// Sign and verify catalog and policy for their owners; test what the policy says
    #[command(
        subcommand,
        after_help = "\
Examples:
  sealine policy keygen --owner privacy --out privacy.key
  sealine policy sign --owner privacy --key privacy.key
  sealine policy verify
  sealine policy test

In a project with `owners:` in sealine.yaml, catalog/ and policy/ count only as signed by whoever
owns them: `check` and `run` refuse (exit 3) what nobody signed, what was changed since, and a state
older than one that was met before. So who writes a pipeline can neither relabel a column nor widen
a policy."
    )]
    Policy(Policy),
    /// Show the first rows that a pipeline would write, without writing them
    #[command(after_help = "\
Examples:
  sealine preview customers-daily --limit 5
  sealine preview customers-daily --step safe --limit 5

A preview is a sink like any other: it is proved against `operator_clearance` and logged.")]
    Preview(Preview),
    /// Run a pipeline over twins: inputs that differ only in what an audience must not see
    #[command(after_help = "\
Examples:
  sealine test --twin customers-daily
  sealine test --twin customers-daily --pairs 50 --rows 200
  sealine test --twin customers-daily --seed 7 --format json

The proof says that nobody can tell such inputs apart; this tries. The first rows of the sources are
run as they are, and again with restricted cells changed: drawn anew, in other places, by one, with
values on which functions fail, with nulls of special columns, with rows left out. For each
clearance of an output, and that of the terminal, all that it sees is compared: rows and their order,
names of files, the report, the receipt, errors. What permitted protections show is the same in both,
tokens are compared up to renaming, ciphertexts by length.

It runs in a copy of the project, with keys of its own, in a folder for you alone that is removed at
the end; lake, state, keys and log stay as they are. A difference ends with exit 1, and is told by
names, never by values.")]
    Test(Test),
    /// Verify and read the audit log
    #[command(
        subcommand,
        after_help = "\
Examples:
  sealine audit verify
  sealine audit verify --key log.pub --remembered checkpoint.old
  sealine audit show --limit 20"
    )]
    Audit(Audit),
    /// Say more about a code
    #[command(after_help = "\
Examples:
  sealine explain SL3001
  sealine explain --list")]
    Explain(Explain),
    /// Print the JSON Schema of a file, for editors
    #[command(after_help = "\
Examples:
  sealine schema catalog > catalog.schema.json

With the YAML language server, put this on the first line of a file:
  # yaml-language-server: $schema=catalog.schema.json")]
    Schema(Schema),
    /// Answer test vectors: JSON lines in and out
    #[command(hide = true)]
    Conform(Conform),
    /// Write the reference pages
    #[command(hide = true)]
    Docs(Docs),
}

/// Arguments of `test`.
#[derive(Args)]
pub(crate) struct Test {
    /// The pipeline
    #[arg(long, value_name = "PIPELINE", required = true)]
    pub(crate) twin: String,
    /// Pairs to compare at each level
    #[arg(long, value_name = "N", default_value_t = 14, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(crate) pairs: u64,
    /// What the twins are drawn from; the same seed draws the same
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Rows of each source, at most
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) rows: u64,
}

/// Arguments of `init`.
#[derive(Args)]
pub(crate) struct Init {
    /// A data file (CSV, JSON Lines, Arrow, Parquet) to propose catalog, levels, tags and pipeline for
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// Where the project goes
    #[arg(value_name = "DIR")]
    pub(crate) target: Option<PathBuf>,
}

/// Arguments of `check`.
#[derive(Args)]
pub(crate) struct Check {
    /// One pipeline; all of them where it is left out
    #[arg(value_name = "PIPELINE")]
    pub(crate) pipeline: Option<String>,
}

/// Arguments of `plan`.
#[derive(Args)]
pub(crate) struct Plan {
    /// The pipeline; may be left out where the project has one
    #[arg(value_name = "PIPELINE")]
    pub(crate) pipeline: Option<String>,
    /// The form
    #[arg(long = "as", value_name = "FORM", default_value = "text")]
    pub(crate) form: Form,
}

/// The forms of a plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Form {
    /// Drawn in the terminal.
    Text,
    /// As data.
    Json,
    /// As a picture.
    Svg,
}

/// Arguments of `run`.
#[derive(Args)]
pub(crate) struct Run {
    /// The pipeline; may be left out where the project has one
    #[arg(value_name = "PIPELINE")]
    pub(crate) pipeline: Option<String>,
    /// The run's own id; where it is committed already, nothing is done and its summary shown
    #[arg(long, value_name = "ID")]
    pub(crate) run_id: Option<RunId>,
}

/// Arguments of `keys`.
#[derive(Clone, Subcommand)]
pub(crate) enum Keys {
    /// Make a key that sealine.yaml declares
    New {
        /// Its name in sealine.yaml
        name: String,
    },
    /// List keys, purposes, versions and uses
    List,
    /// Show one key with all its versions
    Show {
        /// Its name
        name: String,
    },
    /// Let a new version protect; older ones go on opening
    #[command(after_help = "\
Rotation rewrites nothing and stops nothing: files and values name the version that protected
them. Keys of purpose `token` do not rotate, since their tokens would no longer match.")]
    Rotate {
        /// Its name
        name: String,
    },
    /// Let versions open, and protect nothing more
    #[command(disable_version_flag = true)]
    Disable {
        /// Its name
        name: String,
        /// One version; all that are enabled where it is left out
        #[arg(long, value_name = "N")]
        version: Option<u32>,
    },
    /// Let disabled versions protect again
    #[command(disable_version_flag = true)]
    Enable {
        /// Its name
        name: String,
        /// One version; all that are disabled where it is left out
        #[arg(long, value_name = "N")]
        version: Option<u32>,
    },
    /// Destroy a key or one version of it, after a delay
    #[command(after_help = "\
Examples:
  sealine keys rotate lake && sealine keys destroy lake --version 1
  sealine keys destroy old-crm --after 30d --yes old-crm

At once the version does nothing any more, so that whoever needs it notices; until it is due,
`sealine keys cancel` keeps it. The first command after that removes its bytes and writes a
tombstone into the log, by which a restored backup of it is refused. What only this key opens is
gone for good: in files, in tables, in every copy.")]
    #[command(disable_version_flag = true)]
    Destroy {
        /// Its name
        name: String,
        /// One version, not the one that protects; the whole key where it is left out
        #[arg(long, value_name = "N")]
        version: Option<u32>,
        /// How long it can be taken back: a number with s, m, h or d, at most 365d
        #[arg(long, value_name = "TIME", default_value = "7d", value_parser = delay)]
        after: i64,
        /// The name once more, instead of being asked
        #[arg(long, value_name = "NAME")]
        yes: Option<String>,
    },
    /// Keep versions that wait for their destruction
    #[command(disable_version_flag = true)]
    Cancel {
        /// Its name
        name: String,
        /// One version; all that wait where it is left out
        #[arg(long, value_name = "N")]
        version: Option<u32>,
    },
    /// Limit how often a version may be used before the key must be rotated
    #[command(after_help = "\
Counted are the files that a key of purpose `file` seals, and the runs of each column that a key
of purpose `value` seals. The cipher's own limit is 2^32; at four fifths every run warns.")]
    Limit {
        /// Its name
        name: String,
        /// Uses of one version, or `none` for the cipher's own limit
        #[arg(value_name = "N", value_parser = uses)]
        uses: Uses,
    },
    /// Put the keystore under a passphrase, another one, or none
    #[command(
        subcommand,
        after_help = "\
Examples:
  sealine keys passphrase set
  sealine keys passphrase change --new-passphrase-file /run/secrets/new
  sealine run --passphrase-file /run/secrets/sealine

Argon2id (RFC 9106) turns it into the key that seals root.key. A passphrase is read from a file
or the terminal, never from an argument or a variable. Who loses it loses the keys."
    )]
    Passphrase(Passphrase),
}

/// Arguments of `keys passphrase`.
#[derive(Clone, Subcommand)]
pub(crate) enum Passphrase {
    /// Put the keystore under a passphrase
    Set {
        /// A file with the new passphrase; else you are asked twice
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
    },
    /// Put it under another passphrase
    Change {
        /// A file with the new passphrase; else you are asked twice
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
    },
    /// Go back to a file that its owner alone can read
    Remove,
}

/// A limit of uses; `None` is the cipher's own.
#[derive(Clone, Copy)]
pub(crate) struct Uses(pub(crate) Option<u64>);

fn uses(text: &str) -> Result<Uses, String> {
    match text {
        "none" => Ok(Uses(None)),
        _ => text
            .parse()
            .map(|uses| Uses(Some(uses)))
            .map_err(|_| "a whole number or `none`".to_owned()),
    }
}

/// Seconds of a delay such as `7d`.
fn delay(text: &str) -> Result<i64, String> {
    const DAY: i64 = 86_400;
    let wrong = || "a number with s, m, h or d, at most 365d, such as 7d".to_owned();
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => DAY,
        _ => return Err(wrong()),
    };
    let number = text.get(..text.len() - 1).unwrap_or_default();
    let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = number.parse().map_err(|_| wrong())?;
    match number.checked_mul(unit) {
        Some(seconds) if plain && seconds <= 365 * DAY => Ok(seconds),
        _ => Err(wrong()),
    }
}

/// Arguments of `read`.
#[derive(Args)]
pub(crate) struct Read {
    /// The dataset of the catalog
    #[arg(value_name = "DATASET")]
    pub(crate) dataset: String,
    /// At most this many rows
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = limit())]
    pub(crate) limit: u64,
    /// Only these columns
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) columns: Option<Vec<String>>,
}

/// Arguments of `reveal`.
#[derive(Args)]
pub(crate) struct Reveal {
    /// The dataset of the catalog
    #[arg(value_name = "DATASET")]
    pub(crate) dataset: String,
    /// A column to open; `note:id` where its protection took the column `id` beside the value
    #[arg(long, value_name = "COLUMN", required = true)]
    pub(crate) column: Vec<String>,
    /// Why; the audit log keeps it beside your name
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub(crate) reason: String,
    /// At most this many rows (default: 10 at the terminal, all in a file)
    #[arg(long, value_name = "N", value_parser = limit())]
    pub(crate) limit: Option<u64>,
    /// Show these columns beside
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) columns: Option<Vec<String>>,
    /// Write them into this new file instead: `.parquet`, sealed; `.csv`, `.jsonl` or `.arrow` where they may lie in clear
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// The key that seals the file; may be left out where the project has one of purpose `file`
    #[arg(long, value_name = "KEY", requires = "to")]
    pub(crate) key: Option<String>,
}

fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.len() {
        0 => Err("say why: an auditor will read it".to_owned()),
        _ if text.chars().any(char::is_control) => Err("one line of plain text".to_owned()),
        1..=500 => Ok(text.to_owned()),
        _ => Err("at most 500 bytes".to_owned()),
    }
}

/// Arguments of `protect`.
#[derive(Args)]
pub(crate) struct Protect {
    /// The file: CSV, JSON Lines (each also gzip or zstd), Arrow IPC or Parquet in clear
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// A column of the output: a column as it is, or an expression of SQL with `AS name`; `name=expression` does as well
    #[arg(long, value_name = "EXPR", required = true)]
    pub(crate) column: Vec<String>,
    /// Where the output goes: a folder of its own, or one file, whose ending says the format
    #[arg(long, visible_alias = "to", value_name = "PATH")]
    pub(crate) out: PathBuf,
    /// The format of the output (default: by its ending, else sealed Parquet); all but Parquet lie in clear
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format_out: Option<Output>,
    /// The level of a column of the file; the highest where it is left out
    #[arg(long, value_name = "COLUMN=LEVEL", value_parser = level)]
    pub(crate) level: Vec<(String, String)>,
    /// The column that names a row, where none is found: with a level, which rows there are has that level
    #[arg(long, value_name = "COLUMN")]
    pub(crate) id: Option<String>,
    /// What may arrive in the output (default: what your terminal may show)
    #[arg(long, value_name = "LEVEL")]
    pub(crate) clearance: Option<String>,
    /// The key that seals the output; may be left out where the project has one of purpose `file`
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// Keep it: write the catalog entry and a pipeline of this name, once the output is there
    #[arg(long, value_name = "NAME", value_parser = word)]
    pub(crate) save: Option<String>,
}

/// The formats of an output.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Output {
    /// Sealed.
    Parquet,
    /// In clear.
    Csv,
    /// In clear.
    Jsonl,
    /// In clear.
    Arrow,
}

fn level(text: &str) -> Result<(String, String), String> {
    match text.rsplit_once('=') {
        Some((column, level)) if !column.is_empty() && !level.is_empty() => {
            Ok((column.trim().to_owned(), level.trim().to_owned()))
        }
        _ => Err("write COLUMN=LEVEL, such as id=internal".to_owned()),
    }
}

fn word(text: &str) -> Result<String, String> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let good = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.len() <= 64
        && text.chars().all(plain);
    good.then(|| text.to_owned())
        .ok_or_else(|| "a letter, then letters, digits, `_` or `-`; at most 64 in all".to_owned())
}

/// Arguments of `protections`.
#[derive(Args)]
pub(crate) struct Protections {
    /// One of them, for all about it
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// Arguments of `report`.
#[derive(Subcommand)]
pub(crate) enum Report {
    /// Measure k-anonymity, l-diversity and t-closeness
    Anonymity {
        /// The dataset of the catalog
        #[arg(value_name = "DATASET")]
        dataset: String,
        /// What an outsider may know of a person (default: what the catalog declares)
        #[arg(long, value_name = "A,B", value_delimiter = ',')]
        quasi: Option<Vec<String>>,
        /// What must not be learnt from it (default: what the catalog declares, unless --quasi is given)
        #[arg(long, value_name = "A,B", value_delimiter = ',')]
        sensitive: Option<Vec<String>>,
        /// Whom a row is about; people are counted then, not rows (default: the subject of the catalog)
        #[arg(long, value_name = "COLUMN")]
        subject: Option<String>,
    },
}

/// Arguments of `preview`.
#[derive(Args)]
pub(crate) struct Preview {
    /// The pipeline
    #[arg(value_name = "PIPELINE")]
    pub(crate) pipeline: Option<String>,
    /// One of its steps; the last output's where it is left out
    #[arg(long, value_name = "STEP")]
    pub(crate) step: Option<String>,
    /// At most this many rows
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = limit())]
    pub(crate) limit: u64,
}

fn limit() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(1..=10_000)
}

/// Arguments of `audit`.
#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Check the log, every receipt and every output; needs no key but the public one
    Verify {
        /// The public key of the log, from where you trust it (default: the one beside the log)
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// A checkpoint kept from before: finds a truncation, a rollback and a fork
        #[arg(long, value_name = "FILE")]
        remembered: Option<PathBuf>,
    },
    /// Print the entries
    Show {
        /// At most this many, the latest
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: u64,
    },
}

/// Arguments of `explain`.
#[derive(Args)]
pub(crate) struct Explain {
    /// The code, as printed
    #[arg(value_name = "CODE", required_unless_present = "list")]
    pub(crate) code: Option<String>,
    /// List every code
    #[arg(long, conflicts_with = "code")]
    pub(crate) list: bool,
}

/// Arguments of `schema`.
#[derive(Args)]
pub(crate) struct Schema {
    /// Of which file: project, catalog or pipeline
    #[arg(value_name = "FILE")]
    pub(crate) name: String,
}

/// Arguments of `conform`.
#[derive(Args)]
pub(crate) struct Conform {
    /// The operation
    #[arg(value_name = "OP")]
    pub(crate) operation: String,
}

/// Arguments of `docs`.
#[derive(Args)]
pub(crate) struct Docs {
    /// Where the pages go
    #[arg(value_name = "DIR")]
    pub(crate) target: PathBuf,
    /// Compare instead of writing
    #[arg(long)]
    pub(crate) check: bool,
}
