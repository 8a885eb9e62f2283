//! Protections that are a function from one text to another, value by value.
//!
//! Invariant: one output buffer a column; nothing is allocated for a value.

use std::{fmt::Debug, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, GenericStringArray, OffsetSizeTrait, StringArrayType},
    datatypes::DataType,
};

#[cfg(test)]
use crate::testing::Random;
use crate::{
    Kernel, ProtectError,
    cell::is_text,
    column::{Layout, ROOM, fresh_nulls, gather, gather_short, plain_type, refuse, unpack},
    lanes::{self, Head, Lanes},
};

/// What one text becomes. Everything that is this is a [`Kernel`].
pub(crate) trait Rewrite: Send + Sync + Debug {
    /// The name of the protection.
    const NAME: &'static str;
    /// Whether a text of ASCII becomes another of the same length, by [`Rewrite::overwrite`].
    const OVERWRITES: bool = false;

    /// Whether there is [`Rewrite::usual`].
    const USUAL: bool = false;

    /// Writes what a text becomes, in UTF-8, to the beginning of `out`, and gives its length, where
    /// the text is written as nearly all of its kind are; `None` for any other, which
    /// [`Rewrite::write`] is asked for.
    fn usual(&self, _: Head<'_>, _: &mut [u8; ROOM]) -> Option<usize> {
        None
    }

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
        return match R::USUAL {
            true => short(rewrite, texts),
            false => column(rewrite, texts),
        };
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
    let write = |row: usize, out: &mut Vec<u8>| append(rewrite, texts.value(row), out);
    let column = gather(R::NAME, texts.len(), fresh_nulls(&texts), write)?;
    Ok(Arc::new(column))
}

/// As [`column`], reading each text where it lies: what lies behind it is the next one.
fn short<R: Rewrite, O: OffsetSizeTrait>(
    rewrite: &R,
    texts: &GenericStringArray<O>,
) -> Result<ArrayRef, ProtectError> {
    let (first, ends) = match texts.value_offsets() {
        [first, ends @ ..] => (*first, ends),
        [] => (O::default(), &[][..]),
    };
    let bytes = texts.values().as_slice();
    let (mut before, mut rest) = (first, bytes.get(first.as_usize()..).unwrap_or_default());
    let heads = ends.iter().map(|end| {
        let length = (*end - before).as_usize();
        let head = rest.first_chunk();
        before = *end;
        rest = rest.get(length..).unwrap_or_default();
        head.map(|head| Head::new(head, length))
    });
    let usual = |head: Option<Head<'_>>, out: &mut [u8; ROOM]| rewrite.usual(head?, out);
    // So the last few are read, of which too little lies behind.
    let write = |row: usize, out: &mut Vec<u8>| append(rewrite, texts.value(row), out);
    let column = gather_short(R::NAME, heads, fresh_nulls(texts), usual, write)?;
    Ok(Arc::new(column))
}

/// Appends what a text becomes, usual or not.
fn append<R: Rewrite>(rewrite: &R, text: &str, out: &mut Vec<u8>) {
    if R::USUAL {
        let (mut head, mut room) = ([0; lanes::LONGEST], [0; ROOM]);
        let usual = rewrite.usual(Head::copied(text.as_bytes(), &mut head), &mut room);
        if let Some(length) = usual {
            return out.extend_from_slice(room.get(..length).unwrap_or_default());
        }
    }
    rewrite.write(text, out);
}

/// A kind of number of at most 48 bytes of which some are hidden.
pub(crate) trait Starred {
    /// Which of its bytes; `None` for what is no such number.
    fn hidden<const N: usize>(&self, text: Head<'_>, lanes: Lanes<N>) -> Option<u64>;

    /// [`Rewrite::usual`] by it.
    #[inline(always)]
    fn starred(&self, text: Head<'_>, out: &mut [u8; ROOM]) -> Option<usize> {
        match text.length() {
            0..=32 => {
                let lanes = text.lanes::<2>();
                lanes.write_starred(self.hidden(text, lanes)?, out);
            }
            33..=48 => {
                let lanes = text.lanes::<3>();
                lanes.write_starred(self.hidden(text, lanes)?, out);
            }
            _ => return None,
        }
        Some(text.length())
    }
}

/// Whether a text is usual, which is written as any other is then, whatever lies behind it.
#[cfg(test)]
pub(crate) fn agrees<R: Rewrite>(rewrite: &R, random: &mut Random, text: &str) -> bool {
    let mut head = [(); lanes::LONGEST].map(|()| random.next() as u8);
    let mut out = [(); ROOM].map(|()| random.next() as u8);
    let length = rewrite.usual(Head::copied(text.as_bytes(), &mut head), &mut out);
    length.is_some_and(|length| {
        let mut written = Vec::new();
        rewrite.write(text, &mut written);
        assert_eq!(out.get(..length), Some(written.as_slice()), "{text:?}");
        true
    })
}
