//! The Wycheproof vectors, through the functions that pipelines and `sealine conform` use.
//!
//! They are read from `SEALINE_VECTORS`, by default `../shared/vectors` beside the workspace; where
//! there are none, the tests say `skipped` and pass.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

use std::path::PathBuf;

use sealine_protect::{
    ProtectError,
    crypto::{Secret, aead, ed25519::VerifyingKey, hkdf, hmac, kwp},
};
use serde_json::Value;

/// The vectors of one file, each with its group.
fn vectors(file: &str) -> Vec<(Value, Value)> {
    let root = std::env::var_os("SEALINE_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    let path = root.join("wycheproof").join(file);
    let Ok(text) = std::fs::read(&path) else {
        eprintln!("skipped: no {file} (set SEALINE_VECTORS to the folder of vectors)");
        return Vec::new();
    };
    let file: Value = serde_json::from_slice(&text).unwrap();
    let mut vectors = Vec::new();
    for group in file["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            vectors.push((group.clone(), test.clone()));
        }
    }
    assert_eq!(
        vectors.len() as u64,
        file["numberOfTests"].as_u64().unwrap()
    );
    vectors
}

fn bytes(test: &Value, field: &str) -> Vec<u8> {
    hex::decode(test[field].as_str().unwrap()).unwrap()
}

/// What the vectors expect; none of these files has `acceptable` ones that we may choose on.
fn valid(test: &Value) -> bool {
    match test["result"].as_str().unwrap() {
        "valid" => true,
        "invalid" => false,
        other => panic!("{other} in {}", test["tcId"]),
    }
}

/// Counts of `answered` and `unsupported`, so that a suite that refuses everything cannot pass.
fn report(file: &str, answered: usize, unsupported: usize, least: usize) {
    eprintln!("{file}: {answered} agree, {unsupported} unsupported");
    assert!(
        answered + unsupported == 0 || answered >= least,
        "{file}: only {answered} answered"
    );
}

fn run_aead(file: &str, name: impl Fn(u64) -> Option<&'static str>, least: usize) {
    let (mut answered, mut unsupported) = (0, 0);
    for (group, test) in vectors(file) {
        let id = &test["tcId"];
        let Some(algorithm) = name(group["keySize"].as_u64().unwrap())
            .map(|name| aead::Algorithm::parse(name).unwrap())
        else {
            unsupported += 1;
            continue;
        };
        let (key, iv) = (Secret::new(bytes(&test, "key")), bytes(&test, "iv"));
        let (aad, message) = (bytes(&test, "aad"), bytes(&test, "msg"));
        let (ciphertext, tag) = (bytes(&test, "ct"), bytes(&test, "tag"));
        let opened = aead::open(algorithm, &key, &iv, &aad, &ciphertext, &tag);
        let sealed = aead::seal(algorithm, &key, &iv, &aad, &message);
        if group["ivSize"] != 96 {
            assert!(
                opened.unwrap_err().is_unsupported() && sealed.unwrap_err().is_unsupported(),
                "{id}"
            );
            unsupported += 1;
            continue;
        }
        answered += 1;
        if valid(&test) {
            assert_eq!(opened.unwrap().expose(), message, "{id}");
            let sealed = sealed.unwrap();
            assert_eq!(
                (sealed.ciphertext, sealed.tag.to_vec()),
                (ciphertext, tag),
                "{id}"
            );
        } else {
            assert!(matches!(opened, Err(ProtectError::NotAuthentic)), "{id}");
        }
    }
    report(file, answered, unsupported, least);
}

#[test]
fn aes_gcm() {
    let name = |size| match size {
        128 => Some("AES-128-GCM"),
        256 => Some("AES-256-GCM"),
        _ => None,
    };
    run_aead("aes_gcm_test.json", name, 130);
}

#[test]
fn aes_gcm_siv() {
    run_aead(
        "aes_gcm_siv_test.json",
        |size| (size == 256).then_some("AES-256-GCM-SIV"),
        90,
    );
}

#[test]
fn hmac_sha256() {
    let mut answered = 0;
    for (group, test) in vectors("hmac_sha256_test.json") {
        let key = hmac::Key::new(hmac::Algorithm::Sha256, &bytes(&test, "key"));
        let (message, tag) = (bytes(&test, "msg"), bytes(&test, "tag"));
        let kept = usize::try_from(group["tagSize"].as_u64().unwrap() / 8).unwrap();
        let agrees = key.sign(&[&message]).as_ref()[..kept] == tag;
        assert_eq!(agrees, valid(&test), "{}", test["tcId"]);
        // Our own check takes the whole tag only.
        assert_eq!(
            key.verify(&[&message], &tag),
            agrees && kept == 32,
            "{}",
            test["tcId"]
        );
        answered += 1;
    }
    report("hmac_sha256", answered, 0, 170);
}

#[test]
fn hkdf_sha256() {
    let mut answered = 0;
    for (_, test) in vectors("hkdf_sha256_test.json") {
        let size = usize::try_from(test["size"].as_u64().unwrap()).unwrap();
        let (key, salt, info) = (
            bytes(&test, "ikm"),
            bytes(&test, "salt"),
            bytes(&test, "info"),
        );
        match hkdf::derive(hmac::Algorithm::Sha256, &key, &salt, &info, size) {
            Ok(derived) => {
                assert!(valid(&test), "{}", test["tcId"]);
                assert_eq!(derived.expose(), bytes(&test, "okm"), "{}", test["tcId"]);
            }
            Err(error) => assert!(!valid(&test) && error.is_unsupported(), "{}", test["tcId"]),
        }
        answered += 1;
    }
    report("hkdf_sha256", answered, 0, 80);
}

#[test]
fn aes_kwp() {
    let (mut answered, mut unsupported) = (0, 0);
    for (group, test) in vectors("aes_kwp_test.json") {
        let id = &test["tcId"];
        let (key, message, ciphertext) =
            (bytes(&test, "key"), bytes(&test, "msg"), bytes(&test, "ct"));
        let unwrapped = kwp::unwrap(&key, &ciphertext);
        if group["keySize"] == 192 {
            assert!(unwrapped.unwrap_err().is_unsupported(), "{id}");
            assert!(
                kwp::wrap(&key, &message).unwrap_err().is_unsupported(),
                "{id}"
            );
            unsupported += 1;
            continue;
        }
        answered += 1;
        if valid(&test) {
            assert_eq!(unwrapped.unwrap().expose(), message, "{id}");
            assert_eq!(kwp::wrap(&key, &message).unwrap(), ciphertext, "{id}");
        } else {
            assert!(matches!(unwrapped, Err(ProtectError::NotAuthentic)), "{id}");
        }
    }
    report("aes_kwp", answered, unsupported, 160);
}

#[test]
fn ed25519() {
    let mut answered = 0;
    for (group, test) in vectors("ed25519_test.json") {
        let key = VerifyingKey::from_bytes(&bytes(&group["publicKey"], "pk")).unwrap();
        let verified = key.verify(&bytes(&test, "msg"), &bytes(&test, "sig"));
        assert_eq!(verified.is_ok(), valid(&test), "{}", test["tcId"]);
        answered += 1;
    }
    report("ed25519", answered, 0, 150);
}
