//! Key material JSON, as Parquet's key tools write it into a file's key metadata.
//!
//! The fields are those of parquet-java and pyarrow for a footer key in internal storage, wrapped
//! once; `masterKeyID` is the name of the file key and `wrappedDEK` the envelope in base64.
//!
//! Must never: read more than 4 KiB; take another type or double wrapping for its own.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::{KeyError, WrappedKey};

const TYPE: &str = "PKMT1";
/// No key service is asked, and readers expect the fields with this value.
const NO_SERVICE: &str = "DEFAULT";
const LONGEST: usize = 4096;

/// The fields by their names in the JSON. Unknown ones are ignored, as the key tools do.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    key_material_type: String,
    internal_storage: bool,
    #[serde(default)]
    is_footer_key: bool,
    #[serde(rename = "kmsInstanceID", skip_serializing_if = "Option::is_none")]
    kms_instance_id: Option<String>,
    #[serde(rename = "kmsInstanceURL", skip_serializing_if = "Option::is_none")]
    kms_instance_url: Option<String>,
    #[serde(rename = "masterKeyID")]
    master_key_id: Option<String>,
    #[serde(rename = "wrappedDEK")]
    wrapped_dek: Option<String>,
    #[serde(default)]
    double_wrapping: bool,
}

impl WrappedKey {
    /// The key material of a file's footer key.
    ///
    /// # Errors
    /// [`KeyError::Material`] when it cannot be written, which does not happen.
    pub fn to_key_material(&self) -> Result<String, KeyError> {
        let material = Material {
            key_material_type: TYPE.to_owned(),
            internal_storage: true,
            is_footer_key: true,
            kms_instance_id: Some(NO_SERVICE.to_owned()),
            kms_instance_url: Some(NO_SERVICE.to_owned()),
            master_key_id: Some(self.key().to_owned()),
            wrapped_dek: Some(STANDARD.encode(self.bytes())),
            double_wrapping: false,
        };
        serde_json::to_string(&material)
            .map_err(|_| KeyError::Material("it cannot be written as JSON"))
    }

    /// Reads key material from a file. Whether it opens shows in
    /// [`OpenKeys::unwrap`](crate::OpenKeys::unwrap).
    ///
    /// # Errors
    /// [`KeyError::Material`] for anything but a key wrapped once, in internal storage.
    pub fn from_key_material(text: &[u8]) -> Result<WrappedKey, KeyError> {
        if text.len() > LONGEST {
            return Err(KeyError::Material("it is longer than 4 KiB"));
        }
        let material: Material = serde_json::from_slice(text)
            .map_err(|_| KeyError::Material("it is not key material in JSON"))?;
        if material.key_material_type != TYPE {
            return Err(KeyError::Material("its type is not `PKMT1`"));
        }
        if !material.internal_storage {
            return Err(KeyError::Material(
                "the key is kept in another file, which is not read yet",
            ));
        }
        if material.double_wrapping {
            return Err(KeyError::Material(
                "the key is wrapped twice, which is not read yet",
            ));
        }
        let (Some(name), Some(wrapped)) = (material.master_key_id, material.wrapped_dek) else {
            return Err(KeyError::Material("it lacks `masterKeyID` or `wrappedDEK`"));
        };
        if name.len() > 256 {
            return Err(KeyError::Material(
                "its `masterKeyID` is longer than 256 bytes",
            ));
        }
        let bytes = STANDARD
            .decode(wrapped)
            .map_err(|_| KeyError::Material("its `wrappedDEK` is not base64"))?;
        WrappedKey::from_parts(name, bytes)
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

    fn wrapped() -> WrappedKey {
        WrappedKey::from_parts("lake".to_owned(), vec![7; 64]).unwrap()
    }

    #[test]
    fn the_json_has_the_fields_of_the_key_tools() {
        let text = wrapped().to_key_material().unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let encoded = STANDARD.encode([7; 64]);
        let expected = serde_json::json!({
            "keyMaterialType": "PKMT1", "internalStorage": true, "isFooterKey": true,
            "kmsInstanceID": "DEFAULT", "kmsInstanceURL": "DEFAULT",
            "masterKeyID": "lake", "wrappedDEK": encoded, "doubleWrapping": false,
        });
        assert_eq!(json, expected);
        assert_eq!(
            WrappedKey::from_key_material(text.as_bytes()).unwrap(),
            wrapped()
        );
    }

    #[test]
    fn other_material_is_refused_by_reason() {
        let text = wrapped().to_key_material().unwrap();
        let (long, encoded) = ("l".repeat(257), STANDARD.encode([7; 64]));
        for (from, to, reason) in [
            ("PKMT1", "PKMT2", "type"),
            (
                "\"internalStorage\":true",
                "\"internalStorage\":false",
                "another file",
            ),
            (
                "\"doubleWrapping\":false",
                "\"doubleWrapping\":true",
                "twice",
            ),
            ("masterKeyID", "masterKey", "lacks"),
            ("\"lake\"", &format!("\"{long}\""), "256"),
            ("BwcH", "!!!!", "base64"),
            (encoded.as_str(), "BwcH", "length"),
            ("{", "", "JSON"),
        ] {
            assert!(text.contains(from), "{from}");
            let changed = text.replacen(from, to, 1);
            let error = WrappedKey::from_key_material(changed.as_bytes()).unwrap_err();
            assert!(error.to_string().contains(reason), "{reason}: {error}");
        }
        let spaces = format!("{text}{}", " ".repeat(LONGEST));
        assert!(
            WrappedKey::from_key_material(spaces.as_bytes())
                .unwrap_err()
                .to_string()
                .contains("4 KiB")
        );
    }
}
