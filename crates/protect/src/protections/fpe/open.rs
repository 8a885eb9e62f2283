//! Undoing `fpe` and `fpe_card`, for `reveal`.
//!
//! FF1 authenticates nothing: another key, or another tweak beside it, gives another value of the
//! same form and not an error. What was redacted stays so.

use arrow::{array::Array, array::ArrayRef, compute::cast, datatypes::DataType};

use super::kernel::{Direction, Fpe, Said, kernel};
use crate::{
    Opener, ProtectError, VersionSource,
    cell::is_text,
    column::{plain_type, refuse},
};

#[derive(Debug)]
struct Open(Fpe);

pub(super) fn opener<'a>(
    said: Said,
    keys: &'a dyn VersionSource,
) -> Result<Box<dyn Opener + 'a>, ProtectError> {
    Ok(Box::new(Open(kernel(said, keys)?)))
}

impl Opener for Open {
    fn open(
        &self,
        input: &ArrayRef,
        as_type: &DataType,
        beside: &[ArrayRef],
    ) -> Result<ArrayRef, ProtectError> {
        let plain = plain_type(as_type);
        if !is_text(plain) {
            return Err(refuse(self.0.protection(), as_type));
        }
        let opened = self.0.run(Direction::Open, input, beside)?;
        if opened.data_type() == plain {
            return Ok(opened);
        }
        cast(&opened, plain).map_err(|_| ProtectError::Arrow {
            protection: self.0.protection(),
            step: "building of a column",
        })
    }
}
