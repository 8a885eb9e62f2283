//! `cargo xtask generate`: data that looks like the world, from a seed, of any size.

mod authorizations;
mod customers;
mod hospital;
mod payments;
mod people;

use crate::report;
use std::fs::File;
use std::io::{BufWriter, Write as _};

/// `cargo xtask generate authorizations|customers|hospital|payments …`.
pub(crate) fn main(words: Vec<&str>) -> Result<(), String> {
    let mut words = words.into_iter();
    let write = match words.next() {
        Some("authorizations") => authorizations,
        Some("customers") => customers,
        Some("hospital") => hospital,
        Some("payments") => payments,
        other => {
            return Err(format!(
                "cannot generate `{}`; there are `authorizations`, `customers`, `hospital` and `payments`",
                other.unwrap_or_default()
            ));
        }
    };
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
            other => return Err(format!("`generate` does not know `{other}`")),
        }
    }
    let (Some(rows), Some(seed), Some(out)) = (rows, seed, out) else {
        return Err("`generate` needs `--rows`, `--seed` and `--out`".to_owned());
    };
    write(rows, seed, bad, out)?;
    report::line(&format!("wrote {rows} rows to {out}"));
    Ok(())
}

/// Writes authorizations of payments.
fn authorizations(rows: u64, seed: u64, bad_per_mille: u64, out: &str) -> Result<(), String> {
    file(out, |writer| {
        authorizations::write(writer, rows, seed, bad_per_mille)
    })
}

/// Writes customers.
fn customers(rows: u64, seed: u64, bad_per_mille: u64, out: &str) -> Result<(), String> {
    file(out, |writer| {
        customers::write(writer, rows, seed, bad_per_mille)
    })
}

/// Writes a hospital: `out` is a folder, which gets two files.
fn hospital(rows: u64, seed: u64, bad_per_mille: u64, out: &str) -> Result<(), String> {
    file(&format!("{out}/patients.csv"), |patients| {
        let name = format!("{out}/visits.csv");
        let mut visits = BufWriter::new(File::create(name)?);
        hospital::write(patients, &mut visits, rows, seed, bad_per_mille)?;
        visits.flush()
    })
}

/// Writes payments; used by the bench as well.
pub(crate) fn payments(rows: u64, seed: u64, bad_per_mille: u64, out: &str) -> Result<(), String> {
    file(out, |writer| {
        payments::write(writer, rows, seed, bad_per_mille)
    })
}

fn file(
    out: &str,
    write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> Result<(), String> {
    let file = File::create(out).map_err(|error| format!("cannot create `{out}`: {error}"))?;
    let mut writer = BufWriter::with_capacity(1 << 20, file);
    write(&mut writer)
        .and_then(|()| writer.flush())
        .map_err(|error| format!("cannot write `{out}`: {error}"))
}

fn number(word: &str, value: &str) -> Result<u64, String> {
    value
        .replace('_', "")
        .parse()
        .map_err(|_| format!("`{word}` needs a whole number, not `{value}`"))
}
