//! Key material JSON, as Parquet's key tools write it: parquet-java's `keytools` and pyarrow's
//! `parquet.encryption`.
//!
//! A file's key metadata is the material itself, or names an entry of a file beside it which maps
//! names to materials. `masterKeyID` is the name of the file key. Wrapped once, `wrappedDEK` is
//! the envelope of the data key; wrapped twice, `wrappedKEK` is the envelope of a key-encryption
//! key, `keyEncryptionKeyID` its id and `wrappedDEK` the data key under it. All are base64.
//!
//! Must never: read more than 4 KiB of one material; take another type for its own.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{KeyError, WrappedKey, envelope::Inner};

const TYPE: &str = "PKMT1";
/// No key service is asked, and readers expect the fields with this value.
const NO_SERVICE: &str = "DEFAULT";
const LONGEST: usize = 4096;
/// The longest name of a master key, or of an entry in the file beside.
const LONGEST_NAME: usize = 256;

/// What a data key is for; the key tools write it into the material.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The footer, and every column that has no key of its own.
    Footer,
    /// One column.
    Column,
}

/// Where the key of a footer or column is described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyMetadata {
    /// In the Parquet file itself.
    Here(WrappedKey),
    /// In the key material file beside it, under this name.
    Elsewhere(String),
}

/// The fields by their names in the JSON. Unknown ones are ignored, as the key tools do.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    key_material_type: String,
    /// Absent from the entries of a key material file.
    #[serde(
        default,
        deserialize_with = "flag",
        skip_serializing_if = "Option::is_none"
    )]
    internal_storage: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_reference: Option<String>,
    #[serde(
        default,
        deserialize_with = "flag",
        skip_serializing_if = "Option::is_none"
    )]
    is_footer_key: Option<bool>,
    #[serde(rename = "kmsInstanceID", skip_serializing_if = "Option::is_none")]
    kms_instance_id: Option<String>,
    #[serde(rename = "kmsInstanceURL", skip_serializing_if = "Option::is_none")]
    kms_instance_url: Option<String>,
    #[serde(rename = "masterKeyID", skip_serializing_if = "Option::is_none")]
    master_key_id: Option<String>,
    #[serde(rename = "wrappedDEK", skip_serializing_if = "Option::is_none")]
    wrapped_dek: Option<String>,
    #[serde(
        default,
        deserialize_with = "flag",
        skip_serializing_if = "Option::is_none"
    )]
    double_wrapping: Option<bool>,
    #[serde(rename = "keyEncryptionKeyID", skip_serializing_if = "Option::is_none")]
    kek_id: Option<String>,
    #[serde(rename = "wrappedKEK", skip_serializing_if = "Option::is_none")]
    wrapped_kek: Option<String>,
}

impl KeyMetadata {
    /// The JSON for a footer's or column's key metadata.
    ///
    /// # Errors
    /// [`KeyError::Material`] when it cannot be written, which does not happen.
    pub fn to_json(&self, role: Role) -> Result<String, KeyError> {
        match self {
            KeyMetadata::Here(wrapped) => Material::of(wrapped, role, Some(true)).to_json(),
            KeyMetadata::Elsewhere(name) => Material {
                key_material_type: TYPE.to_owned(),
                internal_storage: Some(false),
                key_reference: Some(name.clone()),
                is_footer_key: None,
                kms_instance_id: None,
                kms_instance_url: None,
                master_key_id: None,
                wrapped_dek: None,
                double_wrapping: None,
                kek_id: None,
                wrapped_kek: None,
            }
            .to_json(),
        }
    }

    /// Reads the key metadata of a footer or column.
    ///
    /// # Errors
    /// [`KeyError::Material`] for anything but what the key tools write.
    pub fn parse(text: &[u8]) -> Result<KeyMetadata, KeyError> {
        let material = Material::parse(text)?;
        match material.internal_storage {
            Some(true) => material.wrapped().map(KeyMetadata::Here),
            Some(false) => match material.key_reference {
                Some(name) if name.len() <= LONGEST_NAME => Ok(KeyMetadata::Elsewhere(name)),
                _ => Err(KeyError::Material("it lacks a usable `keyReference`")),
            },
            None => Err(KeyError::Material("it lacks `internalStorage`")),
        }
    }
}

impl WrappedKey {
    /// An entry of a key material file.
    ///
    /// # Errors
    /// [`KeyError::Material`] when it cannot be written, which does not happen.
    pub fn to_key_material(&self, role: Role) -> Result<String, KeyError> {
        Material::of(self, role, None).to_json()
    }

    /// Reads the material itself: key metadata that holds it, or an entry of a key material file.
    /// Whether it opens shows in [`OpenKeys::unwrap`](crate::OpenKeys::unwrap).
    ///
    /// # Errors
    /// [`KeyError::Material`] for anything but what the key tools write.
    pub fn from_key_material(text: &[u8]) -> Result<WrappedKey, KeyError> {
        let material = Material::parse(text)?;
        if material.internal_storage == Some(false) {
            return Err(KeyError::Material("the key is kept in another file"));
        }
        material.wrapped()
    }
}

impl Material {
    fn of(wrapped: &WrappedKey, role: Role, internal: Option<bool>) -> Material {
        let service = (role == Role::Footer).then(|| NO_SERVICE.to_owned());
        let envelope = STANDARD.encode(wrapped.bytes());
        let (dek, kek_id, kek) = match wrapped.inner() {
            Some(inner) => (
                STANDARD.encode(&inner.bytes),
                Some(STANDARD.encode(&inner.id)),
                Some(envelope),
            ),
            None => (envelope, None, None),
        };
        Material {
            key_material_type: TYPE.to_owned(),
            internal_storage: internal,
            key_reference: None,
            is_footer_key: Some(role == Role::Footer),
            kms_instance_id: service.clone(),
            kms_instance_url: service,
            master_key_id: Some(wrapped.key().to_owned()),
            wrapped_dek: Some(dek),
            double_wrapping: Some(kek.is_some()),
            kek_id,
            wrapped_kek: kek,
        }
    }

    fn to_json(&self) -> Result<String, KeyError> {
        serde_json::to_string(self).map_err(|_| KeyError::Material("it cannot be written as JSON"))
    }

    fn parse(text: &[u8]) -> Result<Material, KeyError> {
        if text.len() > LONGEST {
            return Err(KeyError::Material("it is longer than 4 KiB"));
        }
        let material: Material = serde_json::from_slice(text)
            .map_err(|_| KeyError::Material("it is not key material in JSON"))?;
        if material.key_material_type == TYPE {
            Ok(material)
        } else {
            Err(KeyError::Material("its type is not `PKMT1`"))
        }
    }

    fn wrapped(self) -> Result<WrappedKey, KeyError> {
        let (Some(name), Some(dek)) = (self.master_key_id, self.wrapped_dek) else {
            return Err(KeyError::Material("it lacks `masterKeyID` or `wrappedDEK`"));
        };
        if name.len() > LONGEST_NAME {
            return Err(KeyError::Material(
                "its `masterKeyID` is longer than 256 bytes",
            ));
        }
        let dek = decode(&dek)?;
        if self.double_wrapping != Some(true) {
            return WrappedKey::new(name, dek);
        }
        let (Some(id), Some(kek)) = (self.kek_id, self.wrapped_kek) else {
            return Err(KeyError::Material(
                "it lacks `keyEncryptionKeyID` or `wrappedKEK`",
            ));
        };
        let inner = Inner {
            id: decode(&id)?,
            bytes: dek,
        };
        WrappedKey::new(name, decode(&kek)?)?.around(inner)
    }
}

/// `true`, or `"true"` as older versions of parquet-java write it.
fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Flag {
        Plain(bool),
        Text(Text),
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Text {
        True,
        False,
    }
    Ok(Some(match Flag::deserialize(from)? {
        Flag::Plain(value) => value,
        Flag::Text(text) => matches!(text, Text::True),
    }))
}

fn decode(text: &str) -> Result<Vec<u8>, KeyError> {
    STANDARD
        .decode(text)
        .map_err(|_| KeyError::Material("a wrapped key or its id is not base64"))
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

    fn once() -> WrappedKey {
        WrappedKey::new("lake".to_owned(), vec![7; 64]).unwrap()
    }

    fn twice() -> WrappedKey {
        let inner = Inner {
            id: vec![1; 16],
            bytes: vec![2; 60],
        };
        once().around(inner).unwrap()
    }

    fn json(text: &str) -> serde_json::Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_json_has_the_fields_of_the_key_tools() {
        let text = KeyMetadata::Here(once()).to_json(Role::Footer).unwrap();
        let encoded = STANDARD.encode([7; 64]);
        let expected = serde_json::json!({
            "keyMaterialType": "PKMT1", "internalStorage": true, "isFooterKey": true,
            "kmsInstanceID": "DEFAULT", "kmsInstanceURL": "DEFAULT",
            "masterKeyID": "lake", "wrappedDEK": encoded, "doubleWrapping": false,
        });
        assert_eq!(json(&text), expected);
        // As pyarrow writes an entry of its key material file.
        let text = twice().to_key_material(Role::Column).unwrap();
        let expected = serde_json::json!({
            "keyMaterialType": "PKMT1", "isFooterKey": false, "masterKeyID": "lake",
            "wrappedDEK": STANDARD.encode([2; 60]), "doubleWrapping": true,
            "keyEncryptionKeyID": STANDARD.encode([1; 16]), "wrappedKEK": encoded,
        });
        assert_eq!(json(&text), expected);
        let reference = KeyMetadata::Elsewhere("columnKey3".to_owned());
        let text = reference.to_json(Role::Column).unwrap();
        let expected = serde_json::json!({
            "keyMaterialType": "PKMT1", "internalStorage": false, "keyReference": "columnKey3",
        });
        assert_eq!(json(&text), expected);
    }

    #[test]
    fn what_is_written_is_read() {
        for wrapped in [once(), twice()] {
            for role in [Role::Footer, Role::Column] {
                let text = wrapped.to_key_material(role).unwrap();
                let read = WrappedKey::from_key_material(text.as_bytes()).unwrap();
                assert!(read == wrapped);
                let here = KeyMetadata::Here(wrapped.clone());
                let text = here.to_json(role).unwrap();
                assert_eq!(KeyMetadata::parse(text.as_bytes()).unwrap(), here);
            }
        }
        // Flags as texts, and in another order.
        let text = KeyMetadata::Here(twice()).to_json(Role::Footer).unwrap();
        let older = text.replace(":true", ":\"true\"");
        assert_ne!(text, older);
        let older = KeyMetadata::parse(older.as_bytes()).unwrap();
        assert_eq!(older, KeyMetadata::Here(twice()));
        assert!(KeyMetadata::parse(text.replace(":true", ":\"yes\"").as_bytes()).is_err());
        let there = KeyMetadata::Elsewhere("footerKey".to_owned());
        let text = there.to_json(Role::Footer).unwrap();
        assert_eq!(KeyMetadata::parse(text.as_bytes()).unwrap(), there);
        let error = WrappedKey::from_key_material(text.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("another file"), "{error}");
    }

    #[test]
    fn other_material_is_refused_by_reason() {
        let text = KeyMetadata::Here(twice()).to_json(Role::Footer).unwrap();
        let long = "l".repeat(257);
        let (envelope, dek) = (STANDARD.encode([7; 64]), STANDARD.encode([2; 60]));
        let there = KeyMetadata::Elsewhere(long.clone());
        for (from, to, reason) in [
            ("PKMT1", "PKMT2", "type"),
            ("internalStorage", "storage", "`internalStorage`"),
            (
                "\"internalStorage\":true",
                "\"internalStorage\":false",
                "`keyReference`",
            ),
            ("masterKeyID", "masterKey", "lacks"),
            ("wrappedKEK", "wrapped", "`wrappedKEK`"),
            ("keyEncryptionKeyID", "id", "`keyEncryptionKeyID`"),
            ("\"lake\"", &format!("\"{long}\""), "256"),
            ("BwcH", "!!!!", "base64"),
            (envelope.as_str(), "BwcH", "length"),
            (dek.as_str(), "BwcH", "length"),
            ("{", "", "JSON"),
        ] {
            assert!(text.contains(from), "{from}");
            let changed = text.replacen(from, to, 1);
            let error = KeyMetadata::parse(changed.as_bytes()).unwrap_err();
            assert!(error.to_string().contains(reason), "{reason}: {error}");
        }
        let there = there.to_json(Role::Column).unwrap();
        assert!(KeyMetadata::parse(there.as_bytes()).is_err());
        let spaces = format!("{text}{}", " ".repeat(LONGEST));
        let error = KeyMetadata::parse(spaces.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("4 KiB"));
    }
}
