//! Lengths: characters (Unicode scalar values) of a text, bytes of a binary value.

use arrow::array::{Array, ArrayRef, AsArray};

use crate::ContractError;

/// Rows with fewer than `least`.
pub(super) fn shorter(
    array: &ArrayRef,
    least: usize,
    failed: &mut Vec<u32>,
) -> Result<(), ContractError> {
    // A text has at most as many characters as bytes.
    by_length(
        array,
        failed,
        |bytes| bytes < least,
        |characters| characters < least,
    )
}

/// Rows with more than `most`.
pub(super) fn longer(
    array: &ArrayRef,
    most: usize,
    failed: &mut Vec<u32>,
) -> Result<(), ContractError> {
    by_length(array, failed, |_| false, |characters| characters > most)
}

/// `bytes_fail` tells a failure by the number of bytes alone, `fails` by the number of characters.
fn by_length(
    array: &ArrayRef,
    failed: &mut Vec<u32>,
    bytes_fail: impl Fn(usize) -> bool,
    fails: impl Fn(usize) -> bool,
) -> Result<(), ContractError> {
    let valid = |row: usize| array.is_valid(row);
    if let Some(binary) = array.as_binary_opt::<i32>() {
        let lengths = binary.offsets().lengths();
        failed.extend(
            (0_u32..)
                .zip(lengths.enumerate())
                .filter(|(_, (row, length))| fails(*length) && valid(*row))
                .map(|(row, _)| row),
        );
        return Ok(());
    }
    let text = array
        .as_string_opt::<i32>()
        .ok_or(ContractError::Kernel { step: "length" })?;
    for (row, (index, bytes)) in (0_u32..).zip(text.offsets().lengths().enumerate()) {
        // Characters are at least a quarter and at most all of the bytes: most rows end here.
        if !fails(bytes) && !fails(bytes.div_ceil(4)) && !bytes_fail(bytes) {
            continue;
        }
        if valid(index) && (bytes_fail(bytes) || fails(text.value(index).chars().count())) {
            failed.push(row);
        }
    }
    Ok(())
}
