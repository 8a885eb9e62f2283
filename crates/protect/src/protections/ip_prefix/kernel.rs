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
    host::{Dotted, address, decimal},
    rewrite::Rewrite,
    swar,
};

/// `ip_prefix`, bound.
#[derive(Debug)]
pub(crate) struct IpPrefix {
    v4: usize,
    /// The slash and the number after it, then zeros.
    v4_text: [u8; 4],
    /// Where the prefix ends with a number: how many are kept, and what follows them.
    v4_whole: Option<(usize, String)>,
    v6: usize,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<IpPrefix, ProtectError> {
    let v4 = arguments.count_to(0, 32)?;
    let mut v4_text = [0; 4];
    for (to, from) in v4_text.iter_mut().zip(format!("/{v4}").bytes()) {
        *to = from;
    }
    Ok(IpPrefix {
        v4,
        v4_text,
        v4_whole: v4.is_multiple_of(8).then(|| {
            let zeros = "0.0.0.0".get(v4 / 4..).unwrap_or_default();
            (v4 / 8, format!("{zeros}/{v4}"))
        }),
        v6: arguments.count(1)?,
    })
}

impl Rewrite for IpPrefix {
    const NAME: &'static str = "ip_prefix";

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        if let Some((kept, rest)) = &self.v4_whole
            && let Some(dotted) = Dotted::read(text.as_bytes())
        {
            // The numbers are written as they would be.
            let end = dotted.starts.get(*kept).copied();
            swar::push(
                text.as_bytes()
                    .get(..end.unwrap_or(text.len()))
                    .unwrap_or_default(),
                out,
            );
            return swar::push(rest.as_bytes(), out);
        }
        match address(text) {
            Some(IpAddr::V4(address)) => {
                let bits = u64::from(address.to_bits()) >> (32 - self.v4) << (32 - self.v4);
                let [.., one, two, three, four] = bits.to_be_bytes();
                let start = out.len();
                out.extend_from_slice(&[0; 20]);
                let network = out.get_mut(start..).unwrap_or_default();
                let mut end = 0;
                let mut put = |at: usize, bytes: &[u8; 4]| {
                    if let Some(place) = network.get_mut(at..at + 4) {
                        place.copy_from_slice(bytes);
                    }
                };
                for octet in [one, two, three, four] {
                    let (digits, length) = decimal(octet);
                    put(end, &digits);
                    end += length;
                }
                // Over the last dot.
                put(end - 1, &self.v4_text);
                out.truncate(start + end + if self.v4 < 10 { 1 } else { 2 });
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
mod tests {
    use crate::testing::{rewritten, whole};

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
}
