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
    let stars = text.iter().map(|byte| if is(*byte) { b'*' } else { *byte });
    out.extend(stars);
    let cell = out.get_mut(start..).unwrap_or_default();
    let pairs = || text.iter().enumerate().filter(|(_, byte)| is(**byte));
    for (at, byte) in pairs().take(first).chain(pairs().rev().take(last)) {
        if let Some(place) = cell.get_mut(at) {
            *place = *byte;
        }
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
