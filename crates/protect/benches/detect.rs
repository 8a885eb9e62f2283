//! Megabytes a second for the detectors, all of them on, on one core.
//!
//! `cargo bench -p sealine-protect --bench detect -- [BEGINNING…]`: those alone whose names begin so,
//! where some are given. The labelled texts come from the folder that `SEALINE_VECTORS` names.

#![allow(clippy::unwrap_used, clippy::print_stdout)]
#![allow(clippy::disallowed_methods, reason = "a measurement")]

use std::{hint::black_box, path::PathBuf, sync::Arc, time::Instant};

use arrow::array::{ArrayRef, StringArray};
use sealine_label::declare::{Argument, Call, Context};
use sealine_protect::{
    KeySource, ProtectError, bind,
    crypto::{Secret, TokenKey, ValueKey},
    detect::Scanner,
};

struct Keys;

impl KeySource for Keys {
    fn token_key(&self, _: &str) -> Result<TokenKey, ProtectError> {
        TokenKey::new(&Secret::new(vec![7; 32]))
    }

    fn value_key(&self, _: &str) -> Result<ValueKey, ProtectError> {
        ValueKey::new(1, Secret::new(vec![7; 32]))
    }
}

/// A machine that does other work too leaves some of many rounds alone.
const ROUNDS: usize = 100;
const PROSE: &str = "The council met again in the old hall above the harbour, and most of those who came had \
    been there before. They spoke of the winter, of the bridge that was to be mended, and of the boats; nobody \
    mentioned the fire. Outside, the wind turned, and the gulls went up from the roofs all at once. ";

fn main() {
    // What a run has given back before it comes to a protection. Without it the memory of every
    // array would be asked of the system again, and given back.
    drop(black_box(vec![1_u8; 16 << 20]));
    let vectors = std::env::var_os("SEALINE_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    let labelled: Vec<String> = std::fs::read(vectors.join("pii/presidio_synth_dataset_v2.json"))
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Vec<serde_json::Value>>(&bytes).ok())
        .into_iter()
        .flatten()
        .filter_map(|text| Some(text.get("full_text")?.as_str()?.to_owned()))
        .collect();
    scrub(&labelled);
    if labelled.is_empty() {
        println!("skipped: no pii/presidio_synth_dataset_v2.json");
    } else {
        measure("labelled, each text", &labelled);
        measure("labelled, joined", &[labelled.join("\n")]);
    }
    let paragraphs = vec![PROSE.repeat(4); 1_000];
    measure("prose, 1.2 kB each", &paragraphs);
    let rows: Vec<String> = (0..20_000)
        .map(|row| format!("order {row} of customer {} shipped", row * 7))
        .collect();
    measure("short rows, numbers", &rows);
    let digits: Vec<String> = (0..1_000)
        .map(|row| format!("{} ", row * 7919 % 100_000).repeat(100))
        .collect();
    measure("digits only", &digits);
}

/// Whether this one was asked for.
fn wanted(name: &str) -> bool {
    let mut asked = std::env::args()
        .skip(1)
        .filter(|one| !one.starts_with('-'))
        .peekable();
    asked.peek().is_none() || asked.any(|one| name.starts_with(&one))
}

/// The whole protection over arrays of 1,500 texts, with two kernels in its plan.
fn scrub(texts: &[String]) {
    if !wanted("scrub, labelled") {
        return;
    }
    let call = Call {
        name: "scrub",
        arguments: vec![
            Argument::Text("email=tokenize, card=mask(6, 4)".to_owned()),
            Argument::Text("crm".to_owned()),
        ],
        context: Context {
            dataset: "lake.notes".to_owned(),
            column: "note".to_owned(),
        },
    };
    let kernel = bind(&call, &Keys).unwrap();
    let array: ArrayRef = Arc::new(texts.iter().map(Some).collect::<StringArray>());
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        black_box(kernel.apply(black_box(&array)).unwrap());
        best = best.min(started.elapsed().as_secs_f64());
    }
    let bytes: usize = texts.iter().map(String::len).sum();
    println!(
        "{:22} {:9.1} MB/s",
        "scrub, labelled",
        bytes as f64 / best / 1e6
    );
}

fn measure(name: &str, texts: &[String]) {
    if !wanted(name) {
        return;
    }
    let bytes: usize = texts.iter().map(String::len).sum();
    let scanner = Scanner::new();
    let mut found = Vec::new();
    let (mut best, mut count) = (f64::INFINITY, 0);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        count = 0;
        for text in texts {
            scanner.scan(black_box(text), &mut found);
            count += found.len();
        }
        best = best.min(started.elapsed().as_secs_f64());
    }
    let speed = bytes as f64 / best / 1e6;
    println!("{name:22} {speed:9.1} MB/s  ({bytes} bytes, {count} found)");
}
