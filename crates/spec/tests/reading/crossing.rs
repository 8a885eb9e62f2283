//! Mistakes that only show when the files are read together.

use sealine_spec::parse;

use crate::base::{CATALOG, File::*, PIPELINE, PROJECT, check, edit, found, read, source};

#[test]
fn datasets() {
    let more = "  quarantine.people:\n";
    check(&[
        (
            "no place",
            Catalog,
            "    at: { connection: files, path: people.csv, format: csv }\n",
            "",
            &["SL1060 crm:3"],
        ),
        (
            "two places",
            Catalog,
            "    subject: id\n",
            "    subject: id\n    view: SELECT 1\n",
            &["SL1060 crm:7"],
        ),
        (
            "a view with columns",
            Catalog,
            more,
            "  v:\n    view: SELECT 1\n    columns: { a: { type: date } }\n  quarantine.people:\n",
            &["SL1060 crm:14"],
        ),
        (
            "a view with a clearance",
            Catalog,
            more,
            "  v:\n    view: SELECT 1\n    clearance: internal\n  quarantine.people:\n",
            &["SL1060 crm:14"],
        ),
        (
            "read without columns",
            Catalog,
            "    columns:\n      id: { type: int64, required: true, level: internal }\n      email: { type: string, level: restricted, tags: [pii.email] }\n      country: { type: string, level: internal }\n",
            "",
            &["SL1061 crm:3"],
        ),
        (
            "files of another tool, written",
            Catalog,
            "    clearance: internal\n    encrypt: { key: lake }\n",
            "    clearance: internal\n    encrypt: { key: lake, bound: false }\n",
            &["SL1081 crm:19"],
        ),
        (
            "an output without encryption",
            Catalog,
            "    clearance: internal\n    encrypt: { key: lake }\n",
            "    clearance: internal\n",
            &["SL1062 crm:16"],
        ),
        (
            "rejects without encryption",
            Catalog,
            "    clearance: restricted\n    encrypt: { key: lake }\n",
            "    clearance: restricted\n",
            &["SL1062 crm:12"],
        ),
        (
            "an output of csv",
            Catalog,
            "path: people/, format: parquet",
            "path: people.csv, format: csv",
            &["SL1063 crm:17"],
        ),
        (
            "rejects of csv",
            Catalog,
            "path: rejects/, format: parquet",
            "path: rejects.csv, format: csv",
            &["SL1063 crm:13"],
        ),
        (
            "an output in clear",
            Catalog,
            "path: people/, format: parquet }\n    clearance: internal\n    encrypt: { key: lake }\n",
            "path: people/, format: jsonl }\n    clearance: internal\n",
            &[],
        ),
        (
            "an output in clear at the highest level",
            Catalog,
            "path: people/, format: parquet }\n    clearance: internal\n    encrypt: { key: lake }\n",
            "path: people/, format: arrow }\n    clearance: restricted\n",
            &["SL1066 crm:17"],
        ),
        (
            "an output in clear that is one file",
            Catalog,
            "path: people/, format: parquet }\n    clearance: internal\n    encrypt: { key: lake }\n",
            "path: people.csv, format: csv }\n    clearance: internal\n",
            &["SL1080 crm:17"],
        ),
        (
            "an output in clear with a delimiter of its own",
            Catalog,
            "path: people/, format: parquet }\n    clearance: internal\n    encrypt: { key: lake }\n",
            "path: people/, format: csv, delimiter: ';' }\n    clearance: internal\n",
            &["SL1080 crm:17"],
        ),
        (
            "an output in clear that keeps formulas",
            Catalog,
            "path: people/, format: parquet }\n    clearance: internal\n    encrypt: { key: lake }\n",
            "path: people/, format: csv, formulas: kept }\n    clearance: internal\n",
            &["SL1080 crm:17"],
        ),
        (
            "an output in clear that is compressed",
            Catalog,
            "path: people/, format: parquet }\n    clearance: internal\n    encrypt: { key: lake }\n",
            "path: people/, format: jsonl, compression: gzip }\n    clearance: internal\n",
            &["SL1080 crm:17"],
        ),
        (
            "rejects in clear",
            Catalog,
            "path: rejects/, format: parquet }\n    clearance: restricted\n    encrypt: { key: lake }\n",
            "path: rejects/, format: jsonl }\n    clearance: restricted\n",
            &["SL1063 crm:13"],
        ),
        (
            "an output at a pattern",
            Catalog,
            "path: people/, format: parquet",
            "path: people-*/, format: parquet",
            &["SL1080 crm:17"],
        ),
        (
            "an output with partitions of a column with a key of its own",
            Catalog,
            "    clearance: internal\n    encrypt: { key: lake }\n",
            "    clearance: internal\n    encrypt: { key: lake, columns: { day: lake } }\n    partition_by: [day]\n",
            &["SL1540 crm:16"],
        ),
        (
            "an output with partitions that readers leave out",
            Catalog,
            "    clearance: internal\n    encrypt: { key: lake }\n",
            "    clearance: internal\n    encrypt: { key: lake }\n    partition_by: [_day]\n",
            &["SL1540 crm:16"],
        ),
        (
            "an output with partitions of moments",
            Catalog,
            "    clearance: internal\n    encrypt: { key: lake }\n",
            "    clearance: internal\n    encrypt: { key: lake }\n    columns: { id: { type: int64 }, at: { type: timestamp } }\n    partition_by: [at]\n",
            &["SL1540 crm:16"],
        ),
        (
            "an output of partition columns only",
            Catalog,
            "    clearance: internal\n    encrypt: { key: lake }\n",
            "    clearance: internal\n    encrypt: { key: lake }\n    columns: { id: { type: int64 } }\n    partition_by: [id]\n",
            &["SL1540 crm:16"],
        ),
        (
            "rejects with partitions",
            Catalog,
            "    clearance: restricted\n    encrypt: { key: lake }\n",
            "    clearance: restricted\n    encrypt: { key: lake }\n    partition_by: [rule]\n",
            &["SL1540 crm:12"],
        ),
        (
            "own rejects",
            Catalog,
            "rejects: quarantine.people",
            "rejects: crm.people",
            &["SL1064 crm:11"],
        ),
        (
            "rejects with rejects",
            Catalog,
            "    clearance: restricted\n",
            "    clearance: restricted\n    rejects: crm.people\n",
            &["SL1064 crm:11", "SL1064 crm:15"],
        ),
        (
            "rejects of two",
            Catalog,
            more,
            "  b: { at: { connection: files, path: b.csv, format: csv }, rejects: quarantine.people }\n  quarantine.people:\n",
            &["SL1064 crm:12"],
        ),
        (
            "rejects that are not cleared",
            Catalog,
            "clearance: restricted",
            "clearance: internal",
            &["SL1065 crm:12"],
        ),
        (
            "rejects without a clearance",
            Catalog,
            "    clearance: restricted\n",
            "",
            &["SL1065 crm:12"],
        ),
        (
            "rejects of a column without a level",
            Catalog,
            "clearance: restricted",
            "clearance: internal",
            &["SL1065 crm:12"],
        ),
        (
            "the highest level, unencrypted",
            Catalog,
            more,
            "  vault:\n    at: { connection: lake, path: vault/, format: parquet }\n    clearance: restricted\n  quarantine.people:\n",
            &["SL1066 crm:12"],
        ),
        (
            "an output that is a view",
            Catalog,
            "    at: { connection: lake, path: people/, format: parquet }\n    clearance: internal\n    encrypt: { key: lake }\n",
            "    view: SELECT 1\n",
            &["SL1067 daily:8"],
        ),
        (
            "rejects kept nowhere",
            Catalog,
            "    rejects: quarantine.people\n",
            "    max_rejects: 3\n",
            &["SL1068 crm:3"],
        ),
        (
            "ids that differ in case",
            Catalog,
            "  quarantine.people:",
            "  CRM.people:",
            &["SL1036 crm:11", "SL1040 crm:12"],
        ),
    ]);
}

#[test]
fn places() {
    check(&[
        (
            "an output over a source",
            Catalog,
            "{ connection: lake, path: people/,",
            "{ connection: files, path: people.csv,",
            &["SL1042 crm:17"],
        ),
        (
            "an output over an output",
            Catalog,
            "{ connection: lake, path: people/,",
            "{ connection: files, path: rejects,",
            &["SL1042 crm:17"],
        ),
        (
            "an output inside of the rejects",
            Catalog,
            "{ connection: lake, path: people/,",
            "{ connection: files, path: rejects/people/,",
            &["SL1042 crm:17"],
        ),
        (
            "a source inside of an output",
            Catalog,
            "path: people.csv",
            "path: rejects/people.csv",
            &["SL1042 crm:4"],
        ),
        (
            "connections that overlap",
            Project,
            "root: lake/",
            "root: ./data/rejects",
            &["SL1042 crm:17"],
        ),
        (
            "the same place in other words",
            Catalog,
            "{ connection: lake, path: people/,",
            "{ connection: files, path: .//rejects/.,",
            &["SL1042 crm:17"],
        ),
        (
            "over the catalogue",
            Project,
            "root: lake/",
            "root: catalog",
            &["SL1041 crm:17"],
        ),
        (
            "over the policy",
            Project,
            "root: lake/",
            "root: ./policy/x",
            &["SL1041 crm:17"],
        ),
        (
            "in the state",
            Project,
            "keys:",
            "state: lake/people/state\nkeys:",
            &["SL1041 crm:17"],
        ),
        (
            "over the state",
            Project,
            "keys:",
            "state: lake\nkeys:",
            &["SL1041 crm:17"],
        ),
    ]);
    let shared = CATALOG.replace("  quarantine.people:", "  crm.again:\n    at: { connection: files, path: people.csv, format: csv }\n  quarantine.people:");
    assert_eq!(
        found(&read(PROJECT, &shared, PIPELINE)),
        [""; 0],
        "two names for one source are the owner's word"
    );
    let neighbours = CATALOG.replace("path: people/", "path: people2/").replace(
        "{ connection: lake, path: people2/",
        "{ connection: files, path: rejects2/",
    );
    assert_eq!(
        found(&read(PROJECT, &neighbours, PIPELINE)),
        [""; 0],
        "`rejects2` is not inside of `rejects`"
    );
}

#[test]
fn pipelines() {
    let output = "  - { from: safe, to: lake.people }";
    let twice = format!("{output}\n{output}");
    check(&[
        (
            "one dataset twice",
            Pipeline,
            output,
            &twice,
            &["SL1070 daily:9"],
        ),
        (
            "reads and writes",
            Pipeline,
            "{ people: crm.people }",
            "{ people: crm.people, before: lake.people }",
            &["SL1071 daily:8"],
        ),
        (
            "writes rejects",
            Pipeline,
            "to: lake.people",
            "to: quarantine.people",
            &["SL1074 daily:8"],
        ),
        (
            "an input that is not used",
            Pipeline,
            "{ people: crm.people }",
            "{ people: crm.people, other: quarantine.people }",
            &["SL1073 daily:3"],
        ),
        (
            "a step that is not used",
            Pipeline,
            "outputs:",
            "  more:\n    sql: SELECT 1\noutputs:",
            &["SL1076 daily:7"],
        ),
    ]);
}

#[test]
fn names_across_files() {
    let parsed = parse(vec![
        source("sealine.yaml", PROJECT),
        source("catalog/a.yaml", CATALOG),
        source(
            "catalog/b.yaml",
            "version: 1\ndatasets:\n  lake.people: { view: SELECT 1 }\n",
        ),
        source("pipelines/a.yaml", PIPELINE),
        source("pipelines/b.yaml", &PIPELINE.replace("daily", "Daily")),
        source("pipelines/c.yaml", PIPELINE),
    ]);
    assert_eq!(found(&parsed), ["SL1039 b:3", "SL1040 b:2", "SL1039 c:2"]);
    let first = &parsed.diagnostics.errors().next().unwrap().labels[1];
    assert_eq!(parsed.files.place(first.span), "catalog/a.yaml:16:3");
}

fn chain(links: &[(&str, &str, &str)]) -> Vec<String> {
    let datasets: String = ["a", "b", "c", "d"]
        .map(|id| format!("  {id}: {{ at: {{ connection: lake, path: {id}/, format: parquet }}, encrypt: {{ key: lake }}, columns: {{ x: {{ type: date }} }} }}\n"))
        .concat();
    let mut sources = vec![
        source("sealine.yaml", PROJECT),
        source(
            "catalog/c.yaml",
            &format!("version: 1\ndatasets:\n{datasets}"),
        ),
    ];
    for (name, from, to) in links {
        let text = format!(
            "version: 1\npipeline: {name}\ninputs: {{ i: {from} }}\nsteps: {{ s: {{ sql: SELECT x FROM i }} }}\noutputs: [{{ from: s, to: {to} }}]\n"
        );
        sources.push(source(&format!("pipelines/{name}.yaml"), &text));
    }
    let parsed = parse(sources);
    found(&parsed)
        .into_iter()
        .chain(
            parsed
                .diagnostics
                .errors()
                .map(|found| found.message.clone()),
        )
        .collect()
}

#[test]
fn loops() {
    assert_eq!(
        chain(&[("p", "a", "b"), ("q", "b", "c"), ("r", "a", "c")]),
        [""; 0],
        "a chain is no loop"
    );
    assert_eq!(
        chain(&[("p", "a", "b"), ("q", "b", "a")]),
        ["SL1072 p:2", "pipelines feed each other: `q` → `p` → `q`"]
    );
    let found = chain(&[
        ("p", "a", "b"),
        ("q", "b", "c"),
        ("r", "c", "b"),
        ("s", "c", "d"),
    ]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[1].contains("`q`") && found[1].contains("`r`"),
        "{found:?}"
    );
    assert!(
        !found[1].contains("`p`") && !found[1].contains("`s`"),
        "what leads to a loop is not part of it: {found:?}"
    );
}

#[test]
fn what_rests_on_a_mistake_is_not_one() {
    let parsed = edit(
        Project,
        "levels: [public, internal, restricted]",
        "levels: [Public]",
    );
    assert_eq!(found(&parsed), ["SL1031 sealine:2"], "no level is unknown");
    let parsed = edit(
        Project,
        "lake: { purpose: file }",
        "lake: { purpose: fiel }",
    );
    assert_eq!(found(&parsed), ["SL1026 sealine:10"], "the key is known");
    let parsed = edit(
        Project,
        "lake: { kind: local, root: lake/ }",
        "lake: { kind: azure }",
    );
    assert_eq!(
        found(&parsed),
        ["SL1024 sealine:7"],
        "the connection is known"
    );
    let parsed = edit(
        Catalog,
        "lake.people:\n    at: {",
        "lake.people:\n    at: { table: x,",
    );
    assert_eq!(found(&parsed), ["SL1024 crm:17"], "the dataset is known");
}

#[test]
fn a_written_dataset_may_be_read_without_columns() {
    let catalog = format!(
        "{CATALOG}  lake.ids:\n    at: {{ connection: lake, path: ids/, format: parquet }}\n    encrypt: {{ key: lake }}\n"
    );
    let second = "version: 1\npipeline: second\ninputs: { people: lake.people }\nsteps: { s: { sql: SELECT id FROM people } }\noutputs: [{ from: s, to: lake.ids }]\n";
    let sources = |pipelines: &[(&str, &str)]| {
        let mut all = vec![
            source("sealine.yaml", PROJECT),
            source("catalog/crm.yaml", &catalog),
        ];
        all.extend(pipelines.iter().map(|(path, text)| source(path, text)));
        parse(all)
    };
    assert_eq!(
        found(&sources(&[
            ("pipelines/daily.yaml", PIPELINE),
            ("pipelines/second.yaml", second)
        ])),
        [""; 0]
    );
    assert_eq!(
        found(&sources(&[("pipelines/second.yaml", second)])),
        ["SL1061 crm:16"]
    );
}
