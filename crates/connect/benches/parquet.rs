//! Writes and reads a sealed file of the flagship's output shape: MB/s of Arrow data, ns a row.
//! Run with `cargo bench -p sealine-connect`.
// Measuring is what it does.
#![allow(clippy::disallowed_methods)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use sealine_connect::{
    Access, EncryptedWriter, FileAad, FileKeys, Source, compact, open_parquet, prove_sealed,
};
use sealine_keys::{Keystore, Purpose, Tombstones};

const ROWS: usize = 1_000_000;
const BATCH: usize = 8192;

fn batch(from: usize) -> RecordBatch {
    let ids = from..from + BATCH;
    let text = |make: &dyn Fn(u64) -> String| -> ArrayRef {
        Arc::new(
            ids.clone()
                .map(|id| Some(make(id as u64)))
                .collect::<StringArray>(),
        )
    };
    let mixed = |id: u64| id.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31);
    RecordBatch::try_from_iter(vec![
        (
            "id",
            Arc::new(ids.clone().map(|id| id as i64).collect::<Int64Array>()) as ArrayRef,
        ),
        (
            "email",
            text(&|id| format!("{:016x}{:06x}", mixed(id), id & 0xff_ffff)),
        ),
        (
            "card",
            text(&|id| format!("411111******{:04}", mixed(id) % 10_000)),
        ),
        (
            "age_band",
            Arc::new(
                ids.clone()
                    .map(|id| (id % 11) as i64 * 10)
                    .collect::<Int64Array>(),
            ),
        ),
        ("comment", text(&|_| "[redacted]".to_owned())),
    ])
    .unwrap()
}

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Keystore::create(&dir.path().join("keys"), 0).unwrap();
    store.new_key("lake", Purpose::File, 0).unwrap();
    let keys = store.unlock(&Tombstones::none()).unwrap();
    let batches: Vec<RecordBatch> = (0..ROWS).step_by(BATCH).map(batch).collect();
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let megabytes = batches
        .iter()
        .map(RecordBatch::get_array_memory_size)
        .sum::<usize>() as f64
        / 1e6;
    println!("{rows} rows, {megabytes:.0} MB of Arrow data");
    let report = |round: usize, what: &str, started: Instant| {
        let seconds = started.elapsed().as_secs_f64();
        println!(
            "round {round}: {what:<14} {:>5.0} MB/s {:>5.0} ns/row",
            megabytes / seconds,
            seconds * 1e9 / rows as f64
        );
    };
    for round in 0..3 {
        let started = Instant::now();
        for batch in &batches {
            black_box(compact(batch).unwrap());
        }
        report(round, "compact", started);

        let name = format!("part-{round}.parquet");
        let path = dir.path().join(&name);
        let aad = FileAad::new("lake.customers", &name).unwrap();
        let key = keys.new_data_key("lake").unwrap();
        let started = Instant::now();
        let mut writer =
            EncryptedWriter::create(&path, FileKeys::uniform(batches[0].schema(), key), &aad)
                .unwrap();
        for batch in &batches {
            writer.write(batch).unwrap();
        }
        let written = writer.finish().unwrap();
        report(round, "write", started);

        let canaries: Vec<Vec<u8>> = (0..1000)
            .map(|n| format!("canary-{n:08}").into_bytes())
            .collect();
        let started = Instant::now();
        prove_sealed(&path, &canaries).unwrap();
        report(round, "prove sealed", started);

        let columns: Vec<String> = batches[0]
            .schema()
            .fields()
            .iter()
            .map(|f| f.name().clone())
            .collect();
        let access = Access::Sealed {
            keys: &keys,
            dataset: "lake.customers",
        };
        let started = Instant::now();
        let mut source = open_parquet(&[path], &columns, access, BATCH).unwrap();
        while let Some(raw) = source.next().unwrap() {
            black_box(raw);
        }
        report(round, "read", started);
        println!("round {round}: file of {} MB", written.bytes / 1_000_000);
    }
}
