//! The kernel of `mask_iban`.
//!
//! Invariant: of a valid IBAN the country and at most the last four characters show; anything else
//! is hidden wholly. The check digits are hidden: they tell of the rest.

use crate::{
    ProtectError, argument::Arguments, characters::UNKNOWN, detect::iban, lanes, rewrite::Rewrite,
    swar,
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
        let text = text.as_bytes();
        if text.len() > lanes::LONGEST || grouped(text) != Some(true) && spaced(text) != Some(true)
        {
            return out.extend_from_slice(UNKNOWN);
        }
        let [spaces] = lanes::places(text, |block| [lanes::equal(block, b' ')]);
        let signs = lanes::all(text.len()) & !spaces;
        lanes::push_starred(text, lanes::between(signs, 2, self.last, text.len()), out);
    }
}

/// Whether a text is an IBAN in groups of four, the form for the eye; `None` for a text in no
/// groups.
#[inline]
fn grouped(text: &[u8]) -> Option<bool> {
    let (groups, rest) = text.as_chunks::<5>();
    let ([first @ .., space], groups) = groups.split_first()?;
    let mut spaces = *space == b' ';
    let mut four = |[group @ .., space]: &[u8; 5]| {
        spaces &= *space == b' ';
        u64::from(u32::from_le_bytes(*group))
    };
    let mut compact = [0; 4 + LONGEST.next_multiple_of(8)];
    let (head, body) = compact.split_first_chunk_mut()?;
    *head = *first;
    // Written as it will be read: eight bytes behind the first four, and again eight.
    let mut places = body.as_chunks_mut::<8>().0.iter_mut();
    let (pairs, odd) = groups.as_chunks::<2>();
    for ([one, two], place) in pairs.iter().zip(places.by_ref()) {
        *place = (four(one) | four(two) << 32).to_le_bytes();
    }
    let last = match odd.first() {
        Some(group) => four(group) | swar::short(rest) << 32,
        None => swar::short(rest),
    };
    *places.next()? = last.to_le_bytes();
    let count = 4 + 4 * groups.len() + rest.len();
    Some(spaces && iban(compact.get(..count)?))
}

/// Whether a text is an IBAN, with spaces anywhere or without; `None` for what is too long for one.
fn spaced(text: &[u8]) -> Option<bool> {
    if memchr::memchr(b' ', text).is_none() {
        return Some(iban(text));
    }
    let mut compact = [0; LONGEST + 1];
    let mut count = 0;
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
