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
    column::ROOM,
    host::{Name, last_label},
    lanes::{Head, put},
    rewrite::Rewrite,
};

/// Bytes of the longest scheme that is taken for one.
const LONGEST: usize = 32;
/// What stands for all that follows the host.
const HIDDEN: &[u8; 4] = b"/***";

/// `mask_url`, bound.
#[derive(Debug)]
pub(crate) struct MaskUrl;

pub(crate) fn kernel(_: &Arguments<'_>) -> Result<MaskUrl, ProtectError> {
    Ok(MaskUrl)
}

impl Rewrite for MaskUrl {
    const NAME: &'static str = "mask_url";
    const USUAL: bool = true;

    #[inline(always)]
    fn usual(&self, text: Head<'_>, out: &mut [u8; ROOM]) -> Option<usize> {
        let end = plain(text)?;
        put::<LONGEST>(text.from(0)?, 0, out);
        put(HIDDEN, end, out);
        Some(end + HIDDEN.len())
    }

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        let Some((scheme, host)) = parts(text.as_bytes()) else {
            return out.extend_from_slice(UNKNOWN);
        };
        out.extend_from_slice(scheme);
        out.extend_from_slice(b"://");
        out.extend_from_slice(host);
        out.extend_from_slice(HIDDEN);
    }
}

/// Where the host ends of a URL that has a name for one, no user information, no port, and all of
/// that within its first bytes: what nearly all are.
#[inline(always)]
fn plain(text: Head<'_>) -> Option<usize> {
    let name = Name::places(text.lanes::<2>());
    // What a scheme is made of and what a host is: the `+` is left to [`parts`].
    let others = name.others();
    let colon = others.trailing_zeros();
    let marks = *text.from::<3>(colon as usize)? == *b"://";
    // The last of them, and what ends the host.
    let before = 4_u64.wrapping_shl(colon);
    let rest = others & !(before << 1).wrapping_sub(1);
    let behind = rest & rest.wrapping_neg();
    let end = behind.trailing_zeros() as usize;
    let ends = end == text.length() || matches!(text.at(end), b'/' | b'?' | b'#');
    let host = name.between(before, behind);
    (marks && ends && end <= LONGEST && text.at(0).is_ascii_alphabetic() && host.is_some())
        .then_some(end)
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
    use super::*;
    use crate::{
        rewrite::agrees,
        testing::{Random, rewritten},
    };

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

    #[test]
    fn usual_addresses_are_written_as_all_are() {
        let mut random = Random::new(92);
        let mut usual = 0;
        for _ in 0..60_000 {
            let (scheme, host) = (random.of("hTp1s+-.", 0, 6), random.of("aBcd-.1", 0, 30));
            let text = format!("{scheme}://{host}{}", random.of("/?#a:\u{e9} ", 0, 40));
            usual += usize::from(agrees(&MaskUrl, &mut random, &text));
        }
        assert!(usual > 1_000, "{usual}");
    }
}
