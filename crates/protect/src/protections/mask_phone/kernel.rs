//! The kernel of `mask_phone`.
//!
//! Invariant: at least seven digits follow the country code, of which at most the last four show;
//! what is no phone number is hidden wholly.

use crate::{
    ProtectError,
    argument::Arguments,
    characters::{Alphabet, UNKNOWN, push_starred},
    rewrite::Rewrite,
};

/// Digits at the end that may show.
const MOST: usize = 4;
/// Bytes of a number without its `+`.
const LONGEST: u8 = 32;

/// `mask_phone`, bound.
#[derive(Debug)]
pub(crate) struct MaskPhone {
    last: usize,
    number: Alphabet,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<MaskPhone, ProtectError> {
    let last = arguments.count_to(0, MOST)?;
    Ok(MaskPhone {
        last,
        number: Alphabet::new(|byte| byte.is_ascii_digit(), b" -.()/"),
    })
}

impl Rewrite for MaskPhone {
    const NAME: &'static str = "mask_phone";

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        let Some(code) = country(text.as_bytes(), &self.number) else {
            return out.extend_from_slice(UNKNOWN);
        };
        push_starred(
            text.as_bytes(),
            |byte| byte.is_ascii_digit(),
            code,
            self.last,
            out,
        );
    }
}

/// How many digits of a phone number are its country code: none where it does not begin with `+`.
/// `None` for what is no number. E.164: at most 15 digits.
fn country(text: &[u8], number: &Alphabet) -> Option<usize> {
    let (international, rest) = match text.strip_prefix(b"+") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let count = number.count(rest, LONGEST).filter(|count| *count <= 15)?;
    let digits = rest.iter().filter(|byte| byte.is_ascii_digit());
    let mut digits = digits.map(|digit| digit - b'0');
    let head = [digits.next()?, digits.next()?];
    let code = if international { code_length(head) } else { 0 };
    (count >= code + 7).then_some(code)
}

/// The length of the country code that begins with these digits (ITU-T E.164, list of assigned
/// codes).
fn code_length([one, two]: [u8; 2]) -> usize {
    match (one, two) {
        (1 | 7, _) => 1,
        (2, 0 | 7)
        | (3, 0..=4 | 6 | 9)
        | (4, 0 | 1 | 3..=9)
        | (5, 1..=8)
        | (6, 0..=6)
        | (8, 1 | 2 | 4 | 6)
        | (9, 0..=5 | 8) => 2,
        _ => 3,
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    crate::testing::Sample::texts(vec![crate::testing::whole(2)])
}

#[cfg(test)]
mod tests {
    use crate::testing::{rewritten, whole};

    #[test]
    fn numbers_and_others() {
        for (text, last, out) in [
            ("+49 30 1234567", 2, "+49 ** *****67"),
            ("+1 (415) 555-2671", 4, "+1 (***) ***-2671"),
            ("+354 555 1234", 0, "+354 *** ****"),
            ("555-0100", 4, "***-0100"),
            ("0171 5550100", 4, "**** ***0100"),
            ("112", 2, "***"),
            ("+298 123456", 2, "***"),
            ("+49 30 1234567 ext 5", 2, "***"),
            ("1234567890123456", 2, "***"),
            ("٠١٢٣٤٥٦٧٨٩", 2, "***"),
            ("", 2, "***"),
        ] {
            assert_eq!(rewritten("mask_phone", vec![whole(last)], text), out);
        }
    }
}
