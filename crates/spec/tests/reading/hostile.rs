//! Files made to do harm: none panics, none takes long, each ends in an error that says why.

use std::time::{Duration, Instant};

use sealine_spec::{Parsed, parse};

use crate::base::{CATALOG, File::*, PIPELINE, PROJECT, edit, found, read, source};
use crate::design;

#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn timed(name: &str, work: impl FnOnce() -> Parsed) -> Parsed {
    let start = Instant::now();
    let parsed = work();
    let taken = start.elapsed();
    // The YAML parser without optimisation is ten times slower.
    let allowed = Duration::from_secs(if cfg!(debug_assertions) { 5 } else { 1 });
    assert!(taken < allowed, "{name} took {taken:?}");
    assert!(
        parsed.diagnostics.len() <= 102,
        "{name}: {} findings",
        parsed.diagnostics.len()
    );
    parsed
}

/// The text as each of the three files; the code is found in each.
fn hostile(name: &str, text: &str, code: &str) {
    for (project, catalog, pipeline) in [
        (text, CATALOG, PIPELINE),
        (PROJECT, text, PIPELINE),
        (PROJECT, CATALOG, text),
    ] {
        let parsed = timed(name, || read(project, catalog, pipeline));
        let codes = found(&parsed);
        assert!(
            codes.iter().any(|found| found.starts_with(code)),
            "{name}: {codes:?}"
        );
        assert!(parsed.spec.is_none());
    }
}

#[test]
fn billion_laughs() {
    let mut text = "a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for (last, this) in "abcdefghi".chars().zip("bcdefghij".chars()) {
        text += &format!(
            "{this}: &{this} [{}]\n",
            vec![format!("*{last}"); 9].join(", ")
        );
    }
    hostile("billion laughs", &text, "SL1004");
}

#[test]
fn quadratic_text() {
    let text = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(500_000),
        vec!["*a"; 10_000].join(", ")
    );
    hostile("quadratic text", &text, "SL1004");
}

#[test]
fn aliases_that_deepen() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for at in 1..100 {
        text += &format!("a{at}: &a{at} [*a{}]\n", at - 1);
    }
    hostile("aliases that deepen", &text, "SL1003");
}

#[test]
fn depth() {
    hostile("brackets", &"[".repeat(100_000), "SL1003");
    hostile("a file of brackets", &"[".repeat(1 << 20), "SL1003");
    hostile("braces", &"{".repeat(1 << 20), "SL1003");
    hostile("mappings", &"{a: ".repeat(100_000), "SL1003");
    hostile("dashes", &"- ".repeat(100_000), "SL1003");
    hostile("questions", &"? ".repeat(100_000), "SL1003");
    let ladder: String = (0..1_000)
        .map(|at| format!("{}a:\n", " ".repeat(at)))
        .collect();
    hostile("indentation", &ladder, "SL1003");
    let closed = format!("a: {}{}", "[".repeat(65), "]".repeat(65));
    hostile("closed brackets", &closed, "SL1003");
}

#[test]
fn size() {
    hostile(
        "a file that is too large",
        &format!("# {}", "x".repeat(1 << 20)),
        "SL1002",
    );
    hostile(
        "many values",
        &format!("a: [{}]", "x,".repeat(500_000)),
        "SL1004",
    );
    hostile(
        "many keys",
        &(0..49_000)
            .map(|at| format!("k{at}: x\n"))
            .collect::<String>(),
        "SL1020",
    );
    hostile("one key many times", &"a: x\n".repeat(45_000), "SL1010");
    hostile("a long text", &"x".repeat((1 << 20) - 1), "SL1022");
    hostile("a long key", &format!("{}: x", "k".repeat(900)), "SL1020");
    hostile(
        "many anchors",
        &(0..30_000)
            .map(|at| format!("k{at}: &a{at} x\n"))
            .collect::<String>(),
        "SL1020",
    );
    hostile("many tags", &"- !x y\n".repeat(90_000), "SL1006");
    hostile("blank lines", &"\n".repeat((1 << 20) - 1), "SL1011");
    hostile("blanks", &" ".repeat((1 << 20) - 1), "SL1011");
    hostile("tabs", &"\t".repeat(100_000), "SL1011");
    hostile("quotes", &"'".repeat((1 << 20) - 1), "SL1001");
    hostile("stars", &"*".repeat(100_000), "SL1007");
    hostile("percent", &"%".repeat(100_000), "SL1001");
    hostile("NUL", &"\0".repeat(100_000), "SL1014");
}

#[test]
fn many_of_everything() {
    let datasets: String = (0..4_000)
        .map(|at| format!("  d{at}: {{ at: {{ connection: files, path: same, format: parquet }}, rejects: d{} }}\n", at + 1))
        .collect();
    timed("datasets in a chain", || {
        read(
            PROJECT,
            &format!("version: 1\ndatasets:\n{datasets}"),
            PIPELINE,
        )
    });
    let columns: String = (0..9_000)
        .map(|at| format!("      c{at}: {{ type: text }}\n"))
        .collect();
    let parsed = timed("bad columns", || {
        edit(Catalog, "      id:", &format!("{columns}      id:"))
    });
    assert_eq!(
        parsed.diagnostics.len(),
        101,
        "a hundred, and that there are more"
    );
    let patterns: String = (0..500)
        .map(|at| format!("      c{at}: {{ type: string, pattern: '(a{{1000}}){{1000}}{at}' }}\n"))
        .collect();
    timed("huge patterns", || {
        edit(Catalog, "      id:", &format!("{patterns}      id:"))
    });
    let inputs: Vec<String> = (0..40_000).map(|at| format!("i{at}: d{at}")).collect();
    timed("inputs", || {
        edit(Pipeline, "people: crm.people", &inputs.join(", "))
    });
    let pipelines = (0..2_000).map(|at| {
        let text = PIPELINE
            .replace("daily", &format!("p{at}"))
            .replace("crm.people", &format!("d{at}"))
            .replace("lake.people", &format!("d{}", (at + 1) % 2_000));
        source(&format!("pipelines/{at}.yaml"), &text)
    });
    let datasets: String = (0..2_000)
        .map(|at| format!("  d{at}: {{ at: {{ connection: files, path: d{at}/, format: parquet }}, encrypt: {{ key: lake }} }}\n"))
        .collect();
    let mut sources = vec![
        source("sealine.yaml", PROJECT),
        source(
            "catalog/a.yaml",
            &format!("version: 1\ndatasets:\n{datasets}"),
        ),
    ];
    sources.extend(pipelines);
    let parsed = timed("a long loop", || parse(sources));
    assert!(found(&parsed).iter().any(|code| code.starts_with("SL1072")));
}

/// xorshift64*: small, seeded, good enough to choose edits.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let value = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d);
        (value >> 33) as usize % end.max(1)
    }
}

const PIECES: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ": ",
    ",",
    "- ",
    "? ",
    "|",
    "> ",
    "'",
    "\"",
    "#",
    " #",
    "&a ",
    "*a",
    "!t ",
    "<<: ",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "\n",
    "\r\n",
    "\t",
    "  ",
    "\\",
    "~",
    "null",
    "0",
    "-1",
    "1e999",
    "é",
    "\u{feff}",
    "\u{1f980}",
    "\0",
    "..",
    "/",
    "@",
    "`",
];

fn mutate(text: &str, random: &mut Random) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(4) {
        let at = random.below(chars.len() + 1);
        match random.below(5) {
            0 => {
                let end = (at + 1 + random.below(12)).min(chars.len());
                chars.drain(at.min(end)..end);
            }
            1 => {
                let from = random.below(chars.len() + 1);
                let end = (from + random.below(40)).min(chars.len());
                let copy: Vec<char> = chars[from..end].to_vec();
                chars.splice(at..at, copy);
            }
            2 if at < chars.len() => {
                chars[at] = char::from(u8::try_from(random.below(128)).unwrap())
            }
            _ => {
                let piece = PIECES[random.below(PIECES.len())];
                chars.splice(at..at, piece.chars());
            }
        }
    }
    chars.into_iter().collect()
}

#[test]
fn twenty_thousand_mutations_do_not_panic() {
    let mut random = Random(0x5ea1_14e5_eed0_0001);
    let originals = [design::PROJECT, design::CATALOG, design::PIPELINE];
    let (mut good, mut bad) = (0, 0);
    for round in 0..20_000 {
        let mut texts = originals.map(str::to_owned);
        let which = random.below(3);
        texts[which] = mutate(&texts[which], &mut random);
        let parsed = read(&texts[0], &texts[1], &texts[2]);
        assert_eq!(parsed.spec.is_none(), parsed.diagnostics.has_errors());
        for found in parsed.diagnostics.iter() {
            for mark in &found.labels {
                let text = parsed.files.text(mark.span.file);
                assert!(
                    text.get(mark.span.range()).is_some(),
                    "round {round}: {found:?} in {text:?}"
                );
            }
            if let Some(span) = found.fixes.iter().find_map(|fix| fix.span) {
                assert!(parsed.files.text(span.file).get(span.range()).is_some());
            }
        }
        match &parsed.spec {
            Some(spec) => {
                good += 1;
                for step in spec.pipelines.values().flat_map(|pipeline| &pipeline.steps) {
                    for (line, column) in
                        [(1, 1), (2, 9), (3, 4), (9, 9), (0, 0), (u64::MAX, u64::MAX)]
                    {
                        let span = step
                            .sql
                            .locate((line, column), (line, column.saturating_add(3)));
                        assert!(
                            parsed.files.text(span.file).get(span.range()).is_some(),
                            "round {round}"
                        );
                    }
                }
            }
            None => bad += 1,
        }
    }
    assert!(
        good > 1_000 && bad > 1_000,
        "{good} good, {bad} bad: the mutations are too weak or too strong"
    );
}
