//! Protections that are a function from one text to another, value by value.
//!
//! Invariant: one output buffer a column; nothing is allocated for a value.

use std::{fmt::Debug, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, GenericStringArray, OffsetSizeTrait, StringArrayType},
    datatypes::DataType,
};

use crate::{
    Kernel, ProtectError,
    cell::is_text,
    column::{Layout, fresh_nulls, gather, plain_type, refuse, unpack},
};

/// What one text becomes. Everything that is this is a [`Kernel`].
pub(crate) trait Rewrite: Send + Sync + Debug {
    /// The name of the protection.
    const NAME: &'static str;
    /// Whether a text of ASCII becomes another of the same length, by [`Rewrite::overwrite`].
    const OVERWRITES: bool = false;

    /// Appends what `text` becomes to `out`, in UTF-8.
    fn write(&self, text: &str, out: &mut Vec<u8>);

    /// Turns a text of ASCII into what [`Rewrite::write`] makes of it, in place.
    fn overwrite(&self, _: &mut [u8]) {}
}

impl<R: Rewrite> Kernel for R {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        if is_text(plain_type(input)) {
            Ok(DataType::Utf8)
        } else {
            Err(refuse(R::NAME, input))
        }
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        self.returns(input.data_type())?;
        let plain = unpack(R::NAME, input)?;
        match plain.data_type() {
            DataType::Utf8 => joined(self, plain.as_string::<i32>()),
            DataType::LargeUtf8 => joined(self, plain.as_string::<i64>()),
            DataType::Utf8View => column(self, plain.as_string_view()),
            other => Err(refuse(R::NAME, other)),
        }
    }
}

/// A column whose texts lie one after the other: copied at once and overwritten where it can be.
fn joined<R: Rewrite, O: OffsetSizeTrait>(
    rewrite: &R,
    texts: &GenericStringArray<O>,
) -> Result<ArrayRef, ProtectError> {
    let offsets = texts.value_offsets();
    let place = |offset: Option<&O>| offset.map_or(0, |offset| offset.as_usize());
    let (start, end) = (place(offsets.first()), place(offsets.last()));
    let bytes = texts.values().as_slice().get(start..end);
    let bare = |row: usize| texts.is_valid(row) || texts.value_length(row).as_usize() == 0;
    let ascii = bytes.filter(|bytes| {
        // What lies under a null must not be copied.
        let bare = texts.null_count() == 0 || (0..texts.len()).all(bare);
        R::OVERWRITES && bare && bytes.is_ascii()
    });
    let Some(bytes) = ascii else {
        return column(rewrite, texts);
    };
    let rows = texts.len();
    let mut ends = Vec::with_capacity(offsets.len());
    for offset in offsets {
        let end = i32::try_from(offset.as_usize() - start);
        ends.push(end.map_err(|_| ProtectError::TooLarge {
            protection: R::NAME,
            rows,
        })?);
    }
    let layout = Layout::of(R::NAME, ends, fresh_nulls(texts));
    let mut bytes = bytes.to_vec();
    layout.each(&mut bytes, |_, cell| {
        rewrite.overwrite(cell);
        Ok(())
    })?;
    Ok(Arc::new(layout.text(bytes)?))
}

fn column<'a, R: Rewrite>(
    rewrite: &R,
    texts: impl StringArrayType<'a> + Copy,
) -> Result<ArrayRef, ProtectError> {
    let nulls = fresh_nulls(&texts);
    let column = gather(R::NAME, texts.len(), nulls, |row, out| {
        rewrite.write(texts.value(row), out);
    })?;
    Ok(Arc::new(column))
}
