//! Bytes that must not be seen: wiped when dropped, never printed, never serialized.
//!
//! Invariant: the only way to the bytes is [`Secret::expose`], which a reviewer can search for.
//!
//! Must never: implement `Clone`, `Display`, `Serialize` or `PartialEq`.

use std::fmt;

use zeroize::Zeroizing;

use super::{constant_time_equal, random};
use crate::ProtectError;

/// Secret bytes, wiped on drop. `Debug` shows only the length.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the bytes over; the vector is wiped, spare capacity included, when the secret drops.
    pub fn new(bytes: Vec<u8>) -> Secret {
        Secret(Zeroizing::new(bytes))
    }

    /// Copies the bytes. The caller's own copy is the caller's to wipe.
    pub fn copy_of(bytes: &[u8]) -> Secret {
        Secret::new(bytes.to_vec())
    }

    /// `length` fresh random bytes.
    ///
    /// # Errors
    /// [`ProtectError::Randomness`] when the system gives none.
    pub fn random(length: usize) -> Result<Secret, ProtectError> {
        let mut secret = Secret::new(vec![0; length]);
        random::fill(&mut secret.0)?;
        Ok(secret)
    }

    /// A second copy, made on purpose.
    pub fn duplicate(&self) -> Secret {
        Secret::copy_of(self.expose())
    }

    /// The bytes themselves.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Compares in time that depends on the lengths alone.
    pub fn equals(&self, other: &Secret) -> bool {
        constant_time_equal(self.expose(), other.expose())
    }

    pub(crate) fn truncate(&mut self, length: usize) {
        // The bytes past `length` become spare capacity, which zeroize wipes as well.
        self.0.truncate(length);
    }

    pub(crate) fn expose_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret([{} bytes])", self.len())
    }
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
    fn debug_shows_no_byte() {
        let secret = Secret::new(b"hunter2-hunter2".to_vec());
        let shown = format!("{secret:?} {secret:#?}");
        assert!(!shown.contains("hunter"), "{shown}");
        assert!(!shown.contains("104"), "{shown}");
        assert!(shown.contains("15 bytes"), "{shown}");
    }

    #[test]
    fn equality_compares_all_bytes_and_the_length() {
        let one = Secret::new(vec![1, 2, 3]);
        assert!(one.equals(&Secret::new(vec![1, 2, 3])));
        assert!(!one.equals(&Secret::new(vec![1, 2, 4])));
        assert!(!one.equals(&Secret::new(vec![1, 2])));
    }

    #[test]
    fn random_secrets_differ_and_have_the_length() {
        let (one, two) = (Secret::random(32).unwrap(), Secret::random(32).unwrap());
        assert_eq!(one.len(), 32);
        assert!(!one.equals(&two));
    }
}
