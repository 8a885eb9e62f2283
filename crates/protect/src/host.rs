//! Names and addresses of hosts, as masks need them.
//!
//! Invariant: what is taken for a name has letters, digits, hyphens and dots only, so that showing
//! it shows no name or password that stood beside it.

use std::net::IpAddr;

use crate::lanes::{self, Head, Lanes};

/// Where what host names are made of stands in a text of less than [`lanes::LONGEST`] bytes.
#[derive(Clone, Copy)]
pub(crate) struct Name {
    dots: u64,
    hyphens: u64,
    digits: u64,
    letters: u64,
}

impl Name {
    /// All of it.
    #[inline(always)]
    pub(crate) fn places<const N: usize>(text: Lanes<N>) -> Name {
        Name {
            dots: text.places(|block| lanes::equal(block, b'.')),
            hyphens: text.places(|block| lanes::equal(block, b'-')),
            digits: text.places(lanes::digits),
            letters: text.places(lanes::letters),
        }
    }

    /// Where anything else stands, or nothing.
    #[inline(always)]
    pub(crate) fn others(self) -> u64 {
        !(self.dots | self.hyphens | self.digits | self.letters)
    }

    /// The dots of the host name, of at most 63 bytes, that stands between these two bits; `None`
    /// where no name does. As [`last_label`].
    #[inline(always)]
    pub(crate) fn between(self, before: u64, behind: u64) -> Option<u64> {
        let inner = behind.wrapping_sub(1) & !(before << 1).wrapping_sub(1);
        let (inner_dots, hyphens) = (self.dots & inner, self.hyphens & inner);
        // The borders are as good as dots: nothing that joins stands beside one.
        let dots = inner_dots | before | behind;
        let badly = dots & (dots | hyphens) << 1 | hyphens & dots << 1;
        // Of two numbers without a common bit the greater has the highest.
        let named = inner & !self.digits & !dots > inner_dots;
        (self.others() & inner == 0 && badly == 0 && named).then_some(inner_dots)
    }
}

/// Where the last label of a host name begins; `None` for what is no name (RFC 1123: labels of 1 to
/// 63 letters, digits and inner hyphens, 253 bytes in all, the last label not of digits alone).
pub(crate) fn last_label(name: &[u8]) -> Option<usize> {
    if name.len() > 253 {
        return None;
    }
    let mut start = 0;
    let mut before = b'.';
    let mut digits = true;
    for (at, byte) in name.iter().copied().enumerate() {
        match byte {
            b'.' if before == b'.' || before == b'-' || at - start > 63 => return None,
            b'.' => {
                start = at + 1;
                digits = true;
            }
            b'-' if before == b'.' => return None,
            b'0'..=b'9' => {}
            b'-' | b'a'..=b'z' | b'A'..=b'Z' => digits = false,
            _ => return None,
        }
        before = byte;
    }
    (before != b'.' && before != b'-' && !digits && name.len() - start <= 63).then_some(start)
}

/// The address that a text is; of IPv4 where an address of IPv6 holds one.
pub(crate) fn address(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.parse().ok()?;
    Some(address.to_canonical())
}

/// Four numbers from 0 to 255 with dots between and no leading zeros: what nearly all addresses
/// in data are.
#[derive(Clone, Copy)]
pub(crate) struct Dotted {
    /// Where the dots are that follow the first three numbers, each with those behind it.
    dots: [u64; 3],
    length: usize,
}

impl Dotted {
    /// Reads an address without a branch on how long its numbers are.
    #[inline(always)]
    pub(crate) fn read(text: Head<'_>) -> Option<Dotted> {
        const LONGEST: usize = "255.255.255.255".len();
        let length = text.length();
        if length > LONGEST {
            return None;
        }
        let lanes = text.lanes::<1>();
        let equal = |byte: u8| lanes.places(|block| lanes::equal(block, byte));
        let from = |byte: u8| lanes.places(|block| lanes::from(block, byte));
        let (dots, digits) = (equal(b'.'), lanes.places(lanes::digits));
        // A bit for the byte at its place: where a number begins, and has two digits, and three.
        let starts = dots << 1 | 1;
        let two = starts & digits >> 1;
        let three = two & digits >> 2;
        let beyond_255 = from(b'6') >> 1 | equal(b'5') >> 1 & from(b'6') >> 2;
        let wrong = starts & !digits
            | two & equal(b'0')
            | three & digits >> 3
            | three & from(b'3')
            | three & equal(b'2') & beyond_255;
        let after = |dots: u64| dots & dots.wrapping_sub(1);
        let dots = [dots, after(dots), after(after(dots))];
        let [all, _, third] = dots;
        let four = third != 0 && after(third) == 0;
        (four && wrong == 0 && all | digits == lanes::all(length))
            .then_some(Dotted { dots, length })
    }

    /// Where so many of its numbers end, with the dot behind the last of them; at most four.
    #[inline(always)]
    pub(crate) fn end(self, numbers: usize) -> usize {
        match (numbers.checked_sub(1), self.dots) {
            (None, _) => 0,
            (Some(before), dots) => dots
                .get(before)
                .map_or(self.length, |dots| dots.trailing_zeros() as usize + 1),
        }
    }

    /// Its numbers.
    #[inline(always)]
    pub(crate) fn octets(self, text: Head<'_>) -> [u8; 4] {
        let mut octets = [0_u8; 4];
        for (at, octet) in octets.iter_mut().enumerate() {
            // Without the dot, which the last has none of.
            let end = self.end(at + 1) - usize::from(at < 3);
            for place in self.end(at)..end {
                *octet = octet.wrapping_mul(10).wrapping_add(text.at(place) & 0x0f);
            }
        }
        octets
    }
}

/// An octet as a decimal number with a dot behind, then zeros; and how many bytes that is.
#[inline(always)]
pub(crate) fn decimal(octet: u8) -> ([u8; 4], usize) {
    let text = DECIMALS.get(usize::from(octet)).copied();
    let length = 4 - usize::from(octet < 100) - usize::from(octet < 10);
    (text.unwrap_or_default(), length)
}

/// Every octet so.
#[allow(clippy::indexing_slicing, reason = "done while compiling")]
static DECIMALS: [[u8; 4]; 256] = {
    let mut all = [[0; 4]; 256];
    let mut octet = 0;
    while octet < all.len() {
        let digits = [octet / 100, octet / 10 % 10, octet % 10];
        let mut first = if octet < 10 {
            2
        } else {
            (octet < 100) as usize
        };
        let mut at = 0;
        while first < digits.len() {
            all[octet][at] = b'0' + digits[first] as u8;
            (at, first) = (at + 1, first + 1);
        }
        all[octet][at] = b'.';
        octet += 1;
    }
    all
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_others() {
        let long = format!("{}.com", "a".repeat(63));
        for (name, start) in [
            ("example.com", 8),
            ("localhost", 0),
            ("a-b.co.uk", 7),
            (&long, 64),
        ] {
            assert_eq!(last_label(name.as_bytes()), Some(start), "{name}");
        }
        let longer = format!("{}.com", "a".repeat(64));
        let longest = "a.".repeat(130) + "a";
        for bad in [
            "", ".", "a.", ".a", "a..b", "-a.com", "a-.com", "1.2.3.4", "a b", "a@b", "é.com",
            "a.-b", "a_b.com", &longer, &longest,
        ] {
            assert_eq!(last_label(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn addresses_are_those_of_the_standard_library() {
        let mut random = crate::testing::Random::new(67);
        let alphabet = b"0123456789..::ax";
        let mut good = 0;
        for round in 0..200_000 {
            let text: String = match round % 2 {
                0 => (0..random.below(12))
                    .filter_map(|_| alphabet.get(random.below(alphabet.len())))
                    .map(|byte| char::from(*byte))
                    .collect(),
                _ => {
                    let parts = (0..3 + random.below(3)).map(|_| random.below(300).to_string());
                    parts.collect::<Vec<_>>().join(".")
                }
            };
            let expected = text.parse::<IpAddr>().ok().map(|one| one.to_canonical());
            good += usize::from(expected.is_some());
            assert_eq!(address(&text), expected, "{text}");
            let mut room = [b'1'; lanes::LONGEST];
            let head = Head::copied(text.as_bytes(), &mut room);
            let dotted = Dotted::read(head).map(|dotted| IpAddr::V4(dotted.octets(head).into()));
            assert_eq!(dotted, expected.filter(|_| !text.contains(':')), "{text}");
        }
        assert!(good > 1_000);
    }

    #[test]
    fn short_names_are_read_as_long_ones() {
        let mut random = crate::testing::Random::new(68);
        let (mut good, alphabet) = (0, b"aZ09b7..--_\xc3");
        for _ in 0..100_000 {
            let most = if random.below(4) == 0 {
                alphabet.len()
            } else {
                9
            };
            let mut some = |least: usize, most_long: usize| -> Vec<u8> {
                let length = least + random.below(most_long);
                (0..length)
                    .filter_map(|_| alphabet.get(random.below(most)).copied())
                    .collect()
            };
            let (before, name, behind) = (some(1, 8), some(0, 40), some(1, 8));
            let text = [before.as_slice(), &name, &behind].concat();
            let (start, end) = (before.len(), before.len() + name.len());
            let mut room = [b'.'; lanes::LONGEST];
            let places = Name::places(Head::copied(&text, &mut room).lanes::<4>());
            let dots = places.between(1 << (start - 1), 1 << end);
            let top = dots.map(|dots| match dots {
                0 => 0,
                _ => lanes::LONGEST - dots.leading_zeros() as usize - start,
            });
            let expected = last_label(&name);
            good += usize::from(expected.is_some());
            assert_eq!(top, expected, "{text:?}");
        }
        assert!(good > 1_000, "{good}");
    }

    #[test]
    fn octets_are_written_as_numbers() {
        for octet in 0..=u8::MAX {
            let (digits, length) = decimal(octet);
            let text = digits.get(..length).map(<[u8]>::to_vec);
            assert_eq!(text, Some(format!("{octet}.").into_bytes()));
        }
    }
}
