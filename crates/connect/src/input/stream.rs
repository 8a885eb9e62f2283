//! One file as a stream of bytes, decompressed where it is compressed.
//!
//! INVARIANT: at most [`RATIO_MAX`] bytes come out for each that went in (beyond [`RATIO_FREE`])
//! and at most [`TOTAL_MAX`] in all; the decoders hold windows of at most 128 MiB (zstd) and
//! 32 KiB (gzip). The text of a decoder's error is dropped.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use flate2::read::MultiGzDecoder;

use crate::ConnectError;
use crate::file::{self, FileIdentity};

/// How many bytes may come out for each that goes in. Gzip itself reaches 1,032.
const RATIO_MAX: u64 = 1_000;
/// Up to here the ratio is not looked at: short files of one repeated row compress well.
const RATIO_FREE: u64 = 1 << 20;
/// The most that comes out of one file.
const TOTAL_MAX: u64 = 1 << 40;
/// The largest window of a zstd frame, as a power of two: 128 MiB, as `zstd --long` allows.
const WINDOW_LOG_MAX: u32 = 27;
/// How much is read at once where a whole file is shown to a witness.
const READ: usize = 256 << 10;

/// How a text file is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// RFC 1952, any number of members.
    Gzip,
    /// RFC 8878, any number of frames.
    Zstd,
}

impl Compression {
    /// What the end of a file's name says: `.gz`, `.zst`, or nothing.
    pub fn of(path: &Path) -> Compression {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("gz") => Compression::Gzip,
            Some("zst") => Compression::Zstd,
            _ => Compression::None,
        }
    }
}

/// Sees what is read of a dataset: each file as it begins, then each of its stored bytes once and
/// in order. For a commitment, and to insist that the files are those that were located.
pub trait Witness: Send {
    /// The next file begins. `false` if it is not the one expected: nothing of it is read.
    fn begins(&mut self, path: &Path, identity: &FileIdentity) -> bool;
    /// The next bytes of that file, as they are stored.
    fn bytes(&mut self, bytes: &[u8]);
}

/// A witness that all files of a dataset share.
pub type Witnessed = Arc<Mutex<dyn Witness>>;

/// A file that is read from its beginning to its end.
pub(crate) struct Input {
    path: PathBuf,
    identity: FileIdentity,
    body: Body,
    out: u64,
}

enum Body {
    Plain(Stored),
    Gzip(Box<MultiGzDecoder<Stored>>),
    Zstd(Box<zstd::Decoder<'static, BufReader<Stored>>>),
}

/// The stored bytes, counted and witnessed.
struct Stored {
    file: File,
    read: u64,
    witness: Option<Witnessed>,
}

impl Read for Stored {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read = self.read.saturating_add(count as u64);
        if let Some(witness) = &self.witness {
            let bytes = buffer.get(..count).unwrap_or_default();
            witness
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .bytes(bytes);
        }
        Ok(count)
    }
}

impl Input {
    /// Opens the file at `path`.
    pub(crate) fn open(
        path: &Path,
        compression: Compression,
        witness: Option<&Witnessed>,
    ) -> Result<Input, ConnectError> {
        let (stored, identity) = Stored::open(path, witness)?;
        let fault = |source| ConnectError::io("read", path, source);
        let body = match compression {
            Compression::None => Body::Plain(stored),
            Compression::Gzip => Body::Gzip(Box::new(MultiGzDecoder::new(stored))),
            Compression::Zstd => {
                let mut decoder = zstd::Decoder::new(stored).map_err(fault)?;
                decoder.window_log_max(WINDOW_LOG_MAX).map_err(fault)?;
                Body::Zstd(Box::new(decoder))
            }
        };
        Ok(Input {
            path: path.to_owned(),
            identity,
            body,
            out: 0,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn identity(&self) -> &FileIdentity {
        &self.identity
    }

    /// Stored bytes read so far; `None` where the file is not compressed and they are the same.
    pub(crate) fn stored(&self) -> Option<u64> {
        match &self.body {
            Body::Plain(_) => None,
            Body::Gzip(decoder) => Some(decoder.get_ref().read),
            Body::Zstd(decoder) => Some(decoder.get_ref().get_ref().read),
        }
    }

    /// Fills a part of `buffer`; 0 at the end of a whole file.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ConnectError> {
        loop {
            let outcome = match &mut self.body {
                Body::Plain(stored) => stored.read(buffer),
                Body::Gzip(decoder) => decoder.read(buffer),
                Body::Zstd(decoder) => decoder.read(buffer),
            };
            match outcome {
                Ok(count) => {
                    self.out = self.out.saturating_add(count as u64);
                    return self.bounded().map(|()| count);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.translate(error)),
            }
        }
    }

    fn bounded(&self) -> Result<(), ConnectError> {
        let Some(stored) = self.stored() else {
            return Ok(());
        };
        let bound = |what, limit| ConnectError::Bound {
            path: self.path.display().to_string(),
            what,
            limit,
        };
        if self.out > RATIO_FREE && self.out > stored.saturating_mul(RATIO_MAX) {
            return Err(bound("bytes for each compressed byte", RATIO_MAX));
        }
        if self.out > TOTAL_MAX {
            return Err(bound("bytes after decompression", TOTAL_MAX));
        }
        Ok(())
    }

    fn translate(&self, error: std::io::Error) -> ConnectError {
        // The decoders hand the system's own errors through; everything else is theirs.
        let system = error.raw_os_error().is_some();
        let part = match &self.body {
            Body::Gzip(_) if !system => "gzip stream",
            Body::Zstd(_) if !system => "zstd stream",
            _ => return ConnectError::io("read", &self.path, error),
        };
        ConnectError::Decode {
            path: self.path.display().to_string(),
            part,
        }
    }
}

impl Stored {
    fn open(
        path: &Path,
        witness: Option<&Witnessed>,
    ) -> Result<(Stored, FileIdentity), ConnectError> {
        let (file, identity) = file::open(path)?;
        let expected = witness.is_none_or(|witness| {
            witness
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .begins(path, &identity)
        });
        if !expected {
            return Err(ConnectError::Changed {
                path: path.display().to_string(),
            });
        }
        let stored = Stored {
            file,
            read: 0,
            witness: witness.map(Arc::clone),
        };
        Ok((stored, identity))
    }
}

/// Shows a whole file to the witness: for formats that are read by seeking.
pub(crate) fn bear_witness(path: &Path, witness: &Witnessed) -> Result<(), ConnectError> {
    let (mut stored, _) = Stored::open(path, Some(witness))?;
    let mut buffer = vec![0_u8; READ];
    loop {
        match stored.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ConnectError::io("read", path, error)),
        }
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
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(stored: &[u8], compression: Compression) -> Result<Vec<u8>, ConnectError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        std::fs::write(&path, stored).unwrap();
        let mut input = Input::open(&path, compression, None)?;
        let (mut all, mut buffer) = (Vec::new(), vec![0_u8; 1000]);
        loop {
            match input.read(&mut buffer)? {
                0 => return Ok(all),
                count => all.extend_from_slice(&buffer[..count]),
            }
        }
    }

    #[test]
    fn members_and_frames_follow_each_other() {
        let text = b"id,name\n1,Ada\n".repeat(50);
        for (compression, one) in [
            (Compression::Gzip, gzip(&text)),
            (Compression::Zstd, zstd::encode_all(&text[..], 3).unwrap()),
        ] {
            assert_eq!(read(&one, compression).unwrap(), text);
            let two = [one.clone(), one].concat();
            assert_eq!(read(&two, compression).unwrap(), text.repeat(2));
        }
        assert_eq!(read(&text, Compression::None).unwrap(), text);
    }

    #[test]
    fn what_is_cut_or_damaged_is_an_error_wherever_it_is() {
        let text: Vec<u8> = (0..300_u32)
            .flat_map(|n| n.to_string().into_bytes())
            .collect();
        for (compression, whole) in [
            (Compression::Gzip, gzip(&text)),
            (Compression::Zstd, {
                let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
                encoder.include_checksum(true).unwrap();
                encoder.write_all(&text).unwrap();
                encoder.finish().unwrap()
            }),
        ] {
            for cut in (1..whole.len()).step_by(3) {
                let error = read(&whole[..cut], compression).unwrap_err();
                assert_eq!(
                    error.code(),
                    "SL9012",
                    "{compression:?} cut at {cut}: {error}"
                );
            }
            let mut flipped = whole.clone();
            let middle = flipped.len() / 2;
            flipped[middle] ^= 0x10;
            assert_eq!(read(&flipped, compression).unwrap_err().code(), "SL9012");
            let tail = [whole, b"garbage".to_vec()].concat();
            assert_eq!(read(&tail, compression).unwrap_err().code(), "SL9012");
        }
    }

    #[test]
    fn bombs_end_soon() {
        let zeros = vec![b'0'; 64 << 20];
        for (compression, bomb) in [
            (Compression::Gzip, gzip(&zeros)),
            (Compression::Zstd, zstd::encode_all(&zeros[..], 19).unwrap()),
        ] {
            assert!(bomb.len() < 100 << 10, "{}", bomb.len());
            assert_eq!(read(&bomb, compression).unwrap_err().code(), "SL9013");
        }
    }

    #[test]
    fn a_window_that_takes_the_memory_is_refused() {
        // A frame header that announces a window of 2 GiB (RFC 8878, section 3.1.1.1.2).
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0x00, 0x00];
        assert_eq!(
            read(&frame, Compression::Zstd).unwrap_err().code(),
            "SL9012"
        );
    }

    #[test]
    fn a_witness_sees_the_stored_bytes_and_may_refuse() {
        struct Keep(Vec<u8>, bool);
        impl Witness for Keep {
            fn begins(&mut self, _: &Path, _: &FileIdentity) -> bool {
                self.1
            }
            fn bytes(&mut self, bytes: &[u8]) {
                self.0.extend_from_slice(bytes);
            }
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.gz");
        let stored = gzip(&b"abc\n".repeat(9000));
        std::fs::write(&path, &stored).unwrap();
        for accept in [true, false] {
            let keep = Arc::new(Mutex::new(Keep(Vec::new(), accept)));
            let witness: Witnessed = keep.clone();
            let outcome = Input::open(&path, Compression::of(&path), Some(&witness));
            if accept {
                let mut input = outcome.unwrap();
                let mut buffer = vec![0_u8; 4096];
                while input.read(&mut buffer).unwrap() > 0 {}
                assert_eq!(keep.lock().unwrap().0, stored);
            } else {
                assert_eq!(outcome.err().unwrap().code(), "SL9040");
                assert!(keep.lock().unwrap().0.is_empty());
            }
        }
    }
}
