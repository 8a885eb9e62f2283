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
    crypto::{Secret, aead, ed25519::VerifyingKey, ff1::Ff1, hkdf, hmac, jws, kwp, siv},
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
        // The way that tokens take, wherever the message is cut into a prefix and the rest.
        for cut in 0..=message.len() {
            let (prefix, rest) = message.split_at(cut);
            let prefixed = hmac::Prefixed::new(&bytes(&test, "key"), prefix);
            assert_eq!(
                prefixed.sign(rest)[..kept] == tag,
                agrees,
                "{}",
                test["tcId"]
            );
        }
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

/// Vectors that are wrong, each for a reason that can be checked.
const MISTAKEN: [(u64, &str); 6] = [
    (
        346,
        "the key says `PS256`, the token `PS384`: RFC 7517, 4.4; like 340, which is invalid",
    ),
    (350, "as 346"),
    (
        367,
        "the same text as the valid 357: the padding that it is named for was lost",
    ),
    (370, "as 367"),
    (
        372,
        "a `?` within the header: not base64url, RFC 7515, 2; like 366, which is invalid",
    ),
    (
        373,
        "a `?` within the payload: as 372; like 371, which is invalid",
    ),
];

fn run_jws(file: &str, keys: impl Fn(&str) -> Result<jws::Keys, ProtectError>, least: usize) {
    let (mut answered, mut mistaken) = (0, 0);
    for (group, test) in vectors(file) {
        let key = group.get("public").unwrap_or(&group["private"]).to_string();
        let token = test["jws"].as_str().unwrap();
        let verified = keys(&key).and_then(|keys| jws::verify(token, &keys, None));
        let id = test["tcId"].as_u64().unwrap();
        if file.contains("signature") && MISTAKEN.iter().any(|(wrong, _)| *wrong == id) {
            // What is held here is the contrary: a corrected vector is noticed.
            assert_ne!(verified.is_ok(), valid(&test), "{id}");
            mistaken += 1;
            continue;
        }
        assert_eq!(
            verified.is_ok(),
            valid(&test),
            "{id} {} {verified:?}",
            test["comment"]
        );
        answered += 1;
    }
    report(file, answered, mistaken, least);
}

#[test]
fn json_web_signature() {
    run_jws("json_web_signature_test.json", jws::Keys::parse_jwk, 395);
}

#[test]
fn json_web_key() {
    run_jws("json_web_key_test.json", jws::Keys::parse_jwks, 26);
}

#[test]
fn aes_siv() {
    let mut answered = 0;
    for (_, test) in vectors("aes_siv_cmac_test.json") {
        let id = &test["tcId"];
        let (aad, message, sealed) = (bytes(&test, "aad"), bytes(&test, "msg"), bytes(&test, "ct"));
        let key = siv::Key::new(&Secret::new(bytes(&test, "key")), &[&aad]).unwrap();
        if valid(&test) {
            assert_eq!(key.seal(&message).unwrap(), sealed, "{id}");
            assert_eq!(key.open(&sealed).unwrap().expose(), message, "{id}");
        } else {
            let opened = key.open(&sealed);
            assert!(matches!(opened, Err(ProtectError::NotAuthentic)), "{id}");
        }
        answered += 1;
    }
    report("aes_siv_cmac", answered, 0, 440);
}

/// The numerals of a text or list; `None` where one is not in the alphabet or below zero.
fn numerals(group: &Value, value: &Value) -> Option<Vec<u16>> {
    if let Some(list) = value.as_array() {
        let numeral = |one: &Value| u16::try_from(one.as_i64()?).ok();
        return list.iter().map(numeral).collect();
    }
    let alphabet: Vec<char> = group["alphabet"].as_str().unwrap().chars().collect();
    let place = |one| alphabet.iter().position(|of| *of == one);
    let text = value.as_str().unwrap().chars();
    text.map(|one| u16::try_from(place(one)?).ok()).collect()
}

fn run_ff1(file: &str, least: usize) {
    let (mut answered, mut unsupported) = (0, 0);
    for (group, test) in vectors(file) {
        let id = format!("{file} {}", test["tcId"]);
        let radix = u32::try_from(group["radix"].as_u64().unwrap()).unwrap();
        let key = Secret::new(bytes(&test, "key"));
        let ff1 = match Ff1::new(&key, radix) {
            Ok(ff1) => ff1,
            Err(error) => {
                assert!(error.is_unsupported() && !valid(&test), "{id}");
                unsupported += 1;
                continue;
            }
        };
        let tweak = bytes(&test, "tweak");
        let plain = numerals(&group, &test["msg"]);
        let cipher = numerals(&group, &test["ct"]);
        let length = group["msgSize"].as_u64().unwrap();
        if u128::from(radix).saturating_pow(u32::try_from(length).unwrap()) < 1_000_000 {
            // The first edition of the standard took such values; the second does not, nor do we.
            for numerals in [&plain, &cipher] {
                let mut numerals = numerals.clone().unwrap();
                let error = ff1.encrypt(&tweak, &mut numerals).unwrap_err();
                assert!(error.is_unsupported(), "{id}");
                let error = ff1.decrypt(&tweak, &mut numerals).unwrap_err();
                assert!(error.is_unsupported(), "{id}");
            }
            unsupported += 1;
            continue;
        }
        answered += 1;
        if valid(&test) {
            let (plain, cipher) = (plain.unwrap(), cipher.unwrap());
            let mut numerals = plain.clone();
            ff1.encrypt(&tweak, &mut numerals).unwrap();
            assert_eq!(numerals, cipher, "{id}");
            ff1.decrypt(&tweak, &mut numerals).unwrap();
            assert_eq!(numerals, plain, "{id}");
        } else if let Some(mut numerals) = plain {
            // A numeral of the radix or above; the others are not numerals at all.
            let error = ff1.encrypt(&tweak, &mut numerals).unwrap_err();
            assert!(matches!(error, ProtectError::Numerals { .. }), "{id}");
        }
    }
    report(file, answered, unsupported, least);
}

#[test]
fn ff1() {
    run_ff1("aes_ff1_base10_test.json", 3800);
    run_ff1("aes_ff1_base36_test.json", 2800);
    run_ff1("aes_ff1_base62_test.json", 2400);
    run_ff1("aes_ff1_radix10_test.json", 3800);
    run_ff1("aes_ff1_radix36_test.json", 2800);
}
