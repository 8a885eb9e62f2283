//! The kernel of `zip_hipaa`.
//!
//! Invariant: three digits show, and of areas with too few people none: they are all `000`, as is
//! what is no ZIP code.

use crate::{ProtectError, argument::Arguments, rewrite::Rewrite};

/// Areas of at most 20,000 people by the census of 2000: the list in the guidance of the US
/// Department of Health and Human Services on 45 CFR 164.514(b), of 26 November 2012.
const RESTRICTED: [[u8; 3]; 17] = [
    *b"036", *b"059", *b"063", *b"102", *b"203", *b"556", *b"692", *b"790", *b"821", *b"823",
    *b"830", *b"831", *b"878", *b"879", *b"884", *b"890", *b"893",
];

/// `zip_hipaa`, bound.
#[derive(Debug)]
pub(crate) struct ZipHipaa;

pub(crate) fn kernel(_: &Arguments<'_>) -> Result<ZipHipaa, ProtectError> {
    Ok(ZipHipaa)
}

impl Rewrite for ZipHipaa {
    const NAME: &'static str = "zip_hipaa";

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        let area = area(text.as_bytes()).filter(|area| !RESTRICTED.contains(area));
        out.extend_from_slice(&area.unwrap_or(*b"000"));
    }
}

/// The first three digits of a ZIP code of five or nine.
fn area(text: &[u8]) -> Option<[u8; 3]> {
    let (code, rest) = text.split_at_checked(5)?;
    let all = |digits: &[u8]| digits.iter().all(u8::is_ascii_digit);
    let rest = match rest {
        [] => true,
        [b'-', four @ ..] | four => four.len() == 4 && all(four),
    };
    code.first_chunk().filter(|_| rest && all(code)).copied()
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    crate::testing::Sample::texts(vec![])
}

#[cfg(test)]
mod tests {
    use crate::testing::rewritten;

    #[test]
    fn areas_and_others() {
        for (text, out) in [
            ("02139", "021"),
            ("02139-4307", "021"),
            ("021394307", "021"),
            ("03601", "000"),
            ("89301-0001", "000"),
            ("89200", "892"),
            ("", "000"),
            ("021", "000"),
            ("02139-43", "000"),
            ("0213a", "000"),
            ("SW1A 1AA", "000"),
        ] {
            assert_eq!(rewritten("zip_hipaa", vec![], text), out, "{text}");
        }
    }
}
