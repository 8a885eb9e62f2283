//! The bytes of a sealed value.
//!
//! ```text
//! form 1 | key version u32 | salt 16 | nonce 12 | ciphertext | tag 16        (big-endian)
//! ```
//!
//! The first form is 0x01: AES-256-GCM over the value as it is. Every other combination of options
//! is 0x10 and the sum of 1 (AES-256-GCM-SIV), 2 (framed) and 4 (bound to the key of its row).
//!
//! The data key is HKDF-SHA-256(key, salt, info `encrypt`), or `encrypt/gcm-siv` for that cipher.
//! The associated data is the destination dataset and column, each after its length as u32, then
//! the key version as u32; in every form but the first, the form follows, and where it says so the
//! row key after its length as u32.
//!
//! The value is the UTF-8 of a text, the bytes of a binary value, one byte 0 or 1 of a boolean,
//! and else the big-endian bytes of the type's own width, so that a number's size does not show.
//! A frame is the value's length as u32, or 0xffffffff for a null, the value, and zeros.
//!
//! Invariant: what the associated data encodes can be taken apart again, so no two places share it;
//! a form that was ever written is read for ever.

use sealine_label::declare::Context;

use crate::{
    ProtectError,
    crypto::aead::{Algorithm, NONCE_LEN, TAG_LEN},
};

pub(super) const SALT_LEN: usize = 16;
const VERSION_LEN: usize = 4;
/// Bytes of a sealed value beyond what is sealed.
pub(super) const OVERHEAD: usize = 1 + VERSION_LEN + SALT_LEN + NONCE_LEN + TAG_LEN;
/// Bytes of a frame before the value.
pub(super) const FRAME: usize = 4;
/// The length that stands for a null: longer than an Arrow value can be.
const NULL: u32 = u32::MAX;

/// How a value is sealed, which its first byte says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Form {
    /// AES-256-GCM-SIV instead of AES-256-GCM.
    pub(super) siv: bool,
    /// Whether a frame is sealed, which can hide the length and hold a null.
    pub(super) framed: bool,
    /// Whether the key of its row is authenticated.
    pub(super) row_bound: bool,
}

impl Form {
    const FIRST: u8 = 0x01;
    const OTHERS: u8 = 0x10;

    pub(super) fn byte(self) -> u8 {
        let flags = u8::from(self.siv) | u8::from(self.framed) << 1 | u8::from(self.row_bound) << 2;
        match flags {
            0 => Form::FIRST,
            _ => Form::OTHERS | flags,
        }
    }

    fn read(byte: u8) -> Option<Form> {
        let flags = if byte == Form::FIRST {
            0
        } else {
            byte.checked_sub(Form::OTHERS)?
        };
        let form = Form {
            siv: flags & 1 != 0,
            framed: flags & 2 != 0,
            row_bound: flags & 4 != 0,
        };
        (form.byte() == byte).then_some(form)
    }

    pub(super) fn cipher(self) -> Algorithm {
        if self.siv {
            Algorithm::Aes256GcmSiv
        } else {
            Algorithm::Aes256Gcm
        }
    }

    /// What the data key is derived for: one key serves one cipher.
    pub(super) fn info(self) -> &'static str {
        if self.siv {
            "encrypt/gcm-siv"
        } else {
            "encrypt"
        }
    }
}

/// The associated data of the values of one form that one version of a key seals for one place.
#[derive(Clone)]
pub(super) struct Associated {
    bytes: Vec<u8>,
    /// Bytes before the row key.
    place: usize,
}

impl Associated {
    pub(super) fn new(
        context: &Context,
        version: u32,
        form: Form,
    ) -> Result<Associated, ProtectError> {
        let mut bytes = Vec::with_capacity(13 + context.dataset.len() + context.column.len());
        for part in [&context.dataset, &context.column] {
            put(&mut bytes, part.as_bytes())?;
        }
        bytes.extend_from_slice(&version.to_be_bytes());
        if form.byte() != Form::FIRST {
            bytes.push(form.byte());
        }
        let place = bytes.len();
        Ok(Associated { bytes, place })
    }

    /// That of a row with this key.
    pub(super) fn of_row(&mut self, key: Option<&[u8]>) -> Result<&[u8], ProtectError> {
        self.bytes.truncate(self.place);
        if let Some(key) = key {
            put(&mut self.bytes, key)?;
        }
        Ok(&self.bytes)
    }
}

fn put(bytes: &mut Vec<u8>, part: &[u8]) -> Result<(), ProtectError> {
    let length = u32::try_from(part.len())
        .map_err(|_| ProtectError::unsupported("a name or a row key above 4 GiB"))?;
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(part);
    Ok(())
}

/// The length of the frame of `value` bytes, filled up to a multiple of `pad` where that is not 0.
pub(super) fn frame_len(value: usize, pad: usize) -> usize {
    let filled = match pad {
        0 => value,
        // Nothing takes a whole class too, or the empty text would show.
        _ => value
            .max(1)
            .checked_next_multiple_of(pad)
            .unwrap_or(usize::MAX),
    };
    filled.saturating_add(FRAME)
}

/// Writes the frame of `value`, `length` bytes long.
pub(super) fn write_frame(frame: &mut Vec<u8>, value: Option<&[u8]>, length: usize) {
    let said = value.map_or(NULL, |value| u32::try_from(value.len()).unwrap_or(NULL));
    frame.clear();
    frame.extend_from_slice(&said.to_be_bytes());
    frame.extend_from_slice(value.unwrap_or_default());
    frame.resize(length, 0);
}

/// The value of a frame, `Some(None)` for a null; `None` where it is none.
pub(super) fn read_frame(frame: &[u8]) -> Option<Option<&[u8]>> {
    let (length, rest) = frame.split_first_chunk::<FRAME>()?;
    match u32::from_be_bytes(*length) {
        NULL => Some(None),
        length => Some(Some(rest.get(..usize::try_from(length).ok()?)?)),
    }
}

/// Writes all before the ciphertext and gives the rest of the cell.
pub(super) fn write_head<'a>(
    cell: &'a mut [u8],
    form: Form,
    version: u32,
    salt: &[u8; SALT_LEN],
    nonce: &[u8; NONCE_LEN],
) -> Option<&'a mut [u8]> {
    let (form_place, rest) = cell.split_first_mut()?;
    let (version_place, rest) = rest.split_first_chunk_mut::<VERSION_LEN>()?;
    let (salt_place, rest) = rest.split_first_chunk_mut::<SALT_LEN>()?;
    let (nonce_place, rest) = rest.split_first_chunk_mut::<NONCE_LEN>()?;
    *form_place = form.byte();
    *version_place = version.to_be_bytes();
    *salt_place = *salt;
    *nonce_place = *nonce;
    Some(rest)
}

/// A sealed value taken apart.
pub(super) struct Sealed<'a> {
    pub(super) form: Form,
    pub(super) version: u32,
    pub(super) salt: [u8; SALT_LEN],
    pub(super) nonce: [u8; NONCE_LEN],
    /// Ciphertext and tag.
    pub(super) body: &'a [u8],
}

/// Takes a sealed value apart; `None` for another format.
pub(super) fn read(cell: &[u8]) -> Option<Sealed<'_>> {
    let (form, rest) = cell.split_first()?;
    let form = Form::read(*form)?;
    let (version, rest) = rest.split_first_chunk::<VERSION_LEN>()?;
    let (salt, rest) = rest.split_first_chunk::<SALT_LEN>()?;
    let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>()?;
    (body.len() >= TAG_LEN).then_some(Sealed {
        form,
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

    fn form(flags: u8) -> Form {
        Form {
            siv: flags & 1 != 0,
            framed: flags & 2 != 0,
            row_bound: flags & 4 != 0,
        }
    }

    #[test]
    fn associated_data_is_injective() {
        let data = |dataset: &str, column: &str, version, flags, row: Option<&[u8]>| {
            let context = Context {
                dataset: dataset.to_owned(),
                column: column.to_owned(),
            };
            let mut data = Associated::new(&context, version, form(flags)).unwrap();
            data.of_row(Some(b"another row")).unwrap();
            data.of_row(row).unwrap().to_vec()
        };
        assert_eq!(
            data("ab", "c", 7, 0, None),
            b"\0\0\0\x02ab\0\0\0\x01c\0\0\0\x07"
        );
        assert_eq!(
            data("ab", "c", 7, 6, Some(b"k")),
            b"\0\0\0\x02ab\0\0\0\x01c\0\0\0\x07\x16\0\0\0\x01k"
        );
        assert_ne!(data("ab", "c", 1, 0, None), data("a", "bc", 1, 0, None));
        assert_ne!(data("ab", "c", 1, 0, None), data("ab", "c", 2, 0, None));
        assert_ne!(data("ab", "c", 1, 1, None), data("ab", "c", 1, 2, None));
    }

    #[test]
    fn every_form_is_read_as_written_and_no_other_byte_is_one() {
        let written: Vec<u8> = (0..8).map(|flags| form(flags).byte()).collect();
        assert_eq!(written, [0x01, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17]);
        for byte in 0..=u8::MAX {
            let read = Form::read(byte);
            assert_eq!(read.is_some(), written.contains(&byte), "{byte}");
            assert!(read.is_none_or(|form| form.byte() == byte));
        }
    }

    #[test]
    fn frames_hide_the_length_up_to_their_class_and_give_the_value_back() {
        let mut frame = Vec::new();
        for (length, pad, expected) in [
            (0, 0, 4),
            (5, 0, 9),
            (0, 16, 20),
            (1, 16, 20),
            (16, 16, 20),
            (17, 16, 36),
            (4096, 4096, 4100),
            (4097, 4096, 8196),
        ] {
            assert_eq!(frame_len(length, pad), expected, "{length} {pad}");
            let value = vec![0xEE; length];
            write_frame(&mut frame, Some(&value), expected);
            assert_eq!(frame.len(), expected);
            assert_eq!(read_frame(&frame), Some(Some(value.as_slice())));
        }
        write_frame(&mut frame, None, 20);
        assert_eq!(frame.len(), 20);
        assert_eq!(read_frame(&frame), Some(None));
        assert_eq!(read_frame(b"\0\0\0\x02a"), None);
        assert_eq!(read_frame(b"\0\0\0"), None);
    }

    #[test]
    fn heads_are_read_as_written_and_short_cells_are_none() {
        let mut cell = [0xEE; OVERHEAD + 2];
        let (salt, nonce) = ([5; SALT_LEN], [6; NONCE_LEN]);
        let rest = write_head(&mut cell, form(3), 0x0102_0304, &salt, &nonce).unwrap();
        assert_eq!(rest.len(), TAG_LEN + 2);
        let sealed = read(&cell).unwrap();
        assert_eq!(
            (sealed.form, sealed.version, sealed.salt, sealed.nonce),
            (form(3), 0x0102_0304, salt, nonce)
        );
        assert_eq!(sealed.body, [0xEE; TAG_LEN + 2]);
        for short in 0..OVERHEAD {
            assert!(read(&cell[..short]).is_none(), "{short}");
        }
        cell[0] = 2;
        assert!(read(&cell).is_none());
    }
}
