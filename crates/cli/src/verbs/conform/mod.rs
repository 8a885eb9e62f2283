//! `sealine conform OP`: JSON objects in, one answer a line out, through the functions that
//! pipelines use. It exists so that vectors which others wrote can be run against the product.
//!
//! It must never contain a cipher, a hash or a rule of its own.

mod detection;
mod deterministic;
mod field;
mod formats;
mod merkle;
mod parquet;
mod primitive;
mod verdict;

use crate::args;
use crate::exit::Exit;
use crate::failure::{Failure, suggestion};
use crate::screen::Screen;
use field::Fields;
use serde_json::{Value, json};
use std::io::BufRead as _;
use std::path::Path;

/// Why an answer is negative: a stable code, or `unsupported`.
pub(super) struct Negative(pub(super) &'static str);

/// A parameter that no function here takes.
pub(super) const UNSUPPORTED: Negative = Negative("unsupported");

/// A field that is missing or not of its type.
pub(super) const MALFORMED: Negative = Negative("SL0110");

/// A proof that does not hold.
pub(super) const REFUTED: Negative = Negative("SL0111");

type Answer = Result<Value, Negative>;

/// Operations that exist in the protocol.
const KNOWN: &[&str] = &[
    "aead-seal",
    "aead-open",
    "siv-seal",
    "siv-open",
    "ff1-encrypt",
    "ff1-decrypt",
    "hmac",
    "hkdf",
    "kwp-wrap",
    "kwp-unwrap",
    "ed25519-verify",
    "jws-verify",
    "fernet-open",
    "fernet-seal",
    "merkle-inclusion",
    "merkle-consistency",
    "parquet-read",
    "verdict",
    "detect",
];

/// The longest line that is read.
const LONGEST: u64 = 64 << 20;

/// Answers every line of standard input.
pub(crate) fn run(
    directory: &Path,
    arguments: &args::Conform,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let operation = arguments.operation.as_str();
    if !KNOWN.contains(&operation) {
        return Err(Failure::Unknown {
            what: "operation",
            name: operation.to_owned(),
            suggestion: suggestion(operation, KNOWN.iter().copied()),
        });
    }
    // The project is opened once, and only for the operation that asks about one.
    let judge = match operation {
        "verdict" => Some(verdict::Judge::open(directory)?),
        _ => None,
    };
    let mut input = std::io::stdin().lock();
    let mut number = 0;
    loop {
        number += 1;
        let Some(line) = next(&mut input, number)? else {
            return Ok(Exit::Done);
        };
        if line.trim().is_empty() {
            continue;
        }
        let object: Value =
            serde_json::from_str(&line).map_err(|_| Failure::NotJson { line: number })?;
        let Value::Object(object) = object else {
            return Err(Failure::NotJson { line: number });
        };
        let fields = Fields::new(&object);
        let answer = match &judge {
            Some(judge) => judge.answer(&fields),
            None => answer(operation, &fields),
        };
        screen.json(&match answer {
            Ok(Value::Object(more)) => {
                let mut all = serde_json::Map::new();
                all.insert("ok".to_owned(), json!(true));
                all.extend(more);
                Value::Object(all)
            }
            Ok(_) => json!({ "ok": true }),
            Err(Negative(code)) => json!({ "ok": false, "error": code }),
        });
    }
}

fn next(input: &mut impl std::io::BufRead, number: usize) -> Result<Option<String>, Failure> {
    use std::io::Read as _;
    let mut line = Vec::new();
    let read = input.by_ref().take(LONGEST).read_until(b'\n', &mut line);
    let read = read.map_err(|source| Failure::File {
        action: "read",
        path: "standard input".to_owned(),
        source,
    })?;
    if read == 0 {
        return Ok(None);
    }
    String::from_utf8(line)
        .map(Some)
        .map_err(|_| Failure::NotJson { line: number })
}

fn answer(operation: &str, fields: &Fields<'_>) -> Answer {
    match operation {
        "aead-seal" => primitive::aead_seal(fields),
        "aead-open" => primitive::aead_open(fields),
        "siv-seal" => deterministic::siv_seal(fields),
        "siv-open" => deterministic::siv_open(fields),
        "ff1-encrypt" => deterministic::ff1_encrypt(fields),
        "ff1-decrypt" => deterministic::ff1_decrypt(fields),
        "hmac" => primitive::hmac(fields),
        "hkdf" => primitive::hkdf(fields),
        "kwp-wrap" => primitive::kwp_wrap(fields),
        "kwp-unwrap" => primitive::kwp_unwrap(fields),
        "ed25519-verify" => primitive::ed25519_verify(fields),
        "jws-verify" => formats::jws_verify(fields),
        "fernet-open" => formats::fernet_open(fields),
        "fernet-seal" => formats::fernet_seal(fields),
        "merkle-inclusion" => merkle::inclusion(fields),
        "merkle-consistency" => merkle::consistency(fields),
        "parquet-read" => parquet::read(fields),
        "detect" => detection::detect(fields),
        _ => Err(UNSUPPORTED),
    }
}
