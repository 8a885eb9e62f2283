//! The kernel of `fernet`.
//!
//! Invariant: all tokens of a run carry the time that the keys were opened for, not a value's own.

use std::{fmt, sync::Arc};

use arrow::{
    array::{Array, ArrayRef},
    datatypes::DataType,
};

use crate::{
    Kernel, KeySource, ProtectError,
    argument::Arguments,
    crypto::{
        fernet::{Key, token_len},
        random,
    },
    interchange::{self, seal_each},
};

pub(super) const NAME: &str = "fernet";
const IV_LEN: usize = 16;

/// `fernet`, bound.
struct Fernet {
    key: Key,
    now: u64,
}

impl fmt::Debug for Fernet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fernet")
    }
}

pub(super) fn kernel(
    arguments: &Arguments<'_>,
    keys: &dyn KeySource,
) -> Result<impl Kernel + use<>, ProtectError> {
    let now = keys.sealed_at();
    Ok(Fernet {
        key: Key::derive(&keys.value_key(arguments.text(0)?)?)?.0,
        now: now.ok_or(ProtectError::NoTime { protection: NAME })?,
    })
}

impl Kernel for Fernet {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        interchange::returns(NAME, input, DataType::Utf8)
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        let mut ivs = vec![0; input.len().saturating_mul(IV_LEN)];
        random::fill(&mut ivs)?;
        let mut ivs = ivs.as_chunks::<IV_LEN>().0.iter();
        let mut work = Vec::new();
        let (layout, bytes) = seal_each(NAME, input, token_len, |value, token| {
            let iv = ivs.next().ok_or(ProtectError::Randomness)?;
            self.key.seal_into(*iv, self.now, value, &mut work, token)
        })?;
        Ok(Arc::new(layout.text(bytes)?))
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    use crate::testing::{Sample, said};

    Sample::texts(vec![said("value")])
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use arrow::array::{AsArray, Int32Array, NullArray};

    use super::*;
    use crate::{
        bind,
        testing::{Keys, assert_own_buffers, call, contains, every_shape_of_text, said},
        unbind,
    };

    #[test]
    fn every_shape_is_sealed_and_comes_back() {
        let values = [Some("CANARY-4111-SECRET"), None, Some("")];
        let call = call(NAME, vec![said("k")]);
        let kernel = bind(&call, &Keys).unwrap();
        for (shape, input) in every_shape_of_text(&values) {
            let output = kernel.apply(&input).unwrap();
            assert_eq!(output.as_string::<i32>().null_count(), 1, "{shape}");
            assert!(!contains(&output, b"CANARY"), "{shape}");
            assert_own_buffers(&input, &output);
            let opener = unbind(&call, &Keys).unwrap();
            let opened = opener.open(&output, &DataType::Utf8, &[]).unwrap();
            assert!(opened.as_string::<i32>().iter().eq(values), "{shape}");
        }
        let nothing: ArrayRef = Arc::new(NullArray::new(3));
        assert_eq!(kernel.apply(&nothing).unwrap().null_count(), 3);
        let numbers: ArrayRef = Arc::new(Int32Array::from(vec![1]));
        assert_eq!(kernel.apply(&numbers).unwrap_err().code(), "SL8012");
    }

    #[test]
    fn without_a_time_nothing_is_sealed() {
        struct Timeless;
        impl KeySource for Timeless {
            fn token_key(&self, name: &str) -> Result<crate::crypto::TokenKey, ProtectError> {
                Keys.token_key(name)
            }
            fn value_key(&self, name: &str) -> Result<crate::crypto::ValueKey, ProtectError> {
                Keys.value_key(name)
            }
        }
        let error = bind(&call(NAME, vec![said("k")]), &Timeless).unwrap_err();
        assert_eq!(error.code(), "SL8044");
    }
}
