//! Compact tokens.
//!
//! Invariant: the algorithm is the header's and fits the key, and the pin where there is one;
//! nothing of the payload is given out before its signature holds.
//!
//! Must never: follow a `jwk`, `jku`, `x5c` or `x5u` of the header.

use aws_lc_rs::hmac;

use super::{
    algorithm::Algorithm,
    base64url,
    key::{Keys, Material, text},
    refuse,
};
use crate::{
    ProtectError,
    crypto::{
        ecdsa::Encoding,
        json,
        rsa::{Hash, Padding},
    },
};

/// Longer tokens are not read.
const LONGEST: usize = 16 << 20;
/// Longer headers are not read.
const LONGEST_HEADER: usize = 64 << 10;

/// Verifies a token and gives its payload. With `pinned`, the token has to use that algorithm.
///
/// # Errors
/// [`ProtectError::NotAuthentic`] for a signature that does not hold; [`ProtectError::Jose`] for a
/// token that is not in strict compact form, whose header asks for what is not supported (`crit`,
/// `none`), or which no key fits.
pub fn verify(token: &str, keys: &Keys, pinned: Option<&str>) -> Result<Vec<u8>, ProtectError> {
    if token.len() > LONGEST {
        return Err(refuse("the token is longer than 16 MiB"));
    }
    let mut parts = token.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(refuse(
            "the token does not have the three parts of a compact one",
        ));
    };
    let signed = token
        .get(..header.len() + 1 + payload.len())
        .ok_or_else(|| refuse("the token has no parts"))?;
    let (algorithm, id) = read_header(header, pinned)?;
    let (payload, signature) = (base64url(payload)?, base64url(signature)?);
    let key = keys.choose(id.as_deref(), algorithm)?;
    check(algorithm, &key.material, signed.as_bytes(), &signature)?;
    Ok(payload)
}

fn read_header(
    header: &str,
    pinned: Option<&str>,
) -> Result<(Algorithm, Option<String>), ProtectError> {
    if header.len() > LONGEST_HEADER {
        return Err(refuse("the header is longer than 64 KiB"));
    }
    let header = String::from_utf8(base64url(header)?)
        .ok()
        .and_then(|header| json::read(&header))
        .ok_or_else(|| refuse("the header is not JSON, or has a member twice"))?;
    let header = header
        .as_object()
        .ok_or_else(|| refuse("the header is not a JSON object"))?;
    // `b64` (RFC 7797) changes what is signed, and has to be critical; no extension is supported.
    if header.contains_key("crit") || header.contains_key("b64") {
        return Err(refuse("the header has an extension that is not supported"));
    }
    let name = text(header, "alg")?.ok_or_else(|| refuse("the header names no algorithm"))?;
    if pinned.is_some_and(|pinned| pinned != name) {
        return Err(refuse("the algorithm is not the one that is expected"));
    }
    let algorithm = Algorithm::parse(name)
        .ok_or_else(|| refuse("the algorithm is not supported, or is `none`"))?;
    Ok((algorithm, text(header, "kid")?.map(str::to_owned)))
}

fn check(
    algorithm: Algorithm,
    key: &Material,
    message: &[u8],
    signature: &[u8],
) -> Result<(), ProtectError> {
    match (key, algorithm) {
        (Material::Secret(secret), Algorithm::Hs(hash)) => {
            let native = match hash {
                Hash::Sha256 => hmac::HMAC_SHA256,
                Hash::Sha384 => hmac::HMAC_SHA384,
                Hash::Sha512 => hmac::HMAC_SHA512,
            };
            let key = hmac::Key::new(native, secret.expose());
            hmac::verify(&key, message, signature).map_err(|_| ProtectError::NotAuthentic)
        }
        (Material::Rsa(key), Algorithm::Rs(hash)) => {
            key.verify(message, signature, Padding::Pkcs1, hash)
        }
        (Material::Rsa(key), Algorithm::Ps(hash)) => {
            key.verify(message, signature, Padding::Pss, hash)
        }
        (Material::Ec(key), Algorithm::Es(_)) => key.verify(message, signature, Encoding::Fixed),
        (Material::Ed(key), Algorithm::Ed) => key.verify(message, signature),
        _ => Err(refuse("the key is not for the algorithm")),
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
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;
    use crate::crypto::{Secret, ed25519};

    fn token(key: &ed25519::SigningKey, header: &str, payload: &str) -> String {
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let signed = format!("{}.{}", part(header.as_bytes()), part(payload.as_bytes()));
        let signature = key.sign(signed.as_bytes()).unwrap();
        format!("{signed}.{}", part(&signature))
    }

    fn key() -> (ed25519::SigningKey, Keys) {
        let key = ed25519::SigningKey::from_seed(&Secret::new(vec![9; 32])).unwrap();
        let x = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        let jwk = format!(r#"{{"kty": "OKP", "crv": "Ed25519", "x": "{x}", "kid": "k"}}"#);
        (key, Keys::parse_jwk(&jwk).unwrap())
    }

    /// RFC 8037, appendix A: an Ed25519 key and a token that it signed.
    #[test]
    fn the_example_of_rfc_8037_holds() {
        let jwk =
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
                     hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        let payload = verify(token, &Keys::parse_jwk(jwk).unwrap(), None).unwrap();
        assert_eq!(payload, b"Example of Ed25519 signing");
    }

    #[test]
    fn headers_are_held_to_what_they_say() {
        let (signing, keys) = key();
        let holds = |header: &str, pinned| verify(&token(&signing, header, "x"), &keys, pinned);
        assert_eq!(holds(r#"{"alg": "EdDSA"}"#, None).unwrap(), b"x");
        assert!(holds(r#"{"alg": "EdDSA", "kid": "k"}"#, Some("EdDSA")).is_ok());
        for (header, pinned) in [
            (r#"{"alg": "EdDSA"}"#, Some("ES256")),
            (r#"{"alg": "EdDSA", "kid": "other"}"#, None),
            (r#"{"alg": "EdDSA", "kid": 1}"#, None),
            (r#"{"alg": "EdDSA", "crit": []}"#, None),
            (r#"{"alg": "EdDSA", "crit": ["b64"], "b64": false}"#, None),
            (r#"{"alg": "EdDSA", "alg": "EdDSA"}"#, None),
            (r#"{"alg": "ES256"}"#, None),
            (r#"{"alg": "HS256"}"#, None),
            (r#"{"alg": "none"}"#, None),
            (r#"{"alg": ["EdDSA"]}"#, None),
            (r#"{}"#, None),
            (r#"[]"#, None),
        ] {
            let error = holds(header, pinned).unwrap_err();
            assert_eq!(error.code(), "SL8042", "{header}");
        }
    }

    #[test]
    fn a_changed_token_gives_nothing() {
        let (signing, keys) = key();
        let good = token(&signing, r#"{"alg": "EdDSA"}"#, "payload");
        for at in 0..good.len() {
            let mut changed = good.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(verify(&changed, &keys, None).is_err(), "{at}");
        }
    }

    #[test]
    fn sets_are_refused_where_a_key_could_be_mistaken() {
        let (signing, _) = key();
        let x = URL_SAFE_NO_PAD.encode(signing.verifying_key().as_bytes());
        let ed = |id: &str| format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}","kid":"{id}"}}"#);
        let set =
            |keys: &[String]| Keys::parse_jwks(&format!(r#"{{"keys":[{}]}}"#, keys.join(",")));
        let named = token(&signing, r#"{"alg":"EdDSA","kid":"b"}"#, "x");
        let unnamed = token(&signing, r#"{"alg":"EdDSA"}"#, "x");
        let two = set(&[ed("a"), ed("b")]).unwrap();
        assert!(verify(&named, &two, None).is_ok());
        assert!(verify(&unnamed, &two, None).is_err());
        assert!(set(&[ed("a"), ed("a")]).is_err());
        let secret =
            r#"{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#.to_owned();
        assert!(set(&[ed("a"), secret]).is_err());
        // A key of a type that is not known is left out.
        let unknown = r#"{"kty":"AKP","alg":"ML-DSA-44"}"#.to_owned();
        assert!(verify(&unnamed, &set(&[unknown, ed("b")]).unwrap(), None).is_ok());
        assert!(Keys::parse_jwks("{}").is_err() && Keys::parse_jwk("[]").is_err());
    }
}
