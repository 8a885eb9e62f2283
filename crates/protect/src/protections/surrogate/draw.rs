//! Choices out of one tag, and the text they make.
//!
//! Invariant: each choice uses bytes of its own, and is uniform but for a bias below 2^-22. No
//! kind needs more than the 32 bytes there are; past them, it would be the first choice always.

use std::sync::LazyLock;

use super::words::Words;

/// Longer than any surrogate.
const ROOM: usize = 96;

/// A tag that is used up from its beginning.
pub(super) struct Draw<'a>(&'a [u8]);

impl<'a> Draw<'a> {
    pub(super) fn new(tag: &'a [u8; 32]) -> Draw<'a> {
        Draw(tag)
    }

    /// The next 8 bytes.
    pub(super) fn wide(&mut self) -> u64 {
        u64::from_be_bytes(self.take())
    }

    /// The next 16 bytes.
    pub(super) fn wider(&mut self) -> u128 {
        u128::from_be_bytes(self.take())
    }

    /// A number below `bound`, of the next 4 bytes.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        let scaled = u64::from(u32::from_be_bytes(self.take())) * u64::from(bound);
        (scaled >> 32) as u32
    }

    /// A word of a list.
    pub(super) fn word(&mut self, words: &Words) -> &'static str {
        let words = LazyLock::force(words);
        let at = self.below(u32::try_from(words.len()).unwrap_or(0));
        words.get(at as usize).copied().unwrap_or_default()
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        match self.0.split_first_chunk::<N>() {
            Some((next, rest)) => {
                self.0 = rest;
                *next
            }
            None => [0; N],
        }
    }
}

/// A text of bounded length, without an allocation.
pub(super) struct Line {
    bytes: [u8; ROOM],
    length: usize,
}

impl Line {
    pub(super) fn new() -> Line {
        let (bytes, length) = ([0; ROOM], 0);
        Line { bytes, length }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// The next `count` bytes, to be filled.
    fn room(&mut self, count: usize) -> &mut [u8] {
        let start = self.length;
        self.length = (start + count).min(ROOM);
        self.bytes.get_mut(start..self.length).unwrap_or_default()
    }

    pub(super) fn byte(&mut self, byte: u8) -> &mut Self {
        self.room(1).fill(byte);
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        let room = self.room(text.len());
        if room.len() == text.len() {
            room.copy_from_slice(text.as_bytes());
        }
        self
    }

    pub(super) fn lower(&mut self, text: &str) -> &mut Self {
        let start = self.length;
        self.text(text);
        let written = self.bytes.get_mut(start..self.length);
        written.unwrap_or_default().make_ascii_lowercase();
        self
    }

    /// `number` in decimal, with zeros before it up to `width` digits.
    pub(super) fn number(&mut self, mut number: u64, width: usize) -> &mut Self {
        let digits = number.checked_ilog10().map_or(1, |log| log as usize + 1);
        for place in self.room(digits.max(width)).iter_mut().rev() {
            *place = b'0' + (number % 10) as u8;
            number /= 10;
        }
        self
    }

    /// The lowest `count` letters of five bits each, of an alphabet of 32.
    pub(super) fn letters(&mut self, mut bits: u64, count: usize) -> &mut Self {
        const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        for place in self.room(count) {
            *place = ALPHABET.get((bits % 32) as usize).copied().unwrap_or(b'a');
            bits /= 32;
        }
        self
    }

    /// The lowest `count` hexadecimal digits, the highest of them first.
    pub(super) fn hex(&mut self, mut bits: u64, count: usize) -> &mut Self {
        for place in self.room(count).iter_mut().rev() {
            let digit = char::from_digit((bits % 16) as u32, 16);
            *place = digit.map_or(b'0', |digit| digit as u8);
            bits /= 16;
        }
        self
    }
}
