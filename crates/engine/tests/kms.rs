//! Keys of files: of single columns in what a run writes, and for another program, which are
//! permitted, logged before the first answer, and counted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::sync::Arc;

use sealine_access::Principal;
use sealine_engine::{KeyService, Silent};
use serde_json::{Value, json};
use support::{
    CATALOG, Fixture, PIPELINE, POLICY, SEALINE, actions, begin, csv, rows, run, verify,
};

const PERMITS: &str = "
permit (principal, action in [Sealine::Action::\"wrap\", Sealine::Action::\"unwrap\"], resource)
when { resource in [Sealine::Key::\"lake\", Sealine::Key::\"crm\", Sealine::Key::\"lost\"] };
";

fn ask(service: &mut KeyService, request: &Value) -> Value {
    let answer = service.answer(request.to_string().as_bytes()).unwrap();
    serde_json::from_str(&answer).unwrap()
}

#[test]
fn keys_are_given_out_as_the_policy_says_and_the_log_knows_before() {
    let policy = format!("{POLICY}{PERMITS}");
    let fixture = Fixture::with("", SEALINE, CATALOG, PIPELINE, &policy);
    let root = fixture.root();
    let session = begin(root, Arc::new(Silent)).unwrap();
    let before = actions(root);
    let mut service = KeyService::new(session, Principal::user("ann"));
    let plaintext = "MDEyMzQ1Njc4OWFiY2RlZg==";
    let wrap = |key: &str| json!({ "op": "wrap", "key": key, "plaintext": plaintext });
    let given = ask(&mut service, &wrap("lake"));
    let wrapped = given["wrapped"].as_str().unwrap().to_owned();
    assert_eq!(actions(root)[before.len()..], ["keys.granted"]);
    let unwrap = |key: &str| json!({ "op": "unwrap", "key": key, "wrapped": wrapped });
    for _ in 0..3 {
        assert_eq!(ask(&mut service, &unwrap("lake"))["plaintext"], plaintext);
    }
    assert_eq!(
        actions(root)[before.len()..],
        ["keys.granted", "keys.granted"]
    );
    // Not permitted, wrong purpose, not there, wrapped under another: an answer, and no key.
    for (request, code) in [
        (unwrap("quarantine"), "SL4105"),
        (unwrap("quarantine"), "SL4105"),
        (wrap("quarantine"), "SL4105"),
        (wrap("crm"), "SL6014"),
        (unwrap("lost"), "SL6013"),
        (
            json!({ "op": "unwrap", "key": "lake", "wrapped": "AAAA" }),
            "SL6020",
        ),
        (
            json!({ "op": "wrap", "key": "lake", "plaintext": "AAAA" }),
            "SL6020",
        ),
        (
            json!({ "op": "unwrap", "key": "lake", "wrapped": "?" }),
            "SL5060",
        ),
        (json!({ "op": "unwrap", "key": "lake" }), "SL5060"),
        (
            json!({ "op": "unwrap", "key": "", "wrapped": "" }),
            "SL5060",
        ),
        (json!({ "op": "show", "key": "lake" }), "SL5060"),
        (json!([]), "SL5060"),
    ] {
        let answer = ask(&mut service, &request);
        assert_eq!(answer["error"]["code"], code, "{request}");
        assert!(answer.get("plaintext").is_none() && answer.get("wrapped").is_none());
        assert!(!answer.to_string().contains(plaintext));
    }
    assert_eq!(
        actions(root)[before.len() + 2..],
        ["access.refused", "access.refused"],
        "each refusal once"
    );
    service.end().unwrap();
    assert_eq!(actions(root).last().unwrap(), "keys.served");
    let reader = sealine_audit::Reader::open(&root.join(".sealine/log")).unwrap();
    let last = reader.entries(0).last().unwrap().unwrap().event.unwrap();
    let text = String::from_utf8(last.encode().unwrap()).unwrap();
    assert!(text.contains("\"wrapped\":1,\"unwrapped\":3"), "{text}");
    assert!(text.contains("ann") && !text.contains(plaintext));
    verify(root);
}

#[test]
fn a_program_that_tries_every_name_is_shown_out() {
    let fixture = Fixture::with("", SEALINE, CATALOG, PIPELINE, POLICY);
    let session = begin(fixture.root(), Arc::new(Silent)).unwrap();
    let mut service = KeyService::new(session, Principal::user("ann"));
    let request = |n: usize| {
        json!({ "op": "unwrap", "key": format!("key-{n}"), "wrapped": "AAAA" }).to_string()
    };
    for n in 0..100 {
        assert!(service.answer(request(n).as_bytes()).is_ok());
    }
    let error = service.answer(request(100).as_bytes()).unwrap_err();
    assert_eq!(error.code(), "SL4105");
    service.end().unwrap();
    // Nothing was given out, so there is nothing to count.
    assert_eq!(actions(fixture.root()).last().unwrap(), "access.refused");
}

#[test]
fn a_run_seals_columns_under_their_own_keys() {
    use sealine_connect::{Access, Source as _};
    use sealine_keys::{Change, Keystore, Tombstones};
    let project = SEALINE.replace("  quarantine:", "  pii: { purpose: file }\n  quarantine:");
    let catalog = |columns: &str| {
        let with = format!("encrypt: {{ key: lake, columns: {columns} }}");
        CATALOG.replacen("encrypt: { key: lake }", &with, 1)
    };
    let data = csv(100, 0);
    let fixture = Fixture::with(
        &data,
        &project,
        &catalog("{ email: pii, card: pii }"),
        PIPELINE,
        POLICY,
    );
    let root = fixture.root();
    run(root).unwrap();
    let columns = ["id", "email", "card", "age_band"];
    assert_eq!(
        rows(root, "lake.customers", "lake/customers/", &columns).len(),
        100
    );
    verify(root);
    let mut store = Keystore::open(&root.join(".sealine/keys"), None)
        .unwrap()
        .unwrap();
    let gone = Change::Destroy {
        name: "pii".to_owned(),
        version: None,
        due: i64::MAX,
    };
    store.change(&gone, 10).unwrap();
    let keys = store.unlock(&Tombstones::none()).unwrap();
    let access = Access::Sealed {
        keys: &keys,
        dataset: "lake.customers",
    };
    let files = [root.join("lake/customers/part-00000.parquet")];
    let open =
        |column: &str| sealine_connect::open_parquet(&files, &[column.to_owned()], access, 1024);
    assert!(open("id").unwrap().next().unwrap().is_some());
    assert!(open("age_band").unwrap().next().unwrap().is_some());
    for column in ["email", "card"] {
        assert_eq!(open(column).unwrap_err().code(), "SL9060");
    }

    let wrong = Fixture::with(
        &data,
        &project,
        &catalog("{ emial: pii }"),
        PIPELINE,
        POLICY,
    );
    assert_eq!(run(wrong.root()).unwrap_err().code(), "SL9062");
    assert!(!wrong.root().join("lake/customers").exists());
}
