//! The kernel of `encrypt`.
//!
//! Invariant: a data key seals fewer than 2^32 values under random nonces; when a run needs more,
//! it takes a new salt and so a new data key.
//!
//! Must never: seal two values under one nonce and data key.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use arrow::{
    array::{Array, ArrayRef},
    datatypes::DataType,
};
use sealine_label::declare::Context;

use super::format::{OVERHEAD, SALT_LEN, associated_data, write_head};
use crate::{
    Kernel, KeySource, ProtectError,
    argument::Arguments,
    cell::{Cells, cells, has_cells},
    column::{Layout, fresh_nulls, plain_type, refuse, unpack},
    crypto::{
        ValueKey,
        aead::{self, NONCE_LEN},
        random,
    },
};

pub(super) const NAME: &str = "encrypt";

/// `encrypt`, bound.
pub(crate) struct Encrypt {
    key: ValueKey,
    associated: Vec<u8>,
    current: Mutex<Arc<DataKey>>,
}

/// A salt and the key it gives.
struct DataKey {
    salt: [u8; SALT_LEN],
    key: aead::Key,
}

impl fmt::Debug for Encrypt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encrypt")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

pub(crate) fn kernel(
    arguments: &Arguments<'_>,
    context: &Context,
    keys: &dyn KeySource,
) -> Result<Encrypt, ProtectError> {
    let key = keys.value_key(arguments.text(0)?)?;
    let associated = associated_data(context, key.version())?;
    let current = Mutex::new(Arc::new(DataKey::fresh(&key)?));
    Ok(Encrypt {
        key,
        associated,
        current,
    })
}

pub(crate) fn returns(input: &DataType) -> Result<DataType, ProtectError> {
    let plain = plain_type(input);
    if has_cells(plain) || *plain == DataType::Null {
        Ok(DataType::Binary)
    } else {
        Err(refuse(NAME, input))
    }
}

impl Kernel for Encrypt {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        returns(input)
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        returns(input.data_type())?;
        let plain = unpack(NAME, input)?;
        // A column of type null has no cell, and no row that would ask for one.
        let cells = cells(&plain);
        let nulls = fresh_nulls(&plain);
        let sealing = plain.len() - nulls.as_ref().map_or(0, |nulls| nulls.null_count());
        let layout = Layout::measure(NAME, plain.len(), nulls, |row| {
            OVERHEAD + value(cells, row, &mut [0; 16]).len()
        })?;
        let data_key = self.data_key(sealing)?;
        let mut nonces = vec![0; sealing.saturating_mul(NONCE_LEN)];
        random::fill(&mut nonces)?;
        let mut nonces = nonces.as_chunks::<NONCE_LEN>().0.iter();
        let bytes = layout.fill(|row, cell| {
            let failed = ProtectError::Primitive("the layout of a sealed value");
            let Some(nonce) = nonces.next() else {
                return Err(failed);
            };
            let Some(rest) = write_head(cell, self.key.version(), &data_key.salt, nonce) else {
                return Err(failed);
            };
            data_key.key.seal_into(
                *nonce,
                &self.associated,
                value(cells, row, &mut [0; 16]),
                rest,
            )
        })?;
        Ok(Arc::new(layout.binary(bytes)?))
    }
}

fn value<'a>(cells: Option<&'a dyn Cells>, row: usize, scratch: &'a mut [u8; 16]) -> &'a [u8] {
    cells.map_or(&[][..], |cells| cells.bytes(row, scratch))
}

impl Encrypt {
    /// The data key for `seals` more values, counted; a new one where the current has too few left.
    fn data_key(&self, seals: usize) -> Result<Arc<DataKey>, ProtectError> {
        let seals = u64::try_from(seals).unwrap_or(u64::MAX);
        // A panic elsewhere leaves a whole key behind: the lock guards one assignment.
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.key.count(seals).is_err() {
            let fresh = DataKey::fresh(&self.key)?;
            fresh.key.count(seals)?;
            *current = Arc::new(fresh);
        }
        Ok(Arc::clone(&current))
    }
}

impl DataKey {
    fn fresh(key: &ValueKey) -> Result<DataKey, ProtectError> {
        let salt = random::array()?;
        Ok(DataKey {
            salt,
            key: key.data_key(&salt)?,
        })
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
    use arrow::array::{AsArray, NullArray};
    use sealine_label::declare::Argument;

    use super::*;
    use crate::{
        crypto::aead::SEALS_PER_KEY,
        testing::{Keys, assert_own_buffers, call, contains, every_shape_of_text},
    };

    fn bound() -> Encrypt {
        let call = call(NAME, vec![Argument::Text("v".to_owned())]);
        kernel(&Arguments::of(&call).unwrap(), &call.context, &Keys).unwrap()
    }

    #[test]
    fn every_shape_is_sealed_and_no_plaintext_is_left() {
        let values = [
            Some("CANARY-4111-SECRET"),
            None,
            Some(""),
            Some("CANARY-4111-SECRET"),
        ];
        let kernel = bound();
        for (shape, input) in every_shape_of_text(&values) {
            let output = kernel.apply(&input).unwrap();
            let cells = output.as_binary::<i32>();
            assert_eq!(cells.null_count(), 1, "{shape}");
            assert_eq!(cells.value(0).len(), OVERHEAD + 18, "{shape}");
            assert_eq!(cells.value(1).len(), 0, "{shape}");
            assert_eq!(cells.value(2).len(), OVERHEAD, "{shape}");
            assert_ne!(
                cells.value(0),
                cells.value(3),
                "equal values must not look equal"
            );
            assert_ne!(
                cells.value(0)[21..33],
                cells.value(3)[21..33],
                "a nonce is used once"
            );
            assert_own_buffers(&input, &output);
            for secret in ["CANARY", "SECRET", "beside", "outside"] {
                assert!(!contains(&output, secret.as_bytes()), "{shape} {secret}");
            }
        }
    }

    #[test]
    fn a_used_up_data_key_is_replaced() {
        let kernel = bound();
        let first = kernel.data_key(1).unwrap();
        first.key.count(SEALS_PER_KEY - 3).unwrap();
        assert_eq!(
            kernel.data_key(2).unwrap().salt,
            first.salt,
            "two were left"
        );
        let second = kernel.data_key(1).unwrap();
        assert_ne!(second.salt, first.salt);
        assert_eq!(kernel.data_key(1).unwrap().salt, second.salt);
        // The new key has counted both, the one that made it necessary included.
        assert!(second.key.count(SEALS_PER_KEY - 1).is_err());
        assert!(second.key.count(SEALS_PER_KEY - 2).is_ok());
    }

    #[test]
    fn two_runs_have_two_salts() {
        assert_ne!(
            bound().data_key(1).unwrap().salt,
            bound().data_key(1).unwrap().salt
        );
    }

    #[test]
    fn a_column_of_type_null_stays_null() {
        let input: ArrayRef = Arc::new(NullArray::new(3));
        assert_eq!(bound().apply(&input).unwrap().null_count(), 3);
    }

    #[test]
    fn nested_types_are_refused() {
        let list = DataType::new_list(DataType::Utf8, true);
        assert_eq!(returns(&list).unwrap_err().code(), "SL8012");
    }
}
