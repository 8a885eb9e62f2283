//! The kernel of `mask_email`.
//!
//! Invariant: what is not one address with a dotted domain is hidden wholly; of the local part at
//! most the first character shows, and that only where three others are hidden.

use memchr::memchr;
use wide::u8x16;

use crate::{
    ProtectError,
    argument::Arguments,
    characters::{UNKNOWN, initial},
    host::{Name, last_label},
    lanes,
    rewrite::Rewrite,
    swar,
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
            swar::push(domain, out);
        } else {
            out.extend_from_slice(b"***@***.");
            swar::push(top, out);
        }
    }
}

/// Bytes of the longest local part (RFC 5321, 4.5.3.1).
const LONGEST: usize = 64;

/// Local part, domain and its last label.
#[inline]
fn address(text: &str) -> Option<(&str, &[u8], &[u8])> {
    let bytes = text.as_bytes();
    let (at, top) = if bytes.len() <= lanes::LONGEST {
        let [ats, others, dots, hyphens, digits, letters] = lanes::places(bytes, |block| {
            let [dots, hyphens, digits, letters] = Name::sets(block);
            let (ats, others) = (lanes::equal(block, b'@'), not_local(block));
            [ats, others, dots, hyphens, digits, letters]
        });
        // A second one is in no domain.
        let at = ats.trailing_zeros() as usize;
        if others & lanes::all(at) != 0 || at >= bytes.len() {
            return None;
        }
        let (start, length) = (at + 1, bytes.len() - at - 1);
        (
            at,
            Name::of([dots, hyphens, digits, letters], start, length).last_label()?,
        )
    } else {
        let at = memchr(b'@', bytes)?;
        let local = bytes.get(..at).filter(|local| local.len() <= LONGEST)?;
        let [others] = lanes::places(local, |block| [not_local(block)]);
        (
            at,
            last_label(bytes.get(at + 1..)?).filter(|_| others == 0)?,
        )
    };
    let (local, domain) = (text.get(..at)?, bytes.get(at + 1..)?);
    (!local.is_empty() && top > 0).then_some((local, domain, domain.get(top..)?))
}

/// What stands in no local part: quoted ones, which may hold anything, are not taken for one.
#[inline(always)]
fn not_local(block: u8x16) -> u8x16 {
    lanes::range(block, 0, b' ') | lanes::equal(block, 0x7f) | lanes::equal(block, b'"')
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    crate::testing::Sample::texts(vec![crate::testing::said("domain")])
}

#[cfg(test)]
mod tests {
    use crate::testing::{rewritten, said};

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
}
