//! Row counts, freshness and expectations of a dataset.

use sealine_spec::Parsed;

use crate::base::{CATALOG, PIPELINE, PROJECT, found, read};

fn codes(parsed: &Parsed) -> Vec<String> {
    let places = found(parsed);
    places.iter().map(|place| place[..6].to_owned()).collect()
}

/// The small project with this in its source, which gets a column `at`.
fn catalog(written: &str) -> String {
    let text = CATALOG.replace(
        "    columns:\n      id:",
        &format!("    {written}\n    columns:\n      at: {{ type: timestamp }}\n      id:"),
    );
    assert_ne!(text, CATALOG);
    text
}

#[test]
fn all_three_are_read() {
    let text = catalog(
        "rows: { min: 1, max: 5 }\n    freshness: { column: at, within: 90m }\n    expect:\n      - { name: country_known, sql: \"country <> 'XX'\", description: why }\n      - name: two-lines\n        sql: |\n          id > 0\n          OR country IS NULL",
    );
    let parsed = read(PROJECT, &text, PIPELINE);
    assert_eq!(codes(&parsed), Vec::<String>::new());
    let spec = parsed.spec.unwrap();
    let dataset = spec.dataset("crm.people").unwrap();
    let rows = dataset.rows.unwrap();
    assert_eq!((rows.min, rows.max), (Some(1), Some(5)));
    let fresh = dataset.freshness.as_ref().unwrap();
    assert_eq!((fresh.column.as_str(), fresh.within), ("at", 5_400));
    let names: Vec<&str> = dataset.expect.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["country_known", "two-lines"]);
    assert!(dataset.expect[1].sql.text.contains("\nOR"));
    // The place in the text leads back to the file.
    let span = dataset.expect[0].sql.locate((1, 1), (1, 8));
    assert_eq!(&parsed.files.text(span.file)[span.range()], "country");
}

#[test]
fn what_asks_for_nothing_or_nonsense() {
    for (written, expected) in [
        ("rows: {}", "SL1520"),
        ("rows: 5", "SL1022"),
        ("rows: { min: -1 }", "SL1027"),
        ("rows: { min: few }", "SL1022"),
        ("rows: { min: 5, max: 4 }", "SL1051"),
        ("rows: { least: 5 }", "SL1020"),
        ("freshness: { column: at }", "SL1021"),
        ("freshness: { within: 1h }", "SL1021"),
        ("freshness: { column: at, within: 1 }", "SL1521"),
        ("freshness: { column: at, within: 0h }", "SL1521"),
        ("freshness: { column: at, within: 4000d }", "SL1521"),
        ("freshness: { column: id, within: 1h }", "SL1050"),
        ("freshness: { column: ta, within: 1h }", "SL1038"),
        ("expect: { name: a }", "SL1022"),
        ("expect: [a]", "SL1022"),
        ("expect: [{ name: a }]", "SL1021"),
        ("expect: [{ sql: 'id > 0' }]", "SL1021"),
        ("expect: [{ name: a, sql: '' }]", "SL1075"),
        ("expect: [{ name: a b, sql: 'id > 0' }]", "SL1522"),
        (
            "expect: [{ name: \"a\\u001b[31m\", sql: 'id > 0' }]",
            "SL1522",
        ),
        (
            "expect: [{ name: a, sql: 'id > 0' }, { name: a, sql: 'id > 1' }]",
            "SL1522",
        ),
    ] {
        let codes = codes(&read(PROJECT, &catalog(written), PIPELINE));
        assert!(
            codes.iter().any(|code| code == expected),
            "{written}: {codes:?}"
        );
    }
    let many: Vec<String> = (0..65)
        .map(|at| format!("{{ name: e{at}, sql: 'id > 0' }}"))
        .collect();
    let text = catalog(&format!("expect: [{}]", many.join(", ")));
    assert_eq!(codes(&read(PROJECT, &text, PIPELINE)), ["SL1027"]);
}

#[test]
fn a_view_has_none_of_them() {
    for written in [
        "rows: { min: 1 }",
        "freshness: { column: id, within: 1h }",
        "expect: [{ name: a, sql: 'id > 0' }]",
    ] {
        let text = format!("{CATALOG}  crm.some:\n    view: \"SELECT 1 AS id\"\n    {written}\n");
        let codes = codes(&read(PROJECT, &text, PIPELINE));
        assert!(codes.iter().any(|code| code == "SL1060"), "{codes:?}");
    }
}
