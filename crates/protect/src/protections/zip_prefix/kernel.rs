//! The kernel of `zip_prefix`.
//!
//! Invariant: whether a text is taken for a postal code does not depend on how much of it shows, so
//! a longer prefix tells the shorter ones.

use crate::{
    ProtectError, argument::Arguments, characters::UNKNOWN, lanes, rewrite::Rewrite, swar,
};

/// Letters and digits of a postal code, from Iceland's to Iran's.
const LENGTHS: std::ops::RangeInclusive<usize> = 3..=10;

/// `zip_prefix`, bound.
#[derive(Debug)]
pub(crate) struct ZipPrefix {
    digits: usize,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<ZipPrefix, ProtectError> {
    let digits = arguments.count_to(0, *LENGTHS.end())?;
    Ok(ZipPrefix { digits })
}

impl Rewrite for ZipPrefix {
    const NAME: &'static str = "zip_prefix";

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        let text = text.as_bytes();
        let Some(signs) = signs(text) else {
            return out.extend_from_slice(UNKNOWN);
        };
        let end = self.digits.min(text.len());
        if signs.trailing_ones() as usize >= end {
            return swar::push(text.get(..end).unwrap_or_default(), out);
        }
        let kept = text.iter().filter(|byte| byte.is_ascii_alphanumeric());
        out.extend(kept.take(self.digits));
    }
}

/// A bit for each letter and digit of a postal code: of those one is a digit, and single spaces or
/// hyphens are between them.
#[inline]
fn signs(text: &[u8]) -> Option<u64> {
    // One in between for each but the last.
    if text.len() >= 2 * LENGTHS.end() {
        return None;
    }
    let [digits, letters, between] = lanes::places(text, |block| {
        let between = lanes::equal(block, b' ') | lanes::equal(block, b'-');
        [lanes::digits(block), lanes::letters(block), between]
    });
    let signs = digits | letters;
    // What stands between has a sign on both sides.
    let apart = between & !(signs << 1 & signs >> 1) == 0;
    let fits = signs | between == lanes::all(text.len()) && apart && digits != 0;
    (fits && LENGTHS.contains(&(signs.count_ones() as usize))).then_some(signs)
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    crate::testing::Sample::texts(vec![crate::testing::whole(3)])
}

#[cfg(test)]
mod tests {
    use super::signs;
    use crate::testing::{Random, rewritten, whole};

    /// Against one byte after the other.
    #[test]
    fn codes_are_those_of_each_byte() {
        let mut random = Random::new(84);
        let mut good = 0;
        for _ in 0..50_000 {
            let alphabet = b"0123AZaz012AZaz01 -/";
            let text: Vec<u8> = (0..random.below(22))
                .filter_map(|_| alphabet.get(random.below(alphabet.len())).copied())
                .collect();
            let sign = |byte: &u8| byte.is_ascii_alphanumeric();
            let parts = text.split(|byte| *byte == b' ' || *byte == b'-');
            let count = text.iter().filter(|byte| sign(byte)).count();
            let code = parts
                .clone()
                .all(|part| !part.is_empty() && part.iter().all(sign))
                && text.iter().any(u8::is_ascii_digit)
                && (3..=10).contains(&count);
            good += usize::from(code);
            assert_eq!(signs(&text).is_some(), code, "{text:?}");
        }
        assert!(good > 1_000);
    }

    #[test]
    fn codes_and_others() {
        for (text, digits, out) in [
            ("02139", 3, "021"),
            ("02139-4307", 5, "02139"),
            ("SW1A 1AA", 2, "SW"),
            ("SW1A 1AA", 5, "SW1A1"),
            ("101", 10, "101"),
            ("101", 0, ""),
            ("", 3, "***"),
            ("London", 3, "***"),
            ("12", 1, "***"),
            ("02139 Cambridge", 3, "***"),
            ("12--34", 3, "***"),
            ("-123", 3, "***"),
        ] {
            assert_eq!(rewritten("zip_prefix", vec![whole(digits)], text), out);
        }
    }
}
