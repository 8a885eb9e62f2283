//! Reads a CSV file of the flagship's shape and checks its contract: MB/s and ns a row.
//! Run with `cargo bench -p sealine-contract`.
// Measuring is what it does.
#![allow(clippy::disallowed_methods)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use sealine_connect::{CsvOptions, Source, open_csv};
use sealine_contract::Contract;

const COLUMNS: &str = "\
id: { type: int64, required: true, unique: true }
email: { type: string, required: true, is: email, max_length: 254 }
card: { type: string, is: luhn }
age: { type: int32, min: 1, max: 119 }
country: { type: string, is: country }
nationality: { type: string }
comment: { type: string, max_length: 500 }";

const ROWS: usize = 1_000_000;

fn main() {
    let mut text = String::from("id,email,card,age,country,nationality,comment\n");
    for id in 0..ROWS {
        let age = if id % 500 == 0 { 0 } else { 1 + id % 110 };
        let country = ["DE", "FR", "US", "NL"][id % 4];
        writeln!(
            text,
            "{id},first.last{id}@mail{}.example.com,4111111111111111,{age},{country},FR,\"called twice, the second time about order {id}\"",
            id % 97
        )
        .unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("customers.csv");
    std::fs::write(&path, &text).unwrap();
    let dataset = support::dataset(COLUMNS);
    let names: Vec<String> = dataset
        .columns
        .iter()
        .map(|column| column.name.clone())
        .collect();
    let megabytes = text.len() as f64 / 1e6;
    println!("{ROWS} rows, {megabytes:.0} MB");
    for round in 0..3 {
        let started = Instant::now();
        let mut source = open_csv(&path, &CsvOptions::default(), &names, 8192).unwrap();
        while let Some(raw) = source.next().unwrap() {
            black_box(raw);
        }
        report(round, "read", started, megabytes);
        let started = Instant::now();
        let mut source = open_csv(&path, &CsvOptions::default(), &names[..2], 8192).unwrap();
        while let Some(raw) = source.next().unwrap() {
            black_box(raw);
        }
        report(round, "read 2 of 7 columns", started, megabytes);
        let mut contract =
            Contract::compile(&dataset, support::schema(&dataset), Vec::new()).unwrap();
        let started = Instant::now();
        let mut source = open_csv(&path, &CsvOptions::default(), &names, 8192).unwrap();
        while let Some(raw) = source.next().unwrap() {
            black_box(contract.check(raw).unwrap());
        }
        report(round, "read and check", started, megabytes);
        assert_eq!(contract.tally().rejected, ROWS as u64 / 500);
    }
}

fn report(round: usize, what: &str, started: Instant, megabytes: f64) {
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "round {round}: {what:<20} {:>5.0} MB/s {:>5.0} ns/row",
        megabytes / seconds,
        seconds * 1e9 / ROWS as f64
    );
}
