//! Microseconds a value for `vault_token`: values that are new, that are known, and opened again.
//!
//! `cargo bench -p sealine-vault`

#![allow(clippy::unwrap_used, clippy::print_stdout)]
#![allow(clippy::disallowed_methods, reason = "a measurement")]

use std::{path::Path, sync::Arc, time::Instant};

use arrow::{
    array::{ArrayRef, StringArray},
    datatypes::DataType,
};
use sealine_label::declare::{Argument, Call, Context};
use sealine_protect::{
    KeySource, ProtectError, TokenVault, VersionSource, bind,
    crypto::{Secret, TokenKey, ValueKey},
    unbind,
};
use sealine_vault::{Place, Vault};

const ROWS: usize = 8192;
const BATCHES: usize = 24;

struct Keys(Arc<Vault>);

impl KeySource for Keys {
    fn token_key(&self, _: &str) -> Result<TokenKey, ProtectError> {
        TokenKey::new(&Secret::new(vec![7; 32]))
    }

    fn value_key(&self, _: &str) -> Result<ValueKey, ProtectError> {
        ValueKey::new(1, Secret::new(vec![7; 32]))
    }

    fn vault(&self, key: &str) -> Result<Arc<dyn TokenVault>, ProtectError> {
        Ok(self.0.at(key, 0))
    }
}

impl VersionSource for Keys {
    fn value_key_version(&self, name: &str, _: u32) -> Result<ValueKey, ProtectError> {
        self.value_key(name)
    }
}

fn main() {
    // Beside the build, on a real disk: what a commit costs is what counts.
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-vault.db");
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    let keys = Keys(Arc::new(
        Vault::open(&Place::File(path.to_owned()), None).unwrap(),
    ));
    let call = Call {
        name: "vault_token",
        arguments: ["k", "pii.email", "", "value"]
            .map(|word| Argument::Text(word.to_owned()))
            .to_vec(),
        context: Context {
            dataset: "lake.customers".to_owned(),
            column: "email".to_owned(),
        },
    };
    let batches: Vec<ArrayRef> = (0..BATCHES)
        .map(|batch| {
            let rows = batch * ROWS..(batch + 1) * ROWS;
            let texts = rows.map(|row| format!("customer{row:06}@example.com.."));
            Arc::new(StringArray::from_iter_values(texts)) as ArrayRef
        })
        .collect();
    let kernel = bind(&call, &keys).unwrap();
    let opener = unbind(&call, &keys).unwrap();
    let measure = |what: &str, work: &dyn Fn(&ArrayRef) -> ArrayRef, input: &[ArrayRef]| {
        let started = Instant::now();
        let output: Vec<ArrayRef> = input.iter().map(work).collect();
        let micros = started.elapsed().as_secs_f64() * 1e6 / (BATCHES * ROWS) as f64;
        println!("vault_token {what:6} {micros:8.2} µs/value");
        output
    };
    let protect = |input: &ArrayRef| kernel.apply(input).unwrap();
    let open = |input: &ArrayRef| opener.open(input, &DataType::Utf8, &[]).unwrap();
    let tokens = measure("new", &protect, &batches);
    measure("known", &protect, &batches);
    measure("opened", &open, &tokens);
}
