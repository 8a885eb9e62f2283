//! The part of the file that is in memory: grows for a long record, moves on otherwise.
//!
//! INVARIANT: at most one record and one read beyond it are held, so memory is bounded by the
//! longest record allowed.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use memchr::memchr;

use crate::ConnectError;

/// How much is read at once.
const READ: usize = 512 << 10;

/// Sees every byte of the file once, in order: for a digest made while reading.
pub type Tap = Box<dyn FnMut(&[u8]) + Send>;

pub(super) struct Window {
    file: File,
    /// How much the first read takes: a small file needs no large buffer.
    first: usize,
    buffer: Vec<u8>,
    /// Where what has not been consumed begins.
    pub(super) start: usize,
    filled: usize,
    pub(super) last: bool,
    pub(super) read: u64,
    /// Whether all of the unconsumed bytes are ASCII without NUL, so that no record needs a look.
    pub(super) plain: bool,
    pub(super) tap: Option<Tap>,
}

impl Window {
    /// A window on a file of `length` bytes; the length only sizes the first read.
    pub(super) fn new(file: File, length: u64) -> Window {
        let first = usize::try_from(length.saturating_add(1))
            .unwrap_or(READ)
            .min(READ);
        Window {
            file,
            first,
            buffer: Vec::new(),
            start: 0,
            filled: 0,
            last: false,
            read: 0,
            plain: true,
            tap: None,
        }
    }

    /// What is in memory; what begins at `start` has not been consumed.
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }

    /// How much is in memory and not consumed.
    pub(super) fn pending(&self) -> usize {
        self.filled.saturating_sub(self.start)
    }

    /// Reads more behind what has not been consumed. Sets `last` at the end of the file.
    pub(super) fn more(&mut self, path: &Path) -> Result<(), ConnectError> {
        let kept = self.pending();
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.filled, 0);
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
        self.plain |= kept == 0;
        while self.filled < wanted {
            let room = self.buffer.get_mut(self.filled..wanted).unwrap_or_default();
            match self.file.read(room) {
                Ok(0) => {
                    self.last = true;
                    break;
                }
                Ok(count) => {
                    let new = room.get(..count).unwrap_or_default();
                    self.plain = self.plain && new.is_ascii() && memchr(0, new).is_none();
                    if let Some(tap) = &mut self.tap {
                        tap(new);
                    }
                    self.filled += count;
                    self.read = self.read.saturating_add(count as u64);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ConnectError::io("read", path, error)),
            }
        }
        Ok(())
    }
}
