//! Sealed Parquet: it opens as what it is and as nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::file::properties::WriterProperties;
use sealine_connect::{
    Access, ConnectError, EncryptedWriter, FileAad, FileKeys, Source, Storage, Written,
    open_parquet, prove_sealed,
};
use sealine_keys::{Keystore, OpenKeys, Purpose, Tombstones};

const CANARY: &str = "canary-4111111111111111";

fn keys(dir: &Path) -> OpenKeys {
    let mut store = Keystore::create(dir, 1_700_000_000).unwrap();
    store.new_key("lake", Purpose::File, 1_700_000_000).unwrap();
    store.unlock(&Tombstones::none()).unwrap()
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("email", DataType::Utf8, true),
        Field::new(
            "at",
            DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            true,
        ),
        Field::new("born", DataType::Date32, true),
        Field::new("amount", DataType::Decimal128(18, 2), true),
        Field::new("small", DataType::Int8, true),
        Field::new("time", DataType::Time64(TimeUnit::Microsecond), true),
        Field::new("raw", DataType::Binary, true),
        Field::new("yes", DataType::Boolean, true),
        Field::new("score", DataType::Float32, true),
    ]))
}

fn batch(from: i64, rows: usize) -> RecordBatch {
    let ids: Vec<i64> = (from..from + rows as i64).collect();
    let null = |id: &i64| id % 7 == 0;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(ids.clone())),
        Arc::new(
            ids.iter()
                .map(|id| (!null(id)).then(|| format!("{CANARY}-{id}")))
                .collect::<StringArray>(),
        ),
        Arc::new(
            ids.iter()
                .map(|id| (!null(id)).then_some(id * 1000))
                .collect::<TimestampMicrosecondArray>()
                .with_timezone("UTC"),
        ),
        Arc::new(
            ids.iter()
                .map(|id| Some(*id as i32))
                .collect::<Date32Array>(),
        ),
        Arc::new(
            ids.iter()
                .map(|id| Some(i128::from(*id)))
                .collect::<Decimal128Array>()
                .with_precision_and_scale(18, 2)
                .unwrap(),
        ),
        Arc::new(
            ids.iter()
                .map(|id| Some((*id % 100) as i8))
                .collect::<Int8Array>(),
        ),
        Arc::new(
            ids.iter()
                .map(|id| Some(*id))
                .collect::<Time64MicrosecondArray>(),
        ),
        Arc::new(
            ids.iter()
                .map(|id| Some(id.to_le_bytes()))
                .collect::<BinaryArray>(),
        ),
        Arc::new(
            ids.iter()
                .map(|id| (!null(id)).then_some(id % 2 == 0))
                .collect::<BooleanArray>(),
        ),
        Arc::new(
            ids.iter()
                .map(|id| Some(*id as f32))
                .collect::<Float32Array>(),
        ),
    ];
    RecordBatch::try_new(schema(), columns).unwrap()
}

fn write(path: &Path, keys: &OpenKeys, dataset: &str, rows: usize) -> Written {
    let aad = FileAad::new(dataset, path.file_name().unwrap().to_str().unwrap()).unwrap();
    let key = keys.new_data_key("lake").unwrap();
    let mut writer = EncryptedWriter::create(path, FileKeys::uniform(schema(), key), &aad).unwrap();
    let mut from = 0;
    while from < rows {
        let count = (rows - from).min(8192);
        writer.write(&batch(from as i64, count)).unwrap();
        from += count;
    }
    writer.finish().unwrap()
}

fn all() -> Vec<String> {
    schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect()
}

fn read(
    files: &[PathBuf],
    columns: &[String],
    access: Access<'_>,
) -> Result<Vec<RecordBatch>, ConnectError> {
    let mut source = open_parquet(files, columns, access, 5000)?;
    let mut batches = Vec::new();
    let mut next = 1;
    while let Some(raw) = source.next()? {
        assert_eq!(raw.rows.row(0), Some(next));
        next += raw.batch.num_rows() as u64;
        batches.push(raw.batch);
    }
    assert_eq!(Some(source.bytes_read()), source.bytes_total());
    Ok(batches)
}

#[test]
fn what_was_written_is_read_and_the_rest_of_the_world_sees_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let keys = keys(&dir.path().join("keys"));
    let path = dir.path().join("part-0.parquet");
    let rows = 300_000;
    let written = write(&path, &keys, "lake.customers", rows);
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(
        (written.rows, written.bytes),
        (rows as u64, bytes.len() as u64)
    );
    assert_eq!(written.sha256, sealine_protect::crypto::sha256(&bytes));
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );

    let access = Access::Sealed {
        keys: &keys,
        dataset: "lake.customers",
    };
    let batches = read(std::slice::from_ref(&path), &all(), access).unwrap();
    let whole = arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap();
    let expected = batch(0, rows);
    for (found, wanted) in whole.columns().iter().zip(expected.columns()) {
        assert_eq!(found.data_type(), wanted.data_type());
        assert_eq!(found.as_ref(), wanted.as_ref());
    }
    // Columns by name, in the order asked for.
    let two = read(
        &[path.clone(), path.clone()],
        &["yes".into(), "id".into()],
        access,
    )
    .unwrap();
    assert_eq!(two[0].schema().field(0).name(), "yes");
    assert_eq!(
        two.iter().map(RecordBatch::num_rows).sum::<usize>(),
        2 * rows
    );

    prove_sealed(
        &path,
        &[CANARY.as_bytes().to_vec(), b"customers-email".to_vec()],
    )
    .unwrap();
    for word in [CANARY, "email", "amount", "born"] {
        assert!(
            memchr::memmem::find(&bytes, word.as_bytes()).is_none(),
            "{word} is in clear"
        );
    }
    // The dataset's id and file name are in the stored prefix, and the search does look there.
    let stored = prove_sealed(&path, &[b"lake.customers".to_vec()]).unwrap_err();
    assert_eq!(stored.code(), "SL9022");
    assert!(
        ArrowReaderMetadata::load(
            &std::fs::File::open(&path).unwrap(),
            ArrowReaderOptions::new()
        )
        .is_err()
    );
}

#[test]
fn a_sealed_file_is_bound_to_its_place_and_key() {
    let dir = tempfile::tempdir().unwrap();
    let keys = keys(&dir.path().join("keys"));
    let path = dir.path().join("a.parquet");
    write(&path, &keys, "lake.a", 100);
    let code = |path: &Path, access| read(&[path.to_owned()], &all(), access).unwrap_err().code();
    let sealed = |dataset| Access::Sealed {
        keys: &keys,
        dataset,
    };
    assert!(read(std::slice::from_ref(&path), &all(), sealed("lake.a")).is_ok());
    assert_eq!(code(&path, sealed("lake.b")), "SL9020");
    assert_eq!(code(&path, Access::Plain), "SL9016");
    let renamed = dir.path().join("b.parquet");
    std::fs::copy(&path, &renamed).unwrap();
    assert_eq!(code(&renamed, sealed("lake.a")), "SL9020");
    let other = self::keys(&dir.path().join("other"));
    let found = code(
        &path,
        Access::Sealed {
            keys: &other,
            dataset: "lake.a",
        },
    );
    assert_eq!(found, "SL9018");
    let plain = dir.path().join("plain.parquet");
    let mut writer =
        ArrowWriter::try_new(std::fs::File::create(&plain).unwrap(), schema(), None).unwrap();
    writer.write(&batch(0, 10)).unwrap();
    writer.close().unwrap();
    assert_eq!(code(&plain, sealed("lake.a")), "SL9017");
    assert!(read(std::slice::from_ref(&plain), &all(), Access::Plain).is_ok());
    assert_eq!(prove_sealed(&plain, &[]).unwrap_err().code(), "SL9022");
}

#[test]
fn every_flipped_byte_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let keys = keys(&dir.path().join("keys"));
    let path = dir.path().join("a.parquet");
    write(&path, &keys, "lake.a", 50);
    let bytes = std::fs::read(&path).unwrap();
    let expected = batch(0, 50);
    let access = Access::Sealed {
        keys: &keys,
        dataset: "lake.a",
    };
    let flipped = dir.path().join("flip").join("a.parquet");
    std::fs::create_dir(flipped.parent().unwrap()).unwrap();
    let (mut found, mut harmless) = (0, 0);
    for at in (0..bytes.len())
        .step_by(3)
        .chain(bytes.len() - 200..bytes.len())
    {
        let mut copy = bytes.clone();
        copy[at] ^= 0x20;
        std::fs::write(&flipped, &copy).unwrap();
        match read(std::slice::from_ref(&flipped), &all(), access) {
            Err(error) => {
                assert!(!error.to_string().contains("canary"), "{error}");
                found += 1;
            }
            Ok(batches) => {
                // Only bytes that carry no value may pass: the stored prefix, which is not
                // believed, and the index of pages, which is not read.
                harmless += 1;
                let whole = arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap();
                for (one, other) in whole.columns().iter().zip(expected.columns()) {
                    assert_eq!(one.as_ref(), other.as_ref(), "byte {at}");
                }
            }
        }
    }
    assert!(
        found > 20 * harmless / 10 && found > 300,
        "{found} found, {harmless} harmless"
    );
    for cut in [0, 4, 11, 12, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&flipped, &bytes[..cut]).unwrap();
        assert!(read(std::slice::from_ref(&flipped), &all(), access).is_err());
    }
}

#[test]
fn nothing_is_overwritten_and_misuse_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let keys = keys(&dir.path().join("keys"));
    let path = dir.path().join("a.parquet");
    let key = || keys.new_data_key("lake").unwrap();
    let aad = FileAad::new("lake.a", "a.parquet").unwrap();
    std::fs::write(&path, b"old").unwrap();
    let error =
        EncryptedWriter::create(&path, FileKeys::uniform(schema(), key()), &aad).unwrap_err();
    assert_eq!(error.code(), "SL9001");
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(dir.path().join("target"), &link).unwrap();
    assert!(EncryptedWriter::create(&link, FileKeys::uniform(schema(), key()), &aad).is_err());
    assert!(!dir.path().join("target").exists());

    let other = dir.path().join("b.parquet");
    let mut writer =
        EncryptedWriter::create(&other, FileKeys::uniform(schema(), key()), &aad).unwrap();
    let wrong = batch(0, 5).project(&[0, 1]).unwrap();
    assert_eq!(writer.write(&wrong).unwrap_err().code(), "SL9021");
    // After a failure nothing can be finished.
    assert_eq!(writer.write(&batch(0, 5)).unwrap_err().code(), "SL9021");
    assert_eq!(writer.finish().unwrap_err().code(), "SL9021");

    let list = DataType::List(Arc::new(Field::new_list_field(DataType::Int32, true)));
    let nested = Arc::new(Schema::new(vec![Field::new("l", list, true)]));
    let third = dir.path().join("c.parquet");
    assert_eq!(
        EncryptedWriter::create(&third, FileKeys::uniform(nested, key()), &aad)
            .unwrap_err()
            .code(),
        "SL9021"
    );
    for (dataset, file) in [
        ("", "a"),
        ("a", ""),
        ("a\0b", "c"),
        ("a/b", "c"),
        ("a", "/c"),
        ("a", "b/"),
        ("a", "b//c"),
        ("a", "../c"),
    ] {
        assert_eq!(FileAad::new(dataset, file).unwrap_err().code(), "SL9005");
    }
}

#[test]
fn an_empty_output_is_a_sealed_file_too() {
    let dir = tempfile::tempdir().unwrap();
    let keys = keys(&dir.path().join("keys"));
    let path = dir.path().join("a.parquet");
    assert_eq!(write(&path, &keys, "lake.a", 0).rows, 0);
    prove_sealed(&path, &[]).unwrap();
    let access = Access::Sealed {
        keys: &keys,
        dataset: "lake.a",
    };
    assert!(read(&[path], &all(), access).unwrap().is_empty());
    assert!(read(&[], &all(), access).unwrap().is_empty());
}

/// A plain file with a string column `s`, as another tool would write it.
fn plain(path: &Path, properties: WriterProperties, values: Vec<Option<String>>) {
    let schema = Arc::new(Schema::new(vec![
        Field::new("s", DataType::Utf8, true),
        Field::new(
            "l",
            DataType::List(Arc::new(Field::new_list_field(DataType::Int32, true))),
            true,
        ),
    ]));
    let rows = values.len();
    let list = ListArray::from_iter_primitive::<arrow::datatypes::Int32Type, _, _>(
        (0..rows).map(|_| Some(vec![Some(1)])),
    );
    let batch = RecordBatch::try_new(
        schema.clone(),
        vec![Arc::new(StringArray::from(values)), Arc::new(list)],
    )
    .unwrap();
    let mut writer = ArrowWriter::try_new(
        std::fs::File::create(path).unwrap(),
        schema,
        Some(properties),
    )
    .unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn columns_must_be_there_and_plain() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.parquet");
    plain(
        &path,
        WriterProperties::builder().build(),
        vec![Some("x".into()), None],
    );
    let code = |columns: &[&str]| {
        let columns: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
        read(std::slice::from_ref(&path), &columns, Access::Plain)
            .err()
            .map(|e| e.code())
    };
    assert_eq!(code(&["s"]), None);
    assert_eq!(code(&["s", "none"]), Some("SL9007"));
    assert_eq!(code(&["l"]), Some("SL9015"));
    // No column at all still counts the rows.
    let counted = read(std::slice::from_ref(&path), &[], Access::Plain).unwrap();
    assert_eq!(counted.iter().map(RecordBatch::num_rows).sum::<usize>(), 2);
}

#[test]
fn a_page_that_would_take_the_memory_is_refused_before_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.parquet");
    let properties = WriterProperties::builder()
        .set_compression(parquet::basic::Compression::ZSTD(Default::default()))
        .set_dictionary_enabled(false)
        .set_data_page_size_limit(1 << 30)
        .build();
    let huge = "x".repeat(60 << 20);
    plain(&path, properties, vec![Some(huge); 5]);
    assert!(
        std::fs::metadata(&path).unwrap().len() < 4 << 20,
        "the bomb is not small"
    );
    let error = read(&[path], &["s".to_owned()], Access::Plain).unwrap_err();
    assert_eq!(error.code(), "SL9013");
}

#[test]
fn no_module_lies_outside_the_encryption() {
    use parquet::encryption::decrypt::FileDecryptionProperties;
    let dir = tempfile::tempdir().unwrap();
    let keys = keys(&dir.path().join("keys"));
    let path = dir.path().join("a.parquet");
    let key = keys.new_data_key("lake").unwrap();
    let bytes = key.plaintext().expose().to_vec();
    let aad = FileAad::new("lake.a", "a.parquet").unwrap();
    let mut writer =
        EncryptedWriter::create(&path, FileKeys::uniform(schema(), key), &aad).unwrap();
    writer.write(&batch(0, 10_000)).unwrap();
    writer.finish().unwrap();
    // The prefix is stored, so the key alone opens it elsewhere; our own reader gives its own.
    let properties = FileDecryptionProperties::builder(bytes).build().unwrap();
    let options = ArrowReaderOptions::new().with_file_decryption_properties(properties);
    let file = std::fs::File::open(&path).unwrap();
    let metadata = ArrowReaderMetadata::load(&file, options).unwrap();
    let groups = metadata.metadata().row_groups();
    assert_eq!(groups.len(), 1);
    for column in groups[0].columns() {
        assert!(column.crypto_metadata().is_some(), "a column is in clear");
        assert!(
            column.bloom_filter_offset().is_none(),
            "a bloom filter is never sealed"
        );
    }
    let stored = metadata.metadata().file_metadata().key_value_metadata();
    assert!(stored.is_none_or(|pairs| pairs.is_empty()));
}

/// Every column text, so that what lies in clear shows.
fn texts(rows: usize) -> RecordBatch {
    let columns = ["id", "email", "card", "note"].map(|name| {
        let values = (0..rows).map(|n| format!("canary-{name}-{n}"));
        let array: ArrayRef = Arc::new(StringArray::from_iter_values(values));
        (name, array)
    });
    RecordBatch::try_from_iter(columns).unwrap()
}

fn by_column(
    path: &Path,
    keys: &OpenKeys,
    columns: &[(&str, &str)],
    storage: Storage,
) -> Result<(), ConnectError> {
    let aad = FileAad::new("lake.a", path.file_name().unwrap().to_str().unwrap()).unwrap();
    let columns = columns
        .iter()
        .map(|(column, key)| ((*column).to_owned(), (*key).to_owned()));
    let columns = columns.collect();
    let sealing = FileKeys::new(texts(1).schema(), keys, "lake", &columns)?.stored(storage);
    let mut writer = EncryptedWriter::create(path, sealing, &aad)?;
    for _ in 0..3 {
        // Two row groups.
        writer.write(&texts(100_000))?;
    }
    writer.finish().map(|_| ())
}

#[test]
fn every_column_has_a_key_and_a_reader_sees_those_it_has() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Keystore::create(&dir.path().join("keys"), 1).unwrap();
    for name in ["lake", "pii", "pci"] {
        store.new_key(name, Purpose::File, 1).unwrap();
    }
    let keys = store.unlock(&Tombstones::none()).unwrap();
    let wanted = [("email", "pii"), ("card", "pci")];
    let names = ["id", "email", "card", "note"].map(str::to_owned);
    for (name, storage) in [("in", Storage::Internal), ("ex", Storage::External)] {
        let path = dir.path().join(format!("{name}.parquet"));
        by_column(&path, &keys, &wanted, storage).unwrap();
        let canaries = names
            .clone()
            .map(|name| format!("canary-{name}").into_bytes());
        prove_sealed(&path, &canaries).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        for canary in &canaries {
            let shortest = &canary[..9];
            assert!(memchr::memmem::find(&bytes, shortest).is_none());
        }
        let access = Access::Sealed {
            keys: &keys,
            dataset: "lake.a",
        };
        let batches = read(std::slice::from_ref(&path), &names, access).unwrap();
        let whole = arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap();
        assert_eq!(
            whole.slice(100_000, 100_000).columns(),
            texts(100_000).columns()
        );
    }
    // One of the keys is on its way out.
    let change = sealine_keys::Change::Destroy {
        name: "pci".to_owned(),
        version: None,
        due: 100,
    };
    store.change(&change, 10).unwrap();
    let fewer = store.unlock(&Tombstones::none()).unwrap();
    let access = Access::Sealed {
        keys: &fewer,
        dataset: "lake.a",
    };
    for name in ["in", "ex"] {
        let path = dir.path().join(format!("{name}.parquet"));
        let files = std::slice::from_ref(&path);
        let some = ["note", "email", "id"].map(str::to_owned);
        let batches = read(files, &some, access).unwrap();
        assert_eq!(
            batches.iter().map(RecordBatch::num_rows).sum::<usize>(),
            300_000
        );
        let error = read(files, &names, access).unwrap_err();
        assert_eq!(error.code(), "SL9060");
        let text = error.to_string();
        assert!(text.contains("`card`") && text.contains("`pci`") && !text.contains("canary"));
        // The footer's key opens everything else, and is needed for anything.
        let nothing = self::keys(&dir.path().join(format!("keys-{name}")));
        let nothing = Access::Sealed {
            keys: &nothing,
            dataset: "lake.a",
        };
        assert_eq!(read(files, &some, nothing).unwrap_err().code(), "SL9018");
    }
    let path = dir.path().join("b.parquet");
    let refused = |columns: &[(&str, &str)]| {
        let error = by_column(&path, &keys, columns, Storage::Internal).unwrap_err();
        assert!(!path.exists());
        error.code()
    };
    assert_eq!(refused(&[("Email", "pii")]), "SL9062");
    assert_eq!(refused(&[("email", "none")]), "SL9061");
    let twice = Arc::new(Schema::new(vec![
        Field::new("a", DataType::Int8, true),
        Field::new("a", DataType::Int8, true),
    ]));
    let named = [("a".to_owned(), "pii".to_owned())].into();
    let error = FileKeys::new(twice, &keys, "lake", &named).unwrap_err();
    assert_eq!(error.code(), "SL9062");
}

#[test]
fn each_column_is_sealed_under_a_key_of_its_own() {
    use parquet::encryption::decrypt::{FileDecryptionProperties, KeyRetriever};
    use sealine_keys::{KeyMetadata, WrappedKey};
    use std::sync::Mutex;
    /// Opens nothing but the footer and notes what it was asked for.
    struct Asked(OpenKeys, Mutex<Vec<WrappedKey>>);
    impl KeyRetriever for Asked {
        fn retrieve_key(&self, metadata: &[u8]) -> parquet::errors::Result<Vec<u8>> {
            let KeyMetadata::Here(wrapped) = KeyMetadata::parse(metadata).unwrap() else {
                panic!("not in the file");
            };
            let key = self.0.unwrap(&wrapped).unwrap().expose().to_vec();
            self.1.lock().unwrap().push(wrapped);
            Ok(key)
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let mut store = Keystore::create(&dir.path().join("keys"), 1).unwrap();
    for name in ["lake", "pii"] {
        store.new_key(name, Purpose::File, 1).unwrap();
    }
    let open = || store.unlock(&Tombstones::none()).unwrap();
    let path = dir.path().join("a.parquet");
    by_column(&path, &open(), &[("email", "pii")], Storage::Internal).unwrap();
    let asked = Arc::new(Asked(open(), Mutex::default()));
    let retriever: Arc<dyn KeyRetriever> = asked.clone();
    let properties = FileDecryptionProperties::with_key_retriever(retriever)
        .build()
        .unwrap();
    let options = ArrowReaderOptions::new().with_file_decryption_properties(properties);
    let file = std::fs::File::open(&path).unwrap();
    let metadata = ArrowReaderMetadata::load(&file, options).unwrap();
    for column in metadata
        .metadata()
        .row_groups()
        .iter()
        .flat_map(|g| g.columns())
    {
        assert!(column.crypto_metadata().is_some(), "a column is in clear");
        assert!(column.bloom_filter_offset().is_none());
    }
    // The footer, then the columns of the first row group; all of the second are the same.
    let asked = asked.1.lock().unwrap();
    let names: Vec<&str> = asked.iter().map(WrappedKey::key).collect();
    assert_eq!(names[..5], ["lake", "lake", "pii", "lake", "lake"]);
    let keys = open();
    let plain: Vec<_> = asked[..5].iter().map(|w| keys.unwrap(w).unwrap()).collect();
    for (at, key) in plain.iter().enumerate() {
        assert!(
            plain[..at].iter().all(|other| !other.equals(key)),
            "a key serves twice"
        );
    }
    // One key-encryption key for each file key.
    assert_eq!(asked[0].bytes(), asked[1].bytes());
    assert_ne!(asked[0].bytes(), asked[2].bytes());
}
