//! The kernel of `mask_ip`.
//!
//! Invariant: of an IPv4 address at most three of four octets show, of an IPv6 address at most
//! three of eight groups; what is no address is hidden wholly.

use std::{io::Write as _, net::IpAddr};

use crate::{
    ProtectError,
    argument::Arguments,
    characters::UNKNOWN,
    host::{Dotted, other_address},
    rewrite::Rewrite,
    swar,
};

/// Parts that may show: with three an IPv4 /24 and an IPv6 /48, one site each.
const MOST: usize = 3;

/// `mask_ip`, bound.
#[derive(Debug)]
pub(crate) struct MaskIp {
    parts: usize,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<MaskIp, ProtectError> {
    let parts = arguments.count_to(0, MOST)?;
    Ok(MaskIp { parts })
}

impl Rewrite for MaskIp {
    const NAME: &'static str = "mask_ip";

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        if let Some(dotted) = Dotted::read(text.as_bytes()) {
            // The numbers are written as they would be, so that what shows is a part of the text.
            let end = dotted.starts.get(self.parts).copied().unwrap_or(0);
            swar::push(text.as_bytes().get(..end).unwrap_or_default(), out);
            out.extend_from_slice(b"x.x.x.x");
            return out.truncate(out.len() - 2 * self.parts);
        }
        match other_address(text) {
            Some(IpAddr::V4(address)) => {
                for octet in address.octets().iter().take(self.parts) {
                    // Writing to memory does not fail.
                    let _ = write!(out, "{octet}.");
                }
                out.extend_from_slice(b"x.x.x.x");
                out.truncate(out.len() - 2 * self.parts);
            }
            Some(IpAddr::V6(address)) => {
                for group in address.segments().iter().take(self.parts) {
                    // Writing to memory does not fail.
                    let _ = write!(out, "{group:x}:");
                }
                out.extend_from_slice(b"x:x:x:x:x:x:x:x");
                out.truncate(out.len() - 2 * self.parts);
            }
            None => out.extend_from_slice(UNKNOWN),
        }
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    crate::testing::Sample::texts(vec![crate::testing::whole(2)])
}

#[cfg(test)]
mod tests {
    use crate::testing::{rewritten, whole};

    #[test]
    fn addresses_and_others() {
        for (text, parts, out) in [
            ("192.168.17.4", 2, "192.168.x.x"),
            ("192.168.17.4", 0, "x.x.x.x"),
            ("8.8.8.8", 3, "8.8.8.x"),
            ("2001:db8::1", 3, "2001:db8:0:x:x:x:x:x"),
            ("2001:0DB8:0:0:0:0:0:1", 2, "2001:db8:x:x:x:x:x:x"),
            ("::ffff:10.1.2.3", 1, "10.x.x.x"),
            ("", 2, "***"),
            ("192.168.17.4:80", 2, "***"),
            ("192.168.17", 2, "***"),
            ("fe80::1%eth0", 2, "***"),
            ("10.0.0.0/8", 2, "***"),
        ] {
            assert_eq!(rewritten("mask_ip", vec![whole(parts)], text), out);
        }
    }
}
