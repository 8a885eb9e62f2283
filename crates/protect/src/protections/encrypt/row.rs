//! The column that binds each value to its row, as part of what the value authenticates.
//!
//! Must never: bind a value to a null, which tells no row from another.

use arrow::array::{Array, ArrayRef};

use super::{format::Associated, kernel::NAME};
use crate::{
    ProtectError,
    cell::cells,
    column::{refuse, unpack},
};

/// The column that binds each value to its row.
pub(super) struct RowKeys(ArrayRef);

impl RowKeys {
    /// The column at `place` of those beside the value; `None` where the call names none.
    pub(super) fn of(
        place: Option<usize>,
        beside: &[ArrayRef],
        rows: usize,
    ) -> Result<Option<RowKeys>, ProtectError> {
        let wrong = |reason: &str| ProtectError::Argument {
            protection: NAME,
            reason: reason.to_owned(),
        };
        let Some(place) = place else {
            return match beside {
                [] => Ok(None),
                _ => Err(wrong("was given a column beside the value and names none")),
            };
        };
        let column = beside.get(place).filter(|column| column.len() == rows);
        let column =
            column.ok_or_else(|| wrong("needs its `row_key` column beside every value"))?;
        let plain = unpack(NAME, column)?;
        match cells(&plain) {
            Some(_) => Ok(Some(RowKeys(plain))),
            None => Err(refuse(NAME, column.data_type())),
        }
    }

    /// The associated data of `row`.
    pub(super) fn associated<'a>(
        &self,
        row: usize,
        associated: &'a mut Associated,
    ) -> Result<&'a [u8], ProtectError> {
        match cells(&self.0) {
            Some(cells) if !self.0.is_null(row) => {
                associated.of_row(Some(cells.bytes(row, &mut [0; 16])))
            }
            _ => Err(ProtectError::Value {
                protection: NAME,
                row,
                reason: "has no row key to be bound to; use a column without nulls",
            }),
        }
    }
}
