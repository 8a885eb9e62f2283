//! The kernel of `tink_daead`.

use std::sync::Arc;

use arrow::{array::ArrayRef, datatypes::DataType};

use crate::{
    Kernel, KeySource, ProtectError,
    argument::Arguments,
    crypto::tink::Keyset,
    interchange::{self, seal_each},
};

pub(super) const NAME: &str = "tink_daead";

/// `tink_daead`, bound.
#[derive(Debug)]
struct Tink {
    keyset: Keyset,
    context: String,
}

pub(super) fn kernel(
    arguments: &Arguments<'_>,
    keys: &dyn KeySource,
) -> Result<impl Kernel + use<>, ProtectError> {
    let (name, context) = (arguments.text(0)?, arguments.text(1)?);
    Ok(Tink {
        keyset: Keyset::derive_daead(&keys.token_key(name)?)?,
        context: context.to_owned(),
    })
}

impl Kernel for Tink {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        interchange::returns(NAME, input, DataType::Binary)
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        let sealer = self.keyset.sealer(self.context.as_bytes())?;
        let length = |value| self.keyset.sealed_len(value);
        let (layout, bytes) = seal_each(NAME, input, length, |value, place| {
            sealer.seal_into(value, place)
        })?;
        Ok(Arc::new(layout.binary(bytes)?))
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    use crate::testing::{Sample, said};

    Sample::texts(vec![said("key"), said("crm/notes")])
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

    use super::*;
    use crate::{
        bind,
        testing::{Keys, assert_own_buffers, call, contains, every_shape_of_text, said},
        unbind,
    };

    #[test]
    fn every_shape_is_sealed_and_comes_back_with_its_context() {
        let values = [
            Some("CANARY-4111-SECRET"),
            None,
            Some(""),
            Some("CANARY-4111-SECRET"),
        ];
        let calls = ["one", "two"].map(|context| call(NAME, vec![said("k"), said(context)]));
        let kernel = bind(&calls[0], &Keys).unwrap();
        for (shape, input) in every_shape_of_text(&values) {
            let output = kernel.apply(&input).unwrap();
            let cells = output.as_binary::<i32>();
            assert_eq!(cells.null_count(), 1, "{shape}");
            assert_eq!(cells.value(0), cells.value(3), "{shape}");
            assert!(!contains(&output, b"CANARY"), "{shape}");
            assert_own_buffers(&input, &output);
            let open = |at: usize| {
                let opener = unbind(&calls[at], &Keys).unwrap();
                opener.open(&output, &DataType::Utf8, &[])
            };
            assert!(
                open(0).unwrap().as_string::<i32>().iter().eq(values),
                "{shape}"
            );
            assert_eq!(open(1).unwrap_err().code(), "SL8031", "{shape}");
        }
    }
}
