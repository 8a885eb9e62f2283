//! `vault:` of `sealine.yaml`: where random tokens are kept, and where secrets are.

use sealine_spec::{SecretRef, VaultServer};

use crate::base::{CATALOG, PIPELINE, PROJECT, found, read};

const GOOD: &str = "\
vault:
  kind: postgres
  host: db.example.com
  database: tokens
  user: sealine
  password: ${env:VAULT_PASSWORD}
";

fn vault(text: &str) -> VaultServer {
    let parsed = read(&format!("{PROJECT}{text}"), CATALOG, PIPELINE);
    let Some(spec) = parsed.spec else {
        panic!("{:?}", parsed.diagnostics);
    };
    spec.project.vault.unwrap()
}

#[test]
fn a_server_is_read_with_references_to_its_secrets() {
    let plain = vault(GOOD);
    assert_eq!((plain.host.as_str(), plain.port), ("db.example.com", 5432));
    assert_eq!(
        (plain.database.as_str(), plain.user.as_str()),
        ("tokens", "sealine")
    );
    assert_eq!(
        plain.password,
        Some(SecretRef::Env("VAULT_PASSWORD".to_owned()))
    );
    assert_eq!((plain.ca, plain.client), (None, None));
    let all = vault(
        "vault: { kind: postgres, host: 10.0.0.7, port: 6432, database: 'a b', user: x, ca: certs/ca.pem,\n  \
         certificate: certs/me.pem, key: \"${file:/run/secrets/key}\" }\n",
    );
    assert_eq!((all.port, all.ca.as_deref()), (6432, Some("certs/ca.pem")));
    let client = all.client.unwrap();
    assert_eq!(client.certificate, "certs/me.pem");
    assert_eq!(client.key.to_string(), "${file:/run/secrets/key}");
    assert_eq!(all.password, None);
}

#[test]
fn mistakes_are_called_by_their_code() {
    for (old, new, codes) in [
        ("kind: postgres", "kind: mysql", &["SL1026 sealine:12"][..]),
        ("  kind: postgres\n", "", &["SL1021 sealine:11"]),
        (
            "host: db.example.com",
            "host: /run/postgresql",
            &["SL1501 sealine:13"],
        ),
        ("host: db.example.com", "host: a,b", &["SL1501 sealine:13"]),
        (
            "database: tokens",
            "database: \"a\\0\"",
            &["SL1501 sealine:14"],
        ),
        (
            "database: tokens",
            "port: 70000\n  database: tokens",
            &["SL1027 sealine:14"],
        ),
        (
            "  password: ${env:VAULT_PASSWORD}\n",
            "",
            &["SL1502 sealine:11"],
        ),
        (
            "${env:VAULT_PASSWORD}",
            "${file:../pw}",
            &["SL1041 sealine:16"],
        ),
        (
            "${env:VAULT_PASSWORD}",
            "${aws-sm:x}",
            &["SL1024 sealine:16"],
        ),
        (
            "password: ${env:VAULT_PASSWORD}",
            "certificate: a.pem",
            &["SL1021 sealine:11"],
        ),
        (
            "password:",
            "sslmode: disable\n  password:",
            &["SL1020 sealine:16"],
        ),
    ] {
        let text = GOOD.replace(old, new);
        assert_ne!(text, GOOD);
        let parsed = read(&format!("{PROJECT}{text}"), CATALOG, PIPELINE);
        assert_eq!(found(&parsed), codes, "{text}");
    }
}

#[test]
fn a_secret_in_place_of_a_reference_is_refused_and_shown_nowhere() {
    for literal in [
        "hunter2",
        "'hunter2'",
        "$hunter2",
        "${hunter2}",
        "${env:hunter2-x}",
        "${env:}",
        "${file:}",
        "${hunter2:x}",
        "\"${env:A} hunter2\"",
        "[hunter2]",
        "hunter2 ${env:A}",
    ] {
        for key in ["password", "key"] {
            let text = match key {
                "password" => GOOD.replace("${env:VAULT_PASSWORD}", literal),
                _ => format!("{GOOD}  certificate: a.pem\n  key: {literal}\n"),
            };
            let parsed = read(&format!("{PROJECT}{text}"), CATALOG, PIPELINE);
            assert!(parsed.spec.is_none(), "{text}");
            let refused = parsed.diagnostics.iter().find(|one| one.code == "SL1500");
            let refused = refused.unwrap_or_else(|| panic!("{text}"));
            assert!(refused.labels.is_empty() && refused.fixes.is_empty());
            assert!(
                refused.message.contains("sealine.yaml:"),
                "{}",
                refused.message
            );
            assert!(!format!("{:?}", parsed.diagnostics).contains("hunter2"));
        }
    }
}
