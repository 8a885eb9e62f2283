//! Email addresses: the part of RFC 5321 that mail is really sent to.
//!
//! Taken: atoms and single dots before the `@`; a domain of two or more labels. Not taken, though
//! the RFC would: quoted local parts, address literals (`[192.0.2.1]`), domains of one label.
//! Not looked at: whether the address exists. Non-ASCII addresses (RFC 6531) are not taken.

use super::bytes::Bytes;

/// Whether `text` is an email address of this kind.
pub(super) fn is_email(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() > 254 {
        return false;
    }
    let Some(at) = memchr::memrchr(b'@', bytes) else {
        return false;
    };
    let (local, domain) = bytes.split_at(at);
    local_part(local)
        && domain
            .split_first()
            .and_then(|(_, name)| super::domain::labels(name))
            .is_some_and(|labels| labels >= 2)
}

/// What an atom is made of (`atext` of RFC 5322).
static ATOM: Bytes = Bytes::alphanumeric_and(b"!#$%&'*+/=?^_`{|}~-");

fn local_part(local: &[u8]) -> bool {
    // A dot stands between atoms: never first, never after another, never last.
    let mut after_atom = false;
    for byte in local {
        let atom = ATOM.contains(*byte);
        let fits = if *byte == b'.' { after_atom } else { atom };
        if !fits {
            return false;
        }
        after_atom = atom;
    }
    after_atom && local.len() <= 64
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in [
            "a@b.co",
            "first.last+tag@sub.example.org",
            "o'hara@example.com",
            "x@1.de",
            "a@xn--bcher-kva.example",
        ] {
            assert!(is_email(good), "{good}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        let huge = format!("a@{}com", "abc.".repeat(70));
        for bad in [
            "",
            "@",
            "a@",
            "@b.co",
            "a",
            "a@b",
            "a@b.",
            "a@.co",
            "a@b..co",
            ".a@b.co",
            "a.@b.co",
            "a..b@b.co",
            "a b@c.de",
            "a@b c.de",
            "a@-b.co",
            "a@b-.co",
            "a@b.12",
            "\"a\"@b.co",
            "a@[192.0.2.1]",
            "a@b@c.de",
            "\u{fc}@b.co",
            "a@b.co\n",
            long.as_str(),
            huge.as_str(),
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
