//! Opening the tokens of `vault_token`, for `reveal`.
//!
//! Invariant: a value is authenticated for its domain and token before a byte of it is used.

use std::{fmt, sync::Arc};

use arrow::{
    array::{Array, ArrayRef},
    compute::cast,
    datatypes::DataType,
};
use sealine_label::declare::Context;

use super::{
    kernel::{NAME, answer},
    seal::{Domain, read},
};
use crate::{
    Opener, ProtectError, TokenVault, VersionSource,
    argument::Arguments,
    cell::is_text,
    column::{Layout, fresh_nulls, is_valid, plain_type, refuse, unpack},
    crypto::Secret,
    subject::{self, texts},
};

/// What opens the tokens of one key and domain.
struct Open {
    domain: Domain,
    vault: Arc<dyn TokenVault>,
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open")
            .field("domain", &self.domain.name)
            .finish_non_exhaustive()
    }
}

pub(super) fn opener<'a>(
    arguments: &Arguments<'_>,
    _: &Context,
    keys: &'a dyn VersionSource,
) -> Result<Box<dyn Opener + 'a>, ProtectError> {
    let (key, domain) = (arguments.text(0)?, subject::domain(arguments, 1)?);
    Ok(Box::new(Open {
        domain: Domain::new(&keys.token_key(key)?, domain)?,
        vault: keys.vault(key)?,
    }))
}

impl Opener for Open {
    fn open(
        &self,
        input: &ArrayRef,
        as_type: &DataType,
        _: &[ArrayRef],
    ) -> Result<ArrayRef, ProtectError> {
        if !is_text(plain_type(input.data_type())) {
            return Err(refuse(NAME, input.data_type()));
        }
        subject::takes(NAME, as_type)?;
        let plain = unpack(NAME, input)?;
        let texts = texts(NAME, &plain)?;
        let nulls = fresh_nulls(&plain);
        let rows: Vec<usize> = (0..plain.len())
            .filter(|row| is_valid(nulls.as_ref(), *row))
            .collect();
        let tokens = rows
            .iter()
            .map(|row| {
                read(texts.text(*row, &mut [0; 32])).ok_or(ProtectError::NoToken { row: *row })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let sealed = self.vault.sealed(&self.domain.name, &tokens)?;
        if sealed.len() != tokens.len() {
            return Err(answer());
        }
        let opened = rows
            .iter()
            .zip(tokens.iter().zip(&sealed))
            .map(|(row, (token, sealed))| {
                let sealed = sealed.as_ref().ok_or(ProtectError::NoToken { row: *row })?;
                self.domain
                    .open(token, sealed)
                    .map_err(|error| match error {
                        ProtectError::NotAuthentic => ProtectError::DoesNotOpen { row: *row },
                        other => other,
                    })
            })
            .collect::<Result<Vec<Secret>, _>>()?;
        let mut lengths = opened.iter().map(Secret::len);
        let layout = Layout::measure(NAME, plain.len(), nulls, |_| lengths.next().unwrap_or(0))?;
        let mut values = opened.iter();
        let bytes = layout.fill(|_, cell| {
            let value = values.next().map(Secret::expose).unwrap_or_default();
            if value.len() != cell.len() {
                return Err(ProtectError::Primitive("the layout of an opened value"));
            }
            cell.copy_from_slice(value);
            Ok(())
        })?;
        as_it_was(Arc::new(layout.text(bytes)?), as_type)
    }
}

/// The values behind canonical texts.
fn as_it_was(texts: ArrayRef, data_type: &DataType) -> Result<ArrayRef, ProtectError> {
    if texts.data_type() == data_type {
        return Ok(texts);
    }
    let failed = |_| ProtectError::Arrow {
        protection: NAME,
        step: "reading of opened values",
    };
    // What cannot be read becomes a null, and is told by it.
    let values = cast(&texts, data_type).map_err(failed)?;
    match (0..texts.len()).find(|row| texts.is_valid(*row) && values.is_null(*row)) {
        Some(row) => Err(ProtectError::OpenedType {
            row,
            data_type: data_type.to_string(),
        }),
        None => Ok(values),
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
    use arrow::array::{
        AsArray, Date32Array, Int32Array, LargeStringArray, StringArray, UInt64Array,
    };

    use super::*;
    use crate::{
        bind,
        testing::{Keys, call, said},
        unbind,
    };

    fn written(domain: &str) -> sealine_label::declare::Call {
        call(NAME, vec![said("k"), said(domain), said(""), said("value")])
    }

    fn sealed(input: &ArrayRef, domain: &str) -> ArrayRef {
        bind(&written(domain), &Keys).unwrap().apply(input).unwrap()
    }

    fn open(
        tokens: &ArrayRef,
        domain: &str,
        data_type: &DataType,
    ) -> Result<ArrayRef, ProtectError> {
        unbind(&written(domain), &Keys)?.open(tokens, data_type, &[])
    }

    #[test]
    fn every_type_comes_back() {
        let columns: [ArrayRef; 5] = [
            Arc::new(StringArray::from(vec![
                Some("søren"),
                None,
                Some(""),
                Some("søren"),
            ])),
            Arc::new(LargeStringArray::from(vec![Some("a"), None])),
            Arc::new(Int32Array::from(vec![Some(i32::MIN), None, Some(7)])),
            Arc::new(UInt64Array::from(vec![Some(u64::MAX), None, Some(0)])),
            Arc::new(Date32Array::from(vec![
                Some(-719_528),
                None,
                Some(2_932_896),
                Some(0),
            ])),
        ];
        for input in columns {
            let tokens = sealed(&input, "types");
            assert_eq!(&open(&tokens, "types", input.data_type()).unwrap(), &input);
        }
    }

    #[test]
    fn what_is_no_token_of_this_domain_does_not_open() {
        let input: ArrayRef = Arc::new(StringArray::from(vec!["canary", "x"]));
        let tokens = sealed(&input, "one");
        assert_eq!(
            open(&tokens, "two", &DataType::Utf8).unwrap_err().code(),
            "SL8061"
        );
        let token = tokens.as_string::<i32>().value(0).to_owned();
        for bad in [
            "",
            "canary",
            &token[1..],
            &format!("{token}A"),
            "!!!!!!!!!!!!!!!!!!!!!!",
            "AAAAAAAAAAAAAAAAAAAAAA",
        ] {
            let bad: ArrayRef = Arc::new(StringArray::from(vec![token.as_str(), bad]));
            let error = open(&bad, "one", &DataType::Utf8).unwrap_err();
            assert!(matches!(error, ProtectError::NoToken { row: 1 }), "{error}");
            assert!(!error.to_string().contains("canary"));
        }
        let numbers: ArrayRef = Arc::new(Int32Array::from(vec![1]));
        assert_eq!(
            open(&numbers, "one", &DataType::Utf8).unwrap_err().code(),
            "SL8012"
        );
        assert_eq!(
            open(&tokens, "one", &DataType::Int64).unwrap_err().code(),
            "SL8032"
        );
        assert_eq!(
            open(&tokens, "one", &DataType::Float64).unwrap_err().code(),
            "SL8012"
        );
    }

    #[test]
    fn values_exchanged_within_the_vault_do_not_open() {
        let input: ArrayRef = Arc::new(StringArray::from(vec!["mallory", "alice"]));
        let tokens = sealed(&input, "exchanged");
        let of = |row| read(tokens.as_string::<i32>().value(row).as_bytes()).unwrap();
        super::super::memory::exchange("exchanged", of(0), of(1));
        let error = open(&tokens, "exchanged", &DataType::Utf8).unwrap_err();
        assert!(
            matches!(error, ProtectError::DoesNotOpen { row: 0 }),
            "{error}"
        );
    }
}
