//! Random tokens end to end: kept beside the keys, the same in every run, and made for nobody else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use support::{CANARY_CARD, CANARY_EMAIL, CATALOG, Fixture, POLICY, SEALINE, csv, rows, run, walk};

const PIPELINE: &str = "\
version: 1
pipeline: customers-daily
runs_as: svc/customers-daily
inputs: { customers: crm.customers }
steps:
  safe:
    sql: |
      SELECT id, vault_token(email, 'crm', 'people', '90d') AS email,
             surrogate(card, 'card', 'crm') AS card
      FROM customers
outputs:
  - { from: safe, to: lake.customers, mode: replace }
";

const PERMITS: &str = r#"
permit (principal, action == Sealine::Action::"declassify", resource)
when { ["vault_token", "surrogate"].contains(context.protection) && context has key && context.key == "crm" };
"#;

fn written(root: &Path) -> Vec<Vec<String>> {
    let columns = ["id", "email", "card"];
    let mut all = rows(root, "lake.customers", "lake/customers/", &columns);
    all.sort();
    all
}

#[test]
fn tokens_are_kept_and_stay_the_same() {
    let policy = format!("{POLICY}{PERMITS}");
    let fixture = Fixture::with(&csv(40, 2), SEALINE, CATALOG, PIPELINE, &policy);
    let root = fixture.root();
    run(root).unwrap();
    let first = written(root);
    assert_eq!(first.len(), 40);
    assert!(first.iter().all(|row| row[1].len() == 22), "{first:?}");
    assert!(first[0][2].starts_with("9999") && first[0][2].len() == 16);
    run(root).unwrap();
    assert_eq!(written(root), first);

    let vault = root.join(".sealine/vault.db");
    let mode = std::fs::metadata(&vault).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut files = Vec::new();
    walk(root, &mut files);
    for file in files
        .iter()
        .filter(|file| !file.starts_with(root.join("data")))
    {
        let bytes = std::fs::read(file).unwrap();
        for secret in [CANARY_EMAIL, CANARY_CARD] {
            let secret = secret.as_bytes();
            let found = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!found, "{}", file.display());
        }
    }

    // Whoever opens the vault to others stops the runs that need it.
    std::fs::set_permissions(&vault, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(run(root).unwrap_err().code(), "SL8063");
    std::fs::set_permissions(&vault, std::fs::Permissions::from_mode(0o600)).unwrap();
    // A vault that is lost is begun anew: other tokens, and the old ones open nothing.
    std::fs::remove_file(&vault).unwrap();
    run(root).unwrap();
    assert_ne!(written(root)[0][1], first[0][1]);
}

#[test]
fn a_run_that_needs_no_vault_makes_none() {
    let fixture = Fixture::new(&csv(3, 0));
    run(fixture.root()).unwrap();
    assert!(!fixture.root().join(".sealine/vault.db").exists());
}
