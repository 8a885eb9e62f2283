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
    host::{address, push_octet},
    rewrite::Rewrite,
};

/// `ip_prefix`, bound.
#[derive(Debug)]
pub(crate) struct IpPrefix {
    v4: usize,
    v4_text: String,
    v6: usize,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<IpPrefix, ProtectError> {
    let v4 = arguments.count_to(0, 32)?;
    Ok(IpPrefix {
        v4,
        v4_text: v4.to_string(),
        v6: arguments.count(1)?,
    })
}

impl Rewrite for IpPrefix {
    const NAME: &'static str = "ip_prefix";

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        match address(text) {
            Some(IpAddr::V4(address)) => {
                let bits = u64::from(address.to_bits()) >> (32 - self.v4) << (32 - self.v4);
                let [.., one, two, three, four] = bits.to_be_bytes();
                for (octet, after) in [(one, b'.'), (two, b'.'), (three, b'.'), (four, b'/')] {
                    push_octet(octet, after, out);
                }
                out.extend_from_slice(self.v4_text.as_bytes());
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
