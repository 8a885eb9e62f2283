//! Nanoseconds a value for each protection, on texts of 28 bytes.
//!
//! `cargo bench -p sealine-protect`

#![allow(clippy::unwrap_used, clippy::print_stdout)]
#![allow(clippy::disallowed_methods, reason = "a measurement")]

use std::{hint::black_box, sync::Arc, time::Instant};

use arrow::array::{Array, ArrayRef, Int64Array, StringArray};
use sealine_label::declare::{Argument, Call, Context};
use sealine_protect::{
    KeySource, ProtectError, bind,
    crypto::{Secret, TokenKey, ValueKey},
};

const ROWS: usize = 8192;
const ROUNDS: usize = 60;

struct Keys;

impl KeySource for Keys {
    fn token_key(&self, _: &str) -> Result<TokenKey, ProtectError> {
        TokenKey::new(&Secret::new(vec![7; 32]))
    }

    fn value_key(&self, _: &str) -> Result<ValueKey, ProtectError> {
        ValueKey::new(1, Secret::new(vec![7; 32]))
    }
}

fn main() {
    let texts: ArrayRef = Arc::new(
        (0..ROWS)
            .map(|row| Some(format!("customer{row:06}@example.com..")))
            .collect::<StringArray>(),
    );
    let numbers: ArrayRef = Arc::new(
        (0..ROWS as i64)
            .map(|row| row * 7919)
            .collect::<Int64Array>(),
    );
    let text = |value: &str| Argument::Text(value.to_owned());
    let cases: [(&'static str, Vec<Argument>, &ArrayRef); 7] = [
        ("redact", vec![], &texts),
        ("nullify", vec![], &texts),
        (
            "mask",
            vec![Argument::Integer(6), Argument::Integer(4)],
            &texts,
        ),
        (
            "bucket",
            vec![Argument::Integer(10), Argument::Integer(0)],
            &numbers,
        ),
        ("tokenize", vec![text("k"), text("pii.email")], &texts),
        ("tokenize", vec![text("k"), text("id")], &numbers),
        ("encrypt", vec![text("k")], &texts),
    ];
    for (name, arguments, input) in cases {
        let context = Context {
            dataset: "lake.customers".to_owned(),
            column: "email".to_owned(),
        };
        let kernel = bind(
            &Call {
                name,
                arguments,
                context,
            },
            &Keys,
        )
        .unwrap();
        let mut best = f64::INFINITY;
        for _ in 0..ROUNDS {
            let started = Instant::now();
            black_box(kernel.apply(black_box(input)).unwrap());
            best = best.min(started.elapsed().as_nanos() as f64 / ROWS as f64);
        }
        println!(
            "{name:10} {:8} {best:8.1} ns/value",
            input.data_type().to_string()
        );
    }
}
