//! `cargo xtask generate`: data that looks like the world, from a seed, of any size.

mod customers;
mod people;
mod random;

use crate::report;
use std::fs::File;
use std::io::{BufWriter, Write as _};

/// `cargo xtask generate customers …`.
pub(crate) fn main(words: Vec<&str>) -> Result<(), String> {
    let mut words = words.into_iter();
    match words.next() {
        Some("customers") => {}
        other => {
            return Err(format!(
                "cannot generate `{}`; there is `customers`",
                other.unwrap_or_default()
            ));
        }
    }
    let (mut rows, mut seed, mut bad, mut out) = (None, None, 3, None);
    while let Some(word) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| format!("`{word}` needs a value"))?;
        match word {
            "--rows" => rows = Some(number(word, value)?),
            "--seed" => seed = Some(number(word, value)?),
            "--bad-per-mille" => bad = number(word, value)?,
            "--out" => out = Some(value),
            other => return Err(format!("`generate customers` does not know `{other}`")),
        }
    }
    let (Some(rows), Some(seed), Some(out)) = (rows, seed, out) else {
        return Err("`generate customers` needs `--rows`, `--seed` and `--out`".to_owned());
    };
    customers(rows, seed, bad, out)?;
    report::line(&format!("wrote {rows} rows to {out}"));
    Ok(())
}

/// Writes the file; used by the bench as well.
pub(crate) fn customers(rows: u64, seed: u64, bad_per_mille: u64, out: &str) -> Result<(), String> {
    let file = File::create(out).map_err(|error| format!("cannot create `{out}`: {error}"))?;
    let mut writer = BufWriter::with_capacity(1 << 20, file);
    customers::write(&mut writer, rows, seed, bad_per_mille)
        .and_then(|()| writer.flush())
        .map_err(|error| format!("cannot write `{out}`: {error}"))
}

fn number(word: &str, value: &str) -> Result<u64, String> {
    value
        .replace('_', "")
        .parse()
        .map_err(|_| format!("`{word}` needs a whole number, not `{value}`"))
}
