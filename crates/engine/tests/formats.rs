//! Formats end to end: many files in, partitions as columns, outputs in clear that read back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::path::Path;

use support::*;

/// The rows of the CSV of the other tests as JSON Lines, in two files of two partitions.
fn partitioned(root: &Path, rows: usize) {
    for (index, country) in ["DE", "FR"].into_iter().enumerate() {
        let folder = root.join(format!("data/customers/country={country}"));
        std::fs::create_dir_all(&folder).unwrap();
        let text: String = (1..=rows)
            .map(|n| {
                let id = n * 2 - index;
                format!(
                    "{{\"id\":{id},\"email\":\"p{id}@example.com\",\"card\":null,\"age\":{},\"note\":\"=note, {id}\",\"comment\":\"a \\\"b\\\"\"}}\n",
                    n % 100 + 1
                )
            })
            .collect();
        std::fs::write(folder.join("a.jsonl"), text).unwrap();
    }
}

fn catalog(customers: &str, notes: &str) -> String {
    CATALOG
        .replace(
            "at: { connection: files, path: customers.csv, format: csv }",
            "at: { connection: files, path: customers/, format: jsonl }\n    partition_by: [country]",
        )
        .replace(
            "path: customers/, format: parquet }\n    clearance: internal\n    encrypt: { key: lake }",
            &format!("path: customers/, format: {customers} }}\n    clearance: internal"),
        )
        .replace(
            "path: notes.parquet, format: parquet }\n    clearance: internal\n    encrypt: { key: lake }",
            &format!("path: notes/, format: {notes} }}\n    clearance: internal"),
        )
}

#[test]
fn partitions_come_in_and_clear_files_go_out() {
    for (customers, notes) in [("csv", "jsonl"), ("jsonl", "csv"), ("arrow", "csv")] {
        let catalog = catalog(customers, notes);
        let fixture = Fixture::with("", SEALINE, &catalog, PIPELINE, POLICY);
        let root = fixture.root();
        std::fs::remove_file(root.join("data/customers.csv")).unwrap();
        partitioned(root, 500);
        for _ in 0..2 {
            run(root).unwrap();
            assert_eq!(leftovers(root), [""; 0].map(std::path::PathBuf::from));
            let name = format!("part-00000.sealine.{notes}");
            let files = generation(&root.join("lake/notes"));
            assert_eq!(files.len(), 1);
            assert!(files[0].0.ends_with(&name), "{:?}", files[0].0);
            let text = String::from_utf8(files[0].1.clone()).unwrap();
            if notes == "csv" {
                assert!(
                    text.contains(",DE,\"'=note, 1\"") || text.contains(",FR,\"'=note, 1\""),
                    "{}",
                    &text[..200]
                );
                assert_eq!(text.lines().count(), 1001);
            } else {
                assert!(text.contains(r#""note":"=note, 1"}"#), "{}", &text[..200]);
                assert_eq!(text.lines().count(), 1000);
            }
            let files = generation(&root.join("lake/customers"));
            assert!(
                files[0]
                    .0
                    .ends_with(format!("part-00000.sealine.{customers}"))
            );
            assert!(
                !files
                    .iter()
                    .any(|(_, bytes)| bytes.windows(12).any(|w| w == b"@example.com")),
                "an email in clear"
            );
        }
        // A file of somebody else is never replaced.
        std::fs::write(root.join("lake/notes/part-00001.csv"), b"mine").unwrap();
        assert_eq!(run(root).unwrap_err().code(), "SL5039");
        assert!(root.join("lake/notes/part-00001.csv").exists());
    }
}

#[test]
fn what_is_written_in_clear_is_read_by_the_next_pipeline() {
    let catalog = CATALOG.replace(
        "path: notes.parquet, format: parquet }\n    clearance: internal\n    encrypt: { key: lake }",
        "path: notes/, format: csv }\n    clearance: internal",
    );
    let data = "id,email,card,age,country,note,comment\n\
                1,a@example.com,,30,DE,=1+1,x\n2,b@example.com,,31,FR,\"'quoted\",x\n3,c@example.com,,32,FR,\"\",x\n4,d@example.com,,33,FR,,x\n";
    let fixture = Fixture::with(data, SEALINE, &catalog, PIPELINE, POLICY);
    let root = fixture.root();
    run(root).unwrap();
    let next = "version: 1\npipeline: customers-daily\nruns_as: svc/customers-daily\n\
                inputs: { notes: lake.notes }\nsteps:\n  safe:\n    sql: SELECT id, note FROM notes\n\
                outputs:\n  - { from: safe, to: lake.customers, mode: replace }\n";
    let first = "pipelines/first.yaml";
    let text = PIPELINE
        .replace("pipeline: customers-daily", "pipeline: first")
        .replace("  - { from: safe, to: lake.customers, mode: replace }\n", "")
        .replace(
            "  safe:\n    sql: |\n      SELECT id, tokenize(email, 'crm') AS email, mask(card, 6, 4) AS card,\n             bucket(age, 10) AS age_band, redact(comment) AS comment\n      FROM customers\n",
            "",
        );
    std::fs::write(root.join(first), text).unwrap();
    std::fs::write(root.join("pipelines/daily.yaml"), next).unwrap();
    let text = std::fs::read_to_string(root.join("lake/notes/part-00000.sealine.csv")).unwrap();
    assert!(
        text.contains("DE,'=1+1") && text.contains("FR,''quoted"),
        "{text}"
    );
    run(root).unwrap();
    let mut rows = rows(root, "lake.customers", "lake/customers", &["id", "note"]);
    rows.sort();
    let expected = [["1", "=1+1"], ["2", "'quoted"], ["3", ""], ["4", "null"]];
    assert_eq!(rows, expected.map(|row| row.map(str::to_owned).to_vec()));
}
