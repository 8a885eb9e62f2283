//! The vault in a PostgreSQL: what it shares, how it agrees with itself, and whom it does not speak to.
//!
//! `cargo xtask services up postgres` starts the server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests"
)]

#[path = "support/keys.rs"]
mod keys;
mod support;

use std::{
    io::{Read, Write},
    net::TcpListener,
    path::PathBuf,
    process::Command,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use arrow::{
    array::{ArrayRef, AsArray, StringArray},
    datatypes::DataType,
};
use keys::Keys;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use sealine_label::declare::Call;
use sealine_protect::{Entry, ProtectError, bind, crypto::Secret, unbind};
use sealine_vault::{ClientCertificate, Place, Server, Vault};
use support::base::Base;

/// 2026-11-22.
const NOW: i64 = 1_795_305_600;
const DAY: i64 = 86_400;

/// Under the key `crm`.
fn call(domain: &str, ttl: &str, reuse: &str) -> Call {
    keys::call("crm", domain, ttl, reuse)
}

fn values(range: std::ops::Range<usize>) -> ArrayRef {
    let texts = range.map(|number| format!("CANARY{number:05}@example.com"));
    Arc::new(StringArray::from_iter_values(texts))
}

fn texts(array: &ArrayRef) -> Vec<String> {
    array
        .as_string::<i32>()
        .iter()
        .flatten()
        .map(str::to_owned)
        .collect()
}

fn tokens(
    vault: &Arc<Vault>,
    now: i64,
    call: &Call,
    values: &ArrayRef,
) -> Result<Vec<String>, ProtectError> {
    let keys = Keys {
        vault: Arc::clone(vault),
        now,
    };
    Ok(texts(&bind(call, &keys)?.apply(values)?))
}

fn open(
    vault: &Arc<Vault>,
    now: i64,
    call: &Call,
    tokens: &[String],
) -> Result<Vec<String>, ProtectError> {
    let keys = Keys {
        vault: Arc::clone(vault),
        now,
    };
    let tokens: ArrayRef = Arc::new(StringArray::from_iter_values(tokens));
    Ok(texts(&unbind(call, &keys)?.open(
        &tokens,
        &DataType::Utf8,
        &[],
    )?))
}

fn server(base: &Base) -> Server {
    Server {
        host: "localhost".to_owned(),
        port: base.port(),
        database: base.name.clone(),
        user: base.name.clone(),
        password: Some(Secret::new(base.password.clone().into_bytes())),
        authorities: Some(base.pki("ca.pem")),
        client: None,
    }
}

fn connect(server: Server) -> Result<Arc<Vault>, ProtectError> {
    Vault::open(&Place::Server(Arc::new(server)), None).map(Arc::new)
}

fn opened(base: &Base) -> Arc<Vault> {
    connect(server(base)).unwrap()
}

fn count(base: &Base) -> usize {
    base.owner("SELECT count(*) FROM sealine_vault.token")
        .parse()
        .unwrap()
}

#[track_caller]
fn refused(server: Server, code: &str, about: &str) {
    let error = connect(server).unwrap_err();
    let text = error.to_string();
    assert_eq!(error.code(), code, "{text}");
    assert!(text.contains(about), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn tokens_are_shared_and_open_in_batch() {
    let Some(base) = Base::with_vault() else {
        return;
    };
    let call = call("pii.email", "", "value");
    let (one, two) = (opened(&base), opened(&base));
    let started = Instant::now();
    let first = tokens(&one, NOW, &call, &values(0..8192)).unwrap();
    let made = started.elapsed();
    let started = Instant::now();
    assert_eq!(
        tokens(&two, NOW + DAY, &call, &values(0..8192)).unwrap(),
        first
    );
    let found = started.elapsed();
    println!("8192 tokens: made in {made:?}, found in {found:?}");
    let more = tokens(&two, NOW, &call, &values(8000..9000)).unwrap();
    assert_eq!(more[..192], first[8000..]);
    assert_eq!(count(&base), 9000);
    let back = open(&one, NOW, &call, &first).unwrap();
    assert_eq!(
        (back.len(), back[4321].as_str()),
        (8192, "CANARY04321@example.com")
    );
    let some = [more[999].clone(), first[7].clone(), first[7].clone()];
    assert_eq!(
        open(&one, NOW, &call, &some).unwrap()[0],
        "CANARY08999@example.com"
    );
    let other = open(&one, NOW, &self::call("other", "", "value"), &first[..1]);
    assert_eq!(other.unwrap_err().code(), "SL8061");
    assert_eq!(one.id(), two.id());
}

#[test]
fn a_token_ends_and_its_value_gets_another() {
    let Some(base) = Base::with_vault() else {
        return;
    };
    let vault = opened(&base);
    let short = call("d", "90d", "value");
    let first = tokens(&vault, NOW, &short, &values(0..3)).unwrap();
    assert_eq!(
        tokens(&vault, NOW + 90 * DAY - 1, &short, &values(0..3)).unwrap(),
        first
    );
    let end = NOW + 90 * DAY;
    assert_eq!(
        open(&vault, end, &short, &first).unwrap_err().code(),
        "SL8061"
    );
    let second = tokens(&vault, end, &short, &values(0..1)).unwrap();
    assert_ne!(second[0], first[0]);
    assert_eq!(
        open(&vault, end, &short, &second).unwrap(),
        ["CANARY00000@example.com"]
    );
    assert_eq!(count(&base), 1);
    // Every row its own, and none of them found again.
    let never = call("d", "1h", "never");
    let rows = tokens(&vault, end, &never, &values(0..2500)).unwrap();
    assert_ne!(
        tokens(&vault, end, &never, &values(0..1)).unwrap()[0],
        rows[0]
    );
    let counts = vault.counts(end + 3600).unwrap();
    assert_eq!((counts.len(), counts[0].domain.as_str()), (1, "d"));
    assert_eq!(
        (counts[0].alive, counts[0].ending, counts[0].expired),
        (1, 0, 2501)
    );
    assert_eq!(
        (counts[0].oldest, counts[0].next_end),
        (Some(end), Some(end + 90 * DAY))
    );
    assert_eq!(vault.purge(end + 3599).unwrap(), 0);
    assert_eq!(vault.purge(end + 3600).unwrap(), 2501);
    assert_eq!(count(&base), 1);
}

#[test]
fn sessions_side_by_side_give_one_value_one_token() {
    let Some(base) = Base::with_vault() else {
        return;
    };
    let call = call("pii.email", "1h", "value");
    // Round by round the tokens of the one before have ended, so that rows are taken over and purged while others
    // look for them. Each session goes another way through the values.
    for round in 0..3 {
        let now = NOW + round * 3600;
        let work = |session: usize| {
            let (vault, call) = (opened(&base), &call);
            move || {
                let mut all = Vec::new();
                for batch in 0..20 {
                    let batch = match session % 2 {
                        0 => batch,
                        _ => 19 - batch,
                    };
                    let shift = session / 2 * 13;
                    let range = batch * 50 + shift..(batch + 1) * 50 + shift;
                    let made = tokens(&vault, now, call, &values(range.clone())).unwrap();
                    all.extend(range.zip(made));
                }
                all.sort();
                all
            }
        };
        let all: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|session| scope.spawn(work(session))).collect();
            threads
                .into_iter()
                .flat_map(|one| one.join().unwrap())
                .collect()
        });
        let mut token_of = std::collections::BTreeMap::new();
        for (value, token) in all {
            assert_eq!(
                token_of.entry(value).or_insert_with(|| token.clone()),
                &token,
                "{value}"
            );
        }
        assert_eq!(token_of.len(), 1013);
        base.owner(&format!(
            "DELETE FROM sealine_vault.token WHERE expires <= {now}"
        ));
        assert_eq!(count(&base), 1013);
    }
}

#[test]
fn it_works_from_within_a_runtime() {
    let Some(base) = Base::with_vault() else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let vault = opened(&base);
        let made = tokens(&vault, NOW, &call("d", "", "value"), &values(0..10)).unwrap();
        assert_eq!(made.len(), 10);
        drop(vault);
    });
}

#[test]
fn neither_the_database_nor_its_files_hold_a_value() {
    let Some(base) = Base::with_vault() else {
        return;
    };
    let vault = opened(&base);
    tokens(
        &vault,
        NOW,
        &call("pii.canaries", "", "value"),
        &values(0..500),
    )
    .unwrap();
    base.owner("CHECKPOINT");
    let data = base.pki("../postgres/data");
    let holds = |text: &str| {
        let mut grep = Command::new("grep");
        grep.args(["-raqF", text]).arg(&data);
        grep.status().unwrap().code() == Some(0)
    };
    assert!(holds("pii.canaries"), "the files were read");
    assert!(!holds("CANARY"));
}

#[test]
fn the_role_has_no_more_than_it_needs() {
    let Some(base) = Base::with_vault() else {
        return;
    };
    for statement in [
        "CREATE TABLE sealine_vault.x (y int)",
        "DROP TABLE sealine_vault.token",
        "TRUNCATE sealine_vault.token",
        "UPDATE sealine_vault.vault SET version = 2",
        "DELETE FROM sealine_vault.vault",
        "DELETE FROM sealine_vault.space",
        "ALTER TABLE sealine_vault.token DISABLE TRIGGER ALL",
    ] {
        let refused = base.role(statement).unwrap_err();
        assert!(
            refused.contains("permission denied") || refused.contains("must be owner"),
            "{refused}"
        );
    }
    // Another role has nothing at all.
    let other = Base::empty().unwrap();
    let mut server = server(&base);
    server.user = other.name.clone();
    server.password = Some(Secret::new(other.password.clone().into_bytes()));
    refused(server, "SL8503", "sealine vault sql");
}

#[test]
fn who_is_not_known_is_not_let_in() {
    let Some(base) = Base::with_vault() else {
        return;
    };
    let secret = |text: &str| Some(Secret::new(text.as_bytes().to_vec()));
    refused(
        Server {
            password: secret("hunter2"),
            ..server(&base)
        },
        "SL8502",
        "password is wrong",
    );
    refused(
        Server {
            password: None,
            ..server(&base)
        },
        "SL8502",
        "`password:`",
    );
    refused(
        Server {
            user: "nobody_here".to_owned(),
            ..server(&base)
        },
        "SL8502",
        "password is wrong",
    );
    refused(
        Server {
            database: "no_such".to_owned(),
            ..server(&base)
        },
        "SL8502",
        "no such database",
    );
    // A server that asks for the password itself is not given it.
    let clear = Server {
        user: "clear".to_owned(),
        password: secret("clear"),
        ..server(&base)
    };
    refused(clear, "SL8502", "is not given it");
    let empty = Base::empty().unwrap();
    refused(server(&empty), "SL8503", "has no vault");
    base.owner("UPDATE sealine_vault.vault SET version = 99");
    refused(server(&base), "SL8503", "another version");
}

#[test]
fn a_client_certificate_is_enough_where_the_server_says_so() {
    let Some(base) = Base::empty() else { return };
    base.owner(&sealine_vault::sql("alice"));
    let alice = |name: Option<&str>| Server {
        user: "alice".to_owned(),
        password: None,
        client: name.map(|name| ClientCertificate {
            chain: base.pki(&format!("{name}.pem")),
            key: Secret::new(std::fs::read(base.pki(&format!("{name}.key"))).unwrap()),
        }),
        ..server(&base)
    };
    let vault = connect(alice(Some("alice"))).unwrap();
    tokens(&vault, NOW, &call("d", "", "value"), &values(0..2)).unwrap();
    assert_eq!(count(&base), 2);
    refused(alice(None), "SL8502", "certificate");
    refused(alice(Some("mallory")), "SL8502", "certificate");
    // A certificate of the right authority for somebody else.
    refused(alice(Some("server")), "SL8502", "certificate");
    let mut mixed = alice(Some("alice"));
    mixed.client.as_mut().unwrap().chain = base.pki("server.pem");
    refused(mixed, "SL8501", "private key");
}

#[test]
fn a_server_that_is_not_proved_is_not_spoken_to() {
    let Some(base) = Base::with_vault() else {
        return;
    };
    let rogue = Some(base.pki("rogue.pem"));
    refused(
        Server {
            authorities: rogue,
            ..server(&base)
        },
        "SL8501",
        "none of the authorities",
    );
    refused(
        Server {
            authorities: None,
            ..server(&base)
        },
        "SL8501",
        "none of the authorities",
    );
    refused(
        Server {
            host: "127.0.0.2".to_owned(),
            ..server(&base)
        },
        "SL8501",
        "another host",
    );
    refused(
        Server {
            authorities: Some(PathBuf::from("/dev/null")),
            ..server(&base)
        },
        "SL8501",
        "`ca:`",
    );
    refused(
        Server {
            authorities: Some(base.pki("ca.key")),
            ..server(&base)
        },
        "SL8501",
        "`ca:`",
    );
    connect(Server {
        host: "127.0.0.1".to_owned(),
        ..server(&base)
    })
    .unwrap();
    let expired = Server {
        port: expired(&base),
        ..server(&base)
    };
    refused(expired, "SL8501", "expired");
}

/// A server that answers the request for TLS and shows a certificate of yesterday.
fn expired(base: &Base) -> u16 {
    let chain = vec![CertificateDer::from_pem_file(base.pki("expired.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(base.pki("expired.key")).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(
        rustls::crypto::aws_lc_rs::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_no_client_auth()
    .with_single_cert(chain, key)
    .unwrap();
    listening(move |mut socket| {
        socket.read_exact(&mut [0; 8]).unwrap();
        socket.write_all(b"S").unwrap();
        let mut tls = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        assert!(tls.complete_io(&mut socket).is_err(), "the client went on");
    })
}

/// A server for one connection.
fn listening(serve: impl FnOnce(std::net::TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || serve(listener.accept().unwrap().0));
    port
}

/// A place where no server of ours is.
fn elsewhere(port: u16) -> Server {
    Server {
        host: "127.0.0.1".to_owned(),
        port,
        database: "d".to_owned(),
        user: "u".to_owned(),
        password: Some(Secret::new(b"hunter2".to_vec())),
        authorities: Some(PathBuf::from("/etc/ssl/certs/ca-certificates.crt")),
        client: None,
    }
}

#[test]
fn a_server_that_is_none_is_told_and_given_nothing() {
    if !elsewhere(1).authorities.unwrap().is_file() {
        println!("skipped: this system has no file of authorities");
        return;
    }
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    refused(elsewhere(free), "SL8500", "nothing listens");
    // One that speaks no TLS hears the request for it, and nothing after that.
    let plain = listening(|mut socket| {
        socket.read_exact(&mut [0; 8]).unwrap();
        socket.write_all(b"N").unwrap();
        let mut rest = Vec::new();
        socket.read_to_end(&mut rest).unwrap();
        assert!(rest.is_empty());
    });
    refused(elsewhere(plain), "SL8501", "does not speak TLS");
    let closing = listening(drop);
    refused(elsewhere(closing), "SL8500", "closed the connection");
    let silent = listening(|mut socket| {
        let _ = socket.read_to_end(&mut Vec::new());
    });
    let started = Instant::now();
    refused(elsewhere(silent), "SL8500", "within ten seconds");
    assert!(started.elapsed() < Duration::from_secs(20));
    let host = Server {
        host: "no-such-host.invalid".to_owned(),
        ..elsewhere(free)
    };
    refused(host, "SL8500", "host is not known");
}

#[test]
fn a_session_that_is_lost_leaves_nothing_half_done() {
    let Some(base) = Base::with_vault() else {
        return;
    };
    let call = call("d", "", "value");
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                WHERE application_name = 'sealine' AND datname = current_database()";
    // Between two batches.
    let vault = opened(&base);
    tokens(&vault, NOW, &call, &values(0..5)).unwrap();
    base.owner(kill);
    let error = tokens(&vault, NOW, &call, &values(5..10)).unwrap_err();
    assert_eq!(error.code(), "SL8062", "{error}");
    let again = tokens(&vault, NOW, &call, &values(0..5)).unwrap_err();
    assert!(again.to_string().contains("failed before"), "{again}");
    // Within one: its first row is put, and its second waits for another session's.
    let vault = opened(&base);
    thread::scope(|scope| {
        let hold = "BEGIN; INSERT INTO sealine_vault.token (space, token, subject, sealed, created) \
                    SELECT id, decode(repeat('ee', 16), 'hex'), decode(repeat('02', 32), 'hex'), '', 0 \
                    FROM sealine_vault.space; SELECT pg_sleep(60); COMMIT";
        scope.spawn(|| base.as_owner(hold));
        let asleep = "SELECT count(*) = 1 FROM pg_stat_activity \
                      WHERE wait_event = 'PgSleep' AND datname = current_database()";
        base.until(asleep);
        let waiting = scope.spawn(|| {
            let room = vault.at("crm", NOW);
            let entry = |number: u8| Entry {
                subject: Some([number; 32]),
                token: [number; 16],
                sealed: vec![number],
            };
            room.keep("d", &[entry(1), entry(2)], None)
        });
        base.until(
            "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'sealine' \
             AND wait_event_type = 'Lock' AND datname = current_database()",
        );
        base.owner(kill);
        let error = waiting.join().unwrap().unwrap_err();
        assert_eq!(error.code(), "SL8062", "{error}");
        let text = error.to_string();
        assert!(
            text.contains("shut down") || text.contains("lost"),
            "{text}"
        );
        base.owner(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE wait_event = 'PgSleep' AND datname = current_database()",
        );
    });
    assert_eq!(count(&base), 5);
    // A batch of which one entry cannot be kept is not kept.
    let vault = opened(&base);
    let same = Entry {
        subject: Some([1; 32]),
        token: [9; 16],
        sealed: vec![],
    };
    let other = Entry {
        subject: Some([2; 32]),
        ..same.clone()
    };
    let failed = vault
        .at("crm", NOW)
        .keep("d", &[same, other], None)
        .unwrap_err();
    assert_eq!(failed.code(), "SL8062");
    assert!(!failed.to_string().contains("x09"), "{failed}");
    assert_eq!(count(&base), 5);
    assert_eq!(
        tokens(&opened(&base), NOW, &call, &values(0..10))
            .unwrap()
            .len(),
        10
    );
}

#[test]
fn a_vault_that_was_made_anew_is_noticed() {
    let Some(base) = Base::with_vault() else {
        return;
    };
    let id = opened(&base).id();
    let known = || Vault::open(&Place::Server(Arc::new(server(&base))), Some(id));
    assert_eq!(known().unwrap().id(), id);
    base.owner(&format!(
        "DROP SCHEMA sealine_vault CASCADE; {}",
        sealine_vault::sql(&base.name)
    ));
    let error = known().unwrap_err();
    assert_eq!(error.code(), "SL8504", "{error}");
    assert!(
        error.to_string().contains("postgres://localhost:"),
        "{error}"
    );
}

#[test]
fn large_values_go_in_parts() {
    let Some(base) = Base::with_vault() else {
        return;
    };
    let vault = opened(&base);
    let big: ArrayRef = Arc::new(StringArray::from_iter_values(
        (0..400).map(|number| format!("{number:05}{}", "x".repeat(65_000))),
    ));
    let call = call("notes", "", "value");
    let made = tokens(&vault, NOW, &call, &big).unwrap();
    assert_eq!(tokens(&vault, NOW, &call, &big).unwrap(), made);
    assert_eq!(open(&vault, NOW, &call, &made).unwrap(), texts(&big));
}

#[test]
fn a_file_moves_in_whole_and_goes_on_after_an_interruption() {
    let Some(base) = Base::with_vault() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let place = Place::File(dir.path().join("vault.db"));
    let file = Arc::new(Vault::open(&place, None).unwrap());
    let (lasting, ending) = (call("people", "", "value"), call("guests", "1d", "value"));
    let first = tokens(&file, NOW, &lasting, &values(0..1500)).unwrap();
    tokens(&file, NOW, &ending, &values(0..20)).unwrap();
    tokens(&file, NOW, &call("rows", "", "never"), &values(0..30)).unwrap();
    let vault = opened(&base);
    assert_eq!(vault.batches().unwrap(), Some(0));
    let later = NOW + 2 * DAY;
    // Half of it, as an interruption leaves it.
    let mut pages = 0;
    let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        file.carry_to(&vault, later, &mut |_, _| {
            pages += 1;
            assert!(pages < 3, "interrupted");
        })
    }));
    assert!(stopped.is_err());
    let half = count(&base);
    assert!(half > 0 && half < 1530, "{half}");
    assert_eq!(file.carry_to(&vault, later, &mut |_, _| {}).unwrap(), 1530);
    assert_eq!(count(&base), 1530);
    assert!(vault.batches().unwrap().unwrap() > 0);
    assert_eq!(
        tokens(&vault, later, &lasting, &values(0..1500)).unwrap(),
        first
    );
    assert_eq!(
        open(&vault, later, &lasting, &first[..1]).unwrap(),
        ["CANARY00000@example.com"]
    );
    // What others made there in the meantime is not mixed in.
    tokens(&vault, later, &lasting, &values(7000..7001)).unwrap();
    let error = file.carry_to(&vault, later, &mut |_, _| {}).unwrap_err();
    assert_eq!(error.code(), "SL8507");
}

/// Made by an older Sealine, without the count of batches: it is used as it is.
#[test]
fn a_vault_of_the_first_version_goes_on() {
    let Some(base) = Base::with_vault() else {
        return;
    };
    base.owner("UPDATE sealine_vault.vault SET version = 1; DROP SEQUENCE sealine_vault.batches");
    let vault = opened(&base);
    let call = call("people", "", "value");
    let first = tokens(&vault, NOW, &call, &values(0..3)).unwrap();
    assert_eq!(tokens(&vault, NOW, &call, &values(0..3)).unwrap(), first);
    assert_eq!(vault.batches().unwrap(), None);
}
