//! Names of keys.

use crate::KeyError;

/// The key that signs the log and the receipts, made with the keystore.
pub const LOG_KEY: &str = "sealine/log";
/// The key of keyed digests of plaintext, made with the keystore.
pub const DIGEST_KEY: &str = "sealine/digest";

/// Names below this belong to Sealine itself.
const RESERVED: &str = "sealine/";
/// A name goes into every wrapped key and every footer.
const LONGEST: usize = 128;

/// Whether a user may give this name to a key.
pub(crate) fn check(name: &str) -> Result<(), KeyError> {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    let starts = name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphanumeric());
    if !starts || name.len() > LONGEST || !name.bytes().all(plain) || is_reserved(name) {
        return Err(KeyError::Name(name.chars().take(LONGEST).collect()));
    }
    Ok(())
}

/// Whether the key is Sealine's own.
pub(crate) fn is_reserved(name: &str) -> bool {
    name.starts_with(RESERVED)
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
    fn names_are_plain_and_not_reserved() {
        for good in ["crm", "lake-values", "a", "team/lake.v1", "K_9"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "-x",
            "a b",
            "a\nb",
            "clé",
            "../x",
            "sealine/log",
            "sealine/x",
            "a\0",
            &"a".repeat(129),
        ] {
            assert_eq!(check(bad).unwrap_err().code(), "SL6010", "{bad}");
        }
    }
}
