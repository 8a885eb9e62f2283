//! The vectors of the Fernet specification, through the functions that pipelines use.
//!
//! They are read from `SEALINE_VECTORS`, by default `../shared/vectors` beside the workspace; where
//! there are none, the tests say `skipped` and pass.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

use std::path::PathBuf;

use chrono::DateTime;
use sealine_protect::crypto::fernet::{Key, Window};
use serde_json::Value;

fn vectors(file: &str) -> Vec<Value> {
    let root = std::env::var_os("SEALINE_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    let Ok(text) = std::fs::read(root.join("fernet").join(file)) else {
        eprintln!("skipped: no {file} (set SEALINE_VECTORS to the folder of vectors)");
        return Vec::new();
    };
    let vectors: Vec<Value> = serde_json::from_slice(&text).unwrap();
    assert!(!vectors.is_empty(), "{file} is empty");
    vectors
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().unwrap()
}

fn key(vector: &Value) -> Key {
    Key::parse(text(vector, "secret")).unwrap()
}

fn now(vector: &Value) -> u64 {
    let now = DateTime::parse_from_rfc3339(text(vector, "now")).unwrap();
    now.timestamp().try_into().unwrap()
}

fn window(vector: &Value) -> Option<Window> {
    Some(Window {
        now: now(vector),
        ttl: vector["ttl_sec"].as_u64(),
    })
}

#[test]
fn generate() {
    for vector in vectors("generate.json") {
        let iv: [u8; 16] = serde_json::from_value(vector["iv"].clone()).unwrap();
        let message = text(&vector, "src").as_bytes();
        let token = key(&vector).seal_with(iv, now(&vector), message).unwrap();
        assert_eq!(token, text(&vector, "token"));
    }
}

#[test]
fn verify() {
    for vector in vectors("verify.json") {
        let opened = key(&vector).open(text(&vector, "token"), window(&vector));
        assert_eq!(opened.unwrap().expose(), text(&vector, "src").as_bytes());
    }
}

#[test]
fn invalid() {
    for vector in vectors("invalid.json") {
        let opened = key(&vector).open(text(&vector, "token"), window(&vector));
        assert!(opened.is_err(), "{}", vector["desc"]);
    }
}
