//! Words that were seen and do not fit into memory: sorted runs in sealed temporary files.
//!
//! A Bloom filter of fixed size (blocked: Putze, Sanders and Singler, 2007) stands before the runs,
//! so that a new word seldom costs a read, and runs of one size are merged as there are
//! [`FAN`] of them, so that a known word costs few. INVARIANT: membership is exact; the filter only
//! saves work, and its size decides how much, never the answer. What stays in memory for a page of
//! [`PAGE`] words is the first of them.

use std::hash::BuildHasher;
use std::sync::Arc;

use sealine_connect::scratch::{Scratch, ScratchFile};
use sealine_connect::{ConnectError, TableKey};

use crate::ContractError;

/// Bytes of a word in a run.
const WORD: usize = 16;
/// Words that are sealed as one and read together.
const PAGE: usize = 256;
/// Runs of a size before they are merged into one of the next.
const FAN: usize = 8;
/// Words of 64 bits in a block of the filter: a line of the processor's cache.
const BLOCK: usize = 8;
/// Bits that a word sets in its block.
const PROBES: u32 = 6;

/// Words outside memory.
pub(crate) struct Spilled {
    scratch: Arc<Scratch>,
    filter: Filter,
    /// By size, the largest and oldest first.
    runs: Vec<Run>,
}

/// Words in ascending order, none twice.
struct Run {
    file: ScratchFile,
    /// The first word of each page.
    fences: Vec<u128>,
    level: u32,
}

impl Spilled {
    /// Nothing yet, with a filter of at most `filter` bytes.
    pub(crate) fn new(scratch: Arc<Scratch>, filter: usize, key: TableKey) -> Spilled {
        Spilled {
            scratch,
            filter: Filter::new(filter, key),
            runs: Vec::new(),
        }
    }

    /// Whether the word is in a run.
    pub(crate) fn contains(&self, word: u128) -> Result<bool, ContractError> {
        if !self.filter.may_have(word) {
            return Ok(false);
        }
        let mut page = Vec::new();
        for run in &self.runs {
            if run.contains(word, &mut page)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Writes `words`, of which none is in a run, as a run of their own; `words` is empty then.
    pub(crate) fn add(&mut self, words: &mut Vec<u128>) -> Result<(), ContractError> {
        words.sort_unstable();
        let mut writer = Writer::new(&self.scratch)?;
        for word in words.drain(..) {
            self.filter.set(word);
            writer.push(word)?;
        }
        self.runs.push(writer.finish(0)?);
        self.merge()
    }

    /// Merges the smallest runs while there are enough of one size.
    fn merge(&mut self) -> Result<(), ContractError> {
        while let Some(level) = self.runs.last().map(|run| run.level)
            && self.runs.iter().filter(|run| run.level == level).count() >= FAN
        {
            let from = self.runs.partition_point(|run| run.level > level);
            let mut cursors = Vec::with_capacity(FAN);
            for run in self.runs.drain(from..) {
                cursors.push(Cursor::new(run)?);
            }
            let mut writer = Writer::new(&self.scratch)?;
            while let Some(least) = cursors.iter().filter_map(Cursor::word).min() {
                writer.push(least)?;
                for cursor in &mut cursors {
                    if cursor.word() == Some(least) {
                        cursor.advance()?;
                    }
                }
            }
            self.runs.push(writer.finish(level + 1)?);
        }
        Ok(())
    }
}

impl Run {
    fn contains(&self, word: u128, page: &mut Vec<u8>) -> Result<bool, ContractError> {
        let after = self.fences.partition_point(|first| *first <= word);
        let Some(at) = after.checked_sub(1) else {
            return Ok(false);
        };
        read(&self.file, at, page)?;
        let words = page.as_chunks::<WORD>().0;
        // As they were written: big-endian, so that bytes sort as words do.
        Ok(words.binary_search(&word.to_be_bytes()).is_ok())
    }
}

/// The page with this number, which is there.
fn read(file: &ScratchFile, number: usize, page: &mut Vec<u8>) -> Result<(), ContractError> {
    match file.read(number, page).map_err(ContractError::Spill)? {
        true => Ok(()),
        false => Err(ContractError::Kernel { step: "unique" }),
    }
}

/// A run being written, page by page.
struct Writer {
    file: ScratchFile,
    fences: Vec<u128>,
    page: Vec<u8>,
}

impl Writer {
    fn new(scratch: &Arc<Scratch>) -> Result<Writer, ContractError> {
        Ok(Writer {
            file: scratch.file().map_err(ContractError::Spill)?,
            fences: Vec::new(),
            page: Vec::with_capacity(PAGE * WORD),
        })
    }

    fn push(&mut self, word: u128) -> Result<(), ContractError> {
        if self.page.is_empty() {
            self.fences.push(word);
        }
        self.page.extend_from_slice(&word.to_be_bytes());
        if self.page.len() >= PAGE * WORD {
            self.seal().map_err(ContractError::Spill)?;
        }
        Ok(())
    }

    fn seal(&mut self) -> Result<(), ConnectError> {
        self.file.append(&self.page)?;
        self.page.clear();
        Ok(())
    }

    fn finish(mut self, level: u32) -> Result<Run, ContractError> {
        self.seal().map_err(ContractError::Spill)?;
        Ok(Run {
            file: self.file,
            fences: self.fences,
            level,
        })
    }
}

/// A run being read from its beginning; it goes with its last word.
struct Cursor {
    run: Run,
    next: usize,
    page: Vec<u8>,
    at: usize,
}

impl Cursor {
    fn new(run: Run) -> Result<Cursor, ContractError> {
        let mut cursor = Cursor {
            run,
            next: 0,
            page: Vec::new(),
            at: 0,
        };
        cursor.turn()?;
        Ok(cursor)
    }

    fn word(&self) -> Option<u128> {
        let words = self.page.as_chunks::<WORD>().0;
        words.get(self.at).map(|word| u128::from_be_bytes(*word))
    }

    fn advance(&mut self) -> Result<(), ContractError> {
        self.at += 1;
        match self.word() {
            Some(_) => Ok(()),
            None => self.turn(),
        }
    }

    fn turn(&mut self) -> Result<(), ContractError> {
        self.at = 0;
        self.page.clear();
        if self.next < self.run.fences.len() {
            read(&self.run.file, self.next, &mut self.page)?;
            self.next += 1;
        }
        Ok(())
    }
}

/// A blocked Bloom filter.
struct Filter {
    key: TableKey,
    /// A power of two of them.
    blocks: Vec<[u64; BLOCK]>,
}

impl Filter {
    fn new(bytes: usize, key: TableKey) -> Filter {
        let most = bytes / size_of::<[u64; BLOCK]>();
        let blocks = most.checked_ilog2().map_or(1, |bits| 1 << bits);
        Filter {
            key,
            blocks: vec![[0; BLOCK]; blocks],
        }
    }

    /// The block of a word, and the bits that it has there, nine of `u64` for each.
    fn place(&self, word: u128) -> (usize, u64) {
        let hash = self.key.hash_one(word);
        let block = usize::try_from(hash).unwrap_or_default() & (self.blocks.len() - 1);
        // The bits that chose the block are spread over all of them.
        (
            block,
            hash.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_right(7),
        )
    }

    fn set(&mut self, word: u128) {
        let (block, bits) = self.place(word);
        if let Some(block) = self.blocks.get_mut(block) {
            for (lane, bit) in probes(bits) {
                if let Some(lane) = block.get_mut(lane) {
                    *lane |= bit;
                }
            }
        }
    }

    fn may_have(&self, word: u128) -> bool {
        let (block, bits) = self.place(word);
        let Some(block) = self.blocks.get(block) else {
            return true;
        };
        probes(bits).all(|(lane, bit)| block.get(lane).is_none_or(|lane| lane & bit != 0))
    }
}

fn probes(bits: u64) -> impl Iterator<Item = (usize, u64)> {
    (0..PROBES).map(move |probe| {
        let nine = bits >> (probe * 9) & 0x1ff;
        ((nine >> 6) as usize, 1 << (nine & 63))
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

    fn spilled(filter: usize) -> (tempfile::TempDir, Arc<Scratch>, Spilled) {
        let dir = tempfile::tempdir().unwrap();
        let scratch = Scratch::new(dir.path().join("spill"), u64::MAX).unwrap();
        let key = sealine_connect::table_key().unwrap();
        let spilled = Spilled::new(Arc::clone(&scratch), filter, key);
        (dir, scratch, spilled)
    }

    #[test]
    fn membership_is_exact_whatever_the_filter() {
        // From a filter of one block, which lets everything through, to one with room.
        for filter in [0, 64, 4096, 1 << 16] {
            let (_dir, scratch, mut spilled) = spilled(filter);
            let odd = |number: u128| number * 2 + 1;
            for run in 0..70_u128 {
                let mut words: Vec<u128> = (0..40).map(|at| odd(at * 70 + run)).collect();
                spilled.add(&mut words).unwrap();
                assert!(words.is_empty());
            }
            // 70 runs of a size: one of 64, and six.
            assert_eq!(spilled.runs.len(), 7);
            assert_eq!(scratch.used(), 2800 * 16 + 16 * (10 + 6));
            for number in 0..2800 {
                assert!(spilled.contains(odd(number)).unwrap(), "{number}");
                assert!(!spilled.contains(odd(number) + 1).unwrap(), "{number}");
            }
            assert!(!spilled.contains(0).unwrap() && !spilled.contains(u128::MAX).unwrap());
        }
    }

    #[test]
    fn the_filter_with_room_saves_nearly_all_reads() {
        let (_dir, _scratch, mut spilled) = spilled(32 << 10);
        let key = sealine_connect::table_key().unwrap();
        let word = |number: u64| key.fingerprint(&number.to_be_bytes());
        // 13 bits for each word.
        let mut words: Vec<u128> = (0..20_000).map(word).collect();
        spilled.add(&mut words).unwrap();
        let passed = (20_000..120_000).filter(|number| spilled.filter.may_have(word(*number)));
        let passed = passed.count();
        assert!(
            passed < 1500,
            "{passed} of 100,000 would be read for nothing"
        );
    }
}
