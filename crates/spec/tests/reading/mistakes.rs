//! One mistake at a time within a file.

use crate::base::{CATALOG, File::*, PIPELINE, PROJECT, check, edit, found, read};

#[test]
fn structure() {
    check(&[
        ("unknown key of the project", Project, "operator_clearance", "operater_clearance", &["SL1020 sealine:3"]),
        ("unknown key of a dataset", Catalog, "clearance: restricted", "clearence: restricted", &["SL1020 crm:14", "SL1065 crm:12"]),
        ("unknown key of a column", Catalog, "tags: [pii.email]", "tag: [pii.email]", &["SL1020 crm:9"]),
        ("unknown key of a location", Catalog, "format: csv", "format: csv, delimeter: ';'", &["SL1020 crm:4"]),
        ("unknown key of an encryption", Catalog, "encrypt: { key: lake }\n  lake", "encrypt: { key: lake, algo: x }\n  lake", &["SL1020 crm:15"]),
        ("unknown key of a pipeline", Pipeline, "inputs:", "source: x\ninputs:", &["SL1020 daily:3"]),
        ("unknown key of a step", Pipeline, "sql: SELECT", "mingroup: 5\n    sql: SELECT", &["SL1020 daily:6"]),
        ("unknown key of an output", Pipeline, "from: safe,", "from: safe, form: x,", &["SL1020 daily:8"]),
        ("unknown key of a tag fact", Project, "special: true", "specail: true", &["SL1020 sealine:4"]),
        ("unknown key of a connection", Project, "root: data/", "root: data/, port: 1", &["SL1020 sealine:6"]),
        ("unknown key of a key", Project, "purpose: token", "purpose: token, size: 1", &["SL1020 sealine:9"]),
        ("no version", Project, "version: 1\n", "", &["SL1021 sealine:1"]),
        ("no datasets", Catalog, "datasets:", "data:", &["SL1020 crm:2", "SL1021 crm:1", "SL1036 daily:3", "SL1036 daily:8"]),
        ("no type", Catalog, "type: string, level: internal", "level: internal", &["SL1021 crm:10"]),
        ("no path", Catalog, "path: people.csv, ", "", &["SL1021 crm:4"]),
        ("no format", Catalog, "people.csv, format: csv", "people.csv", &["SL1021 crm:4"]),
        ("no key of an encryption", Catalog, "encrypt: { key: lake }", "encrypt: {}", &["SL1021 crm:15"]),
        ("no name of a pipeline", Pipeline, "pipeline: daily\n", "", &["SL1021 daily:1"]),
        ("no inputs", Pipeline, "inputs: { people: crm.people }\n", "", &["SL1021 daily:2"]),
        ("no sql", Pipeline, "    sql: SELECT id, redact(email) AS email FROM people", "    min_group: 5", &["SL1021 daily:5"]),
        ("no to", Pipeline, "from: safe, to: lake.people", "from: safe", &["SL1021 daily:8"]),
        ("no purpose", Project, "{ purpose: token }", "{}", &["SL1021 sealine:9"]),
        ("no root", Project, "kind: local, root: data/", "kind: local", &["SL1021 sealine:6"]),
        ("no kind", Project, "kind: local, root: data/", "root: data/", &["SL1021 sealine:6"]),
        ("datasets as a list", Catalog, "datasets:", "datasets: [x]\nmore:", &["SL1020 crm:3", "SL1022 crm:2", "SL1036 daily:3", "SL1036 daily:8"]),
        ("a quoted boolean", Catalog, "required: true", "required: \"true\"", &["SL1022 crm:8"]),
        ("yes is no boolean", Catalog, "required: true", "required: yes", &["SL1022 crm:8"]),
        ("a key without a value", Catalog, "rejects: quarantine.people", "rejects:", &["SL1022 crm:11"]),
        ("a list for a text", Catalog, "subject: id", "subject: [id]", &["SL1022 crm:6"]),
        ("a text for a list", Catalog, "tags: [pii.email]", "tags: pii.email", &["SL1022 crm:9"]),
        ("a text for a number", Catalog, "id: { type: int64,", "id: { type: int64, domain_size: many,", &["SL1022 crm:8"]),
        ("a list of outputs", Pipeline, "  - { from: safe, to: lake.people }", "  from: safe\n  to: lake.people", &["SL1022 daily:8"]),
        ("a step of text", Pipeline, "  safe:\n    sql: SELECT id, redact(email) AS email FROM people", "  safe: SELECT id FROM people", &["SL1022 daily:5"]),
        ("the file is a list", Pipeline, PIPELINE, "- a\n- b\n", &["SL1022 daily:1"]),
        ("version 2", Project, "version: 1", "version: 2", &["SL1023 sealine:1"]),
        ("version as text", Catalog, "version: 1", "version: \"1\"", &["SL1023 crm:1"]),
        ("owners", Project, "keys:", "owners: { catalog: x }\nkeys:", &["SL1024 sealine:8"]),
        ("postgres", Project, "lake: { kind: local, root: lake/ }", "lake: { kind: postgres, url: x, tls: y }", &["SL1024 sealine:7"]),
        ("s3", Project, "lake: { kind: local, root: lake/ }", "lake: { kind: s3, bucket: x }", &["SL1024 sealine:7"]),
        ("a table", Catalog, "path: people.csv, format: csv", "table: public.people", &["SL1024 crm:4"]),
        ("json", Catalog, "format: csv", "format: json", &["SL1024 crm:4"]),
        ("append", Pipeline, "to: lake.people", "to: lake.people, mode: append", &["SL1024 daily:8"]),
        ("keys of columns", Catalog, "encrypt: { key: lake }\n  lake", "encrypt: { key: lake, columns: {} }\n  lake", &["SL1024 crm:15"]),
        ("unknown kind", Project, "kind: local", "kind: floppy", &["SL1026 sealine:6"]),
        ("unknown purpose", Project, "purpose: token", "purpose: tokens", &["SL1026 sealine:9"]),
        ("unknown format", Catalog, "format: csv", "format: cvs", &["SL1026 crm:4"]),
        ("unknown mode", Pipeline, "to: lake.people", "to: lake.people, mode: replacing", &["SL1026 daily:8"]),
        ("unknown on_error", Pipeline, "    sql:", "    on_error: ignore\n    sql:", &["SL1026 daily:6"]),
        ("delimiter of two", Catalog, "format: csv", "format: csv, delimiter: '||'", &["SL1026 crm:4"]),
        ("delimiter of a letter", Catalog, "format: csv", "format: csv, delimiter: x", &["SL1026 crm:4"]),
        ("delimiter of a quote", Catalog, "format: csv", "format: csv, delimiter: '\"'", &["SL1026 crm:4"]),
        ("group of one", Pipeline, "    sql:", "    min_group: 1\n    sql:", &["SL1027 daily:6"]),
        ("group of minus five", Pipeline, "    sql:", "    min_group: -5\n    sql:", &["SL1027 daily:6"]),
        ("rejects of 101 %", Catalog, "    rejects:", "    max_rejects: 101%\n    rejects:", &["SL1027 crm:11"]),
        ("rejects of -1", Catalog, "    rejects:", "    max_rejects: -1\n    rejects:", &["SL1027 crm:11"]),
        ("rejects of nan %", Catalog, "    rejects:", "    max_rejects: nan%\n    rejects:", &["SL1027 crm:11"]),
        ("a domain of none", Catalog, "tags: [pii.email]", "tags: [pii.email], domain_size: 0", &["SL1027 crm:9"]),
        ("no columns in columns", Catalog, "  quarantine.people:", "  other: { at: { connection: files, path: o.csv, format: csv }, columns: {} }\n  quarantine.people:", &["SL1028 crm:12"]),
        ("no levels", Project, "levels: [public, internal, restricted]", "levels: []", &["SL1028 sealine:2"]),
        ("no outputs", Pipeline, "outputs:\n  - { from: safe, to: lake.people }", "outputs: []", &["SL1028 daily:7"]),
        ("no inputs in inputs", Pipeline, "{ people: crm.people }", "{}", &["SL1028 daily:3"]),
        ("a tag twice", Catalog, "[pii.email]", "[pii.email, pii.email]", &["SL1028 crm:9"]),
        ("an empty query", Pipeline, "SELECT id, redact(email) AS email FROM people", "\"  \"", &["SL1075 daily:6"]),
    ]);
}

#[test]
fn names() {
    check(&[
        ("a connection with a blank", Project, "  files:", "  \"my files\":", &["SL1025 sealine:6", "SL1033 crm:4", "SL1033 crm:13"]),
        ("a key with a slash", Project, "crm: {", "sealine/log: {", &["SL1025 sealine:9"]),
        ("a dataset with two dots", Catalog, "lake.people:", "lake.eu.people:", &["SL1025 crm:16", "SL1036 daily:8"]),
        ("a dataset that begins with a digit", Catalog, "lake.people:", "lake.1people:", &["SL1025 crm:16", "SL1036 daily:8"]),
        ("a column of nothing", Catalog, "country:", "\"\":", &["SL1025 crm:10"]),
        ("a column with blanks at its ends", Catalog, "country:", "\" country\":", &["SL1025 crm:10"]),
        ("a pipeline with a path", Pipeline, "pipeline: daily", "pipeline: ../daily", &["SL1025 daily:2"]),
        ("a pipeline of a number", Pipeline, "pipeline: daily", "pipeline: 7", &["SL1025 daily:2"]),
        ("an input with a dot", Pipeline, "{ people:", "{ crm.people:", &["SL1025 daily:3"]),
        ("a step with an accent", Pipeline, "  safe:", "  sûr:", &["SL1025 daily:5", "SL1037 daily:8"]),
        ("an identity with a blank", Pipeline, "inputs:", "runs_as: svc/ daily\ninputs:", &["SL1025 daily:3"]),
        ("an identity that ends in a slash", Pipeline, "inputs:", "runs_as: svc/\ninputs:", &["SL1025 daily:3"]),
        ("unknown level of a column", Catalog, "level: restricted, tags", "level: restircted, tags", &["SL1030 crm:9"]),
        ("unknown clearance", Catalog, "clearance: internal", "clearance: secret", &["SL1030 crm:18"]),
        ("unknown operator clearance", Project, "operator_clearance: internal", "operator_clearance: top", &["SL1030 sealine:3"]),
        ("a level in capitals", Project, "[public,", "[Public,", &["SL1031 sealine:2"]),
        ("a level twice", Project, "[public,", "[internal,", &["SL1028 sealine:2"]),
        ("a tag in capitals", Catalog, "[pii.email]", "[PII.email]", &["SL1032 crm:9"]),
        ("a pattern on a column", Catalog, "[pii.email]", "[pii.*]", &["SL1032 crm:9"]),
        ("a star in the middle", Project, "phi.*:", "phi.*.x:", &["SL1032 sealine:4"]),
        ("unknown connection", Catalog, "connection: lake", "connection: laek", &["SL1033 crm:17"]),
        ("unknown key", Catalog, "encrypt: { key: lake }\n  lake", "encrypt: { key: lakes }\n  lake", &["SL1034 crm:15"]),
        ("key of another purpose", Catalog, "encrypt: { key: lake }\n  lake", "encrypt: { key: crm }\n  lake", &["SL1035 crm:15"]),
        ("unknown input", Pipeline, "people: crm.people", "people: crm.poeple", &["SL1036 daily:3"]),
        ("unknown output", Pipeline, "to: lake.people", "to: lake.poeple", &["SL1036 daily:8"]),
        ("unknown rejects", Catalog, "rejects: quarantine.people", "rejects: quarantine.persons", &["SL1036 crm:11"]),
        ("unknown step", Pipeline, "from: safe", "from: save", &["SL1037 daily:8", "SL1076 daily:5"]),
        ("an output from an input", Pipeline, "from: safe", "from: people", &["SL1037 daily:8", "SL1076 daily:5"]),
        ("unknown primary key", Catalog, "[id]", "[ident]", &["SL1038 crm:5"]),
        ("unknown subject", Catalog, "subject: id", "subject: di", &["SL1038 crm:6"]),
        ("a step named as an input", Pipeline, "  safe:", "  People:", &["SL1037 daily:8", "SL1040 daily:5"]),
    ]);
}

#[test]
fn paths() {
    for bad in [
        "/etc/passwd", "../people.csv", "a/../../b", "a/..", "a\\b", "~/people.csv", "${env:HOME}/x", ".", "./", "a\u{85}b",
        ".sealine/keys", "a/.Sealine/b",
    ] {
        let parsed = edit(Catalog, "people.csv", &format!("'{bad}'"));
        let codes = found(&parsed);
        assert!(codes == ["SL1041 crm:4"] || codes == ["SL1014 crm:4"], "{bad}: {codes:?}");
    }
    for bad in ["..", "../data", "a/../b", "/", "//", "\\data", "~", ".sealine", "''"] {
        let parsed = edit(Project, "root: data/", &format!("root: {bad}"));
        let codes = found(&parsed);
        assert!(codes == ["SL1041 sealine:6"], "{bad}: {codes:?}");
    }
    let escaped = edit(Catalog, "people.csv", "\"a\\0b\"");
    assert_eq!(found(&escaped), ["SL1041 crm:4"]);
    let long = edit(Catalog, "people.csv", &"x".repeat(2_000));
    assert_eq!(found(&long), ["SL1041 crm:4"]);
    let state = edit(Project, "keys:", "state: ../elsewhere\nkeys:");
    assert_eq!(found(&state), ["SL1041 sealine:8"]);
    let state = edit(Project, "keys:", "state: .\nkeys:");
    assert_eq!(found(&state), ["SL1041 sealine:8"]);
}

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
        ("type: timestamp, min: '2024-01-01T00:00:00Z', max: '2024-01-01T00:00:00+01:00'", "SL1051"),
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
        ("type: string, level: internal, select: { to: internal, domain: [a] }", "SL1054"),
        ("type: string, level: internal, select: { to: restricted, domain: [a] }", "SL1054"),
        ("type: string, select: { to: middle, domain: [a] }", "SL1030"),
        ("type: string, select: { domain: [a] }", "SL1021"),
        ("type: string, select: { to: internal }", "SL1021"),
        ("type: string, select: { to: internal, domain: [] }", "SL1028"),
        ("type: string, select: { to: internal, domain: [a], max_cells: 1 }", "SL1027"),
        ("type: int32, select: { to: internal, domain: [a] }", "SL1052"),
        ("type: string, references: x", "SL1024"),
        ("type: string, nullable: true", "SL1020"),
        ("string", "SL1022"),
    ] {
        let parsed = edit(Catalog, "country: { type: string, level: internal }", &line(text));
        let codes = found(&parsed);
        // `{ string }` is a mapping with a key and no value, hence another code.
        let expected = if text == "string" { vec!["SL1021 crm:10".to_owned(), "SL1020 crm:10".to_owned()] } else { vec![format!("{code} crm:10")] };
        if codes != expected {
            wrong += &format!("{text}: expected {expected:?}, found {codes:?}\n");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn a_decimal_cut_at_its_comma_says_so() {
    let parsed = edit(Catalog, "country: { type: string, level: internal }", "country: { type: decimal(10,2) }");
    let first = parsed.diagnostics.errors().find(|found| found.code == "SL1026").unwrap();
    assert!(first.help[0].contains("quote it"), "{first:?}");
}

#[test]
fn location_of_parquet_has_no_csv_keys() {
    let parsed = edit(Catalog, "path: rejects/, format: parquet", "path: rejects/, format: parquet, header: false");
    assert_eq!(found(&parsed), ["SL1050 crm:13"]);
}

#[test]
fn did_you_mean_can_be_pasted() {
    for (file, old, new, line) in [
        (Catalog, "clearance: internal", "claerance: internal", "clearance"),
        (Catalog, "type: int64", "type: integer", "int64"),
        (Catalog, "connection: lake", "connection: laek", "lake"),
        (Pipeline, "crm.people", "crm.peple", "crm.people"),
        (Project, "purpose: token", "purpose: tokn", "token"),
        (Pipeline, "from: safe", "from: saef", "safe"),
    ] {
        let parsed = edit(file, old, new);
        let first = parsed.diagnostics.errors().find(|found| !found.fixes.is_empty()).unwrap();
        let fix = &first.fixes[0];
        assert_eq!(fix.replacement, line);
        assert!(first.help[0].contains(&format!("`{line}`")), "{first:?}");
        let span = fix.span.unwrap();
        let mut text = parsed.files.text(span.file).to_owned();
        text.replace_range(span.range(), &fix.replacement);
        let texts = |this, original: &str| if this == file { text.clone() } else { original.to_owned() };
        let repaired = read(&texts(Project, PROJECT), &texts(Catalog, CATALOG), &texts(Pipeline, PIPELINE));
        assert_eq!(found(&repaired), [""; 0], "{new}");
    }
}

#[test]
fn many_mistakes_are_found_at_once() {
    let project = PROJECT.replace("purpose: token", "purpose: tokens").replace("operator_clearance: internal", "operator_clearance: x");
    let catalog = CATALOG.replace("type: int64", "type: int").replace("subject: id", "subject: it").replace("format: csv", "format: cvs");
    let pipeline = PIPELINE.replace("from: safe", "from: x").replace("crm.people", "crm.persons");
    let parsed = read(&project, &catalog, &pipeline);
    assert_eq!(
        found(&parsed),
        [
            "SL1026 crm:4", "SL1038 crm:6", "SL1026 crm:8", "SL1036 daily:3", "SL1076 daily:5", "SL1037 daily:8",
            "SL1030 sealine:3", "SL1026 sealine:9",
        ]
    );
}
