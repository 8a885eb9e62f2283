//! Bytes that are nearly right: seeded, so that whatever was found is found again.

/// xorshift64*: small, the same on every machine.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// A generator that always gives the same numbers for a seed.
    #[must_use]
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `end`; 0 where that is 0.
    #[allow(clippy::cast_possible_truncation)] // the upper bits, then reduced
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() >> 16) as usize % end.max(1)
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[4]
    }
}

/// Bytes that decoders trip over: ends of ranges, separators, quotes, numbers, escapes.
const PIECES: &[&[u8]] = &[
    b"\0",
    b"\xff",
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x80",
    b"\xff\xff\xff\x7f",
    b"\x80",
    b"\n",
    b"\r\n",
    b"\r",
    b"\"",
    b"\"\"",
    b"'",
    b",",
    b";",
    b":",
    b": ",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"null",
    b"true",
    b"-",
    b"-1",
    b"0",
    b"1e999",
    b"9223372036854775808",
    b"18446744073709551616",
    b"NaN",
    b".",
    b"..",
    b"/",
    b"../",
    b"*",
    b"**",
    b"?",
    b"[a-",
    b"&a ",
    b"*a",
    b"!t ",
    b"<<: ",
    b"---\n",
    b"%",
    b"=",
    b"==",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xae",
    b"\xf0\x9f\x98\x80",
    b"\xc3",
    b"PAR1",
    b"ARROW1",
    b"\x1f\x8b",
    b"\x28\xb5\x2f\xfd",
];

/// The longest that a mutation makes of anything.
pub const LONGEST: usize = 1 << 16;

/// One of the corpus, changed in a few places, perhaps spliced with another.
pub fn mutated(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let pick = |random: &mut Random| {
        let at = random.below(corpus.len());
        corpus.get(at).cloned().unwrap_or_default()
    };
    let mut bytes = pick(random);
    if random.below(8) == 0 {
        let other = pick(random);
        let (cut, from) = (random.below(bytes.len() + 1), random.below(other.len() + 1));
        bytes.truncate(cut);
        bytes.extend(other.into_iter().skip(from));
    }
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len() + 1);
        let end = (at + 1 + random.below(16)).min(bytes.len());
        match random.below(8) {
            0 | 1 => {
                let flipped = 1 << random.below(8);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= flipped;
                }
            }
            2 => {
                let fresh = random.byte();
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = fresh;
                }
            }
            3 => drop(bytes.drain(at.min(end)..end)),
            4 => {
                let piece = PIECES
                    .get(random.below(PIECES.len()))
                    .copied()
                    .unwrap_or_default();
                bytes.splice(at..at, piece.iter().copied());
            }
            5 => {
                // Over what is there: lengths and counts that lie.
                let piece = PIECES
                    .get(random.below(PIECES.len()))
                    .copied()
                    .unwrap_or_default();
                for (byte, other) in bytes.iter_mut().skip(at).zip(piece) {
                    *byte = *other;
                }
            }
            6 => {
                let from = random.below(bytes.len() + 1);
                let copy: Vec<u8> = bytes
                    .iter()
                    .skip(from)
                    .take(random.below(64))
                    .copied()
                    .collect();
                let times = if random.below(32) == 0 { 200 } else { 1 };
                bytes.splice(at..at, copy.repeat(times));
            }
            _ => bytes.truncate(at),
        }
    }
    bytes.truncate(LONGEST);
    bytes
}
