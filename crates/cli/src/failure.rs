//! What can go wrong before, beside or after the other crates: wrong usage, files of the command
//! line itself. Each has a stable code and says what to do. What the crates report keeps its own.

use crate::exit::Exit;
use crate::printable::printable;
use crate::screen::{Paint, Screen};
use sealine_spec::{Diagnostics, Files};
use serde_json::json;
use thiserror::Error;

/// Why a verb ended early.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// A file that `init` would have to overwrite.
    #[error(
        "`{path}` already exists, and nothing is ever overwritten; choose another folder, or move it away"
    )]
    Exists {
        /// The file.
        path: String,
    },
    /// The file of `init --from` cannot be used.
    #[error("`{path}` cannot be proposed for: {reason}")]
    Unusable {
        /// The file.
        path: String,
        /// Why, and what to do.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("cannot {action} `{path}`: {source}")]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The pipeline was left out, and the project has not exactly one.
    #[error("the project has {count} pipelines; name one of: {names}")]
    WhichPipeline {
        /// How many.
        count: usize,
        /// Their names.
        names: String,
    },
    /// A name that is not there.
    #[error("there is no {what} `{name}`{suggestion}")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// The name.
        name: String,
        /// `; did you mean …` or nothing.
        suggestion: String,
    },
    /// A form that this verb does not have.
    #[error("`{verb}` has no `--format sarif`; only `check` has")]
    NoSarif {
        /// The verb.
        verb: &'static str,
    },
    /// A line of `conform` that is not JSON.
    #[error("line {line} is not a JSON object")]
    NotJson {
        /// Counted from 1.
        line: usize,
    },
    /// A generated page differs from what the program would write.
    #[error("`{path}` is stale; run `cargo xtask docs`")]
    Stale {
        /// The page.
        path: String,
    },
    /// The asynchronous runtime could not be started.
    #[error("cannot start the runtime: {source}; are there too many processes or threads")]
    Runtime {
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A passphrase that could not be taken in.
    #[error("no passphrase was taken: {reason}")]
    Passphrase {
        /// Why, and what to do.
        reason: &'static str,
    },
    /// A destruction that nobody confirmed.
    #[error("nothing was destroyed; to go on, repeat the name of the key: `--yes {name}`")]
    Unconfirmed {
        /// The key.
        name: String,
    },
    /// The key that seals an output is not clear.
    #[error("which key seals the output? {reason}")]
    WhichKey {
        /// What there is to choose from, or to declare.
        reason: String,
    },
    /// An argument of `protect` or `reveal` that cannot be used.
    #[error("`{argument}` cannot be used: {reason}")]
    Argument {
        /// As it was typed.
        argument: String,
        /// Why, and what to do.
        reason: String,
    },
    /// A key that is none of the owner's.
    #[error(
        "the key is not that of the owner `{owner}`: `sealine.yaml` names another one, or none; its public key is `{public}`"
    )]
    OwnerKey {
        /// The owner.
        owner: String,
        /// The public half of the key.
        public: String,
    },
    /// Nobody vouches, or others than expected.
    #[error("{reason}")]
    OtherOwners {
        /// Who, and what to do.
        reason: String,
    },
    /// No file of `policy/tests/` asks anything.
    #[error(
        "there is nothing to test: no file below `policy/tests/` ends in `.yaml`; `sealine policy test --help` shows one"
    )]
    NoTests,
    /// Broken files or a refusal, with places.
    #[error("{} findings", .diagnostics.len())]
    Findings {
        /// The texts.
        files: Box<Files>,
        /// The findings.
        diagnostics: Diagnostics,
        /// Broken or refused.
        exit: Exit,
    },
    /// An error of another crate, with its own code.
    #[error("{message}")]
    Crate {
        /// Its code.
        code: &'static str,
        /// Its message.
        message: String,
        /// How the process ends.
        exit: Exit,
    },
}

impl Failure {
    /// The stable code; none for findings, which have their own.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Failure::Exists { .. } => "SL0101",
            Failure::Unusable { .. } => "SL0102",
            Failure::File { .. } => "SL0103",
            Failure::WhichPipeline { .. } => "SL0104",
            Failure::Unknown { .. } => "SL0105",
            Failure::NoSarif { .. } => "SL0106",
            Failure::NotJson { .. } => "SL0107",
            Failure::Stale { .. } => "SL0108",
            Failure::Runtime { .. } => "SL0109",
            Failure::Passphrase { .. } => "SL0114",
            Failure::Unconfirmed { .. } => "SL0115",
            Failure::WhichKey { .. } => "SL0116",
            Failure::Argument { .. } => "SL0117",
            Failure::OwnerKey { .. } => "SL0340",
            Failure::OtherOwners { .. } => "SL0341",
            Failure::NoTests => "SL0342",
            Failure::Findings { .. } => "",
            Failure::Crate { code, .. } => code,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Failure::Findings { exit, .. } | Failure::Crate { exit, .. } => *exit,
            Failure::OtherOwners { .. } => Exit::Tampered,
            Failure::Runtime { .. }
            | Failure::Stale { .. }
            | Failure::File {
                action: "write", ..
            } => Exit::Failed,
            _ => Exit::Broken,
        }
    }

    /// Prints it, and says how the process ends.
    pub(crate) fn report(&self, screen: &Screen) -> Exit {
        if let Failure::Findings {
            files,
            diagnostics,
            exit,
        } = self
        {
            crate::show::findings(screen, files, diagnostics, *exit);
            return *exit;
        }
        let (code, exit) = (self.code(), self.exit());
        // Arguments and paths are repeated here.
        let message = printable(&self.to_string());
        if screen.is_json() {
            screen.json(&json!({
                "ok": false,
                "exit": exit.number(),
                "error": { "code": code, "message": message, "explain": format!("sealine explain {code}") },
            }));
        } else {
            let color = screen.error_color();
            screen.error(&format!(
                "{} {message}",
                Paint::Bad.on(color, &format!("error[{code}]:"))
            ));
            screen.error(&Paint::Dim.on(color, &format!("  more: sealine explain {code}")));
        }
        exit
    }
}

/// The codes of this crate, and what `explain` says of them.
pub(crate) const CODES: &[(&str, &str)] = &[
    (
        "SL0001",
        "A defect in sealine.\n\nThe program met a state that its authors ruled out, and stopped. What was being staged is \
         not published; the next `sealine run` finishes or rolls back what was begun. The message of the panic is withheld, \
         since it could hold a value of a row.\n\n**What to do.** Run the command again. If it happens again, report the line \
         that was printed, and the version (`sealine --version`).",
    ),
    (
        "SL0101",
        "A file is in the way.\n\n`sealine init` writes several files, and overwrites none: a catalog or a policy is \
         somebody's decision. Nothing was written.\n\n**What to do.** Give another folder (`sealine init --from people.csv \
         new-project`), or move the file away.",
    ),
    (
        "SL0102",
        "The data file cannot be proposed for.\n\n`sealine init --from FILE` needs a file of data with named columns and at \
         least one row: CSV in UTF-8, JSON Lines, Arrow IPC or Parquet in clear. It looks at a bounded sample from its \
         beginning; so does `sealine protect`.\n\n**What to do.** Check that the file is what you think it is: `head FILE`. For another encoding, convert it first: `iconv -f latin1 -t utf8 FILE > NEW`.",
    ),
    (
        "SL0103",
        "A file could not be read or written.\n\nThe system's own reason is printed. Nothing was half done.\n\n**What to \
         do.** Check that the path exists, that you may use it, and that the disk is not full.",
    ),
    (
        "SL0104",
        "Which pipeline?\n\nThe name may be left out only where the project has exactly one.\n\n**What to do.** Name one of \
         those that are listed: `sealine run customers-daily`.",
    ),
    (
        "SL0105",
        "No such name.\n\nThe command names something that the project does not have. Names are compared exactly.\n\n**What \
         to do.** Look for the nearest name that is printed, or list what there is: `sealine check`, `sealine keys list`, \
         `sealine explain --list`.",
    ),
    (
        "SL0106",
        "No SARIF here.\n\nSARIF is a format for findings in files, so only `sealine check` prints it.\n\n**What to do.** Use \
         `--format json`.",
    ),
    (
        "SL0107",
        "A line is not JSON.\n\n`sealine conform` reads one JSON object a line from standard input and answers each with one \
         line.\n\n**What to do.** Pipe JSON lines: `jq -c '.[]' vectors.json | sealine conform hmac`.",
    ),
    (
        "SL0108",
        "A reference page is stale.\n\nThe pages below `docs/reference` are written by the program that they describe, so \
         that they cannot drift.\n\n**What to do.** Run `cargo xtask docs` and commit the result.",
    ),
    (
        "SL0109",
        "The runtime could not be started.\n\nThe system refused to make threads.\n\n**What to do.** Check the limits of the \
         user and the container (`ulimit -u`).",
    ),
    (
        "SL0110",
        "A field of a vector is missing or malformed.\n\n`sealine conform` answers the line with this code and goes on. Bytes \
         are lower-case hex, but for the Merkle proofs, which are base64.\n\n**What to do.** Compare the line with the table of \
         operations.",
    ),
    (
        "SL0111",
        "A proof does not hold.\n\n`sealine conform merkle-inclusion` and `merkle-consistency` answer with this code where the \
         hashes do not lead to the root.\n\n**What to do.** Nothing, if the vector is meant to fail.",
    ),
    (
        "SL0112",
        "Standard output could not be written.\n\nThe system refused what was to be printed, for example because a disk is \
         full. What the command did besides printing is done: after `sealine run` the commit stands. A reader that went away \
         (`sealine schema catalog | head -1`) is no failure.\n\n**What to do.** Make room or print elsewhere, and run the \
         command again; after a run, `sealine audit show` tells what was done.",
    ),
    (
        "SL0113",
        "Wrong usage.\n\nThe command line names an option, a verb or a value that is not there, or leaves out one that is \
         needed. Nothing was done. With `--format json` the message stands on standard output.\n\n**What to do.** Compare with \
         `sealine --help` or the help of the verb, for example `sealine run --help`.",
    ),
    (
        "SL0114",
        "No passphrase was taken.\n\nA passphrase comes from a file that only its owner (and at most a group) can read, or \
         from the terminal, where nothing is shown of it. One line feed at its end is left out. It is taken from no argument \
         and from no variable, since others can read those.\n\n**What to do.** Do what the message says: \
         `chmod 600 FILE`, or `--passphrase-file FILE`. A pipe serves as well: `--passphrase-file /dev/fd/3 3< <(pass show \
         sealine)`.",
    ),
    (
        "SL0115",
        "A destruction was not confirmed.\n\nWhat only a destroyed key opens is gone for good, in every backup too. So its \
         name is said twice: at a terminal you are asked, elsewhere `--yes` repeats it.\n\n**What to do.** `sealine keys \
         destroy lake --version 1 --yes lake`",
    ),
    (
        "SL0116",
        "Which key seals the output?\n\nWhat `sealine protect` writes is encrypted under a key of purpose `file` that \
         `sealine.yaml` declares. Where it declares one such key, that is taken; where it declares several, the choice is \
         yours.\n\n**What to do.** Name one: `--key lake`. Where there is none, add it under `keys:` of `sealine.yaml`: \
         `lake: { purpose: file }`, and make it with `sealine keys new lake` if the project has run before.",
    ),
    (
        "SL0117",
        "An argument of `protect` or `reveal` cannot be used.\n\nThe message names it and says why: an output needs a \
         folder of its own in a folder that exists, an expression stands on one line, what is kept with `--save` needs \
         connections that `sealine.yaml` declares, a file of opened values has an ending that says its format. Nothing was \
         read, nothing was written.\n\n**What to do.** What the message says; `sealine protect --help` and `sealine reveal \
         --help` have examples.",
    ),
    (
        "SL0340",
        "A key that is not the owner's.\n\n`sealine policy sign` takes the key whose public half `owners:` of `sealine.yaml` \
         names, or named when the project was last run. The message prints the public half of the key that was given. Nothing \
         was signed.\n\n**What to do.** Give the right file, or put the printed line under `owners:`, for example `privacy: { \
         key: \"…\", signs: [catalog/, policy/] }`. Owners who are there already sign that change too.",
    ),
    (
        "SL0341",
        "Nobody vouches for the project, or others than expected.\n\n`sealine policy verify` ends with this where \
         `sealine.yaml` names no owner, or where the owners are not exactly those whose keys were given with `--key`. Who \
         writes `sealine.yaml` writes `owners:` too; a machine that has never run the project knows no owner from before, so \
         it compares with keys from a place that you trust.\n\n**What to do.** See who changed `owners:`. In a pipeline of \
         checks, keep the keys outside of the repository: `sealine policy verify --key \"$PRIVACY_KEY\"`.",
    ),
    (
        "SL0342",
        "There is nothing to test.\n\nNo file below `policy/tests/` ends in `.yaml`. A test that does not exist must not pass \
         for one that succeeded.\n\n**What to do.** Write a table of who may what; `sealine policy test --help` shows one.",
    ),
];

/// `; did you mean …`, where one of the names is near; else `; there are …`, where they are few.
pub(crate) fn suggestion<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let near = names.iter().map(|other| (distance(name, other), other));
    match near.min() {
        Some((distance, other)) if distance <= (name.chars().count() + 1) / 3 => {
            format!("; did you mean `{other}`")
        }
        Some((_, only)) if names.len() == 1 => format!("; there is `{only}`"),
        Some(_) if names.len() <= FEW => format!("; there are `{}`", names.join("`, `")),
        _ => String::new(),
    }
}

/// So many names are listed.
const FEW: usize = 8;

/// Levenshtein's distance.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, letter) in one.chars().enumerate() {
        let mut diagonal = place;
        let mut left = place + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (next, cell) in other.iter().zip(row.iter_mut().skip(1)) {
            let here = (diagonal + usize::from(letter != *next))
                .min(left + 1)
                .min(*cell + 1);
            diagonal = *cell;
            *cell = here;
            left = here;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_right() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        assert_eq!(
            suggestion("custmers", ["customers", "orders"]),
            "; did you mean `customers`"
        );
        assert_eq!(
            suggestion("zebra", ["customers", "orders"]),
            "; there are `customers`, `orders`"
        );
        assert_eq!(suggestion("zebra", ["orders"]), "; there is `orders`");
        assert_eq!(suggestion("zebra", []), "");
        assert_eq!(suggestion("zebra", ["customers"; FEW + 1]), "");
    }

    #[test]
    fn every_code_is_explained() {
        let failures = [
            Failure::Exists {
                path: String::new(),
            },
            Failure::Unusable {
                path: String::new(),
                reason: String::new(),
            },
            Failure::WhichPipeline {
                count: 0,
                names: String::new(),
            },
            Failure::Unknown {
                what: "",
                name: String::new(),
                suggestion: String::new(),
            },
            Failure::NoSarif { verb: "" },
            Failure::NotJson { line: 1 },
            Failure::Stale {
                path: String::new(),
            },
            Failure::Passphrase { reason: "" },
            Failure::Unconfirmed {
                name: String::new(),
            },
            Failure::WhichKey {
                reason: String::new(),
            },
            Failure::Argument {
                argument: String::new(),
                reason: String::new(),
            },
            Failure::OwnerKey {
                owner: String::new(),
                public: String::new(),
            },
            Failure::OtherOwners {
                reason: String::new(),
            },
            Failure::NoTests,
        ];
        for failure in failures {
            assert!(
                CODES.iter().any(|(code, _)| *code == failure.code()),
                "{}",
                failure.code()
            );
        }
    }
}
