//! Names and addresses of hosts, as masks need them.
//!
//! Invariant: what is taken for a name has letters, digits, hyphens and dots only, so that showing
//! it shows no name or password that stood beside it.

use std::net::IpAddr;

use wide::u8x16;

use crate::lanes;

/// Where what host names are made of stands in a text of at most [`lanes::LONGEST`] bytes.
#[derive(Clone, Copy)]
pub(crate) struct Name {
    length: usize,
    dots: u64,
    hyphens: u64,
    digits: u64,
    letters: u64,
}

impl Name {
    /// The sets whose places [`Name::of`] takes.
    #[inline(always)]
    pub(crate) fn sets(block: u8x16) -> [u8x16; 4] {
        let (dots, hyphens) = (lanes::equal(block, b'.'), lanes::equal(block, b'-'));
        [dots, hyphens, lanes::digits(block), lanes::letters(block)]
    }

    /// A name of so many bytes, below [`lanes::LONGEST`], from the place `start` of a text on.
    #[inline(always)]
    pub(crate) fn of(places: [u64; 4], start: usize, length: usize) -> Name {
        let all = lanes::all(length);
        let [dots, hyphens, digits, letters] =
            places.map(|places| places.wrapping_shr(start as u32) & all);
        Name {
            length,
            dots,
            hyphens,
            digits,
            letters,
        }
    }

    /// As [`last_label`].
    #[inline(always)]
    pub(crate) fn last_label(self) -> Option<usize> {
        let Name { dots, hyphens, .. } = self;
        let joints = dots | hyphens;
        let others = lanes::all(self.length) & !(joints | self.digits | self.letters);
        // A bit is the byte at its place; one more dot stands before the first byte.
        let end = self.length.checked_sub(1)?;
        let badly = dots & (joints << 1 | 1) | hyphens & (dots << 1 | 1) | joints >> end;
        let start = lanes::LONGEST - dots.leading_zeros() as usize;
        let number = self.digits >> start == lanes::all(self.length - start);
        (others == 0 && badly == 0 && !number).then_some(start)
    }
}

/// Where the last label of a host name begins; `None` for what is no name (RFC 1123: labels of 1 to
/// 63 letters, digits and inner hyphens, 253 bytes in all, the last label not of digits alone).
#[inline]
pub(crate) fn last_label(name: &[u8]) -> Option<usize> {
    if name.len() >= lanes::LONGEST {
        return last_of_labels(name);
    }
    Name::of(lanes::places(name, Name::sets), 0, name.len()).last_label()
}

/// The same, one byte after the other.
fn last_of_labels(name: &[u8]) -> Option<usize> {
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
#[inline]
pub(crate) fn address(text: &str) -> Option<IpAddr> {
    match Dotted::read(text.as_bytes()) {
        Some(dotted) => Some(IpAddr::V4(dotted.octets().into())),
        None => other_address(text),
    }
}

/// The same, for what is not four numbers with dots between.
#[inline(never)]
pub(crate) fn other_address(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.parse().ok()?;
    Some(address.to_canonical())
}

/// Four numbers from 0 to 255 with dots between and no leading zeros: what nearly all addresses
/// in data are.
pub(crate) struct Dotted {
    /// Each number's digits, the last in the lowest byte.
    numbers: [u32; 4],
    /// Where each number begins.
    pub(crate) starts: [usize; 4],
}

impl Dotted {
    /// Reads an address without a branch on how long its numbers are.
    #[inline]
    pub(crate) fn read(text: &[u8]) -> Option<Dotted> {
        let length = text.len();
        if !(7..=15).contains(&length) {
            return None;
        }
        let [dots, digits] = lanes::places(text, |block| {
            [lanes::equal(block, b'.'), lanes::digits(block)]
        });
        // Clears the lowest dot.
        let after = |dots: u64| dots & dots.wrapping_sub(1);
        let (second, third) = (after(dots), after(after(dots)));
        if dots | digits != lanes::all(length) || third == 0 || after(third) != 0 {
            return None;
        }
        let [one, two, three] = [dots, second, third].map(|dots| dots.trailing_zeros() as usize);
        let starts = [0, one + 1, two + 1, three + 1];
        let lengths = [one, two - one - 1, three - two - 1, length - three - 1];
        let four = |at: usize| text.get(at..).and_then(|text| text.first_chunk());
        // The first two have four bytes from their beginning on, the others up to their end.
        let reads = [
            four(0)?,
            four(one + 1)?,
            four(three.checked_sub(4)?)?,
            four(length - 4)?,
        ];
        let [first, second, third, fourth] = reads.map(|read| u32::from_be_bytes(*read));
        let [a, b, c, d] = lengths.map(|length| 32_u32.wrapping_sub(8 * length as u32));
        let numbers = [
            first.wrapping_shr(a),
            second.wrapping_shr(b),
            third & u32::MAX.wrapping_shr(c),
            fourth & u32::MAX.wrapping_shr(d),
        ];
        let numbers = numbers.map(|number| number & 0x0f0f_0f0f);
        let mut fits = true;
        for (number, length) in numbers.iter().zip(lengths) {
            // As many digits as it needs: two are ten or more.
            let least = 1_u32.wrapping_shl((8 * length as u32).wrapping_sub(8)) & !1;
            fits &= length.wrapping_sub(1) < 3 && (least..=0x02_05_05).contains(number);
        }
        fits.then_some(Dotted { numbers, starts })
    }

    pub(crate) fn octets(&self) -> [u8; 4] {
        let octet = |number: u32| (number >> 16) * 100 + (number >> 8 & 15) * 10 + (number & 15);
        self.numbers.map(|number| octet(number) as u8)
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
            let name: Vec<u8> = (0..random.below(70))
                .filter_map(|_| alphabet.get(random.below(most)).copied())
                .collect();
            let expected = last_of_labels(&name);
            good += usize::from(expected.is_some());
            assert_eq!(last_label(&name), expected, "{name:?}");
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
