//! The catalogue: every protection by its name.
//!
//! Invariant: a name in the catalogue can be bound, and only such a name can.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::DataType;
use sealine_label::declare::{Call, Context, Declaration};

use crate::{
    Kernel, KeySource, Opener, ProtectError, VersionSource,
    argument::Arguments,
    protections::{
        bands, bucket, coarse_coordinate, coarse_date, coarse_time, date_shift, encrypt, fernet,
        fpe, geo_cell, ip_prefix, lookup, mask, mask_card, mask_email, mask_fixed, mask_iban,
        mask_id, mask_ip, mask_phone, mask_regex, mask_url, nullify, redact, replace, round_to,
        scrub, siv, surrogate, tink_aead, tink_daead, tokenize, top_code, vault_token, zip_hipaa,
        zip_prefix,
    },
};

/// One protection: what it is, and how it is made. Each folder of `protections` has one.
pub(crate) struct Entry {
    pub(crate) declaration: Declaration,
    /// The type it gives for a column of this type; needs no key.
    pub(crate) returns: fn(&Arguments<'_>, &DataType) -> Result<DataType, ProtectError>,
    /// Makes its kernel.
    pub(crate) bind: Bind,
    /// Makes what undoes it, where that can be.
    pub(crate) unbind: Option<Unbind>,
    /// Arguments, a column and columns beside it that it takes, for the tests of all entries.
    #[cfg(test)]
    pub(crate) sample: fn() -> crate::testing::Sample,
}

type Bind = fn(&Arguments<'_>, &Context, &dyn KeySource) -> Result<Arc<dyn Kernel>, ProtectError>;
type Unbind = for<'a> fn(
    &Arguments<'_>,
    &Context,
    &'a dyn VersionSource,
) -> Result<Box<dyn Opener + 'a>, ProtectError>;

/// In the order of the documentation: by family, the weakest trace first.
static ENTRIES: &[&Entry] = &[
    &redact::ENTRY,
    &nullify::ENTRY,
    &replace::ENTRY,
    &mask::ENTRY,
    &mask_fixed::ENTRY,
    &mask_regex::ENTRY,
    &mask_email::ENTRY,
    &mask_phone::ENTRY,
    &mask_card::ENTRY,
    &mask_iban::ENTRY,
    &mask_ip::ENTRY,
    &mask_url::ENTRY,
    &mask_id::ENTRY,
    &bucket::ENTRY,
    &round_to::ENTRY,
    &top_code::ENTRY,
    &bands::ENTRY,
    &coarse_date::ENTRY,
    &coarse_time::ENTRY,
    &zip_prefix::ENTRY,
    &zip_hipaa::ENTRY,
    &geo_cell::ENTRY,
    &coarse_coordinate::ENTRY,
    &ip_prefix::ENTRY,
    &lookup::ENTRY,
    &date_shift::ENTRY,
    &tokenize::ENTRY,
    &siv::ENTRY,
    &fpe::ENTRY,
    &fpe::CARD,
    &vault_token::ENTRY,
    &tink_daead::ENTRY,
    &surrogate::ENTRY,
    &encrypt::ENTRY,
    &fernet::ENTRY,
    &tink_aead::ENTRY,
    &scrub::ENTRY,
];

static DECLARATIONS: LazyLock<Vec<Declaration>> =
    LazyLock::new(|| ENTRIES.iter().map(|entry| entry.declaration).collect());

/// All protections, in the order of the documentation.
pub fn catalogue() -> &'static [Declaration] {
    &DECLARATIONS
}

fn entry(name: &str) -> Result<&'static Entry, ProtectError> {
    ENTRIES
        .iter()
        .find(|entry| entry.declaration.name == name)
        .copied()
        .ok_or_else(|| ProtectError::UnknownProtection(name.to_owned()))
}

/// The type that `call` gives for a column of type `input`; needs no key.
///
/// # Errors
/// [`ProtectError::UnknownProtection`], [`ProtectError::Argument`], [`ProtectError::InputType`].
pub fn returns(call: &Call, input: &DataType) -> Result<DataType, ProtectError> {
    (entry(call.name)?.returns)(&Arguments::of(call)?, input)
}

/// Makes the kernel of `call`, with the keys it names. One kernel serves one run: `encrypt`
/// derives its data key when it is bound.
///
/// # Errors
/// [`ProtectError::UnknownProtection`], [`ProtectError::Argument`], and what `keys` answers.
pub fn bind(call: &Call, keys: &dyn KeySource) -> Result<Arc<dyn Kernel>, ProtectError> {
    (entry(call.name)?.bind)(&Arguments::of(call)?, &call.context, keys)
}

/// Makes what undoes `call`, for `reveal`.
///
/// # Errors
/// [`ProtectError::UnknownProtection`], [`ProtectError::NotReversible`],
/// [`ProtectError::Argument`], and what `keys` answers.
pub fn unbind<'a>(
    call: &Call,
    keys: &'a dyn VersionSource,
) -> Result<Box<dyn Opener + 'a>, ProtectError> {
    let entry = entry(call.name)?;
    match entry.unbind {
        Some(unbind) => unbind(&Arguments::of(call)?, &call.context, keys),
        None => Err(ProtectError::NotReversible {
            protection: entry.declaration.name,
        }),
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use sealine_label::declare::{Argument, Keeps, Nulls, ParamKind, Returns};

    use super::*;
    use crate::testing::{Keys, Sample, call};

    fn returned(kind: Returns, input: &DataType) -> Option<DataType> {
        match kind {
            Returns::Same => Some(input.clone()),
            Returns::Text => Some(DataType::Utf8),
            Returns::Binary => Some(DataType::Binary),
            Returns::Integer => Some(DataType::Int64),
            Returns::Float => Some(DataType::Float64),
            // Which one is said by the argument: the folder's own tests look at each.
            Returns::Chosen(..) => None,
        }
    }

    #[test]
    fn every_entry_binds_and_its_declaration_is_true() {
        for entry in ENTRIES {
            let declaration = &entry.declaration;
            let name = declaration.name;
            let Sample {
                arguments,
                values,
                beside,
            } = (entry.sample)();
            assert!(values.len() >= 2 && values.is_valid(0), "{name}");
            assert!(
                values.is_null(values.len() - 1),
                "{name}: a null at the end"
            );
            let call = call(name, arguments);
            let kernel = bind(&call, &Keys).unwrap();
            let output = kernel.apply_beside(&values, &beside).unwrap();
            let given = returns(&call, values.data_type()).unwrap();
            assert_eq!(output.data_type(), &given, "{name}");
            if let Some(expected) = returned(declaration.returns, values.data_type()) {
                assert_eq!(given, expected, "{name}");
            }
            assert_eq!(output.len(), values.len(), "{name}");
            let last = values.len() - 1;
            let hidden = output.is_null(0) == output.is_null(last);
            assert_eq!(hidden, declaration.nulls == Nulls::Hidden, "{name}");
            let kept = declaration.keeps.contains(&Keeps::Nulls);
            assert_eq!(kept, declaration.nulls == Nulls::Kept, "{name}");
            assert_eq!(declaration.opens, entry.unbind.is_some(), "{name}");
            if entry.unbind.is_some() {
                let opened = unbind(&call, &Keys)
                    .unwrap()
                    .open(&output, values.data_type(), &beside)
                    .unwrap();
                assert_eq!(&opened, &values, "{name}");
            }
            let written = declaration.example;
            assert!(
                written.starts_with(&format!("{name}(")),
                "{name}: {written}"
            );
            let columns = declaration.params.iter();
            let columns = columns.filter(|param| param.kind == ParamKind::Column);
            assert!(beside.len() <= columns.count(), "{name}");
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
                    Argument::Text("text".to_owned()),
                    Argument::Integer(0),
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
