//! `sealine conform`: vectors that others wrote, through the program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::{fed, said, sealine};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

fn ask(operation: &str, lines: &[Value]) -> Vec<Value> {
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let said = fed(sealine().args(["conform", operation]), &input).ends(0);
    let answers: Vec<Value> = said
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), lines.len(), "one answer a line");
    answers
}

fn vectors(part: &str) -> Option<PathBuf> {
    let folder = harness::vectors()
        .map(|folder| folder.join(part))
        .filter(|folder| folder.is_dir());
    if folder.is_none() {
        harness::skipped(&format!(
            "there are no vectors in `{part}`; set SEALINE_VECTORS"
        ));
    }
    folder
}

/// All tests of a Wycheproof file, each with the fields of its group.
fn wycheproof(folder: &Path, name: &str) -> Vec<(Value, Value)> {
    let text =
        fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let file: Value = serde_json::from_str(&text).unwrap();
    let mut all = Vec::new();
    for group in file["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            all.push((group.clone(), test.clone()));
        }
    }
    assert!(all.len() > 20, "{name}");
    all
}

fn file_like(folder: &Path, part: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.retain(|name| name.starts_with(part));
    names.sort();
    assert!(!names.is_empty(), "{part}");
    names
}

#[test]
fn aead_agrees_with_wycheproof() {
    let Some(folder) = vectors("wycheproof") else {
        return;
    };
    for (name, siv) in [
        ("aes_gcm_test.json", false),
        ("aes_gcm_siv_test.json", true),
    ] {
        let tests = wycheproof(&folder, name);
        let line = |(group, test): &(Value, Value)| {
            let size = group["keySize"].as_u64().unwrap();
            let alg = if siv {
                format!("AES-{size}-GCM-SIV")
            } else {
                format!("AES-{size}-GCM")
            };
            json!({ "alg": alg, "key": test["key"], "iv": test["iv"], "aad": test["aad"], "msg": test["msg"], "ct": test["ct"], "tag": test["tag"] })
        };
        let lines: Vec<Value> = tests.iter().map(line).collect();
        let (sealed, opened) = (ask("aead-seal", &lines), ask("aead-open", &lines));
        let mut agreed = 0;
        for (((_, test), sealed), opened) in tests.iter().zip(&sealed).zip(&opened) {
            let supported = opened["error"] != "unsupported";
            match (test["result"].as_str().unwrap(), supported) {
                (_, false) => {}
                ("invalid", true) => assert_eq!(opened["ok"], false, "{test}"),
                (_, true) => {
                    assert_eq!(opened["msg"], test["msg"], "{test}");
                    assert_eq!(sealed["ct"], test["ct"], "{test}");
                    assert_eq!(sealed["tag"], test["tag"], "{test}");
                    agreed += 1;
                }
            }
        }
        assert!(agreed > 20, "{name}: {agreed}");
    }
}

#[test]
fn siv_agrees_with_wycheproof() {
    let Some(folder) = vectors("wycheproof") else {
        return;
    };
    let tests = wycheproof(&folder, "aes_siv_cmac_test.json");
    let lines: Vec<Value> = tests
        .iter()
        .map(|(_, test)| json!({ "key": test["key"], "aad": [test["aad"]], "msg": test["msg"], "ct": test["ct"] }))
        .collect();
    let (sealed, opened) = (ask("siv-seal", &lines), ask("siv-open", &lines));
    let mut agreed = 0;
    for (((_, test), sealed), opened) in tests.iter().zip(&sealed).zip(&opened) {
        match test["result"].as_str().unwrap() {
            "invalid" => assert_eq!(opened["ok"], false, "{test}"),
            _ => {
                assert_eq!(opened["msg"], test["msg"], "{test}");
                assert_eq!(sealed["ct"], test["ct"], "{test}");
                agreed += 1;
            }
        }
    }
    assert!(agreed > 100, "{agreed}");
}

#[test]
fn ff1_agrees_with_wycheproof() {
    let Some(folder) = vectors("wycheproof") else {
        return;
    };
    for name in file_like(&folder, "aes_ff1") {
        let tests = wycheproof(&folder, &name);
        let both = |from: &str| {
            let line = |(group, test): &(Value, Value)| match group["alphabet"].as_str() {
                Some(alphabet) => {
                    json!({ "key": test["key"], "tweak": test["tweak"], "alphabet": alphabet, "text": test[from] })
                }
                None => {
                    json!({ "key": test["key"], "tweak": test["tweak"], "radix": group["radix"], "digits": test[from] })
                }
            };
            tests.iter().map(line).collect::<Vec<Value>>()
        };
        let encrypted = ask("ff1-encrypt", &both("msg"));
        let decrypted = ask("ff1-decrypt", &both("ct"));
        let (mut agreed, mut refused) = (0, 0);
        for (((group, test), encrypted), decrypted) in tests.iter().zip(&encrypted).zip(&decrypted)
        {
            let field = match group["alphabet"].is_string() {
                true => "text",
                false => "digits",
            };
            // Fewer than 1,000,000 values, which the standard's revision forbids.
            let small = encrypted["error"] == "unsupported";
            match test["result"].as_str().unwrap() {
                "invalid" => {
                    assert_eq!(encrypted["ok"], false, "{test}");
                    refused += 1;
                }
                _ if small => {
                    assert_eq!(decrypted["error"], "unsupported", "{test}");
                    let radix = group["radix"].as_f64().unwrap();
                    let length = match test["msg"].as_array() {
                        Some(digits) => digits.len(),
                        None => test["msg"].as_str().unwrap().chars().count(),
                    };
                    assert!(radix.powi(length as i32) < 1e6, "{test}");
                }
                _ => {
                    assert_eq!(encrypted[field], test["ct"], "{test}");
                    assert_eq!(decrypted[field], test["msg"], "{test}");
                    agreed += 1;
                }
            }
        }
        assert!(
            agreed > 2_000 && refused > 300,
            "{name}: {agreed} {refused}"
        );
    }
}

#[test]
fn macs_keys_and_signatures_agree_with_wycheproof() {
    let Some(folder) = vectors("wycheproof") else {
        return;
    };
    for (part, alg) in [("hmac_sha256", "SHA-256"), ("hmac_sha512", "SHA-512")] {
        for name in fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        {
            if !name.starts_with(part) || name.contains("512_") {
                continue;
            }
            let tests = wycheproof(&folder, &name);
            let lines: Vec<Value> = tests
                .iter()
                .map(|(_, test)| json!({ "alg": alg, "key": test["key"], "msg": test["msg"] }))
                .collect();
            for ((group, test), answer) in tests.iter().zip(ask("hmac", &lines)) {
                // A truncated tag is the beginning of ours.
                let length = group["tagSize"].as_u64().unwrap() as usize / 4;
                let ours = &answer["mac"].as_str().unwrap()[..length];
                assert_eq!(
                    ours == test["tag"].as_str().unwrap(),
                    test["result"] != "invalid",
                    "{test}"
                );
            }
        }
    }
    for name in file_like(&folder, "hkdf_sha256") {
        let tests = wycheproof(&folder, &name);
        let lines: Vec<Value> = tests
            .iter()
            .map(|(_, test)| json!({ "alg": "SHA-256", "ikm": test["ikm"], "salt": test["salt"], "info": test["info"], "size": test["size"] }))
            .collect();
        for ((_, test), answer) in tests.iter().zip(ask("hkdf", &lines)) {
            match test["result"].as_str().unwrap() {
                "invalid" => assert_eq!(answer["ok"], false, "{test}"),
                _ => assert_eq!(answer["okm"], test["okm"], "{test}"),
            }
        }
    }
    for name in file_like(&folder, "ed25519") {
        let tests = wycheproof(&folder, &name);
        let lines: Vec<Value> = tests
            .iter()
            .map(|(group, test)| json!({ "pk": group["publicKey"]["pk"], "msg": test["msg"], "sig": test["sig"] }))
            .collect();
        for ((_, test), answer) in tests.iter().zip(ask("ed25519-verify", &lines)) {
            assert_eq!(answer["ok"] == true, test["result"] != "invalid", "{test}");
        }
    }
}

#[test]
fn merkle_proofs_agree() {
    let Some(folder) = vectors("merkle") else {
        return;
    };
    for (part, operation) in [
        ("inclusion", "merkle-inclusion"),
        ("consistency", "merkle-consistency"),
    ] {
        let paths = harness::below(&folder.join(part));
        let lines: Vec<Value> = paths
            .iter()
            .map(|path| serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
            .collect();
        assert!(lines.len() > 30, "{part}");
        for (line, answer) in lines.iter().zip(ask(operation, &lines)) {
            assert_eq!(
                answer["ok"] == true,
                line["wantErr"] == false,
                "{line} {answer}"
            );
        }
    }
}

#[test]
fn the_protocol_is_kept() {
    let unsupported = json!({ "ok": false, "error": "unsupported" });
    let aead = |alg: &str, iv: &str| json!({ "alg": alg, "key": "00".repeat(16), "iv": iv, "aad": "", "msg": "", "extra": 1 });
    assert_eq!(
        ask("aead-seal", &[aead("AES-256-CBC", &"00".repeat(12))])[0],
        unsupported
    );
    assert_eq!(
        ask("aead-seal", &[aead("AES-128-GCM", &"00".repeat(16))])[0],
        unsupported
    );
    assert_eq!(
        ask("aead-seal", &[aead("AES-128-GCM", &"00".repeat(12))])[0]["ok"],
        true
    );
    assert_eq!(
        ask(
            "hmac",
            &[json!({ "alg": "SHA-256", "key": "zz", "msg": "" })]
        )[0]["error"],
        "SL0110"
    );
    let found = ask(
        "detect",
        &[
            json!({ "text": "é: write to ada@mail.example" }),
            json!({ "text": "x", "language": "xx" }),
        ],
    );
    assert_eq!(found[0]["entities"][0]["entity"], "EMAIL_ADDRESS");
    assert_eq!(
        (
            &found[0]["entities"][0]["start"],
            &found[0]["entities"][0]["end"]
        ),
        (&json!(12), &json!(28))
    );
    assert_eq!(found[1], unsupported);
    assert!(ask("hmac", &[]).is_empty());
    fed(sealine().args(["conform", "hmac"]), "not json\n")
        .ends(2)
        .says("SL0107");
    fed(sealine().args(["conform", "hmac"]), "[1]\n").ends(2);
    said(sealine().args(["conform", "hmak"]))
        .ends(2)
        .says("did you mean `hmac`");
}

#[test]
fn encrypted_parquet_of_others_is_read() {
    let Some(folder) = vectors("parquet-encryption") else {
        return;
    };
    let files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let uniform = files.iter().find(|path| {
        path.file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("uniform_encryption")
    });
    let Some(uniform) = uniform else {
        panic!("uniform_encryption in {files:?}")
    };
    let key = hex::encode("0123456789012345");
    let right = json!({ "path": uniform, "footer_key": key });
    let wrong = json!({ "path": uniform, "footer_key": hex::encode("0123456789012346") });
    let answers = ask(
        "parquet-read",
        &[right, wrong, json!({ "path": "/nowhere" })],
    );
    assert_eq!(answers[0]["ok"], true, "{}", answers[0]);
    assert!(answers[0]["rows"].as_u64().unwrap() > 0);
    assert_eq!(answers[1]["ok"], false);
    assert_eq!(answers[2]["ok"], false);
}
