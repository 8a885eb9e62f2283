//! The forms of a token, and how short each may be.
//!
//! Invariant: among 1,000,000 distinct values of a domain, the chance that any two have one token
//! is below 1 in 1,000,000 (the birthday bound: n² / 2N). Two values with one token are one person
//! from then on, and nothing downstream can tell.
//!
//! The floor is fixed, since a kernel does not know how many values will come. It takes N above
//! 2^58.8: 8 bytes (2^64), 11 characters (2^64) or 18 digits (2^59.8).

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, Int64Array},
    buffer::{NullBuffer, ScalarBuffer},
    datatypes::DataType,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    ProtectError,
    argument::Arguments,
    column::{Layout, is_valid},
};

/// The words of the parameter `output`.
pub(super) const OUTPUTS: &[&str] = &["text", "binary", "integer"];
/// Bytes of the HMAC that are kept unless a length is written: 128 bits, so that two of 2^40
/// values collide with chance 2^-49.
const KEPT: usize = 16;
/// Bytes of an HMAC-SHA-256.
const MOST: usize = 32;
const LEAST: usize = 8;
/// The only number of digits that is enough and fits 64 bits with a sign.
const DIGITS: usize = 18;
const INTEGERS: u128 = 10_u128.pow(18);

/// What a token looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// base64url without padding of so many bytes.
    Text(usize),
    /// So many bytes.
    Binary(usize),
    /// The first 128 bits, modulo 10^18.
    Integer,
}

impl Form {
    /// Reads the parameters `output` and `length` that stand at these places.
    pub(super) fn read(
        arguments: &Arguments<'_>,
        output: usize,
        length: usize,
    ) -> Result<Form, ProtectError> {
        let written = arguments.count(length)?;
        let form = match arguments.choice(output, OUTPUTS)? {
            0 => Form::text(written),
            1 => Form::binary(written),
            _ => Form::integer(written),
        };
        form.map_err(|reason| arguments.wrong(reason))
    }

    fn text(length: usize) -> Result<Form, String> {
        // Of four characters, the first stands for no whole byte: base64 has no such length.
        let bytes = length * 3 / 4;
        match length {
            0 => Ok(Form::Text(KEPT)),
            11..=43 if length % 4 != 1 => Ok(Form::Text(bytes)),
            8..=10 => Err(too_short(
                length,
                "characters",
                256_f64.powi(whole(bytes)),
                11,
            )),
            11..=43 => Err(format!(
                "base64url has no token of {length} characters; write {} or {}",
                length - 1,
                length + 1
            )),
            _ => Err("a token of text has 11 to 43 characters".to_owned()),
        }
    }

    fn binary(length: usize) -> Result<Form, String> {
        match length {
            0 => Ok(Form::Binary(KEPT)),
            LEAST..=MOST => Ok(Form::Binary(length)),
            _ => Err(format!("a binary token has {LEAST} to {MOST} bytes")),
        }
    }

    fn integer(length: usize) -> Result<Form, String> {
        match length {
            0 | DIGITS => Ok(Form::Integer),
            1..DIGITS => Err(too_short(
                length,
                "digits",
                10_f64.powi(whole(length)),
                DIGITS,
            )),
            _ => Err("an integer token has 18 digits: more do not fit 64 bits".to_owned()),
        }
    }

    /// The type of a column of tokens.
    pub(super) fn data_type(self) -> DataType {
        match self {
            Form::Text(_) => DataType::Utf8,
            Form::Binary(_) => DataType::Binary,
            Form::Integer => DataType::Int64,
        }
    }

    /// Bytes that [`Form::write`] fills.
    pub(super) fn width(self) -> usize {
        match self {
            Form::Text(bytes) => (bytes * 4).div_ceil(3),
            Form::Binary(bytes) => bytes,
            Form::Integer => size_of::<i64>(),
        }
    }

    /// Writes the token that a tag gives.
    pub(super) fn write(self, tag: &[u8], cell: &mut [u8]) -> Result<(), ProtectError> {
        let written = match self {
            Form::Text(bytes) => {
                let kept = tag.get(..bytes).unwrap_or_default();
                let written = URL_SAFE_NO_PAD.encode_slice(kept, cell);
                written.is_ok_and(|written| written == self.width())
            }
            Form::Binary(bytes) => copy(tag.get(..bytes), cell),
            Form::Integer => tag.first_chunk::<KEPT>().is_some_and(|kept| {
                // 2^128 values onto 10^18: none is likelier than another by more than 2^-68.
                let token = u128::from_be_bytes(*kept) % INTEGERS;
                let token = i64::try_from(token).unwrap_or_default();
                copy(Some(&token.to_ne_bytes()), cell)
            }),
        };
        if written {
            Ok(())
        } else {
            Err(ProtectError::Primitive("the form of a token"))
        }
    }

    /// The column of the tokens that were written.
    pub(super) fn column(
        self,
        layout: Layout,
        bytes: Vec<u8>,
        nulls: Option<NullBuffer>,
        rows: usize,
    ) -> Result<ArrayRef, ProtectError> {
        Ok(match self {
            Form::Text(_) => Arc::new(layout.text(bytes)?),
            Form::Binary(_) => Arc::new(layout.binary(bytes)?),
            Form::Integer => {
                let mut tokens = bytes.as_chunks::<8>().0.iter();
                let numbers: Vec<i64> = (0..rows)
                    .map(|row| match is_valid(nulls.as_ref(), row) {
                        true => tokens.next().map_or(0, |token| i64::from_ne_bytes(*token)),
                        false => 0,
                    })
                    .collect();
                let failed = ProtectError::Arrow {
                    protection: "tokenize",
                    step: "building of a column of integers",
                };
                Arc::new(
                    Int64Array::try_new(ScalarBuffer::from(numbers), nulls).map_err(|_| failed)?,
                )
            }
        })
    }
}

fn copy(from: Option<&[u8]>, cell: &mut [u8]) -> bool {
    match from {
        Some(from) if from.len() == cell.len() => {
            cell.copy_from_slice(from);
            true
        }
        _ => false,
    }
}

fn whole(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn too_short(length: usize, of: &str, space: f64, enough: usize) -> String {
    let chance = (1e12 / 2.0 / space).min(1.0);
    format!(
        "tokens of {length} {of} are too few: among 1,000,000 values two get the same one with a chance of \
         {chance:.0e}, and above 1e-6 it is refused, since they would be one person; write at least {enough}"
    )
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use arrow::array::{Array, AsArray, StringArray};
    use arrow::datatypes::Int64Type;
    use sealine_label::declare::Argument;

    use crate::{
        ProtectError, bind, returns,
        testing::{Keys, Random, assert_own_buffers, call, every_shape_of_text, said},
    };

    use super::*;

    fn tokens(input: &ArrayRef, output: &str, length: i64) -> Result<ArrayRef, ProtectError> {
        let arguments = vec![
            said("crm"),
            said("pii.email"),
            said(output),
            Argument::Integer(length),
        ];
        let call = call("tokenize", arguments);
        let found = bind(&call, &Keys)?.apply(input)?;
        assert_eq!(found.data_type(), &returns(&call, input.data_type())?);
        Ok(found)
    }

    fn one() -> ArrayRef {
        Arc::new(StringArray::from(vec![Some("alice@example.com"), None]))
    }

    /// Computed apart, with Python's `hmac`, as the known answers of the kernel.
    #[test]
    fn known_answers() {
        let text = |length| {
            let found = tokens(&one(), "text", length).unwrap();
            assert!(found.is_null(1));
            found.as_string::<i32>().value(0).to_owned()
        };
        assert_eq!(text(0), "uRJR5Hli48lDxC3UGNuNlw");
        assert_eq!(text(22), "uRJR5Hli48lDxC3UGNuNlw");
        assert_eq!(text(12), "uRJR5Hli48lD");
        assert_eq!(text(11), "uRJR5Hli48k");
        let whole = text(43);
        assert_eq!((whole.len(), &whole[..21]), (43, "uRJR5Hli48lDxC3UGNuNl"));
        let binary = tokens(&one(), "binary", 8).unwrap();
        assert_eq!(
            binary.as_binary::<i32>().value(0),
            [0xb9, 0x12, 0x51, 0xe4, 0x79, 0x62, 0xe3, 0xc9]
        );
        let integer = tokens(&one(), "integer", 0).unwrap();
        assert!(integer.is_null(1));
        let expected = 0xb912_51e4_7962_e3c9_43c4_2dd4_18db_8d97_u128 % 10_u128.pow(18);
        assert_eq!(
            u128::try_from(integer.as_primitive::<Int64Type>().value(0)).unwrap(),
            expected
        );
    }

    #[test]
    fn what_would_collide_is_refused() {
        for (output, length) in [
            ("text", 8),
            ("text", 10),
            ("text", 13),
            ("text", 41),
            ("text", 44),
            ("text", 1),
            ("binary", 7),
            ("binary", 33),
            ("integer", 9),
            ("integer", 17),
            ("integer", 19),
            ("number", 0),
        ] {
            let error = tokens(&one(), output, length).unwrap_err();
            assert_eq!(error.code(), "SL8011", "{output} {length}");
        }
        let error = tokens(&one(), "integer", 15).unwrap_err().to_string();
        assert!(
            error.contains("5e-4") && error.contains("at least 18"),
            "{error}"
        );
    }

    /// The floor, recomputed: every form that is taken keeps the bound of the module's header.
    #[test]
    fn every_length_that_is_taken_keeps_the_bound() {
        let forms = (0..=64).flat_map(|length| {
            [
                Form::text(length),
                Form::binary(length),
                Form::integer(length),
            ]
        });
        let mut taken = 0;
        for form in forms.flatten() {
            let space = match form {
                Form::Text(bytes) | Form::Binary(bytes) => 2_f64.powi(8 * whole(bytes)),
                Form::Integer => 1e18,
            };
            assert!(1e12 / 2.0 / space < 1e-6, "{form:?}");
            taken += 1;
        }
        assert!(taken > 50);
    }

    #[test]
    fn every_shape_and_form_keeps_equality_and_owns_its_buffers() {
        let values = [Some("CANARY-4111"), None, Some(""), Some("CANARY-4111")];
        for (output, length) in [("text", 15), ("binary", 9), ("integer", 18)] {
            for (shape, input) in every_shape_of_text(&values) {
                let found = tokens(&input, output, length).unwrap();
                assert_own_buffers(&input, &found);
                assert!(found.is_null(1), "{shape}");
                assert_eq!(found.slice(0, 1).to_data(), found.slice(3, 1).to_data());
                assert_ne!(found.slice(0, 1).to_data(), found.slice(2, 1).to_data());
            }
        }
    }

    #[test]
    fn integers_spread_over_their_digits() {
        let mut random = Random::new(5);
        let texts: StringArray = (0..4000).map(|_| Some(random.next().to_string())).collect();
        let found = tokens(&(Arc::new(texts) as ArrayRef), "integer", 18).unwrap();
        let numbers = found.as_primitive::<Int64Type>().values();
        assert!(
            numbers
                .iter()
                .all(|number| (0..10_i64.pow(18)).contains(number))
        );
        for tenth in 0..10 {
            let range = tenth * 10_i64.pow(17)..(tenth + 1) * 10_i64.pow(17);
            let count = numbers
                .iter()
                .filter(|number| range.contains(number))
                .count();
            // 400 expected, with a standard deviation of 19.
            assert!((300..500).contains(&count), "{tenth}: {count}");
        }
    }
}
