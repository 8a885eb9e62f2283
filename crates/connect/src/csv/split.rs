//! Finds where one record ends and where its fields lie, in a buffer that may end anywhere.
//!
//! The rules are those of `csv-core`: a quote opens a field only as its first byte; inside, two
//! quotes are one; a record ends at `\n`, `\r\n` or `\r`; a blank line is no record (but in a file
//! of one column it is one, with an empty field). Unlike it, text after a closing quote is kept
//! apart as a fault. INVARIANT: the same bytes give the same records however they are buffered.

use memchr::memchr;
use wide::u8x16;

/// One field of a record, as offsets into the buffer; quotes are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) quoted: bool,
    /// Holds doubled quotes that stand for one.
    pub(super) doubled: bool,
}

/// What lies at the start of the rest of the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing, and nothing will follow.
    End,
    /// A line end with nothing before it; the next record may begin at `next`.
    Blank { next: usize },
    /// A record of `fields` fields, its bytes up to `end`, followed by what begins at `next`.
    Record {
        end: usize,
        next: usize,
        fields: usize,
        stray: bool,
    },
    /// The buffer ends within a record; `open` when it ends within quotes.
    Partial { open: bool },
}

const QUOTE: u8 = b'"';

pub(super) struct Splitter {
    delimiter: u8,
    /// How many fields to keep; further ones are only counted.
    keep: usize,
    /// Whether a blank line is a record.
    single: bool,
    /// The bytes that end a field, each in all places of a register.
    stops: [u8x16; 3],
    /// Where the block begins that was looked at last, and where bytes that end a field stand in it.
    block: usize,
    marks: u64,
    pub(super) fields: Vec<Field>,
    /// Whether any field of the record, kept or not, is quoted.
    pub(super) quotes: bool,
}

impl Splitter {
    pub(super) fn new(delimiter: u8, keep: usize, single: bool) -> Splitter {
        Splitter {
            delimiter,
            keep,
            single,
            stops: [delimiter, b'\n', b'\r'].map(u8x16::splat),
            block: NOWHERE,
            marks: 0,
            fields: Vec::new(),
            quotes: false,
        }
    }

    /// Looks at `buffer[start..]`; `last` when nothing follows the buffer.
    pub(super) fn find(&mut self, buffer: &[u8], start: usize, last: bool) -> Found {
        self.fields.clear();
        self.quotes = false;
        // The buffer may be another one.
        self.block = NOWHERE;
        match buffer.get(start) {
            None if last => return Found::End,
            None => return Found::Partial { open: false },
            Some(b'\n' | b'\r') if !self.single => {
                return match line_end(buffer, start, last) {
                    Some(next) => Found::Blank { next },
                    None => Found::Partial { open: false },
                };
            }
            Some(_) => {}
        }
        let mut at = start;
        let mut count = 0;
        let mut stray = false;
        loop {
            let (field, stop) = if buffer.get(at) == Some(&QUOTE) {
                match quoted(buffer, at, last) {
                    None => return Found::Partial { open: true },
                    Some((field, after)) => {
                        self.quotes = true;
                        let stop = self.stop(buffer, after);
                        stray |= stop != after;
                        (field, stop)
                    }
                }
            } else {
                let stop = self.stop(buffer, at);
                (
                    Field {
                        start: at,
                        end: stop,
                        quoted: false,
                        doubled: false,
                    },
                    stop,
                )
            };
            count += 1;
            if count <= self.keep {
                self.fields.push(field);
            }
            match buffer.get(stop) {
                Some(byte) if *byte == self.delimiter => at = stop + 1,
                Some(_) => {
                    return match line_end(buffer, stop, last) {
                        Some(next) => Found::Record {
                            end: stop,
                            next,
                            fields: count,
                            stray,
                        },
                        None => Found::Partial { open: false },
                    };
                }
                None if last => {
                    return Found::Record {
                        end: stop,
                        next: stop,
                        fields: count,
                        stray,
                    };
                }
                None => return Found::Partial { open: false },
            }
        }
    }

    /// The first delimiter or line end at or after `from`, or the end of the buffer.
    #[inline]
    fn stop(&mut self, buffer: &[u8], from: usize) -> usize {
        let mut block = from & !(BLOCK - 1);
        let mut marks = self.marks(buffer, block) & (u64::MAX << (from % BLOCK));
        while marks == 0 {
            block += BLOCK;
            if block >= buffer.len() {
                return buffer.len();
            }
            marks = self.marks(buffer, block);
        }
        block + marks.trailing_zeros() as usize
    }

    /// Where bytes that end a field stand in the block that begins at `block`. Several fields lie in one block:
    /// it is looked at once for all of them.
    #[inline]
    fn marks(&mut self, buffer: &[u8], block: usize) -> u64 {
        if self.block != block {
            let rest = buffer.get(block..).unwrap_or_default();
            self.marks = match rest.first_chunk::<BLOCK>() {
                Some(whole) => self.look(whole),
                None => {
                    let mut padded = [0; BLOCK];
                    for (to, from) in padded.iter_mut().zip(rest) {
                        *to = *from;
                    }
                    self.look(&padded) & !(u64::MAX << rest.len())
                }
            };
            self.block = block;
        }
        self.marks
    }

    #[inline]
    fn look(&self, block: &[u8; BLOCK]) -> u64 {
        let (parts, _) = block.as_chunks::<16>();
        parts.iter().rev().fold(0, |marks, part| {
            let part = u8x16::new(*part);
            let found = self
                .stops
                .iter()
                .fold(u8x16::ZERO, |found, stop| found | part.simd_eq(*stop));
            marks << 16 | u64::from(found.to_bitmask())
        })
    }
}

/// Bytes that are looked at together.
const BLOCK: usize = 64;
/// No block begins here.
const NOWHERE: usize = usize::MAX;

/// The field whose opening quote is at `at`, and where what follows its closing quote begins.
/// `None` when the buffer does not tell.
fn quoted(buffer: &[u8], at: usize, last: bool) -> Option<(Field, usize)> {
    let start = at + 1;
    let mut from = start;
    let mut doubled = false;
    loop {
        let quote = from + memchr(QUOTE, buffer.get(from..)?)?;
        match buffer.get(quote + 1) {
            Some(&QUOTE) => {
                doubled = true;
                from = quote + 2;
            }
            None if !last => return None,
            _ => {
                return Some((
                    Field {
                        start,
                        end: quote,
                        quoted: true,
                        doubled,
                    },
                    quote + 1,
                ));
            }
        }
    }
}

/// What follows the line end at `at`; `None` when a `\r` is the last byte known so far.
fn line_end(buffer: &[u8], at: usize, last: bool) -> Option<usize> {
    if buffer.get(at) != Some(&b'\r') {
        return Some(at + 1);
    }
    match buffer.get(at + 1) {
        Some(b'\n') => Some(at + 2),
        None if !last => None,
        _ => Some(at + 1),
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

    fn texts(input: &str) -> Vec<String> {
        let mut splitter = Splitter::new(b',', 10, false);
        let Found::Record { .. } = splitter.find(input.as_bytes(), 0, true) else {
            panic!("no record")
        };
        splitter
            .fields
            .iter()
            .map(|f| input[f.start..f.end].to_owned())
            .collect()
    }

    #[test]
    fn fields_of_a_record() {
        assert_eq!(texts("a,,b\n"), ["a", "", "b"]);
        assert_eq!(texts("a,\"x,\ny\",b\r\n"), ["a", "x,\ny", "b"]);
        assert_eq!(texts("a,\"x\"\"y\""), ["a", "x\"\"y"]);
        assert_eq!(texts("a\"b,c"), ["a\"b", "c"]);
        assert_eq!(texts(","), ["", ""]);
    }

    #[test]
    fn the_first_stop_is_found_at_any_place() {
        for length in (0..40).chain(60..70).chain(120..130) {
            for stop in [b';', b'\n', b'\r'] {
                // 0x3a and 0x3c lie beside the delimiter; 0x8a is a line end with its top bit set.
                for filler in [b'a', b':', b'<', 0x00, 0x8a, 0xff] {
                    let mut bytes = vec![filler; length];
                    let mut splitter = Splitter::new(b';', 10, false);
                    assert_eq!(splitter.stop(&bytes, 0), length);
                    splitter.block = NOWHERE;
                    bytes.push(stop);
                    bytes.extend([stop, filler, b';', filler, filler, b'\n', filler, filler]);
                    for from in 0..=length {
                        assert_eq!(splitter.stop(&bytes, from), length);
                    }
                }
            }
        }
    }

    #[test]
    fn a_short_buffer_is_never_misread() {
        let mut splitter = Splitter::new(b',', 10, false);
        assert_eq!(
            splitter.find(b"a,b\r", 0, false),
            Found::Partial { open: false }
        );
        assert_eq!(
            splitter.find(b"a,\"b\"", 0, false),
            Found::Partial { open: true }
        );
        assert_eq!(
            splitter.find(b"a,\"b", 0, true),
            Found::Partial { open: true }
        );
        assert_eq!(splitter.find(b"", 0, false), Found::Partial { open: false });
        assert_eq!(splitter.find(b"", 0, true), Found::End);
        assert_eq!(
            splitter.find(b"\r", 0, false),
            Found::Partial { open: false }
        );
        assert_eq!(splitter.find(b"\r", 0, true), Found::Blank { next: 1 });
    }

    #[test]
    fn text_after_a_closing_quote_is_a_fault() {
        let mut splitter = Splitter::new(b',', 10, false);
        let found = splitter.find(b"\"a\"b,c\n", 0, true);
        assert_eq!(
            found,
            Found::Record {
                end: 6,
                next: 7,
                fields: 2,
                stray: true
            }
        );
    }

    #[test]
    fn a_blank_line_is_a_record_of_one_column_only() {
        assert_eq!(
            Splitter::new(b',', 1, false).find(b"\nx", 0, true),
            Found::Blank { next: 1 }
        );
        let found = Splitter::new(b',', 1, true).find(b"\nx", 0, true);
        assert_eq!(
            found,
            Found::Record {
                end: 0,
                next: 1,
                fields: 1,
                stray: false
            }
        );
    }
}
