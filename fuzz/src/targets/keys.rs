//! The keystore's files, and keys as they lie beside data.

use sealine_keys::{KeyMetadata, Keystore, Purpose, Role, Tombstones, WrappedKey};

use super::Prepared;

const NOW: i64 = 1_700_000_000;

/// One of the keystore's files is changed, in turn each of them: it opens as it was, or not at all.
pub(super) fn keystore() -> Prepared {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("keys");
    let mut store = Keystore::create(&dir, NOW).expect("a keystore");
    store.new_key("crm", Purpose::Token, NOW).expect("a key");
    store.new_key("lake", Purpose::File, NOW).expect("a key");
    let epoch = store.epoch();
    drop(store);
    let entries = std::fs::read_dir(&dir).expect("a folder").flatten();
    let mut kept: Vec<_> = entries
        .filter_map(|entry| Some((entry.path(), std::fs::read(entry.path()).ok()?)))
        .filter(|(_, bytes)| !bytes.is_empty())
        .collect();
    kept.sort();
    let corpus = kept.iter().map(|(_, bytes)| bytes.clone()).collect();
    let mut turn = 0;
    Prepared::new(corpus, move |bytes| {
        let keep = &folder;
        turn = (turn + 1) % kept.len();
        let Some((path, own)) = kept.get(turn) else {
            return;
        };
        assert!(path.starts_with(keep.path()));
        std::fs::write(path, bytes).expect("a file");
        if let Ok(Some(store)) = Keystore::open(&dir, None) {
            assert_eq!(store.epoch(), epoch, "the document is authenticated");
            drop(store.unlock(&Tombstones::none()));
        }
        std::fs::write(path, own).expect("a file");
    })
}

pub(super) fn wrapped() -> Prepared {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = Keystore::create(&folder.path().join("keys"), NOW).expect("a keystore");
    store.new_key("lake", Purpose::File, NOW).expect("a key");
    let keys = store.unlock(&Tombstones::none()).expect("keys");
    let sealed = keys
        .new_data_key("lake")
        .expect("a key")
        .wrapped()
        .bytes()
        .to_vec();
    Prepared::new(vec![sealed.clone()], move |bytes| {
        let keep = &folder;
        let Ok(wrapped) = WrappedKey::new("lake".to_owned(), bytes.to_vec()) else {
            return;
        };
        if keys.unwrap(&wrapped).is_ok() {
            assert_eq!(
                bytes,
                sealed,
                "another envelope opened in {}",
                keep.path().display()
            );
        }
    })
}

pub(super) fn material() -> Prepared {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = Keystore::create(&folder.path().join("keys"), NOW).expect("a keystore");
    store.new_key("lake", Purpose::File, NOW).expect("a key");
    let keys = store.unlock(&Tombstones::none()).expect("keys");
    let once = keys.new_data_key("lake").expect("a key").wrapped().clone();
    let twice = keys.new_key_encryption_key("lake").expect("a key");
    let twice = twice.new_data_key().expect("a key").wrapped().clone();
    let mut corpus = vec![
        br#"{"keyMaterialType":"PKMT1","internalStorage":false,"keyReference":"footer"}"#.to_vec(),
    ];
    for key in [once, twice] {
        let here = KeyMetadata::Here(key.clone());
        corpus.extend(here.to_json(Role::Footer).ok().map(String::into_bytes));
        corpus.extend(
            key.to_key_material(Role::Column)
                .ok()
                .map(String::into_bytes),
        );
    }
    Prepared::new(corpus, move |bytes| {
        let keep = &folder;
        let found = KeyMetadata::parse(bytes)
            .ok()
            .and_then(|found| match found {
                KeyMetadata::Here(wrapped) => Some(wrapped),
                KeyMetadata::Elsewhere(_) => None,
            });
        for wrapped in found
            .into_iter()
            .chain(WrappedKey::from_key_material(bytes).ok())
        {
            drop((keys.unwrap(&wrapped), keep.path()));
        }
    })
}
