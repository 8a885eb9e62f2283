//! Which vault one is.

use std::{fmt, str::FromStr};

use sealine_protect::{ProtectError, crypto::random};

/// A random number that a vault is made with and keeps: what tells it from every other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct VaultId(pub(crate) [u8; 16]);

impl VaultId {
    pub(crate) fn random() -> Result<VaultId, ProtectError> {
        random::array().map(VaultId)
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for VaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Reads what `Display` writes.
impl FromStr for VaultId {
    type Err = NoVaultId;

    fn from_str(text: &str) -> Result<VaultId, NoVaultId> {
        let plain = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = plain.then(|| u128::from_str_radix(text, 16).ok()).flatten();
        number
            .map(|number| VaultId(number.to_be_bytes()))
            .ok_or(NoVaultId)
    }
}

/// A text that is not 32 hexadecimal digits.
#[derive(Clone, Copy, Debug)]
pub struct NoVaultId;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written() {
        let id = VaultId([0, 1, 0xab, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
        assert_eq!(id.to_string(), "0001ab030405060708090a0b0c0d0eff");
        assert_eq!(id.to_string().parse::<VaultId>().unwrap(), id);
        for bad in [
            "",
            "00",
            "+001ab030405060708090a0b0c0d0eff",
            "zz01ab030405060708090a0b0c0d0eff",
        ] {
            assert!(bad.parse::<VaultId>().is_err(), "{bad}");
        }
    }
}
