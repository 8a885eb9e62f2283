//! Runs foreign decoders so that a panic in one becomes a plain failure.
//!
//! INVARIANT: the message of such a panic, which may quote the data being decoded, is never
//! printed, returned or kept. Must never be put around code of this project: there a panic is a
//! bug that has to be seen.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static DECODING: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// The decoder panicked. There is nothing more to say that would be safe to say.
pub(crate) struct Panicked;

/// Runs `work`; a panic inside ends in [`Panicked`] and leaves no text anywhere. What `work`
/// borrowed mutably must be dropped by the caller afterwards.
pub(crate) fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if !DECODING.get() {
                before(info);
            }
        }));
    });
    let outer = DECODING.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    DECODING.set(outer);
    result.map_err(|payload| {
        // A payload whose own drop panics must not get out either.
        std::mem::forget(payload);
        Panicked
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_value_and_later_panics_are_seen() {
        assert!(quietly(|| panic!("4111111111111111")).is_err());
        assert_eq!(quietly(|| 7).ok(), Some(7));
        assert!(!DECODING.get());
    }

    /// Which files of others make the decoder itself panic, without our bounds before it.
    #[test]
    #[allow(clippy::print_stderr)]
    fn decoders_panic_on_files_of_others_and_the_program_does_not() {
        let root = std::env::var("SEALINE_VECTORS").unwrap_or_else(|_| {
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors").to_owned()
        });
        let Ok(entries) = std::fs::read_dir(std::path::Path::new(&root).join("malformed")) else {
            eprintln!("skipped: no vectors in {root}");
            return;
        };
        let mut panicked = Vec::new();
        for path in entries.map(|entry| entry.unwrap().path()) {
            let bytes = std::fs::read(&path).unwrap();
            let decode = || {
                let reader =
                    ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(
                        std::fs::File::open(&path).unwrap(),
                    );
                reader
                    .ok()?
                    .build()
                    .ok()?
                    .map_while(Result::ok)
                    .for_each(drop);
                Some(())
            };
            let ipc = || {
                let reader =
                    arrow_ipc::reader::FileReader::try_new(std::io::Cursor::new(&bytes), None);
                reader.ok()?.map_while(Result::ok).for_each(drop);
                Some(())
            };
            if quietly(decode).is_err() || quietly(ipc).is_err() {
                panicked.push(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
        eprintln!("PANICKED {panicked:?}");
    }
}
