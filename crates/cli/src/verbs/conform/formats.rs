//! Formats of others: JSON Web Signatures and Fernet tokens.

use super::field::Fields;
use super::primitive::negative;
use super::{Answer, MALFORMED};
use sealine_protect::crypto::{fernet, jws};
use serde_json::json;

pub(super) fn jws_verify(fields: &Fields<'_>) -> Answer {
    let (jwk, jwks) = (
        fields.optional_object("jwk")?,
        fields.optional_object("jwks")?,
    );
    let keys = match (jwk, jwks) {
        (Some(jwk), None) => jws::Keys::parse_jwk(&jwk),
        (None, Some(jwks)) => jws::Keys::parse_jwks(&jwks),
        _ => return Err(MALFORMED),
    };
    let (token, pinned) = (fields.text("jws")?, fields.optional_text("alg")?);
    let payload = keys
        .and_then(|keys| jws::verify(token, &keys, pinned))
        .map_err(|error| negative(&error))?;
    Ok(json!({ "payload": hex::encode(payload) }))
}

pub(super) fn fernet_open(fields: &Fields<'_>) -> Answer {
    let window = fernet::Window {
        now: fields.number("now")?,
        ttl: fields.optional_number("ttl_sec")?,
    };
    let (secret, token) = (fields.text("secret")?, fields.text("token")?);
    let message = fernet::Key::parse(secret)
        .and_then(|key| key.open(token, Some(window)))
        .map_err(|error| negative(&error))?;
    Ok(json!({ "msg": hex::encode(message.expose()) }))
}

pub(super) fn fernet_seal(fields: &Fields<'_>) -> Answer {
    let iv = fields.bytes("iv")?.try_into().map_err(|_| MALFORMED)?;
    let (now, message) = (fields.number("now")?, fields.text("src")?);
    let token = fernet::Key::parse(fields.text("secret")?)
        .and_then(|key| key.seal_with(iv, now, message.as_bytes()))
        .map_err(|error| negative(&error))?;
    Ok(json!({ "token": token }))
}
