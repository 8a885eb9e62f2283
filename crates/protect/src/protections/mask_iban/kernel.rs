//! The kernel of `mask_iban`.
//!
//! Invariant: of a valid IBAN the country and at most the last four characters show; anything else
//! is hidden wholly. The check digits are hidden: they tell of the rest.

use crate::{
    ProtectError,
    argument::Arguments,
    characters::{UNKNOWN, push_starred},
    detect::iban,
    rewrite::Rewrite,
};

/// Characters at the end that may show.
const MOST: usize = 4;
/// The longest IBAN (ISO 13616-1).
const LONGEST: usize = 34;

/// `mask_iban`, bound.
#[derive(Debug)]
pub(crate) struct MaskIban {
    last: usize,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<MaskIban, ProtectError> {
    let last = arguments.count_to(0, MOST)?;
    Ok(MaskIban { last })
}

impl Rewrite for MaskIban {
    const NAME: &'static str = "mask_iban";

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        if !is_account(text.as_bytes()).unwrap_or(false) {
            return out.extend_from_slice(UNKNOWN);
        }
        push_starred(text.as_bytes(), |byte| byte != b' ', 2, self.last, out);
    }
}

/// Whether a text is an IBAN, with spaces or not; `None` for what is too long for one.
fn is_account(text: &[u8]) -> Option<bool> {
    let mut compact = [0; LONGEST + 1];
    let mut count = 0;
    if text.len() > 2 * LONGEST {
        return None;
    }
    for byte in text {
        // Written over by the next where it is a space: a branch would often be guessed wrong.
        *compact.get_mut(count)? = *byte;
        count += usize::from(*byte != b' ');
    }
    Some(iban(compact.get(..count)?))
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    crate::testing::Sample::texts(vec![crate::testing::whole(4)])
}

#[cfg(test)]
mod tests {
    use crate::testing::{rewritten, whole};

    #[test]
    fn accounts_and_others() {
        for (text, last, out) in [
            (
                "DE89 3704 0044 0532 0130 00",
                4,
                "DE** **** **** **** **30 00",
            ),
            ("GB29NWBK60161331926819", 4, "GB****************6819"),
            ("GB29NWBK60161331926819", 0, "GB********************"),
            ("NO9386011117947", 2, "NO***********47"),
            ("DE88370400440532013000", 4, "***"),
            ("", 4, "***"),
            ("account DE89370400440532013000", 4, "***"),
        ] {
            assert_eq!(rewritten("mask_iban", vec![whole(last)], text), out);
        }
    }
}
