//! The part of the file that is in memory: grows for a long record, moves on otherwise.
//!
//! INVARIANT: at most one record and one read beyond it are held, so memory is bounded by the
//! longest record allowed.

use std::path::Path;

use memchr::memchr;
use simdutf8::compat::from_utf8;

use super::Input;
use crate::ConnectError;
use crate::file::FileIdentity;

/// How much is read at once.
const READ: usize = 512 << 10;

pub(crate) struct Window {
    input: Input,
    /// How much the first read takes: a small file needs no large buffer.
    first: usize,
    buffer: Vec<u8>,
    /// Where what has not been consumed begins.
    pub(crate) start: usize,
    filled: usize,
    pub(crate) last: bool,
    pub(crate) read: u64,
    /// Up to here the bytes are UTF-8 without NUL, so that no record that ends here needs a look.
    pub(crate) sound: usize,
}

impl Window {
    /// A window on a file. A small file that is not compressed needs no large buffer.
    pub(crate) fn new(input: Input) -> Window {
        let length = match input.stored() {
            None => input.identity().bytes(),
            Some(_) => u64::MAX,
        };
        let first = usize::try_from(length.saturating_add(1))
            .unwrap_or(READ)
            .min(READ);
        Window {
            input,
            first,
            buffer: Vec::new(),
            start: 0,
            filled: 0,
            last: false,
            read: 0,
            sound: 0,
        }
    }

    /// What is in memory; what begins at `start` has not been consumed.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }

    /// How much is in memory and not consumed.
    pub(crate) fn pending(&self) -> usize {
        self.filled.saturating_sub(self.start)
    }

    pub(crate) fn path(&self) -> &Path {
        self.input.path()
    }

    pub(crate) fn identity(&self) -> &FileIdentity {
        self.input.identity()
    }

    /// Stored bytes consumed so far, for progress.
    pub(crate) fn consumed(&self) -> u64 {
        let consumed = self.read.saturating_sub(self.pending() as u64);
        self.input.stored().unwrap_or(consumed)
    }

    /// Reads more behind what has not been consumed. Sets `last` at the end of the file.
    pub(crate) fn more(&mut self) -> Result<(), ConnectError> {
        let kept = self.pending();
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.filled, 0);
            self.sound = self.sound.saturating_sub(self.start);
            self.start = 0;
            self.filled = kept;
        }
        // Doubling keeps the bytes that are looked at again linear in the length of the record.
        let wanted = kept
            + if self.read == 0 {
                self.first
            } else {
                READ.max(kept)
            };
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
        while self.filled < wanted {
            let room = self.buffer.get_mut(self.filled..wanted).unwrap_or_default();
            let count = self.input.read(room)?;
            if count == 0 {
                self.last = true;
                break;
            }
            self.filled += count;
            self.read = self.read.saturating_add(count as u64);
        }
        self.look();
        Ok(())
    }

    /// Moves `sound` as far as it goes, in one look at what is new.
    fn look(&mut self) {
        let new = self.buffer.get(self.sound..self.filled).unwrap_or_default();
        let text = match from_utf8(new) {
            Ok(_) => new.len(),
            // Behind what is wrong nothing is looked at: those records are, one by one, until a
            // window begins behind it.
            Err(error) => error.valid_up_to(),
        };
        let text = new.get(..text).unwrap_or_default();
        self.sound += memchr(0, text).unwrap_or(text.len());
    }
}
