//! The kernel of `siv`.
//!
//! Invariant: a ciphertext depends on the value, the key and the domain, and on nothing else.

use std::{fmt, sync::Arc};

use arrow::{
    array::{Array, ArrayRef},
    datatypes::DataType,
};

use super::format::{BATCH, FORMAT, NAME, OVERHEAD, Plain, key};
use crate::{
    Kernel, KeySource, ProtectError,
    argument::Arguments,
    cell::{is_binary, is_text},
    column::{Layout, fresh_nulls, plain_type, refuse, unpack},
    crypto::siv::Key,
};

/// `siv`, bound.
pub(crate) struct Siv {
    key: Key,
}

impl fmt::Debug for Siv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Siv")
    }
}

pub(crate) fn kernel(arguments: &Arguments<'_>, keys: &dyn KeySource) -> Result<Siv, ProtectError> {
    Ok(Siv {
        key: key(arguments, keys)?,
    })
}

pub(crate) fn returns(input: &DataType) -> Result<DataType, ProtectError> {
    let plain = plain_type(input);
    if is_text(plain) || is_binary(plain) || plain.is_integer() || *plain == DataType::Date32 {
        Ok(DataType::Binary)
    } else {
        Err(refuse(NAME, input))
    }
}

impl Kernel for Siv {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        returns(input)
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        let array = unpack(NAME, input)?;
        let plain = Plain::of(&array).ok_or_else(|| refuse(NAME, input.data_type()))?;
        let layout = Layout::measure(NAME, array.len(), fresh_nulls(&array), |row| {
            OVERHEAD + plain.bytes(row, &mut [0; 16]).len()
        })?;
        let mut bytes = layout.fill(|row, cell| {
            let failed = ProtectError::Primitive("the layout of a sealed value");
            let (head, place) = cell.split_first_chunk_mut::<OVERHEAD>().ok_or(failed)?;
            let [format, ..] = head;
            *format = FORMAT;
            place.copy_from_slice(plain.bytes(row, &mut [0; 16]));
            Ok(())
        })?;
        // What was laid out is sealed where it stands, before anyone sees it.
        let mut cells = layout.cells(&mut bytes);
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let more = cells.by_ref().take(BATCH);
            batch.extend(more.filter_map(|(_, cell)| cell.get_mut(1..)));
            if batch.is_empty() {
                break;
            }
            self.key.seal_each(&mut batch);
            batch.clear();
        }
        drop(cells);
        Ok(Arc::new(layout.binary(bytes)?))
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    use crate::testing::{Sample, said};

    Sample::texts(vec![said("token"), said("domain")])
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use arrow::array::{
        AsArray, BinaryArray, Date32Array, Int8Array, Int64Array, StringArray, UInt64Array,
    };

    use super::*;
    use crate::{
        bind,
        testing::{Keys, assert_own_buffers, call, contains, every_shape_of_text, said},
        unbind,
    };

    fn sealed(input: &ArrayRef, domain: &str) -> ArrayRef {
        let call = call(NAME, vec![said("k"), said(domain)]);
        bind(&call, &Keys).unwrap().apply(input).unwrap()
    }

    fn open(
        input: &ArrayRef,
        data_type: &DataType,
        domain: &str,
    ) -> Result<ArrayRef, ProtectError> {
        let call = call(NAME, vec![said("k"), said(domain)]);
        unbind(&call, &Keys).unwrap().open(input, data_type, &[])
    }

    fn text(value: &str) -> ArrayRef {
        Arc::new(StringArray::from(vec![value]))
    }

    /// Computed apart, with `AESSIV` and `HKDF` of the Python package `cryptography`, from the
    /// definition in `format.rs` and the key of `testing::Keys`, 32 bytes 0x2a.
    #[test]
    fn known_answers() {
        let hex =
            |array: ArrayRef| hex::encode(sealed(&array, "pii.email").as_binary::<i32>().value(0));
        assert_eq!(
            hex(text("alice@example.com")),
            "028dcf3b728fe8144b5aa9dd608a8259c377d9538deb632d73fa36753d8431a34948"
        );
        assert_eq!(hex(text("")), "022b5cf4e1c9158b15273752ebea2b3442");
        assert_eq!(
            hex(Arc::new(Int64Array::from(vec![-42]))),
            "02e27ae0b76912c6793dbb47d74ad1222bdc5b1f6eb7e2e2dec3"
        );
        assert_eq!(
            hex(Arc::new(Date32Array::from(vec![11_016]))),
            "0241d61ff678fe9e534e829960a0de9023765b19bd"
        );
    }

    #[test]
    fn every_shape_is_the_same_and_no_plaintext_is_left() {
        let values = [
            Some("CANARY-4111-SECRET"),
            None,
            Some(""),
            Some("CANARY-4111-SECRET"),
        ];
        let plain: ArrayRef = Arc::new(StringArray::from(values.to_vec()));
        let expected = sealed(&plain, "d");
        let cells = expected.as_binary::<i32>();
        assert_eq!(cells.value(0), cells.value(3));
        assert_ne!(cells.value(0), cells.value(2));
        assert!(cells.is_null(1) && cells.value(2).len() == OVERHEAD);
        for (shape, input) in every_shape_of_text(&values) {
            let output = sealed(&input, "d");
            assert_eq!(&output, &expected, "{shape}");
            assert_own_buffers(&input, &output);
            for secret in ["CANARY", "SECRET", "beside", "outside"] {
                assert!(!contains(&output, secret.as_bytes()), "{shape} {secret}");
            }
            let opened = open(&output, plain_type(input.data_type()), "d").unwrap();
            let opened = arrow::compute::cast(&opened, &DataType::Utf8).unwrap();
            assert_eq!(&opened, &plain, "{shape}");
        }
    }

    #[test]
    fn more_than_one_batch_is_sealed_to_the_end() {
        let texts: StringArray = (0..3 * BATCH + 1)
            .map(|row| (row % 5 > 0).then(|| format!("row {row}")))
            .collect();
        let input: ArrayRef = Arc::new(texts);
        let output = sealed(&input, "d");
        assert!(!contains(&output, b"row"));
        assert_eq!(&open(&output, &DataType::Utf8, "d").unwrap(), &input);
    }

    #[test]
    fn a_value_has_one_ciphertext_whatever_the_width_of_its_column() {
        let narrow: ArrayRef = Arc::new(Int8Array::from(vec![-7]));
        let wide: ArrayRef = Arc::new(Int64Array::from(vec![-7]));
        assert_eq!(&sealed(&narrow, "id"), &sealed(&wide, "id"));
        let opened = open(&sealed(&narrow, "id"), &DataType::Int64, "id").unwrap();
        assert_eq!(&opened, &wide);
    }

    #[test]
    fn every_type_comes_back() {
        let columns: [ArrayRef; 4] = [
            Arc::new(BinaryArray::from(vec![
                Some(&b"\0\xff"[..]),
                None,
                Some(b""),
            ])),
            Arc::new(Int64Array::from(vec![Some(i64::MIN), None, Some(i64::MAX)])),
            Arc::new(UInt64Array::from(vec![Some(u64::MAX), None, Some(0)])),
            Arc::new(Date32Array::from(vec![Some(-1), None, Some(20_000)])),
        ];
        for input in columns {
            let output = sealed(&input, "d");
            assert_eq!(&open(&output, input.data_type(), "d").unwrap(), &input);
        }
    }

    #[test]
    fn what_was_changed_or_sealed_elsewhere_does_not_open() {
        let input: ArrayRef = Arc::new(StringArray::from(vec!["good", "canary"]));
        let output = sealed(&input, "d");
        assert_ne!(&output, &sealed(&input, "e"));
        let error = open(&output, &DataType::Utf8, "e").unwrap_err();
        assert!(matches!(error, ProtectError::DoesNotOpen { row: 0 }));
        let cells = output.as_binary::<i32>();
        for at in 0..cells.value(1).len() {
            let mut changed = cells.value(1).to_vec();
            changed[at] ^= 1;
            for bad in [changed.as_slice(), &cells.value(1)[..at]] {
                let bad: ArrayRef = Arc::new(BinaryArray::from(vec![cells.value(0), bad]));
                let error = open(&bad, &DataType::Utf8, "d").unwrap_err();
                assert!(matches!(error.code(), "SL8030" | "SL8031"), "{at}: {error}");
                assert!(error.to_string().contains("row 1"), "{at}: {error}");
            }
        }
        let error = open(&output, &DataType::Int64, "d").unwrap_err();
        assert_eq!(error.code(), "SL8032");
    }
}
