//! Uses of keys: counted before they happen, limited, never too few.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod kit;

use std::{mem, path::Path, process::Command, thread};

use kit::{Place, crashes, info};
use sealine_keys::{Change, Keystore, OpenKeys, Tombstones};
use sealine_protect::KeySource;

fn unlock(keystore: &Keystore) -> OpenKeys {
    keystore.unlock(&Tombstones::none()).unwrap()
}

fn limit(keystore: &mut Keystore, name: &str, max_uses: Option<u64>) -> Result<(), &'static str> {
    let name = name.to_owned();
    match keystore.change(&Change::Limit { name, max_uses }, 10) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.code()),
    }
}

fn used(place: &Place, name: &str) -> Vec<Option<u64>> {
    let versions = info(&place.open(), name).versions;
    versions.iter().map(|version| version.uses).collect()
}

#[test]
fn every_use_is_counted_and_only_of_the_version_that_did_it() {
    let (place, mut keystore) = Place::with_keys();
    let epoch = keystore.epoch();
    let keys = unlock(&keystore);
    for _ in 0..100 {
        keys.new_data_key("lake").unwrap();
    }
    for _ in 0..3 {
        keys.value_key("values").unwrap();
    }
    keys.token_key("crm").unwrap();
    keys.signer().unwrap();
    // While it is open, and after a crash: what was reserved counts as used.
    assert_eq!(used(&place, "lake"), [Some(128)]);
    drop(keys);
    assert_eq!(used(&place, "lake"), [Some(100)]);
    assert_eq!(used(&place, "values"), [Some(3)]);
    assert_eq!(used(&place, "crm"), [None]);
    assert_eq!(place.open().epoch(), epoch, "a count is no change of a key");
    keystore.rotate("lake", 20).unwrap();
    unlock(&keystore).new_data_key("lake").unwrap();
    assert_eq!(used(&place, "lake"), [Some(100), Some(1)]);
}

#[test]
fn opening_is_no_use_and_writes_nothing() {
    let (place, keystore) = Place::with_keys();
    let keys = unlock(&keystore);
    let data_key = keys.new_data_key("lake").unwrap();
    drop(keys);
    let before = place.files();
    let keys = unlock(&keystore);
    for _ in 0..10 {
        keys.unwrap(data_key.wrapped()).unwrap();
    }
    drop(keys);
    assert_eq!(place.files(), before);
}

#[test]
fn at_its_limit_a_key_stops_until_it_is_rotated() {
    let (place, mut keystore) = Place::with_keys();
    limit(&mut keystore, "lake", Some(10)).unwrap();
    limit(&mut keystore, "values", Some(1)).unwrap();
    assert_eq!(info(&keystore, "lake").limit, Some(10));
    let keys = unlock(&keystore);
    let first = keys.new_data_key("lake").unwrap();
    for _ in 1..7 {
        keys.new_data_key("lake").unwrap();
    }
    drop(keys);
    assert!(!info(&place.open(), "lake").is_near_limit());
    let keys = unlock(&keystore);
    keys.new_data_key("lake").unwrap();
    drop(keys);
    assert!(info(&place.open(), "lake").is_near_limit(), "8 of 10");
    let keys = unlock(&keystore);
    for _ in 8..10 {
        keys.new_data_key("lake").unwrap();
    }
    for _ in 0..2 {
        let error = keys.new_data_key("lake").unwrap_err();
        assert_eq!(error.code(), "SL6035");
        assert!(error.to_string().contains("keys rotate lake"), "{error}");
    }
    assert!(keys.unwrap(first.wrapped()).is_ok(), "it goes on opening");
    keys.value_key("values").unwrap();
    let error = keys.value_key("values").unwrap_err();
    assert!(error.to_string().contains("rotate"), "{error}");
    drop(keys);
    assert_eq!(used(&place, "lake"), [Some(10)]);
    keystore.rotate("lake", 20).unwrap();
    assert!(unlock(&keystore).new_data_key("lake").is_ok());
    assert!(!info(&place.open(), "lake").is_near_limit());
}

#[test]
fn limits_are_for_keys_that_wear_out_and_stay_below_the_ciphers() {
    let (_place, mut keystore) = Place::with_keys();
    for (name, max_uses, answer) in [
        ("lake", Some(0), Err("SL6039")),
        ("lake", Some((1 << 32) + 1), Err("SL6039")),
        ("crm", Some(5), Err("SL6039")),
        ("sealine/digest", Some(5), Err("SL6036")),
        ("none", Some(5), Err("SL6013")),
        ("lake", Some(1 << 32), Ok(())),
        ("lake", Some(1), Ok(())),
        ("lake", None, Ok(())),
    ] {
        assert_eq!(limit(&mut keystore, name, max_uses), answer, "{name}");
    }
    assert_eq!(info(&keystore, "lake").limit, Some(1 << 32));
    assert_eq!(info(&keystore, "crm").limit, None);
}

#[test]
fn a_crash_counts_too_many_and_never_too_few() {
    let (place, keystore) = Place::with_keys();
    let before = place.files();
    let keys = unlock(&keystore);
    keys.new_data_key("lake").unwrap();
    let reserved = place.files();
    for state in crashes(&before, &reserved, &["uses.json"]) {
        let crashed = Place::of(&state);
        let counted = used(&crashed, "lake");
        // The first use happens after the last of these steps.
        assert!(counted == [Some(0)] || counted == [Some(64)], "{counted:?}");
        unlock(&crashed.open()).new_data_key("lake").unwrap();
        assert_eq!(used(&crashed, "lake")[0], counted[0].map(|uses| uses + 1));
    }
    drop(keys);
    for state in crashes(&reserved, &place.files(), &["uses.json"]) {
        let counted = used(&Place::of(&state), "lake");
        assert!(counted == [Some(64)] || counted == [Some(1)], "{counted:?}");
    }
    // Killed without any farewell.
    let keys = unlock(&keystore);
    keys.new_data_key("lake").unwrap();
    mem::forget(keys);
    assert_eq!(used(&place, "lake"), [Some(65)]);
}

#[test]
fn changed_or_missing_counts_are_found() {
    let (place, keystore) = Place::with_keys();
    let keys = unlock(&keystore);
    keys.new_data_key("lake").unwrap();
    drop(keys);
    let files = place.files();
    let good = String::from_utf8(files["uses.json"].clone()).unwrap();
    let code = |files: &kit::Files| {
        let place = Place::of(files);
        Keystore::open(&place.path, None).unwrap_err().code()
    };
    for (from, to, expected) in [
        ("\"1\": 1", "\"1\": 0", "SL6005"),
        ("\"lake\"", "\"lane\"", "SL6005"),
        ("\"version\": 1", "\"version\": 2", "SL6006"),
        ("\"1\": 1", "\"1\": -1", "SL6005"),
    ] {
        assert!(good.contains(from), "{from}\n{good}");
        let mut changed = files.clone();
        let text = good.replacen(from, to, 1);
        changed.insert("uses.json".to_owned(), text.into_bytes());
        assert_eq!(code(&changed), expected, "{to}");
    }
    let mut without = files.clone();
    without.remove("uses.json");
    assert_eq!(code(&without), "SL6005");
    // One MAC does not serve for the other document.
    let mut swapped = files.clone();
    swapped.insert("uses.json".to_owned(), files["keystore.json"].clone());
    assert!(["SL6005", "SL6006"].contains(&code(&swapped)));
    // A run that finds its counts broken protects nothing.
    let keys = unlock(&keystore);
    place.put("uses.json", b"{}");
    assert_eq!(keys.new_data_key("lake").unwrap_err().code(), "SL6005");
}

#[test]
fn threads_share_the_count() {
    let (place, keystore) = Place::with_keys();
    let keys = unlock(&keystore);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..50).for_each(|_| drop(keys.new_data_key("lake").unwrap())));
        }
    });
    drop(keys);
    assert_eq!(used(&place, "lake"), [Some(200)]);
}

/// The work of one process in the test below; on its own it finds nothing to do.
#[test]
#[allow(clippy::print_stdout, reason = "how it tells the other process")]
fn racer() {
    let Some(path) = std::env::var_os("SEALINE_KEYS_RACER") else {
        return;
    };
    let keystore = Keystore::open(Path::new(&path), None).unwrap().unwrap();
    let mut done = 0;
    for _ in 0..10 {
        let keys = unlock(&keystore);
        while done % 30 != 29 && keys.new_data_key("lake").is_ok() {
            done += 1;
        }
        done += u64::from(keys.new_data_key("lake").is_ok());
    }
    println!("racer made {done}");
}

#[test]
fn processes_that_race_never_pass_the_limit_together() {
    let (place, mut keystore) = Place::with_keys();
    let race = || {
        let racers: Vec<_> = (0..3)
            .map(|_| {
                Command::new(std::env::current_exe().unwrap())
                    .args(["--exact", "racer", "--nocapture"])
                    .env("SEALINE_KEYS_RACER", &place.path)
                    .stdout(std::process::Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        let made = |racer: std::process::Child| -> u64 {
            let output = racer.wait_with_output().unwrap();
            assert!(output.status.success());
            let text = String::from_utf8(output.stdout).unwrap();
            let made = text.split("racer made ").nth(1).unwrap();
            made.lines().next().unwrap().parse().unwrap()
        };
        racers.into_iter().map(made).sum::<u64>()
    };
    let made = race();
    assert_eq!(used(&place, "lake"), [Some(made)]);
    keystore.rotate("lake", 20).unwrap();
    limit(&mut keystore, "lake", Some(200)).unwrap();
    let made = race();
    assert!(made <= 200, "{made}");
    assert_eq!(used(&place, "lake")[1], Some(made));
}
