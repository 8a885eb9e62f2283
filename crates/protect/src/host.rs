//! Names of hosts, as masks of addresses need them.
//!
//! Invariant: what is taken for a name has letters, digits, hyphens and dots only, so that showing
//! it shows no name or password that stood beside it.

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
}
