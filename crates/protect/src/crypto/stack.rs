//! Wiping what returned calls have left on the stack. A key that a library makes on the stack and
//! moves to its place stays behind in every place it was moved from.
//!
//! Must never: be taken for a proof; a test that searches the process's memory is
//! (`tests/zeroize.rs`).

use std::hint::black_box;

/// More than the frames of an expansion of a key take.
const BYTES: usize = 32 << 10;

/// Overwrites the stack below the caller's frame.
#[inline(never)]
pub(super) fn wipe() {
    let mut below = [0_u8; BYTES];
    black_box(&mut below);
}
