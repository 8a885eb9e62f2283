//! What Sealine seals opens with the libraries of others, and the reverse: Python's `cryptography`
//! and `tink`, which `cargo xtask peers` installs.
//!
//! Without them the tests say `skipped` and pass, unless `SEALINE_PEERS=required`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, StringArray};
use sealine_label::declare::{Argument, Call, Context};
use sealine_protect::{
    KeySource, ProtectError, bind,
    crypto::{
        Secret, TokenKey, ValueKey, aead,
        ecdsa::{self, Curve, Encoding},
        fernet, random, rsa, siv,
        tink::{Keyset, Kind},
    },
};
use serde_json::{Value, json};

/// The answers of the other side; `None` where it is not installed.
fn peer(cases: &[Value]) -> Option<Vec<Value>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = here.join("../../target/peers/venv/bin/python");
    if !python.exists() {
        let required = std::env::var_os("SEALINE_PEERS").is_some_and(|value| value == "required");
        assert!(!required, "the peers are required: run cargo xtask peers");
        eprintln!("skipped: run cargo xtask peers");
        return None;
    }
    let mut child = Command::new(python)
        .arg(here.join("tests/interop.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "the peer failed");
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), cases.len());
    Some(answers)
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

const LENGTHS: [usize; 7] = [0, 1, 15, 16, 17, 100, 5000];

fn message(length: usize) -> Vec<u8> {
    let mut message = vec![0; length];
    random::fill(&mut message).unwrap();
    message
}

#[test]
fn fernet() {
    let secret = Secret::random(32).unwrap();
    let key = fernet::Key::new(&secret).unwrap();
    let text = String::from_utf8(fernet::Key::text(&secret).expose().to_vec()).unwrap();
    let messages = LENGTHS.map(message);
    let cases = messages.each_ref().map(|message| {
        let token = key.seal(1_700_000_000, message).unwrap();
        json!({ "op": "fernet", "key": text, "token": token, "msg": hex::encode(message) })
    });
    let Some(answers) = peer(&cases) else { return };
    for (answer, message) in answers.iter().zip(&messages) {
        assert_eq!(&bytes(&answer["opened"]), message);
        let opened = key.open(answer["sealed"].as_str().unwrap(), None).unwrap();
        assert_eq!(opened.expose(), message);
    }
}

#[test]
fn gcm_and_gcm_siv() {
    let mut cases = Vec::new();
    for (cipher, algorithm) in [
        ("AESGCM", aead::Algorithm::Aes128Gcm),
        ("AESGCM", aead::Algorithm::Aes256Gcm),
        ("AESGCMSIV", aead::Algorithm::Aes256GcmSiv),
    ] {
        for message in LENGTHS.map(message) {
            // OpenSSL's GCM-SIV takes no empty message.
            if message.is_empty() && cipher == "AESGCMSIV" {
                continue;
            }
            let (key, iv) = (
                Secret::random(algorithm.key_len()).unwrap(),
                random::array::<12>().unwrap(),
            );
            let sealed = aead::seal(algorithm, &key, &iv, b"there", &message).unwrap();
            let sealed = [sealed.ciphertext, sealed.tag.to_vec()].concat();
            cases.push(json!({
                "op": "gcm", "cipher": cipher, "key": hex::encode(key.expose()), "iv": hex::encode(iv),
                "aad": hex::encode("there"), "msg": hex::encode(&message), "ct": hex::encode(sealed),
            }));
        }
    }
    let Some(answers) = peer(&cases) else { return };
    let mut answered = 0;
    for (answer, case) in answers.iter().zip(&cases) {
        if answer["absent"] == true {
            assert_eq!(case["cipher"], "AESGCMSIV");
            continue;
        }
        assert_eq!(
            (&answer["opened"], &answer["sealed"]),
            (&case["msg"], &case["ct"])
        );
        answered += 1;
    }
    eprintln!(
        "AES-GCM and AES-GCM-SIV: {answered} of {} agree, the rest is absent there",
        cases.len()
    );
    assert!(answered >= 2 * LENGTHS.len());
}

#[test]
fn aes_siv() {
    let mut cases = Vec::new();
    for length in [32, 48, 64] {
        for message in LENGTHS.map(message) {
            // `cryptography` takes no empty message here.
            if message.is_empty() {
                continue;
            }
            let key = Secret::random(length).unwrap();
            let sealer = siv::Key::new(&key, &[b"one", b"two"]).unwrap();
            cases.push(json!({
                "op": "siv", "key": hex::encode(key.expose()), "aad": [hex::encode("one"), hex::encode("two")],
                "msg": hex::encode(&message), "ct": hex::encode(sealer.seal(&message).unwrap()),
            }));
        }
    }
    let Some(answers) = peer(&cases) else { return };
    for (answer, case) in answers.iter().zip(&cases) {
        assert_eq!(
            (&answer["opened"], &answer["sealed"]),
            (&case["msg"], &case["ct"])
        );
    }
}

#[test]
fn tink_keysets() {
    let value = |version| ValueKey::new(version, Secret::random(32).unwrap()).unwrap();
    let ours = [
        Keyset::derive_aead(&[value(2), value(1)]).unwrap(),
        Keyset::derive_daead(&TokenKey::new(&Secret::random(32).unwrap()).unwrap()).unwrap(),
    ];
    let mut cases = Vec::new();
    for keyset in &ours {
        let text = String::from_utf8(keyset.to_json().unwrap().expose().to_vec()).unwrap();
        for message in LENGTHS.map(message) {
            let sealed = keyset.seal(b"crm/notes", &message).unwrap();
            cases.push(json!({
                "op": "tink", "daead": keyset.kind() == Kind::Daead, "keyset": text,
                "aad": hex::encode("crm/notes"), "msg": hex::encode(&message), "ct": hex::encode(sealed),
            }));
        }
    }
    for (daead, template) in [
        (false, "AES128_GCM"),
        (false, "AES256_GCM"),
        (false, "AES256_GCM_RAW"),
        (true, "AES256_SIV"),
    ] {
        cases.push(json!({
            "op": "tink", "daead": daead, "template": template, "aad": "", "msg": hex::encode("a message"),
        }));
    }
    let Some(answers) = peer(&cases) else { return };
    for (answer, case) in answers.iter().zip(&cases) {
        let (message, associated) = (bytes(&case["msg"]), bytes(&case["aad"]));
        if case.get("ct").is_some() {
            assert_eq!(bytes(&answer["opened"]), message);
        }
        // Their keyset as they write it, ours included, opens what they sealed.
        let keyset = Keyset::from_json(answer["keyset"].as_str().unwrap()).unwrap();
        let opened = keyset.open(&associated, &bytes(&answer["sealed"])).unwrap();
        assert_eq!(opened.expose(), message);
    }
}

struct Keys(Vec<u8>);

impl KeySource for Keys {
    fn token_key(&self, _: &str) -> Result<TokenKey, ProtectError> {
        TokenKey::new(&Secret::copy_of(&self.0))
    }

    fn value_key(&self, _: &str) -> Result<ValueKey, ProtectError> {
        ValueKey::new(7, Secret::copy_of(&self.0))
    }
}

/// The description of the bytes in `encrypt/format.rs` is enough to open them without us.
#[test]
fn values_of_encrypt() {
    let keys = Keys(Secret::random(32).unwrap().expose().to_vec());
    let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("søren"), Some(""), None]));
    let rows = [1, 2, 3];
    let row_keys: ArrayRef = Arc::new(Int32Array::from(rows.to_vec()));
    let (mut cases, mut expected) = (Vec::new(), Vec::new());
    for (pad, nulls) in [("none", "kept"), ("16", "kept"), ("64", "sealed")] {
        for cipher in ["gcm", "gcm-siv"] {
            for row_key in [Argument::Absent, Argument::Column(0)] {
                let beside = match row_key {
                    Argument::Absent => vec![],
                    _ => vec![Arc::clone(&row_keys)],
                };
                let texts_of = |text: &str| Argument::Text(text.to_owned());
                let options = ["k", pad, nulls, cipher].map(texts_of);
                let call = Call {
                    name: "encrypt",
                    arguments: options.into_iter().chain([row_key]).collect(),
                    context: Context {
                        dataset: "lake.out".to_owned(),
                        column: "note".to_owned(),
                    },
                };
                let sealed = bind(&call, &keys)
                    .unwrap()
                    .apply_beside(&texts, &beside)
                    .unwrap();
                for (row, cell) in sealed.as_binary::<i32>().iter().enumerate() {
                    let Some(cell) = cell else { continue };
                    // OpenSSL's GCM-SIV takes no empty message.
                    if cell.len() == 49 && cipher == "gcm-siv" {
                        continue;
                    }
                    let texts = texts.as_string::<i32>();
                    let text = texts.is_valid(row).then(|| hex::encode(texts.value(row)));
                    expected.push(json!(text));
                    cases.push(json!({
                        "op": "cell", "key": hex::encode(&keys.0), "cell": hex::encode(cell),
                        "dataset": "lake.out", "column": "note", "row": hex::encode(rows[row].to_be_bytes()),
                    }));
                }
            }
        }
    }
    let Some(answers) = peer(&cases) else { return };
    for (answer, expected) in answers.iter().zip(&expected) {
        assert_eq!(&answer["opened"], expected);
    }
}

#[test]
fn signatures() {
    let message = message(100);
    let (key, _) = ecdsa::SigningKey::generate().unwrap();
    let signature = key.sign(&message, Encoding::Der).unwrap();
    let cases = [
        json!({
            "op": "ecdsa", "msg": hex::encode(&message), "sig": hex::encode(signature),
            "public": hex::encode(key.public_der().unwrap()),
        }),
        json!({ "op": "rsa", "msg": hex::encode(&message) }),
    ];
    let Some(answers) = peer(&cases) else { return };
    let curves = [Curve::P256, Curve::P384, Curve::P521];
    for (signed, curve) in answers[0]["signed"].as_array().unwrap().iter().zip(curves) {
        let key = ecdsa::VerifyingKey::from_point(curve, &bytes(&signed["point"])).unwrap();
        let signature = bytes(&signed["sig"]);
        assert!(key.verify(&message, &signature, Encoding::Der).is_ok());
        assert!(key.verify(b"another", &signature, Encoding::Der).is_err());
    }
    for signed in answers[1]["signed"].as_array().unwrap() {
        let key = rsa::VerifyingKey::new(&bytes(&signed["n"]), &bytes(&signed["e"])).unwrap();
        let hash = match signed["hash"].as_u64().unwrap() {
            32 => rsa::Hash::Sha256,
            48 => rsa::Hash::Sha384,
            _ => rsa::Hash::Sha512,
        };
        for (field, padding, other) in [
            ("pss", rsa::Padding::Pss, rsa::Padding::Pkcs1),
            ("pkcs1", rsa::Padding::Pkcs1, rsa::Padding::Pss),
        ] {
            let signature = bytes(&signed[field]);
            assert!(key.verify(&message, &signature, padding, hash).is_ok());
            assert!(key.verify(&message, &signature, other, hash).is_err());
            assert!(key.verify(b"another", &signature, padding, hash).is_err());
        }
    }
}
