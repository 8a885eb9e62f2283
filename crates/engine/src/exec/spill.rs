//! What operators put on the disk: sealed temporary files behind the traits of the query engine.
//!
//! INVARIANT: the query engine decodes what it reads back without checking it, so every chunk was authenticated
//! before it sees a byte; a file has no path that it could open by itself. The first error is kept here, since the
//! query engine would only repeat its text.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::spill_file::{SpillFile, SpillWriter, TempFileFactory};
use futures::Stream;
use sealine_connect::ConnectError;
use sealine_connect::scratch::{Scratch, ScratchFile};

/// Bytes that are sealed as one, unless a reader waits for fewer.
const CHUNK: usize = 256 << 10;

/// The temporary files of one output.
pub(super) struct Spills {
    scratch: Arc<Scratch>,
    failure: Failure,
    /// Every file there was, so that a test can look at all of them.
    #[cfg(test)]
    kept: Mutex<Vec<Arc<ScratchFile>>>,
}

/// The first error of any file.
type Failure = Arc<Mutex<Option<ConnectError>>>;

impl Spills {
    pub(super) fn new(scratch: Arc<Scratch>) -> Arc<Self> {
        Arc::new(Self {
            scratch,
            failure: Failure::default(),
            #[cfg(test)]
            kept: Mutex::default(),
        })
    }

    /// The first error, if there was one.
    pub(super) fn failure(&self) -> Option<ConnectError> {
        lock(&self.failure).take()
    }
}

impl TempFileFactory for Spills {
    fn create_temp_file(&self, _: &str) -> Result<Arc<dyn SpillFile>> {
        let file = self.scratch.file();
        let file = file.map_err(|error| DataFusionError::IoError(keep(&self.failure, error)))?;
        let file = Arc::new(file);
        #[cfg(test)]
        lock(&self.kept).push(Arc::clone(&file));
        Ok(Arc::new(Spilled {
            file,
            failure: Arc::clone(&self.failure),
        }))
    }
}

struct Spilled {
    file: Arc<ScratchFile>,
    failure: Failure,
}

impl SpillFile for Spilled {
    fn size(&self) -> Option<u64> {
        Some(self.file.bytes())
    }

    fn read_stream(&self) -> Result<Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>> {
        let (file, failure) = (Arc::clone(&self.file), Arc::clone(&self.failure));
        let mut chunk = 0;
        // Read where it is asked for, as it is written: chunks are small, and mostly in the page cache.
        let chunks = std::iter::from_fn(move || {
            let mut bytes = Vec::new();
            let read = file.read(chunk, &mut bytes);
            chunk += 1;
            match read {
                Ok(true) => Some(Ok(Bytes::from(bytes))),
                Ok(false) => None,
                Err(error) => Some(Err(DataFusionError::IoError(keep(&failure, error)))),
            }
        });
        Ok(Box::pin(futures::stream::iter(chunks)))
    }

    fn open_writer(&self) -> Result<Box<dyn SpillWriter>> {
        Ok(Box::new(Sealing {
            file: Arc::clone(&self.file),
            buffer: Vec::new(),
            failure: Arc::clone(&self.failure),
        }))
    }
}

/// Gathers small writes into chunks.
struct Sealing {
    file: Arc<ScratchFile>,
    buffer: Vec<u8>,
    failure: Failure,
}

impl Sealing {
    fn seal(&mut self) -> io::Result<()> {
        let sealed = self.file.append(&self.buffer);
        self.buffer.clear();
        sealed.map_err(|error| keep(&self.failure, error))
    }
}

impl io::Write for Sealing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (now, _) = bytes.split_at(bytes.len().min(CHUNK - self.buffer.len()));
        self.buffer.extend_from_slice(now);
        if self.buffer.len() >= CHUNK {
            self.seal()?;
        }
        Ok(now.len())
    }

    /// Whoever reads while this writes is told of a batch after this: it has to be there.
    fn flush(&mut self) -> io::Result<()> {
        self.seal()
    }
}

impl SpillWriter for Sealing {
    fn finish(&mut self) -> Result<()> {
        self.seal().map_err(DataFusionError::IoError)
    }
}

/// Keeps an error where the run finds it, and gives the query engine one that says nothing.
fn keep(failure: &Failure, error: ConnectError) -> io::Error {
    lock(failure).get_or_insert(error);
    io::Error::other("a temporary file failed")
}

/// A lock whose holder panicked still guards a whole value.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::FileExt;
    use std::path::{Path, PathBuf};

    use datafusion::arrow::array::{Array, Int64Array, RecordBatch, StringArray};
    use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
    use datafusion::datasource::MemTable;
    use datafusion::execution::config::SessionConfig;
    use datafusion::execution::session_state::SessionStateBuilder;
    use datafusion::prelude::SessionContext;

    use super::super::memory::Limits;
    use super::super::rules;
    use super::*;

    const CANARY: &str = "canary that must not be found on a disk";
    const ROWS: i64 = 60_000;
    /// What each query is far too large for.
    const MEMORY: usize = 6 << 20;

    /// What this process has open below `folder`, names or not.
    fn open_files(folder: &Path) -> Vec<PathBuf> {
        let open = std::fs::read_dir("/proc/self/fd").unwrap();
        open.filter_map(|entry| {
            let entry = entry.ok()?.path();
            let target = std::fs::read_link(&entry).ok()?;
            target.starts_with(folder).then_some(entry)
        })
        .collect()
    }

    fn holds(bytes: &[u8], text: &str) -> bool {
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    }

    fn spills(limit: u64) -> (tempfile::TempDir, Arc<Spills>) {
        let dir = tempfile::tempdir().unwrap();
        let scratch = Scratch::new(dir.path().join("spill"), limit).unwrap();
        (dir, Spills::new(scratch))
    }

    /// The rows of a query over a table of two columns, sorted.
    async fn rows(sql: &str, memory: usize, spills: &Arc<Spills>) -> Result<Vec<String>> {
        let limits = Limits {
            memory,
            batch_rows: 512,
            ..Limits::default()
        };
        let mut options = rules::by_sorting(&rules::options(&limits, false));
        options.catalog.create_default_catalog_and_schema = true;
        let state = SessionStateBuilder::new_with_default_features()
            .with_config(SessionConfig::from(options))
            .with_runtime_env(limits.runtime(spills).unwrap())
            .build();
        let context = SessionContext::new_with_state(state);
        // Neither ascending nor descending, each id once.
        let id = |row: i64| row * 7_919 % ROWS;
        let batch = |from: i64| {
            let ids = || (from..from + 500).map(id);
            let texts = ids().map(|id| format!("{CANARY} {id}"));
            RecordBatch::try_from_iter([
                (
                    "id",
                    Arc::new(Int64Array::from_iter_values(ids())) as Arc<dyn Array>,
                ),
                ("text", Arc::new(StringArray::from_iter_values(texts))),
            ])
        };
        let batches: Vec<_> = (0..ROWS)
            .step_by(500)
            .map(batch)
            .collect::<Result<_, _>>()?;
        let table = MemTable::try_new(batches[0].schema(), vec![batches])?;
        context.register_table("t", Arc::new(table))?;
        let mut rows = Vec::new();
        for batch in context.sql(sql).await?.collect().await? {
            let options = FormatOptions::default();
            let columns = batch.columns().iter();
            let columns: Vec<_> = columns
                .map(|column| ArrayFormatter::try_new(column, &options).unwrap())
                .collect();
            rows.extend((0..batch.num_rows()).map(|row| {
                let cells: Vec<_> = columns.iter().map(|c| c.value(row).to_string()).collect();
                cells.join("|")
            }));
        }
        rows.sort();
        Ok(rows)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_forced_spill_gives_the_same_rows_and_leaves_no_plaintext() {
        for sql in [
            "SELECT id, text FROM t ORDER BY text",
            "SELECT a.text, b.id FROM t a JOIN t b ON a.text = b.text",
            "SELECT text, count(*) AS n, sum(id) AS s FROM t GROUP BY text",
        ] {
            let (dir, roomy) = spills(u64::MAX);
            let expected = rows(sql, 1 << 30, &roomy).await.unwrap();
            assert!(lock(&roomy.kept).is_empty(), "{sql}");
            assert!(open_files(dir.path()).is_empty());

            let (dir, tight) = spills(u64::MAX);
            let found = rows(sql, MEMORY, &tight).await.unwrap();
            assert_eq!(found.len(), usize::try_from(ROWS).unwrap());
            assert!(found == expected, "{sql}");
            let mut disk = Vec::new();
            for file in open_files(dir.path()) {
                disk.extend(std::fs::read(file).unwrap());
            }
            assert!(disk.len() > 1 << 20, "{sql}: {} bytes", disk.len());
            assert!(!holds(&disk, &CANARY[..12]), "{sql}");
            // It is there, for who has the key.
            let mut chunk = Vec::new();
            let kept = lock(&tight.kept);
            assert!(kept.iter().any(|file| {
                (0..file.chunks())
                    .any(|at| file.read(at, &mut chunk).unwrap() && holds(&chunk, CANARY))
            }));
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_bound_ends_it_with_its_own_error() {
        let (_dir, spills) = spills(1 << 20);
        let sql = "SELECT id, text FROM t ORDER BY text";
        let error = rows(sql, MEMORY, &spills).await.unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
        assert_eq!(spills.failure().unwrap().code(), "SL9450");
    }

    #[test]
    fn what_was_changed_on_the_disk_is_not_handed_out() {
        let (dir, spills) = spills(u64::MAX);
        let file = spills.create_temp_file("").unwrap();
        let mut writer = file.open_writer().unwrap();
        writer.write_all(&vec![1; CHUNK]).unwrap();
        writer.write_all(b"flushed").unwrap();
        writer.flush().unwrap();
        writer.write_all(b"finished").unwrap();
        writer.finish().unwrap();
        let read = || -> Vec<Result<Bytes>> {
            let stream = file.read_stream().unwrap();
            futures::executor::block_on(futures::StreamExt::collect(stream))
        };
        let all = read();
        assert_eq!(all.len(), 3);
        assert_eq!(all[1].as_ref().unwrap(), b"flushed".as_slice());
        assert_eq!(all[2].as_ref().unwrap(), b"finished".as_slice());
        let [open] = open_files(dir.path()).try_into().unwrap();
        let disk = std::fs::OpenOptions::new().write(true).open(open).unwrap();
        disk.write_all_at(b"!", CHUNK as u64 + 20).unwrap();
        let all = read();
        assert!(all[0].is_ok() && all[1].is_err());
        assert_eq!(spills.failure().unwrap().code(), "SL9452");
    }
}
