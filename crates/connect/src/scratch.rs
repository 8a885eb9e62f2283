//! Temporary files that only this process can read: for what does not fit into memory.
//!
//! Every chunk is sealed with AES-256-GCM under a key that was drawn for this [`Scratch`] and lives
//! in memory only, bound to its file and its place there. INVARIANT: no byte is handed out that was
//! not authenticated; how many chunks a file has, and how long each is, is kept in memory, so that
//! a file cut at the end of a chunk is noticed too and nothing read back is ever parsed to find
//! out. A file loses its name as soon as it is open: whatever ends the process, its space is free
//! again and nothing can be found. It must never write plaintext.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sealine_protect::crypto::ephemeral::{Ephemeral, Stream};
use sealine_protect::crypto::random;

use crate::ConnectError;

/// The most bytes that are sealed as one.
pub const CHUNK_MAX: usize = 1 << 20;

/// Where temporary files are made, under one key and one bound on their size.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
    key: Ephemeral,
    limit: u64,
    used: AtomicU64,
}

impl Scratch {
    /// Files in `folder`, which is made when the first one is, of at most `limit` bytes together.
    ///
    /// # Errors
    /// [`ConnectError::Random`].
    pub fn new(folder: PathBuf, limit: u64) -> Result<Arc<Scratch>, ConnectError> {
        Ok(Arc::new(Scratch {
            folder,
            key: Ephemeral::new().map_err(|_| ConnectError::Random)?,
            limit,
            used: AtomicU64::new(0),
        }))
    }

    /// A new, empty file.
    ///
    /// # Errors
    /// [`ConnectError::Spill`] where it cannot be made, [`ConnectError::Random`].
    pub fn file(self: &Arc<Self>) -> Result<ScratchFile, ConnectError> {
        let fault = |action| move |source| self.fault(action, source);
        let name: [u8; 16] = random::array().map_err(|_| ConnectError::Random)?;
        let path = self.folder.join(hex::encode(name));
        let made = match create(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let folder = DirBuilder::new().mode(0o700).create(&self.folder);
                match folder {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
                    _ => create(&path),
                }
            }
            other => other,
        };
        let file = made.map_err(fault("make"))?;
        // A crash right here leaves an empty file, which whoever begins next removes.
        std::fs::remove_file(&path).map_err(fault("unlink"))?;
        Ok(ScratchFile {
            scratch: Arc::clone(self),
            stream: self.key.stream(),
            file,
            written: Mutex::new(Chunks {
                ends: Vec::new(),
                reserved: 0,
                sealed: Vec::new(),
            }),
        })
    }

    /// Bytes of all files that are open now.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    fn reserve(&self, bytes: u64) -> Result<(), ConnectError> {
        let within = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= self.limit);
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, within)
            .map(|_| ())
            .map_err(|_| ConnectError::SpillFull {
                limit_mib: self.limit >> 20,
            })
    }

    fn fault(&self, action: &'static str, source: io::Error) -> ConnectError {
        ConnectError::Spill {
            action,
            path: self.folder.display().to_string(),
            source,
        }
    }

    fn damaged(&self) -> ConnectError {
        ConnectError::SpillDamaged {
            path: self.folder.display().to_string(),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Only where it is empty, as it is unless a process died; then it stays for the next one.
        let _ = std::fs::remove_dir(&self.folder);
    }
}

/// Makes a new file that is its owner's alone.
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// A temporary file of sealed chunks; may be read while it is written. Its space is free again when
/// it drops.
#[derive(Debug)]
pub struct ScratchFile {
    scratch: Arc<Scratch>,
    stream: Stream,
    file: File,
    written: Mutex<Chunks>,
}

/// What is known of the chunks of a file.
#[derive(Debug)]
struct Chunks {
    /// Where each ends.
    ends: Vec<u64>,
    /// Bytes that count against the bound, those of a chunk that could not be written included.
    reserved: u64,
    /// A chunk on its way out: ciphertext.
    sealed: Vec<u8>,
}

impl ScratchFile {
    /// Seals `bytes` and appends them, as one chunk where they are at most [`CHUNK_MAX`]. Whoever
    /// reads sees them at once.
    ///
    /// # Errors
    /// [`ConnectError::SpillFull`] at the bound, [`ConnectError::Spill`] where the disk is full or
    /// fails; the file takes nothing more then.
    pub fn append(&self, bytes: &[u8]) -> Result<(), ConnectError> {
        let mut written = self.written();
        let Chunks {
            ends,
            reserved,
            sealed,
        } = &mut *written;
        for chunk in bytes.chunks(CHUNK_MAX) {
            let number = self
                .stream
                .seal(chunk, sealed)
                .map_err(|_| self.scratch.damaged())?;
            // After a chunk that was not written the numbers differ for good.
            if usize::try_from(number).ok() != Some(ends.len()) {
                return Err(self.scratch.damaged());
            }
            let length = sealed.len() as u64;
            self.scratch.reserve(length)?;
            *reserved += length;
            let start = ends.last().copied().unwrap_or(0);
            self.file
                .write_all_at(sealed, start)
                .map_err(|source| self.scratch.fault("write", source))?;
            ends.push(start + length);
        }
        Ok(())
    }

    /// How many chunks there are.
    pub fn chunks(&self) -> usize {
        self.written().ends.len()
    }

    /// Bytes on the disk.
    pub fn bytes(&self) -> u64 {
        self.written().ends.last().copied().unwrap_or(0)
    }

    /// Opens a chunk into `out`, in place of what is there; `false` where there is no such chunk yet.
    ///
    /// # Errors
    /// [`ConnectError::SpillDamaged`] where it is not what was written there; `out` is empty then.
    pub fn read(&self, chunk: usize, out: &mut Vec<u8>) -> Result<bool, ConnectError> {
        out.clear();
        let (start, end) = {
            let written = self.written();
            let Some(end) = written.ends.get(chunk) else {
                return Ok(false);
            };
            let before = chunk.checked_sub(1).and_then(|at| written.ends.get(at));
            (before.copied().unwrap_or(0), *end)
        };
        let damaged = || self.scratch.damaged();
        let length = usize::try_from(end - start).map_err(|_| damaged())?;
        let mut sealed = vec![0; length];
        match self.file.read_exact_at(&mut sealed, start) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(damaged()),
            Err(source) => return Err(self.scratch.fault("read", source)),
        }
        let number = u32::try_from(chunk).map_err(|_| damaged())?;
        self.stream
            .open(number, &sealed, out)
            .map_err(|_| damaged())?;
        Ok(true)
    }

    /// A lock whose holder panicked guards whole values: a chunk is noted after it was written.
    fn written(&self) -> MutexGuard<'_, Chunks> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ScratchFile {
    fn drop(&mut self) {
        let reserved = self.written().reserved;
        self.scratch.used.fetch_sub(reserved, Ordering::Relaxed);
    }
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

    const LINE: &[u8] = b"a canary that must not be found on any disk; ";

    fn scratch(limit: u64) -> (tempfile::TempDir, Arc<Scratch>) {
        let dir = tempfile::tempdir().unwrap();
        let scratch = Scratch::new(dir.path().join("spill"), limit).unwrap();
        (dir, scratch)
    }

    fn written(scratch: &Arc<Scratch>, lines: &[usize]) -> ScratchFile {
        let file = scratch.file().unwrap();
        for count in lines {
            file.append(&LINE.repeat(*count)).unwrap();
        }
        file
    }

    fn bytes(file: &ScratchFile) -> Vec<u8> {
        let mut all = vec![0; usize::try_from(file.bytes()).unwrap()];
        file.file.read_exact_at(&mut all, 0).unwrap();
        all
    }

    fn damaged(file: &ScratchFile, chunk: usize) {
        let mut out = vec![1];
        let error = file.read(chunk, &mut out).unwrap_err();
        assert_eq!(error.code(), "SL9452", "{error}");
        assert!(out.is_empty());
    }

    #[test]
    fn what_is_written_reads_back_while_it_is_written() {
        let (_dir, scratch) = scratch(u64::MAX);
        let file = scratch.file().unwrap();
        let mut out = Vec::new();
        assert!(!file.read(0, &mut out).unwrap());
        for count in [1, 7, 0, 3] {
            let before = file.chunks();
            file.append(&LINE.repeat(count)).unwrap();
            assert_eq!(file.chunks(), before + usize::from(count > 0));
            if count > 0 {
                assert!(file.read(before, &mut out).unwrap());
                assert_eq!(out, LINE.repeat(count));
            }
        }
        let large = vec![7; 2 * CHUNK_MAX + 1];
        file.append(&large).unwrap();
        assert_eq!(file.chunks(), 6);
        let mut all = Vec::new();
        for chunk in 3..6 {
            file.read(chunk, &mut out).unwrap();
            all.extend_from_slice(&out);
        }
        assert_eq!(all, large);
    }

    #[test]
    fn the_disk_holds_no_plaintext_and_no_name() {
        let (dir, scratch) = scratch(u64::MAX);
        let file = written(&scratch, &[100, 100]);
        let found = bytes(&file);
        assert!(found.len() > 200 * LINE.len());
        assert!(!found.windows(8).any(|window| window == &LINE[..8]));
        let folder = dir.path().join("spill");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&folder).unwrap().permissions().mode();
        let own = file.file.metadata().unwrap().permissions().mode();
        assert_eq!((mode & 0o777, own & 0o777), (0o700, 0o600));
        drop((file, scratch));
        assert!(!folder.exists());
    }

    #[test]
    fn a_flipped_bit_is_noticed_wherever_it_is() {
        let (_dir, scratch) = scratch(u64::MAX);
        let file = written(&scratch, &[2, 2]);
        let whole = bytes(&file);
        for at in 0..whole.len() {
            file.file
                .write_all_at(&[whole[at] ^ 0x10], at as u64)
                .unwrap();
            damaged(&file, usize::from(at >= whole.len() / 2));
            file.file.write_all_at(&whole[at..=at], at as u64).unwrap();
        }
        assert!(file.read(0, &mut Vec::new()).unwrap() && file.read(1, &mut Vec::new()).unwrap());
    }

    #[test]
    fn a_cut_a_swap_and_a_strangers_chunk_are_noticed() {
        let (_dir, scratch) = scratch(u64::MAX);
        let file = written(&scratch, &[2, 2]);
        let whole = bytes(&file);
        let half = whole.len() / 2;
        // Cut at the end of a chunk, and anywhere.
        for length in [half as u64, half as u64 + 1, whole.len() as u64 - 1] {
            file.file.set_len(length).unwrap();
            assert!(file.read(0, &mut Vec::new()).unwrap());
            damaged(&file, 1);
            file.file.write_all_at(&whole, 0).unwrap();
        }
        // The two chunks, equally long, in each other's place.
        file.file.write_all_at(&whole[half..], 0).unwrap();
        file.file.write_all_at(&whole[..half], half as u64).unwrap();
        damaged(&file, 0);
        damaged(&file, 1);
        // A file of the same run in its place, and one of another run.
        let (_elsewhere, another) = self::scratch(u64::MAX);
        for stranger in [written(&scratch, &[2, 2]), written(&another, &[2, 2])] {
            file.file.write_all_at(&bytes(&stranger), 0).unwrap();
            damaged(&file, 0);
            damaged(&file, 1);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error() {
        let (dir, _) = scratch(u64::MAX);
        std::fs::write(dir.path().join("file"), b"").unwrap();
        let scratch = Scratch::new(dir.path().join("file/spill"), u64::MAX).unwrap();
        assert_eq!(scratch.file().unwrap_err().code(), "SL9451");
    }

    #[test]
    fn all_files_share_one_bound_and_give_their_space_back() {
        let (_dir, scratch) = scratch(10_000);
        let one = written(&scratch, &[100]);
        let two = scratch.file().unwrap();
        two.append(&LINE.repeat(100)).unwrap();
        let error = two.append(&LINE.repeat(100)).unwrap_err();
        assert_eq!(error.code(), "SL9450", "{error}");
        // What did not fit is not skipped: the file ends here.
        assert_eq!(two.append(b"more").unwrap_err().code(), "SL9452");
        let used = scratch.used();
        assert_eq!(used, one.bytes() + two.bytes());
        drop(one);
        assert_eq!(scratch.used(), two.bytes());
        drop(two);
        assert_eq!(scratch.used(), 0);
    }
}
