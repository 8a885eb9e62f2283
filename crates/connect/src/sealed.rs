//! Proves, before a file is published, that it is sealed: by opening it as a stranger would.
//!
//! INVARIANT: never takes a key. Memory is bounded whatever the size of the file.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use ::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};

use crate::ConnectError;
use crate::file;
use crate::parquet::{MAGIC_PLAIN, MAGIC_SEALED};
use crate::quiet::quietly;

/// The shortest canary that is searched for: anything shorter occurs in ciphertext by chance.
pub const CANARY_MIN: usize = 8;

/// How much of the file is held at once.
const CHUNK: usize = 1 << 20;

/// Insists that the file at `path` begins and ends as a sealed one, cannot be opened without a
/// key, and holds none of the `canaries` (samples of its plaintext) anywhere in its bytes.
/// Canaries shorter than [`CANARY_MIN`] bytes are passed over.
pub fn prove_sealed(path: &Path, canaries: &[Vec<u8>]) -> Result<(), ConnectError> {
    let exposed = |reason| ConnectError::Exposed {
        path: path.display().to_string(),
        reason,
    };
    let (file, identity) = file::open(path)?;
    let (mut head, mut tail) = ([0_u8; 4], [0_u8; 4]);
    if identity.bytes() < 12 {
        return Err(exposed("it is not a Parquet file"));
    }
    let end = identity.bytes() - 4;
    file.read_exact_at(&mut head, 0)
        .map_err(|e| ConnectError::io("read", path, e))?;
    file.read_exact_at(&mut tail, end)
        .map_err(|e| ConnectError::io("read", path, e))?;
    if &head == MAGIC_PLAIN || &tail == MAGIC_PLAIN {
        return Err(exposed("its footer is not encrypted"));
    }
    if &head != MAGIC_SEALED || &tail != MAGIC_SEALED {
        return Err(exposed("it is not an encrypted Parquet file"));
    }
    let opened = quietly(|| ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).is_ok());
    if opened.unwrap_or(false) {
        return Err(exposed("it opens without a key"));
    }
    let needles = Needles::new(canaries);
    if needles.found_in(&file, path)? {
        return Err(exposed("it holds a value of the input in clear"));
    }
    Ok(())
}

/// The canaries, found by their first eight bytes in one pass, however many there are.
struct Needles<'a> {
    /// One bit for each value of the hash of eight bytes.
    filter: Vec<u64>,
    sorted: Vec<(u64, &'a [u8])>,
    longest: usize,
}

const FILTER_BITS: u32 = 18;

impl<'a> Needles<'a> {
    fn new(canaries: &'a [Vec<u8>]) -> Needles<'a> {
        let mut filter = vec![0_u64; 1 << (FILTER_BITS - 6)];
        let mut sorted: Vec<(u64, &[u8])> = canaries
            .iter()
            .filter_map(|c| Some((first_eight(c)?, c.as_slice())))
            .collect();
        sorted.sort_unstable();
        sorted.dedup();
        for (first, _) in &sorted {
            let (word, bit) = place(*first);
            if let Some(word) = filter.get_mut(word) {
                *word |= bit;
            }
        }
        let longest = sorted
            .iter()
            .map(|(_, needle)| needle.len())
            .max()
            .unwrap_or(0);
        Needles {
            filter,
            sorted,
            longest,
        }
    }

    fn found_in(&self, file: &File, path: &Path) -> Result<bool, ConnectError> {
        if self.sorted.is_empty() {
            return Ok(false);
        }
        // The end of each chunk is looked at again with the next, so that nothing falls between.
        let mut buffer = vec![0_u8; CHUNK + self.longest];
        let mut kept = 0;
        // Read by position: the decoder that tried to open the file moved its cursor.
        let mut at = 0;
        loop {
            let room = buffer.get_mut(kept..).unwrap_or_default();
            let count = match file.read_at(room, at) {
                Ok(0) => return Ok(false),
                Ok(count) => count,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(ConnectError::io("read", path, e)),
            };
            at += count as u64;
            let filled = kept + count;
            if self.found(buffer.get(..filled).unwrap_or_default()) {
                return Ok(true);
            }
            kept = filled.min(self.longest - 1);
            buffer.copy_within(filled - kept..filled, 0);
        }
    }

    fn found(&self, bytes: &[u8]) -> bool {
        bytes.windows(CANARY_MIN).enumerate().any(|(at, window)| {
            let Some(first) = first_eight(window) else {
                return false;
            };
            let (word, bit) = place(first);
            if self.filter.get(word).is_none_or(|word| word & bit == 0) {
                return false;
            }
            let from = self.sorted.partition_point(|(known, _)| *known < first);
            let rest = bytes.get(at..).unwrap_or_default();
            self.sorted
                .iter()
                .skip(from)
                .take_while(|(known, _)| *known == first)
                .any(|(_, needle)| rest.starts_with(needle))
        })
    }
}

fn first_eight(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk().map(|first| u64::from_le_bytes(*first))
}

fn place(first: u64) -> (usize, u64) {
    let hash = first.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - FILTER_BITS);
    (
        usize::try_from(hash >> 6).unwrap_or_default(),
        1 << (hash & 63),
    )
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
    fn canaries_are_found_wherever_they_lie() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let canaries = [
            b"short".to_vec(),
            b"canary-value-01".to_vec(),
            b"canary-v".to_vec(),
        ];
        for at in [0, 100, CHUNK - 3, CHUNK + 4, 2 * CHUNK - 1, 3 * CHUNK - 15] {
            let mut bytes = vec![0xa5_u8; 3 * CHUNK];
            bytes[at..at + 15].copy_from_slice(b"canary-value-01");
            std::fs::write(&path, &bytes).unwrap();
            for only in [&canaries[1..2], &canaries[..]] {
                assert!(
                    Needles::new(only)
                        .found_in(&File::open(&path).unwrap(), &path)
                        .unwrap(),
                    "{at}"
                );
            }
        }
        std::fs::write(&path, b"short canary-value-0 but not the end").unwrap();
        assert!(
            !Needles::new(&canaries[..2])
                .found_in(&File::open(&path).unwrap(), &path)
                .unwrap()
        );
    }

    #[test]
    fn what_is_not_sealed_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        for bytes in [
            &b""[..],
            b"PAR1aaaaaaaaPAR1",
            b"PAREaaaaaaaaPAR1",
            b"0123456789abcdef",
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(prove_sealed(&path, &[]).unwrap_err().code(), "SL9022");
        }
    }
}
