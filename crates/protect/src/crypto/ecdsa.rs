//! ECDSA (FIPS 186-5): P-256 with SHA-256 to sign; P-384 with SHA-384 and P-521 with SHA-512 too
//! to verify.
//!
//! Invariant: an encoding is asked for by name and no other is accepted; a point that is not on
//! its curve verifies nothing.
//!
//! Must never: sign two kinds of message under one key without a prefix that tells them apart.

use std::fmt;

use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED,
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED,
        ECDSA_P521_SHA512_ASN1, ECDSA_P521_SHA512_FIXED, EcdsaKeyPair, EcdsaVerificationAlgorithm,
        KeyPair, UnparsedPublicKey,
    },
};

use super::Secret;
use crate::ProtectError;

/// The curves, each with the hash that goes with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Curve {
    /// P-256 with SHA-256.
    P256,
    /// P-384 with SHA-384.
    P384,
    /// P-521 with SHA-512.
    P521,
}

impl Curve {
    /// Bytes of a coordinate.
    pub fn coordinate_len(self) -> usize {
        match self {
            Curve::P256 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }
}

/// How a signature is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// ASN.1 DER, as in X.509.
    Der,
    /// r and s, each as long as a coordinate (IEEE P1363), as in JOSE.
    Fixed,
}

/// A public key: a point, uncompressed. Whether it is on the curve shows when verifying.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifyingKey {
    curve: Curve,
    point: Vec<u8>,
}

impl VerifyingKey {
    /// Takes an uncompressed point (SEC 1): 0x04, x, y.
    ///
    /// # Errors
    /// [`ProtectError::KeyLength`] for another length or a compressed point.
    pub fn from_point(curve: Curve, point: &[u8]) -> Result<VerifyingKey, ProtectError> {
        let expected = 1 + 2 * curve.coordinate_len();
        if point.len() != expected || point.first() != Some(&4) {
            return Err(ProtectError::KeyLength {
                algorithm: "ECDSA",
                expected,
                found: point.len(),
            });
        }
        Ok(VerifyingKey {
            curve,
            point: point.to_vec(),
        })
    }

    /// The uncompressed point.
    pub fn point(&self) -> &[u8] {
        &self.point
    }

    /// The curve.
    pub fn curve(&self) -> Curve {
        self.curve
    }

    /// Checks `signature` over `message`.
    ///
    /// # Errors
    /// [`ProtectError::NotAuthentic`] when it does not hold.
    pub fn verify(
        &self,
        message: &[u8],
        signature: &[u8],
        encoding: Encoding,
    ) -> Result<(), ProtectError> {
        let native: &'static EcdsaVerificationAlgorithm = match (self.curve, encoding) {
            (Curve::P256, Encoding::Der) => &ECDSA_P256_SHA256_ASN1,
            (Curve::P256, Encoding::Fixed) => &ECDSA_P256_SHA256_FIXED,
            (Curve::P384, Encoding::Der) => &ECDSA_P384_SHA384_ASN1,
            (Curve::P384, Encoding::Fixed) => &ECDSA_P384_SHA384_FIXED,
            (Curve::P521, Encoding::Der) => &ECDSA_P521_SHA512_ASN1,
            (Curve::P521, Encoding::Fixed) => &ECDSA_P521_SHA512_FIXED,
        };
        UnparsedPublicKey::new(native, &self.point)
            .verify(message, signature)
            .map_err(|_| ProtectError::NotAuthentic)
    }
}

/// A private key on P-256. AWS-LC wipes it when it drops.
pub struct SigningKey {
    der: EcdsaKeyPair,
    fixed: EcdsaKeyPair,
}

impl SigningKey {
    /// A fresh key, with its PKCS #8 to keep.
    ///
    /// # Errors
    /// [`ProtectError::Randomness`] when the system gives none.
    pub fn generate() -> Result<(SigningKey, Secret), ProtectError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)
            .map_err(|_| ProtectError::Randomness)?;
        let pkcs8 = pair.to_pkcs8v1().map_err(|_| FAILED)?;
        let pkcs8 = Secret::copy_of(pkcs8.as_ref());
        Ok((SigningKey::from_pkcs8(&pkcs8)?, pkcs8))
    }

    /// Reads a key in PKCS #8 (RFC 5208) or SEC 1 (RFC 5915), as DER.
    ///
    /// # Errors
    /// [`ProtectError::Unsupported`] for what is not a P-256 key.
    pub fn from_pkcs8(der: &Secret) -> Result<SigningKey, ProtectError> {
        let read = |native| {
            EcdsaKeyPair::from_private_key_der(native, der.expose())
                .map_err(|_| ProtectError::unsupported("a private key that is not one of P-256"))
        };
        Ok(SigningKey {
            der: read(&ECDSA_P256_SHA256_ASN1_SIGNING)?,
            fixed: read(&ECDSA_P256_SHA256_FIXED_SIGNING)?,
        })
    }

    /// The signature over `message`.
    ///
    /// # Errors
    /// [`ProtectError::Primitive`] when AWS-LC fails.
    pub fn sign(&self, message: &[u8], encoding: Encoding) -> Result<Vec<u8>, ProtectError> {
        let pair = match encoding {
            Encoding::Der => &self.der,
            Encoding::Fixed => &self.fixed,
        };
        // AWS-LC takes its own randomness, whatever is handed in.
        let signature = pair
            .sign(&SystemRandom::new(), message)
            .map_err(|_| FAILED)?;
        Ok(signature.as_ref().to_vec())
    }

    /// The public half.
    ///
    /// # Errors
    /// [`ProtectError::Primitive`], which is not expected.
    pub fn verifying_key(&self) -> Result<VerifyingKey, ProtectError> {
        VerifyingKey::from_point(Curve::P256, self.der.public_key().as_ref()).map_err(|_| FAILED)
    }

    /// The public half as SubjectPublicKeyInfo (RFC 5480), in DER.
    ///
    /// # Errors
    /// [`ProtectError::Primitive`], which is not expected.
    pub fn public_der(&self) -> Result<Vec<u8>, ProtectError> {
        let der = self.der.public_key().as_der().map_err(|_| FAILED)?;
        Ok(der.as_ref().to_vec())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ecdsa::SigningKey")
    }
}

const FAILED: ProtectError = ProtectError::Primitive("ECDSA");

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
    fn what_is_signed_verifies_in_its_own_encoding_only() {
        let (key, pkcs8) = SigningKey::generate().unwrap();
        let key = [key, SigningKey::from_pkcs8(&pkcs8).unwrap()];
        let public = key[0].verifying_key().unwrap();
        assert_eq!(public, key[1].verifying_key().unwrap());
        for (encoding, other) in [
            (Encoding::Der, Encoding::Fixed),
            (Encoding::Fixed, Encoding::Der),
        ] {
            let signature = key[1].sign(b"message", encoding).unwrap();
            assert!(public.verify(b"message", &signature, encoding).is_ok());
            assert!(public.verify(b"message", &signature, other).is_err());
            assert!(public.verify(b"massage", &signature, encoding).is_err());
            for at in 0..signature.len() {
                let mut changed = signature.clone();
                changed[at] ^= 1;
                assert!(
                    public.verify(b"message", &changed, encoding).is_err(),
                    "{at}"
                );
                assert!(
                    public
                        .verify(b"message", &signature[..at], encoding)
                        .is_err()
                );
            }
        }
        assert_eq!(format!("{:?}", key[0]), "ecdsa::SigningKey");
    }

    #[test]
    fn other_points_are_refused() {
        for (length, first) in [(33, 2), (64, 4), (65, 0), (97, 4)] {
            let mut point = vec![1; length];
            point[0] = first;
            assert!(VerifyingKey::from_point(Curve::P256, &point).is_err());
        }
        let mut off_the_curve = vec![1; 65];
        off_the_curve[0] = 4;
        let key = VerifyingKey::from_point(Curve::P256, &off_the_curve).unwrap();
        assert!(key.verify(b"", &[1; 64], Encoding::Fixed).is_err());
    }
}
