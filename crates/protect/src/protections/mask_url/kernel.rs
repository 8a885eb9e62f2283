//! The kernel of `mask_url`.
//!
//! Invariant: scheme and host show, of which neither can hold a user's name or password; user
//! information, port, path, query and fragment do not show, nor whether there are any. What is no
//! URL with a host is hidden wholly.

use std::net::Ipv6Addr;

use memchr::{memchr, memchr3, memrchr};

use crate::{
    ProtectError,
    argument::Arguments,
    characters::UNKNOWN,
    host::{Name, last_label},
    lanes,
    rewrite::Rewrite,
    swar,
};

/// Bytes of the longest scheme that is taken for one.
const LONGEST: usize = 32;

/// `mask_url`, bound.
#[derive(Debug)]
pub(crate) struct MaskUrl;

pub(crate) fn kernel(_: &Arguments<'_>) -> Result<MaskUrl, ProtectError> {
    Ok(MaskUrl)
}

impl Rewrite for MaskUrl {
    const NAME: &'static str = "mask_url";

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        let text = text.as_bytes();
        if let Some(end) = plain(text) {
            swar::push(text.get(..end).unwrap_or_default(), out);
        } else if let Some((scheme, host)) = parts(text) {
            out.extend_from_slice(scheme);
            out.extend_from_slice(b"://");
            out.extend_from_slice(host);
        } else {
            return out.extend_from_slice(UNKNOWN);
        }
        out.extend_from_slice(b"/***");
    }
}

/// Where the host ends of a URL that has a name for one, no user information, no port, and all of
/// that at its beginning: what nearly all are.
#[inline]
fn plain(text: &[u8]) -> Option<usize> {
    let head = text.get(..lanes::LONGEST).unwrap_or(text);
    let [ends, colons, plus, dots, hyphens, digits, letters] = lanes::places(head, |block| {
        let [dots, hyphens, digits, letters] = Name::sets(block);
        let ends = [b'/', b'?', b'#'].map(|end| lanes::equal(block, end));
        let [slashes, questions, fragments] = ends;
        let ends = slashes | questions | fragments;
        let (colons, plus) = (lanes::equal(block, b':'), lanes::equal(block, b'+'));
        [ends, colons, plus, dots, hyphens, digits, letters]
    });
    let colon = colons.trailing_zeros() as usize;
    let scheme = lanes::all(colon) & !(letters | digits | plus | hyphens | dots);
    let start = colon + 3;
    if !text.get(colon..)?.starts_with(b"://") || scheme != 0 || letters & 1 == 0 {
        return None;
    }
    let length = match ends.checked_shr(start as u32)? {
        0 if head.len() == text.len() => head.len().checked_sub(start)?,
        ends => ends.trailing_zeros() as usize,
    };
    let name = Name::of([dots, hyphens, digits, letters], start, length);
    (colon <= LONGEST && start + length <= head.len() && name.last_label().is_some())
        .then_some(start + length)
}

/// Scheme and host (RFC 3986, 3.1 and 3.2).
fn parts(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (scheme, rest) = text.split_at_checked(memchr(b':', text)?)?;
    let rest = rest.strip_prefix(b"://")?;
    let named = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.len() <= LONGEST
        && scheme
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    let end = memchr3(b'/', b'?', b'#', rest);
    let authority = rest.get(..end.unwrap_or(rest.len()))?;
    host(authority).filter(|_| named).map(|host| (scheme, host))
}

/// The host between user information and a port.
fn host(authority: &[u8]) -> Option<&[u8]> {
    let place = match memrchr(b'@', authority) {
        Some(at) if authority.get(..at)?.iter().all(|byte| is_user(*byte)) => {
            authority.get(at + 1..)?
        }
        Some(_) => return None,
        None => authority,
    };
    let (host, port) = match (place.first(), memrchr(b':', place)) {
        (Some(b'['), _) => {
            let end = memrchr(b']', place)? + 1;
            (place.get(..end)?, place.get(end..)?)
        }
        (_, Some(colon)) => (place.get(..colon)?, place.get(colon..)?),
        _ => (place, &[][..]),
    };
    let numbered = match port {
        [] => true,
        [b':', digits @ ..] => digits.len() <= 5 && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    (numbered && is_host(host)).then_some(host)
}

/// What may stand before the `@`. A backslash may not: browsers end the host there.
fn is_user(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:".contains(&byte)
}

fn is_host(host: &[u8]) -> bool {
    let text = || str::from_utf8(host).ok();
    match host {
        [b'[', inner @ .., b']'] => {
            let inner = str::from_utf8(inner).ok();
            inner.is_some_and(|inner| inner.parse::<Ipv6Addr>().is_ok())
        }
        _ => {
            last_label(host).is_some()
                || text().is_some_and(|text| text.parse::<std::net::Ipv4Addr>().is_ok())
        }
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    crate::testing::Sample::texts(vec![])
}

#[cfg(test)]
mod tests {
    use crate::testing::rewritten;

    #[test]
    fn addresses_and_others() {
        for (text, out) in [
            (
                "https://example.com/users/alice?token=1#top",
                "https://example.com/***",
            ),
            ("https://example.com", "https://example.com/***"),
            (
                "postgres://alice:secret@db.internal:5432/crm",
                "postgres://db.internal/***",
            ),
            ("http://10.1.2.3:80/", "http://10.1.2.3/***"),
            ("http://[2001:db8::1]:80/x", "http://[2001:db8::1]/***"),
            (
                "https://example.com?x=http://other",
                "https://example.com/***",
            ),
        ] {
            assert_eq!(rewritten("mask_url", vec![], text), out);
        }
        for other in [
            "",
            "example.com/alice",
            "mailto:alice@example.com",
            "https://",
            "https:///alice",
            "https://a b/",
            "https://example.com\\@evil.com/",
            "https://alice secret@example.com/",
            "alice://secret\n",
            "https://alice:x",
            "https://ex%61mple.com/",
            "https://[alice]/",
            "my secret ://example.com",
        ] {
            assert_eq!(rewritten("mask_url", vec![], other), "***", "{other}");
        }
    }
}
