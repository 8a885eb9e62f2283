//! The kernel of `redact`: it reads nothing of the input but its length.

use std::sync::Arc;

use arrow::{array::ArrayRef, datatypes::DataType};

use crate::{Kernel, ProtectError, argument::Arguments, column::Layout};

const TEXT: &str = "[redacted]";

/// `redact`, bound.
#[derive(Debug)]
pub(crate) struct Redact;

pub(crate) fn kernel(_: &Arguments<'_>) -> Result<Redact, ProtectError> {
    Ok(Redact)
}

impl Kernel for Redact {
    fn returns(&self, _: &DataType) -> Result<DataType, ProtectError> {
        Ok(DataType::Utf8)
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        let layout = Layout::measure("redact", input.len(), None, |_| TEXT.len())?;
        let bytes = layout.fill(|_, cell| {
            cell.copy_from_slice(TEXT.as_bytes());
            Ok(())
        })?;
        Ok(Arc::new(layout.text(bytes)?))
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
    use arrow::array::{Array, AsArray, Int32Array, StringArray};

    use super::*;

    #[test]
    fn every_row_is_the_same_nulls_included() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("")]));
        let numbers: ArrayRef = Arc::new(Int32Array::from(vec![None, Some(7), Some(8)]));
        for input in [texts, numbers] {
            let output = Redact.apply(&input).unwrap();
            assert_eq!(output.null_count(), 0);
            assert!(
                output
                    .as_string::<i32>()
                    .iter()
                    .all(|value| value == Some("[redacted]"))
            );
            assert_eq!(output.len(), 3);
        }
    }
}
