//! The local keystore as its users meet it: files, modes, damage, concurrency, purposes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    thread,
};

use sealine_keys::{DIGEST_KEY, Keystore, LOG_KEY, Purpose, State, Tombstones, WrappedKey};
use sealine_protect::{KeySource, VersionSource};

struct Place {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state").join("keys");
    Place { _dir: dir, path }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn code(path: &Path) -> &'static str {
    Keystore::open(path, None).unwrap_err().code()
}

#[test]
fn a_new_keystore_is_its_owners_alone_and_opens_again() {
    let place = place();
    assert!(Keystore::open(&place.path, None).unwrap().is_none());
    let mut keystore = Keystore::create(&place.path, 1_700_000_000).unwrap();
    keystore
        .new_key("crm", Purpose::Token, 1_700_000_001)
        .unwrap();
    assert_eq!(mode(&place.path), 0o700);
    assert_eq!(mode(place.path.parent().unwrap()), 0o700);
    for entry in fs::read_dir(&place.path).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
    let again = Keystore::open(&place.path, None).unwrap().unwrap();
    assert_eq!(again.list(), keystore.list());
    assert_eq!(again.epoch(), keystore.epoch());
    let names: Vec<_> = again
        .list()
        .iter()
        .map(|key| (key.name.clone(), key.purpose))
        .collect();
    let expected = [
        ("crm", Purpose::Token),
        (DIGEST_KEY, Purpose::Digest),
        (LOG_KEY, Purpose::Sign),
    ];
    assert_eq!(
        names,
        expected.map(|(name, purpose)| (name.to_owned(), purpose))
    );
    let crm = &again.list()[0];
    assert_eq!((crm.primary, crm.versions.len()), (1, 1));
    assert_eq!(
        (crm.versions[0].state, crm.versions[0].created),
        (State::Enabled, 1_700_000_001)
    );
}

#[test]
fn making_twice_is_refused_and_changes_nothing() {
    let place = place();
    let mut keystore = Keystore::create(&place.path, 1).unwrap();
    keystore.new_key("crm", Purpose::Token, 1).unwrap();
    let before = fs::read(place.path.join("keystore.json")).unwrap();
    assert_eq!(
        Keystore::create(&place.path, 2).unwrap_err().code(),
        "SL6003"
    );
    assert_eq!(
        keystore
            .new_key("crm", Purpose::Token, 2)
            .unwrap_err()
            .code(),
        "SL6011"
    );
    assert_eq!(
        keystore
            .new_key("crm", Purpose::File, 2)
            .unwrap_err()
            .code(),
        "SL6011"
    );
    assert_eq!(
        keystore
            .new_key("sealine/log", Purpose::Sign, 2)
            .unwrap_err()
            .code(),
        "SL6010"
    );
    assert_eq!(fs::read(place.path.join("keystore.json")).unwrap(), before);
}

#[test]
fn what_others_can_reach_is_refused() {
    let place = place();
    Keystore::create(&place.path, 1).unwrap();
    for (file, good, bad) in [
        (place.path.clone(), 0o700, [0o750, 0o701, 0o777]),
        (place.path.join("root.key"), 0o600, [0o640, 0o604, 0o602]),
        (
            place.path.join("keystore.json"),
            0o600,
            [0o640, 0o604, 0o620],
        ),
        (place.path.join("uses.json"), 0o600, [0o640, 0o604, 0o620]),
    ] {
        for mode in bad {
            set_mode(&file, mode);
            assert_eq!(code(&place.path), "SL6002", "{} {mode:o}", file.display());
            assert!(
                Keystore::create(&place.path, 2).is_err(),
                "nothing is made where something is"
            );
        }
        set_mode(&file, good);
        assert!(Keystore::open(&place.path, None).is_ok());
    }
}

#[test]
fn links_and_pipes_are_refused() {
    let place = place();
    Keystore::create(&place.path, 1).unwrap();
    let beside = place.path.with_file_name("beside");
    symlink(&place.path, &beside).unwrap();
    assert_eq!(code(&beside), "SL6002");
    for file in ["root.key", "keystore.json", "uses.json"] {
        let (file, moved) = (place.path.join(file), place.path.join("moved"));
        fs::rename(&file, &moved).unwrap();
        symlink(&moved, &file).unwrap();
        assert_eq!(code(&place.path), "SL6002", "symbolic link");
        fs::remove_file(&file).unwrap();
        fs::hard_link(&moved, &file).unwrap();
        assert_eq!(code(&place.path), "SL6002", "hard link");
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert_eq!(code(&place.path), "SL6002", "folder");
        fs::remove_dir(&file).unwrap();
        fs::rename(&moved, &file).unwrap();
        assert!(Keystore::open(&place.path, None).is_ok());
    }
}

#[test]
fn any_change_of_the_document_is_found() {
    let place = place();
    let mut keystore = Keystore::create(&place.path, 1).unwrap();
    keystore.new_key("crm", Purpose::Token, 1).unwrap();
    let file = place.path.join("keystore.json");
    let good = fs::read(&file).unwrap();
    let mut harmless = 0;
    for at in 0..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 0x02;
        fs::write(&file, &changed).unwrap();
        match Keystore::open(&place.path, None) {
            Err(error) => assert!(matches!(error.code(), "SL6005" | "SL6006"), "{error}"),
            // White space between the fields is outside the MAC, and says nothing.
            Ok(_) => {
                assert!(
                    good[at].is_ascii_whitespace(),
                    "byte {at}: {:?}",
                    char::from(good[at])
                );
                harmless += 1;
            }
        }
        fs::write(&file, &good[..at]).unwrap();
        if at + 1 < good.len() {
            assert_eq!(code(&place.path), "SL6005", "cut at {at}");
        }
    }
    assert!(harmless < good.len() / 10);
}

#[test]
fn edits_that_keep_the_json_valid_are_found() {
    let place = place();
    let mut keystore = Keystore::create(&place.path, 1).unwrap();
    keystore.new_key("crm", Purpose::Token, 1).unwrap();
    keystore.new_key("lake", Purpose::Value, 1).unwrap();
    let file = place.path.join("keystore.json");
    let good = fs::read_to_string(&file).unwrap();
    for (from, to) in [
        ("\"token\"", "\"value\""),
        ("\"crm\"", "\"crn\""),
        ("\"revision\": 3", "\"revision\": 2"),
        ("\"enabled\"", "\"decrypt-only\""),
        ("\"primary\": 1", "\"primary\": 1, \"max_uses\": 9"),
        ("\"created\": 1", "\"created\": 2"),
        (
            "\"version\": 2,\n  \"body\"",
            "\"version\": 2,\n  \"extra\": 1,\n  \"body\"",
        ),
    ] {
        assert!(good.contains(from), "{from}");
        fs::write(&file, good.replacen(from, to, 1)).unwrap();
        assert_eq!(code(&place.path), "SL6005", "{from}");
    }
    // The format's version is under the MAC as well.
    fs::write(&file, good.replacen("\"version\": 2", "\"version\": 1", 1)).unwrap();
    assert_eq!(code(&place.path), "SL6005");
    for unknown in ["0", "3"] {
        let to = format!("\"version\": {unknown}");
        fs::write(&file, good.replacen("\"version\": 2", &to, 1)).unwrap();
        assert_eq!(code(&place.path), "SL6006");
    }
    fs::write(&file, vec![b' '; (4 << 20) + 1]).unwrap();
    assert_eq!(code(&place.path), "SL6005");
}

#[test]
fn without_its_own_root_secret_nothing_opens() {
    let (one, two) = (place(), place());
    Keystore::create(&one.path, 1).unwrap();
    Keystore::create(&two.path, 1).unwrap();
    let root = one.path.join("root.key");
    let good = fs::read(&root).unwrap();
    fs::write(&root, fs::read(two.path.join("root.key")).unwrap()).unwrap();
    assert_eq!(code(&one.path), "SL6005");
    fs::write(&root, &good[..31]).unwrap();
    assert_eq!(code(&one.path), "SL6005");
    fs::remove_file(&root).unwrap();
    assert_eq!(code(&one.path), "SL6004");
    assert_eq!(Keystore::create(&one.path, 2).unwrap_err().code(), "SL6003");
}

#[test]
fn what_a_crash_leaves_behind_is_taken_up() {
    let place = place();
    // After the root secret, before the document.
    Keystore::create(&place.path, 1).unwrap();
    let root = fs::read(place.path.join("root.key")).unwrap();
    fs::remove_file(place.path.join("keystore.json")).unwrap();
    assert!(Keystore::open(&place.path, None).unwrap().is_none());
    // While writing a document.
    fs::write(place.path.join("keystore.json.new"), "half a docu").unwrap();
    let mut keystore = Keystore::create(&place.path, 2).unwrap();
    assert_eq!(fs::read(place.path.join("root.key")).unwrap(), root);
    fs::write(place.path.join("keystore.json.new"), "half a docu").unwrap();
    keystore.new_key("crm", Purpose::Token, 3).unwrap();
    assert_eq!(
        Keystore::open(&place.path, None).unwrap().unwrap().list(),
        keystore.list()
    );
    assert!(!place.path.join("keystore.json.new").exists());
}

#[test]
fn keys_made_at_once_are_all_kept() {
    let place = place();
    Keystore::create(&place.path, 1).unwrap();
    thread::scope(|scope| {
        for writer in 0..4 {
            let path = &place.path;
            scope.spawn(move || {
                let mut keystore = Keystore::open(path, None).unwrap().unwrap();
                for number in 0..5 {
                    keystore
                        .new_key(&format!("w{writer}-{number}"), Purpose::File, 1)
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(
        Keystore::open(&place.path, None)
            .unwrap()
            .unwrap()
            .list()
            .len(),
        22
    );
}

#[test]
fn one_of_several_makers_wins() {
    let place = place();
    let made: usize = thread::scope(|scope| {
        let makers: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| Keystore::create(&place.path, 1).is_ok()))
            .collect();
        makers
            .into_iter()
            .map(|maker| usize::from(maker.join().unwrap()))
            .sum()
    });
    assert_eq!(made, 1);
    assert!(
        Keystore::open(&place.path, None)
            .unwrap()
            .unwrap()
            .unlock(&Tombstones::none())
            .is_ok()
    );
}

#[test]
fn the_epoch_changes_with_every_change() {
    let (place, other) = (place(), place());
    let mut keystore = Keystore::create(&place.path, 1).unwrap();
    let mut seen = vec![
        keystore.epoch(),
        Keystore::create(&other.path, 1).unwrap().epoch(),
    ];
    keystore.new_key("a", Purpose::File, 1).unwrap();
    seen.push(keystore.epoch());
    keystore.rotate("a", 1).unwrap();
    seen.push(keystore.epoch());
    let count = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), count);
    assert!(seen.iter().all(|epoch| *epoch < 1 << 53));
    assert_eq!(
        keystore.unlock(&Tombstones::none()).unwrap().epoch(),
        keystore.epoch()
    );
}

#[test]
fn a_key_serves_its_purpose_and_no_other() {
    let place = place();
    let mut keystore = Keystore::create(&place.path, 1).unwrap();
    for (name, purpose) in [
        ("t", Purpose::Token),
        ("f", Purpose::File),
        ("v", Purpose::Value),
    ] {
        keystore.new_key(name, purpose, 1).unwrap();
    }
    let keys = keystore.unlock(&Tombstones::none()).unwrap();
    assert!(keys.token_key("t").is_ok());
    assert_eq!(keys.value_key("v").unwrap().version(), 1);
    assert!(keys.value_key_version("v", 1).is_ok());
    assert!(keys.new_data_key("f").is_ok());
    assert_eq!(keys.primary("f", Purpose::File).unwrap(), 1);
    assert_eq!(keys.token_key("v").unwrap_err().code(), "SL8021");
    assert_eq!(keys.value_key("t").unwrap_err().code(), "SL8021");
    assert_eq!(keys.token_key("none").unwrap_err().code(), "SL8020");
    assert_eq!(keys.value_key_version("v", 2).unwrap_err().code(), "SL8022");
    assert_eq!(keys.new_data_key("t").unwrap_err().code(), "SL6014");
    assert_eq!(keys.new_data_key(LOG_KEY).unwrap_err().code(), "SL6014");
    assert_eq!(keys.new_data_key("none").unwrap_err().code(), "SL6013");
    assert_eq!(keys.digest_key().unwrap().len(), 32);
    let public = keys.signer().unwrap().verifying_key();
    let signature = keys.signer().unwrap().sign(b"entry").unwrap();
    assert!(public.verify(b"entry", &signature).is_ok());
    let again = Keystore::open(&place.path, None)
        .unwrap()
        .unwrap()
        .unlock(&Tombstones::none())
        .unwrap();
    assert_eq!(again.signer().unwrap().verifying_key(), public);
    assert!(
        again
            .digest_key()
            .unwrap()
            .equals(&keys.digest_key().unwrap())
    );
}

#[test]
fn a_data_key_opens_with_its_keystore_only() {
    let (one, two) = (place(), place());
    let open = |place: &Place| {
        let mut keystore = Keystore::create(&place.path, 1).unwrap();
        keystore.new_key("lake", Purpose::File, 1).unwrap();
        keystore.new_key("lane", Purpose::File, 1).unwrap();
        keystore.unlock(&Tombstones::none()).unwrap()
    };
    let (one, two) = (open(&one), open(&two));
    let data_key = one.new_data_key("lake").unwrap();
    assert!(
        !one.new_data_key("lake")
            .unwrap()
            .plaintext()
            .equals(data_key.plaintext())
    );
    let text = data_key
        .wrapped()
        .to_key_material(sealine_keys::Role::Footer)
        .unwrap();
    let wrapped = WrappedKey::from_key_material(text.as_bytes()).unwrap();
    assert!(one.unwrap(&wrapped).unwrap().equals(data_key.plaintext()));
    assert_eq!(wrapped.bytes().len(), 64);

    let error = two.unwrap(&wrapped).unwrap_err();
    assert_eq!(error.code(), "SL6021");
    assert!(error.to_string().contains("`lake`"), "{error}");
    let renamed =
        WrappedKey::from_key_material(text.replace("\"lake\"", "\"lane\"").as_bytes()).unwrap();
    assert_eq!(one.unwrap(&renamed).unwrap_err().code(), "SL6021");
    let unknown =
        WrappedKey::from_key_material(text.replace("\"lake\"", "\"lost\"").as_bytes()).unwrap();
    assert_eq!(one.unwrap(&unknown).unwrap_err().code(), "SL6013");
}

#[test]
fn a_key_between_wraps_data_keys_and_is_bound_to_them() {
    let place = place();
    let mut keystore = Keystore::create(&place.path, 1).unwrap();
    keystore.new_key("lake", Purpose::File, 1).unwrap();
    let keys = keystore.unlock(&Tombstones::none()).unwrap();
    let kek = keys.new_key_encryption_key("lake").unwrap();
    let (one, two) = (kek.new_data_key().unwrap(), kek.new_data_key().unwrap());
    assert!(!one.plaintext().equals(two.plaintext()));
    let text = |key: &sealine_keys::DataKey| {
        key.wrapped()
            .to_key_material(sealine_keys::Role::Column)
            .unwrap()
    };
    let read = |text: &str| WrappedKey::from_key_material(text.as_bytes()).unwrap();
    for key in [&one, &two] {
        let opened = keys.unwrap(&read(&text(key))).unwrap();
        assert!(opened.equals(key.plaintext()));
    }
    // Another id, another key-encryption key: the data key is bound to both.
    let other = keys.new_key_encryption_key("lake").unwrap();
    let other = text(&other.new_data_key().unwrap());
    let field = |text: &str, name: &str| {
        let json: serde_json::Value = serde_json::from_str(text).unwrap();
        json[name].as_str().unwrap().to_owned()
    };
    for name in ["keyEncryptionKeyID", "wrappedKEK", "wrappedDEK"] {
        let mixed = text(&one).replace(&field(&text(&one), name), &field(&other, name));
        assert_eq!(keys.unwrap(&read(&mixed)).unwrap_err().code(), "SL6021");
    }
    // What others ask to be wrapped comes back as it was.
    for length in [16, 24, 32] {
        let theirs = sealine_protect::crypto::Secret::new(vec![9; length]);
        let wrapped = keys.wrap("lake", &theirs).unwrap();
        let again = WrappedKey::new("lake".to_owned(), wrapped.bytes().to_vec()).unwrap();
        assert!(keys.unwrap(&again).unwrap().equals(&theirs));
    }
    let short = sealine_protect::crypto::Secret::new(vec![9; 15]);
    assert_eq!(keys.wrap("lake", &short).unwrap_err().code(), "SL6020");
}

#[test]
fn nothing_printed_shows_a_key() {
    let place = place();
    let mut keystore = Keystore::create(&place.path, 1).unwrap();
    keystore.new_key("lake", Purpose::File, 1).unwrap();
    let keys = keystore.unlock(&Tombstones::none()).unwrap();
    let data_key = keys.new_data_key("lake").unwrap();
    let shown = format!(
        "{keystore:?} {:?} {keys:?} {data_key:?} {:#?}",
        keystore.list(),
        data_key
    );
    let secret = data_key.plaintext().expose();
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let list = format!("{:?}", &secret[..4]);
    for clear in [hex.as_str(), list.trim_matches(['[', ']'])] {
        assert!(!shown.contains(clear), "{shown}");
    }
    // The document has no key in clear either, and its wrapped keys are not printed.
    let document = fs::read_to_string(place.path.join("keystore.json")).unwrap();
    let wrapped = document
        .split("\"wrapped\": \"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert!(wrapped.len() > 60 && !shown.contains(wrapped));
}
