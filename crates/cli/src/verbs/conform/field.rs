//! The fields of a vector, read with their types; bytes are lower-case hex unless said otherwise.

use super::{MALFORMED, Negative};
use base64::Engine as _;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One vector.
pub(super) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// The fields of an object.
    pub(super) fn new(object: &'a Map<String, Value>) -> Fields<'a> {
        Fields(object)
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Result<&'a str, Negative> {
        self.0.get(name).and_then(Value::as_str).ok_or(MALFORMED)
    }

    /// A text that may be missing.
    pub(super) fn optional_text(&self, name: &str) -> Result<Option<&'a str>, Negative> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_str().map(Some).ok_or(MALFORMED),
        }
    }

    /// An object that may be missing, as JSON text.
    pub(super) fn optional_object(&self, name: &str) -> Result<Option<String>, Negative> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value @ Value::Object(_)) => Ok(Some(value.to_string())),
            Some(_) => Err(MALFORMED),
        }
    }

    /// A whole number from 0.
    pub(super) fn number(&self, name: &str) -> Result<u64, Negative> {
        self.0.get(name).and_then(Value::as_u64).ok_or(MALFORMED)
    }

    /// A whole number from 0 that may be missing.
    pub(super) fn optional_number(&self, name: &str) -> Result<Option<u64>, Negative> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or(MALFORMED),
        }
    }

    /// Bytes in hex.
    pub(super) fn bytes(&self, name: &str) -> Result<Vec<u8>, Negative> {
        hex::decode(self.text(name)?).map_err(|_| MALFORMED)
    }

    /// A list of byte strings in hex.
    pub(super) fn bytes_list(&self, name: &str) -> Result<Vec<Vec<u8>>, Negative> {
        let items = self.0.get(name).and_then(Value::as_array);
        let item = |item: &Value| hex::decode(item.as_str()?).ok();
        let items = items.and_then(|items| items.iter().map(item).collect());
        items.ok_or(MALFORMED)
    }

    /// A list of numerals, of any radix that there is.
    pub(super) fn numerals(&self, name: &str) -> Result<Vec<u16>, Negative> {
        let items = self.0.get(name).and_then(Value::as_array);
        let item = |item: &Value| u16::try_from(item.as_u64()?).ok();
        let items = items.and_then(|items| items.iter().map(item).collect());
        items.ok_or(MALFORMED)
    }

    /// Bytes in hex that may be missing.
    pub(super) fn optional_bytes(&self, name: &str) -> Result<Option<Vec<u8>>, Negative> {
        match self.optional_text(name)? {
            None => Ok(None),
            Some(text) => hex::decode(text).map(Some).map_err(|_| MALFORMED),
        }
    }

    /// Bytes in base64; nothing is no bytes.
    pub(super) fn base64(&self, name: &str) -> Result<Vec<u8>, Negative> {
        match self.optional_text(name)? {
            None => Ok(Vec::new()),
            Some(text) => base64_bytes(text),
        }
    }

    /// A list of byte strings in base64; nothing is an empty list.
    pub(super) fn base64_list(&self, name: &str) -> Result<Vec<Vec<u8>>, Negative> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().ok_or(MALFORMED).and_then(base64_bytes))
                .collect(),
            Some(_) => Err(MALFORMED),
        }
    }

    /// A map from names to bytes in hex; nothing is an empty map.
    pub(super) fn byte_map(&self, name: &str) -> Result<BTreeMap<String, Vec<u8>>, Negative> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(BTreeMap::new()),
            Some(Value::Object(entries)) => entries
                .iter()
                .map(|(name, value)| {
                    let bytes = value
                        .as_str()
                        .and_then(|text| hex::decode(text).ok())
                        .ok_or(MALFORMED)?;
                    Ok((name.clone(), bytes))
                })
                .collect(),
            Some(_) => Err(MALFORMED),
        }
    }
}

fn base64_bytes(text: &str) -> Result<Vec<u8>, Negative> {
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .map_err(|_| MALFORMED)
}
