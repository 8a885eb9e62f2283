//! The catalogue: every protection by its name.
//!
//! Invariant: a name in the catalogue can be bound, and only such a name can.

use std::sync::Arc;

use arrow::datatypes::DataType;
use sealine_label::declare::{Call, Declaration};

use crate::{
    Kernel, KeySource, ProtectError,
    argument::Arguments,
    protections::{bucket, encrypt, mask, nullify, redact, tokenize},
};

static CATALOGUE: [Declaration; 6] = [
    redact::DECLARATION,
    nullify::DECLARATION,
    mask::DECLARATION,
    bucket::DECLARATION,
    tokenize::DECLARATION,
    encrypt::DECLARATION,
];

/// All protections, in the order of the documentation.
pub fn catalogue() -> &'static [Declaration] {
    &CATALOGUE
}

/// The type that `call` gives for a column of type `input`; needs no key.
///
/// # Errors
/// [`ProtectError::UnknownProtection`], [`ProtectError::Argument`], [`ProtectError::InputType`].
pub fn returns(call: &Call, input: &DataType) -> Result<DataType, ProtectError> {
    let arguments = Arguments::of(call)?;
    match call.name {
        "redact" => redact::kernel(&arguments)?.returns(input),
        "nullify" => nullify::kernel(&arguments)?.returns(input),
        "mask" => mask::kernel(&arguments)?.returns(input),
        "bucket" => bucket::kernel(&arguments)?.returns(input),
        "tokenize" => tokenize::returns(input),
        "encrypt" => encrypt::returns(input),
        other => Err(ProtectError::UnknownProtection(other.to_owned())),
    }
}

/// Makes the kernel of `call`, with the keys it names. One kernel serves one run: `encrypt`
/// derives its data key when it is bound.
///
/// # Errors
/// [`ProtectError::UnknownProtection`], [`ProtectError::Argument`], and what `keys` answers.
pub fn bind(call: &Call, keys: &dyn KeySource) -> Result<Arc<dyn Kernel>, ProtectError> {
    let arguments = Arguments::of(call)?;
    Ok(match call.name {
        "redact" => Arc::new(redact::kernel(&arguments)?),
        "nullify" => Arc::new(nullify::kernel(&arguments)?),
        "mask" => Arc::new(mask::kernel(&arguments)?),
        "bucket" => Arc::new(bucket::kernel(&arguments)?),
        "tokenize" => Arc::new(tokenize::kernel(&arguments, keys)?),
        "encrypt" => Arc::new(encrypt::kernel(&arguments, &call.context, keys)?),
        other => return Err(ProtectError::UnknownProtection(other.to_owned())),
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use arrow::array::{ArrayRef, StringArray};
    use sealine_label::declare::{Argument, Nulls, ParamKind, Returns};

    use super::*;
    use crate::testing::{Keys, call};

    fn plausible(declaration: &Declaration) -> Vec<Argument> {
        let plausible = |param: &sealine_label::declare::Param| match param.kind {
            ParamKind::Key(purpose) => Argument::Text(purpose.to_owned()),
            ParamKind::Count => Argument::Integer(1),
            ParamKind::Number => Argument::Number("10".to_owned()),
            ParamKind::Text => Argument::Text("domain".to_owned()),
        };
        declaration.params.iter().map(plausible).collect()
    }

    #[test]
    fn every_entry_binds_and_its_declaration_is_true() {
        let text: ArrayRef = Arc::new(StringArray::from(vec![Some("alice@example.com"), None]));
        let number: ArrayRef = Arc::new(arrow::array::Int64Array::from(vec![Some(42), None]));
        for declaration in catalogue() {
            let call = call(declaration.name, plausible(declaration));
            let kernel = bind(&call, &Keys).unwrap();
            let input = if declaration.name == "bucket" {
                &number
            } else {
                &text
            };
            let output = kernel.apply(input).unwrap();
            assert_eq!(
                output.data_type(),
                &returns(&call, input.data_type()).unwrap(),
                "{}",
                declaration.name
            );
            let expected = match declaration.returns {
                Returns::Same => input.data_type().clone(),
                Returns::Text => DataType::Utf8,
                Returns::Binary => DataType::Binary,
            };
            assert_eq!(output.data_type(), &expected, "{}", declaration.name);
            assert_eq!(output.len(), 2);
            let hidden = output.is_null(0) == output.is_null(1);
            assert_eq!(
                hidden,
                declaration.nulls == Nulls::Hidden,
                "{}",
                declaration.name
            );
        }
    }

    #[test]
    fn names_outside_and_arguments_beside_are_refused() {
        assert_eq!(
            bind(&call("md5", vec![]), &Keys).unwrap_err().code(),
            "SL8010"
        );
        assert_eq!(
            returns(&call("md5", vec![]), &DataType::Utf8)
                .unwrap_err()
                .code(),
            "SL8010"
        );
        for (name, arguments) in [
            ("redact", vec![Argument::Integer(1)]),
            ("mask", vec![Argument::Integer(1)]),
            ("mask", vec![Argument::Integer(-1), Argument::Integer(1)]),
            ("mask", vec![Argument::Integer(65), Argument::Integer(1)]),
            ("bucket", vec![Argument::Integer(0), Argument::Integer(0)]),
            (
                "bucket",
                vec![Argument::Number("-3".to_owned()), Argument::Integer(0)],
            ),
            (
                "bucket",
                vec![Argument::Number("ten".to_owned()), Argument::Integer(0)],
            ),
            (
                "tokenize",
                vec![
                    Argument::Text("token".to_owned()),
                    Argument::Text("a\0b".to_owned()),
                ],
            ),
            ("encrypt", vec![Argument::Integer(1)]),
        ] {
            let error = bind(&call(name, arguments.clone()), &Keys).unwrap_err();
            assert_eq!(error.code(), "SL8011", "{name} {arguments:?}");
        }
    }

    #[test]
    fn names_are_unique() {
        for (at, one) in catalogue().iter().enumerate() {
            assert!(
                catalogue()
                    .iter()
                    .skip(at + 1)
                    .all(|other| other.name != one.name)
            );
        }
    }
}
