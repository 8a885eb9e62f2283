//! The kernel of `mask`.
//!
//! A character is a Unicode scalar value, not a grapheme cluster: a cluster has no longest
//! length, so keeping one cluster could keep a whole text; a scalar value is at most four bytes.
//! What an accented letter loses by this is shown less, never more.
//!
//! Invariant: at least [`HIDDEN`] characters are hidden, or all are.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, StringArrayType},
    datatypes::DataType,
};

use crate::{
    Kernel, ProtectError,
    argument::Arguments,
    cell::is_text,
    column::{Layout, fresh_nulls, plain_type, refuse, unpack},
};

const NAME: &str = "mask";
/// Fewer hidden characters than this hide nothing worth the name.
const HIDDEN: usize = 3;

/// `mask`, bound.
#[derive(Debug)]
pub(crate) struct Mask {
    first: usize,
    last: usize,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<Mask, ProtectError> {
    Ok(Mask {
        first: arguments.count(0)?,
        last: arguments.count(1)?,
    })
}

impl Kernel for Mask {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        if is_text(plain_type(input)) {
            Ok(DataType::Utf8)
        } else {
            Err(refuse(NAME, input))
        }
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        self.returns(input.data_type())?;
        let plain = unpack(NAME, input)?;
        match plain.data_type() {
            DataType::Utf8 => self.column(plain.as_string::<i32>()),
            DataType::LargeUtf8 => self.column(plain.as_string::<i64>()),
            DataType::Utf8View => self.column(plain.as_string_view()),
            other => Err(refuse(NAME, other)),
        }
    }
}

impl Mask {
    fn column<'a>(&self, texts: impl StringArrayType<'a> + Copy) -> Result<ArrayRef, ProtectError> {
        let nulls = fresh_nulls(&texts);
        let layout = Layout::measure(NAME, texts.len(), nulls, |row| {
            self.shape(texts.value(row)).length()
        })?;
        let bytes = layout.fill(|row, cell| {
            self.shape(texts.value(row)).write(cell);
            Ok(())
        })?;
        Ok(Arc::new(layout.text(bytes)?))
    }

    fn shape<'a>(&self, text: &'a str) -> Shape<'a> {
        let characters = if text.is_ascii() {
            text.len()
        } else {
            text.chars().count()
        };
        let hidden = characters.saturating_sub(self.first + self.last);
        if hidden < HIDDEN {
            return Shape {
                head: "",
                hidden: characters,
                tail: "",
            };
        }
        let (head_end, tail_start) = if text.is_ascii() {
            (self.first, text.len() - self.last)
        } else {
            let start_of_tail = |nth| text.char_indices().rev().nth(nth).map_or(0, |(at, _)| at);
            (
                text.char_indices()
                    .nth(self.first)
                    .map_or(text.len(), |(at, _)| at),
                self.last.checked_sub(1).map_or(text.len(), start_of_tail),
            )
        };
        Shape {
            head: text.get(..head_end).unwrap_or_default(),
            hidden,
            tail: text.get(tail_start..).unwrap_or_default(),
        }
    }
}

/// A masked value before it is written.
struct Shape<'a> {
    head: &'a str,
    hidden: usize,
    tail: &'a str,
}

impl Shape<'_> {
    fn length(&self) -> usize {
        self.head.len() + self.hidden + self.tail.len()
    }

    fn write(&self, cell: &mut [u8]) {
        let Some((head, rest)) = cell.split_at_mut_checked(self.head.len()) else {
            return;
        };
        let Some((stars, tail)) = rest.split_at_mut_checked(self.hidden) else {
            return;
        };
        if tail.len() == self.tail.len() {
            head.copy_from_slice(self.head.as_bytes());
            stars.fill(b'*');
            tail.copy_from_slice(self.tail.as_bytes());
        }
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    use sealine_label::declare::Argument;

    use crate::testing::Sample;

    Sample::texts(vec![Argument::Integer(2), Argument::Integer(1)])
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;
    use crate::testing::{Random, assert_own_buffers, contains, every_shape_of_text};

    fn masked(text: &str, first: usize, last: usize) -> String {
        let shape = Mask { first, last }.shape(text);
        let mut cell = vec![0; shape.length()];
        shape.write(&mut cell);
        String::from_utf8(cell).unwrap()
    }

    #[test]
    fn examples() {
        assert_eq!(masked("4111111111111111", 6, 4), "411111******1111");
        assert_eq!(masked("alice", 1, 1), "a***e");
        assert_eq!(masked("alice", 0, 0), "*****");
        assert_eq!(masked("alice", 0, 2), "***ce");
        assert_eq!(masked("alice", 2, 0), "al***");
        assert_eq!(masked("", 6, 4), "");
        // Two would stay hidden, then none shows.
        assert_eq!(masked("alice", 2, 1), "*****");
        assert_eq!(masked("alice", 64, 64), "*****");
        // Characters, not bytes.
        assert_eq!(masked("søren", 2, 0), "sø***");
        assert_eq!(masked("日本語文字列", 1, 2), "日***字列");
        // A letter with two combining marks is three characters: the marks stay, the letter is hidden.
        assert_eq!(masked("abcde\u{301}\u{302}", 0, 2), "*****\u{301}\u{302}");
    }

    #[test]
    fn any_text_hides_three_characters_or_all_and_keeps_its_length() {
        let mut random = Random::new(4);
        for _ in 0..4000 {
            let text = random.text(20);
            let (first, last) = (random.below(8), random.below(8));
            let out: Vec<char> = masked(&text, first, last).chars().collect();
            let input: Vec<char> = text.chars().collect();
            assert_eq!(out.len(), input.len());
            let shown = if input.len() >= first + last + 3 {
                first + last
            } else {
                0
            };
            for (at, (now, was)) in out.iter().zip(&input).enumerate() {
                let kept = shown > 0 && (at < first || at >= input.len() - last);
                assert_eq!(*now, if kept { *was } else { '*' }, "{text} {first} {last}");
            }
        }
    }

    #[test]
    fn every_shape_gives_the_same_and_nothing_hidden_is_left() {
        let values = [
            Some("CANARY-4111-MIDDLE-SECRET-END"),
            None,
            Some(""),
            Some("ab"),
        ];
        for (shape, input) in every_shape_of_text(&values) {
            let output = Mask { first: 2, last: 3 }.apply(&input).unwrap();
            let texts: Vec<_> = output.as_string::<i32>().iter().collect();
            assert_eq!(
                texts,
                [
                    Some("CA************************END"),
                    None,
                    Some(""),
                    Some("**")
                ],
                "{shape}"
            );
            assert_own_buffers(&input, &output);
            for secret in ["NARY", "SECRET", "beside", "outside"] {
                assert!(!contains(&output, secret.as_bytes()), "{shape} {secret}");
            }
        }
    }

    #[test]
    fn other_types_are_refused() {
        let numbers: ArrayRef = Arc::new(arrow::array::Int64Array::from(vec![1]));
        assert_eq!(
            Mask { first: 1, last: 1 }
                .apply(&numbers)
                .unwrap_err()
                .code(),
            "SL8012"
        );
    }
}
