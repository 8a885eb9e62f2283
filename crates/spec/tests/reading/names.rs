//! Names and paths that cannot be used, and names that lead nowhere.

use crate::base::{File::*, check, edit, found};

#[test]
fn names() {
    check(&[
        (
            "a connection with a blank",
            Project,
            "  files:",
            "  \"my files\":",
            &["SL1033 crm:4", "SL1033 crm:13", "SL1025 sealine:6"],
        ),
        (
            "a key with a slash",
            Project,
            "crm: {",
            "sealine/log: {",
            &["SL1025 sealine:9"],
        ),
        (
            "a dataset with two dots",
            Catalog,
            "lake.people:",
            "lake.eu.people:",
            &["SL1025 crm:16", "SL1036 daily:8"],
        ),
        (
            "a dataset that begins with a digit",
            Catalog,
            "lake.people:",
            "lake.1people:",
            &["SL1025 crm:16", "SL1036 daily:8"],
        ),
        (
            "a column of nothing",
            Catalog,
            "country:",
            "\"\":",
            &["SL1025 crm:10"],
        ),
        (
            "a column with blanks at its ends",
            Catalog,
            "country:",
            "\" country\":",
            &["SL1025 crm:10"],
        ),
        (
            "a pipeline with a path",
            Pipeline,
            "pipeline: daily",
            "pipeline: ../daily",
            &["SL1025 daily:2"],
        ),
        (
            "a pipeline of a number",
            Pipeline,
            "pipeline: daily",
            "pipeline: 7",
            &["SL1025 daily:2"],
        ),
        (
            "an input with a dot",
            Pipeline,
            "{ people:",
            "{ crm.people:",
            &["SL1025 daily:3"],
        ),
        (
            "a step with an accent",
            Pipeline,
            "  safe:",
            "  sûr:",
            &["SL1025 daily:5", "SL1037 daily:8"],
        ),
        (
            "an identity with a blank",
            Pipeline,
            "inputs:",
            "runs_as: svc/ daily\ninputs:",
            &["SL1025 daily:3"],
        ),
        (
            "an identity that ends in a slash",
            Pipeline,
            "inputs:",
            "runs_as: svc/\ninputs:",
            &["SL1025 daily:3"],
        ),
        (
            "unknown level of a column",
            Catalog,
            "level: restricted, tags",
            "level: restircted, tags",
            &["SL1030 crm:9"],
        ),
        (
            "unknown clearance",
            Catalog,
            "clearance: internal",
            "clearance: secret",
            &["SL1030 crm:18"],
        ),
        (
            "unknown operator clearance",
            Project,
            "operator_clearance: internal",
            "operator_clearance: top",
            &["SL1030 sealine:3"],
        ),
        (
            "a level in capitals",
            Project,
            "[public,",
            "[Public,",
            &["SL1031 sealine:2"],
        ),
        (
            "a level twice",
            Project,
            "[public,",
            "[internal,",
            &["SL1028 sealine:2"],
        ),
        (
            "a tag in capitals",
            Catalog,
            "[pii.email]",
            "[PII.email]",
            &["SL1032 crm:9"],
        ),
        (
            "a pattern on a column",
            Catalog,
            "[pii.email]",
            "[pii.*]",
            &["SL1032 crm:9"],
        ),
        (
            "a star in the middle",
            Project,
            "phi.*:",
            "phi.*.x:",
            &["SL1032 sealine:4"],
        ),
        (
            "unknown connection",
            Catalog,
            "connection: lake",
            "connection: laek",
            &["SL1033 crm:17"],
        ),
        (
            "unknown key",
            Catalog,
            "encrypt: { key: lake }\n  lake",
            "encrypt: { key: lakes }\n  lake",
            &["SL1034 crm:15"],
        ),
        (
            "unknown key of a column",
            Catalog,
            "encrypt: { key: lake }\n  lake",
            "encrypt: { key: lake, columns: { email: pii } }\n  lake",
            &["SL1034 crm:15"],
        ),
        (
            "key of a column, of another purpose",
            Catalog,
            "encrypt: { key: lake }\n  lake",
            "encrypt: { key: lake, columns: { email: crm } }\n  lake",
            &["SL1035 crm:15"],
        ),
        (
            "key of an unknown column",
            Catalog,
            "    rejects: quarantine.people\n",
            "    rejects: quarantine.people\n    encrypt: { key: lake, columns: { emial: lake } }\n",
            &["SL1038 crm:12"],
        ),
        (
            "key of another purpose",
            Catalog,
            "encrypt: { key: lake }\n  lake",
            "encrypt: { key: crm }\n  lake",
            &["SL1035 crm:15"],
        ),
        (
            "unknown input",
            Pipeline,
            "people: crm.people",
            "people: crm.poeple",
            &["SL1036 daily:3"],
        ),
        (
            "unknown output",
            Pipeline,
            "to: lake.people",
            "to: lake.poeple",
            &["SL1036 daily:8"],
        ),
        (
            "unknown rejects",
            Catalog,
            "rejects: quarantine.people",
            "rejects: quarantine.persons",
            &["SL1036 crm:11"],
        ),
        (
            "unknown step",
            Pipeline,
            "from: safe",
            "from: save",
            &["SL1037 daily:8"],
        ),
        (
            "an output from an input",
            Pipeline,
            "from: safe",
            "from: people",
            &["SL1037 daily:8"],
        ),
        (
            "unknown primary key",
            Catalog,
            "[id]",
            "[ident]",
            &["SL1038 crm:5"],
        ),
        (
            "unknown subject",
            Catalog,
            "subject: id",
            "subject: di",
            &["SL1038 crm:6"],
        ),
        (
            "a step named as an input",
            Pipeline,
            "  safe:",
            "  People:",
            &["SL1040 daily:5", "SL1037 daily:8"],
        ),
    ]);
}

#[test]
fn paths() {
    for bad in [
        "/etc/passwd",
        "../people.csv",
        "a/../../b",
        "a/..",
        "a\\b",
        "~/people.csv",
        "${env:HOME}/x",
        ".",
        "./",
        "a\u{85}b",
        ".sealine/keys",
        "a/.Sealine/b",
    ] {
        let parsed = edit(Catalog, "people.csv", &format!("'{bad}'"));
        let codes = found(&parsed);
        assert!(
            codes == ["SL1041 crm:4"] || codes == ["SL1014 crm:4"],
            "{bad}: {codes:?}"
        );
    }
    for bad in [
        "..", "../data", "a/../b", "/", "//", "\\data", "~/data", ".sealine", "''",
    ] {
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
    let memory = edit(Project, "keys:", "limits: { memory: 1MiB }\nkeys:");
    assert_eq!(found(&memory), ["SL1027 sealine:8"]);
    let memory = edit(Project, "keys:", "limits: { memory: 1073741824 }\nkeys:");
    assert_eq!(found(&memory), ["SL1022 sealine:8"]);
    let state = edit(Project, "keys:", "state: .\nkeys:");
    assert_eq!(found(&state), ["SL1041 sealine:8"]);
}
