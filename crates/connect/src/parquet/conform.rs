//! `parquet-read` of the conformance verb: files that others encrypted, with keys given outright,
//! through the reader that pipelines use.
//!
//! INVARIANT: the values leave only as digests.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use ::parquet::encryption::decrypt::{FileDecryptionProperties, KeyRetriever};
use ::parquet::errors::ParquetError;
use arrow::array::{Array, ArrayRef, AsArray, make_array};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use sealine_protect::crypto::Sha256;

use super::read::{ParquetSource, Part};
use crate::{ConnectError, Source};

/// What a file held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConformRead {
    /// How many rows.
    pub rows: u64,
    /// For each top-level column the SHA-256, in lower-case hex, of its values in file order,
    /// each as JSON text and a newline: null as `null`, text and binary (as hex), dates and times
    /// (ISO 8601) as strings, lists as arrays, structures as objects, floats as the shortest
    /// digits that give the same value of their width, infinities and NaN as strings.
    pub columns: BTreeMap<String, String>,
}

/// Finds a key by its id, which the file holds as key metadata.
struct ById(HashMap<Vec<u8>, Vec<u8>>);

impl KeyRetriever for ById {
    fn retrieve_key(&self, key_metadata: &[u8]) -> ::parquet::errors::Result<Vec<u8>> {
        self.0
            .get(key_metadata)
            .cloned()
            .ok_or_else(|| ParquetError::General("no key with this id".to_owned()))
    }
}

/// Reads the file at `path` with the keys given: a footer key and keys by column, or keys by id.
/// Without any key it must be a plain file. AES_GCM_CTR_V1 is [`ConnectError::Unsupported`].
pub fn conform_parquet_read(
    path: &Path,
    footer_key: Option<&[u8]>,
    column_keys: &BTreeMap<String, Vec<u8>>,
    key_ids: &BTreeMap<String, Vec<u8>>,
    aad_prefix: Option<&str>,
) -> Result<ConformRead, ConnectError> {
    let unusable = |_| ConnectError::Tampered {
        path: path.display().to_string(),
    };
    let properties = if let Some(footer) = footer_key {
        let mut builder = FileDecryptionProperties::builder(footer.to_vec());
        for (column, key) in column_keys {
            builder = builder.with_column_key(column, key.clone());
        }
        if let Some(prefix) = aad_prefix {
            builder = builder.with_aad_prefix(prefix.as_bytes().to_vec());
        }
        Some(builder.build().map_err(unusable)?)
    } else if key_ids.is_empty() {
        None
    } else {
        let keys = key_ids
            .iter()
            .map(|(id, key)| (id.as_bytes().to_vec(), key.clone()))
            .collect();
        let mut builder = FileDecryptionProperties::with_key_retriever(Arc::new(ById(keys)));
        if let Some(prefix) = aad_prefix {
            builder = builder.with_aad_prefix(prefix.as_bytes().to_vec());
        }
        Some(builder.build().map_err(unusable)?)
    };
    let parts = VecDeque::from([Part::new(path, properties)?]);
    let mut source = ParquetSource::over(parts, None, 1024);
    let mut digests: BTreeMap<String, Sha256> = BTreeMap::new();
    let mut rows = 0_u64;
    let mut line = String::new();
    while let Some(raw) = source.next()? {
        rows += raw.batch.num_rows() as u64;
        for (field, array) in raw
            .batch
            .schema_ref()
            .fields()
            .iter()
            .zip(raw.batch.columns())
        {
            let digest = digests.entry(field.name().clone()).or_default();
            for row in 0..array.len() {
                line.clear();
                json(array, row, &mut line).ok_or_else(|| ConnectError::Unsupported {
                    path: path.display().to_string(),
                    what: "a column type",
                })?;
                line.push('\n');
                digest.update(line.as_bytes());
            }
        }
    }
    let columns = digests
        .into_iter()
        .map(|(name, digest)| (name, hex::encode(digest.finish())))
        .collect();
    Ok(ConformRead { rows, columns })
}

/// Appends the value at `row` as JSON text; `None` for a type that has none.
fn json(array: &ArrayRef, row: usize, out: &mut String) -> Option<()> {
    if array.is_null(row) {
        out.push_str("null");
        return Some(());
    }
    match array.data_type() {
        DataType::Null => out.push_str("null"),
        DataType::Float32 => float(array.as_primitive::<Float32Type>().value(row), out)?,
        DataType::Float64 => float(array.as_primitive::<Float64Type>().value(row), out)?,
        DataType::Utf8 => text(array.as_string::<i32>().value(row), out)?,
        DataType::Binary => text(&hex::encode(array.as_binary::<i32>().value(row)), out)?,
        DataType::FixedSizeBinary(_) => {
            text(&hex::encode(array.as_fixed_size_binary().value(row)), out)?;
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            out.push('[');
            for index in 0..items.len() {
                if index > 0 {
                    out.push(',');
                }
                json(&items, index, out)?;
            }
            out.push(']');
        }
        DataType::Struct(fields) => {
            let parts = array.as_struct();
            out.push('{');
            for (index, (field, column)) in fields.iter().zip(parts.columns()).enumerate() {
                if index > 0 {
                    out.push(',');
                }
                text(field.name(), out)?;
                out.push(':');
                json(column, row, out)?;
            }
            out.push('}');
        }
        DataType::Timestamp(unit, Some(_)) => {
            // Zones by name need a database that is not linked; stored moments are UTC.
            let naive = array.slice(row, 1).to_data().into_builder();
            let naive = naive
                .data_type(DataType::Timestamp(*unit, None))
                .build()
                .ok()?;
            text(&format!("{}Z", display(&make_array(naive), 0)?), out)?;
        }
        kind if kind.is_temporal() => text(&display(array, row)?, out)?,
        kind if kind.is_numeric() || *kind == DataType::Boolean => {
            out.push_str(&display(array, row)?);
        }
        _ => return None,
    }
    Some(())
}

fn float(value: impl serde::Serialize + std::fmt::Display, out: &mut String) -> Option<()> {
    let shortest = serde_json::to_string(&value).ok()?;
    if shortest == "null" {
        // JSON has no infinities and no NaN.
        write!(out, "\"{value}\"").ok()
    } else {
        out.push_str(&shortest);
        Some(())
    }
}

fn text(value: &str, out: &mut String) -> Option<()> {
    out.push_str(&serde_json::to_string(value).ok()?);
    Some(())
}

fn display(array: &ArrayRef, row: usize) -> Option<String> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(array.as_ref(), &options).ok()?;
    formatter.value(row).try_to_string().ok()
}
