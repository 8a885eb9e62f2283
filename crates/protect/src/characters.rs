//! Characters as people see them, for what hides some of them.
//!
//! Invariant: a character is an extended grapheme cluster (UAX #29); CR LF counts as two, so that
//! in a text of ASCII every byte is one character. A cluster has no longest length, so one of more
//! than [`LONGEST`] scalar values never shows: keeping it could keep a whole text.
//!
//! Must never: split a cluster, so that a letter is hidden and its accent shows.

use unicode_segmentation::UnicodeSegmentation;
use wide::u8x16;

use crate::lanes::{self, Lanes};

/// Scalar values of a character that may show: a letter with marks, a syllable, a flag.
pub(crate) const LONGEST: usize = 4;
/// Fewer hidden characters than this hide nothing worth the name.
pub(crate) const HIDDEN: usize = 3;
/// What stands for a value that is not of the kind a mask knows, whatever its length.
pub(crate) const UNKNOWN: &[u8] = b"***";

/// The characters of `text`, in order.
pub(crate) fn characters(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        // A boundary needs nothing from before the one it follows.
        let length = match alone(rest.as_bytes()) {
            Some(length) => length,
            None => rest.graphemes(true).next()?.len(),
        };
        let (character, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(character)
    })
}

/// The bytes of a first character that joins nothing, before another such or the end: LF after CR
/// is two.
#[inline]
fn alone(text: &[u8]) -> Option<usize> {
    let length = *PLAIN.get(usize::from(*text.first()?))?;
    let next = match text.get(usize::from(length)) {
        Some(next) => *PLAIN.get(usize::from(*next))?,
        None => 1,
    };
    (length > 0 && next > 0).then_some(usize::from(length))
}

/// The length of a character, by its first byte, where all that begin so join none of their like:
/// U+0000 to U+02FF, U+0380 to U+047F and U+5000 to U+9FFF have no mark that extends and nothing
/// that is put before (UAX #29, table 2). Zero for all others.
#[allow(clippy::indexing_slicing, reason = "done while compiling")]
static PLAIN: [u8; 256] = {
    let mut lengths = [0; 256];
    let mut byte = 0;
    while byte < lengths.len() {
        lengths[byte] = match byte {
            0..=0x7f => 1,
            0xc2..=0xcb | 0xce..=0xd1 => 2,
            0xe5..=0xe9 => 3,
            _ => 0,
        };
        byte += 1;
    }
    lengths
};

/// Where the characters begin of a text of at most [`lanes::LONGEST`] bytes of which none joins
/// another, as in [`PLAIN`]; `None` for any other text.
#[inline]
pub(crate) fn plain(text: &[u8]) -> Option<u64> {
    if text.len() > lanes::LONGEST {
        return None;
    }
    let [first, more] = lanes::places(text, |block| {
        let two = lanes::range(block, 0xc2, 0xcb) | lanes::range(block, 0xce, 0xd1);
        let three = lanes::range(block, 0xe5, 0xe9);
        let first = lanes::range(block, 0, 0x7f) | two | three;
        [first, lanes::range(block, 0x80, 0xbf)]
    });
    (first | more == lanes::all(text.len())).then_some(first)
}

/// Appends so many stars.
pub(crate) fn push_stars(count: usize, out: &mut Vec<u8>) {
    const STARS: [u8; 64] = [b'*'; 64];
    let mut left = count;
    while left > 0 {
        let some = STARS.get(..left).unwrap_or(&STARS);
        out.extend_from_slice(some);
        left -= some.len();
    }
}

/// How a kind of number is written.
pub(crate) trait Written {
    /// The bytes of the number.
    fn counts(block: u8x16) -> u8x16;

    /// The bytes that may stand between them.
    fn between(block: u8x16) -> u8x16;

    /// Where the bytes of the number stand in a text of this length; `None` where any other byte
    /// stands behind the first `before`.
    #[inline(always)]
    fn places<const N: usize>(text: Lanes<N>, before: usize, length: usize) -> Option<u64> {
        let counts = text.places(Self::counts) & !lanes::all(before);
        let known = counts | text.places(Self::between) | lanes::all(before);
        (known == lanes::all(length)).then_some(counts)
    }
}

/// Whether a character is short enough to show.
pub(crate) fn may_show(character: &str) -> bool {
    character.chars().nth(LONGEST).is_none()
}

/// The first character, where it may show and [`HIDDEN`] others follow it.
pub(crate) fn initial(text: &str) -> Option<&str> {
    let mut all = characters(text);
    let first = all.next().filter(|first| may_show(first))?;
    all.nth(HIDDEN - 1).map(|_| first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_are_those_of_the_whole_text() {
        let mut random = crate::testing::Random::new(61);
        let alphabet = [
            'a',
            '7',
            'é',
            'ж',
            '日',
            '\u{301}',
            '\u{200d}',
            '👩',
            '\u{1f3fd}',
            '🇩',
            '🇰',
            '\u{600}',
            'ᄀ',
            'ᅡ',
            'श',
            '\u{94d}',
            'र',
            '\n',
            '\r',
            '\u{0}',
        ];
        let mut plains = 0;
        for _ in 0..20_000 {
            let text: String = (0..random.below(9))
                .filter_map(|_| alphabet.get(random.below(alphabet.len())))
                .collect();
            let split = text.replace("\r\n", "\r\n\n");
            let expected: Vec<&str> = split
                .graphemes(true)
                .map(|cluster| if cluster == "\r\n" { "\r" } else { cluster })
                .collect();
            let all: Vec<&str> = characters(&text).collect();
            assert_eq!(all, expected, "{text:?}");
            if let Some(places) = plain(text.as_bytes()) {
                plains += 1;
                let starts = text.char_indices().map(|(at, _)| 1_u64 << at);
                assert_eq!(places, starts.sum::<u64>(), "{text:?}");
                assert_eq!(places.count_ones() as usize, all.len(), "{text:?}");
            }
        }
        assert!(plains > 1_000, "{plains}");
    }

    #[test]
    fn plain_characters_join_nothing_plain() {
        let plain: Vec<char> = ('\0'..'\u{a000}')
            .filter(|c| {
                let mut bytes = [0; 4];
                let first = c.encode_utf8(&mut bytes).as_bytes().first().copied();
                PLAIN.get(usize::from(first.unwrap_or(0))) != Some(&0)
            })
            .collect();
        assert_eq!(plain.len(), 0x300 + 0x100 + 0x5000);
        for c in plain.into_iter().filter(|c| *c != '\r') {
            for other in ['a', '\n', 'ø', 'ж', '日', '\u{ad}', '©', c] {
                for text in [format!("{c}{other}"), format!("{other}{c}")] {
                    assert_eq!(text.graphemes(true).count(), 2, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn clusters_are_whole_and_line_ends_are_two() {
        let all = |text| characters(text).collect::<Vec<_>>();
        assert_eq!(all("e\u{301}a\r\n🇩🇰"), ["e\u{301}", "a", "\r", "\n", "🇩🇰"]);
        assert!(may_show("श्री") && may_show("e\u{301}\u{302}\u{303}"));
        assert!(!may_show("e\u{301}\u{302}\u{303}\u{304}"));
        assert_eq!(initial("anna"), Some("a"));
        assert_eq!(initial("ann"), None);
        assert_eq!(initial(""), None);
    }
}
