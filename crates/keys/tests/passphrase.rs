//! The root secret under a passphrase: set, changed, removed, guessed, crashed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod kit;

use std::{fs, os::unix::fs::PermissionsExt, thread};

use kit::{CHEAP, Place, crashes, phrase};
use sealine_keys::{KeyError, Keystore, Tombstones};

const ONE: &str = "correct horse battery";
const TWO: &str = "staple staple staple";

fn reseal(keystore: &mut Keystore, from: Option<&str>, to: Option<&str>) -> Result<(), KeyError> {
    let (from, to) = (from.map(phrase), to.map(phrase));
    keystore
        .stage_passphrase(from.as_ref(), to.as_ref().map(|to| (to, CHEAP)))?
        .commit()
}

fn open(place: &Place, passphrase: Option<&str>) -> Result<Keystore, &'static str> {
    let passphrase = passphrase.map(phrase);
    match Keystore::open(&place.path, passphrase.as_ref()) {
        Ok(keystore) => Ok(keystore.unwrap()),
        Err(error) => {
            assert!(!error.to_string().contains("staple"));
            Err(error.code())
        }
    }
}

#[test]
fn set_changed_and_removed_it_keeps_every_key() {
    let (place, mut keystore) = Place::with_keys();
    let data_key = keystore
        .unlock(&Tombstones::none())
        .unwrap()
        .new_data_key("lake")
        .unwrap();
    let raw = place.files()["root.key"].clone();
    let epoch = keystore.epoch();
    let opens = |passphrase: Option<&str>| {
        let keystore = open(&place, passphrase).unwrap();
        assert_eq!(keystore.epoch(), epoch);
        assert_eq!(keystore.is_sealed(), passphrase.is_some());
        let keys = keystore.unlock(&Tombstones::none()).unwrap();
        assert!(
            keys.unwrap(data_key.wrapped())
                .unwrap()
                .equals(data_key.plaintext())
        );
    };
    assert!(!Keystore::needs_passphrase(&place.path).unwrap());
    reseal(&mut keystore, None, Some(ONE)).unwrap();
    assert!(keystore.is_sealed());
    assert!(Keystore::needs_passphrase(&place.path).unwrap());
    opens(Some(ONE));
    let sealed = place.files()["root.key"].clone();
    assert!(!sealed.windows(raw.len()).any(|window| window == raw));
    assert_eq!(open(&place, None).unwrap_err(), "SL6030");
    assert_eq!(open(&place, Some(TWO)).unwrap_err(), "SL6031");

    reseal(&mut keystore, Some(ONE), Some(TWO)).unwrap();
    opens(Some(TWO));
    assert_eq!(open(&place, Some(ONE)).unwrap_err(), "SL6031");

    reseal(&mut keystore, Some(TWO), None).unwrap();
    assert_eq!(place.files()["root.key"], raw);
    opens(None);
    let mode = fs::metadata(place.path.join("root.key")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
}

#[test]
fn who_does_not_know_it_changes_nothing() {
    let (place, mut keystore) = Place::with_keys();
    reseal(&mut keystore, None, Some(ONE)).unwrap();
    let before = place.files();
    for (from, to, code) in [
        (None, Some(TWO), "SL6030"),
        (Some(TWO), None, "SL6031"),
        (Some(TWO), Some(ONE), "SL6031"),
        (Some(ONE), Some("too short"), "SL6032"),
    ] {
        assert_eq!(reseal(&mut keystore, from, to).unwrap_err().code(), code);
    }
    assert_eq!(place.files(), before);
    // A keystore that is open goes on under whatever passphrase.
    keystore.rotate("lake", 20).unwrap();
    assert_eq!(open(&place, Some(ONE)).unwrap().list(), keystore.list());
}

#[test]
fn the_root_of_another_keystore_is_not_sealed_in_its_place() {
    let ((one, mut keystore), (two, _)) = (Place::with_keys(), Place::with_keys());
    one.put("root.key", &two.files()["root.key"]);
    let error = reseal(&mut keystore, None, Some(ONE)).unwrap_err();
    assert_eq!(error.code(), "SL6005");
    assert_eq!(one.files()["root.key"], two.files()["root.key"]);
}

#[test]
fn a_crash_leaves_the_old_or_the_new_passphrase() {
    let (place, mut keystore) = Place::with_keys();
    let list = keystore.list();
    for (from, to) in [(None, Some(ONE)), (Some(ONE), Some(TWO)), (Some(TWO), None)] {
        let before = place.files();
        reseal(&mut keystore, from, to).unwrap();
        let after = place.files();
        for state in crashes(&before, &after, &["root.key"]) {
            let is_new = state["root.key"] == after["root.key"];
            let crashed = Place::of(&state);
            let mut opened = open(&crashed, if is_new { to } else { from }).unwrap();
            assert_eq!(opened.list(), list);
            if !is_new && state["root.key.new"] == after["root.key"] {
                // Tried again it goes through, and nothing of the attempt stays.
                reseal(&mut opened, from, to).unwrap();
                assert!(open(&crashed, to).is_ok());
                assert!(crashed.files().keys().all(|name| !name.ends_with(".new")));
            }
        }
    }
}

#[test]
fn every_changed_byte_of_the_sealed_root_is_found() {
    let (place, mut keystore) = Place::with_keys();
    reseal(&mut keystore, None, Some(ONE)).unwrap();
    let good = place.files()["root.key"].clone();
    let sealed = good
        .windows(10)
        .position(|at| at == b"\"sealed\": ")
        .unwrap()
        + 11;
    // One flip a run of the derivation, so a sample: the head whole, the ciphertext in steps.
    for at in (0..sealed)
        .step_by(9)
        .chain((sealed..good.len()).step_by(29))
    {
        let mut changed = good.clone();
        changed[at] ^= 0x01;
        place.put("root.key", &changed);
        match open(&place, Some(ONE)) {
            Err(code) => assert!(
                ["SL6005", "SL6006", "SL6031", "SL6033"].contains(&code),
                "{at}: {code}"
            ),
            Ok(_) => assert!(good[at].is_ascii_whitespace(), "byte {at}"),
        }
    }
    place.put("root.key", &[good.as_slice(), &[b' '; 4096]].concat());
    assert_eq!(open(&place, Some(ONE)).unwrap_err(), "SL6005");
}

#[test]
fn one_of_two_who_change_it_at_once_wins() {
    let (place, mut keystore) = Place::with_keys();
    reseal(&mut keystore, None, Some(ONE)).unwrap();
    let changed: Vec<bool> = thread::scope(|scope| {
        let change = |to: &'static str| {
            let place = &place;
            scope.spawn(move || {
                let mut keystore = open(place, Some(ONE)).unwrap();
                reseal(&mut keystore, Some(ONE), Some(to)).is_ok()
            })
        };
        let (one, two) = (change("the first of two"), change("the second of two"));
        vec![one.join().unwrap_or(false), two.join().unwrap_or(false)]
    });
    assert!(changed.contains(&true));
    let opened = [
        open(&place, Some("the first of two")).is_ok(),
        open(&place, Some("the second of two")).is_ok(),
    ];
    assert_eq!(opened.iter().filter(|opens| **opens).count(), 1);
    assert!(
        changed
            .iter()
            .zip(&opened)
            .any(|(done, opens)| *done && *opens)
    );
}
