//! Outputs in partitions: folders as Hive names them, files bound to their folder, one rename for each run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::path::Path;
use std::sync::Arc;

use sealine_audit::Published;
use sealine_engine::{Limits, Silent};
use support::*;

/// What lies below a folder, by name.
fn names(place: &Path) -> Vec<String> {
    let mut found = Vec::new();
    if place.exists() {
        walk(place, &mut found);
    }
    let mut names: Vec<String> = found
        .iter()
        .map(|path| {
            path.strip_prefix(place)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    names.sort();
    names
}

/// Rows of some countries: id, country, note.
fn data(rows: &[(i64, &str, &str)]) -> String {
    let mut text = String::from("id,email,card,age,country,note,comment\n");
    for (id, country, note) in rows {
        text.push_str(&format!(
            "{id},p{id}@example.com,,{},{country},{note},c\n",
            id % 90 + 1
        ));
    }
    text
}

const ROWS: [(i64, &str, &str); 5] = [
    (1, "DE", "first"),
    (2, "FR", "second"),
    (3, "DE", "a/b"),
    (4, "", "none"),
    (5, "AT", "fifth"),
];

fn notes(root: &Path) -> Vec<String> {
    let columns = ["id", "country", "note"];
    let mut rows = rows_of(root, "lake.notes", "lake/notes/", &["country"], &columns);
    rows.sort();
    rows.into_iter().map(|row| row.join(" ")).collect()
}

#[test]
fn rows_lie_in_the_folders_of_their_values_and_read_back() {
    let fixture = parted(&data(&ROWS), "replace");
    let root = fixture.root();
    let report = run(root).unwrap();
    let expected = [
        "country=AT/part-00000.parquet",
        "country=DE/part-00000.parquet",
        "country=FR/part-00000.parquet",
        "country=__HIVE_DEFAULT_PARTITION__/part-00000.parquet",
    ];
    let lake = root.join("lake/notes");
    assert_eq!(names(&lake), expected);
    assert_eq!((report.outputs[1].rows, report.outputs[1].files), (5, 4));
    assert_eq!(
        notes(root),
        [
            "1 DE first",
            "2 FR second",
            "3 DE a/b",
            "4 null none",
            "5 AT fifth"
        ]
    );
    assert_eq!(read(root, "lake.notes").unwrap(), 5);
    verify(root);
    // Again, with fewer countries: the old generation is gone.
    std::fs::write(root.join("data/customers.csv"), data(&ROWS[..2])).unwrap();
    run(root).unwrap();
    assert_eq!(names(&lake), expected[1..3]);
    assert!(leftovers(root).is_empty());
    verify(root);
}

#[test]
fn a_file_opens_in_its_folder_and_nowhere_else() {
    let fixture = parted(&data(&ROWS), "replace");
    let root = fixture.root();
    run(root).unwrap();
    let lake = root.join("lake/notes");
    let (one, two) = (lake.join("country=DE"), lake.join("country=FR"));
    std::fs::rename(&one, lake.join("country=CH")).unwrap();
    assert_eq!(read(root, "lake.notes").unwrap_err().code(), "SL9020");
    std::fs::rename(lake.join("country=CH"), &one).unwrap();
    read(root, "lake.notes").unwrap();
    let part = "part-00000.parquet";
    std::fs::rename(one.join(part), root.join("aside")).unwrap();
    std::fs::rename(two.join(part), one.join(part)).unwrap();
    std::fs::rename(root.join("aside"), two.join(part)).unwrap();
    assert_eq!(read(root, "lake.notes").unwrap_err().code(), "SL9020");
    let faults = sealine_audit::verify(&root.join(".sealine"), root, None, None).unwrap_err();
    assert!(
        faults
            .iter()
            .any(|fault| fault.to_string().contains("country=DE")),
        "{faults:?}"
    );
}

#[test]
fn many_rows_come_sorted_whatever_the_order_and_the_batches() {
    let countries = ["DE", "FR", "AT", "CH", "IT", "ES", ""];
    let all: Vec<(i64, &str, &str)> = (1..=3_000)
        .map(|id| (id, countries[usize::try_from(id * 31 % 7).unwrap()], "n"))
        .collect();
    let fixture = parted(&data(&all), "replace");
    let root = fixture.root();
    let limits = Limits {
        part_rows: 100,
        batch_rows: 64,
        partitions: 3,
        ..Limits::default()
    };
    run_within(root, Arc::new(Silent), limits).unwrap();
    let names = names(&root.join("lake/notes"));
    // 428 or 429 rows each, in parts of 100.
    assert_eq!(names.len(), 7 * 5);
    assert!(
        names.contains(&"country=IT/part-00004.parquet".to_owned()),
        "{names:?}"
    );
    assert_eq!(notes(root).len(), 3_000);
    verify(root);
}

#[test]
fn a_run_has_only_so_many_partitions() {
    let fixture = parted(&data(&ROWS), "replace");
    let root = fixture.root();
    let limits = Limits {
        folders: 3,
        ..Limits::default()
    };
    let error = run_within(root, Arc::new(Silent), limits).unwrap_err();
    assert_eq!(error.code(), "SL5473", "{error}");
    assert!(!root.join("lake/notes").exists() && leftovers(root).is_empty());
    let limits = Limits {
        folders: 4,
        ..limits
    };
    run_within(root, Arc::new(Silent), limits).unwrap();
}

#[test]
fn a_dataset_without_rows_is_one_file_that_has_its_columns() {
    let fixture = parted(&data(&[]), "replace");
    let root = fixture.root();
    run(root).unwrap();
    let only = "country=__HIVE_DEFAULT_PARTITION__/part-00000.parquet";
    assert_eq!(names(&root.join("lake/notes")), [only]);
    assert_eq!(read(root, "lake.notes").unwrap(), 0);
    verify(root);
}

#[test]
fn a_run_adds_one_folder_and_nothing_where_it_has_no_rows() {
    let fixture = parted(&data(&ROWS[..2]), "append");
    let root = fixture.root();
    let first = run(root).unwrap();
    assert_eq!(first.outputs[1].mode, Published::Append);
    assert_eq!(first.outputs[1].location, "lake/notes");
    std::fs::write(root.join("data/customers.csv"), data(&ROWS[2..])).unwrap();
    let second = run(root).unwrap();
    assert_eq!((second.outputs[1].rows, second.outputs[1].files), (3, 3));
    let lake = root.join("lake/notes");
    let expected = [
        "sealine_run=00000/country=DE/part-00000.parquet",
        "sealine_run=00000/country=FR/part-00000.parquet",
        "sealine_run=00001/country=AT/part-00000.parquet",
        "sealine_run=00001/country=DE/part-00000.parquet",
        "sealine_run=00001/country=__HIVE_DEFAULT_PARTITION__/part-00000.parquet",
    ];
    assert_eq!(names(&lake), expected);
    assert_eq!(read(root, "lake.notes").unwrap(), 5);
    assert_eq!(notes(root).len(), 5);
    // Without rows nothing is added, here, in a dataset without partitions, and in the quarantine.
    std::fs::write(root.join("data/customers.csv"), data(&[])).unwrap();
    let before = names(root.join("lake").as_path());
    let third = run(root).unwrap();
    for output in third.outputs.iter().chain(&third.rejects) {
        assert_eq!((output.rows, output.files), (0, 0), "{}", output.dataset);
    }
    assert_eq!(names(root.join("lake").as_path()), before);
    assert!(leftovers(root).is_empty());
    verify(root);
    // And the numbers go on as if it had not been.
    std::fs::write(root.join("data/customers.csv"), data(&ROWS[..1])).unwrap();
    run(root).unwrap();
    assert_eq!(
        names(&lake)[5..],
        ["sealine_run=00002/country=DE/part-00000.parquet"]
    );
    assert_eq!(read(root, "lake.notes").unwrap(), 6);
    assert_eq!(read(root, "lake.customers").unwrap(), 6);
    verify(root);
}

#[test]
fn modes_and_partitions_may_change_and_strangers_are_refused() {
    let fixture = parted(&data(&ROWS), "replace");
    let root = fixture.root();
    let lake = root.join("lake/notes");
    let edit = |file: &str, from: &str, to: &str| {
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(root.join(file), text.replace(from, to)).unwrap();
    };
    let (replace, append) = ("lake.notes, mode: replace", "lake.notes, mode: append");
    run(root).unwrap();
    edit("pipelines/daily.yaml", replace, append);
    run(root).unwrap();
    assert_eq!(read(root, "lake.notes").unwrap(), 10);
    verify(root);
    let refused = |code: &str, part: &str| {
        let before = names(&lake);
        let error = run(root).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(names(&lake), before);
    };
    for missing in ["country=DE", "sealine_run=00000/country=FR"] {
        std::fs::rename(lake.join(missing), root.join("aside")).unwrap();
        refused("SL5421", missing);
        std::fs::rename(root.join("aside"), lake.join(missing)).unwrap();
    }
    for (stranger, code) in [
        ("country=DE/theirs.parquet", "SL5039"),
        ("country=DE/part-00001.parquet", "SL5421"),
        ("sealine_run=00000/notes.txt", "SL5039"),
    ] {
        std::fs::write(lake.join(stranger), b"PARE").unwrap();
        refused(code, stranger);
        std::fs::remove_file(lake.join(stranger)).unwrap();
    }
    edit(
        "catalog/crm.yaml",
        "partition_by: [country]",
        "partition_by: [note]",
    );
    refused("SL5421", "other partitions");
    // Begun anew it is what is declared now; and without partitions.
    edit("pipelines/daily.yaml", append, replace);
    run(root).unwrap();
    assert_eq!(names(&lake).len(), 5);
    assert!(names(&lake).contains(&"note=a%2Fb/part-00000.parquet".to_owned()));
    edit("catalog/crm.yaml", "    partition_by: [note]\n", "");
    run(root).unwrap();
    assert_eq!(names(&lake), ["part-00000.parquet"]);
    verify(root);
}

#[test]
fn files_in_clear_lie_in_partitions_and_the_next_pipeline_has_their_types() {
    let fixture = parted(&data(&ROWS), "replace");
    let root = fixture.root();
    let text = std::fs::read_to_string(root.join("catalog/crm.yaml")).unwrap();
    let text = text.replace(
        "path: notes/, format: parquet }\n    clearance: internal\n    encrypt: { key: lake }\n    partition_by: [country]",
        "path: notes/, format: csv }\n    clearance: internal\n    partition_by: [id, country]",
    );
    std::fs::write(root.join("catalog/crm.yaml"), &text).unwrap();
    run(root).unwrap();
    let lake = root.join("lake/notes");
    let third = lake.join("id=3/country=DE/part-00000.sealine.csv");
    assert_eq!(std::fs::read_to_string(third).unwrap(), "note\r\na/b\r\n");
    // Types are those that were computed: a number is added to.
    let next = "version: 1\npipeline: customers-daily\nruns_as: svc/customers-daily\n\
                inputs: { notes: lake.notes }\nsteps:\n  safe:\n    sql: SELECT id + 1000 AS id, country FROM notes WHERE country IS NULL OR id > 4\n\
                outputs:\n  - { from: safe, to: lake.customers, mode: replace }\n";
    let first = std::fs::read_to_string(root.join("pipelines/daily.yaml")).unwrap();
    let first = first
        .replace("pipeline: customers-daily", "pipeline: first")
        .replace("lake.customers", "lake.other");
    std::fs::write(root.join("pipelines/first.yaml"), first).unwrap();
    let other = "  lake.other:\n    at: { connection: lake, path: other/, format: parquet }\n    clearance: internal\n    encrypt: { key: lake }\n";
    std::fs::write(root.join("catalog/crm.yaml"), text + other).unwrap();
    std::fs::write(root.join("pipelines/daily.yaml"), next).unwrap();
    run(root).unwrap();
    let mut rows = rows(root, "lake.customers", "lake/customers", &["id", "country"]);
    rows.sort();
    assert_eq!(rows, [["1004", "null"], ["1005", "AT"]]);
}

#[test]
fn a_protected_column_names_folders_where_the_policy_lets_it() {
    let fixture = parted(&data(&ROWS), "replace");
    let root = fixture.root();
    let text = std::fs::read_to_string(root.join("catalog/crm.yaml")).unwrap();
    let text = text.replace(
        "path: customers/, format: parquet }\n    clearance: internal\n",
        "path: customers/, format: parquet }\n    clearance: internal\n    partition_by: [age_band]\n",
    );
    std::fs::write(root.join("catalog/crm.yaml"), text).unwrap();
    run(root).unwrap();
    assert_eq!(
        names(&root.join("lake/customers")),
        ["age_band=0/part-00000.parquet"]
    );
    assert_eq!(read(root, "lake.customers").unwrap(), 5);
    verify(root);
}
