//! The kernel of `mask_id`.
//!
//! Invariant: at least three letters or digits are hidden; what is no identity number by its shape
//! is hidden wholly.

use std::ops::RangeInclusive;

use crate::{
    ProtectError,
    argument::Arguments,
    characters::{Alphabet, UNKNOWN, push_starred},
    rewrite::Rewrite,
};

/// Characters at the end that may show.
const MOST: usize = 4;
/// Letters and digits of an identity number.
const LENGTHS: RangeInclusive<usize> = 7..=20;
/// With something between any two.
const LONGEST: u8 = 40;

/// `mask_id`, bound.
#[derive(Debug)]
pub(crate) struct MaskId {
    last: usize,
    number: Alphabet,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<MaskId, ProtectError> {
    let last = arguments.count_to(0, MOST)?;
    Ok(MaskId {
        last,
        number: Alphabet::new(|byte| byte.is_ascii_alphanumeric(), b" -./"),
    })
}

impl Rewrite for MaskId {
    const NAME: &'static str = "mask_id";

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        let count = self.number.count(text.as_bytes(), LONGEST);
        if !count.is_some_and(|count| LENGTHS.contains(&count)) {
            return out.extend_from_slice(UNKNOWN);
        }
        push_starred(
            text.as_bytes(),
            |byte| byte.is_ascii_alphanumeric(),
            0,
            self.last,
            out,
        );
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    crate::testing::Sample::texts(vec![crate::testing::whole(4)])
}

#[cfg(test)]
mod tests {
    use crate::testing::{rewritten, whole};

    #[test]
    fn numbers_and_others() {
        for (text, last, out) in [
            ("460-89-9847", 4, "***-**-9847"),
            ("12345678Z", 1, "********Z"),
            ("529.982.247-25", 2, "***.***.***-25"),
            ("1234567", 4, "***4567"),
            ("460899847", 0, "*********"),
            ("123456", 4, "***"),
            ("", 4, "***"),
            ("a name that is far too long", 4, "***"),
            ("4608998٤٧", 4, "***"),
        ] {
            assert_eq!(rewritten("mask_id", vec![whole(last)], text), out);
        }
    }
}
