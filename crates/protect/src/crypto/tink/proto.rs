//! The two key messages of Tink, in protocol buffers' binary form: `AesGcmKey` (version 1, key 3)
//! and `AesSivKey` (version 1, key 2).
//!
//! Invariant: whatever is not exactly such a message is refused; fields of no meaning here are
//! passed over, as protocol buffers ask.

use crate::crypto::Secret;

const VERSION: u64 = 1;
const VARINT: u64 = 0;
const BYTES: u64 = 2;

/// The key bytes of a message whose version is 0.
pub(super) fn read_key(message: &[u8], field: u64) -> Option<Secret> {
    let mut rest = message;
    let mut key = None;
    while !rest.is_empty() {
        let tag = varint(&mut rest)?;
        match (tag >> 3, tag & 7) {
            (VERSION, VARINT) => {
                if varint(&mut rest)? != 0 {
                    return None;
                }
            }
            (_, VARINT) => {
                varint(&mut rest)?;
            }
            (number, BYTES) => {
                let length = usize::try_from(varint(&mut rest)?).ok()?;
                let (bytes, after) = rest.split_at_checked(length)?;
                rest = after;
                if number == field {
                    key = Some(Secret::copy_of(bytes));
                }
            }
            _ => return None,
        }
    }
    key
}

/// The message with these key bytes; its version is 0, which is not written.
pub(super) fn write_key(field: u8, key: &Secret) -> Option<Secret> {
    let length = u8::try_from(key.len())
        .ok()
        .filter(|length| *length < 128)?;
    let tag = (field << 3) | 2;
    Some(Secret::new([&[tag, length], key.expose()].concat()))
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for place in 0..10 {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        let bits = u64::from(byte & 0x7F);
        // The tenth byte holds one bit.
        if place == 9 && bits > 1 {
            return None;
        }
        number |= bits << (7 * place);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
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
    fn keys_are_read_as_written_and_nothing_else_is() {
        let key = Secret::new(vec![7; 64]);
        let message = write_key(2, &key).unwrap();
        assert!(read_key(message.expose(), 2).unwrap().equals(&key));
        assert!(read_key(message.expose(), 3).is_none());
        for cut in 0..message.len() {
            assert!(read_key(&message.expose()[..cut], 2).is_none(), "{cut}");
        }
        // Version 0 written out, empty parameters and an unknown number are passed over.
        let wordy = [&[0x08, 0, 0x1A, 0, 0x20, 0x96, 1], message.expose()].concat();
        assert!(read_key(&wordy, 2).unwrap().equals(&key));
        let newer = [&[0x08, 1], message.expose()].concat();
        assert!(read_key(&newer, 2).is_none());
        assert!(read_key(&[0x0D, 0, 0, 0, 0], 2).is_none(), "a fixed width");
        assert!(read_key(&[0xFF; 11], 2).is_none(), "an endless number");
    }
}
