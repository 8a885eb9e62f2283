//! Sealed Parquet both ways between pyarrow and this system: uniform and by column, key material
//! in the file and beside it, wrapped once and twice.
//!
//! The interpreter is that of `cargo xtask peers`, or `SEALINE_PEERS` names the environment; with
//! `SEALINE_PEERS=required` its absence is a failure. The client is that of `examples/pyarrow`, and
//! the test answers it in the words of `sealine kms`.
// Where the peers are absent, a test says `skipped`.
#![allow(clippy::print_stderr)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use base64::{Engine, engine::general_purpose::STANDARD};
use sealine_connect::{
    Access, ConnectError, EncryptedWriter, FileAad, FileKeys, Source, Storage, open_parquet,
    prove_sealed,
};
use sealine_keys::{Keystore, OpenKeys, Purpose, Tombstones, WrappedKey};
use sealine_protect::crypto::Secret;
use serde_json::{Value, json};

fn python() -> Option<PathBuf> {
    let given = std::env::var("SEALINE_PEERS").ok();
    let required = given.as_deref() == Some("required");
    let place = given.filter(|_| !required).unwrap_or_else(|| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/peers/venv").to_owned()
    });
    let candidates = [Path::new(&place).join("bin/python"), "python3".into()];
    let found = candidates.into_iter().find(|python| {
        let asked = Command::new(python)
            .args(["-c", "import pyarrow.parquet.encryption"])
            .output();
        asked.is_ok_and(|output| output.status.success())
    });
    if found.is_none() {
        assert!(!required, "no Python with pyarrow");
        eprintln!("skipped: no Python with pyarrow; `cargo xtask peers` makes one");
    }
    found
}

fn keys(dir: &Path, names: &[&str]) -> OpenKeys {
    let mut store = Keystore::create(dir, 1_700_000_000).unwrap();
    for name in names {
        store.new_key(name, Purpose::File, 1_700_000_000).unwrap();
    }
    store.unlock(&Tombstones::none()).unwrap()
}

const PER_COLUMN: [(&str, &str); 2] = [("email", "pii"), ("card", "pci")];

/// What the key service does with the requests of one run.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Honest,
    /// Gives another key than the one asked for.
    Lying,
    /// Does not unwrap under `pci`.
    WithoutCards,
}

/// Runs the script and answers its requests. Gives how often each key was asked for.
fn serve(
    python: &Path,
    action: &str,
    folder: &Path,
    keys: &OpenKeys,
    mood: Mood,
) -> BTreeMap<String, usize> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut child = Command::new(python)
        .arg("-B")
        .arg(here.join("tests/pyarrow_peer.py"))
        .arg(here.join("../../examples/pyarrow"))
        .args([action.as_ref(), folder.as_os_str()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut counts = BTreeMap::new();
    let mut done = false;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let request: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if request["op"] == "done" {
            done = true;
            break;
        }
        let name = request["key"].as_str().unwrap();
        *counts.entry(name.to_owned()).or_default() += 1;
        let bytes = |field: &str| STANDARD.decode(request[field].as_str().unwrap()).unwrap();
        let answer = match request["op"].as_str().unwrap() {
            "wrap" => {
                let wrapped = keys.wrap(name, &Secret::new(bytes("plaintext"))).unwrap();
                json!({ "wrapped": STANDARD.encode(wrapped.bytes()) })
            }
            "unwrap" if mood == Mood::WithoutCards && name == "pci" => {
                json!({ "error": { "code": "SL4001", "message": "you may not" } })
            }
            "unwrap" => {
                let wrapped = WrappedKey::new(name.to_owned(), bytes("wrapped")).unwrap();
                let mut key = keys.unwrap(&wrapped).unwrap().expose().to_vec();
                if mood == Mood::Lying {
                    key[0] ^= 1;
                }
                json!({ "plaintext": STANDARD.encode(key) })
            }
            other => panic!("{other}"),
        };
        writeln!(input, "{answer}").unwrap();
    }
    let status = child.wait().unwrap();
    assert!(done && status.success(), "{action}: {status}");
    counts
}

const ROWS: usize = 1000;
const COLUMNS: [&str; 6] = ["id", "email", "card", "note", "amount", "born"];

fn rows() -> RecordBatch {
    let ids = 0..ROWS as i64;
    let text =
        |name: &'static str| (0..ROWS as i64).map(move |n| Some(format!("canary-{name}-{n}")));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(ids.clone().collect::<Int64Array>()),
        Arc::new(
            text("email")
                .zip(ids.clone())
                .map(|(text, n)| text.filter(|_| n % 7 != 0))
                .collect::<StringArray>(),
        ),
        Arc::new(text("card").collect::<StringArray>()),
        Arc::new(text("note").collect::<StringArray>()),
        Arc::new(
            ids.clone()
                .map(i128::from)
                .map(Some)
                .collect::<Decimal128Array>()
                .with_precision_and_scale(18, 2)
                .unwrap(),
        ),
        Arc::new((0..ROWS as i32).map(Some).collect::<Date32Array>()),
    ];
    RecordBatch::try_new(schema(), columns).unwrap()
}

fn schema() -> SchemaRef {
    let kinds = [
        DataType::Int64,
        DataType::Utf8,
        DataType::Utf8,
        DataType::Utf8,
        DataType::Decimal128(18, 2),
        DataType::Date32,
    ];
    let fields = COLUMNS.iter().zip(kinds);
    Arc::new(Schema::new(
        fields
            .map(|(name, kind)| Field::new(*name, kind, true))
            .collect::<Vec<_>>(),
    ))
}

fn named(columns: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
    columns.iter().map(owned).collect()
}

fn write(path: &Path, keys: &OpenKeys, columns: &[(&str, &str)], storage: Storage) {
    let aad = FileAad::new("lake.people", path.file_name().unwrap().to_str().unwrap()).unwrap();
    let sealing = FileKeys::new(schema(), keys, "lake", &named(columns)).unwrap();
    let mut writer = EncryptedWriter::create(path, sealing.stored(storage), &aad).unwrap();
    writer.write(&rows()).unwrap();
    writer.finish().unwrap();
    let canaries = ["email", "card-", "note-"].map(|name| format!("canary-{name}").into_bytes());
    prove_sealed(path, &canaries).unwrap();
}

fn read(path: &Path, columns: &[&str], access: Access<'_>) -> Result<RecordBatch, ConnectError> {
    let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
    let mut source = open_parquet(&[path.to_owned()], &columns, access, 333)?;
    let mut batches = Vec::new();
    while let Some(raw) = source.next()? {
        batches.push(raw.batch);
    }
    Ok(arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap())
}

#[test]
fn pyarrow_reads_what_we_write_as_far_as_its_keys_go() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let keys = keys(&dir.path().join("keys"), &["lake", "pii", "pci"]);
    let all = dir.path().join("all");
    std::fs::create_dir(&all).unwrap();
    for (name, storage) in [("in", Storage::Internal), ("ex", Storage::External)] {
        write(
            &all.join(format!("uniform-{name}.parquet")),
            &keys,
            &[],
            storage,
        );
        let path = all.join(format!("columns-{name}.parquet"));
        write(&path, &keys, &PER_COLUMN, storage);
    }
    assert!(
        all.join("_KEY_MATERIAL_FOR_columns-ex.parquet.json")
            .is_file()
    );
    assert!(
        !all.join("_KEY_MATERIAL_FOR_columns-in.parquet.json")
            .exists()
    );
    let asked = serve(&python, "read", &all, &keys, Mood::Honest);
    // Wrapped twice: a reader asks once for each file key, not for each column, and not for the
    // keys of columns that it leaves out.
    assert_eq!((asked["pii"], asked["pci"]), (2, 2), "{asked:?}");
    serve(&python, "refused", &all, &keys, Mood::Lying);

    let some = dir.path().join("some");
    std::fs::create_dir(&some).unwrap();
    write(
        &some.join("a.parquet"),
        &keys,
        &PER_COLUMN,
        Storage::Internal,
    );
    serve(&python, "open", &some, &keys, Mood::WithoutCards);

    // Changed bytes: of the data, of the place that the file is bound to, of the key material.
    let changed = dir.path().join("changed");
    std::fs::create_dir(&changed).unwrap();
    let bytes = std::fs::read(some.join("a.parquet")).unwrap();
    let place = memchr::memmem::find(&bytes, b"lake.people\0a.parquet").unwrap();
    let material = memchr::memmem::find(&bytes, b"wrappedDEK\":\"").unwrap() + 20;
    for (name, at, to) in [
        ("data", 100, bytes[100] ^ 1),
        ("aad", place, b'L'),
        (
            "key",
            material,
            if bytes[material] == b'A' { b'B' } else { b'A' },
        ),
    ] {
        let mut copy = bytes.clone();
        copy[at] = to;
        std::fs::write(changed.join(format!("{name}.parquet")), copy).unwrap();
    }
    serve(&python, "refused", &changed, &keys, Mood::Honest);
}

fn code(path: &Path, access: Access<'_>) -> &'static str {
    read(path, &COLUMNS, access).unwrap_err().code()
}

#[test]
fn what_pyarrow_sealed_is_read() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let keys = keys(&dir.path().join("keys"), &["lake", "pii", "pci"]);
    let folder = dir.path().join("theirs");
    std::fs::create_dir(&folder).unwrap();
    serve(&python, "write", &folder, &keys, Mood::Honest);
    let accepted = ["lake", "pii", "pci"].map(str::to_owned);
    let access = Access::Others {
        keys: &keys,
        accepted: &accepted,
    };
    let mut seen = BTreeSet::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.starts_with('_') {
            continue;
        }
        seen.insert(name.clone());
        match name.as_str() {
            "partly.parquet" | "footer.parquet" => {
                assert_eq!(code(&path, access), "SL9017", "{name}");
                continue;
            }
            "ctr.parquet" => {
                let error = read(&path, &COLUMNS, access).unwrap_err();
                assert_eq!(error.code(), "SL9014");
                assert!(error.to_string().contains("AES_GCM_CTR_V1"));
                continue;
            }
            _ => {}
        }
        let found = read(&path, &COLUMNS, access).unwrap();
        for (theirs, ours) in found.columns().iter().zip(rows().columns()) {
            assert_eq!(theirs.as_ref(), ours.as_ref(), "{name}");
        }
        // Bound to no place, so not a file of a dataset that Sealine writes.
        let ours = Access::Sealed {
            keys: &keys,
            dataset: "lake.people",
        };
        assert_eq!(code(&path, ours), "SL9020", "{name}");
        // Only under keys that the dataset declares, and only with this keystore.
        let others = ["pii".to_owned()];
        let narrow = Access::Others {
            keys: &keys,
            accepted: &others,
        };
        assert_eq!(code(&path, narrow), "SL9019", "{name}");
        let strange = self::keys(&dir.path().join(format!("keys-{name}")), &["lake"]);
        let strange = Access::Others {
            keys: &strange,
            accepted: &accepted,
        };
        assert_eq!(code(&path, strange), "SL9018", "{name}");

        let bytes = std::fs::read(&path).unwrap();
        let copies = dir.path().join("copies");
        std::fs::create_dir_all(&copies).unwrap();
        let copy = copies.join(&name);
        std::fs::write(&copy, &bytes).unwrap();
        let material = format!("_KEY_MATERIAL_FOR_{name}.json");
        if name.contains("-ex-") {
            assert_eq!(
                code(&copy, access),
                "SL9002",
                "{name} without its key material"
            );
            for bad in ["", "[]", "{}", "{\"footerKey\": \"x\"}"] {
                std::fs::write(copies.join(&material), bad).unwrap();
                assert!(["SL9012", "SL9019"].contains(&code(&copy, access)), "{bad}");
            }
            std::fs::copy(folder.join(&material), copies.join(&material)).unwrap();
        }
        assert!(read(&copy, &COLUMNS, access).is_ok(), "{name}");
        for at in (20..bytes.len() - 8).step_by(bytes.len() / 40) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            std::fs::write(&copy, &flipped).unwrap();
            if let Ok(found) = read(&copy, &COLUMNS, access) {
                // The index of pages is not read.
                assert_eq!(found.columns(), rows().columns(), "{name} {at}");
            }
        }
        let mut flipped = bytes.clone();
        flipped[100] ^= 1;
        std::fs::write(&copy, &flipped).unwrap();
        assert_eq!(code(&copy, access), "SL9020", "{name}");
    }
    assert_eq!(seen.len(), 11, "{seen:?}");
    // What Sealine sealed for a dataset is no file of others.
    let path = folder.join("ours.parquet");
    write(&path, &keys, &PER_COLUMN, Storage::Internal);
    assert_eq!(code(&path, access), "SL9020");
}
