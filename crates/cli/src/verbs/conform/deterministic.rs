//! AES-SIV and FF1, by which protections make stand-ins that can be opened.

use super::field::Fields;
use super::primitive::negative;
use super::{Answer, MALFORMED, Negative};
use sealine_protect::ProtectError;
use sealine_protect::crypto::{Secret, ff1::Ff1, siv};
use serde_json::json;
use std::collections::HashMap;

pub(super) fn siv_seal(fields: &Fields<'_>) -> Answer {
    let sealed = siv_key(fields)?.seal(&fields.bytes("msg")?);
    let sealed = sealed.map_err(|error| negative(&error))?;
    Ok(json!({ "ct": hex::encode(sealed) }))
}

pub(super) fn siv_open(fields: &Fields<'_>) -> Answer {
    let message = siv_key(fields)?.open(&fields.bytes("ct")?);
    let message = message.map_err(|error| negative(&error))?;
    Ok(json!({ "msg": hex::encode(message.expose()) }))
}

fn siv_key(fields: &Fields<'_>) -> Result<siv::Key, Negative> {
    let (key, associated) = (Secret::new(fields.bytes("key")?), fields.bytes_list("aad")?);
    let associated: Vec<&[u8]> = associated.iter().map(Vec::as_slice).collect();
    siv::Key::new(&key, &associated).map_err(|error| negative(&error))
}

pub(super) fn ff1_encrypt(fields: &Fields<'_>) -> Answer {
    ff1(fields, Ff1::encrypt)
}

pub(super) fn ff1_decrypt(fields: &Fields<'_>) -> Answer {
    ff1(fields, Ff1::decrypt)
}

/// Numerals as a list with their `radix`, or as a text of an `alphabet` whose characters they are.
fn ff1(
    fields: &Fields<'_>,
    run: impl Fn(&Ff1, &[u8], &mut [u16]) -> Result<(), ProtectError>,
) -> Answer {
    let alphabet: Option<Vec<char>> = fields
        .optional_text("alphabet")?
        .map(|alphabet| alphabet.chars().collect());
    let (radix, mut numerals) = match &alphabet {
        Some(alphabet) => (
            alphabet.len() as u64,
            spelled(alphabet, fields.text("text")?)?,
        ),
        None => (fields.number("radix")?, fields.numerals("digits")?),
    };
    let radix = u32::try_from(radix).map_err(|_| MALFORMED)?;
    let (key, tweak) = (Secret::new(fields.bytes("key")?), fields.bytes("tweak")?);
    Ff1::new(&key, radix)
        .and_then(|ff1| run(&ff1, &tweak, &mut numerals))
        .map_err(|error| negative(&error))?;
    Ok(match &alphabet {
        Some(alphabet) => {
            let symbol = |numeral: &u16| alphabet.get(usize::from(*numeral));
            let text: String = numerals.iter().filter_map(symbol).collect();
            json!({ "text": text })
        }
        None => json!({ "digits": numerals }),
    })
}

/// The places of the characters in their alphabet, which has each of them once.
fn spelled(alphabet: &[char], text: &str) -> Result<Vec<u16>, Negative> {
    let mut places = HashMap::new();
    for (place, symbol) in alphabet.iter().enumerate() {
        let place = u16::try_from(place).map_err(|_| MALFORMED)?;
        if places.insert(*symbol, place).is_some() {
            return Err(MALFORMED);
        }
    }
    let place = |symbol: char| places.get(&symbol).copied().ok_or(MALFORMED);
    text.chars().map(place).collect()
}
