//! The servers of `cargo xtask services`, for tests of any crate.

use std::{env, fs, path::Path};

use serde_json::Value;

/// What the record of a server that is up says; without one the test is skipped, unless `SVC_STRICT=all`.
pub(crate) fn require(name: &str) -> Option<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let record = root.join("target/svc").join(name).join("service.json");
    let Ok(text) = fs::read_to_string(record) else {
        let strict = env::var_os("SVC_STRICT").is_some_and(|value| value == "all");
        assert!(!strict, "{name} is not up: run `cargo xtask services up`");
        println!("skipped: {name} is not up; run `cargo xtask services up`");
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

/// A text of a record.
pub(crate) fn text<'a>(facts: &'a Value, name: &str) -> &'a str {
    facts[name].as_str().unwrap()
}
