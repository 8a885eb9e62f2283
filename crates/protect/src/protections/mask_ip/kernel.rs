//! The kernel of `mask_ip`.
//!
//! Invariant: of an IPv4 address at most three of four octets show, of an IPv6 address at most
//! three of eight groups; what is no address is hidden wholly.

use std::{io::Write as _, net::IpAddr};

use crate::{
    ProtectError,
    argument::Arguments,
    characters::UNKNOWN,
    column::ROOM,
    host::{Dotted, address},
    lanes::{Head, put},
    rewrite::Rewrite,
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

    const USUAL: bool = true;

    #[inline(always)]
    fn usual(&self, text: Head<'_>, out: &mut [u8; ROOM]) -> Option<usize> {
        const HIDDEN: &[u8; 8] = b"x.x.x.x ";
        // The numbers are written as they would be, so that what shows is a part of the text.
        let end = Dotted::read(text)?.end(self.parts);
        put::<16>(text.from(0)?, 0, out);
        put(HIDDEN, end, out);
        Some(end + 7 - 2 * self.parts)
    }

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        match address(text) {
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
    use super::*;
    use crate::{
        rewrite::agrees,
        testing::{Random, rewritten, whole},
    };

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

    #[test]
    fn usual_addresses_are_written_as_all_are() {
        let mut random = Random::new(93);
        let mut usual = 0;
        for round in 0..60_000 {
            let numbers = [(); 4].map(|()| random.below(280).to_string());
            let text = match round % 3 {
                0 => random.of("0125..", 6, 16),
                _ => numbers.join("."),
            };
            let kernel = MaskIp { parts: round % 4 };
            usual += usize::from(agrees(&kernel, &mut random, &text));
        }
        assert!(usual > 20_000, "{usual}");
    }
}
