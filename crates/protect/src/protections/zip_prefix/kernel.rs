//! The kernel of `zip_prefix`.
//!
//! Invariant: whether a text is taken for a postal code does not depend on how much of it shows, so
//! a longer prefix tells the shorter ones.

use crate::{ProtectError, argument::Arguments, characters::UNKNOWN, rewrite::Rewrite};

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
        if !is_code(text.as_bytes()) {
            return out.extend_from_slice(UNKNOWN);
        }
        let kept = text.bytes().filter(u8::is_ascii_alphanumeric);
        out.extend(kept.take(self.digits));
    }
}

/// Letters and digits, of which one is a digit, with single spaces or hyphens between them.
fn is_code(text: &[u8]) -> bool {
    let (mut count, mut digit, mut separated) = (0, false, true);
    for byte in text {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                count += 1;
                digit |= byte.is_ascii_digit();
                separated = false;
            }
            b' ' | b'-' if !separated => separated = true,
            _ => return false,
        }
    }
    digit && !separated && LENGTHS.contains(&count)
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    crate::testing::Sample::texts(vec![crate::testing::whole(3)])
}

#[cfg(test)]
mod tests {
    use crate::testing::{rewritten, whole};

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
