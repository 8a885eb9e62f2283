//! Everything that may be written and is not in the design.

use sealine_spec::{
    Bound, ColumnType, Compression, ConnectionKind, CsvOptions, Format, Formulas, Limit, OnError,
    Severity,
};

use crate::base::{CATALOG, File::*, PIPELINE, PROJECT, edit, found, read, spec};

#[test]
fn the_small_project_is_without_mistakes() {
    let parsed = read(PROJECT, CATALOG, PIPELINE);
    assert_eq!(found(&parsed), [""; 0]);
    let spec = spec(parsed);
    assert_eq!(
        spec.pipeline("daily").unwrap().runs_as,
        "svc/daily",
        "the default"
    );
}

#[test]
fn silence_is_safe() {
    let parsed = edit(
        Catalog,
        "country: { type: string, level: internal }",
        "country: { type: string }",
    );
    let people = spec(parsed).datasets["crm.people"].clone();
    let country = people.column("country").unwrap();
    assert_eq!(
        (country.level, country.level_declared),
        (people.column("email").unwrap().level, false)
    );
    let parsed = edit(Project, "operator_clearance: internal\n", "");
    let project = spec(parsed).project;
    assert_eq!(project.operator_clearance, project.levels.lowest());
    let parsed = edit(Project, "levels: [public, internal, restricted]\n", "");
    assert_eq!(spec(parsed).project.levels.iter().count(), 3);
}

#[test]
fn columns_of_every_type() {
    let columns = [
        ("boolean", "", ColumnType::Boolean),
        (
            "int8",
            "min: -128, max: 127, enum: [1, -2]",
            ColumnType::Int8,
        ),
        ("int16", "unique: true", ColumnType::Int16),
        ("float32", "min: -1.5, max: 1e3", ColumnType::Float32),
        ("float64", "strict: true", ColumnType::Float64),
        (
            "'decimal(10,2)'",
            "min: -0.05, max: 10",
            ColumnType::Decimal {
                precision: 10,
                scale: 2,
            },
        ),
        (
            "decimal(7)",
            "",
            ColumnType::Decimal {
                precision: 7,
                scale: 0,
            },
        ),
        (
            "date",
            "min: 1970-01-02, max: \"2024-12-31\", format: '%d.%m.%Y'",
            ColumnType::Date,
        ),
        (
            "timestamp",
            "min: 1970-01-01T00:00:01Z, format: '%Y-%m-%d %H:%M:%S%.3f%:z'",
            ColumnType::Timestamp,
        ),
        ("time", "max: '12:30:00.5'", ColumnType::Time),
        ("binary", "required: false", ColumnType::Binary),
        (
            "string",
            "min_length: 0, max_length: 10, pattern: '^\\w+$', is: country, enum: [NO, yes, 1, true], description: x",
            ColumnType::String,
        ),
    ];
    let lines: String = columns
        .iter()
        .enumerate()
        .map(|(at, (ty, rules, _))| format!("      c{at}: {{ type: {ty}, {rules} }}\n"))
        .collect();
    let people = spec(edit(
        Catalog,
        "      country:",
        &format!("{lines}      country:"),
    ))
    .datasets["crm.people"]
        .clone();
    for (at, (_, _, ty)) in columns.iter().enumerate() {
        assert_eq!(people.column(&format!("c{at}")).unwrap().ty, *ty);
    }
    let rules = |at: usize| &people.column(&format!("c{at}")).unwrap().rules;
    assert_eq!(
        (rules(1).min, rules(1).max),
        (Some(Bound::Integer(-128)), Some(Bound::Integer(127)))
    );
    assert_eq!(rules(3).max, Some(Bound::Float(1000.0)));
    assert_eq!(
        (rules(5).min, rules(5).max),
        (Some(Bound::Decimal(-5)), Some(Bound::Decimal(1000)))
    );
    assert_eq!(
        (rules(7).min, rules(7).max),
        (Some(Bound::Date(1)), Some(Bound::Date(20_088)))
    );
    assert_eq!(rules(8).min, Some(Bound::Timestamp(1_000_000)));
    assert_eq!(rules(9).max, Some(Bound::Time(45_000_500_000)));
    assert!(rules(2).unique && rules(4).strict);
    assert_eq!(
        rules(11).one_of.as_deref().unwrap(),
        ["NO", "yes", "1", "true"],
        "texts stay as they are"
    );
    assert_eq!(rules(11).pattern.as_ref().unwrap().value, "^\\w+$");
}

#[test]
fn columns_are_called_what_the_file_calls_them() {
    let people =
        spec(edit(Catalog, "country:", "\"Land / Région (2024)\":")).datasets["crm.people"].clone();
    assert!(people.column("Land / Région (2024)").is_some());
}

#[test]
fn csv_options() {
    let with = |options: &str| {
        spec(edit(
            Catalog,
            "format: csv",
            &format!("format: csv, {options}"),
        ))
        .datasets["crm.people"]
            .at
            .clone()
            .unwrap()
            .format
    };
    assert_eq!(
        with("delimiter: \"\\t\", header: false, null: [NULL, '', n/a]"),
        Format::Csv(CsvOptions {
            delimiter: b'\t',
            header: false,
            null: vec!["NULL".into(), String::new(), "n/a".into()],
            formulas: None,
        })
    );
    assert_eq!(
        with("null: []"),
        Format::Csv(CsvOptions {
            null: Vec::new(),
            ..CsvOptions::default()
        })
    );
    assert_eq!(
        with("delimiter: ';'"),
        Format::Csv(CsvOptions {
            delimiter: b';',
            ..CsvOptions::default()
        })
    );
}

#[test]
fn patterns_of_names_are_not_too_large() {
    let pattern = "type: string, pattern: '^[\\p{L} .-]{1,80}$'";
    spec(edit(
        Catalog,
        "country: { type: string,",
        &format!("country: {{ {pattern},"),
    ));
}

#[test]
fn limits() {
    let with = |limit: &str| {
        spec(edit(
            Catalog,
            "    rejects:",
            &format!("    max_rejects: {limit}\n    rejects:"),
        ))
        .datasets["crm.people"]
            .max_rejects
    };
    assert_eq!(with("5%"), Some(Limit::Percent(5.0)));
    assert_eq!(with("'0.5 %'"), Some(Limit::Percent(0.5)));
    assert_eq!(with("100"), Some(Limit::Rows(100)));
    assert_eq!(with("0"), Some(Limit::Rows(0)));
}

#[test]
fn views() {
    let catalog = format!(
        "{CATALOG}  crm.active:\n    view: \"SELECT * FROM crm.people WHERE country IS NOT NULL\"\n    description: >\n      those who\n      count\n"
    );
    let pipeline = PIPELINE.replace("people: crm.people", "people: crm.active");
    let spec = spec(read(PROJECT, &catalog, &pipeline));
    let view = spec.datasets["crm.active"].view.as_ref().unwrap();
    assert!(view.text.starts_with("SELECT * FROM crm.people"));
}

#[test]
fn further_keys() {
    let parsed = edit(
        Pipeline,
        "    sql:",
        "    min_group: 5\n    on_error: fail\n    sql:",
    );
    let step = &spec(parsed).pipelines["daily"].steps[0];
    assert_eq!((step.min_group, step.on_error), (Some(5), OnError::Fail));
    let parsed = edit(
        Project,
        "special: true",
        "special: false, domain_size: 1048576",
    );
    assert_eq!(spec(parsed).project.tags[0].domain_size, Some(1 << 20));
    let parsed = edit(
        Catalog,
        "tags: [pii.email]",
        "tags: [pii.email, crm], domain_size: 9, select: { to: internal, domain: [a, b] }",
    );
    let people = spec(parsed).datasets["crm.people"].clone();
    let email = people.column("email").unwrap();
    assert_eq!(
        (email.domain_size, email.select.as_ref().unwrap().max_cells),
        (Some(9), 3),
        "a, b, and all others"
    );
    let parsed = edit(
        Catalog,
        "tags: [pii.email]",
        "tags: [pii.email], frequency: { max_share: 0.2 }",
    );
    let people = spec(parsed).datasets["crm.people"].clone();
    let word = people.column("email").unwrap().frequency;
    assert_eq!((word.max_share, word.min_distinct), (Some(0.2), None));
    let parsed = edit(Catalog, "primary_key: [id]", "primary_key: id");
    assert_eq!(spec(parsed).datasets["crm.people"].primary_key, ["id"]);
    let parsed = edit(
        Pipeline,
        "inputs:",
        "runs_as: svc/eu.west/daily\ndescription: |\n  every\n  day\ninputs:",
    );
    assert_eq!(spec(parsed).pipelines["daily"].runs_as, "svc/eu.west/daily");
}

#[test]
fn roots_and_states() {
    for (written, kept) in [
        ("/srv/data/", "/srv/data"),
        (".", "."),
        ("./a//b/./c/", "a/b/c"),
        ("data", "data"),
        ("a.sealine", "a.sealine"),
    ] {
        let project = spec(edit(Project, "root: data/", &format!("root: {written}"))).project;
        let ConnectionKind::Local { root } = &project.connections["files"].kind;
        assert_eq!(root, kept);
    }
    for (written, kept) in [
        (".sealine", ".sealine"),
        ("/var/lib/sealine/", "/var/lib/sealine"),
        ("x/.sealine", "x/.sealine"),
        ("/.sealine", "/.sealine"),
        ("state", "state"),
    ] {
        let project = spec(edit(Project, "keys:", &format!("state: {written}\nkeys:"))).project;
        assert_eq!(project.state.as_deref(), Some(kept));
    }
    let at = spec(edit(Catalog, "people.csv", "./a//people.csv")).datasets["crm.people"]
        .at
        .clone()
        .unwrap();
    assert_eq!(at.path, "a/people.csv");
}

#[test]
fn limits_of_a_run() {
    let limits = |text: &str| {
        let text = format!("limits: {{ {text} }}\nkeys:");
        spec(edit(Project, "keys:", &text)).project.limits
    };
    let all = limits("memory: 64MiB, spill: 20 GB, partitions: 4");
    assert_eq!(all.memory, Some(64 << 20));
    assert_eq!(all.spill, Some(20_000_000_000));
    assert_eq!(all.partitions, Some(4));
    assert_eq!(limits(""), sealine_spec::Limits::default());
}

#[test]
fn notes_are_given_once() {
    let parsed = read(PROJECT, CATALOG, PIPELINE);
    let notes: Vec<&str> = parsed
        .diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Note)
        .map(|found| found.code)
        .collect();
    assert_eq!(notes, ["SL1090"]);
}

#[test]
fn formats_and_their_options() {
    let place = |old: &str, new: &str| {
        let spec = spec(edit(Catalog, old, new));
        let place = |id: &str| spec.datasets[id].at.clone().unwrap();
        (place("crm.people"), place("lake.people"))
    };
    let (read, _) = place(
        "path: people.csv, format: csv",
        "path: 'in/*/p-[0-9]?.gz', format: jsonl, compression: gzip",
    );
    assert_eq!(read.format, Format::Jsonl);
    assert_eq!(read.compression, Some(Compression::Gzip));
    assert_eq!(read.path, "in/*/p-[0-9]?.gz");
    let (read, _) = place("format: csv", "format: csv, formulas: neutralized");
    let neutralized = Format::Csv(CsvOptions {
        formulas: Some(Formulas::Neutralized),
        ..CsvOptions::default()
    });
    assert_eq!(read.format, neutralized);
    // What a run writes is neutralized without being told, and read back so.
    let (_, written) = place(
        "path: people/, format: parquet }\n    clearance: internal\n    encrypt: { key: lake }",
        "path: people/, format: csv }\n    clearance: internal",
    );
    assert_eq!(written.format, neutralized);
    let (read, _) = place(
        "format: csv }",
        "format: csv }\n    partition_by: [country]",
    );
    assert_eq!(read.format, Format::Csv(CsvOptions::default()));
    let people = spec(edit(
        Catalog,
        "format: csv }",
        "format: csv }\n    partition_by: [country, id]",
    ))
    .datasets["crm.people"]
        .clone();
    assert_eq!(people.partition_by, ["country", "id"]);
    for (old, new, expected) in [
        (
            "format: csv }",
            "format: csv }\n    partition_by: [land]",
            "SL1038 crm:5",
        ),
        (
            "people.csv, format: csv }",
            "'p*.csv', format: csv }\n    partition_by: [id]",
            "SL1080 crm:4",
        ),
        (
            "format: csv",
            "format: jsonl, delimiter: ';'",
            "SL1050 crm:4",
        ),
        (
            "format: csv",
            "format: arrow, compression: zstd",
            "SL1050 crm:4",
        ),
        (
            "format: csv",
            "format: csv, compression: lz4",
            "SL1026 crm:4",
        ),
        ("people.csv", "lake/../*.csv", "SL1041 crm:4"),
    ] {
        let all = found(&edit(Catalog, old, new));
        assert!(
            all.iter().any(|one| one == expected) || all.len() == 1,
            "{new}: {all:?}"
        );
    }
}

#[test]
fn what_lies_in_clear_is_what_operators_may_see() {
    let catalog = CATALOG.replace(
        "path: people/, format: parquet }\n    clearance: internal\n    encrypt: { key: lake }",
        "path: people/, format: csv }\n    clearance: internal",
    );
    assert_eq!(found(&read(PROJECT, &catalog, PIPELINE)), [""; 0]);
    let project = PROJECT.replace("operator_clearance: internal\n", "");
    assert_eq!(
        found(&read(&project, &catalog, PIPELINE)),
        ["SL1080 crm:16"]
    );
}

#[test]
fn columns_have_keys_of_their_own_and_files_of_others_are_bound_to_nothing() {
    let project = PROJECT.replace(
        "lake: { purpose: file }",
        "lake: { purpose: file }\n  pii: { purpose: file }",
    );
    let catalog = format!(
        "{}  partner.people:\n    at: {{ connection: files, path: theirs/, format: parquet }}\n    columns: {{ email: {{ type: string }} }}\n    encrypt: {{ key: lake, columns: {{ email: pii }}, bound: false }}\n",
        CATALOG.replace(
            "    clearance: internal\n    encrypt: { key: lake }",
            "    clearance: internal\n    encrypt: { key: lake, columns: { email: pii } }",
        )
    );
    let spec = spec(read(&project, &catalog, PIPELINE));
    let encrypt = |id: &str| spec.dataset(id).unwrap().encrypt.clone().unwrap();
    let ours = encrypt("lake.people");
    assert!(ours.bound && ours.keys().eq(["lake", "pii"]));
    assert_eq!(ours.columns[0].0.value, "email");
    let theirs = encrypt("partner.people");
    assert!(!theirs.bound && theirs.keys().eq(["lake", "pii"]));
    assert!(encrypt("quarantine.people").columns.is_empty());
}
