//! The arguments of `sealine policy`, and the help that teaches them.

use super::word;
use clap::Subcommand;
use std::path::PathBuf;

/// Arguments of `policy`.
#[derive(Subcommand)]
pub(crate) enum Policy {
    /// Make a signing key for an owner, and print the line for sealine.yaml
    #[command(after_help = "\
Examples:
  sealine policy keygen --owner privacy --out privacy.key
  sealine policy keygen --owner privacy --out privacy.pem --pem

Ed25519, under a passphrase (Argon2id). With --pem it is PKCS#8 without one, in a file of mode 0600,
as `openssl genpkey -algorithm ed25519` makes it; that may be given to `sign` too. Keep the file where
those who write pipelines cannot reach it. Who loses it cannot hand over to another key.")]
    Keygen {
        /// Who it is for, as `owners:` will name them
        #[arg(long, value_name = "NAME", value_parser = word)]
        owner: String,
        /// The new file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Without a passphrase, as PEM
        #[arg(long, conflicts_with = "new_passphrase_file")]
        pem: bool,
        /// A file with the passphrase; else you are asked twice
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
    },
    /// Sign the files of an owner as they are now
    #[command(after_help = "\
Examples:
  sealine check && sealine policy sign --owner privacy --key privacy.key
  git add signatures

Look at what changed first: `sealine policy verify` lists the files. What is signed is the path and
SHA-256 of every file below the owner's folders (`signs:`), and of sealine.yaml, since that says who
the owners are. The signature is a file in signatures/, an in-toto statement in a DSSE envelope.

To hand over to another key, change `owners:`, then let the old key sign and the new one: who vouched
last must agree to who vouches next. The audit log remembers the newest signature of each owner.")]
    Sign {
        /// As whom, by the name in `owners:`
        #[arg(long, value_name = "NAME", value_parser = word)]
        owner: String,
        /// The file of the key; a passphrase is asked for, or read from --passphrase-file
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Say who vouches for the project as it is, or what stands against it
    #[command(after_help = "\
Examples:
  sealine policy verify
  sealine policy verify --key \"$PRIVACY_KEY\"

Ends with 4 where a signature is missing, does not hold or is of other files, and where nobody vouches
at all. A machine that has run the project before knows from its audit log who vouched then; any
other one takes the word of sealine.yaml, unless --key says who the owners must be.")]
    Verify {
        /// The public key of an owner, from where you trust it; repeated, exactly these must be the owners
        #[arg(long, value_name = "KEY")]
        key: Vec<String>,
    },
    /// Ask the policy what policy/tests/ expects of it
    #[command(after_help = "\
Examples:
  sealine policy test
  sealine policy test --format json

A file of policy/tests/ is a table of who may what:
  version: 1
  tests:
    - { principal: { user: eve }, action: [read, write], resource: { dataset: lake.customers }, expect: deny }
    - { principal: { service: svc/daily }, action: run, resource: { pipeline: daily }, expect: allow }

Ends with 1 where an answer is another one, and marks the line and the statements that decided. What
discloses (`declassify`, `reveal`, …) needs a `context:`: `sealine explain SL4462`. The text of the
policy answers, signed or not, so that an owner can test before signing.")]
    Test,
    /// Print who may what: every service and user, for all that the project can be asked
    #[command(after_help = "\
Examples:
  sealine policy matrix > policy/matrix.txt
  git diff policy/matrix.txt

Disclosures are those that the pipelines ask for. Commit it: a change of the policy, of `roles:` or of
`runs_as:` then shows in review as what it changes.")]
    Matrix,
}
