//! From a place in a query back to the bytes of the file, in every style of scalar.

use sealine_spec::{Files, Spec};

use crate::base::{CATALOG, PIPELINE, PROJECT, read, spec};

/// The project with this scalar as its query.
fn with(scalar: &str) -> (Files, Spec) {
    let pipeline = PIPELINE.replace("SELECT id, redact(email) AS email FROM people", scalar);
    let parsed = read(PROJECT, CATALOG, &pipeline);
    (parsed.files.clone(), spec(parsed))
}

/// Every word of `words`, located by its place in the query's text, is that word in the file.
#[track_caller]
fn found(scalar: &str, words: &[&str]) {
    let (files, spec) = with(scalar);
    let sql = &spec.pipelines["daily"].steps[0].sql;
    for word in words {
        let at = sql
            .text
            .find(word)
            .unwrap_or_else(|| panic!("`{word}` is not in {:?}", sql.text));
        let before = &sql.text[..at];
        let line = before.matches('\n').count() as u64 + 1;
        let column = before.rsplit('\n').next().unwrap().chars().count() as u64 + 1;
        let length = word.chars().count() as u64;
        let span = sql.locate((line, column), (line, column + length));
        assert_eq!(
            files.slice(span),
            *word,
            "at {line}:{column} of {:?}",
            sql.text
        );
    }
}

const WORDS: [&str; 4] = ["SELECT", "'ä€🦀'", "größe", "people"];

#[test]
fn literal_blocks() {
    found(
        "|\n      SELECT id, 'ä€🦀' AS größe\n      FROM people",
        &WORDS,
    );
    found(
        "|-\n        SELECT id,\n          'ä€🦀' AS größe\n\n        FROM people\n",
        &WORDS,
    );
    found(
        "|2+\n        SELECT id, 'ä€🦀' AS größe FROM people\n\n",
        &WORDS,
    );
    found(
        "| # a comment\n      SELECT id, 'ä€🦀' AS größe -- 'x'\n      FROM people",
        &WORDS,
    );
    found(
        "|\r\n      SELECT id, 'ä€🦀' AS größe\r\n      FROM people\r",
        &WORDS,
    );
}

#[test]
fn folded_blocks() {
    found(
        ">\n      SELECT id, 'ä€🦀' AS größe\n      FROM people",
        &WORDS,
    );
    found(
        ">-\n      SELECT id,\n\n        'ä€🦀' AS größe\n      FROM\n      people\n",
        &WORDS,
    );
}

#[test]
fn plain_scalars() {
    found("SELECT id, 'ä€🦀' AS größe FROM people", &WORDS);
    found(
        "SELECT id, 'ä€🦀' AS größe\n      FROM\n\n      people # a comment",
        &WORDS,
    );
}

#[test]
fn quoted_scalars() {
    found("\"SELECT id, 'ä€🦀' AS größe FROM people\"", &WORDS);
    found(
        "\"SELECT id,\\t\\\n      'ä€🦀' AS größe\n      FROM \\\"people\\\"\"",
        &["SELECT", "'ä€🦀'", "größe", "people"],
    );
    found(
        "'SELECT id, ''ä€🦀'' AS größe\n      FROM people'",
        &["SELECT", "ä€🦀", "größe", "people"],
    );
}

#[test]
fn escaped_characters_are_covered_whole() {
    let (files, spec) = with("\"SELECT '\\u00e4\\U0001F980\\ud83e\\udd80\\x41' AS a FROM people\"");
    let sql = &spec.pipelines["daily"].steps[0].sql;
    assert_eq!(sql.text, "SELECT 'ä🦀🦀A' AS a FROM people");
    let slice = |from, to| files.slice(sql.locate((1, from), (1, to))).to_owned();
    assert_eq!(slice(9, 10), "\\u00e4");
    assert_eq!(slice(10, 11), "\\U0001F980");
    assert_eq!(slice(11, 12), "\\ud83e\\udd80");
    assert_eq!(slice(8, 14), "'\\u00e4\\U0001F980\\ud83e\\udd80\\x41'");
    assert_eq!(slice(25, 31), "people");
    let (files, spec) = with("'SELECT ''x'' AS a FROM people'");
    let sql = &spec.pipelines["daily"].steps[0].sql;
    assert_eq!(files.slice(sql.locate((1, 8), (1, 11))), "''x''");
}

#[test]
fn ranges_over_lines() {
    let (files, spec) = with("|\n      SELECT id,\n             email\n      FROM people");
    let sql = &spec.pipelines["daily"].steps[0].sql;
    assert_eq!(
        files.slice(sql.locate((1, 8), (2, 13))),
        "id,\n             email"
    );
    assert_eq!(
        files.slice(sql.locate((1, 8), (1, 8))),
        "i",
        "an empty range is one character"
    );
    assert_eq!(files.slice(sql.locate((1, 8), (0, 0))), "i");
}

#[test]
fn places_outside_are_the_whole_scalar() {
    let (files, spec) = with("SELECT id FROM people");
    let sql = &spec.pipelines["daily"].steps[0].sql;
    for (start, end) in [
        ((0, 0), (0, 0)),
        ((2, 1), (2, 2)),
        ((1, 99), (1, 100)),
        ((u64::MAX, 1), (1, 1)),
        ((1, 22), (1, 23)),
    ] {
        assert_eq!(
            files.slice(sql.locate(start, end)),
            "SELECT id FROM people",
            "{start:?}"
        );
    }
}

#[test]
fn views_are_located_too() {
    let catalog = format!("{CATALOG}  v: {{ view: \"SELECT 'é' AS x, nope FROM crm.people\" }}\n");
    let parsed = read(PROJECT, &catalog, PIPELINE);
    let files = parsed.files.clone();
    let spec = spec(parsed);
    let view = spec.datasets["v"].view.as_ref().unwrap();
    assert_eq!(files.slice(view.locate((1, 18), (1, 22))), "nope");
}
