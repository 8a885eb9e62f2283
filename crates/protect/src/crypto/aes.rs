//! AES (FIPS 197), forwards only: the block function below the modes that AWS-LC does not have.
//!
//! The crate `aes` takes AES-NI and VAES where the machine has them, and else computes in constant
//! time without tables; it wipes its round keys when they drop.
//!
//! Must never: be a mode by itself. Only [`siv`](super::siv) and [`ff1`](super::ff1) use it.

use aes::{
    Aes128Enc, Aes192Enc, Aes256Enc,
    cipher::{
        Array, BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, KeyInit,
        consts::U16,
    },
};

use super::stack;
use crate::ProtectError;

/// 16 bytes.
pub(super) type Block = [u8; 16];

/// Blocks that go through the cipher side by side: what VAES with 512-bit registers takes at once.
pub(super) const LANES: usize = 64;

/// An expanded key, in one place from which it never moves: what moves leaves itself behind.
pub(super) struct Aes(Box<Expanded>);

enum Expanded {
    Bits128(Aes128Enc),
    Bits192(Aes192Enc),
    Bits256(Aes256Enc),
}

impl Aes {
    /// Expands 16, 24 or 32 bytes; `algorithm` is named when there are more or fewer.
    pub(super) fn new(algorithm: &'static str, key: &[u8]) -> Result<Aes, ProtectError> {
        let made = Aes::expand(algorithm, key);
        stack::wipe();
        made
    }

    #[inline(never)]
    fn expand(algorithm: &'static str, key: &[u8]) -> Result<Aes, ProtectError> {
        let refused = |_| ProtectError::KeyLength {
            algorithm,
            expected: 32,
            found: key.len(),
        };
        match key.len() {
            16 => Aes128Enc::new_from_slice(key).map(Expanded::Bits128),
            24 => Aes192Enc::new_from_slice(key).map(Expanded::Bits192),
            _ => Aes256Enc::new_from_slice(key).map(Expanded::Bits256),
        }
        .map(|expanded| Aes(Box::new(expanded)))
        .map_err(refused)
    }

    /// Ciphers each block by itself, in place, [`LANES`] at a time.
    #[inline]
    pub(super) fn encrypt_each(&self, blocks: &mut [Block]) {
        let blocks = Array::cast_slice_from_core_mut(blocks);
        match &*self.0 {
            Expanded::Bits128(cipher) => cipher.encrypt_blocks(blocks),
            Expanded::Bits192(cipher) => cipher.encrypt_blocks(blocks),
            Expanded::Bits256(cipher) => cipher.encrypt_blocks(blocks),
        }
    }

    /// Chooses the machine's instructions, and lays out the round keys for them, once for all that
    /// `work` does. That costs as much as some blocks do: give it many.
    #[inline]
    pub(super) fn with(&self, work: impl BlockCipherEncClosure<BlockSize = U16>) {
        self.run(work);
        // The round keys were laid out on the stack.
        stack::wipe();
    }

    #[inline(never)]
    fn run(&self, work: impl BlockCipherEncClosure<BlockSize = U16>) {
        match &*self.0 {
            Expanded::Bits128(cipher) => cipher.encrypt_with_backend(work),
            Expanded::Bits192(cipher) => cipher.encrypt_with_backend(work),
            Expanded::Bits256(cipher) => cipher.encrypt_with_backend(work),
        }
    }
}

/// Chains `blocks` onto `state`, as CBC-MAC does. Inlined, to be compiled for the backend.
#[inline(always)]
pub(super) fn chain<B>(backend: &B, state: &mut Block, blocks: &[Block])
where
    B: BlockCipherEncBackend<BlockSize = U16>,
{
    for block in blocks {
        xor(state, block);
        backend.encrypt_block_inplace(Array::cast_from_core_mut(state));
    }
}

/// Adds `other` to `block` in GF(2^128).
#[inline(always)]
pub(super) fn xor(block: &mut Block, other: &Block) {
    // Byte by byte, which compiles to one vector instruction: two words would be stored apart and
    // then loaded as one block, for which the processor has to wait.
    for (to, from) in block.iter_mut().zip(other) {
        *to ^= from;
    }
}
