//! The bytes of a sealed value.
//!
//! ```text
//! format 0x01 | key version u32 | salt 16 | nonce 12 | ciphertext | tag 16        (big-endian)
//! ```
//!
//! The data key is HKDF-SHA-256(key, salt, info `encrypt`). The associated data is the destination
//! dataset and column, each after its length as u32, then the key version as u32. The plaintext
//! is the UTF-8 of a text, the bytes of a binary value, one byte 0 or 1 of a boolean, and else
//! the big-endian bytes of the type's own width, so that a number's size does not show.
//!
//! Invariant: what the associated data encodes can be taken apart again, so no two places share it.

use sealine_label::declare::Context;

use crate::{
    ProtectError,
    crypto::aead::{NONCE_LEN, TAG_LEN},
};

pub(crate) const FORMAT: u8 = 1;
pub(crate) const SALT_LEN: usize = 16;
const VERSION_LEN: usize = 4;
/// Bytes of a sealed value beyond its plaintext.
pub(crate) const OVERHEAD: usize = 1 + VERSION_LEN + SALT_LEN + NONCE_LEN + TAG_LEN;

/// The associated data of every value that `key version` seals for this place.
pub(crate) fn associated_data(context: &Context, version: u32) -> Result<Vec<u8>, ProtectError> {
    let mut out = Vec::with_capacity(12 + context.dataset.len() + context.column.len());
    for part in [&context.dataset, &context.column] {
        let length = u32::try_from(part.len())
            .map_err(|_| ProtectError::unsupported("a name above 4 GiB"))?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(part.as_bytes());
    }
    out.extend_from_slice(&version.to_be_bytes());
    Ok(out)
}

/// Writes all before the ciphertext and gives the rest of the cell.
pub(crate) fn write_head<'a>(
    cell: &'a mut [u8],
    version: u32,
    salt: &[u8; SALT_LEN],
    nonce: &[u8; NONCE_LEN],
) -> Option<&'a mut [u8]> {
    let (format, rest) = cell.split_first_mut()?;
    let (version_place, rest) = rest.split_first_chunk_mut::<VERSION_LEN>()?;
    let (salt_place, rest) = rest.split_first_chunk_mut::<SALT_LEN>()?;
    let (nonce_place, rest) = rest.split_first_chunk_mut::<NONCE_LEN>()?;
    *format = FORMAT;
    *version_place = version.to_be_bytes();
    *salt_place = *salt;
    *nonce_place = *nonce;
    Some(rest)
}

/// A sealed value taken apart.
pub(crate) struct Sealed<'a> {
    pub(crate) version: u32,
    pub(crate) salt: [u8; SALT_LEN],
    pub(crate) nonce: [u8; NONCE_LEN],
    /// Ciphertext and tag.
    pub(crate) body: &'a [u8],
}

/// Takes a sealed value apart; `None` for another format.
pub(crate) fn read(cell: &[u8]) -> Option<Sealed<'_>> {
    let (&FORMAT, rest) = cell.split_first()? else {
        return None;
    };
    let (version, rest) = rest.split_first_chunk::<VERSION_LEN>()?;
    let (salt, rest) = rest.split_first_chunk::<SALT_LEN>()?;
    let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>()?;
    (body.len() >= TAG_LEN).then_some(Sealed {
        version: u32::from_be_bytes(*version),
        salt: *salt,
        nonce: *nonce,
        body,
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    #[test]
    fn associated_data_is_injective() {
        let place = |dataset: &str, column: &str| Context {
            dataset: dataset.to_owned(),
            column: column.to_owned(),
        };
        let data =
            |dataset, column, version| associated_data(&place(dataset, column), version).unwrap();
        assert_eq!(data("ab", "c", 7), b"\0\0\0\x02ab\0\0\0\x01c\0\0\0\x07");
        assert_ne!(data("ab", "c", 1), data("a", "bc", 1));
        assert_ne!(data("ab", "c", 1), data("ab", "c", 2));
    }

    #[test]
    fn heads_are_read_as_written_and_short_cells_are_none() {
        let mut cell = [0xEE; OVERHEAD + 2];
        let rest = write_head(&mut cell, 0x0102_0304, &[5; SALT_LEN], &[6; NONCE_LEN]).unwrap();
        assert_eq!(rest.len(), TAG_LEN + 2);
        let sealed = read(&cell).unwrap();
        assert_eq!(
            (sealed.version, sealed.salt, sealed.nonce),
            (0x0102_0304, [5; 16], [6; 12])
        );
        assert_eq!(sealed.body, [0xEE; TAG_LEN + 2]);
        for short in 0..OVERHEAD {
            assert!(read(&cell[..short]).is_none(), "{short}");
        }
        cell[0] = 2;
        assert!(read(&cell).is_none());
    }
}
