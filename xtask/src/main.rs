//! Tasks of the repository, run as `cargo xtask TASK`: the house rules (`tidy`), test data
//! (`generate`), the generated reference (`docs`), the comparison with others (`bench`), the measure
//! of the detectors (`detection`) and of the proof (`precision`, `mutants`, `twins`), the faults that a run survives
//! (`faults`), the decoders under mutated bytes (`fuzz`), the libraries that tests exchange data with
//! (`peers`) and the servers that they speak to (`services`).
//!
//! It uses none of the product's crates, so that it builds in seconds and cannot be broken by
//! what it checks.

mod bench;
mod detection;
mod faults;
mod fuzz;
mod generate;
mod mutants;
mod peers;
mod precision;
mod random;
mod report;
mod services;
mod tidy;
mod twins;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "\
Tasks of the repository

Usage: cargo xtask TASK

Tasks:
  tidy                          check the house rules; the same check runs as a test
  generate customers|payments --rows N --seed S --out FILE [--bad-per-mille M]
                                write rows that look like the world, as CSV
  docs [--check]                write docs/reference from the program (or compare with it)
  bench [--rows N] [--runs N] [--alone] [--long] [--dev] [--write]
                                run a pipeline over N rows (1000000), and over ten times as many with
                                --long, beside DuckDB, Polars and the usual Python recipe; with
                                --write, docs/reference/performance.md
  bench protect                 measure every protection beside OpenSSL and Python and write
                                docs/reference/protection-speed.md
  bench proof [--write]         measure the proof of wide pipelines against its goals, and with --write
                                keep the figures in docs/reference/proof-speed.md
  detection [FILE] [--also FILE ...] [--check]
                                measure the detectors on labelled texts and write
                                docs/reference/detection.md (or compare with it)
  faults [--faults N] [--seed N] [--only NUMBER] [--program FILE] [--write]
                                break runs at every durable step, let pyarrow judge what is left,
                                and with --write keep the result in docs/reference/faults.md
  fuzz [--seconds N] [--seed S] [TARGET ...]
                                seeded mutations through every decoder, for N seconds (60) in all
  peers                         install the Python libraries that tests exchange data with
  services up|down [NAME ...]   start or stop the servers that tests speak to (postgres)
  mutants [FIRST [LAST]] [--at-once N] [--write]
                                remove one rule of the proof after the other, and say which test notices;
                                with --write keep the result in docs/reference/mutants.md
  twins [--pairs N] [--seed S] [--only QUERY] [--threads N] [--write]
                                run generated queries that the proof accepts over pairs of states (10000)
                                that differ in secrets only, and with --write keep the result in
                                docs/reference/twins.md
  precision [--check]           judge the queries of TPC-H, TPC-DS and our own, and write
                                docs/reference/precision.md (or compare with it)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut words = arguments.iter().map(String::as_str);
    let outcome = match words.next() {
        Some("tidy") => tidy::main(),
        Some("generate") => generate::main(words.collect()),
        Some("docs") => workspace::reference(words.collect()),
        Some("bench") => bench::main(words.collect()),
        Some("detection") => detection::main(words.collect()),
        Some("faults") => faults::main(words.collect()),
        Some("fuzz") => fuzz::main(words.collect()),
        Some("peers") => peers::main(words.collect()),
        Some("services") => services::main(words.collect()),
        Some("mutants") => mutants::main(words.collect()),
        Some("twins") => twins::main(words.collect()),
        Some("precision") => precision::main(words.collect()),
        Some("help" | "--help" | "-h") => {
            report::line(USAGE);
            Ok(())
        }
        _ => {
            report::error(USAGE);
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            report::error(&format!("error: {reason}"));
            ExitCode::FAILURE
        }
    }
}
