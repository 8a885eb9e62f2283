//! Keystores that earlier builds wrote, committed as they were: they open as they did then.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod kit;

use std::{fs, path::Path};

use kit::{Files, Place, crashes, info};
use sealine_keys::{State, Tombstones, WrappedKey};

fn data(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/v1");
    fs::read(folder.join(name)).unwrap()
}

fn first_format() -> Files {
    ["root.key", "keystore.json"]
        .map(|name| (name.to_owned(), data(name)))
        .into()
}

#[test]
fn the_first_format_opens_and_is_left_as_it_is() {
    let place = Place::of(&first_format());
    let keystore = place.open();
    let lake = info(&keystore, "lake");
    assert_eq!(
        (lake.created(), lake.rotated()),
        (1_700_000_002, Some(1_700_000_003))
    );
    assert_eq!(
        lake.versions
            .iter()
            .map(|it| (it.state, it.uses))
            .collect::<Vec<_>>(),
        [(State::Enabled, Some(0)); 2]
    );
    let keys = keystore.unlock(&Tombstones::none()).unwrap();
    let wrapped = WrappedKey::from_key_material(&data("material.json")).unwrap();
    assert_eq!(keys.unwrap(&wrapped).unwrap().expose(), data("data.key"));
    assert_eq!(
        keys.signer().unwrap().verifying_key().as_bytes().as_slice(),
        data("public")
    );
    drop(keys);
    assert_eq!(place.files(), first_format());
}

#[test]
fn a_change_brings_it_to_the_newest_format_whatever_crashes() {
    let place = Place::of(&first_format());
    let mut keystore = place.open();
    // Counting begins by the first use, before any change.
    let keys = keystore.unlock(&Tombstones::none()).unwrap();
    keys.new_data_key("lake").unwrap();
    drop(keys);
    assert_eq!(info(&place.open(), "lake").versions[1].uses, Some(1));
    keystore.rotate("lake", 20).unwrap();
    assert_eq!(info(&place.open(), "lake").versions[1].uses, Some(1));

    let place = Place::of(&first_format());
    let mut keystore = place.open();
    let old = keystore.list();
    keystore.rotate("lake", 20).unwrap();
    for state in crashes(
        &first_format(),
        &place.files(),
        &["uses.json", "keystore.json"],
    ) {
        let new = state["keystore.json"] != data("keystore.json");
        let crashed = Place::of(&state);
        let mut opened = crashed.open();
        let expected = if new { keystore.list() } else { old.clone() };
        assert_eq!(opened.list(), expected);
        opened.rotate("values", 30).unwrap();
        assert_eq!(crashed.open().list(), opened.list());
    }
}
