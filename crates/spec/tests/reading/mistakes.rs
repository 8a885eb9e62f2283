//! One mistake at a time within a file.

use crate::base::{CATALOG, File::*, PIPELINE, PROJECT, check, edit, found, read};

#[test]
fn structure() {
    check(&[
        (
            "unknown key of the project",
            Project,
            "operator_clearance",
            "operater_clearance",
            &["SL1020 sealine:3"],
        ),
        (
            "unknown key of a dataset",
            Catalog,
            "clearance: restricted",
            "clearence: restricted",
            &["SL1020 crm:14"],
        ),
        (
            "unknown key of a column",
            Catalog,
            "tags: [pii.email]",
            "tag: [pii.email]",
            &["SL1020 crm:9"],
        ),
        (
            "unknown key of a location",
            Catalog,
            "format: csv",
            "format: csv, delimeter: ';'",
            &["SL1020 crm:4"],
        ),
        (
            "unknown key of an encryption",
            Catalog,
            "encrypt: { key: lake }\n  lake",
            "encrypt: { key: lake, algo: x }\n  lake",
            &["SL1020 crm:15"],
        ),
        (
            "unknown key of a pipeline",
            Pipeline,
            "inputs:",
            "source: x\ninputs:",
            &["SL1020 daily:3"],
        ),
        (
            "unknown key of a step",
            Pipeline,
            "sql: SELECT",
            "mingroup: 5\n    sql: SELECT",
            &["SL1020 daily:6"],
        ),
        (
            "unknown key of an output",
            Pipeline,
            "from: safe,",
            "from: safe, form: x,",
            &["SL1020 daily:8"],
        ),
        (
            "unknown key of a tag fact",
            Project,
            "special: true",
            "specail: true",
            &["SL1020 sealine:4"],
        ),
        (
            "unknown key of a connection",
            Project,
            "root: data/",
            "root: data/, port: 1",
            &["SL1020 sealine:6"],
        ),
        (
            "unknown key of a key",
            Project,
            "purpose: token",
            "purpose: token, size: 1",
            &["SL1020 sealine:9"],
        ),
        (
            "no version",
            Project,
            "version: 1\n",
            "",
            &["SL1021 sealine:1"],
        ),
        (
            "no datasets",
            Catalog,
            "datasets:",
            "data:",
            &["SL1021 crm:1", "SL1020 crm:2"],
        ),
        (
            "no type",
            Catalog,
            "type: string, level: internal",
            "level: internal",
            &["SL1021 crm:10"],
        ),
        (
            "no path",
            Catalog,
            "path: people.csv, ",
            "",
            &["SL1021 crm:4"],
        ),
        (
            "no format",
            Catalog,
            "people.csv, format: csv",
            "people.csv",
            &["SL1021 crm:4"],
        ),
        (
            "no key of an encryption",
            Catalog,
            "encrypt: { key: lake }",
            "encrypt: {}",
            &["SL1021 crm:15"],
        ),
        (
            "no name of a pipeline",
            Pipeline,
            "pipeline: daily\n",
            "",
            &["SL1021 daily:1"],
        ),
        (
            "no inputs",
            Pipeline,
            "inputs: { people: crm.people }\n",
            "",
            &["SL1021 daily:2"],
        ),
        (
            "no sql",
            Pipeline,
            "    sql: SELECT id, redact(email) AS email FROM people",
            "    min_group: 5",
            &["SL1021 daily:5"],
        ),
        (
            "no to",
            Pipeline,
            "from: safe, to: lake.people",
            "from: safe",
            &["SL1021 daily:8"],
        ),
        (
            "no purpose",
            Project,
            "{ purpose: token }",
            "{}",
            &["SL1021 sealine:9"],
        ),
        (
            "no root",
            Project,
            "kind: local, root: data/",
            "kind: local",
            &["SL1021 sealine:6"],
        ),
        (
            "no kind",
            Project,
            "kind: local, root: data/",
            "root: data/",
            &["SL1021 sealine:6"],
        ),
        (
            "datasets as a list",
            Catalog,
            "datasets:",
            "datasets: [x]\nmore:",
            &["SL1022 crm:2", "SL1020 crm:3"],
        ),
        (
            "a quoted boolean",
            Catalog,
            "required: true",
            "required: \"true\"",
            &["SL1022 crm:8"],
        ),
        (
            "yes is no boolean",
            Catalog,
            "required: true",
            "required: yes",
            &["SL1022 crm:8"],
        ),
        (
            "a key without a value",
            Catalog,
            "rejects: quarantine.people",
            "rejects:",
            &["SL1022 crm:11"],
        ),
        (
            "a list for a text",
            Catalog,
            "subject: id",
            "subject: [id]",
            &["SL1022 crm:6"],
        ),
        (
            "a text for a list",
            Catalog,
            "tags: [pii.email]",
            "tags: pii.email",
            &["SL1022 crm:9"],
        ),
        (
            "a text for a number",
            Catalog,
            "id: { type: int64,",
            "id: { type: int64, domain_size: many,",
            &["SL1022 crm:8"],
        ),
        (
            "a list of outputs",
            Pipeline,
            "  - { from: safe, to: lake.people }",
            "  from: safe\n  to: lake.people",
            &["SL1022 daily:8"],
        ),
        (
            "a step of text",
            Pipeline,
            "  safe:\n    sql: SELECT id, redact(email) AS email FROM people",
            "  safe: SELECT id FROM people",
            &["SL1022 daily:5"],
        ),
        (
            "the file is a list",
            Pipeline,
            PIPELINE,
            "- a\n- b\n",
            &["SL1022 daily:1"],
        ),
        (
            "version 2",
            Project,
            "version: 1",
            "version: 2",
            &["SL1023 sealine:1"],
        ),
        (
            "version as text",
            Catalog,
            "version: 1",
            "version: \"1\"",
            &["SL1023 crm:1"],
        ),
        (
            "providers",
            Project,
            "keys:",
            "providers: { catalog: x }\nkeys:",
            &["SL1024 sealine:8"],
        ),
        (
            "an owner that is none",
            Project,
            "keys:",
            "owners: { catalog: x }\nkeys:",
            &["SL1022 sealine:8"],
        ),
        (
            "no owner",
            Project,
            "keys:",
            "owners: {}\nkeys:",
            &["SL1523 sealine:8"],
        ),
        (
            "another's key",
            Project,
            "keys:",
            "owners: { dana: { key: \"privacy+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\", signs: [policy/] } }\nkeys:",
            &["SL1523 sealine:8"],
        ),
        (
            "a private key",
            Project,
            "keys:",
            "owners: { privacy: { key: \"MC4CAQAwBQYDK2VwBCIEIA\", signs: [policy/] } }\nkeys:",
            &["SL1523"],
        ),
        (
            "folders that nobody signs",
            Project,
            "keys:",
            "owners: { privacy: { key: \"privacy+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\", signs: [policy, data/, policy/../, catalog/] } }\nkeys:",
            &["SL1524 sealine:8", "SL1524 sealine:8", "SL1524 sealine:8"],
        ),
        (
            "a role of nobody",
            Project,
            "keys:",
            "roles: { auditors: { users: [\"\"] } }\nkeys:",
            &["SL1525 sealine:8"],
        ),
        (
            "postgres",
            Project,
            "lake: { kind: local, root: lake/ }",
            "lake: { kind: postgres, url: x, tls: y }",
            &["SL1024 sealine:7"],
        ),
        (
            "s3",
            Project,
            "lake: { kind: local, root: lake/ }",
            "lake: { kind: s3, bucket: x }",
            &["SL1024 sealine:7"],
        ),
        (
            "a table",
            Catalog,
            "path: people.csv, format: csv",
            "table: public.people",
            &["SL1024 crm:4"],
        ),
        (
            "json",
            Catalog,
            "format: csv",
            "format: json",
            &["SL1024 crm:4"],
        ),
        (
            "merge",
            Pipeline,
            "to: lake.people",
            "to: lake.people, mode: merge",
            &["SL1024 daily:8"],
        ),
        (
            "keys of columns that are none",
            Catalog,
            "encrypt: { key: lake }\n  lake",
            "encrypt: { key: lake, columns: [email] }\n  lake",
            &["SL1022 crm:15"],
        ),
        (
            "a key of a column that is none",
            Catalog,
            "encrypt: { key: lake }\n  lake",
            "encrypt: { key: lake, columns: { email: [pii] } }\n  lake",
            &["SL1022 crm:15"],
        ),
        (
            "bound to what",
            Catalog,
            "encrypt: { key: lake }\n  lake",
            "encrypt: { key: lake, bound: people }\n  lake",
            &["SL1022 crm:15"],
        ),
        (
            "unknown kind",
            Project,
            "kind: local",
            "kind: floppy",
            &["SL1026 sealine:6"],
        ),
        (
            "unknown purpose",
            Project,
            "purpose: token",
            "purpose: tokens",
            &["SL1026 sealine:9"],
        ),
        (
            "unknown format",
            Catalog,
            "format: csv",
            "format: cvs",
            &["SL1026 crm:4"],
        ),
        (
            "unknown mode",
            Pipeline,
            "to: lake.people",
            "to: lake.people, mode: replacing",
            &["SL1026 daily:8"],
        ),
        (
            "unknown on_error",
            Pipeline,
            "    sql:",
            "    on_error: ignore\n    sql:",
            &["SL1026 daily:6"],
        ),
        (
            "delimiter of two",
            Catalog,
            "format: csv",
            "format: csv, delimiter: '||'",
            &["SL1026 crm:4"],
        ),
        (
            "delimiter of a letter",
            Catalog,
            "format: csv",
            "format: csv, delimiter: x",
            &["SL1026 crm:4"],
        ),
        (
            "delimiter of a quote",
            Catalog,
            "format: csv",
            "format: csv, delimiter: '\"'",
            &["SL1026 crm:4"],
        ),
        (
            "group of one",
            Pipeline,
            "    sql:",
            "    min_group: 1\n    sql:",
            &["SL1027 daily:6"],
        ),
        (
            "group of minus five",
            Pipeline,
            "    sql:",
            "    min_group: -5\n    sql:",
            &["SL1027 daily:6"],
        ),
        (
            "rejects of 101 %",
            Catalog,
            "    rejects:",
            "    max_rejects: 101%\n    rejects:",
            &["SL1027 crm:11"],
        ),
        (
            "rejects of -1",
            Catalog,
            "    rejects:",
            "    max_rejects: -1\n    rejects:",
            &["SL1027 crm:11"],
        ),
        (
            "rejects of nan %",
            Catalog,
            "    rejects:",
            "    max_rejects: nan%\n    rejects:",
            &["SL1027 crm:11"],
        ),
        (
            "a domain of none",
            Catalog,
            "tags: [pii.email]",
            "tags: [pii.email], domain_size: 0",
            &["SL1027 crm:9"],
        ),
        (
            "a share of everything and more",
            Catalog,
            "tags: [pii.email]",
            "tags: [pii.email], frequency: { max_share: 5, min_distinct: 0 }",
            &["SL1027 crm:9", "SL1027 crm:9"],
        ),
        (
            "a share in percent",
            Catalog,
            "tags: [pii.email]",
            "tags: [pii.email], frequency: { max_share: 20% }",
            &["SL1022 crm:9"],
        ),
        (
            "no columns in columns",
            Catalog,
            "  quarantine.people:",
            "  other: { at: { connection: files, path: o.csv, format: csv }, columns: {} }\n  quarantine.people:",
            &["SL1028 crm:12"],
        ),
        (
            "no levels",
            Project,
            "levels: [public, internal, restricted]",
            "levels: []",
            &["SL1028 sealine:2"],
        ),
        (
            "no outputs",
            Pipeline,
            "outputs:\n  - { from: safe, to: lake.people }",
            "outputs: []",
            &["SL1028 daily:7"],
        ),
        (
            "no inputs in inputs",
            Pipeline,
            "{ people: crm.people }",
            "{}",
            &["SL1028 daily:3"],
        ),
        (
            "a tag twice",
            Catalog,
            "[pii.email]",
            "[pii.email, pii.email]",
            &["SL1028 crm:9"],
        ),
        (
            "an empty query",
            Pipeline,
            "SELECT id, redact(email) AS email FROM people",
            "\"  \"",
            &["SL1075 daily:6"],
        ),
    ]);
}

#[test]
fn location_of_parquet_has_no_csv_keys() {
    let parsed = edit(
        Catalog,
        "path: rejects/, format: parquet",
        "path: rejects/, format: parquet, header: false",
    );
    assert_eq!(found(&parsed), ["SL1050 crm:13"]);
}

#[test]
fn did_you_mean_can_be_pasted() {
    for (file, old, new, line) in [
        (
            Catalog,
            "clearance: internal",
            "claerance: internal",
            "clearance",
        ),
        (Catalog, "type: int64", "type: integer", "int64"),
        (Catalog, "connection: lake", "connection: laek", "lake"),
        (Pipeline, "crm.people", "crm.peple", "crm.people"),
        (Project, "purpose: token", "purpose: tokn", "token"),
        (Pipeline, "from: safe", "from: saef", "safe"),
    ] {
        let parsed = edit(file, old, new);
        let first = parsed
            .diagnostics
            .errors()
            .find(|found| !found.fixes.is_empty())
            .unwrap();
        let fix = &first.fixes[0];
        assert_eq!(fix.replacement, line);
        assert!(first.help[0].contains(&format!("`{line}`")), "{first:?}");
        let span = fix.span.unwrap();
        let mut text = parsed.files.text(span.file).to_owned();
        text.replace_range(span.range(), &fix.replacement);
        let texts = |this, original: &str| {
            if this == file {
                text.clone()
            } else {
                original.to_owned()
            }
        };
        let repaired = read(
            &texts(Project, PROJECT),
            &texts(Catalog, CATALOG),
            &texts(Pipeline, PIPELINE),
        );
        assert_eq!(found(&repaired), [""; 0], "{new}");
    }
}

#[test]
fn many_mistakes_are_found_at_once() {
    let project = PROJECT
        .replace("purpose: token", "purpose: tokens")
        .replace("operator_clearance: internal", "operator_clearance: x");
    let catalog = CATALOG
        .replace("type: int64", "type: int")
        .replace("subject: id", "subject: it")
        .replace("format: csv", "format: cvs");
    let pipeline = PIPELINE
        .replace("from: safe", "from: x")
        .replace("crm.people", "crm.persons");
    let parsed = read(&project, &catalog, &pipeline);
    assert_eq!(
        found(&parsed),
        [
            "SL1026 crm:4",
            "SL1038 crm:6",
            "SL1026 crm:8",
            "SL1036 daily:3",
            "SL1037 daily:8",
            "SL1030 sealine:3",
            "SL1026 sealine:9",
        ]
    );
}
