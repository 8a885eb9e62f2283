//! Who vouches for catalog and policy, end to end: a project whose owners signed runs, and every way round their
//! word that an engineer with the files (and not the key) could think of is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use harness::{Project, Said, skipped};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A project with one owner, whose key lies elsewhere.
struct Owned {
    project: Project,
    keys: TempDir,
    signature: String,
}

impl Owned {
    /// Signed, and not run yet.
    fn new() -> Owned {
        let owned = Owned {
            project: Project::small(),
            keys: tempfile::tempdir().unwrap(),
            signature: String::new(),
        };
        let line = owned.keygen("privacy", "owner.pem");
        let signature = owned.declare("privacy", &line);
        owned.sign("privacy", "owner.pem").ends(0);
        Owned { signature, ..owned }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.keys.path().join(name)
    }

    /// Makes a key without a passphrase; its public half.
    fn keygen(&self, owner: &str, file: &str) -> String {
        let file = self.file(file);
        let arguments = [
            "policy",
            "keygen",
            "--pem",
            "--format",
            "json",
            "--owner",
            owner,
            "--out",
            file.to_str().unwrap(),
        ];
        let made = self.project.sealine(&arguments).ends(0).json();
        made["key"].as_str().unwrap().to_owned()
    }

    /// Writes `owners:` anew; where the signature will lie.
    fn declare(&self, owner: &str, key: &str) -> String {
        let text = self.project.read("sealine.yaml");
        let text = text.split("owners:").next().unwrap().trim_end();
        self.project.write(
            "sealine.yaml",
            &format!(
                "{text}\nowners:\n  {owner}: {{ key: \"{key}\", signs: [catalog/, policy/] }}\n"
            ),
        );
        format!("signatures/{owner}-{}.json", key.split('+').nth(1).unwrap())
    }

    fn sign(&self, owner: &str, file: &str) -> Said {
        let file = self.file(file);
        let file = file.to_str().unwrap();
        self.project
            .sealine(&["policy", "sign", "--owner", owner, "--key", file])
    }

    /// `check` and `run` refuse with this code, `policy verify` fails, and nothing of a key is shown.
    #[track_caller]
    fn refuses(&self, code: &str) {
        self.project.sealine(&["check"]).ends(3).says(code);
        self.project.sealine(&["run"]).ends(3).says(code);
        self.project
            .sealine(&["policy", "verify"])
            .ends(4)
            .says(code);
    }

    #[track_caller]
    fn passes(&self) {
        self.project.sealine(&["check"]).ends(0);
        self.project.sealine(&["policy", "verify"]).ends(0);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
}

#[test]
fn what_an_owner_signed_runs_and_the_receipt_says_who() {
    let owned = Owned::new();
    owned.passes();
    let ran = owned.project.sealine(&["run", "--format", "json"]).ends(0);
    let receipt = ran.json()["receipt"]["path"].as_str().unwrap().to_owned();
    let envelope: serde_json::Value = serde_json::from_str(&owned.project.read(&receipt)).unwrap();
    let payload = STANDARD
        .decode(envelope["payload"].as_str().unwrap())
        .unwrap();
    let statement: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(statement["predicate"]["owners"][0]["owner"], "privacy");
    owned
        .project
        .sealine(&["audit", "show", "--limit", "100"])
        .ends(0)
        .says("owners.known");
    owned.project.sealine(&["audit", "verify"]).ends(0);
    // It is noted once, and pipelines are nobody's to sign.
    owned.project.edit(
        "pipelines/customers-daily.yaml",
        "version: 1",
        "version: 1 # mine",
    );
    owned.project.sealine(&["run"]).ends(0);
    let log = owned
        .project
        .sealine(&["audit", "show", "--limit", "100"])
        .ends(0);
    assert_eq!(log.out.matches("owners.known").count(), 1, "{}", log.out);
}

#[test]
fn a_changed_byte_an_added_a_removed_and_a_renamed_file_are_refused() {
    let owned = Owned::new();
    let (policy, catalog) = ("policy/customers.cedar", "catalog/crm.yaml");
    let path = owned.project.path().to_path_buf();
    let attacks: [(&str, &dyn Fn()); 8] = [
        ("a condition left out", &|| {
            owned
                .project
                .edit(policy, "context.first <= 6", "context.first <= 60");
        }),
        ("a comment", &|| {
            let text = owned.project.read(policy);
            owned.project.write(policy, &format!("{text}// nothing\n"));
        }),
        ("line ends", &|| {
            let text = owned.project.read(catalog).replace('\n', "\r\n");
            owned.project.write(catalog, &text);
        }),
        ("a level lowered", &|| {
            owned
                .project
                .edit(catalog, "level: restricted", "level: internal");
        }),
        ("an added file", &|| {
            owned.project.write(
                "policy/more.cedar",
                "@id(\"more\") permit (principal, action == Sealine::Action::\"preview\", resource);\n",
            );
        }),
        ("a removed file", &|| {
            fs::remove_file(path.join(policy)).unwrap();
        }),
        ("a renamed file", &|| {
            fs::rename(path.join(policy), path.join("policy/other.cedar")).unwrap();
        }),
        ("another clearance of the terminal", &|| {
            owned.project.edit(
                "sealine.yaml",
                "operator_clearance: internal",
                "operator_clearance: restricted",
            );
        }),
    ];
    let kept = tempfile::tempdir().unwrap();
    copy(&path, kept.path());
    for (name, attack) in attacks {
        attack();
        let said = owned.project.sealine(&["check"]);
        assert_eq!(said.code, Some(3), "{name}: {}{}", said.out, said.err);
        owned.refuses("SL4451");
        for folder in ["catalog", "policy"] {
            fs::remove_dir_all(path.join(folder)).unwrap();
        }
        copy(kept.path(), &path);
        owned.passes();
    }
    // A link is no file of a project at all.
    fs::rename(path.join(catalog), path.join("elsewhere.yaml")).unwrap();
    std::os::unix::fs::symlink(path.join("elsewhere.yaml"), path.join(catalog)).unwrap();
    owned.project.sealine(&["check"]).ends(2).says("SL5002");
}

#[test]
fn a_signature_that_is_missing_broken_or_of_another_key_is_refused() {
    let owned = Owned::new();
    let good = owned.project.read(&owned.signature);
    fs::remove_file(owned.project.path().join(&owned.signature)).unwrap();
    owned.refuses("SL4450");
    owned.project.write(
        &owned.signature,
        &good.replacen("payload\":\"e", "payload\":\"f", 1),
    );
    owned.refuses("SL4452");
    owned.project.write(&owned.signature, "");
    owned.refuses("SL4452");
    // Signed with another key, and put where the owner's belongs.
    let other = owned.keygen("privacy", "other.pem");
    let before = owned.project.read("sealine.yaml");
    let place = owned.declare("privacy", &other);
    owned.sign("privacy", "other.pem").ends(0);
    let forged = owned.project.read(&place);
    owned.project.write("sealine.yaml", &before);
    owned.sign("privacy", "other.pem").ends(2).says("SL0340");
    owned.project.write(&owned.signature, &forged);
    owned.refuses("SL4452");
    owned.project.write(&owned.signature, &good);
    owned.passes();
    // The folder of signatures may not be a link.
    let folder = owned.project.path().join("signatures");
    fs::rename(&folder, owned.file("moved")).unwrap();
    std::os::unix::fs::symlink(owned.file("moved"), &folder).unwrap();
    owned.refuses("SL4452");
}

#[test]
fn who_vouched_before_must_agree_to_who_vouches_next() {
    let owned = Owned::new();
    let before = owned.project.read("sealine.yaml");
    owned.project.sealine(&["run"]).ends(0);
    // Somebody who writes sealine.yaml makes themselves the owner, under either name.
    for name in ["privacy", "mallory"] {
        let file = format!("{name}.mine");
        let mine = owned.keygen(name, &file);
        owned.declare(name, &mine);
        owned.sign(name, &file).ends(0);
        owned.refuses("SL4454");
    }
    // Or does away with owners.
    let without = before.split("owners:").next().unwrap().to_owned();
    owned.project.write("sealine.yaml", &without);
    owned.refuses("SL4454");
    // With the old key's word both are fine: first another key, then none.
    let next = owned.keygen("privacy", "next.pem");
    owned.declare("privacy", &next);
    owned.sign("privacy", "next.pem").ends(0);
    owned.refuses("SL4454");
    owned.sign("privacy", "owner.pem").ends(0).says("agreed");
    owned.passes();
    owned.project.sealine(&["run"]).ends(0);
    // What agreed is not needed any more, and the old key cannot come back by itself.
    fs::remove_file(owned.project.path().join(&owned.signature)).unwrap();
    owned.passes();
    let now = owned.project.read("sealine.yaml");
    owned.project.write("sealine.yaml", &before);
    owned.sign("privacy", "owner.pem").ends(0);
    owned.refuses("SL4454");
    owned.project.write("sealine.yaml", &now);
    owned.passes();
    owned.project.write("sealine.yaml", &without);
    owned.sign("privacy", "next.pem").ends(0);
    owned.project.sealine(&["check"]).ends(0);
    owned.project.sealine(&["run"]).ends(0);
    owned
        .project
        .sealine(&["policy", "verify"])
        .ends(4)
        .says("SL0341");
}

#[test]
fn an_older_state_with_its_signature_is_refused_where_a_newer_one_was_met() {
    let owned = Owned::new();
    owned.project.sealine(&["run"]).ends(0);
    let old = tempfile::tempdir().unwrap();
    for folder in ["catalog", "policy", "signatures"] {
        copy(&owned.project.path().join(folder), &old.path().join(folder));
    }
    owned.project.edit(
        "policy/customers.cedar",
        "context.first <= 6",
        "context.first <= 5",
    );
    owned.project.edit(
        "pipelines/customers-daily.yaml",
        "mask(card, 6, 4)",
        "mask(card, 5, 4)",
    );
    owned.sign("privacy", "owner.pem").ends(0);
    owned.project.sealine(&["run"]).ends(0);
    copy(old.path(), owned.project.path());
    owned.refuses("SL4453");
    owned
        .project
        .sealine(&["keys", "rotate", "lake"])
        .ends(3)
        .says("SL4453");
    owned
        .project
        .sealine(&["read", "lake.customers"])
        .ends(3)
        .says("SL4453");
    // The owner may mean it.
    owned.sign("privacy", "owner.pem").ends(0);
    owned.passes();
}

#[test]
fn a_file_that_nobody_signs_is_refused() {
    let owned = Owned::new();
    owned.project.edit(
        "sealine.yaml",
        "signs: [catalog/, policy/]",
        "signs: [policy/]",
    );
    owned.sign("privacy", "owner.pem").ends(0);
    owned.refuses("SL4455");
}

#[test]
fn a_check_on_another_machine_compares_with_a_key_that_it_trusts() {
    let owned = Owned::new();
    let key = |text: &str| text.split('"').nth(1).unwrap().to_owned();
    let line = owned.project.read("sealine.yaml");
    let good = key(line.split("owners:").nth(1).unwrap());
    let verify = |key: &str| owned.project.sealine(&["policy", "verify", "--key", key]);
    verify(&good).ends(0);
    // Nothing was run here: the word of sealine.yaml is all there is, but for the key.
    let mine = owned.keygen("privacy", "mine.pem");
    owned.declare("privacy", &mine);
    owned.sign("privacy", "mine.pem").ends(0);
    owned.passes();
    verify(&good).ends(4).says("SL0341");
    let none = line.split("owners:").next().unwrap();
    owned.project.write("sealine.yaml", none);
    verify(&good).ends(4).says("SL0341");
}

#[test]
fn a_key_under_a_passphrase_signs_and_is_never_overwritten() {
    let owned = Owned::new();
    let (file, phrase) = (owned.file("sealed.key"), owned.file("phrase"));
    fs::write(&phrase, "correct horse battery staple\n").unwrap();
    fs::set_permissions(&phrase, fs::Permissions::from_mode(0o600)).unwrap();
    let (file, phrase) = (file.to_str().unwrap(), phrase.to_str().unwrap());
    let keygen = ["policy", "keygen", "--owner", "legal", "--out", file];
    let keygen = [&keygen[..], &["--new-passphrase-file", phrase]].concat();
    let made = owned.project.sealine(&keygen).ends(0);
    owned.project.sealine(&keygen).ends(2).says("SL0101");
    let line = made
        .out
        .lines()
        .find(|line| line.contains("legal+"))
        .unwrap();
    owned.declare("legal", line.split('"').nth(1).unwrap());
    let sign = ["policy", "sign", "--owner", "legal", "--key", file];
    owned.project.sealine(&sign).ends(2).says("SL6030");
    let sign = [&sign[..], &["--passphrase-file", phrase]].concat();
    owned.project.sealine(&sign).ends(0);
    owned.passes();
    assert!(!fs::read_to_string(file).unwrap().contains("PRIVATE KEY"));
}

/// The signature is an ordinary one: openssl made the key, and checks what it signed, with nothing of ours.
#[test]
fn openssl_makes_a_key_that_signs_and_checks_the_signature() {
    if Command::new("openssl").arg("version").output().is_err() {
        skipped("openssl is not installed");
        return;
    }
    let openssl = |arguments: &[&str]| {
        let said = Command::new("openssl").args(arguments).output().unwrap();
        assert!(
            said.status.success(),
            "{}",
            String::from_utf8_lossy(&said.stderr)
        );
        said.stdout
    };
    let owned = Owned::new();
    let path = |name: &str| owned.file(name).to_str().unwrap().to_owned();
    let private = path("openssl.pem");
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", &private]);
    fs::set_permissions(&private, fs::Permissions::from_mode(0o600)).unwrap();
    let refused = owned.sign("privacy", "openssl.pem").ends(2).says("SL0340");
    let public = refused
        .err
        .split('`')
        .find(|part| part.starts_with("privacy+"));
    let place = owned.declare("privacy", public.unwrap());
    owned.sign("privacy", "openssl.pem").ends(0);
    owned.passes();
    let envelope: serde_json::Value = serde_json::from_str(&owned.project.read(&place)).unwrap();
    let (kind, payload) = (
        envelope["payloadType"].as_str().unwrap(),
        STANDARD
            .decode(envelope["payload"].as_str().unwrap())
            .unwrap(),
    );
    let mut message = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    message.extend_from_slice(&payload);
    let signature = STANDARD
        .decode(envelope["signatures"][0]["sig"].as_str().unwrap())
        .unwrap();
    fs::write(path("message"), message).unwrap();
    fs::write(path("signature"), signature).unwrap();
    let (message, signature) = (path("message"), path("signature"));
    let arguments = ["pkeyutl", "-verify", "-rawin", "-inkey", &private];
    openssl(&[&arguments[..], &["-in", &message, "-sigfile", &signature]].concat());
}
