//! What the reader looks at before it lets the decoder loose on a file from outside.
//!
//! The decoder trusts sizes in the file: it reserves what a page header announces and recurses
//! into the schema. INVARIANT: what passes here makes it hold at most [`PAGE_MAX`] for a page and
//! recurse at most [`DEPTH_MAX`] deep. Sealed files are authenticated and need no page walk.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use ::parquet::file::metadata::ParquetMetaData;

use super::access::{MAGIC_PLAIN, MAGIC_SEALED};
use super::thrift;
use crate::ConnectError;

/// The largest page, uncompressed.
const PAGE_MAX: i64 = 256 << 20;
/// The largest footer.
const FOOTER_MAX: u64 = 64 << 20;
/// The deepest schema.
const DEPTH_MAX: usize = 64;
/// The most elements of a schema.
const ELEMENTS_MAX: usize = 20_000;
/// The most rows of a row group, and of a file.
const ROWS_MAX: i64 = 1 << 48;
/// How much of a page header is read first; one with statistics may be longer.
const HEADER_READ: usize = 256;
/// The largest page header.
const HEADER_MAX: usize = 1 << 20;

/// Checks the ends of the file and the shape of a plain footer. Tells whether it is sealed.
pub(super) fn check_file(file: &File, length: u64, path: &Path) -> Result<bool, ConnectError> {
    let damaged = |part| ConnectError::Decode {
        path: path.display().to_string(),
        part,
    };
    if length < 12 {
        return Err(damaged("length"));
    }
    let mut head = [0_u8; 4];
    let mut tail = [0_u8; 8];
    file.read_exact_at(&mut head, 0)
        .map_err(|e| ConnectError::io("read", path, e))?;
    file.read_exact_at(&mut tail, length - 8)
        .map_err(|e| ConnectError::io("read", path, e))?;
    let [a, b, c, d, magic @ ..] = tail;
    let sealed = match &magic {
        m if m == MAGIC_SEALED && &head == MAGIC_SEALED => true,
        m if m == MAGIC_PLAIN && &head == MAGIC_PLAIN => false,
        _ => return Err(damaged("beginning or end")),
    };
    let footer = u64::from(u32::from_le_bytes([a, b, c, d]));
    if footer > length - 12 {
        return Err(damaged("footer"));
    }
    if footer > FOOTER_MAX {
        return Err(bound(path, "the footer, in bytes", FOOTER_MAX));
    }
    if !sealed {
        let mut bytes = vec![0_u8; usize::try_from(footer).unwrap_or_default()];
        file.read_exact_at(&mut bytes, length - 8 - footer)
            .map_err(|e| ConnectError::io("read", path, e))?;
        let (depth, elements) = thrift::schema_depth(&bytes);
        if depth > DEPTH_MAX {
            return Err(bound(path, "the depth of the schema", DEPTH_MAX as u64));
        }
        if elements > ELEMENTS_MAX {
            return Err(bound(path, "columns", ELEMENTS_MAX as u64));
        }
    }
    Ok(sealed)
}

/// Checks that every row group lies inside the file and counts its rows soundly.
pub(super) fn check_layout(
    metadata: &ParquetMetaData,
    length: u64,
    path: &Path,
) -> Result<u64, ConnectError> {
    let damaged = || ConnectError::Decode {
        path: path.display().to_string(),
        part: "footer",
    };
    let mut rows = 0_i64;
    for group in metadata.row_groups() {
        let count = group.num_rows();
        if !(0..=ROWS_MAX).contains(&count) {
            return Err(damaged());
        }
        rows = rows
            .checked_add(count)
            .filter(|sum| *sum <= ROWS_MAX)
            .ok_or_else(damaged)?;
        for column in group.columns() {
            let start = column
                .dictionary_page_offset()
                .unwrap_or(column.data_page_offset());
            let start = u64::try_from(start).map_err(|_| damaged())?;
            let size = u64::try_from(column.compressed_size()).map_err(|_| damaged())?;
            if start.checked_add(size).is_none_or(|end| end > length) {
                return Err(damaged());
            }
        }
    }
    u64::try_from(rows).map_err(|_| damaged())
}

/// Walks the page headers of the wanted leaf columns of a plain file.
pub(super) fn check_pages(
    file: &File,
    metadata: &ParquetMetaData,
    wanted: impl Fn(usize) -> bool,
    path: &Path,
) -> Result<(), ConnectError> {
    let mut buffer = vec![0_u8; HEADER_READ];
    for group in metadata.row_groups() {
        for (index, column) in group.columns().iter().enumerate() {
            if !wanted(index) {
                continue;
            }
            let start = column
                .dictionary_page_offset()
                .unwrap_or(column.data_page_offset());
            let start = u64::try_from(start).unwrap_or_default();
            let end = start + u64::try_from(column.compressed_size()).unwrap_or_default();
            check_chunk(file, start, end, &mut buffer, path)?;
        }
    }
    Ok(())
}

fn check_chunk(
    file: &File,
    mut at: u64,
    end: u64,
    buffer: &mut Vec<u8>,
    path: &Path,
) -> Result<(), ConnectError> {
    while at < end {
        let page = loop {
            let room = usize::try_from(end - at)
                .unwrap_or(usize::MAX)
                .min(buffer.len());
            let part = buffer.get_mut(..room).unwrap_or_default();
            file.read_exact_at(part, at)
                .map_err(|e| ConnectError::io("read", path, e))?;
            match thrift::page(part) {
                Some(page) => break page,
                None if room == buffer.len() && room < HEADER_MAX => {
                    let longer = buffer.len() * 8;
                    buffer.resize(longer, 0);
                }
                // Not a page header: the decoder will say so when it gets there.
                None => return Ok(()),
            }
        };
        if page.uncompressed > PAGE_MAX || page.compressed > PAGE_MAX {
            return Err(bound(path, "a page, in bytes", PAGE_MAX.unsigned_abs()));
        }
        let Ok(compressed) = u64::try_from(page.compressed) else {
            return Ok(());
        };
        at = at
            .saturating_add(page.header as u64)
            .saturating_add(compressed);
    }
    Ok(())
}

fn bound(path: &Path, what: &'static str, limit: u64) -> ConnectError {
    ConnectError::Bound {
        path: path.display().to_string(),
        what,
        limit,
    }
}
