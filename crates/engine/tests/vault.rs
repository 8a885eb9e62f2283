//! Random tokens end to end: kept beside the keys, the same in every run, and made for nobody else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

#[path = "../../vault/tests/support/base.rs"]
mod base;
#[path = "../../vault/tests/support/services.rs"]
mod services;
mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use base::Base;
use sealine_access::Principal;
use sealine_audit::{Action, Reader};
use sealine_engine::{EngineError, Migrated, Silent};
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
}

/// Permits what is done to a vault by hand.
const ADMINISTERS: &str = r#"
permit (principal == Sealine::User::"ada", action == Sealine::Action::"administer", resource == Sealine::Key::"sealine/vault");
"#;

fn ada() -> Principal {
    Principal::user("ada")
}

/// What the log says of vaults.
fn logged(root: &Path) -> Vec<Action> {
    let reader = Reader::open(&root.join(".sealine/log")).unwrap();
    let actions = reader
        .entries(0)
        .map(|record| record.unwrap().event.unwrap().action);
    actions
        .filter(|action| action.name().starts_with("vault."))
        .collect()
}

#[test]
fn a_vault_that_is_lost_stops_the_run_until_it_is_given_up() {
    let policy = format!("{POLICY}{PERMITS}{ADMINISTERS}");
    let fixture = Fixture::with(&csv(10, 0), SEALINE, CATALOG, PIPELINE, &policy);
    let root = fixture.root();
    let vault = root.join(".sealine/vault.db");
    assert!(support::open(root).vault(&ada()).unwrap().is_none());
    run(root).unwrap();
    let first = written(root);
    let report = support::open(root).vault(&ada()).unwrap().unwrap();
    assert_eq!(
        (report.place.as_str(), report.spaces[0].alive),
        (".sealine/vault.db", 10)
    );
    let known = |actions: &[Action], place: usize| match &actions[place] {
        Action::VaultKnown { vault, .. } => vault.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(known(&logged(root), 0), report.id);
    run(root).unwrap();
    assert_eq!(logged(root).len(), 1, "it is told once");

    // Gone: no run makes another one in its place.
    let kept = root.join("kept.db");
    std::fs::rename(&vault, &kept).unwrap();
    assert_eq!(run(root).unwrap_err().code(), "SL8504");
    assert!(!vault.exists());
    assert_eq!(
        support::open(root).vault(&ada()).unwrap_err().code(),
        "SL8504"
    );
    // Restored: as if nothing had been.
    std::fs::rename(&kept, &vault).unwrap();
    run(root).unwrap();
    assert_eq!(written(root), first);
    // Another one in its place is not taken for it.
    let other = Fixture::with(&csv(10, 0), SEALINE, CATALOG, PIPELINE, &policy);
    run(other.root()).unwrap();
    std::fs::copy(other.root().join(".sealine/vault.db"), &vault).unwrap();
    assert_eq!(run(root).unwrap_err().code(), "SL8504");

    // Given up by who may, for a reason.
    let forget = |user: &Principal| {
        support::begin(root, Arc::new(Silent))
            .unwrap()
            .forget_vault("the disk is gone", user)
    };
    let refused = forget(&Principal::user("mallory")).unwrap_err();
    assert!(matches!(refused, EngineError::Access(_)), "{refused}");
    assert_eq!(run(root).unwrap_err().code(), "SL8504");
    assert!(forget(&ada()).unwrap());
    assert!(!forget(&ada()).unwrap());
    std::fs::remove_file(&vault).unwrap();
    run(root).unwrap();
    assert_ne!(written(root)[0][1], first[0][1]);
    let said = logged(root);
    assert!(
        matches!(&said[1], Action::VaultForgotten { vault, reason } if *vault == report.id && reason.contains("disk"))
    );
    assert_ne!(known(&said, 2), report.id);
}

#[test]
fn an_older_copy_of_the_vault_stops_the_run_until_it_is_accepted() {
    let policy = format!("{POLICY}{PERMITS}{ADMINISTERS}");
    let fixture = Fixture::with(&csv(10, 0), SEALINE, CATALOG, PIPELINE, &policy);
    let root = fixture.root();
    let vault = root.join(".sealine/vault.db");
    let copy = |to: &Path, from: &Path| {
        for end in ["", "-wal", "-shm"] {
            let with = |path: &Path| format!("{}{end}", path.display());
            let _ = std::fs::remove_file(with(to));
            if Path::new(&with(from)).exists() {
                std::fs::copy(with(from), with(to)).unwrap();
            }
        }
    };
    run(root).unwrap();
    let first = written(root);
    let backup = root.join("backup.db");
    copy(&backup, &vault);
    // Nothing new: the backup is as good as the vault.
    run(root).unwrap();
    copy(&vault, &backup);
    run(root).unwrap();
    // Ten more people, who are not in the backup.
    std::fs::write(root.join("data/customers.csv"), csv(20, 0)).unwrap();
    run(root).unwrap();
    let newest = root.join("newest.db");
    copy(&newest, &vault);
    let (more, before) = (written(root), logged(root).len());
    assert_eq!(more.len(), 20);
    copy(&vault, &backup);
    let error = run(root).unwrap_err();
    assert_eq!(error.code(), "SL8506", "{error}");
    assert_eq!(
        support::open(root).vault(&ada()).unwrap_err().code(),
        "SL8506"
    );
    // The newest one is taken as ever.
    copy(&vault, &newest);
    run(root).unwrap();
    assert_eq!(written(root), more);
    // The older one, by who may, for a reason that the log keeps.
    copy(&vault, &backup);
    let accept = |user: &Principal| {
        support::begin(root, Arc::new(Silent))
            .unwrap()
            .accept_vault("the disk is gone", user)
    };
    let refused = accept(&Principal::user("mallory")).unwrap_err();
    assert!(matches!(refused, EngineError::Access(_)), "{refused}");
    assert_eq!(run(root).unwrap_err().code(), "SL8506");
    assert!(accept(&ada()).unwrap());
    assert!(!accept(&ada()).unwrap());
    run(root).unwrap();
    let now = written(root);
    let mails =
        |rows: &[Vec<String>]| -> Vec<String> { rows.iter().map(|row| row[1].clone()).collect() };
    let kept = mails(&now)
        .iter()
        .filter(|mail| mails(&more).contains(mail))
        .count();
    assert_eq!(
        (first.len(), kept),
        (10, 10),
        "ten are as they were, ten are new"
    );
    let said = logged(root);
    assert_eq!(said.len(), before + 1);
    assert!(
        matches!(said.last(), Some(Action::VaultAccepted { reason, .. }) if reason.contains("disk"))
    );
}

#[test]
fn expired_tokens_are_removed_by_who_may_and_logged() {
    let policy = format!("{POLICY}{PERMITS}{ADMINISTERS}");
    let fixture = Fixture::with(&csv(10, 0), SEALINE, CATALOG, PIPELINE, &policy);
    let root = fixture.root();
    run(root).unwrap();
    let session = || support::begin(root, Arc::new(Silent)).unwrap();
    assert_eq!(session().purge_vault(&ada()).unwrap(), Some(0));
    let refused = session()
        .purge_vault(&Principal::user("mallory"))
        .unwrap_err();
    assert!(matches!(refused, EngineError::Access(_)), "{refused}");
    assert!(matches!(
        logged(root).last(),
        Some(Action::VaultPurged { tokens: 0, .. })
    ));
}

#[test]
fn projects_that_share_a_database_share_their_tokens() {
    let Some(base) = Base::with_vault() else {
        return;
    };
    let server = format!(
        "{SEALINE}vault:\n  kind: postgres\n  host: localhost\n  port: {}\n  database: {}\n  user: {}\n  \
         password: ${{file:password}}\n  ca: {}\n",
        base.port(),
        base.name,
        base.name,
        std::fs::canonicalize(base.pki("ca.pem")).unwrap().display(),
    );
    let policy = format!("{POLICY}{PERMITS}{ADMINISTERS}");
    let project = |password: &str| {
        let fixture = Fixture::with(&csv(40, 0), &server, CATALOG, PIPELINE, &policy);
        let path = fixture.root().join("password");
        std::fs::write(&path, password).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        fixture
    };
    let one = project(&base.password);
    run(one.root()).unwrap();
    let first = written(one.root());
    assert!(!one.root().join(".sealine/vault.db").exists());
    assert!(
        matches!(&logged(one.root())[..], [Action::VaultKnown { place, .. }] if place.starts_with("postgres://localhost"))
    );
    // Another worker with the same keys.
    let two = project(&base.password);
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .args([one.root().join(".sealine"), two.root().to_path_buf()])
        .status()
        .unwrap();
    assert!(copied.success());
    run(two.root()).unwrap();
    assert_eq!(written(two.root()), first);
    let report = support::open(two.root()).vault(&ada()).unwrap().unwrap();
    assert_eq!(
        report.spaces.iter().map(|space| space.alive).sum::<u64>(),
        40
    );
    // A wrong password, and then no vault where one was: nothing is published, nothing of it is said.
    std::fs::write(two.root().join("password"), "hunter2").unwrap();
    let error = run(two.root()).unwrap_err();
    assert_eq!(error.code(), "SL8502");
    assert!(!error.to_string().contains("hunter2"));
    std::fs::set_permissions(
        two.root().join("password"),
        std::fs::Permissions::from_mode(0o644),
    )
    .unwrap();
    assert_eq!(run(two.root()).unwrap_err().code(), "SL8505");
    base.owner(&format!(
        "DROP SCHEMA sealine_vault CASCADE; {}",
        sealine_vault::sql(&base.name)
    ));
    assert_eq!(run(one.root()).unwrap_err().code(), "SL8504");
    assert_eq!(written(one.root()), first);
}

#[test]
fn a_project_moves_its_vault_into_a_database_and_goes_on_with_the_same_tokens() {
    let Some(base) = Base::with_vault() else {
        return;
    };
    let policy = format!("{POLICY}{PERMITS}{ADMINISTERS}");
    let fixture = Fixture::with(&csv(40, 0), SEALINE, CATALOG, PIPELINE, &policy);
    let root = fixture.root();
    let migrate = |user: &Principal| {
        support::begin(root, Arc::new(Silent))
            .unwrap()
            .migrate_vault(user, &mut |_, _| {})
    };
    run(root).unwrap();
    let first = written(root);
    let server = format!(
        "{SEALINE}vault:\n  kind: postgres\n  host: localhost\n  port: {}\n  database: {}\n  user: {}\n  \
         password: ${{file:password}}\n  ca: {}\n",
        base.port(),
        base.name,
        base.name,
        std::fs::canonicalize(base.pki("ca.pem")).unwrap().display(),
    );
    let path = root.join("password");
    std::fs::write(&path, &base.password).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(root.join("sealine.yaml"), &server).unwrap();
    // Not without the move: it is another vault.
    assert_eq!(run(root).unwrap_err().code(), "SL8504");
    let refused = migrate(&Principal::user("mallory")).unwrap_err();
    assert!(matches!(refused, EngineError::Access(_)), "{refused}");
    let Migrated::Moved { tokens, from, .. } = migrate(&ada()).unwrap() else {
        panic!("nothing was moved");
    };
    assert_eq!((tokens, from.as_str()), (40, ".sealine/vault.db"));
    assert_eq!(migrate(&ada()).unwrap(), Migrated::Before);
    run(root).unwrap();
    assert_eq!(written(root), first);
    // The file lies where it lay, and is not what the project uses.
    assert!(root.join(".sealine/vault.db").exists());
    assert!(matches!(
        logged(root).last(),
        Some(Action::VaultMoved { tokens: 40, .. })
    ));
    std::fs::write(root.join("sealine.yaml"), SEALINE).unwrap();
    assert_eq!(run(root).unwrap_err().code(), "SL8504");
}

#[test]
fn a_run_that_needs_no_vault_makes_none() {
    let fixture = Fixture::new(&csv(3, 0));
    run(fixture.root()).unwrap();
    assert!(!fixture.root().join(".sealine/vault.db").exists());
}
