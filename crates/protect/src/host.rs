//! Names and addresses of hosts, as masks need them.
//!
//! Invariant: what is taken for a name has letters, digits, hyphens and dots only, so that showing
//! it shows no name or password that stood beside it.

use std::net::IpAddr;

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
    match octets(text.as_bytes()) {
        Some(octets) => Some(IpAddr::V4(octets.into())),
        None => text
            .parse()
            .ok()
            .map(|address: IpAddr| address.to_canonical()),
    }
}

/// Four numbers from 0 to 255 with dots between and no leading zeros: what nearly all addresses
/// in data are, read without the detour of the standard library.
fn octets(text: &[u8]) -> Option<[u8; 4]> {
    let mut octets = [0; 4];
    let mut parts = text.split(|byte| *byte == b'.');
    for octet in &mut octets {
        let digit = |byte: u8| Some(byte.wrapping_sub(b'0')).filter(|digit| *digit < 10);
        *octet = match *parts.next()? {
            [one] => digit(one)?,
            [ten @ b'1'..=b'9', one] => digit(ten)? * 10 + digit(one)?,
            [hundred @ b'1'..=b'2', ten, one] => (digit(hundred)? * 100)
                .checked_add(digit(ten)? * 10)?
                .checked_add(digit(one)?)?,
            _ => return None,
        };
    }
    parts.next().is_none().then_some(octets)
}

/// Appends an octet as a decimal number, and `after` it.
pub(crate) fn push_octet(octet: u8, after: u8, out: &mut Vec<u8>) {
    let skipped = usize::from(octet < 100) + usize::from(octet < 10);
    let digits = [
        b'0' + octet / 100,
        b'0' + octet / 10 % 10,
        b'0' + octet % 10,
        after,
    ];
    // Four bytes whatever the number, so that there is no branch on it.
    let shifted = u32::from_le_bytes(digits) >> (8 * skipped);
    out.extend_from_slice(&shifted.to_le_bytes());
    out.truncate(out.len() - skipped);
}

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
    fn octets_are_written_as_numbers() {
        for octet in 0..=u8::MAX {
            let mut out = b"a".to_vec();
            push_octet(octet, b'.', &mut out);
            assert_eq!(out, format!("a{octet}.").into_bytes());
        }
    }
}
