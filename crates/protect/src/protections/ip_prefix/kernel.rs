//! The kernel of `ip_prefix`.
//!
//! Invariant: no bit of the address beyond the prefix shows; what is no address is hidden wholly.

use std::{
    io::Write as _,
    net::{IpAddr, Ipv6Addr},
};

use crate::{
    ProtectError,
    argument::Arguments,
    characters::UNKNOWN,
    column::ROOM,
    host::{Dotted, address, decimal},
    lanes::{Head, put},
    rewrite::Rewrite,
};

/// Bytes of the longest end of a network: all four numbers zero, and a slash with a digit.
const END: usize = 16;

/// `ip_prefix`, bound.
#[derive(Debug)]
pub(crate) struct IpPrefix {
    v4: usize,
    /// The zeros that follow the numbers of which something is kept, the slash and the number after
    /// it, then spaces.
    end: [u8; END],
    /// How many bytes that is.
    length: usize,
    v6: usize,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<IpPrefix, ProtectError> {
    let v4 = arguments.count_to(0, 32)?;
    let zeros = "0.0.0.0".get(2 * v4.div_ceil(8)..).unwrap_or_default();
    let text = format!("{zeros}/{v4}");
    let mut end = [b' '; END];
    for (to, from) in end.iter_mut().zip(text.bytes()) {
        *to = from;
    }
    Ok(IpPrefix {
        v4,
        end,
        length: text.len(),
        v6: arguments.count(1)?,
    })
}

impl IpPrefix {
    /// Writes an address of IPv4 whose numbers these are.
    #[inline(always)]
    fn network(&self, octets: [u8; 4], out: &mut [u8]) -> usize {
        let bits = u64::from(u32::from_be_bytes(octets)) >> (32 - self.v4) << (32 - self.v4);
        let [.., one, two, three, four] = bits.to_be_bytes();
        let (kept, mut end) = (self.v4.div_ceil(8), 0);
        for octet in [one, two, three, four].into_iter().take(kept) {
            let (digits, length) = decimal(octet);
            put(&digits, end, out);
            end += length;
        }
        // Over the last dot, where all four numbers are kept.
        end -= usize::from(kept == 4);
        put(&self.end, end, out);
        end + self.length
    }
}

impl Rewrite for IpPrefix {
    const NAME: &'static str = "ip_prefix";
    const USUAL: bool = true;

    #[inline(always)]
    fn usual(&self, text: Head<'_>, out: &mut [u8; ROOM]) -> Option<usize> {
        let dotted = Dotted::read(text)?;
        if !self.v4.is_multiple_of(8) {
            return Some(self.network(dotted.octets(text), out));
        }
        // The numbers are written as they would be.
        let end = dotted.end(self.v4 / 8);
        put::<16>(text.from(0)?, 0, out);
        put(&self.end, end, out);
        Some(end + self.length)
    }

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        match address(text) {
            Some(IpAddr::V4(address)) => {
                let mut room = [0; ROOM];
                let length = self.network(address.octets(), &mut room);
                out.extend_from_slice(room.get(..length).unwrap_or_default());
            }
            Some(IpAddr::V6(address)) => {
                // At most 64 bits show: the lower half names the device.
                let upper = address.to_bits() >> 64;
                let bits = upper >> (64 - self.v6) << (64 - self.v6) << 64;
                // Writing to memory does not fail.
                let _ = write!(out, "{}/{}", Ipv6Addr::from_bits(bits), self.v6);
            }
            None => out.extend_from_slice(UNKNOWN),
        }
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    use crate::testing::{Sample, whole};

    Sample::texts(vec![whole(16), whole(32)])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{
        rewrite::agrees,
        testing::{Random, call, rewritten, whole},
    };

    #[test]
    fn networks_and_others() {
        for (text, v4, v6, out) in [
            ("192.168.17.4", 16, 0, "192.168.0.0/16"),
            ("192.168.17.4", 0, 0, "0.0.0.0/0"),
            ("192.168.17.4", 8, 0, "192.0.0.0/8"),
            ("192.168.17.4", 24, 0, "192.168.17.0/24"),
            ("192.168.17.4", 25, 0, "192.168.17.0/25"),
            ("192.168.17.4", 32, 0, "192.168.17.4/32"),
            ("192.168.255.4", 20, 0, "192.168.240.0/20"),
            ("2001:db8:ffff:1::1", 16, 32, "2001:db8::/32"),
            ("2001:db8:ffff:1:2:3:4:5", 16, 64, "2001:db8:ffff:1::/64"),
            ("2001:db8::1", 16, 0, "::/0"),
            ("::ffff:192.168.17.4", 8, 0, "192.0.0.0/8"),
            ("", 16, 32, "***"),
            ("192.168.17.4/24", 16, 32, "***"),
        ] {
            assert_eq!(
                rewritten("ip_prefix", vec![whole(v4), whole(v6)], text),
                out
            );
        }
    }

    #[test]
    fn usual_addresses_are_written_as_all_are() {
        let mut random = Random::new(94);
        let mut usual = 0;
        for v4 in 0..=32 {
            let call = call("ip_prefix", vec![whole(v4), whole(0)]);
            let kernel = kernel(&Arguments::of(&call).unwrap()).unwrap();
            for _ in 0..500 {
                let text = std::net::Ipv4Addr::from_bits(random.next() as u32).to_string();
                usual += usize::from(agrees(&kernel, &mut random, &text));
            }
        }
        assert_eq!(usual, 33 * 500);
    }
}
