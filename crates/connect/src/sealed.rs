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

/// How much of the file is held at once by each lane.
const CHUNK: usize = 1 << 20;
/// The least that is worth a lane of its own, and the most lanes.
const LANE: u64 = 4 << 20;
const LANES: usize = 8;

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
    if Needles::new(canaries).anywhere_in(&file, identity.bytes(), path)? {
        return Err(exposed("it holds a value of the input in clear"));
    }
    Ok(())
}

/// The canaries, found in one pass however many there are. One of at least eight bytes holds four
/// that begin at a multiple of four wherever it lies, so only these places are looked at.
struct Needles<'a> {
    /// One bit for each value of the hash of four bytes.
    filter: Vec<u64>,
    /// Four bytes of a needle, how many bytes of it lie before them, and the needle.
    pieces: Vec<(u32, usize, &'a [u8])>,
    longest: usize,
}

const FILTER_BITS: u32 = 18;
const PIECE: usize = 4;

impl<'a> Needles<'a> {
    fn new(canaries: &'a [Vec<u8>]) -> Needles<'a> {
        let mut pieces: Vec<(u32, usize, &[u8])> = canaries
            .iter()
            .filter(|needle| needle.len() >= CANARY_MIN)
            .flat_map(|needle| {
                (0..PIECE).filter_map(move |before| {
                    let piece = needle.get(before..)?.first_chunk()?;
                    Some((u32::from_le_bytes(*piece), before, needle.as_slice()))
                })
            })
            .collect();
        pieces.sort_unstable();
        pieces.dedup();
        let mut filter = vec![0_u64; 1 << (FILTER_BITS - 6)];
        for (piece, _, _) in &pieces {
            let (word, bit) = place(*piece);
            if let Some(word) = filter.get_mut(word) {
                *word |= bit;
            }
        }
        let longest = pieces
            .iter()
            .map(|(_, _, needle)| needle.len())
            .max()
            .unwrap_or(0);
        Needles {
            filter,
            pieces,
            longest,
        }
    }

    /// Looks through a file of `bytes` bytes, side by side where it is large: the run waits for this.
    fn anywhere_in(&self, file: &File, bytes: u64, path: &Path) -> Result<bool, ConnectError> {
        if self.pieces.is_empty() {
            return Ok(false);
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let lanes = (bytes / LANE).clamp(1, cores.min(LANES) as u64);
        let share = bytes.div_ceil(lanes);
        std::thread::scope(|scope| {
            let looking: Vec<_> = (0..lanes)
                .map(|lane| {
                    // A needle that begins in this share may end in the next.
                    let (from, to) = (lane * share, (lane + 1) * share + self.longest as u64);
                    scope.spawn(move || self.found_in(file, from, to.min(bytes), path))
                })
                .collect();
            let mut found = false;
            for one in looking {
                found |= one.join().map_err(|_| ConnectError::Decode {
                    path: path.display().to_string(),
                    part: "bytes",
                })??;
            }
            Ok(found)
        })
    }

    fn found_in(&self, file: &File, from: u64, to: u64, path: &Path) -> Result<bool, ConnectError> {
        // The end of each chunk is looked at again with the next, so that nothing falls between.
        let mut buffer = vec![0_u8; CHUNK + self.longest];
        let mut kept = 0_usize;
        // Read by position: the decoder that tried to open the file moved its cursor.
        let mut at = from;
        loop {
            let left = usize::try_from(to.saturating_sub(at)).unwrap_or(usize::MAX);
            let end = kept.saturating_add(left).min(buffer.len());
            let room = buffer.get_mut(kept..end).unwrap_or_default();
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
        let (words, _) = bytes.as_chunks::<PIECE>();
        words.iter().enumerate().any(|(at, word)| {
            let word = u32::from_le_bytes(*word);
            let (slot, bit) = place(word);
            if self.filter.get(slot).is_none_or(|slot| slot & bit == 0) {
                return false;
            }
            let from = self.pieces.partition_point(|(piece, _, _)| *piece < word);
            self.pieces
                .iter()
                .skip(from)
                .take_while(|(piece, _, _)| *piece == word)
                .any(|(_, before, needle)| {
                    (at * PIECE)
                        .checked_sub(*before)
                        .and_then(|start| bytes.get(start..))
                        .is_some_and(|rest| rest.starts_with(needle))
                })
        })
    }
}

fn place(piece: u32) -> (usize, u64) {
    let hash = piece.wrapping_mul(0x9e37_79b1) >> (32 - FILTER_BITS);
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
                let file = File::open(&path).unwrap();
                assert!(
                    Needles::new(only)
                        .anywhere_in(&file, bytes.len() as u64, &path)
                        .unwrap(),
                    "{at}"
                );
            }
        }
        std::fs::write(&path, b"short canary-value-0 but not the end").unwrap();
        assert!(
            !Needles::new(&canaries[..2])
                .anywhere_in(&File::open(&path).unwrap(), 37, &path)
                .unwrap()
        );
    }

    #[test]
    fn canaries_of_every_length_are_found_at_every_place() {
        for length in CANARY_MIN..20 {
            let canaries = [(1..=length as u8).collect::<Vec<u8>>(), vec![0x77; 30]];
            let needles = Needles::new(&canaries);
            for before in 0..12 {
                for after in 0..5 {
                    let mut bytes = vec![0xa5; before];
                    bytes.extend(&canaries[0]);
                    bytes.extend(vec![0xa5; after]);
                    assert!(needles.found(&bytes), "{length} after {before}");
                    bytes[before + length - 1] ^= 1;
                    assert!(!needles.found(&bytes), "{length} after {before}");
                }
            }
        }
    }

    #[test]
    fn shares_of_a_large_file_overlap() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let canaries = [b"canary-value-01".to_vec()];
        let size = usize::try_from(2 * LANE).unwrap() + 10;
        for at in [
            0,
            size / 2 - 15,
            size / 2 - 7,
            size / 2 - 1,
            size / 2,
            size / 2 + 1,
            size - 15,
        ] {
            let mut bytes = vec![0xa5_u8; size];
            bytes[at..at + 15].copy_from_slice(b"canary-value-01");
            std::fs::write(&path, &bytes).unwrap();
            let file = File::open(&path).unwrap();
            let needles = Needles::new(&canaries);
            assert!(
                needles.anywhere_in(&file, size as u64, &path).unwrap(),
                "{at}"
            );
        }
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
