//! The kernel of `mask_email`.
//!
//! Invariant: what is not one address with a dotted domain is hidden wholly; of the local part at
//! most the first character shows, and that only where three others are hidden.

use memchr::memchr;
use wide::u8x16;

use crate::{
    ProtectError,
    argument::Arguments,
    characters::{HIDDEN, UNKNOWN, initial},
    column::ROOM,
    host::{Name, last_label},
    lanes::{self, Head, put},
    rewrite::Rewrite,
};

/// From the least to the most: each shows what the one before it shows.
pub(super) const SHOW: &[&str] = &["tld", "domain", "first-and-domain"];

/// `mask_email`, bound.
#[derive(Debug)]
pub(crate) struct MaskEmail {
    domain: bool,
    first: bool,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<MaskEmail, ProtectError> {
    let show = arguments.choice(0, SHOW)?;
    Ok(MaskEmail {
        domain: show >= 1,
        first: show >= 2,
    })
}

impl Rewrite for MaskEmail {
    const NAME: &'static str = "mask_email";
    const USUAL: bool = true;

    #[inline(always)]
    fn usual(&self, text: Head<'_>, out: &mut [u8; ROOM]) -> Option<usize> {
        let (lanes, length) = (text.lanes::<2>(), text.length());
        if length > SHORT {
            return None;
        }
        let ats = lanes.places(|block| lanes::equal(block, b'@'));
        // A second one is in no domain.
        let first = ats & ats.wrapping_neg();
        let dots = Name::places(lanes).between(first, 1 << length)?;
        let others = lanes.places(not_local) & first.wrapping_sub(1);
        if others != 0 || first < 2 || dots == 0 {
            return None;
        }
        let at = first.trailing_zeros() as usize;
        let mut start = 0;
        if self.first {
            // Each byte is a character, and joins none.
            if lanes.places(|block| lanes::from(block, 0x80)) & lanes::all(at) != 0 {
                return None;
            }
            put(&[text.at(0)], 0, out);
            start = usize::from(at > HIDDEN);
        }
        let (shown, stars) = match self.domain {
            true => (at + 1, 4),
            false => (lanes::LONGEST - dots.leading_zeros() as usize, 8),
        };
        put(b"***@***.", start, out);
        put::<SHORT>(text.from(shown)?, start + stars, out);
        Some(start + stars + length - shown)
    }

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        let Some((local, domain, top)) = address(text) else {
            return out.extend_from_slice(UNKNOWN);
        };
        if self.first
            && let Some(first) = initial(local)
        {
            out.extend_from_slice(first.as_bytes());
        }
        if self.domain {
            out.extend_from_slice(b"***@");
            out.extend_from_slice(domain);
        } else {
            out.extend_from_slice(b"***@***.");
            out.extend_from_slice(top);
        }
    }
}

/// Bytes of the longest local part (RFC 5321, 4.5.3.1).
const LONGEST: usize = 64;
/// Bytes of what nearly every address is no longer than.
const SHORT: usize = 32;

/// Local part, domain and its last label.
fn address(text: &str) -> Option<(&str, &[u8], &[u8])> {
    let bytes = text.as_bytes();
    let at = memchr(b'@', bytes)?;
    let (local, domain) = (text.get(..at)?, bytes.get(at + 1..)?);
    let mut room = [0; lanes::LONGEST];
    let lanes = Head::copied(local.as_bytes(), &mut room).lanes::<4>();
    let others = lanes.places(not_local) & lanes::all(at);
    let top = last_label(domain).filter(|top| *top > 0 && others == 0)?;
    (1..=LONGEST)
        .contains(&at)
        .then_some((local, domain, domain.get(top..)?))
}

/// What stands in no local part: quoted ones, which may hold anything, are not taken for one.
#[inline(always)]
fn not_local(block: u8x16) -> u8x16 {
    lanes::to(block, b' ') | lanes::equal(block, 0x7f) | lanes::equal(block, b'"')
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    crate::testing::Sample::texts(vec![crate::testing::said("domain")])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        rewrite::agrees,
        testing::{Random, rewritten, said},
    };

    #[test]
    fn addresses_and_others() {
        for (text, tld, domain, first) in [
            (
                "alice@example.com",
                "***@***.com",
                "***@example.com",
                "a***@example.com",
            ),
            (
                "bob@example.co.uk",
                "***@***.uk",
                "***@example.co.uk",
                "***@example.co.uk",
            ),
            ("søren@a.dk", "***@***.dk", "***@a.dk", "s***@a.dk"),
            (
                "e\u{301}lise@a.fr",
                "***@***.fr",
                "***@a.fr",
                "e\u{301}***@a.fr",
            ),
        ] {
            let show = |what| rewritten("mask_email", vec![said(what)], text);
            assert_eq!(show("tld"), tld);
            assert_eq!(show("domain"), domain);
            assert_eq!(show("first-and-domain"), first);
        }
        for other in [
            "",
            "alice",
            "@example.com",
            "alice@",
            "alice@localhost",
            "a b@example.com",
            "a@b@example.com",
            "alice@[10.0.0.1]",
            "alice@example.com, bob@example.com",
            "alice@10.0.0.1",
            "\"x\"@example.com",
            "alice@exa mple.com",
            "alice@example.com\n",
        ] {
            assert_eq!(
                rewritten("mask_email", vec![said("first-and-domain")], other),
                "***",
                "{other}"
            );
        }
    }

    #[test]
    fn usual_addresses_are_written_as_all_are() {
        let mut random = Random::new(91);
        let mut usual = 0;
        for round in 0..60_000 {
            let (local, domain) = (
                random.of("abcdexyé.+1\"", 0, 9),
                random.of("aBcDe-.1", 0, 12),
            );
            let text = format!("{local}@{domain}.{}", random.of("cdm1@ ", 0, 5));
            let kernel = MaskEmail {
                domain: round % 3 > 0,
                first: round % 3 > 1,
            };
            usual += usize::from(agrees(&kernel, &mut random, &text));
        }
        assert!(usual > 1_000, "{usual}");
    }
}
