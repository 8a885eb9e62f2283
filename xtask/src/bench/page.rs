//! The figures of one call of the bench, as the table for a terminal and as the page.

use super::{Figures, Line};
use std::fmt::Write as _;

/// Where `--write` keeps them.
pub(super) const PAGE: &str = "docs/reference/performance.md";

/// How much faster the goals want it than each peer, by the beginning of the peer's name.
const GOALS: [(&str, f64); 2] = [("DuckDB", 3.0), ("pydantic", 60.0)];

/// The most memory at the first number of rows, in MiB.
const MEMORY: f64 = 400.0;

const RATIO: &str = "ratio: Sealine's rows a second over the peer's. Sealine: proof, contract and quarantine, HMAC-SHA-256 \
                     tokens, masks, zstd Parquet under AES-256-GCM, fsync, reading back without the key, receipt and log.";

/// The table for a terminal.
pub(super) fn table(figures: &Figures) -> String {
    let mut text = format!(
        "\n{} rows, {:.1} MB of CSV, 14 columns, best of {} runs\n\n{:<34}{:>9}{:>11}{:>12}{:>14}{:>8}\n",
        figures.rows,
        figures.bytes as f64 / 1e6,
        figures.runs,
        "",
        "seconds",
        "processor",
        "rows/s",
        "peak memory",
        "ratio"
    );
    for line in lines(figures) {
        let _ = writeln!(
            text,
            "{:<34}{:>9.3}{:>11.2}{:>12.0}{:>10.0} MiB{:>8.2}",
            line.name,
            line.measured.seconds,
            line.measured.processor,
            line.rate(),
            mebibytes(line),
            figures.sealine.rate() / line.rate(),
        );
    }
    for missing in &figures.missing {
        let _ = writeln!(text, "{missing}");
    }
    let check = figures.check.seconds * 1_000.0;
    let _ = write!(text, "\nsealine check: {check:.0} ms\n{RATIO}");
    text
}

/// The page; `machine` says what it was measured on.
pub(super) fn page(figures: &Figures, machine: &str) -> String {
    let mut text = format!(
        "# How fast a run is\n\nWritten by `cargo xtask bench --write`. {} rows of 14 columns, {:.1} MB of CSV: a regular expression \
         or a range on four columns, three columns tokenized, two masked, written as zstd Parquet, encrypted. The best of {} runs; \
         whole processes, from their start to their end. {machine} What is compared, and what bounds it: \
         [performance](../guide/performance.md).\n\n\
         | | seconds | processor seconds | rows a second | peak memory | ratio | goal | met |\n|---|---:|---:|---:|---:|---:|---:|---|\n",
        figures.rows,
        figures.bytes as f64 / 1e6,
        figures.runs,
    );
    for line in lines(figures) {
        let ratio = figures.sealine.rate() / line.rate();
        let goal = GOALS.iter().find(|(name, _)| line.name.starts_with(name));
        let goal = goal.map_or((String::new(), ""), |(_, goal)| {
            (format!("{goal:.0}"), met(ratio >= *goal))
        });
        let _ = writeln!(
            text,
            "| {} | {:.2} | {:.2} | {:.0} | {:.0} MiB | {ratio:.2} | {} | {} |",
            line.name,
            line.measured.seconds,
            line.measured.processor,
            line.rate(),
            mebibytes(line),
            goal.0,
            goal.1,
        );
    }
    for missing in &figures.missing {
        let _ = writeln!(text, "\nNot measured: {missing}");
    }
    let _ = writeln!(text, "\n{RATIO}\n");
    let (own, check) = (&figures.sealine, figures.check.seconds * 1_000.0);
    let _ = writeln!(text, "| what | figure | goal | met |\n|---|---:|---:|---|");
    let mut row = |what: &str, figure: String, goal: &str, holds: bool| {
        let _ = writeln!(text, "| {what} | {figure} | {goal} | {} |", met(holds));
    };
    let memory = mebibytes(own);
    row(
        "peak memory",
        format!("{memory:.0} MiB"),
        "below 400 MiB",
        memory < MEMORY,
    );
    if let Some(long) = &figures.long {
        let memory = mebibytes(long) / memory;
        let time = own.rate() / long.rate();
        let percent = |part: f64| format!("{:+.0} %", (part - 1.0) * 100.0);
        row(
            "peak memory at ten times the rows",
            percent(memory),
            "+10 %",
            memory <= 1.1,
        );
        row(
            "time a row at ten times the rows",
            percent(time),
            "+10 %",
            time <= 1.1,
        );
    }
    row(
        "`sealine check`",
        format!("{check:.0} ms"),
        "50 ms",
        check <= 50.0,
    );
    text
}

fn lines(figures: &Figures) -> impl Iterator<Item = &Line> {
    std::iter::once(&figures.sealine)
        .chain(&figures.long)
        .chain(&figures.peers)
}

fn mebibytes(line: &Line) -> f64 {
    line.measured.peak_kib as f64 / 1_024.0
}

fn met(holds: bool) -> &'static str {
    match holds {
        true => "yes",
        false => "**no**",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::measure::Measured;

    fn line(name: &str, rows: u64, seconds: f64) -> Line {
        let measured = Measured {
            seconds,
            processor: seconds,
            peak_kib: 204_800,
        };
        Line {
            name: name.to_owned(),
            rows,
            measured,
        }
    }

    #[test]
    fn a_goal_that_is_missed_says_so() {
        let sealine = line("sealine run", 1_000, 1.0);
        let figures = Figures {
            rows: 1_000,
            runs: 1,
            bytes: 1,
            check: sealine.measured,
            long: Some(line("long", 10_000, 12.0)),
            peers: vec![line("DuckDB 2", 1_000, 2.5), line("pydantic 3", 100, 7.0)],
            missing: vec!["Polars: not there".to_owned()],
            sealine,
        };
        let page = page(&figures, "");
        assert!(page.contains("| DuckDB 2 | 2.50 | 2.50 | 400 | 200 MiB | 2.50 | 3 | **no** |"));
        assert!(page.contains("| 70.00 | 60 | yes |"));
        assert!(page.contains("| time a row at ten times the rows | +20 % | +10 % | **no** |"));
        assert!(page.contains("Not measured: Polars: not there"));
        assert!(table(&figures).contains("Polars: not there"));
    }
}
