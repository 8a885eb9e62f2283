//! The kernel of `encrypt`.
//!
//! Invariant: a data key seals fewer than 2^32 values under random nonces; when a run needs more,
//! it takes a new salt and so a new data key. Sealed nulls are as long as other values can be.
//!
//! Must never: seal two values under one nonce and data key.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use arrow::{
    array::{Array, ArrayRef},
    buffer::NullBuffer,
    datatypes::{ArrowPrimitiveType, DataType},
};
use sealine_label::declare::Context;

use super::{
    declaration::{CIPHER, NULLS, PAD, PADS},
    format::{Associated, Form, OVERHEAD, SALT_LEN, frame_len, write_frame, write_head},
    row::RowKeys,
};
use crate::{
    Kernel, KeySource, ProtectError,
    argument::Arguments,
    cell::{Cells, by_fixed_width, cells, has_cells},
    column::{Layout, fresh_nulls, is_valid, plain_type, refuse, unpack},
    crypto::{
        ValueKey,
        aead::{self, NONCE_LEN},
        random,
    },
};

pub(super) const NAME: &str = "encrypt";

/// The options of a call.
pub(super) struct Options {
    pub(super) form: Form,
    pad: usize,
    nulls_sealed: bool,
    /// The place of the row key among the columns beside the value.
    pub(super) row_key: Option<usize>,
}

impl Options {
    pub(super) fn of(arguments: &Arguments<'_>) -> Result<Options, ProtectError> {
        let pad = arguments.choice(1, PAD)?;
        let pad = PADS.get(pad).copied().unwrap_or(0);
        let nulls_sealed = arguments.choice(2, NULLS)? == 1;
        let row_key = arguments.column(4)?;
        Ok(Options {
            form: Form {
                siv: arguments.choice(3, CIPHER)? == 1,
                framed: pad > 0 || nulls_sealed,
                row_bound: row_key.is_some(),
            },
            pad,
            nulls_sealed,
            row_key,
        })
    }

    /// The type of the ciphertexts of a column of type `input`.
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        let plain = plain_type(input);
        if !has_cells(plain) && *plain != DataType::Null {
            return Err(refuse(NAME, input));
        }
        if self.nulls_sealed && self.pad == 0 && width(plain).is_none() {
            return Err(ProtectError::Argument {
                protection: NAME,
                reason:
                    "sealed nulls of text or bytes need a `pad`, or their length tells them apart"
                        .to_owned(),
            });
        }
        Ok(DataType::Binary)
    }
}

pub(crate) fn returns(
    arguments: &Arguments<'_>,
    input: &DataType,
) -> Result<DataType, ProtectError> {
    Options::of(arguments)?.returns(input)
}

/// Bytes of every value of this type; `None` where they differ.
fn width(plain: &DataType) -> Option<usize> {
    match plain {
        DataType::Null => Some(0),
        DataType::Boolean => Some(1),
        DataType::FixedSizeBinary(width) => usize::try_from(*width).ok(),
        other => {
            by_fixed_width!(other, T => Some(size_of::<<T as ArrowPrimitiveType>::Native>()), _ => None)
        }
    }
}

/// `encrypt`, bound.
pub(crate) struct Encrypt {
    key: ValueKey,
    options: Options,
    associated: Associated,
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
    let options = Options::of(arguments)?;
    let key = keys.value_key(arguments.text(0)?)?;
    let associated = Associated::new(context, key.version(), options.form)?;
    let current = Mutex::new(Arc::new(DataKey::fresh(&key, options.form)?));
    Ok(Encrypt {
        key,
        options,
        associated,
        current,
    })
}

impl Kernel for Encrypt {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        self.options.returns(input)
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        self.apply_beside(input, &[])
    }

    fn apply_beside(
        &self,
        input: &ArrayRef,
        beside: &[ArrayRef],
    ) -> Result<ArrayRef, ProtectError> {
        self.returns(input.data_type())?;
        let Options {
            form,
            pad,
            nulls_sealed,
            row_key,
        } = self.options;
        let row_keys = RowKeys::of(row_key, beside, input.len())?;
        let plain = unpack(NAME, input)?;
        let empty = width(plain.data_type()).unwrap_or(0);
        // A column of type null has no cells, and every row of it is null.
        let cells = cells(&plain);
        let nulls = fresh_nulls(&plain);
        let sealing = match &nulls {
            Some(nulls) if !nulls_sealed => plain.len() - nulls.null_count(),
            _ => plain.len(),
        };
        let sealed_len = |row| {
            let length = value(cells, nulls.as_ref(), row, &mut [0; 16]).map_or(empty, <[u8]>::len);
            if form.framed {
                frame_len(length, pad)
            } else {
                length
            }
        };
        let kept = nulls.clone().filter(|_| !nulls_sealed);
        let layout = Layout::measure(NAME, plain.len(), kept, |row| {
            sealed_len(row).saturating_add(OVERHEAD)
        })?;
        let data_key = self.data_key(sealing)?;
        let mut nonces = vec![0; sealing.saturating_mul(NONCE_LEN)];
        random::fill(&mut nonces)?;
        let mut nonces = nonces.as_chunks::<NONCE_LEN>().0.iter();
        let mut associated = self.associated.clone();
        let mut frame = Vec::new();
        let bytes = layout.fill(|row, cell| {
            let failed = || ProtectError::Primitive("the layout of a sealed value");
            let nonce = nonces.next().ok_or_else(failed)?;
            let rest = write_head(cell, form, self.key.version(), &data_key.salt, nonce)
                .ok_or_else(failed)?;
            let associated = match &row_keys {
                Some(keys) => keys.associated(row, &mut associated)?,
                None => associated.of_row(None)?,
            };
            let mut scratch = [0; 16];
            let value = value(cells, nulls.as_ref(), row, &mut scratch);
            let message = if form.framed {
                write_frame(&mut frame, value, sealed_len(row));
                frame.as_slice()
            } else {
                value.unwrap_or_default()
            };
            data_key.key.seal_into(*nonce, associated, message, rest)
        })?;
        Ok(Arc::new(layout.binary(bytes)?))
    }
}

/// The bytes of the value at `row`; `None` for a null.
fn value<'a>(
    cells: Option<&'a dyn Cells>,
    nulls: Option<&NullBuffer>,
    row: usize,
    scratch: &'a mut [u8; 16],
) -> Option<&'a [u8]> {
    let cells = cells.filter(|_| is_valid(nulls, row))?;
    Some(cells.bytes(row, scratch))
}

impl Encrypt {
    /// The data key for `seals` more values, counted; a new one where the current has too few left.
    fn data_key(&self, seals: usize) -> Result<Arc<DataKey>, ProtectError> {
        let seals = u64::try_from(seals).unwrap_or(u64::MAX);
        // A panic elsewhere leaves a whole key behind: the lock guards one assignment.
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.key.count(seals).is_err() {
            let fresh = DataKey::fresh(&self.key, self.options.form)?;
            fresh.key.count(seals)?;
            *current = Arc::new(fresh);
        }
        Ok(Arc::clone(&current))
    }
}

impl DataKey {
    fn fresh(key: &ValueKey, form: Form) -> Result<DataKey, ProtectError> {
        let salt = random::array()?;
        Ok(DataKey {
            salt,
            key: key.data_key(form.cipher(), form.info(), &salt)?,
        })
    }
}

#[cfg(test)]
use sealine_label::declare::Argument;

#[cfg(test)]
pub(super) fn arguments(pad: &str, nulls: &str, cipher: &str, row_key: Argument) -> Vec<Argument> {
    use crate::testing::said;

    vec![said("v"), said(pad), said(nulls), said(cipher), row_key]
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    use crate::testing::Sample;

    Sample::texts(arguments("none", "kept", "gcm", Argument::Absent))
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use arrow::array::{AsArray, Int32Array, Int64Array, NullArray, StringArray};

    use super::*;
    use crate::{
        crypto::aead::SEALS_PER_KEY,
        testing::{Keys, assert_own_buffers, call, contains, every_shape_of_text},
    };

    fn with(pad: &str, nulls: &str, cipher: &str, row_key: Argument) -> Encrypt {
        let call = call(NAME, arguments(pad, nulls, cipher, row_key));
        kernel(&Arguments::of(&call).unwrap(), &call.context, &Keys).unwrap()
    }

    fn bound() -> Encrypt {
        with("none", "kept", "gcm", Argument::Absent)
    }

    fn lengths(output: &ArrayRef) -> Vec<Option<usize>> {
        let cells = output.as_binary::<i32>().iter();
        cells.map(|cell| cell.map(<[u8]>::len)).collect()
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
        assert_eq!(bound().returns(&list).unwrap_err().code(), "SL8012");
    }

    #[test]
    fn padding_hides_lengths_and_sealing_hides_nulls() {
        let long = "x".repeat(65);
        let values = [Some("a"), None, Some(""), Some(&long[..64]), Some(&long)];
        for (shape, input) in every_shape_of_text(&values) {
            let kept = with("64", "kept", "gcm", Argument::Absent).apply(&input);
            let (one, two) = (Some(OVERHEAD + 4 + 64), Some(OVERHEAD + 4 + 128));
            assert_eq!(
                lengths(&kept.unwrap()),
                [one, None, one, one, two],
                "{shape}"
            );
            let sealed = with("64", "sealed", "gcm-siv", Argument::Absent).apply(&input);
            assert_eq!(
                lengths(&sealed.unwrap()),
                [one, one, one, one, two],
                "{shape}"
            );
        }
    }

    #[test]
    fn sealed_nulls_of_numbers_are_as_wide_as_numbers() {
        let input: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
        let kernel = with("none", "sealed", "gcm", Argument::Absent);
        let cell = Some(OVERHEAD + 4 + 8);
        assert_eq!(lengths(&kernel.apply(&input).unwrap()), [cell, cell]);
        let text: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
        assert_eq!(kernel.apply(&text).unwrap_err().code(), "SL8011");
        let nothing: ArrayRef = Arc::new(NullArray::new(2));
        let cell = Some(OVERHEAD + 4);
        assert_eq!(lengths(&kernel.apply(&nothing).unwrap()), [cell, cell]);
    }

    #[test]
    fn a_row_key_has_to_be_there_for_every_value() {
        let input: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("b")]));
        let kernel = with("none", "kept", "gcm", Argument::Column(0));
        let keys = |keys: Vec<Option<i32>>| -> ArrayRef { Arc::new(Int32Array::from(keys)) };
        // A null is not sealed, so its row needs no key.
        let fits = keys(vec![Some(1), None, Some(3)]);
        assert!(kernel.apply_beside(&input, &[fits]).is_ok());
        let missing = keys(vec![Some(1), Some(2), None]);
        let error = kernel.apply_beside(&input, &[missing]).unwrap_err();
        assert!(
            matches!(error, ProtectError::Value { row: 2, .. }),
            "{error}"
        );
        let short = keys(vec![Some(1)]);
        assert_eq!(
            kernel.apply_beside(&input, &[short]).unwrap_err().code(),
            "SL8011"
        );
        assert_eq!(kernel.apply(&input).unwrap_err().code(), "SL8011");
        let beside = keys(vec![Some(1), Some(2), Some(3)]);
        assert_eq!(
            bound().apply_beside(&input, &[beside]).unwrap_err().code(),
            "SL8011"
        );
    }
}
