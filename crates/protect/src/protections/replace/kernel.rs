//! The kernel of `replace`: it reads nothing of the input but its length.

use std::sync::Arc;

use arrow::{array::ArrayRef, datatypes::DataType};

use crate::{Kernel, ProtectError, argument::Arguments, column::Layout};

/// The longest word, in bytes.
const LONGEST: usize = 128;

/// `replace`, bound.
#[derive(Debug)]
pub(crate) struct Replace {
    text: String,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<Replace, ProtectError> {
    let kind = arguments.text(0)?;
    if kind.is_empty() || kind.len() > LONGEST {
        return Err(arguments.wrong("the kind must be a text of 1 to 128 bytes, such as EMAIL"));
    }
    Ok(Replace {
        text: format!("[{kind}]"),
    })
}

impl Kernel for Replace {
    fn returns(&self, _: &DataType) -> Result<DataType, ProtectError> {
        Ok(DataType::Utf8)
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        let layout = Layout::measure("replace", input.len(), None, |_| self.text.len())?;
        let bytes = layout.fill(|_, cell| {
            cell.copy_from_slice(self.text.as_bytes());
            Ok(())
        })?;
        Ok(Arc::new(layout.text(bytes)?))
    }
}

#[cfg(test)]
pub(super) fn sample() -> crate::testing::Sample {
    crate::testing::Sample::texts(vec![crate::testing::said("EMAIL")])
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use arrow::array::{Array, AsArray};

    use crate::{
        bind,
        testing::{Keys, assert_own_buffers, bytes_of, call, every_shape_of_text, said},
    };

    #[test]
    fn every_row_is_the_word_nulls_included() {
        let kernel = bind(&call("replace", vec![said("EMAIL")]), &Keys).unwrap();
        for (shape, input) in every_shape_of_text(&[Some("canary-4111"), None, Some("")]) {
            let output = kernel.apply(&input).unwrap();
            assert_eq!(output.null_count(), 0, "{shape}");
            let texts = output.as_string::<i32>();
            assert!(texts.iter().all(|text| text == Some("[EMAIL]")), "{shape}");
            assert_own_buffers(&input, &output);
            assert!(!bytes_of(&output).contains(&b'c'), "{shape}");
        }
    }

    #[test]
    fn a_word_is_needed() {
        for bad in [String::new(), "x".repeat(129)] {
            let error = bind(&call("replace", vec![said(&bad)]), &Keys).unwrap_err();
            assert_eq!(error.code(), "SL8011");
        }
    }
}
