//! A look at one file of somebody's, before a catalog says anything of it: the beginning of a text, the columns of
//! a typed file.
//!
//! INVARIANT: bounded in bytes like every reader, and nothing of the file is in an error. It decides nothing: a run
//! reads through [`crate::open`].

use std::path::Path;

use arrow::datatypes::DataType;

use crate::input::Input;
use crate::ipc::ipc_columns;
use crate::parquet::plain_schema;
use crate::{Compression, ConnectError, Format};

/// The first bytes of a text, decompressed, at most `most`; and whether there are more.
pub fn beginning(
    path: &Path,
    compression: Compression,
    most: usize,
) -> Result<(Vec<u8>, bool), ConnectError> {
    let mut input = Input::open(path, compression, None)?;
    let mut bytes = Vec::new();
    let mut buffer = vec![0_u8; 64 << 10];
    while bytes.len() <= most {
        let count = input.read(&mut buffer)?;
        if count == 0 {
            return Ok((bytes, false));
        }
        bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
    }
    bytes.truncate(most);
    Ok((bytes, true))
}

/// The columns of a file that names and types them, in order; `None` for a text, which does neither.
pub fn typed_columns(
    path: &Path,
    format: Format,
) -> Result<Option<Vec<(String, DataType)>>, ConnectError> {
    let fields = match format {
        Format::Csv | Format::Jsonl => return Ok(None),
        Format::Arrow => ipc_columns(path)?.fields,
        Format::Parquet => plain_schema(path)?.fields().clone(),
    };
    let column =
        |field: &arrow::datatypes::FieldRef| (field.name().clone(), field.data_type().clone());
    Ok(Some(fields.iter().map(column).collect()))
}
