//! Columns whose type, rules or grants do not fit.

use crate::base::{File::*, edit, found};

#[test]
fn columns() {
    let line = |text: &'static str| format!("country: {{ {text} }}");
    let mut wrong = String::new();
    for (text, code) in [
        ("type: text", "SL1026"),
        ("type: STRING", "SL1026"),
        ("type: nonsense", "SL1026"),
        ("type: 'decimal(39,2)'", "SL1026"),
        ("type: 'decimal(2,3)'", "SL1026"),
        ("type: 'decimal(0,0)'", "SL1026"),
        ("type: 'decimal(a,b)'", "SL1026"),
        ("type: decimal", "SL1026"),
        ("type: string, min: 1", "SL1050"),
        ("type: string, max: 1", "SL1050"),
        ("type: boolean, max: 1", "SL1050"),
        ("type: binary, max_length: 1", "SL1050"),
        ("type: int32, max_length: 1", "SL1050"),
        ("type: int32, min_length: 1", "SL1050"),
        ("type: int32, pattern: x", "SL1050"),
        ("type: int32, is: luhn", "SL1050"),
        ("type: float64, enum: [1]", "SL1050"),
        ("type: string, format: '%Y'", "SL1050"),
        ("type: int32, min: 2, max: 1", "SL1051"),
        ("type: float32, min: 0.2, max: 0.1", "SL1051"),
        ("type: date, min: 2024-01-02, max: 2024-01-01", "SL1051"),
        (
            "type: timestamp, min: '2024-01-01T00:00:00Z', max: '2024-01-01T00:00:00+01:00'",
            "SL1051",
        ),
        ("type: time, min: '12:00', max: '11:59'", "SL1051"),
        ("type: 'decimal(4,2)', min: 1.01, max: 1.00", "SL1051"),
        ("type: string, min_length: 2, max_length: 1", "SL1051"),
        ("type: int32, min: '1'", "SL1052"),
        ("type: int32, min: 1.5", "SL1052"),
        ("type: int8, max: 128", "SL1052"),
        ("type: int64, max: 9223372036854775808", "SL1052"),
        ("type: float64, max: .inf", "SL1052"),
        ("type: float64, max: many", "SL1052"),
        ("type: date, min: 2023-02-29", "SL1052"),
        ("type: date, min: 31.12.2023", "SL1052"),
        ("type: timestamp, max: now", "SL1052"),
        ("type: 'decimal(4,2)', max: 123.45", "SL1052"),
        ("type: 'decimal(4,2)', max: 1.234", "SL1052"),
        ("type: int32, min: [1]", "SL1052"),
        ("type: int32, enum: [1, x]", "SL1052"),
        ("type: int8, enum: [300]", "SL1052"),
        ("type: string, pattern: '('", "SL1053"),
        ("type: string, pattern: 'a(?=b)'", "SL1053"),
        ("type: string, pattern: '(a)\\1'", "SL1053"),
        ("type: string, pattern: '((a{1000}){1000}){1000}'", "SL1053"),
        ("type: string, is: emial", "SL1026"),
        ("type: string, is: passport", "SL1026"),
        ("type: string, enum: []", "SL1028"),
        ("type: string, enum: [a, a]", "SL1028"),
        ("type: string, enum: [[a]]", "SL1022"),
        ("type: string, max_length: -1", "SL1027"),
        ("type: string, max_length: 4294967296", "SL1027"),
        ("type: date, format: 'year'", "SL1055"),
        ("type: date, format: '%H:%M'", "SL1055"),
        ("type: date, format: '%Y-%'", "SL1055"),
        ("type: time, format: '%Y'", "SL1055"),
        (
            "type: string, level: internal, select: { to: internal, domain: [a] }",
            "SL1054",
        ),
        (
            "type: string, level: internal, select: { to: restricted, domain: [a] }",
            "SL1054",
        ),
        (
            "type: string, select: { to: middle, domain: [a] }",
            "SL1030",
        ),
        ("type: string, select: { domain: [a] }", "SL1021"),
        ("type: string, select: { to: internal }", "SL1021"),
        (
            "type: string, select: { to: internal, domain: [] }",
            "SL1028",
        ),
        (
            "type: string, select: { to: internal, domain: [a], max_cells: 1 }",
            "SL1027",
        ),
        (
            "type: int32, select: { to: internal, domain: [a] }",
            "SL1052",
        ),
        ("type: string, references: x", "SL1024"),
        ("type: string, nullable: true", "SL1020"),
        ("string", "SL1022"),
    ] {
        let parsed = edit(
            Catalog,
            "country: { type: string, level: internal }",
            &line(text),
        );
        let codes = found(&parsed);
        // `{ string }` is a mapping with a key and no value, hence another code.
        let expected = if text == "string" {
            vec!["SL1021 crm:10".to_owned(), "SL1020 crm:10".to_owned()]
        } else {
            vec![format!("{code} crm:10")]
        };
        if codes != expected {
            wrong += &format!("{text}: expected {expected:?}, found {codes:?}\n");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn a_decimal_cut_at_its_comma_says_so() {
    let parsed = edit(
        Catalog,
        "country: { type: string, level: internal }",
        "country: { type: decimal(10,2) }",
    );
    let first = parsed
        .diagnostics
        .errors()
        .find(|found| found.code == "SL1026")
        .unwrap();
    assert!(first.help[0].contains("quote it"), "{first:?}");
}
