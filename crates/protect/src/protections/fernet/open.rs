//! Opening Fernet tokens, for `reveal`: those of every version of the key, however old they are.

use std::fmt;

use arrow::{array::ArrayRef, datatypes::DataType};
use sealine_label::declare::Context;

use super::kernel::NAME;
use crate::{
    Opener, ProtectError, VersionSource,
    argument::Arguments,
    crypto::fernet::Key,
    interchange::{open_each, versions},
};

struct Open(Vec<Key>);

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Open")
    }
}

pub(super) fn opener<'a>(
    arguments: &Arguments<'_>,
    _: &Context,
    keys: &'a dyn VersionSource,
) -> Result<Box<dyn Opener + 'a>, ProtectError> {
    let versions = versions(keys, arguments.text(0)?)?;
    let keys = versions.iter().map(|key| Ok(Key::derive(key)?.0));
    Ok(Box::new(Open(keys.collect::<Result<_, ProtectError>>()?)))
}

impl Opener for Open {
    fn open(
        &self,
        input: &ArrayRef,
        as_type: &DataType,
        _: &[ArrayRef],
    ) -> Result<ArrayRef, ProtectError> {
        open_each(NAME, input, as_type, |token| {
            let token = std::str::from_utf8(token).map_err(|_| ProtectError::NotAuthentic)?;
            let opened = self.0.iter().find_map(|key| key.open(token, None).ok());
            opened.ok_or(ProtectError::NotAuthentic)
        })
    }
}
