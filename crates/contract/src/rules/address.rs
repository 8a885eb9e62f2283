//! Addresses of machines: IPv4 as four decimal numbers without leading zeros, IPv6 as RFC 4291
//! writes it, and prefixes of both (`10.0.0.0/8`).
//!
//! Strict: only the canonical text of RFC 5952, and of a prefix only one whose host bits are zero.
//! Zones (`fe80::1%eth0`) are not taken.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether `text` is an address of either family.
pub(super) fn is_ip(text: &str, strict: bool) -> bool {
    is_ipv4(text) || is_ipv6(text, strict)
}

/// Whether `text` is an IPv4 address; there is one way to write each.
pub(super) fn is_ipv4(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok()
}

/// Whether `text` is an IPv6 address.
pub(super) fn is_ipv6(text: &str, strict: bool) -> bool {
    text.parse::<Ipv6Addr>()
        .is_ok_and(|address| !strict || is_written(text, address.into()))
}

/// Whether `text` is an address and the length of a prefix of it.
pub(super) fn is_cidr(text: &str, strict: bool) -> bool {
    let Some((address, length)) = text.rsplit_once('/') else {
        return false;
    };
    let Ok(parsed) = address.parse::<IpAddr>() else {
        return false;
    };
    let (bits, width) = match parsed {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let digits = length.as_bytes();
    let plain = (1..=3).contains(&digits.len())
        && digits.iter().all(u8::is_ascii_digit)
        && (digits.len() == 1 || digits.first() != Some(&b'0'));
    let Some(length) = length.parse::<u32>().ok().filter(|_| plain) else {
        return false;
    };
    let network = bits.checked_shl(length).unwrap_or(0) == 0;
    length <= width && (!strict || network && is_written(address, parsed))
}

/// Whether `text` is how the standard library, which follows RFC 5952, writes the address.
fn is_written(text: &str, address: IpAddr) -> bool {
    let mut rest = Rest(text.as_bytes());
    write!(rest, "{address}").is_ok() && rest.0.is_empty()
}

/// Takes away what is written, as long as it is what stands there.
struct Rest<'a>(&'a [u8]);

impl Write for Rest<'_> {
    fn write_str(&mut self, part: &str) -> std::fmt::Result {
        self.0 = self
            .0
            .strip_prefix(part.as_bytes())
            .ok_or(std::fmt::Error)?;
        Ok(())
    }
}
