//! Encrypted Parquet that others wrote.

use super::field::Fields;
use super::{Answer, Negative, UNSUPPORTED};
use sealine_connect::ConnectError;
use serde_json::json;
use std::path::Path;

pub(super) fn read(fields: &Fields<'_>) -> Answer {
    let path = fields.text("path")?;
    let footer = fields.optional_bytes("footer_key")?;
    let (columns, ids) = (fields.byte_map("column_keys")?, fields.byte_map("key_ids")?);
    let prefix = fields.optional_text("aad_prefix")?;
    let read = sealine_connect::conform_parquet_read(
        Path::new(path),
        footer.as_deref(),
        &columns,
        &ids,
        prefix,
    );
    let read = read.map_err(|error| match error {
        ConnectError::Unsupported { .. } => UNSUPPORTED,
        error => Negative(error.code()),
    })?;
    Ok(json!({ "rows": read.rows, "columns": read.columns }))
}
