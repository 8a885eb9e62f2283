//! The kernel of `mask_iban`.
//!
//! Invariant: of a valid IBAN the country and at most the last four characters show; anything else
//! is hidden wholly. The check digits are hidden: they tell of the rest.

use wide::{i16x8, u8x16};

use crate::{
    ProtectError,
    argument::Arguments,
    characters::UNKNOWN,
    column::ROOM,
    detect::{
        checksum::{POWERS, iban_length},
        iban,
    },
    lanes::{self, Head, Lanes},
    rewrite::{Rewrite, Starred},
};

/// Characters at the end that may show.
const MOST: usize = 4;
/// The longest IBAN (ISO 13616-1).
const LONGEST: usize = 34;
/// Places of the spaces where groups of four are written, the form for the eye.
const SPACES: u64 = {
    let (mut spaces, mut at) = (0, 4);
    while at < 64 {
        spaces |= 1 << at;
        at += 5;
    }
    spaces
};

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
    const USUAL: bool = true;

    #[inline(always)]
    fn usual(&self, text: Head<'_>, out: &mut [u8; ROOM]) -> Option<usize> {
        self.starred(text, out)
    }

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        let text = text.as_bytes();
        if text.len() > lanes::LONGEST || spaced(text) != Some(true) {
            return out.extend_from_slice(UNKNOWN);
        }
        let [spaces] = lanes::places(text, |block| [lanes::equal(block, b' ')]);
        let signs = lanes::all(text.len()) & !spaces;
        lanes::push_starred(text, lanes::between(signs, 2, self.last, text.len()), out);
    }
}

impl Starred for MaskIban {
    #[inline(always)]
    fn hidden<const N: usize>(&self, text: Head<'_>, lanes: Lanes<N>) -> Option<u64> {
        let (length, all) = (text.length(), lanes::all(text.length()));
        let spaces = lanes.places(|block| lanes::equal(block, b' '));
        let (count, behind) = match spaces {
            0 => (length, &JOINED),
            _ if spaces == SPACES & all => (length - length / 5, &GROUPED),
            _ => return None,
        };
        let [first, second, tens, ones] = *text.from::<4>(0)?;
        let country = [first & !0x20, second & !0x20];
        let digits = lanes.places(lanes::digits);
        if iban_length(&country) != Some(count) || digits & 15 != 12 {
            return None;
        }
        let (sum, counted) = match digits | spaces | 3 == all {
            true => (weighted(lanes, &behind[0]), count - 4),
            false => {
                let letters = lanes.places(lanes::letters);
                if digits | spaces | letters != all {
                    return None;
                }
                let at = 4 + usize::from(spaces != 0);
                match letters & !3 == 0b1111 << at {
                    true => {
                        let bank = *text.from(at)?;
                        let (sum, digits) = (bank_code(bank), count - 4 + BANK);
                        (sum + weighted(lanes, &behind[1]), digits)
                    }
                    false => lettered(text),
                }
            }
        };
        let letter = |byte: u8| u64::from(byte & 31) + 9;
        let [tens, ones] = [tens, ones].map(|digit| u64::from(digit & 15));
        let head = letter(first) * 10_000 + letter(second) * 100 + tens * 10 + ones;
        // As if zeros followed the number up to the most digits that there can be.
        let zeros = POWERS.get(DIGITS - counted).copied()?;
        // One less than the number is a multiple, which zero behind it does not change.
        let multiple = (sum + (head + 96) * zeros).is_multiple_of(97);
        let end = count - self.last;
        let end = end + if spaces == 0 { 0 } else { (end - 1) / 4 };
        multiple.then_some(all & !spaces & !3 & lanes::all(end))
    }
}

/// Digits that the characters behind the first four can be.
const DIGITS: usize = 2 * (LONGEST - 4);

/// The weight of a digit before which so many others are: what it is a multiple of, modulo 97, in a
/// number of [`DIGITS`], behind which are the six of the country and the check digits.
const fn weight(before: usize) -> u64 {
    let (mut weight, mut left) = (1, DIGITS - 1 - before + 6);
    while left > 0 {
        weight = weight * 10 % 97;
        left -= 1;
    }
    weight
}

/// Letters at the head of most accounts that have any: the code of the bank.
const BANK: usize = 4;

/// The weights of the bytes of a text of digits, in groups of four or not: of all behind the check
/// digits, and of those behind the letters of a bank.
type Weights = [i16; 48];
static JOINED: [Weights; 2] = [weights(48, 0), weights(48, BANK)];
static GROUPED: [Weights; 2] = [weights(4, 0), weights(4, BANK)];

#[allow(clippy::indexing_slicing, reason = "done while compiling")]
const fn weights(group: usize, letters: usize) -> Weights {
    let mut weights = [0; 48];
    let (mut at, mut character) = (4, 0);
    while at < weights.len() && character < LONGEST - 4 {
        if at % (group + 1) != group {
            if character >= letters {
                weights[at] = weight(character + letters) as i16;
            }
            character += 1;
        }
        at += 1;
    }
    weights
}

/// What the letters of a bank add to the sum, each of them two digits.
#[inline(always)]
fn bank_code(bank: [u8; BANK]) -> u64 {
    const OF: [u64; BANK] = [weight(1), weight(3), weight(5), weight(7)];
    let each = bank.map(|letter| u64::from(letter & 31) + 9);
    each.iter().zip(OF).map(|(each, of)| each * of).sum()
}

/// The sum of the digits of a text times their weights.
#[inline(always)]
fn weighted<const N: usize>(text: Lanes<N>, weights: &Weights) -> u64 {
    let mut sums = wide::i32x4::splat(0);
    let (weights, _) = weights.as_chunks::<8>();
    for (block, weights) in text.blocks().into_iter().zip(weights.as_chunks::<2>().0) {
        let digits = block & u8x16::splat(0x0f);
        let [low, high] = weights.map(i16x8::new);
        sums += i16x8::from_u8x16_low(digits).dot(low);
        sums += i16x8::from_u8x16_high(digits).dot(high);
    }
    u64::from(sums.reduce_add().cast_unsigned())
}

/// The same for letters and digits, of which each letter is two; and how many digits that is.
#[inline(always)]
fn lettered(text: Head<'_>) -> (u64, usize) {
    let (mut sum, mut digits) = (0, 0);
    for at in 4..text.length() {
        let byte = text.at(at);
        let letter = byte >= b'A';
        let value = u64::from(byte & if letter { 31 } else { 15 }) + if letter { 9 } else { 0 };
        let width = usize::from(byte != b' ') + usize::from(letter);
        digits += width;
        let weight = LETTERED.get(digits).copied().unwrap_or(0);
        sum += value * u64::from(weight);
    }
    (sum, digits)
}

/// The weight of what ends with so many digits.
#[allow(clippy::indexing_slicing, reason = "done while compiling")]
static LETTERED: [u8; DIGITS + 1] = {
    let mut all = [0; DIGITS + 1];
    let mut digits = 1;
    while digits < all.len() {
        all[digits] = weight(digits - 1) as u8;
        digits += 1;
    }
    all
};

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
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::{
        rewrite::agrees,
        testing::{Random, rewritten, whole},
    };

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

    /// Of every length, with letters anywhere, with spaces and without, right and wrong.
    #[test]
    fn usual_accounts_are_written_as_all_are() {
        let mut random = Random::new(95);
        let mut usual = [0; 3];
        for round in 0..40_000 {
            let country = *[b"NO", b"de", b"GB", b"FR", b"MT", b"LC", b"RU"]
                .get(random.below(7))
                .unwrap();
            let length = iban_length(&country.map(|letter| letter.to_ascii_uppercase())).unwrap();
            let alphabet = ["0123456789", "0123456789AZaz", "0123456789"][round % 3];
            let mut body = random.of(alphabet, length - 4, length - 3);
            // The code of a bank, or as many letters one place behind it.
            if round % 3 == 2 {
                let at = random.below(4) / 3;
                body.replace_range(at..at + BANK, &random.of("AQZbx", BANK, BANK + 1));
            }
            let country = std::str::from_utf8(country).unwrap();
            let value = format!("{body}{country}00")
                .bytes()
                .fold(0, |number, byte| {
                    let value = char::from(byte).to_digit(36).unwrap();
                    (number * if value < 10 { 10 } else { 100 } + value) % 97
                });
            let check = if round % 5 == 0 {
                random.below(100) as u32
            } else {
                98 - value
            };
            let mut text = format!("{country}{check:02}{body}");
            if random.below(2) == 0 {
                let groups: Vec<&[u8]> = text.as_bytes().chunks(4).collect();
                text = String::from_utf8(groups.join(&b' ')).unwrap();
            }
            let last = random.below(MOST + 1);
            usual[round % 3] += usize::from(agrees(&MaskIban { last }, &mut random, &text));
        }
        assert!(usual.iter().all(|usual| *usual > 10_000), "{usual:?}");
    }
}
