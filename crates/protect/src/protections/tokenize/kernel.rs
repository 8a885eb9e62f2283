//! The kernel of `tokenize`.
//!
//! Invariant: a token is the beginning of HMAC-SHA-256 under HKDF-SHA-256(key, info `tokenize`),
//! over domain, a zero byte, and the value as UTF-8 (whole numbers in decimal, dates in ISO 8601),
//! in the form that is asked for: base64url, without padding, of the first 16 bytes by default. It
//! depends on nothing else, so that the same person is the same token everywhere that key, domain
//! and form are the same.

use std::fmt;

use arrow::{
    array::{Array, ArrayRef, AsArray},
    datatypes::{
        DataType, Date32Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
        UInt32Type, UInt64Type,
    },
};

use super::{form::Form, plaintext};
use crate::{
    Kernel, KeySource, ProtectError,
    argument::Arguments,
    column::{Layout, fresh_nulls, refuse, unpack},
    crypto::hmac::Prefixed,
    subject,
};

const NAME: &str = "tokenize";

/// `tokenize`, bound.
pub(crate) struct Tokenize {
    /// The paddings of the HMAC and the domain, hashed once.
    tokens: Prefixed,
    domain: String,
    form: Form,
}

impl fmt::Debug for Tokenize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokenize")
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}

pub(crate) fn kernel(
    arguments: &Arguments<'_>,
    keys: &dyn KeySource,
) -> Result<Tokenize, ProtectError> {
    let domain = subject::domain(arguments, 1)?.to_owned();
    Ok(Tokenize {
        tokens: keys.token_key(arguments.text(0)?)?.in_domain(&domain)?,
        domain,
        form: Form::read(arguments, 2, 3)?,
    })
}

pub(crate) fn returns(
    arguments: &Arguments<'_>,
    input: &DataType,
) -> Result<DataType, ProtectError> {
    subject::takes(NAME, input)?;
    Ok(Form::read(arguments, 2, 3)?.data_type())
}

impl Kernel for Tokenize {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        subject::takes(NAME, input)?;
        Ok(self.form.data_type())
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        subject::takes(NAME, input.data_type())?;
        let plain = unpack(NAME, input)?;
        macro_rules! text {
            ($array:expr) => {{
                let texts = $array;
                self.column(&plain, |row| self.tokens.sign(texts.value(row).as_bytes()))
            }};
        }
        macro_rules! integer {
            ($t:ty) => {{
                let numbers = plain.as_primitive::<$t>();
                self.column(&plain, |row| {
                    let number = i128::from(numbers.value(row));
                    self.tokens.sign(plaintext::integer(number, &mut [0; 32]))
                })
            }};
        }
        match plain.data_type() {
            DataType::Utf8 => text!(plain.as_string::<i32>()),
            DataType::LargeUtf8 => text!(plain.as_string::<i64>()),
            DataType::Utf8View => text!(plain.as_string_view()),
            DataType::Int8 => integer!(Int8Type),
            DataType::Int16 => integer!(Int16Type),
            DataType::Int32 => integer!(Int32Type),
            DataType::Int64 => integer!(Int64Type),
            DataType::UInt8 => integer!(UInt8Type),
            DataType::UInt16 => integer!(UInt16Type),
            DataType::UInt32 => integer!(UInt32Type),
            DataType::UInt64 => integer!(UInt64Type),
            DataType::Date32 => {
                let days = plain.as_primitive::<Date32Type>();
                self.column(&plain, |row| {
                    self.tokens
                        .sign(plaintext::date(days.value(row), &mut [0; 32]))
                })
            }
            other => Err(refuse(NAME, other)),
        }
    }
}

impl Tokenize {
    fn column(
        &self,
        plain: &ArrayRef,
        sign: impl Fn(usize) -> [u8; 32],
    ) -> Result<ArrayRef, ProtectError> {
        let (form, nulls) = (self.form, fresh_nulls(plain));
        let layout = Layout::measure(NAME, plain.len(), nulls.clone(), |_| form.width())?;
        let bytes = layout.fill(|row, cell| form.write(&sign(row), cell))?;
        form.column(layout, bytes, nulls, plain.len())
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    use crate::testing::{Sample, said};

    Sample::texts(arguments(said("token"), "domain"))
}

/// The text form of the default length.
#[cfg(test)]
fn arguments(
    key: sealine_label::declare::Argument,
    domain: &str,
) -> Vec<sealine_label::declare::Argument> {
    use crate::testing::said;

    let length = sealine_label::declare::Argument::Integer(0);
    vec![key, said(domain), said("text"), length]
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use arrow::array::{Date32Array, Int16Array, Int64Array, StringArray, UInt64Array};
    use std::sync::Arc;

    use super::*;
    use crate::{
        bind,
        testing::{Keys, assert_own_buffers, call, contains, every_shape_of_text, said},
    };

    fn tokens(input: ArrayRef, domain: &str) -> Vec<Option<String>> {
        let arguments = arguments(said("crm"), domain);
        let output = bind(&call(NAME, arguments), &Keys)
            .unwrap()
            .apply(&input)
            .unwrap();
        output
            .as_string::<i32>()
            .iter()
            .map(|value| value.map(str::to_owned))
            .collect()
    }

    fn text(value: &str) -> ArrayRef {
        Arc::new(StringArray::from(vec![value]))
    }

    /// Computed apart, with Python's `hmac` and `hashlib`, from the definition in this module's
    /// header and the key of `testing::Keys`, 32 bytes 0x2a.
    #[test]
    fn known_answers() {
        assert_eq!(
            tokens(text("alice@example.com"), "pii.email"),
            [Some("uRJR5Hli48lDxC3UGNuNlw".to_owned())]
        );
        assert_eq!(
            tokens(text(""), "pii.email"),
            [Some("tBEfoSmsVKP6HT-8EDs5Ow".to_owned())]
        );
        assert_eq!(
            tokens(text("søren"), ""),
            [Some("QmgG8ianqJyPFp0Hu25B2g".to_owned())]
        );
        let number: ArrayRef = Arc::new(Int64Array::from(vec![-42]));
        assert_eq!(
            tokens(number, "id"),
            [Some("hXssmTBgcjizuvSAV2VBHw".to_owned())]
        );
        let date: ArrayRef = Arc::new(Date32Array::from(vec![11_016]));
        assert_eq!(
            tokens(date, "dob"),
            [Some("fbZsMDmYc44BFEqPcapr0A".to_owned())]
        );
    }

    #[test]
    fn a_value_has_one_token_whatever_the_width_of_its_column() {
        let expected = tokens(text("7"), "id");
        let widths: [ArrayRef; 3] = [
            Arc::new(Int16Array::from(vec![7])),
            Arc::new(Int64Array::from(vec![7])),
            Arc::new(UInt64Array::from(vec![7])),
        ];
        for width in widths {
            assert_eq!(tokens(width, "id"), expected);
        }
    }

    #[test]
    fn domains_and_values_do_not_run_into_each_other() {
        assert_ne!(tokens(text("bc"), "a"), tokens(text("c"), "ab"));
        assert_ne!(tokens(text("x"), "a"), tokens(text("x"), "b"));
    }

    #[test]
    fn every_shape_gives_the_same_and_no_plaintext_is_left() {
        let values = [
            Some("CANARY-4111-SECRET"),
            None,
            Some(""),
            Some("CANARY-4111-SECRET"),
        ];
        let expected = tokens(Arc::new(StringArray::from(values.to_vec())), "d");
        assert_eq!(expected[0], expected[3]);
        assert_eq!(expected[1], None);
        assert!(
            expected[2].is_some() && expected[2] != expected[0],
            "an empty string is a value"
        );
        let arguments = arguments(said("crm"), "d");
        let kernel = bind(&call(NAME, arguments), &Keys).unwrap();
        for (shape, input) in every_shape_of_text(&values) {
            let output = kernel.apply(&input).unwrap();
            let found: Vec<_> = output
                .as_string::<i32>()
                .iter()
                .map(|v| v.map(str::to_owned))
                .collect();
            assert_eq!(found, expected, "{shape}");
            assert_own_buffers(&input, &output);
            for secret in ["CANARY", "SECRET", "beside", "outside"] {
                assert!(!contains(&output, secret.as_bytes()), "{shape} {secret}");
            }
        }
    }

    #[test]
    fn other_types_are_refused() {
        let floats: ArrayRef = Arc::new(arrow::array::Float64Array::from(vec![1.0]));
        let arguments = arguments(said("crm"), "d");
        assert_eq!(
            bind(&call(NAME, arguments), &Keys)
                .unwrap()
                .apply(&floats)
                .unwrap_err()
                .code(),
            "SL8012"
        );
    }
}
