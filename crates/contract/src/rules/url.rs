//! URLs of the web: the part of RFC 3986 that `http` and `https` are really used with.
//!
//! Taken: either scheme in either case, a host (name, IPv4, or IPv6 in brackets), a port, path,
//! query and fragment in ASCII with whole percent-encodings, 2,048 bytes in all. Not taken, though
//! the RFC would: user names and passwords before the host, other schemes, an empty port. Not
//! looked at: whether anything is there.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{bytes::Bytes, domain};

const LONGEST: usize = 2_048;

/// Whether `text` is a URL of this kind.
pub(super) fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let known = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let Some((authority, path)) = rest.split_at_checked(end) else {
        return false;
    };
    known && text.len() <= LONGEST && is_authority(authority) && is_path(path.as_bytes())
}

fn is_authority(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) if address.parse::<Ipv6Addr>().is_ok() => (None, port),
        Some(_) => return false,
        None => {
            let colon = text.find(':').unwrap_or(text.len());
            match text.split_at_checked(colon) {
                Some((host, port)) => (Some(host), port),
                None => return false,
            }
        }
    };
    let port = port.is_empty()
        || port.strip_prefix(':').is_some_and(|digits| {
            digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok()
        });
    port && host.is_none_or(|host| {
        domain::labels(host.as_bytes()).is_some() || host.parse::<Ipv4Addr>().is_ok()
    })
}

/// What may stand in a path, a query and a fragment as it is (`pchar`, `/` and `?`).
static PLAIN: Bytes = Bytes::alphanumeric_and(b"-._~!$&'()*+,;=:@/?");

fn is_path(mut rest: &[u8]) -> bool {
    let mut fragment = false;
    while let Some((byte, after)) = rest.split_first() {
        rest = match byte {
            b'#' if !fragment => {
                fragment = true;
                after
            }
            b'%' => match after.split_first_chunk::<2>() {
                Some((digits, after)) if digits.iter().all(u8::is_ascii_hexdigit) => after,
                _ => return false,
            },
            byte if PLAIN.contains(*byte) => after,
            _ => return false,
        };
    }
    true
}
