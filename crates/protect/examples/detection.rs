//! Measures the detectors on labelled texts and prints the page `docs/reference/detection.md`.
//!
//! `cargo run -p sealine-protect --example detection -- presidio_synth_dataset_v2.json [OTHER.json ...]`
//!
//! The first file is the one that the comparison is made on; each further one of the same form is
//! counted in a table of its own. With `--misses` it lists instead what was missed and what was
//! claimed too much, in the half of the first file that rules may be tuned on.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a page and its errors"
)]

use std::{collections::BTreeMap, process::ExitCode};

use sealine_protect::detect::{Entity, scan_text};
use serde_json::Value;

/// Precision, recall and F2.
type Figures = (f64, f64, f64);

/// Kinds that are labelled in the set and recognised without a model of language: the name of the
/// label, ours, and what Presidio reaches on the same texts (precision, recall, F2).
const KINDS: [(&str, &str, Option<Figures>); 11] = [
    ("CREDIT_CARD", "CREDIT_CARD", Some((1.0, 0.772, 0.809))),
    ("IBAN_CODE", "IBAN_CODE", Some((1.0, 1.0, 1.0))),
    ("US_SSN", "US_SSN", Some((1.0, 1.0, 1.0))),
    ("EMAIL_ADDRESS", "EMAIL_ADDRESS", Some((1.0, 1.0, 1.0))),
    ("DOMAIN_NAME", "URL", Some((1.0, 1.0, 1.0))),
    ("IP_ADDRESS", "IP_ADDRESS", Some((1.0, 0.929, 0.942))),
    ("PHONE_NUMBER", "PHONE_NUMBER", Some((0.410, 0.250, 0.271))),
    (
        "US_DRIVER_LICENSE",
        "US_DRIVER_LICENSE",
        Some((1.0, 0.8, 0.833)),
    ),
    ("DATE_TIME", "DATE_TIME", Some((0.258, 0.807, 0.566))),
    ("AGE", "AGE", None),
    ("ZIP_CODE", "ZIP_CODE", None),
];
/// Labelled in the set and not recognised.
const WITHOUT: [&str; 6] = [
    "PERSON",
    "STREET_ADDRESS",
    "GPE",
    "ORGANIZATION",
    "TITLE",
    "NRP",
];
/// How much of a label and a finding must be common to both, of what either covers.
const OVERLAP: f64 = 0.9;

#[derive(Clone, Copy, Default)]
struct Counts {
    labelled: u32,
    claimed: u32,
    right: u32,
}

impl Counts {
    fn precision(self) -> f64 {
        f64::from(self.right) / f64::from(self.claimed.max(1))
    }
    fn recall(self) -> f64 {
        f64::from(self.right) / f64::from(self.labelled.max(1))
    }
    fn f(self, beta: f64) -> f64 {
        let (p, r) = (self.precision(), self.recall());
        match p + r {
            0.0 => 0.0,
            _ => (1.0 + beta * beta) * p * r / (beta * beta * p + r),
        }
    }
    fn and(self, other: Counts) -> Counts {
        Counts {
            labelled: self.labelled + other.labelled,
            claimed: self.claimed + other.claimed,
            right: self.right + other.right,
        }
    }
}

/// Counts by kind, for one half of the texts.
type Table = BTreeMap<&'static str, Counts>;

fn main() -> ExitCode {
    let (flags, paths): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.starts_with("--"));
    let misses = flags.iter().any(|flag| flag == "--misses");
    let Some(sets) = paths
        .iter()
        .map(|path| read(path))
        .collect::<Option<Vec<_>>>()
    else {
        eprintln!("error: a file is missing or does not hold labelled texts");
        return ExitCode::from(2);
    };
    let Some((first, others)) = sets.split_first() else {
        eprintln!("error: name the file of labelled texts (presidio_synth_dataset_v2.json)");
        return ExitCode::from(2);
    };
    let tables = evaluate(first, misses);
    if misses {
        return ExitCode::SUCCESS;
    }
    compare(&tables, first.len(), !others.is_empty());
    for (path, texts) in paths.iter().skip(1).zip(others) {
        let name = std::path::Path::new(path).file_name().unwrap_or_default();
        let seen = |text: &Value| {
            first
                .iter()
                .any(|one| one.get("full_text") == text.get("full_text"))
        };
        let fresh: Vec<Value> = texts.iter().filter(|text| !seen(text)).cloned().collect();
        other(&name.to_string_lossy(), &fresh);
    }
    without();
    ExitCode::SUCCESS
}

fn read(path: &str) -> Option<Vec<Value>> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// The tuned half and the held-out half.
fn evaluate(texts: &[Value], misses: bool) -> [Table; 2] {
    let mut tables = [Table::new(), Table::new()];
    for text in texts {
        let Some(whole) = text.get("full_text").and_then(Value::as_str) else {
            continue;
        };
        let [tuned, held_out] = &mut tables;
        let (table, tell) = match held_out_half(whole) {
            true => (held_out, false),
            false => (tuned, misses),
        };
        let found = scan_text(whole);
        let spans = text.get("spans").and_then(Value::as_array);
        for (label, ours, _) in KINDS {
            let labelled: Vec<(usize, usize)> = spans
                .into_iter()
                .flatten()
                .filter(|span| span.get("entity_type").and_then(Value::as_str) == Some(label))
                .filter_map(place)
                .collect();
            let found: Vec<&Entity> = found
                .iter()
                .filter(|one| one.kind.entity() == ours)
                .collect();
            let hit = |span: &&(usize, usize)| found.iter().any(|one| same(one, **span));
            let right = labelled.iter().filter(hit).count();
            let counts = table.entry(label).or_default();
            *counts = counts.and(Counts {
                labelled: count(labelled.len()),
                claimed: count(found.len()),
                right: count(right),
            });
            if tell {
                for span in labelled.iter().filter(|span| !hit(span)) {
                    println!("missed {label} {:?} in {whole:?}", piece(whole, *span));
                }
                for one in &found {
                    if !labelled.iter().any(|span| same(one, *span)) {
                        println!(
                            "too much {label} {:?} in {whole:?}",
                            piece(whole, (one.start, one.end))
                        );
                    }
                }
            }
        }
    }
    tables
}

/// FNV-1a of the text, one bit.
fn held_out_half(text: &str) -> bool {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash >> 32) & 1 == 1
}

fn place(span: &Value) -> Option<(usize, usize)> {
    let at = |name: &str| {
        span.get(name)?
            .as_u64()
            .and_then(|at| usize::try_from(at).ok())
    };
    Some((at("start_position")?, at("end_position")?))
}

fn same(one: &Entity, (start, end): (usize, usize)) -> bool {
    let common = one.end.min(end).saturating_sub(one.start.max(start));
    let either = one.end.max(end) - one.start.min(start);
    common as f64 >= OVERLAP * either as f64
}

fn piece(text: &str, (start, end): (usize, usize)) -> String {
    text.chars().skip(start).take(end - start).collect()
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn compare([tuned, held_out]: &[Table; 2], texts: usize, others: bool) {
    let of = |table: &Table, label: &str| table.get(label).copied().unwrap_or_default();
    println!("# Detection\n");
    println!(
        "Generated by `cargo xtask detection`. What the detectors find in the {texts} \
         labelled texts of microsoft/presidio-research (`presidio_synth_dataset_v2.json`, MIT), beside what stock \
         Presidio (analyzer with `en_core_web_lg`, threshold 0.4) finds in the same texts by that project's own \
         notebook `4_Evaluate_Presidio_Analyzer.ipynb` of 2025-08-07, commit 88ad8f2.\n"
    );
    println!(
        "A finding is right where a label of the same kind covers the same characters: their intersection over \
         their union is at least {OVERLAP}, the rule of that notebook. F2 weighs recall twice as much as precision.\n"
    );
    println!(
        "| kind | labelled | precision | recall | F1 | F2 | Presidio: precision | recall | F2 |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    let mut all = Counts::default();
    for (label, _, theirs) in KINDS {
        let counts = of(tuned, label).and(of(held_out, label));
        all = all.and(counts);
        let theirs = theirs.map_or_else(
            || "– | – | –".to_owned(),
            |(p, r, f)| format!("{p:.3} | {r:.3} | {f:.3}"),
        );
        println!("| {label} | {} | {theirs} |", figures(counts));
    }
    println!("| all of these | {} | | | |\n", figures(all));
    println!("## Tuned and held out\n");
    println!(
        "The texts are split in two by a hash of the text. The halves share their templates, and the labelled values \
         of both were read before the rules were written: that the halves agree shows that no rule was made for a \
         single text, and no more. {}\n",
        match others {
            true => "What was not read is below.",
            false =>
                "Texts that nobody read while the rules were written are not in the vectors; `--also FILE` counts a set of them.",
        }
    );
    println!(
        "| kind | tuned: labelled | precision | recall | F1 | F2 | held out: labelled | precision | recall | F1 | F2 |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let (mut first, mut second) = (Counts::default(), Counts::default());
    for (label, _, _) in KINDS {
        let (one, other) = (of(tuned, label), of(held_out, label));
        (first, second) = (first.and(one), second.and(other));
        println!("| {label} | {} | {} |", figures(one), figures(other));
    }
    println!(
        "| all of these | {} | {} |\n",
        figures(first),
        figures(second)
    );
}

/// Counts a set that no rule was made with.
fn other(name: &str, texts: &[Value]) {
    let [one, other] = evaluate(texts, false);
    println!("## `{name}`\n");
    println!(
        "{} further texts that the first set does not have; neither their values nor their misses were looked at. They come \
         from the same generator and share templates with it.\n",
        texts.len()
    );
    println!("| kind | labelled | precision | recall | F1 | F2 |");
    println!("|---|---:|---:|---:|---:|---:|");
    let mut all = Counts::default();
    for (label, _, _) in KINDS {
        let of = |table: &Table| table.get(label).copied().unwrap_or_default();
        let counts = of(&one).and(of(&other));
        // A kind that this set does not label cannot be counted.
        if counts.labelled > 0 {
            all = all.and(counts);
            println!("| {label} | {} |", figures(counts));
        }
    }
    println!("| all of these | {} |\n", figures(all));
}

fn without() {
    println!("## Not recognised\n");
    println!(
        "Labelled there and not recognised here, because it takes a model of language: {}. Of dates, the days of \
         the week and years without a word such as `in` before them are not recognised. A postal code counts only \
         beside a word that says so. What is not found is not thereby clear.",
        WITHOUT.join(", ")
    );
}

fn figures(counts: Counts) -> String {
    format!(
        "{} | {:.3} | {:.3} | {:.3} | {:.3}",
        counts.labelled,
        counts.precision(),
        counts.recall(),
        counts.f(1.0),
        counts.f(2.0)
    )
}
