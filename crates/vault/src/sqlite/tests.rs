//! Processes that die and race, tokens that end, files that are not as they should be.

use std::{
    env, fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, AsArray, Int64Array, StringArray},
    datatypes::DataType,
};
use rusqlite::Connection;
use sealine_label::declare::Call;
use sealine_protect::{
    Entry, KeySource, ProtectError, TokenVault, VersionSource, bind,
    crypto::{Secret, TokenKey, ValueKey},
    unbind,
};

use crate::{Place, SOON, Vault, VaultId};
use keys::{Keys, call};

#[path = "../../tests/support/keys.rs"]
mod keys;

/// 2026-11-22.
const NOW: i64 = 1_795_305_600;
const DAY: i64 = 86_400;

fn known(path: &Path, id: Option<VaultId>) -> Result<Vault, ProtectError> {
    Vault::open(&Place::File(path.to_owned()), id)
}

fn opened(path: &Path) -> Arc<Vault> {
    Arc::new(known(path, None).unwrap())
}

fn at(vault: &Arc<Vault>, now: i64) -> Keys {
    let vault = Arc::clone(vault);
    Keys { vault, now }
}

fn tokens(keys: &Keys, call: &Call, values: &ArrayRef) -> Result<Vec<String>, ProtectError> {
    let output = bind(call, keys)?.apply(values)?;
    let texts = output.as_string::<i32>().iter().flatten();
    Ok(texts.map(str::to_owned).collect())
}

fn open(keys: &Keys, call: &Call, tokens: &[String]) -> Result<Vec<String>, ProtectError> {
    let tokens: ArrayRef = Arc::new(StringArray::from_iter_values(tokens));
    let output = unbind(call, keys)?.open(&tokens, &DataType::Utf8, &[])?;
    let texts = output.as_string::<i32>().iter().flatten();
    Ok(texts.map(str::to_owned).collect())
}

fn values(range: std::ops::Range<usize>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(
        range.map(|n| format!("CANARY{n:05}@example.com")),
    ))
}

fn count(path: &Path) -> i64 {
    let connection = Connection::open(path).unwrap();
    connection
        .query_row("SELECT count(*) FROM token", [], |row| row.get(0))
        .unwrap()
}

/// What a crash leaves is looked at with SQLite's own eyes.
fn is_whole(path: &Path) -> bool {
    let connection = Connection::open(path).unwrap();
    let check = connection.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
    check.unwrap() == "ok"
}

#[test]
fn tokens_outlive_the_process_and_open_in_batch() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault.db");
    let call = call("crm", "pii.email", "", "value");
    let first = {
        let vault = opened(&path);
        tokens(&at(&vault, NOW), &call, &values(0..9000)).unwrap()
    };
    let vault = opened(&path);
    let keys = at(&vault, NOW + DAY);
    assert_eq!(tokens(&keys, &call, &values(0..9000)).unwrap(), first);
    let overlapping = tokens(&keys, &call, &values(8000..10_000)).unwrap();
    assert_eq!(overlapping[..1000], first[8000..]);
    assert_eq!(count(&path), 10_000);
    let back = open(&keys, &call, &first).unwrap();
    assert_eq!(back.len(), 9000);
    assert_eq!(back[4321], "CANARY04321@example.com");
    // A slice of the vault's own tokens, in another order and more than once.
    let some = [first[7].clone(), first[7].clone(), first[3].clone()];
    assert_eq!(
        open(&keys, &call, &some).unwrap()[2],
        "CANARY00003@example.com"
    );
}

#[test]
fn keys_and_domains_are_apart() {
    let dir = tempfile::tempdir().unwrap();
    let vault = opened(&dir.path().join("vault.db"));
    let keys = at(&vault, NOW);
    let one = tokens(&keys, &call("crm", "a", "", "value"), &values(0..1)).unwrap();
    for other in [
        call("crm", "b", "", "value"),
        call("sales", "a", "", "value"),
    ] {
        assert_ne!(tokens(&keys, &other, &values(0..1)).unwrap(), one);
        let error = open(&keys, &other, &one).unwrap_err();
        assert_eq!(error.code(), "SL8061");
    }
    // A key that was made anew under an old name finds nothing of the old one's and opens nothing.
    struct Anew(Keys);
    impl KeySource for Anew {
        fn token_key(&self, _: &str) -> Result<TokenKey, ProtectError> {
            TokenKey::new(&Secret::new(vec![0xee; 32]))
        }
        fn value_key(&self, name: &str) -> Result<ValueKey, ProtectError> {
            self.0.value_key(name)
        }
        fn vault(&self, key: &str) -> Result<Arc<dyn TokenVault>, ProtectError> {
            self.0.vault(key)
        }
    }
    impl VersionSource for Anew {
        fn value_key_version(&self, name: &str, _: u32) -> Result<ValueKey, ProtectError> {
            self.value_key(name)
        }
    }
    let call = call("crm", "a", "", "value");
    let anew = Anew(at(&vault, NOW));
    let other = bind(&call, &anew).unwrap().apply(&values(0..1)).unwrap();
    assert_ne!(other.as_string::<i32>().value(0), one[0]);
    let tokens: ArrayRef = Arc::new(StringArray::from(one));
    let error = unbind(&call, &anew)
        .unwrap()
        .open(&tokens, &DataType::Utf8, &[]);
    assert_eq!(error.unwrap_err().code(), "SL8031");
}

#[test]
fn a_token_ends_and_its_value_gets_another() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault.db");
    let vault = opened(&path);
    let short = call("crm", "d", "90d", "value");
    let first = tokens(&at(&vault, NOW), &short, &values(0..3)).unwrap();
    let last_second = at(&vault, NOW + 90 * DAY - 1);
    assert_eq!(tokens(&last_second, &short, &values(0..3)).unwrap(), first);
    assert_eq!(open(&last_second, &short, &first).unwrap().len(), 3);
    // To look a token up does not prolong it.
    let end = at(&vault, NOW + 90 * DAY);
    assert_eq!(open(&end, &short, &first).unwrap_err().code(), "SL8061");
    let second = tokens(&end, &short, &values(0..1)).unwrap();
    assert_ne!(second[0], first[0]);
    assert_eq!(
        open(&end, &short, &second).unwrap(),
        ["CANARY00000@example.com"]
    );
    assert_eq!(count(&path), 1, "what expired is gone from the file");
    // What has no end stays, and a call with a shorter life does not shorten it.
    let ever = call("crm", "e", "0", "value");
    let lasting = tokens(&at(&vault, NOW), &ever, &values(0..1)).unwrap();
    let century = at(&vault, NOW + 36_500 * DAY);
    let again = tokens(&century, &call("crm", "e", "1h", "value"), &values(0..1)).unwrap();
    assert_eq!(again, lasting);
}

#[test]
fn the_expired_go_in_bounded_parts() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault.db");
    let vault = opened(&path);
    let short = call("crm", "d", "1h", "never");
    tokens(&at(&vault, NOW), &short, &values(0..2500)).unwrap();
    tokens(
        &at(&vault, NOW),
        &call("crm", "d", "", "value"),
        &values(0..5),
    )
    .unwrap();
    assert_eq!(vault.purge(NOW + 3599).unwrap(), 0);
    tokens(&at(&vault, NOW + 3600), &short, &values(0..1)).unwrap();
    assert_eq!(count(&path), 2500 - 1000 + 1 + 5);
    assert_eq!(vault.purge(NOW + 3600).unwrap(), 1500);
    assert_eq!(count(&path), 6);
}

#[test]
fn the_file_shows_no_value_and_belongs_to_its_owner() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault.db");
    let vault = opened(&path);
    let keys = at(&vault, NOW);
    tokens(&keys, &call("crm", "d", "", "value"), &values(0..50)).unwrap();
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![4_111_222_333_444_555]));
    tokens(&keys, &call("crm", "d", "", "never"), &numbers).unwrap();
    let mut files = 0;
    for entry in fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o777,
            0o600
        );
        let bytes = fs::read(entry.path()).unwrap();
        for secret in [&b"CANARY"[..], b"example.com", b"4111222333444555"] {
            let found = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!found, "{:?}", entry.path());
        }
        files += 1;
    }
    assert_eq!(files, 3, "the vault, its log and its index");
}

#[test]
fn a_file_that_is_not_as_it_should_be_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |path: &Path, about: &str| {
        let error = known(path, None).unwrap_err();
        assert_eq!(error.code(), "SL8063");
        assert!(error.to_string().contains(about), "{error}");
    };
    let path = dir.path().join("vault.db");
    drop(opened(&path));
    let link = dir.path().join("link.db");
    symlink(&path, &link).unwrap();
    refused(&link, "link");
    refused(dir.path(), "regular file");
    refused(&dir.path().join("no/vault.db"), "folder");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    refused(&path, "chmod 600");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    drop(opened(&path));
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 4)
        .unwrap();
    refused(&path, "another version");
    fs::write(&path, vec![0x5a; 9000]).unwrap();
    refused(&path, "damaged");
    let foreign = dir.path().join("foreign.db");
    let connection = Connection::open(&foreign).unwrap();
    connection.execute_batch("CREATE TABLE t (x)").unwrap();
    drop(connection);
    fs::set_permissions(&foreign, fs::Permissions::from_mode(0o600)).unwrap();
    refused(&foreign, "something else");
    // An empty file is what a crash leaves before the tables are made.
    let empty = dir.path().join("empty.db");
    fs::write(&empty, b"").unwrap();
    fs::set_permissions(&empty, fs::Permissions::from_mode(0o600)).unwrap();
    drop(opened(&empty));
}

#[test]
fn a_vault_that_is_gone_or_another_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault.db");
    let id = opened(&path).id();
    assert_eq!(opened(&path).id(), id);
    assert_eq!(known(&path, Some(id)).unwrap().id(), id);
    let lost = |about: &str| {
        let error = known(&path, Some(id)).unwrap_err();
        assert_eq!(error.code(), "SL8504");
        assert!(error.to_string().contains(about), "{error}");
    };
    // What a truncation leaves is not filled with new tables.
    for name in ["vault.db-wal", "vault.db-shm"] {
        let _ = fs::remove_file(dir.path().join(name));
    }
    fs::write(&path, b"").unwrap();
    lost("is gone");
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
    fs::remove_file(&path).unwrap();
    lost("is gone");
    assert!(!path.exists(), "nothing is made in its place");
    let other = opened(&path).id();
    assert_ne!(other, id);
    lost("is not the vault");
    assert_eq!(known(&path, Some(other)).unwrap().id(), other);
}

#[test]
fn a_vault_of_the_first_version_gets_an_id_and_keeps_its_tokens() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault.db");
    let call = call("crm", "d", "", "value");
    let made = tokens(&at(&opened(&path), NOW), &call, &values(0..5)).unwrap();
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("DROP TABLE vault; PRAGMA user_version = 1")
        .unwrap();
    drop(connection);
    let id = opened(&path).id();
    let vault = Arc::new(known(&path, Some(id)).unwrap());
    assert_eq!(
        tokens(&at(&vault, NOW), &call, &values(0..5)).unwrap(),
        made
    );
}

#[test]
fn a_vault_counts_its_batches_and_an_older_copy_has_fewer() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault.db");
    let call = call("crm", "pii.email", "", "value");
    let vault = opened(&path);
    assert_eq!(vault.batches().unwrap(), Some(0));
    let keys = at(&vault, NOW);
    tokens(&keys, &call, &values(0..5)).unwrap();
    let one = vault.batches().unwrap().unwrap();
    assert!(one > 0);
    // What makes no token counts nothing.
    tokens(&keys, &call, &values(0..5)).unwrap();
    assert_eq!(vault.batches().unwrap(), Some(one));
    tokens(&keys, &call, &values(5..6)).unwrap();
    assert!(vault.batches().unwrap().unwrap() > one);
    // One of the version before begins to count, and keeps id and tokens.
    let (id, all) = (vault.id(), count(&path));
    drop((keys, vault));
    Connection::open(&path)
        .unwrap()
        .execute_batch("ALTER TABLE vault DROP COLUMN batches; PRAGMA user_version = 2")
        .unwrap();
    let vault = known(&path, Some(id)).unwrap();
    assert_eq!((vault.batches().unwrap(), count(&path)), (Some(0), all));
}

#[test]
fn every_living_token_is_carried_over_once_and_compared() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("from.db"), dir.path().join("to.db"));
    let (source, target) = (opened(&from), opened(&to));
    let (lasting, ending) = (
        call("crm", "a", "", "value"),
        call("crm", "b", "1d", "value"),
    );
    let each = call("other", "a", "", "never");
    let keys = at(&source, NOW);
    let first = tokens(&keys, &lasting, &values(0..1234)).unwrap();
    tokens(&keys, &ending, &values(0..10)).unwrap();
    tokens(&keys, &each, &values(0..7)).unwrap();
    // Two days later the ones of a day have ended.
    let later = NOW + 2 * DAY;
    let mut steps = Vec::new();
    let moved = source.carry_to(&target, later, &mut |carried, compared| {
        steps.push((carried, compared));
    });
    assert_eq!(moved.unwrap(), 1241);
    assert_eq!(*steps.last().unwrap(), (1241, 1241));
    assert_eq!((count(&from), count(&to)), (1251, 1241));
    let there = at(&target, later);
    assert_eq!(tokens(&there, &lasting, &values(0..1234)).unwrap(), first);
    assert_eq!(
        open(&there, &lasting, &first).unwrap()[77],
        "CANARY00077@example.com"
    );
    // Again, and after a part of it was lost: the same.
    let again = || source.carry_to(&target, later, &mut |_, _| {});
    assert_eq!(again().unwrap(), 1241);
    let half = "DELETE FROM token WHERE token > x'80'";
    Connection::open(&to).unwrap().execute_batch(half).unwrap();
    assert!(count(&to) < 1241);
    assert_eq!(again().unwrap(), 1241);
    // A byte that differs is found, and so is a token too many, or another one of the same subject.
    let other = |sql: &str| Connection::open(&to).unwrap().execute_batch(sql).unwrap();
    other("UPDATE token SET sealed = x'00' WHERE token = (SELECT min(token) FROM token)");
    assert_eq!(again().unwrap_err().code(), "SL8507");
    other("DELETE FROM token");
    tokens(&at(&target, later), &lasting, &values(5..6)).unwrap();
    assert_eq!(again().unwrap_err().code(), "SL8507");
    other("DELETE FROM token");
    tokens(&at(&target, later), &lasting, &values(9000..9001)).unwrap();
    assert_eq!(again().unwrap_err().code(), "SL8507");
    other("DELETE FROM token");
    tokens(
        &at(&target, later),
        &call("new", "c", "", "value"),
        &values(0..1),
    )
    .unwrap();
    assert_eq!(again().unwrap_err().code(), "SL8507");
}

#[test]
fn tokens_are_counted_by_key_and_domain() {
    let dir = tempfile::tempdir().unwrap();
    let vault = opened(&dir.path().join("vault.db"));
    assert_eq!(vault.counts(NOW).unwrap(), []);
    let make = |key, domain, ttl, now, range| {
        tokens(
            &at(&vault, now),
            &call(key, domain, ttl, "value"),
            &values(range),
        )
        .unwrap();
    };
    make("crm", "b", "90d", NOW, 0..3);
    make("crm", "b", "1h", NOW + 5, 3..5);
    make("crm", "a", "", NOW + 7, 0..2);
    make("sales", "b", "", NOW, 0..1);
    let all = vault.counts(NOW + 4000).unwrap();
    let shown: Vec<_> = all
        .iter()
        .map(|one| {
            (
                one.key.as_str(),
                one.domain.as_str(),
                one.alive,
                one.ending,
                one.expired,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("crm", "a", 2, 0, 0),
            ("crm", "b", 3, 0, 2),
            ("sales", "b", 1, 0, 0)
        ]
    );
    assert_eq!(all[1].oldest, Some(NOW));
    assert_eq!(all[1].next_end, Some(NOW + 90 * DAY));
    assert_eq!((all[0].oldest, all[0].next_end), (Some(NOW + 7), None));
    let later = vault.counts(NOW + 90 * DAY - SOON).unwrap();
    assert_eq!((later[1].alive, later[1].ending), (3, 3));
}

#[test]
fn after_a_failure_nothing_is_tried_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault.db");
    let vault = opened(&path);
    let room = vault.at("crm", NOW);
    let entry = Entry {
        subject: Some([7; 32]),
        token: [1; 16],
        sealed: vec![],
    };
    let same_token = Entry {
        subject: Some([8; 32]),
        ..entry.clone()
    };
    // The second breaks the table's key: neither is kept.
    let failed = room
        .keep("d", &[entry.clone(), same_token], None)
        .unwrap_err();
    assert_eq!(failed.code(), "SL8062");
    let again = room.find("d", &[[7; 32]]).unwrap_err();
    assert!(again.to_string().contains("failed before"), "{again}");
    assert_eq!(count(&path), 0);
    let room = opened(&path).at("crm", NOW);
    assert_eq!(room.keep("d", &[entry], None).unwrap(), [[1; 16]]);
}

/// Where the tests let a child process die, as if by `kill -9`.
pub(crate) fn die_at(step: &str, place: &str) {
    if step == "keeping tokens" && env::var("VAULT_DIES").is_ok_and(|die| die == place) {
        std::process::abort();
    }
}

/// The work of a child process: tokens for many values, told on its standard output. Without a
/// parent there is nothing to do.
#[test]
#[allow(clippy::print_stdout, reason = "how a child answers its parent")]
fn child() {
    let Ok(path) = env::var("VAULT_PATH") else {
        return;
    };
    let vault = opened(Path::new(&path));
    let call = call("crm", "pii.email", "", "value");
    // Every process in an order of its own, in small batches, so that each is faster somewhere.
    let backwards = env::var("VAULT_BACKWARDS").is_ok();
    for batch in 0..40 {
        let batch = if backwards { 39 - batch } else { batch };
        let range = batch * 50..(batch + 1) * 50;
        let made = tokens(&at(&vault, NOW), &call, &values(range.clone())).unwrap();
        for (number, token) in range.zip(made) {
            println!("token {number} {token}");
        }
    }
}

fn child_at(path: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["sqlite::tests::child", "--exact", "--nocapture"])
        .env("VAULT_PATH", path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

fn told(output: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(output);
    let mut lines: Vec<String> = text
        .lines()
        .filter_map(|line| line.find("token ").map(|at| line[at..].to_owned()))
        .collect();
    lines.sort();
    lines
}

#[test]
fn two_processes_give_one_value_one_token() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault.db");
    // They also race to make the file.
    let one = child_at(&path).spawn().unwrap();
    let two = child_at(&path).env("VAULT_BACKWARDS", "1").spawn().unwrap();
    let three = child_at(&path).spawn().unwrap();
    let outputs = [one, two, three].map(|child| child.wait_with_output().unwrap());
    let [one, two, three] = outputs.map(|output| {
        assert!(output.status.success());
        told(&output.stdout)
    });
    assert_eq!(one.len(), 2000);
    assert_eq!(one, two);
    assert_eq!(one, three);
    assert_eq!(count(&path), 2000);
}

#[test]
fn a_process_that_dies_leaves_whole_batches() {
    for (place, left) in [
        ("within the batch", 0),
        ("before the commit", 0),
        ("after the commit", 50),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vault.db");
        drop(opened(&path));
        let output = child_at(&path).env("VAULT_DIES", place).output().unwrap();
        assert!(!output.status.success(), "{place}");
        assert!(
            told(&output.stdout).is_empty(),
            "no token was told before it was kept"
        );
        // The next process goes on as if nothing had happened, and finds what was kept.
        let vault = opened(&path);
        assert!(is_whole(&path));
        assert_eq!(count(&path), left, "{place}");
        let call = call("crm", "pii.email", "", "value");
        let made = tokens(&at(&vault, NOW), &call, &values(0..50)).unwrap();
        assert_eq!(made.len(), 50);
        assert_eq!(count(&path), 50, "{place}");
        assert_eq!(open(&at(&vault, NOW), &call, &made).unwrap().len(), 50);
    }
}
