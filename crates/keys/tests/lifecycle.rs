//! What becomes of a key: rotated, disabled, destroyed, and brought back by a backup.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod kit;

use kit::{Place, crashes, info, states};
use sealine_keys::{
    Change, DIGEST_KEY, KeyError, Keystore, LOG_KEY, OpenKeys, State, Tombstone, Tombstones,
};
use sealine_protect::{KeySource, VersionSource};

fn unlock(keystore: &Keystore) -> OpenKeys {
    keystore.unlock(&Tombstones::none()).unwrap()
}

fn change(
    keystore: &mut Keystore,
    change: fn(String, Option<u32>) -> Change,
    name: &str,
    version: Option<u32>,
) -> Result<Vec<u32>, KeyError> {
    keystore.change(&change(name.to_owned(), version), 10)
}

fn disable(name: String, version: Option<u32>) -> Change {
    Change::Disable { name, version }
}

fn enable(name: String, version: Option<u32>) -> Change {
    Change::Enable { name, version }
}

fn destroy(name: String, version: Option<u32>) -> Change {
    Change::Destroy {
        name,
        version,
        due: 100,
    }
}

fn cancel(name: String, version: Option<u32>) -> Change {
    Change::Cancel { name, version }
}

/// Buries what is due, and gives what the log would keep.
fn destroy_due(keystore: &mut Keystore, now: i64) -> (Vec<Tombstone>, Tombstones) {
    let due = keystore.due(now).unwrap();
    let tombstones: Tombstones = due.iter().map(|one| one.fingerprint).collect();
    assert_eq!(keystore.bury(&tombstones, now).unwrap(), due);
    (due, tombstones)
}

#[test]
fn old_versions_open_while_they_may_and_never_wrap() {
    for (retire, opens) in [
        (None, true),
        (Some(disable as fn(_, _) -> _), true),
        (Some(destroy), false),
    ] {
        let (place, mut keystore) = Place::with_keys();
        let old = unlock(&keystore).new_data_key("lake").unwrap();
        assert_eq!(keystore.rotate("lake", 20).unwrap(), 2);
        if let Some(retire) = retire {
            assert_eq!(change(&mut keystore, retire, "lake", Some(1)).unwrap(), [1]);
        }
        let keys = unlock(&place.open());
        match keys.unwrap(old.wrapped()) {
            Ok(secret) => assert!(opens && secret.equals(old.plaintext())),
            Err(error) => assert!(!opens && error.code() == "SL6016", "{error}"),
        }
        let new = keys.new_data_key("lake").unwrap();
        assert_eq!(new.wrapped().version().unwrap(), 2);
        assert!(keys.unwrap(new.wrapped()).unwrap().equals(new.plaintext()));
        let info = info(&keystore, "lake");
        assert_eq!((info.created(), info.rotated()), (3, Some(20)));
    }
}

#[test]
fn a_disabled_key_opens_and_protects_nothing_more() {
    let (place, mut keystore) = Place::with_keys();
    let old = unlock(&keystore).new_data_key("lake").unwrap();
    for name in ["lake", "crm", "values"] {
        assert!(info(&keystore, name).protects());
        assert_eq!(change(&mut keystore, disable, name, None).unwrap(), [1]);
        assert_eq!(
            change(&mut keystore, disable, name, None)
                .unwrap_err()
                .code(),
            "SL6038"
        );
        assert_eq!(
            change(&mut keystore, disable, name, Some(1))
                .unwrap_err()
                .code(),
            "SL6016"
        );
        assert_eq!(
            change(&mut keystore, disable, name, Some(2))
                .unwrap_err()
                .code(),
            "SL6015"
        );
        assert!(!info(&keystore, name).protects());
    }
    let keys = unlock(&place.open());
    assert_eq!(keys.new_data_key("lake").unwrap_err().code(), "SL6016");
    assert_eq!(keys.token_key("crm").unwrap_err().code(), "SL8022");
    assert_eq!(keys.value_key("values").unwrap_err().code(), "SL8022");
    assert!(keys.unwrap(old.wrapped()).is_ok());
    assert!(keys.value_key_version("values", 1).is_ok());

    assert_eq!(change(&mut keystore, enable, "lake", None).unwrap(), [1]);
    assert_eq!(change(&mut keystore, enable, "crm", Some(1)).unwrap(), [1]);
    let keys = unlock(&keystore);
    assert!(keys.new_data_key("lake").is_ok() && keys.token_key("crm").is_ok());
    // A rotation makes a disabled key protect again, with a version of its own.
    keystore.rotate("values", 20).unwrap();
    assert_eq!(unlock(&keystore).value_key("values").unwrap().version(), 2);
    assert_eq!(
        states(&keystore, "values"),
        [State::DecryptOnly, State::Enabled]
    );
}

#[test]
fn only_file_and_value_keys_rotate() {
    let (_place, mut keystore) = Place::with_keys();
    let before = keystore.list();
    assert_eq!(keystore.rotate("crm", 2).unwrap_err().code(), "SL6017");
    assert_eq!(keystore.rotate(LOG_KEY, 2).unwrap_err().code(), "SL6017");
    assert_eq!(keystore.rotate("none", 2).unwrap_err().code(), "SL6013");
    assert_eq!(keystore.list(), before);
}

#[test]
fn a_destruction_waits_and_can_be_taken_back() {
    let (place, mut keystore) = Place::with_keys();
    let old = unlock(&keystore).new_data_key("lake").unwrap();
    keystore.rotate("lake", 20).unwrap();
    let error = change(&mut keystore, destroy, "lake", Some(2)).unwrap_err();
    assert_eq!(error.code(), "SL6037", "the one that protects: {error}");
    assert_eq!(
        change(&mut keystore, destroy, "lake", Some(1)).unwrap(),
        [1]
    );
    assert_eq!(info(&keystore, "lake").versions[0].due, Some(100));
    // While it waits it does nothing, so that whoever needs it notices in time.
    let error = unlock(&keystore).unwrap(old.wrapped()).unwrap_err();
    assert_eq!(error.code(), "SL6016");
    assert!(error.to_string().contains("to-be-destroyed"), "{error}");
    for again in [destroy, disable, enable] {
        let error = change(&mut keystore, again, "lake", Some(1)).unwrap_err();
        assert_eq!(error.code(), "SL6016");
    }
    assert!(keystore.due(99).unwrap().is_empty());

    assert_eq!(change(&mut keystore, cancel, "lake", None).unwrap(), [1]);
    assert_eq!(
        states(&place.open(), "lake"),
        [State::DecryptOnly, State::Enabled]
    );
    assert!(unlock(&keystore).unwrap(old.wrapped()).is_ok());
    assert!(keystore.due(100).unwrap().is_empty());
    assert_eq!(
        change(&mut keystore, cancel, "lake", None)
            .unwrap_err()
            .code(),
        "SL6038"
    );

    change(&mut keystore, destroy, "lake", Some(1)).unwrap();
    let (buried, _) = destroy_due(&mut keystore, 100);
    assert_eq!((buried[0].name.as_str(), buried[0].version), ("lake", 1));
    let keystore = place.open();
    assert_eq!(
        states(&keystore, "lake"),
        [State::Destroyed, State::Enabled]
    );
    let version = &info(&keystore, "lake").versions[0];
    assert_eq!((version.due, version.destroyed), (None, Some(100)));
    let error = unlock(&keystore).unwrap(old.wrapped()).unwrap_err();
    assert!(error.to_string().contains("destroyed"), "{error}");
    assert!(keystore.due(i64::MAX).unwrap().is_empty());
}

#[test]
fn nothing_of_a_destroyed_key_is_left_in_the_folder() {
    let (place, mut keystore) = Place::with_keys();
    let document = String::from_utf8(place.files()["keystore.json"].clone()).unwrap();
    let lake = document.split("\"lake\"").nth(1).unwrap();
    let wrapped = lake.split("\"wrapped\": \"").nth(1).unwrap();
    let wrapped = wrapped.split('"').next().unwrap().to_owned();
    change(&mut keystore, destroy, "lake", None).unwrap();
    destroy_due(&mut keystore, 100);
    for (name, bytes) in place.files() {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!text.contains(&wrapped), "{name}");
    }
    // The name stays taken, and a rotation begins it anew.
    assert_eq!(
        keystore
            .new_key("lake", sealine_keys::Purpose::File, 200)
            .unwrap_err()
            .code(),
        "SL6011"
    );
    assert_eq!(
        unlock(&keystore).new_data_key("lake").unwrap_err().code(),
        "SL6016"
    );
    assert_eq!(keystore.rotate("lake", 200).unwrap(), 2);
    assert!(unlock(&keystore).new_data_key("lake").is_ok());
}

#[test]
fn a_tombstone_refuses_the_key_that_a_backup_brings_back() {
    let (place, mut keystore) = Place::with_keys();
    let keys = unlock(&keystore);
    let old = keys.new_data_key("lake").unwrap();
    drop(keys);
    keystore.rotate("lake", 20).unwrap();
    let backup = place.files();
    change(&mut keystore, destroy, "lake", Some(1)).unwrap();
    change(&mut keystore, destroy, "crm", None).unwrap();
    let (_, tombstones) = destroy_due(&mut keystore, 100);

    let restored = Place::of(&backup);
    let mut keystore = restored.open();
    // Whoever opens it without the log's tombstones would have the keys again.
    assert!(unlock(&keystore).unwrap(old.wrapped()).is_ok());
    let keys = keystore.unlock(&tombstones).unwrap();
    let error = keys.unwrap(old.wrapped()).unwrap_err();
    assert!(error.code() == "SL6016" && error.to_string().contains("destroyed"));
    assert_eq!(keys.token_key("crm").unwrap_err().code(), "SL8022");
    assert_eq!(
        keys.new_data_key("lake")
            .unwrap()
            .wrapped()
            .version()
            .unwrap(),
        2,
        "what was not destroyed works on"
    );
    drop(keys);
    assert_eq!(keystore.bury(&tombstones, 300).unwrap().len(), 2);
    assert_eq!(
        states(&restored.open(), "lake"),
        [State::Destroyed, State::Enabled]
    );
    assert!(keystore.bury(&tombstones, 301).unwrap().is_empty());
}

#[test]
fn a_new_key_under_an_old_name_is_another_key() {
    let (place, mut keystore) = Place::with_keys();
    let before_the_key = {
        let place = Place::new();
        Keystore::create(&place.path, 1).unwrap();
        place.files()
    };
    change(&mut keystore, destroy, "crm", None).unwrap();
    let (buried, tombstones) = destroy_due(&mut keystore, 100);
    drop(place);
    let restored = Place::of(&before_the_key);
    let mut keystore = restored.open();
    keystore
        .new_key("crm", sealine_keys::Purpose::Token, 200)
        .unwrap();
    assert!(
        keystore
            .unlock(&tombstones)
            .unwrap()
            .token_key("crm")
            .is_ok()
    );
    change(&mut keystore, destroy, "crm", None).unwrap();
    assert_ne!(
        keystore.due(200).unwrap()[0].fingerprint,
        buried[0].fingerprint
    );
}

#[test]
fn sealines_own_keys_stay() {
    let (_place, mut keystore) = Place::with_keys();
    for name in [LOG_KEY, DIGEST_KEY] {
        for change_of in [disable, enable, destroy, cancel] {
            let error = change(&mut keystore, change_of, name, None).unwrap_err();
            assert_eq!(error.code(), "SL6036", "{name}");
        }
    }
    let signer = keystore.signer().unwrap().verifying_key();
    assert_eq!(unlock(&keystore).signer().unwrap().verifying_key(), signer);
}

#[test]
fn what_is_staged_and_dropped_never_happened() {
    let (place, mut keystore) = Place::with_keys();
    let (before, epoch) = (place.files(), keystore.epoch());
    let rotate = Change::Rotate {
        name: "lake".to_owned(),
    };
    let staged = keystore.stage(&rotate, 20).unwrap();
    assert_eq!(staged.versions(), [2]);
    assert_ne!(staged.epoch(), epoch);
    drop(staged);
    assert_eq!((place.files(), keystore.epoch()), (before, epoch));
    let staged = keystore.stage(&rotate, 20).unwrap();
    let promised = staged.epoch();
    staged.commit().unwrap();
    assert_eq!(keystore.epoch(), promised);
    assert_eq!(place.open().epoch(), promised);
}

#[test]
fn a_crash_leaves_the_old_or_the_new_and_the_next_change_works() {
    let (place, mut keystore) = Place::with_keys();
    let step = |place: &Place, keystore: &mut Keystore, what: &dyn Fn(&mut Keystore)| {
        let (before, old) = (place.files(), keystore.list());
        what(keystore);
        let (after, new) = (place.files(), keystore.list());
        for state in crashes(&before, &after, &["keystore.json"]) {
            let crashed = Place::of(&state);
            let mut keystore = crashed.open();
            let expected = match state["keystore.json"] == after["keystore.json"] {
                true => &new,
                false => &old,
            };
            assert_eq!(&keystore.list(), expected);
            keystore.rotate("values", 500).unwrap();
            assert!(crashed.files().keys().all(|name| !name.ends_with(".new")));
        }
    };
    step(&place, &mut keystore, &|it| drop(it.rotate("lake", 20)));
    step(&place, &mut keystore, &|it| {
        drop(change(it, destroy, "lake", Some(1)));
    });
    step(&place, &mut keystore, &|it| drop(destroy_due(it, 100)));
}

#[test]
fn a_crash_between_tombstone_and_destruction_is_finished_by_the_tombstone() {
    let (place, mut keystore) = Place::with_keys();
    change(&mut keystore, destroy, "lake", None).unwrap();
    let due = keystore.due(100).unwrap();
    let logged: Tombstones = due.iter().map(|one| one.fingerprint).collect();
    // Crash here: the log names it, the bytes are there still. And before its hour, say by a clock
    // that was set back, it is gone all the same.
    let mut keystore = place.open();
    assert!(keystore.due(50).unwrap().is_empty());
    assert_eq!(keystore.bury(&logged, 50).unwrap(), due);
    assert_eq!(states(&place.open(), "lake"), [State::Destroyed]);
}
