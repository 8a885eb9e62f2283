//! `enum`: the values allowed, compared as values of the column's type.

use arrow::array::{Array, ArrayRef, AsArray, Scalar, StringArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::kernels::cmp;

use crate::ContractError;
use crate::read::Reader;

/// Up to so many texts are compared one by one.
const FEW: usize = 8;

/// The values allowed.
pub(crate) enum Listed {
    /// Texts, sorted.
    Texts(Vec<String>),
    /// Values of any other type, one each.
    Values(Vec<Scalar<ArrayRef>>),
}

impl Listed {
    /// Reads the list as the column itself is read; `None` where a text is no value of its type.
    pub(crate) fn new(allowed: &[String], reader: &Reader) -> Option<Listed> {
        let texts = StringArray::from_iter_values(allowed);
        let mut failed = Vec::new();
        let values = reader.read(&texts, &mut failed);
        if !failed.is_empty() || values.null_count() > 0 {
            return None;
        }
        if values.as_string_opt::<i32>().is_some() {
            let mut sorted = allowed.to_vec();
            sorted.sort_unstable();
            sorted.dedup();
            return Some(Listed::Texts(sorted));
        }
        Some(Listed::Values(
            (0..values.len())
                .map(|row| Scalar::new(values.slice(row, 1)))
                .collect(),
        ))
    }

    /// Appends the rows whose value is not allowed.
    pub(super) fn outside(
        &self,
        array: &ArrayRef,
        failed: &mut Vec<u32>,
    ) -> Result<(), ContractError> {
        match self {
            Listed::Texts(allowed) if allowed.len() <= FEW => {
                super::texts(array, failed, |text| allowed.iter().any(|one| one == text))
            }
            Listed::Texts(allowed) => super::texts(array, failed, |text| {
                allowed
                    .binary_search_by(|one| one.as_str().cmp(text))
                    .is_ok()
            }),
            Listed::Values(allowed) => {
                let mut any = BooleanBuffer::new_unset(array.len());
                for value in allowed {
                    let same = cmp::eq(array, value)
                        .map_err(|_| ContractError::Kernel { step: "enum" })?;
                    any = &any | same.values();
                }
                let outside = (0_u32..)
                    .zip(any.iter().enumerate())
                    .filter(|(_, (row, same))| !same && array.is_valid(*row));
                failed.extend(outside.map(|(row, _)| row));
                Ok(())
            }
        }
    }
}
