//! The algorithms of RFC 7518 and RFC 8037 for signatures.
//!
//! Must never: hold `none`.

use crate::crypto::{ecdsa::Curve, rsa::Hash};

/// An algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Algorithm {
    /// HMAC.
    Hs(Hash),
    /// RSASSA-PKCS1-v1_5.
    Rs(Hash),
    /// RSASSA-PSS.
    Ps(Hash),
    /// ECDSA.
    Es(Curve),
    /// Ed25519.
    Ed,
}

impl Algorithm {
    /// Reads its name in a header.
    pub(super) fn parse(name: &str) -> Option<Algorithm> {
        Some(match name {
            "HS256" => Algorithm::Hs(Hash::Sha256),
            "HS384" => Algorithm::Hs(Hash::Sha384),
            "HS512" => Algorithm::Hs(Hash::Sha512),
            "RS256" => Algorithm::Rs(Hash::Sha256),
            "RS384" => Algorithm::Rs(Hash::Sha384),
            "RS512" => Algorithm::Rs(Hash::Sha512),
            "PS256" => Algorithm::Ps(Hash::Sha256),
            "PS384" => Algorithm::Ps(Hash::Sha384),
            "PS512" => Algorithm::Ps(Hash::Sha512),
            "ES256" => Algorithm::Es(Curve::P256),
            "ES384" => Algorithm::Es(Curve::P384),
            "ES512" => Algorithm::Es(Curve::P521),
            "EdDSA" | "Ed25519" => Algorithm::Ed,
            _ => return None,
        })
    }

    /// Reads its name in a key, where `ES512` is often named after its curve; the curve of the key
    /// has to fit in any case.
    pub(super) fn of_key(name: &str) -> Option<Algorithm> {
        Algorithm::parse(if name == "ES521" { "ES512" } else { name })
    }
}
