//! The primitives: authenticated encryption, HMAC, HKDF, key wrap, signatures.

use super::field::Fields;
use super::{Answer, Negative, UNSUPPORTED};
use sealine_protect::ProtectError;
use sealine_protect::crypto::{Secret, aead, ed25519, hkdf as derivation, hmac as mac, kwp};
use serde_json::json;

pub(super) fn negative(error: &ProtectError) -> Negative {
    if error.is_unsupported() {
        UNSUPPORTED
    } else {
        Negative(error.code())
    }
}

pub(super) fn aead_seal(fields: &Fields<'_>) -> Answer {
    let algorithm = algorithm(fields)?;
    let key = Secret::new(fields.bytes("key")?);
    let (iv, aad, message) = (
        fields.bytes("iv")?,
        fields.bytes("aad")?,
        fields.bytes("msg")?,
    );
    let sealed =
        aead::seal(algorithm, &key, &iv, &aad, &message).map_err(|error| negative(&error))?;
    Ok(json!({ "ct": hex::encode(&sealed.ciphertext), "tag": hex::encode(sealed.tag) }))
}

pub(super) fn aead_open(fields: &Fields<'_>) -> Answer {
    let algorithm = algorithm(fields)?;
    let key = Secret::new(fields.bytes("key")?);
    let (iv, aad) = (fields.bytes("iv")?, fields.bytes("aad")?);
    let (ciphertext, tag) = (fields.bytes("ct")?, fields.bytes("tag")?);
    let message = aead::open(algorithm, &key, &iv, &aad, &ciphertext, &tag)
        .map_err(|error| negative(&error))?;
    Ok(json!({ "msg": hex::encode(message.expose()) }))
}

fn algorithm(fields: &Fields<'_>) -> Result<aead::Algorithm, Negative> {
    aead::Algorithm::parse(fields.text("alg")?).map_err(|error| negative(&error))
}

pub(super) fn hmac(fields: &Fields<'_>) -> Answer {
    let algorithm = mac::Algorithm::parse(fields.text("alg")?).map_err(|error| negative(&error))?;
    let (key, message) = (fields.bytes("key")?, fields.bytes("msg")?);
    let tag = match algorithm {
        // What tokens are made with.
        mac::Algorithm::Sha256 => hex::encode(mac::Prefixed::new(&key, &[]).sign(&message)),
        _ => hex::encode(mac::Key::new(algorithm, &key).sign(&[&message]).as_ref()),
    };
    Ok(json!({ "mac": tag }))
}

pub(super) fn hkdf(fields: &Fields<'_>) -> Answer {
    let algorithm = mac::Algorithm::parse(fields.text("alg")?).map_err(|error| negative(&error))?;
    let (key, salt, info) = (
        fields.bytes("ikm")?,
        fields.bytes("salt")?,
        fields.bytes("info")?,
    );
    let size = usize::try_from(fields.number("size")?).map_err(|_| UNSUPPORTED)?;
    let derived = derivation::derive(algorithm, &key, &salt, &info, size)
        .map_err(|error| negative(&error))?;
    Ok(json!({ "okm": hex::encode(derived.expose()) }))
}

pub(super) fn kwp_wrap(fields: &Fields<'_>) -> Answer {
    let wrapped = kwp::wrap(&fields.bytes("key")?, &fields.bytes("msg")?)
        .map_err(|error| negative(&error))?;
    Ok(json!({ "ct": hex::encode(wrapped) }))
}

pub(super) fn kwp_unwrap(fields: &Fields<'_>) -> Answer {
    let message = kwp::unwrap(&fields.bytes("key")?, &fields.bytes("ct")?)
        .map_err(|error| negative(&error))?;
    Ok(json!({ "msg": hex::encode(message.expose()) }))
}

pub(super) fn ed25519_verify(fields: &Fields<'_>) -> Answer {
    let key = ed25519::VerifyingKey::from_bytes(&fields.bytes("pk")?)
        .map_err(|error| negative(&error))?;
    key.verify(&fields.bytes("msg")?, &fields.bytes("sig")?)
        .map_err(|error| negative(&error))?;
    Ok(json!({}))
}
