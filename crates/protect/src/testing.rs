//! What the tests of this crate share: keys, a seeded generator, awkward arrays, a look at all bytes.

use std::sync::Arc;

use arrow::{
    array::{
        Array, ArrayData, ArrayRef, AsArray, DictionaryArray, Int8Array, Int32Array, Int64Array,
        LargeStringArray, StringArray, StringViewArray,
    },
    buffer::{Buffer, NullBuffer, OffsetBuffer},
    datatypes::{Int8Type, Int32Type},
};
use sealine_label::declare::{Argument, Call, Context};

use crate::{
    KeySource, ProtectError, TokenVault, VersionSource,
    crypto::{Secret, TokenKey, ValueKey},
    protections::vault_token,
};

/// Every name is a key of 32 bytes 0x2a, version 1.
pub(crate) struct Keys;

impl KeySource for Keys {
    fn token_key(&self, _: &str) -> Result<TokenKey, ProtectError> {
        TokenKey::new(&Secret::new(vec![0x2a; 32]))
    }

    fn value_key(&self, name: &str) -> Result<ValueKey, ProtectError> {
        self.value_key_version(name, 1)
    }

    fn sealed_at(&self) -> Option<u64> {
        Some(1_700_000_000)
    }

    fn vault(&self, _: &str) -> Result<Arc<dyn TokenVault>, ProtectError> {
        Ok(vault_token::memory::vault())
    }
}

impl VersionSource for Keys {
    fn value_key_version(&self, name: &str, version: u32) -> Result<ValueKey, ProtectError> {
        match version {
            1 => ValueKey::new(1, Secret::new(vec![0x2a; 32])),
            _ => Err(ProtectError::KeyVersion {
                key: name.to_owned(),
                version,
                state: "unknown",
            }),
        }
    }
}

/// What an entry of the catalogue takes: literal arguments, a column whose first row has a value
/// and whose last has none, and the columns beside it.
pub(crate) struct Sample {
    pub(crate) arguments: Vec<Argument>,
    pub(crate) values: ArrayRef,
    pub(crate) beside: Vec<ArrayRef>,
}

impl Sample {
    /// Whole numbers.
    pub(crate) fn numbers(arguments: Vec<Argument>) -> Sample {
        let numbers = Int64Array::from(vec![Some(42), Some(-7), None]);
        Sample {
            arguments,
            values: Arc::new(numbers),
            beside: Vec::new(),
        }
    }

    /// Texts.
    pub(crate) fn texts(arguments: Vec<Argument>) -> Sample {
        let texts = StringArray::from(vec![Some("alice@example.com"), Some(""), None]);
        Sample {
            arguments,
            values: Arc::new(texts),
            beside: Vec::new(),
        }
    }
}

/// A literal text.
pub(crate) fn said(text: &str) -> Argument {
    Argument::Text(text.to_owned())
}

/// A literal count.
pub(crate) fn whole(number: i64) -> Argument {
    Argument::Integer(number)
}

/// What a protection that gives text makes of one text.
pub(crate) fn rewritten(name: &'static str, arguments: Vec<Argument>, text: &str) -> String {
    let input: ArrayRef = Arc::new(StringArray::from(vec![text]));
    let kernel = crate::bind(&call(name, arguments), &Keys).unwrap();
    kernel
        .apply(&input)
        .unwrap()
        .as_string::<i32>()
        .value(0)
        .to_owned()
}

pub(crate) fn call(name: &'static str, arguments: Vec<Argument>) -> Call {
    let context = Context {
        dataset: "lake.customers".to_owned(),
        column: "note".to_owned(),
    };
    Call {
        name,
        arguments,
        context,
    }
}

/// A small seeded generator (xorshift64*): the same values in every run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 16) as usize % bound
    }

    /// So many characters of these, from `least` on and fewer than `most`.
    pub(crate) fn of(&mut self, alphabet: &str, least: usize, most: usize) -> String {
        let all: Vec<char> = alphabet.chars().collect();
        let length = least + self.below(most - least);
        (0..length).map(|_| all[self.below(all.len())]).collect()
    }

    /// So many scalar values, every third time of ASCII alone.
    pub(crate) fn text_of(&mut self, length: usize) -> String {
        const ALPHABET: [char; 10] = ['a', 'b', 'Z', '9', ' ', '*', 'é', '日', '\u{301}', '😀'];
        let choices = if self.below(3) == 0 {
            6
        } else {
            ALPHABET.len()
        };
        (0..length).map(|_| ALPHABET[self.below(choices)]).collect()
    }
}

/// The same texts in every array type, sliced and not, with `outside` in rows beside the slice and
/// `beside` under nulls and in unused dictionary entries.
pub(crate) fn every_shape_of_text(values: &[Option<&str>]) -> Vec<(&'static str, ArrayRef)> {
    let padded: Vec<Option<&str>> = [Some("outside-before-the-slice")]
        .into_iter()
        .chain(values.to_vec())
        .chain([Some("outside-after-it")])
        .collect();
    let rows = values.len();

    let bytes: String = values
        .iter()
        .map(|value| value.unwrap_or("beside-a-null"))
        .collect();
    let lengths = values
        .iter()
        .map(|value| value.unwrap_or("beside-a-null").len());
    let nulls: NullBuffer = values
        .iter()
        .map(Option::is_some)
        .collect::<Vec<_>>()
        .into();
    let under_nulls = StringArray::new(
        OffsetBuffer::from_lengths(lengths),
        Buffer::from_vec(bytes.into_bytes()),
        Some(nulls),
    );

    let mut entries: Vec<&str> = values.iter().flatten().copied().collect();
    entries.insert(0, "beside-the-used-ones");
    let mut next = 0;
    let keys: Vec<Option<i32>> = values
        .iter()
        .map(|value| {
            value.map(|_| {
                next += 1;
                next
            })
        })
        .collect();
    let unused: DictionaryArray<Int32Type> =
        DictionaryArray::new(Int32Array::from(keys), Arc::new(StringArray::from(entries)));

    let null_values: DictionaryArray<Int8Type> = {
        let entries: StringArray = values.iter().copied().collect();
        let keys: Int8Array = (0..rows).map(|row| Some(row as i8)).collect();
        DictionaryArray::new(keys, Arc::new(entries))
    };
    let padded_dictionary: DictionaryArray<Int32Type> = padded.iter().copied().collect();

    vec![
        ("utf8", Arc::new(StringArray::from(values.to_vec()))),
        (
            "large utf8",
            Arc::new(LargeStringArray::from(values.to_vec())),
        ),
        (
            "utf8 view",
            Arc::new(StringViewArray::from(values.to_vec())),
        ),
        (
            "utf8 sliced",
            Arc::new(StringArray::from(padded.clone()).slice(1, rows)),
        ),
        (
            "large utf8 sliced",
            Arc::new(LargeStringArray::from(padded.clone()).slice(1, rows)),
        ),
        (
            "utf8 view sliced",
            Arc::new(StringViewArray::from(padded).slice(1, rows)),
        ),
        ("bytes under nulls", Arc::new(under_nulls)),
        ("dictionary with unused entries", Arc::new(unused)),
        ("dictionary with a null entry", Arc::new(null_values)),
        (
            "dictionary sliced",
            Arc::new(padded_dictionary.slice(1, rows)),
        ),
    ]
}

fn buffers(data: &ArrayData) -> Vec<Buffer> {
    let own = data.buffers().iter().cloned();
    let nulls = data.nulls().map(|nulls| nulls.buffer().clone());
    own.chain(nulls)
        .chain(data.child_data().iter().flat_map(buffers))
        .collect()
}

/// Every byte of every buffer, whole buffers and not only the slice in view.
pub(crate) fn bytes_of(array: &ArrayRef) -> Vec<u8> {
    buffers(&array.to_data())
        .iter()
        .flat_map(|buffer| buffer.as_slice().to_vec())
        .collect()
}

pub(crate) fn contains(array: &ArrayRef, secret: &[u8]) -> bool {
    bytes_of(array)
        .windows(secret.len())
        .any(|window| window == secret)
}

/// The output shares no memory with the input and has no room beyond its length.
pub(crate) fn assert_own_buffers(input: &ArrayRef, output: &ArrayRef) {
    for buffer in buffers(&output.to_data()) {
        assert_eq!(
            buffer.capacity(),
            buffer.len(),
            "a buffer of exactly its length"
        );
        for theirs in buffers(&input.to_data()) {
            assert!(
                buffer.is_empty() || buffer.data_ptr() != theirs.data_ptr(),
                "a buffer of its own"
            );
        }
    }
}
