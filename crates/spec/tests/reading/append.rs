//! `mode: append`: where it is written, and what it asks of the dataset and of the quarantines beside it.

use sealine_spec::Mode;

use crate::base::{CATALOG, PIPELINE, PROJECT, found, read};

fn appending() -> String {
    PIPELINE.replace("to: lake.people", "to: lake.people, mode: append")
}

#[test]
fn it_is_read() {
    let parsed = read(PROJECT, CATALOG, &appending());
    assert_eq!(found(&parsed), Vec::<String>::new());
    let spec = parsed.spec.unwrap();
    assert_eq!(spec.pipelines["daily"].outputs[0].mode, Mode::Append);
}

#[test]
fn what_is_appended_to_is_a_folder_and_so_is_its_quarantine() {
    for (place, file, expected) in [
        ("path: people/", "path: people.parquet", "SL1510 crm:17"),
        ("path: rejects/", "path: rejects.parquet", "SL1510 crm:13"),
    ] {
        let catalog = CATALOG.replace(place, file);
        assert_eq!(found(&read(PROJECT, &catalog, &appending())), [expected]);
        assert_eq!(
            found(&read(PROJECT, &catalog, PIPELINE)),
            Vec::<String>::new()
        );
    }
}

#[test]
fn a_distance_to_all_rows_is_refused() {
    let demand = |bounds: &str| {
        CATALOG.replace(
            "    clearance: internal\n",
            &format!("    clearance: internal\n    anonymity: {{ {bounds}, quasi: [id], sensitive: [email] }}\n"),
        )
    };
    let with = demand("k: 2, l: 2, t: 0.5");
    assert_eq!(
        found(&read(PROJECT, &with, &appending())),
        ["SL1511 crm:19"]
    );
    assert_eq!(found(&read(PROJECT, &with, PIPELINE)), Vec::<String>::new());
    let without = demand("k: 2, l: 2");
    assert_eq!(
        found(&read(PROJECT, &without, &appending())),
        Vec::<String>::new()
    );
}
