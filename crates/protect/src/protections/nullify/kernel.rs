//! The kernel of `nullify`: it reads nothing of the input but its type and length.

use arrow::{
    array::{ArrayRef, new_null_array},
    datatypes::DataType,
};

use crate::{Kernel, ProtectError, argument::Arguments};

/// `nullify`, bound.
#[derive(Debug)]
pub(crate) struct Nullify;

pub(crate) fn kernel(_: &Arguments<'_>) -> Result<Nullify, ProtectError> {
    Ok(Nullify)
}

impl Kernel for Nullify {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        Ok(input.clone())
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        Ok(new_null_array(input.data_type(), input.len()))
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    use crate::testing::Sample;

    Sample::texts(vec![])
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use arrow::array::Array;

    use super::*;
    use crate::testing::{bytes_of, every_shape_of_text};

    #[test]
    fn all_is_null_and_the_type_stays() {
        for (shape, input) in every_shape_of_text(&[Some("canary-4111"), None, Some("x")]) {
            let output = Nullify.apply(&input).unwrap();
            assert_eq!(output.data_type(), input.data_type(), "{shape}");
            assert_eq!(output.logical_null_count(), 3, "{shape}");
            assert!(bytes_of(&output).iter().all(|byte| *byte == 0), "{shape}");
        }
    }
}
