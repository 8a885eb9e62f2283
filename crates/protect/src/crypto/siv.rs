//! AES-SIV (RFC 5297): deterministic authenticated encryption.
//!
//! The same message with the same key and associated data gives the same bytes, so it shows which
//! messages are equal, and how long they are; nothing else.
//!
//! Invariant: a [`Key`] has taken in its associated data, and so each message pays for its own
//! blocks only. All lengths are public; on values there is no branch and no table.
//!
//! Must never: hand out a byte of a message that is not authentic.

use std::fmt;

use aes::cipher::{
    Array, BlockCipherEncBackend, BlockCipherEncClosure, BlockSizeUser, consts::U16,
};
use zeroize::Zeroizing;

use super::{
    Secret,
    aes::{Aes, Block, chain, xor},
    constant_time_equal,
};
use crate::ProtectError;

const NAME: &str = "AES-SIV";
/// Bytes of the synthetic IV, which stands before the ciphertext.
pub const IV_LEN: usize = 16;
/// Pieces of associated data: RFC 5297 takes 127 strings in all, and the message is one.
const MOST_ASSOCIATED: usize = 126;
/// Clears the two bits of the counter that RFC 5297 clears, so that 32-bit counters may be used.
const COUNTER_MASK: u128 = !((1 << 63) | (1 << 31));

/// A key and the associated data of all that it seals and opens.
pub struct Key {
    mac: Mac,
    stream: Aes,
    /// The state of S2V after the associated data.
    digest: Zeroizing<Block>,
}

impl Key {
    /// Expands 32, 48 or 64 bytes, for AES-128, 192 and 256, and takes in `associated` in order.
    ///
    /// # Errors
    /// [`ProtectError::KeyLength`]; [`ProtectError::Unsupported`] above 126 pieces.
    pub fn new(secret: &Secret, associated: &[&[u8]]) -> Result<Key, ProtectError> {
        let key = secret.expose();
        if !matches!(key.len(), 32 | 48 | 64) {
            return Err(ProtectError::KeyLength {
                algorithm: NAME,
                expected: 64,
                found: key.len(),
            });
        }
        if associated.len() > MOST_ASSOCIATED {
            return Err(ProtectError::unsupported(
                "AES-SIV with more than 126 pieces of associated data",
            ));
        }
        let (first, second) = key.split_at(key.len() / 2);
        let mac = Mac::new(first)?;
        let mut digest = Zeroizing::new(mac.of(&[0; 16]));
        for piece in associated {
            *digest = doubled(&digest);
            xor(&mut digest, &mac.of(piece));
        }
        Ok(Key {
            mac,
            stream: Aes::new(NAME, second)?,
            digest,
        })
    }

    /// Seals: the synthetic IV, then as many bytes as `message` has.
    ///
    /// # Errors
    /// [`ProtectError::Primitive`], which is not expected.
    pub fn seal(&self, message: &[u8]) -> Result<Vec<u8>, ProtectError> {
        let mut out = vec![0; IV_LEN + message.len()];
        self.seal_into(message, &mut out)?;
        Ok(out)
    }

    /// Opens what [`Key::seal`] made.
    ///
    /// # Errors
    /// [`ProtectError::NotAuthentic`] for another key, other associated data or any changed byte.
    pub fn open(&self, sealed: &[u8]) -> Result<Secret, ProtectError> {
        let mut out = Secret::new(vec![0; sealed.len().saturating_sub(IV_LEN)]);
        self.open_into(sealed, out.expose_mut())?;
        Ok(out)
    }

    /// Seals into `out`, which is [`IV_LEN`] longer than `message`.
    ///
    /// # Errors
    /// [`ProtectError::Primitive`] when it is not.
    pub fn seal_into(&self, message: &[u8], out: &mut [u8]) -> Result<(), ProtectError> {
        out.split_at_mut_checked(IV_LEN)
            .filter(|(_, place)| place.len() == message.len())
            .map(|(_, place)| place.copy_from_slice(message))
            .ok_or(ProtectError::Primitive(NAME))?;
        self.seal_each(&mut [out]);
        Ok(())
    }

    /// Opens into `out`, which is [`IV_LEN`] shorter than `sealed`; on failure `out` holds zeros.
    ///
    /// # Errors
    /// As [`Key::open`].
    pub fn open_into(&self, sealed: &[u8], out: &mut [u8]) -> Result<(), ProtectError> {
        let mut cell = Zeroizing::new(sealed.to_vec());
        let opened = self.open_each(&mut [cell.as_mut_slice()]);
        match cell.get(IV_LEN..) {
            Some(message) if opened.is_none() && message.len() == out.len() => {
                out.copy_from_slice(message);
                Ok(())
            }
            _ => {
                out.fill(0);
                Err(ProtectError::NotAuthentic)
            }
        }
    }

    /// Seals many messages in place, each of which stands after [`IV_LEN`] bytes that take its
    /// synthetic IV. A cell without room for one is left as it is. Many short messages are
    /// several times faster at once than one by one.
    pub fn seal_each(&self, cells: &mut [&mut [u8]]) {
        self.mac.cipher.with(Sign { key: self, cells });
        self.stream.with(Stream { cells });
    }

    /// Opens many in place: the messages stand where their ciphertexts did. Gives the first that is
    /// not authentic, if one is not; the message of each such cell is zeros.
    pub fn open_each(&self, cells: &mut [&mut [u8]]) -> Option<usize> {
        self.stream.with(Stream { cells });
        let mut failed = None;
        self.mac.cipher.with(Verify {
            key: self,
            cells,
            failed: &mut failed,
        });
        failed
    }
}

/// Writes the synthetic IV of every message before it.
struct Sign<'a, 'b> {
    key: &'a Key,
    cells: &'a mut [&'b mut [u8]],
}

impl BlockCipherEncClosure for Sign<'_, '_> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        for cell in self.cells {
            if let Some((iv, message)) = cell.split_first_chunk_mut::<IV_LEN>() {
                *iv = synthetic_iv(backend, &self.key.mac, &self.key.digest, message);
            }
        }
    }
}

/// Compares the synthetic IV of every message with the one before it.
struct Verify<'a, 'b> {
    key: &'a Key,
    cells: &'a mut [&'b mut [u8]],
    failed: &'a mut Option<usize>,
}

impl BlockCipherEncClosure for Verify<'_, '_> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        for (at, cell) in self.cells.iter_mut().enumerate() {
            let authentic = cell
                .split_first_chunk::<IV_LEN>()
                .is_some_and(|(iv, message)| {
                    let expected = synthetic_iv(backend, &self.key.mac, &self.key.digest, message);
                    constant_time_equal(&expected, iv)
                });
            if !authentic {
                cell.fill(0);
                self.failed.get_or_insert(at);
            }
        }
    }
}

/// The end of S2V (RFC 5297, 2.4): the MAC of the message, with the digest of the associated data
/// on its last 16 bytes.
#[inline(always)]
fn synthetic_iv<B>(backend: &B, mac: &Mac, digest: &Block, message: &[u8]) -> Block
where
    B: BlockCipherEncBackend<BlockSize = U16>,
{
    // All but the last 16 to 31 bytes are blocks that the digest does not reach.
    let (before, last) = message.split_at(message.len().saturating_sub(16) / 16 * 16);
    let mut state = [0; 16];
    chain(backend, &mut state, before.as_chunks().0);
    let Some((first, beyond)) = last.split_first_chunk::<16>() else {
        let mut block = padded(last);
        xor(&mut block, &doubled(digest));
        xor(&mut block, &mac.whole);
        chain(backend, &mut state, &[block]);
        return state;
    };
    let shift = 8 * beyond.len() as u32;
    let digest = u128::from_be_bytes(*digest);
    let mut first = *first;
    xor(&mut first, &(digest >> shift).to_be_bytes());
    if beyond.is_empty() {
        xor(&mut first, &mac.whole);
        chain(backend, &mut state, &[first]);
    } else {
        let mut second = padded(beyond);
        xor(&mut second, &(digest << (128 - shift)).to_be_bytes());
        xor(&mut second, &mac.short);
        chain(backend, &mut state, &[first, second]);
    }
    state
}

/// Adds to every message the key stream that begins at the IV before it.
struct Stream<'a, 'b> {
    cells: &'a mut [&'b mut [u8]],
}

impl BlockCipherEncClosure for Stream<'_, '_> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        for cell in self.cells {
            let Some((iv, message)) = cell.split_first_chunk_mut::<IV_LEN>() else {
                continue;
            };
            let mut counter = u128::from_be_bytes(*iv) & COUNTER_MASK;
            let mut next = || {
                let mut block = counter.to_be_bytes();
                counter = counter.wrapping_add(1);
                backend.encrypt_block_inplace(Array::cast_from_core_mut(&mut block));
                block
            };
            let (whole, rest) = message.as_chunks_mut();
            for block in whole {
                xor(block, &next());
            }
            if !rest.is_empty() {
                let mut last = padded(rest);
                xor(&mut last, &next());
                if let Some(last) = last.get(..rest.len()) {
                    rest.copy_from_slice(last);
                }
            }
        }
    }
}

impl BlockSizeUser for Sign<'_, '_> {
    type BlockSize = U16;
}

impl BlockSizeUser for Verify<'_, '_> {
    type BlockSize = U16;
}

impl BlockSizeUser for Stream<'_, '_> {
    type BlockSize = U16;
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("siv::Key")
    }
}

/// AES-CMAC (NIST SP 800-38B, RFC 4493).
struct Mac {
    cipher: Aes,
    /// Added to a last block that is whole.
    whole: Zeroizing<Block>,
    /// Added to a last block that was padded.
    short: Zeroizing<Block>,
}

impl Mac {
    fn new(key: &[u8]) -> Result<Mac, ProtectError> {
        let cipher = Aes::new(NAME, key)?;
        let mut zero = Zeroizing::new([0; 16]);
        cipher.encrypt_each(std::slice::from_mut(&mut zero));
        let whole = Zeroizing::new(doubled(&zero));
        let short = Zeroizing::new(doubled(&whole));
        Ok(Mac {
            cipher,
            whole,
            short,
        })
    }

    /// The MAC of a piece of associated data.
    fn of(&self, bytes: &[u8]) -> Block {
        let (before, last) = bytes.split_at(bytes.len().saturating_sub(1) / 16 * 16);
        let mut state = [0; 16];
        let mut last_block = padded(last);
        xor(
            &mut last_block,
            if last.len() == 16 {
                &self.whole
            } else {
                &self.short
            },
        );
        for block in before.as_chunks().0.iter().chain([&last_block]) {
            xor(&mut state, block);
            self.cipher.encrypt_each(std::slice::from_mut(&mut state));
        }
        state
    }
}

/// At most 16 bytes as a block: a one bit and zeros follow where there are fewer.
#[inline]
fn padded(bytes: &[u8]) -> Block {
    let mut block = [0; 16];
    if let Some((place, rest)) = block.split_at_mut_checked(bytes.len()) {
        place.copy_from_slice(bytes);
        if let Some(end) = rest.first_mut() {
            *end = 0x80;
        }
    }
    block
}

/// Doubles in GF(2^128) with the polynomial of RFC 5297, in constant time.
#[inline]
fn doubled(block: &Block) -> Block {
    let number = u128::from_be_bytes(*block);
    let carry = 0_u128.wrapping_sub(number >> 127);
    ((number << 1) ^ (carry & 0x87)).to_be_bytes()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use aes_siv::{
        KeyInit,
        siv::{Aes128Siv, Aes256Siv},
    };

    use super::*;
    use crate::testing::Random;

    /// RFC 5297, A.2: several pieces of associated data.
    #[test]
    fn known_answer() {
        let bytes = |text: &str| hex::decode(text).unwrap();
        let key = bytes("7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f");
        let associated = [
            bytes(
                "00112233445566778899aabbccddeeffdeaddadadeaddadaffeeddccbbaa99887766554433221100",
            ),
            bytes("102030405060708090a0"),
            bytes("09f911029d74e35bd84156c5635688c0"),
        ];
        let associated: Vec<&[u8]> = associated.iter().map(Vec::as_slice).collect();
        let message = b"this is some plaintext to encrypt using SIV-AES";
        let sealed = bytes(
            "7bdb6e3b432667eb06f4d14bff2fbd0fcb900f2fddbe404326601965c889bf17\
             dba77ceb094fa663b7a3f748ba8af829ea64ad544a272e9c485b62a3fd5c0d",
        );
        let key = Key::new(&Secret::new(key), &associated).unwrap();
        assert_eq!(key.seal(message).unwrap(), sealed);
        assert_eq!(key.open(&sealed).unwrap().expose(), message);
    }

    /// The crate `aes-siv` is the other implementation.
    #[test]
    fn agrees_with_the_crate_on_every_length() {
        let mut random = Random::new(61);
        let mut bytes =
            |length: usize| -> Vec<u8> { (0..length).map(|_| random.next() as u8).collect() };
        for length in (0..=300).chain([1000, 4096]) {
            let (long, short) = (bytes(64), bytes(32));
            let message = bytes(length);
            let associated: Vec<Vec<u8>> = (0..length % 4)
                .map(|at| bytes((length + 7 * at) % 40))
                .collect();
            let pieces: Vec<&[u8]> = associated.iter().map(Vec::as_slice).collect();
            let theirs = [
                Aes256Siv::new_from_slice(&long)
                    .unwrap()
                    .encrypt(&pieces, &message)
                    .unwrap(),
                Aes128Siv::new_from_slice(&short)
                    .unwrap()
                    .encrypt(&pieces, &message)
                    .unwrap(),
            ];
            for (secret, theirs) in [long, short].into_iter().zip(theirs) {
                let key = Key::new(&Secret::new(secret), &pieces).unwrap();
                assert_eq!(key.seal(&message).unwrap(), theirs, "{length}");
                assert_eq!(key.open(&theirs).unwrap().expose(), message, "{length}");
            }
        }
    }

    #[test]
    fn what_is_changed_cut_or_moved_does_not_open_and_leaves_zeros() {
        let key = |associated| Key::new(&Secret::new(vec![7; 64]), &[associated]).unwrap();
        let sealed = key(b"here")
            .seal(b"a message of more than one block")
            .unwrap();
        assert_eq!(key(b"there").open(&sealed).unwrap_err().code(), "SL8003");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            let mut out = vec![0xEE; sealed.len() - IV_LEN];
            assert!(key(b"here").open_into(&changed, &mut out).is_err());
            assert_eq!(out, vec![0; sealed.len() - IV_LEN], "byte {at}");
            assert!(key(b"here").open(&sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn other_keys_and_too_many_pieces_are_unsupported() {
        for length in [0, 16, 31, 33, 56, 96] {
            let error = Key::new(&Secret::new(vec![0; length]), &[]).unwrap_err();
            assert!(error.is_unsupported(), "{length}");
        }
        let secret = Secret::new(vec![0; 64]);
        assert!(Key::new(&secret, &[b"".as_slice(); 126]).is_ok());
        assert!(
            Key::new(&secret, &[b"".as_slice(); 127])
                .unwrap_err()
                .is_unsupported()
        );
    }
}
