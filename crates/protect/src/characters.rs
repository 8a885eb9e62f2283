//! Characters as people see them, for what hides some of them.
//!
//! Invariant: a character is an extended grapheme cluster (UAX #29); CR LF counts as two, so that
//! in a text of ASCII every byte is one character. A cluster has no longest length, so one of more
//! than [`LONGEST`] scalar values never shows: keeping it could keep a whole text.
//!
//! Must never: split a cluster, so that a letter is hidden and its accent shows.

use unicode_segmentation::UnicodeSegmentation;

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
        let length = match rest.as_bytes() {
            [] => return None,
            // Nothing of ASCII joins what stands before it, but for LF after CR: those are two.
            [0..=0x7f] | [0..=0x7f, 0..=0x7f, ..] => 1,
            // A boundary needs nothing from before the one it follows.
            _ => rest.graphemes(true).next()?.len(),
        };
        let (character, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(character)
    })
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

/// Appends `text` of ASCII with a star for every byte that `is` of the number in it, but the first
/// and the last so many of those.
pub(crate) fn push_starred(
    text: &[u8],
    is: impl Fn(u8) -> bool,
    first: usize,
    last: usize,
    out: &mut Vec<u8>,
) {
    let start = out.len();
    out.extend_from_slice(text);
    let places = || text.iter().enumerate().filter(|(_, byte)| is(**byte));
    let end = match last.checked_sub(1) {
        None => Some(text.len()),
        Some(others) => places().rev().nth(others).map(|(at, _)| at),
    };
    let begin = match first.checked_sub(1) {
        None => Some(0),
        Some(others) => places().nth(others).map(|(at, _)| at + 1),
    };
    // Where fewer stand there than show, or the two ends meet, nothing is between them.
    let between = begin
        .zip(end)
        .map(|(begin, end)| start + begin..start + end);
    for byte in between
        .and_then(|between| out.get_mut(between))
        .into_iter()
        .flatten()
    {
        *byte = if is(*byte) { b'*' } else { *byte };
    }
}

/// The bytes that a kind of number has: those that count and those that may stand between.
pub(crate) struct Alphabet([u32; 256]);

impl std::fmt::Debug for Alphabet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Alphabet")
    }
}

impl Alphabet {
    const OTHER: u32 = 1 << 16;

    pub(crate) fn new(counts: impl Fn(u8) -> bool, between: &[u8]) -> Alphabet {
        Alphabet(std::array::from_fn(|byte| match byte as u8 {
            byte if counts(byte) => 1,
            byte if between.contains(&byte) => 0,
            _ => Alphabet::OTHER,
        }))
    }

    /// How many bytes of a text of at most `longest` count; `None` where any other stands there,
    /// or more.
    #[inline]
    pub(crate) fn count(&self, text: &[u8], longest: u8) -> Option<usize> {
        let weight = |byte: &u8| self.0.get(usize::from(*byte)).map_or(0, |weight| *weight);
        if text.len() > usize::from(longest) {
            return None;
        }
        // No branch on a byte: what a number looks like differs from row to row.
        let sum: u32 = text.iter().map(weight).sum();
        (sum < Alphabet::OTHER).then_some(sum as usize)
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
