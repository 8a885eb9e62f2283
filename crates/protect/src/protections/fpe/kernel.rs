//! The kernels of `fpe` and `fpe_card`.
//!
//! Invariant: a result depends on the value, the key, the form and the tweak, and on nothing else;
//! a value that cannot be enciphered stops the run or is redacted, as the call says, and never
//! stays in clear.
//!
//! The FF1 tweak is the count and the numerals that stay, and the bytes of the tweak column; a
//! form has a key of its own, 32 bytes of HKDF-SHA-256(key, info `fpe/` and the form).

use std::{collections::HashMap, fmt, sync::Arc};

use arrow::{
    array::{Array, ArrayRef},
    datatypes::DataType,
};

use super::{
    declaration::{CARD, FPE, SHORT_WORDS},
    form::Form,
};
use crate::{
    Kernel, KeySource, ProtectError,
    argument::Arguments,
    cell::{cells, is_text},
    column::{Layout, fresh_nulls, is_valid, plain_type, refuse, unpack},
    crypto::ff1::{Ff1, Job, Setting},
};

const REDACTED: &[u8] = b"[redacted]";

/// Bytes of the tweak column that are taken; FF1 itself takes 4096 with the rest.
const LONGEST_TWEAK: usize = 4000;

/// What a call says.
pub(super) struct Said {
    protection: &'static str,
    key: String,
    form: Form,
    redact: bool,
    tweak: Option<usize>,
}

pub(super) fn said(arguments: &Arguments<'_>) -> Result<Said, ProtectError> {
    let form = Form::parse(arguments.text(1)?).ok_or_else(|| {
        arguments.wrong(
            "the form must be one that the reference names, or at least two characters of ASCII, each once",
        )
    })?;
    let redact = arguments.choice(2, &SHORT_WORDS)? == 1;
    if redact && form.read(REDACTED, &mut Vec::new()) {
        return Err(arguments.wrong("a form that can spell `[redacted]` cannot be redacted"));
    }
    Ok(Said {
        protection: FPE.name,
        key: arguments.text(0)?.to_owned(),
        form,
        redact,
        tweak: arguments.column(3)?,
    })
}

pub(super) fn said_card(arguments: &Arguments<'_>) -> Result<Said, ProtectError> {
    Ok(Said {
        protection: CARD.name,
        key: arguments.text(0)?.to_owned(),
        form: Form::card(),
        redact: arguments.choice(1, &SHORT_WORDS)? == 1,
        tweak: arguments.column(2)?,
    })
}

/// `fpe` or `fpe_card`, bound.
pub(crate) struct Fpe {
    said: Said,
    ff1: Ff1,
}

impl fmt::Debug for Fpe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fpe")
            .field("form", &self.said.form.name())
            .finish_non_exhaustive()
    }
}

pub(super) fn kernel(said: Said, keys: &(impl KeySource + ?Sized)) -> Result<Fpe, ProtectError> {
    let info = format!("fpe/{}", said.form.name());
    let key = keys.token_key(&said.key)?.derive(&info, 32)?;
    let ff1 = Ff1::new(&key, said.form.radix())?;
    Ok(Fpe { said, ff1 })
}

pub(super) fn returns(
    protection: &'static str,
    input: &DataType,
) -> Result<DataType, ProtectError> {
    if is_text(plain_type(input)) {
        Ok(DataType::Utf8)
    } else {
        Err(refuse(protection, input))
    }
}

impl Kernel for Fpe {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        returns(self.said.protection, input)
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        self.apply_beside(input, &[])
    }

    fn apply_beside(
        &self,
        input: &ArrayRef,
        beside: &[ArrayRef],
    ) -> Result<ArrayRef, ProtectError> {
        self.run(Direction::Protect, input, beside)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Protect,
    Open,
}

/// A value whose numerals have been read, as they follow each other in one buffer.
struct Value {
    numerals: usize,
    /// How many stay at the start, and how many do not.
    first: usize,
    hidden: usize,
    setting: usize,
}

impl Fpe {
    pub(super) fn protection(&self) -> &'static str {
        self.said.protection
    }

    pub(super) fn run(
        &self,
        direction: Direction,
        input: &ArrayRef,
        beside: &[ArrayRef],
    ) -> Result<ArrayRef, ProtectError> {
        let protection = self.said.protection;
        returns(protection, input.data_type())?;
        let array = unpack(protection, input)?;
        let texts = cells(&array).ok_or_else(|| refuse(protection, input.data_type()))?;
        let tweaks = self.tweaks(&array, beside)?;
        let nulls = fresh_nulls(&array);

        let mut read = Reading::default();
        let mut redacted = vec![false; array.len()];
        for (row, redacted) in redacted.iter_mut().enumerate() {
            if !is_valid(nulls.as_ref(), row) {
                continue;
            }
            let (mut scratch, mut beside) = ([0; 16], [0; 16]);
            let text = texts.bytes(row, &mut scratch);
            let tweak = match &tweaks {
                None => Some(&[][..]),
                Some(column) if column.is_null(row) => None,
                Some(column) => cells(column).map(|cells| cells.bytes(row, &mut beside)),
            };
            if direction == Direction::Open && self.said.redact && text == REDACTED {
                *redacted = true;
            } else if let Err(reason) = self.read(text, tweak, &mut read) {
                if direction == Direction::Open || !self.said.redact {
                    return Err(ProtectError::Value {
                        protection,
                        row,
                        reason,
                    });
                }
                *redacted = true;
            }
        }
        self.encipher(direction, &mut read)?;

        let layout = Layout::measure(protection, array.len(), nulls, |row| {
            match redacted.get(row) {
                Some(true) => REDACTED.len(),
                _ => texts.bytes(row, &mut [0; 16]).len(),
            }
        })?;
        let mut values = read.values.iter();
        let mut rest = read.numerals.as_slice();
        let bytes = layout.fill(|row, cell| {
            if redacted.get(row) == Some(&true) {
                cell.copy_from_slice(REDACTED);
                return Ok(());
            }
            let failed = ProtectError::Primitive("the layout of an enciphered value");
            let count = values.next().map_or(0, |value| value.numerals);
            let (numerals, after) = rest.split_at_checked(count).ok_or(failed)?;
            rest = after;
            let mut scratch = [0; 16];
            let text = texts.bytes(row, &mut scratch);
            self.said.form.write(text, numerals, cell);
            Ok(())
        })?;
        Ok(Arc::new(layout.text(bytes)?))
    }

    /// The tweak column, where the call names one.
    fn tweaks(
        &self,
        array: &ArrayRef,
        beside: &[ArrayRef],
    ) -> Result<Option<ArrayRef>, ProtectError> {
        let wrong = |reason: &str| ProtectError::Argument {
            protection: self.said.protection,
            reason: reason.to_owned(),
        };
        let Some(place) = self.said.tweak else {
            return match beside {
                [] => Ok(None),
                _ => Err(wrong("takes no column beside the value but the tweak")),
            };
        };
        let column = beside
            .get(place)
            .filter(|column| column.len() == array.len())
            .ok_or_else(|| wrong("the tweak column is missing"))?;
        let column = unpack(self.said.protection, column)?;
        match cells(&column) {
            Some(_) => Ok(Some(column)),
            None => Err(refuse(self.said.protection, column.data_type())),
        }
    }

    /// Reads one value, or says why it cannot be enciphered.
    fn read(
        &self,
        text: &[u8],
        tweak: Option<&[u8]>,
        read: &mut Reading,
    ) -> Result<(), &'static str> {
        let start = read.numerals.len();
        let done = self.read_from(start, text, tweak, read);
        if done.is_err() {
            read.numerals.truncate(start);
        }
        done
    }

    fn read_from(
        &self,
        start: usize,
        text: &[u8],
        tweak: Option<&[u8]>,
        read: &mut Reading,
    ) -> Result<(), &'static str> {
        let form = &self.said.form;
        let tweak = tweak.ok_or("has a null beside it as its tweak")?;
        if tweak.len() > LONGEST_TWEAK {
            return Err("has a tweak above 4,000 bytes beside it");
        }
        if !form.read(text, &mut read.numerals) {
            return Err("is not of the form that the call names; name its form, or use `siv`");
        }
        let count = read.numerals.len() - start;
        let (first, last) = form.stay(count);
        let hidden = count.saturating_sub(first + last);
        if !self.ff1.takes(hidden) {
            return Err(
                "has fewer than 1,000,000 possible values, or more than 4,096 characters; use `siv`",
            );
        }
        let numerals = read.numerals.iter().skip(start);
        let staying = numerals
            .enumerate()
            .filter(|(at, _)| !(first..first + hidden).contains(at));
        read.key.clear();
        read.key.extend_from_slice(&(hidden as u32).to_be_bytes());
        read.key.push((first + last) as u8);
        read.key.extend(staying.map(|(_, numeral)| *numeral as u8));
        read.key.extend_from_slice(tweak);
        let setting = read.setting(&self.ff1, hidden)?;
        read.values.push(Value {
            numerals: count,
            first,
            hidden,
            setting,
        });
        Ok(())
    }

    /// Enciphers every value until it is one of its form. That ends, since a permutation comes
    /// back to where it began, which is such a value.
    fn encipher(&self, direction: Direction, read: &mut Reading) -> Result<(), ProtectError> {
        let form = &self.said.form;
        let layout = || ProtectError::Primitive("the layout of an enciphered value");
        let mut jobs = Vec::with_capacity(read.values.len());
        let mut staying = Vec::with_capacity(read.values.len());
        let mut rest = read.numerals.as_mut_slice();
        for value in &read.values {
            let (first, after) = rest.split_at_mut_checked(value.first).ok_or_else(layout)?;
            let (numerals, after) = after
                .split_at_mut_checked(value.hidden)
                .ok_or_else(layout)?;
            let last = value.numerals.saturating_sub(value.first + value.hidden);
            let (last, after) = after.split_at_mut_checked(last).ok_or_else(layout)?;
            rest = after;
            let setting = read.settings.get(value.setting).ok_or_else(layout)?;
            staying.push(form.staying(first, numerals.len(), last));
            jobs.push(Job { setting, numerals });
        }
        while !jobs.is_empty() {
            match direction {
                Direction::Protect => self.ff1.encrypt_each(&mut jobs)?,
                Direction::Open => self.ff1.decrypt_each(&mut jobs)?,
            }
            // Those that are values of the form are done; the others close ranks.
            let mut left = 0;
            for at in 0..jobs.len() {
                let done = jobs.get(at).zip(staying.get(at));
                if done.is_some_and(|(job, staying)| !form.completes(staying, job.numerals)) {
                    jobs.swap(left, at);
                    staying.swap(left, at);
                    left += 1;
                }
            }
            jobs.truncate(left);
            staying.truncate(left);
        }
        Ok(())
    }
}

/// All values of an array that can be enciphered.
#[derive(Default)]
struct Reading {
    numerals: Vec<u16>,
    values: Vec<Value>,
    settings: Vec<Setting>,
    /// The place of each setting, by its length and tweak.
    places: HashMap<Vec<u8>, usize>,
    /// The length and tweak of the value being read, and those of the one before.
    key: Vec<u8>,
    before: Vec<u8>,
    place: usize,
}

impl Reading {
    fn setting(&mut self, ff1: &Ff1, length: usize) -> Result<usize, &'static str> {
        if self.key == self.before {
            return Ok(self.place);
        }
        self.place = match self.places.get(&self.key) {
            Some(place) => *place,
            None => {
                let tweak = self.key.get(4..).unwrap_or_default();
                let setting =
                    Setting::new(ff1, length, tweak).map_err(|_| "cannot be enciphered")?;
                self.settings.push(setting);
                self.places
                    .insert(self.key.clone(), self.settings.len() - 1);
                self.settings.len() - 1
            }
        };
        self.before.clone_from(&self.key);
        Ok(self.place)
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    use arrow::array::StringArray;
    use sealine_label::declare::Argument;

    use crate::testing::{Sample, said};

    Sample {
        arguments: vec![
            said("token"),
            said("digits"),
            said("stop"),
            Argument::Column(0),
        ],
        values: Arc::new(StringArray::from(vec![Some("123456789"), None])),
        beside: vec![Arc::new(StringArray::from(vec!["tenant", "other"]))],
    }
}

#[cfg(test)]
pub(crate) fn sample_card() -> crate::testing::Sample {
    use arrow::array::StringArray;
    use sealine_label::declare::Argument;

    use crate::testing::{Sample, said};

    Sample {
        arguments: vec![said("token"), said("stop"), Argument::Absent],
        values: Arc::new(StringArray::from(vec![Some("4111 1111 1111 1111"), None])),
        beside: vec![],
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
    use arrow::array::{AsArray, StringArray};
    use sealine_label::declare::Argument;

    use super::*;
    use crate::{
        bind,
        testing::{Keys, Random, assert_own_buffers, call, contains, every_shape_of_text, said},
        unbind,
    };

    fn arguments(form: &str, short: &str, tweak: bool) -> (&'static str, Vec<Argument>) {
        let column = if tweak {
            Argument::Column(0)
        } else {
            Argument::Absent
        };
        match form {
            "card" => (CARD.name, vec![said("k"), said(short), column]),
            _ => (FPE.name, vec![said("k"), said(form), said(short), column]),
        }
    }

    fn texts(values: &[Option<&str>]) -> ArrayRef {
        Arc::new(StringArray::from(values.to_vec()))
    }

    fn protect(form: &str, short: &str, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        let (name, arguments) = arguments(form, short, false);
        bind(&call(name, arguments), &Keys)?.apply(input)
    }

    fn open(form: &str, short: &str, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        let (name, arguments) = arguments(form, short, false);
        let call = call(name, arguments);
        unbind(&call, &Keys)?.open(input, &DataType::Utf8, &[])
    }

    fn one(form: &str, value: &str) -> Result<String, ProtectError> {
        let output = protect(form, "stop", &texts(&[Some(value)]))?;
        Ok(output.as_string::<i32>().value(0).to_owned())
    }

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().filter(u8::is_ascii_digit).collect()
    }

    /// Whether the check digit is right, by the table of ISO/IEC 7812.
    fn checks(number: &[u8]) -> bool {
        let table = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
        let mut sum = 0;
        for (at, digit) in number
            .iter()
            .rev()
            .map(|digit| usize::from(digit - b'0'))
            .enumerate()
        {
            sum += if at % 2 == 1 { table[digit] } else { digit };
        }
        sum % 10 == 0
    }

    /// A number with a check digit, in groups of four.
    fn card(random: &mut Random, length: usize) -> String {
        let mut number: Vec<u8> = (1..length).map(|_| b'0' + random.below(10) as u8).collect();
        number.push(b'0');
        while !checks(&number) {
            *number.last_mut().unwrap() += 1;
        }
        let groups = number
            .chunks(4)
            .map(|group| String::from_utf8(group.to_vec()).unwrap());
        groups
            .collect::<Vec<_>>()
            .join(["", " ", "-"][random.below(3)])
    }

    /// Computed apart, in Python from SP 800-38G and from this module's header, with the AES and HKDF
    /// of the package `cryptography` and the key of `testing::Keys`, 32 bytes 0x2a.
    #[test]
    fn known_answers() {
        assert_eq!(one("digits", "123456789").unwrap(), "106046059");
        assert_eq!(one("alnum", "Ab3dEf").unwrap(), "Yj5g6U");
        assert_eq!(
            one("card", "4111 1111 1111 1111").unwrap(),
            "4111 1191 0611 1111"
        );
    }

    #[test]
    fn forms_are_kept_and_come_back() {
        let mut random = Random::new(101);
        let forms = [
            ("", "0123456789"),
            ("digits", "0123456789"),
            ("lower", "abcdefghijklmnopqrstuvwxyz"),
            ("upper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
            ("hex", "0123456789abcdef"),
            (
                "alnum",
                "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            ),
            ("AB", "AB"),
            ("xyz -'", "xyz -'"),
        ];
        for (form, alphabet) in forms {
            let symbols: Vec<char> = alphabet.chars().collect();
            let values: Vec<Option<String>> = (0..300)
                .map(|row| {
                    let length = 20 + random.below(if row % 50 == 0 { 300 } else { 30 });
                    let text = (0..length).map(|_| symbols[random.below(symbols.len())]);
                    (row % 7 > 0).then(|| text.collect())
                })
                .collect();
            let input: ArrayRef = Arc::new(StringArray::from(values.clone()));
            let output = protect(form, "stop", &input).unwrap();
            for (value, found) in values.iter().zip(output.as_string::<i32>()) {
                assert_eq!(value.is_some(), found.is_some());
                let (Some(value), Some(found)) = (value, found) else {
                    continue;
                };
                assert_eq!(value.len(), found.len(), "{form}");
                assert!(found.chars().all(|one| symbols.contains(&one)), "{form}");
                assert_ne!(value, found, "{form}");
            }
            assert_eq!(
                &protect(form, "stop", &input).unwrap(),
                &output,
                "deterministic"
            );
            assert_eq!(&open(form, "stop", &output).unwrap(), &input, "{form}");
        }
    }

    #[test]
    fn cards_stay_cards() {
        let mut random = Random::new(102);
        let values: Vec<String> = (0..400)
            .map(|row| card(&mut random, 13 + row % 7))
            .collect();
        let input: ArrayRef = Arc::new(StringArray::from(values.clone()));
        let output = protect("card", "stop", &input).unwrap();
        let mut changed = 0;
        for (value, found) in values.iter().zip(output.as_string::<i32>()) {
            let found = found.unwrap();
            let (before, after) = (digits(value), digits(found));
            assert!(checks(&after), "a check digit");
            let first = (before.len() - 10).min(6);
            assert_eq!(before[..first], after[..first]);
            assert_eq!(before[before.len() - 4..], after[after.len() - 4..]);
            for (one, other) in value.chars().zip(found.chars()) {
                assert_eq!(one.is_ascii_digit(), other.is_ascii_digit());
                assert!(one.is_ascii_digit() || one == other, "separators stay");
            }
            changed += usize::from(before != after);
        }
        // One of 100,000 is itself.
        assert!(changed > 395, "{changed}");
        assert_eq!(&open("card", "stop", &output).unwrap(), &input);
    }

    #[test]
    fn phones_keep_what_is_between_and_numbers_of_the_us_stay_well_formed() {
        let found = one("phone", "+1 (555) 010-4477").unwrap();
        let shape = |text: &str| -> String {
            text.chars()
                .map(|one| if one.is_ascii_digit() { '9' } else { one })
                .collect()
        };
        assert_eq!(shape(&found), "+9 (999) 999-9999");
        let mut random = Random::new(103);
        let values: Vec<String> = (0..2000)
            .map(|_| {
                let area = [1 + random.below(665), 667 + random.below(233)][random.below(2)];
                let (group, serial) = (1 + random.below(99), 1 + random.below(9999));
                format!("{area:03}-{group:02}-{serial:04}")
            })
            .collect();
        let input: ArrayRef = Arc::new(StringArray::from(values));
        let output = protect("ssn", "stop", &input).unwrap();
        for found in output.as_string::<i32>().iter().flatten() {
            let parts: Vec<u32> = found.split('-').map(|part| part.parse().unwrap()).collect();
            assert!((1..900).contains(&parts[0]) && parts[0] != 666, "{found}");
            assert!(parts[1] > 0 && parts[2] > 0, "{found}");
        }
        assert_eq!(&open("ssn", "stop", &output).unwrap(), &input);
    }

    #[test]
    fn what_cannot_be_enciphered_stops_the_run_or_is_redacted_and_never_stays() {
        for (form, value) in [
            ("digits", ""),
            ("digits", "12345"),
            ("digits", "12345x"),
            ("digits", "１２３４５６"),
            ("digits", "123 456 789"),
            ("lower", "abcd"),
            ("lower", "SECRET"),
            ("AB", "ABABABABABABABABABA"),
            ("phone", "+1 555"),
            ("phone", "call 555 010 4477"),
            ("card", "4111 1111 1111 1112"),
            ("card", "4111"),
            ("card", "4111x1111x1111x1111"),
            ("ssn", "123-45-678"),
            ("ssn", "000-12-3456"),
            ("ssn", "666-12-3456"),
            ("ssn", "900-12-3456"),
            ("ssn", "123-00-3456"),
            ("ssn", "123-45-0000"),
        ] {
            let error = one(form, value).unwrap_err();
            assert!(
                matches!(error, ProtectError::Value { row: 0, .. }),
                "{form} {value}"
            );
            assert!(
                value.is_empty() || !error.to_string().contains(value),
                "{error}"
            );
            let input = texts(&[None, Some(value), None]);
            let output = protect(form, "redact", &input).unwrap();
            assert_eq!(output.as_string::<i32>().value(1), "[redacted]");
            assert!(value.is_empty() || !contains(&output, value.as_bytes()));
            // What is redacted stays so.
            assert_eq!(&open(form, "redact", &output).unwrap(), &output);
            assert_eq!(open(form, "stop", &output).unwrap_err().code(), "SL8034");
        }
        let long = "1".repeat(4097);
        assert_eq!(one("digits", &long).unwrap_err().code(), "SL8034");
        assert_ne!(one("digits", &long[1..]).unwrap(), long[1..]);
    }

    #[test]
    fn tweaks_keys_and_forms_keep_values_apart() {
        let input = texts(&[
            Some("123456789"),
            Some("123456789"),
            Some("123456789"),
            None,
        ]);
        let beside = texts(&[Some("a"), Some("b"), Some("a"), None]);
        let (name, said) = arguments("digits", "stop", true);
        let call = call(name, said);
        let kernel = bind(&call, &Keys).unwrap();
        let output = kernel.apply_beside(&input, &[Arc::clone(&beside)]).unwrap();
        let cells = output.as_string::<i32>();
        assert_eq!(cells.value(0), cells.value(2));
        assert_ne!(cells.value(0), cells.value(1));
        let opener = unbind(&call, &Keys).unwrap();
        let opened = opener.open(&output, &DataType::Utf8, &[beside]).unwrap();
        assert_eq!(&opened, &input);
        // A value without its tweak, and a column that is not there.
        let absent = texts(&[None, Some("b"), Some("a"), None]);
        let error = kernel.apply_beside(&input, &[absent]).unwrap_err();
        assert!(matches!(error, ProtectError::Value { row: 0, .. }));
        assert_eq!(kernel.apply(&input).unwrap_err().code(), "SL8011");
        assert_ne!(
            one("digits", "123456789").unwrap(),
            one("hex", "123456789").unwrap()
        );
    }

    #[test]
    fn every_shape_gives_the_same_and_no_plaintext_is_left() {
        let values = [
            Some("canarysecret"),
            None,
            Some("aaaaaaaaaaaa"),
            Some("canarysecret"),
        ];
        let expected = protect("lower", "stop", &texts(&values)).unwrap();
        for (shape, input) in every_shape_of_text(&values) {
            let output = protect("lower", "stop", &input).unwrap();
            assert_eq!(&output, &expected, "{shape}");
            assert_own_buffers(&input, &output);
            for secret in ["canary", "secret", "beside", "outside"] {
                assert!(!contains(&output, secret.as_bytes()), "{shape} {secret}");
            }
        }
    }

    #[test]
    fn alphabets_that_are_none_are_refused() {
        for form in ["a", "aa", "abca", "aé", "a\tb", "日本"] {
            let (name, arguments) = arguments(form, "stop", false);
            let error = bind(&call(name, arguments), &Keys).unwrap_err();
            assert_eq!(error.code(), "SL8011", "{form}");
        }
        let (name, said) = arguments("[]abcdefghijklmnopqrstuvwxyz", "redact", false);
        assert_eq!(bind(&call(name, said), &Keys).unwrap_err().code(), "SL8011");
    }
}
