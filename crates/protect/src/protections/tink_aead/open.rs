//! Opening what `tink_aead` sealed, for `reveal`. Every version of the key opens.

use arrow::{array::ArrayRef, datatypes::DataType};
use sealine_label::declare::Context;

use super::kernel::NAME;
use crate::{
    Opener, ProtectError, VersionSource,
    argument::Arguments,
    crypto::tink::Keyset,
    interchange::{open_each, versions},
};

#[derive(Debug)]
struct Open {
    keyset: Keyset,
    context: String,
}

pub(super) fn opener<'a>(
    arguments: &Arguments<'_>,
    _: &Context,
    keys: &'a dyn VersionSource,
) -> Result<Box<dyn Opener + 'a>, ProtectError> {
    let (name, context) = (arguments.text(0)?, arguments.text(1)?);
    Ok(Box::new(Open {
        keyset: Keyset::derive_aead(&versions(keys, name)?)?,
        context: context.to_owned(),
    }))
}

impl Opener for Open {
    fn open(
        &self,
        input: &ArrayRef,
        as_type: &DataType,
        _: &[ArrayRef],
    ) -> Result<ArrayRef, ProtectError> {
        open_each(NAME, input, as_type, |sealed| {
            self.keyset.open(self.context.as_bytes(), sealed)
        })
    }
}
