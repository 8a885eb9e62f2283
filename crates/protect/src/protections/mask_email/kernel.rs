//! The kernel of `mask_email`.
//!
//! Invariant: what is not one address with a dotted domain is hidden wholly; of the local part at
//! most the first character shows, and that only where three others are hidden.

use memchr::memrchr;

use crate::{
    ProtectError,
    argument::Arguments,
    characters::{UNKNOWN, initial},
    host::last_label,
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

/// Local part, domain and its last label.
fn address(text: &str) -> Option<(&str, &[u8], &[u8])> {
    let at = memrchr(b'@', text.as_bytes())?;
    let (local, domain) = (text.get(..at)?, text.as_bytes().get(at + 1..)?);
    // RFC 5321, 4.5.3.1; quoted local parts, which may hold anything, are not taken for one.
    let plain = |byte: u8| byte > b' ' && byte != 0x7f && byte != b'@' && byte != b'"';
    if !(1..=64).contains(&local.len()) || !local.bytes().fold(true, |all, byte| all & plain(byte))
    {
        return None;
    }
    let top = last_label(domain).filter(|top| *top > 0)?;
    Some((local, domain, domain.get(top..)?))
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
