//! Surrogates before an oracle that no one here wrote: python-stdnum.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use sealine_label::declare::{Argument, Call, Context};
use sealine_protect::{
    KeySource, ProtectError, bind,
    crypto::{Secret, TokenKey, ValueKey},
};

struct Keys;

impl KeySource for Keys {
    fn token_key(&self, _: &str) -> Result<TokenKey, ProtectError> {
        TokenKey::new(&Secret::new(vec![9; 32]))
    }

    fn value_key(&self, _: &str) -> Result<ValueKey, ProtectError> {
        ValueKey::new(1, Secret::new(vec![9; 32]))
    }
}

/// What must hold of each kind; prints the lines for which it does not. (Its `atin` looks at the
/// first digit alone, so it says nothing here.)
const ORACLE: &str = r#"
import re, sys, uuid
from stdnum import iban, luhn
from stdnum.us import itin, ssn
checks = {
    "card": lambda v: len(v) == 16 and luhn.is_valid(v),
    "iban": lambda v: len(v) == 22 and iban.is_valid(v),
    "ssn": lambda v: re.fullmatch(r"\d{3}-\d{2}-\d{4}", v) and not ssn.is_valid(v)
        and not itin.is_valid(v),
    "uuid": lambda v: uuid.UUID(v).version == 8 and uuid.UUID(v).variant == uuid.RFC_4122
        and str(uuid.UUID(v)) == v,
}
seen, failed = 0, []
for line in sys.stdin:
    kind, value = line.split()
    seen += 1
    if not checks[kind](value):
        failed.append(line)
print("seen", seen, *failed[:5])
"#;

/// The interpreter of `cargo xtask peers`, if it was made; with `SEALINE_PEERS=required` it must be.
fn python() -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers/venv/bin/python");
    if python.exists() {
        return Some(python);
    }
    let required = env::var_os("SEALINE_PEERS").is_some_and(|value| value == "required");
    assert!(!required, "the peers are required: run cargo xtask peers");
    None
}

#[test]
fn stdnum_agrees_that_they_are_well_formed_and_not_issued() {
    let Some(python) = python() else {
        println!("skipped: run cargo xtask peers");
        return;
    };
    let input: ArrayRef = Arc::new(Int64Array::from_iter_values(0..3000));
    let mut lines = String::new();
    for kind in ["card", "iban", "ssn", "uuid"] {
        let arguments = [kind, "k", "oracle"].map(|word| Argument::Text(word.to_owned()));
        let context = Context {
            dataset: "test.people".to_owned(),
            column: kind.to_owned(),
        };
        let call = Call {
            name: "surrogate",
            arguments: arguments.to_vec(),
            context,
        };
        let made = bind(&call, &Keys).unwrap().apply(&input).unwrap();
        assert_eq!(made.null_count(), 0);
        for value in made.as_string::<i32>().iter().flatten() {
            lines.push_str(&format!("{kind} {value}\n"));
        }
    }
    let mut child = Command::new(python)
        .args(["-c", ORACLE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(lines.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "seen 12000\n");
}
