//! The kernel of `date_shift`.
//!
//! Invariant: the distance is a whole number of days from one to the most in either direction,
//! which depends on key, subject and most alone: all dates of one subject move together, in every
//! column, and intervals between them stay. It is the first 16 bytes of HMAC-SHA-256 under
//! HKDF-SHA-256(key, info `date_shift`), over the most as 4 bytes and the subject as `tokenize`
//! writes it, as a big-endian number modulo twice the most. The modulus favours no distance by
//! more than 2⁻¹¹⁴.
//!
//! Must never: move by zero days, give back a date whose subject is not known, or stop a run for
//! the value of a date.

use std::fmt;

use arrow::{
    array::{Array, ArrayRef, ArrowNativeTypeOp, AsArray, PrimitiveArray},
    buffer::{NullBuffer, ScalarBuffer},
    datatypes::{
        ArrowPrimitiveType, DataType, Date32Type, Date64Type, TimeUnit, TimestampMicrosecondType,
        TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    },
};

use crate::{
    Kernel, KeySource, Opener, ProtectError,
    argument::Arguments,
    column::{fresh_nulls, is_valid, pack, plain_type, refuse, unpack},
    crypto::hmac,
    grid::units,
    subject,
};

const NAME: &str = "date_shift";
/// Ten years.
const MOST: i64 = 3650;

/// `date_shift`, bound.
pub(crate) struct DateShift {
    subjects: hmac::Prefixed,
    most: u32,
}

impl fmt::Debug for DateShift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DateShift({})", self.most)
    }
}

pub(crate) fn kernel(
    arguments: &Arguments<'_>,
    keys: &dyn KeySource,
) -> Result<DateShift, ProtectError> {
    let most = most(arguments)?;
    let secret = keys.token_key(arguments.text(0)?)?.derive(NAME, 32)?;
    Ok(DateShift {
        subjects: hmac::Prefixed::new(secret.expose(), &most.to_be_bytes()),
        most,
    })
}

fn most(arguments: &Arguments<'_>) -> Result<u32, ProtectError> {
    arguments.column(1)?;
    let most = arguments.number(2)?.times(1);
    let most = most.filter(|most| (1..=i128::from(MOST)).contains(most));
    most.and_then(|most| u32::try_from(most).ok())
        .ok_or_else(|| arguments.wrong("the most days must be a whole number from 1 to 3650"))
}

/// The type it gives; needs no key.
pub(crate) fn returns(
    arguments: &Arguments<'_>,
    input: &DataType,
) -> Result<DataType, ProtectError> {
    most(arguments)?;
    takes(input)
}

fn takes(input: &DataType) -> Result<DataType, ProtectError> {
    use DataType::{Date32, Date64, Timestamp};
    match plain_type(input) {
        Date32 | Date64 | Timestamp(..) => Ok(input.clone()),
        _ => Err(refuse(NAME, input)),
    }
}

impl Kernel for DateShift {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        takes(input)
    }

    fn apply(&self, _: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        Err(alone())
    }

    fn apply_beside(
        &self,
        input: &ArrayRef,
        beside: &[ArrayRef],
    ) -> Result<ArrayRef, ProtectError> {
        self.moved(input, beside, 1)
    }
}

impl Opener for DateShift {
    fn open(
        &self,
        input: &ArrayRef,
        as_type: &DataType,
        beside: &[ArrayRef],
    ) -> Result<ArrayRef, ProtectError> {
        if input.data_type() != as_type {
            return Err(refuse(NAME, as_type));
        }
        self.moved(input, beside, -1)
    }
}

fn alone() -> ProtectError {
    ProtectError::Argument {
        protection: NAME,
        reason: "takes the column of subjects beside the value".to_owned(),
    }
}

impl DateShift {
    /// Moves every value by its subject's distance times `sign`.
    fn moved(
        &self,
        input: &ArrayRef,
        beside: &[ArrayRef],
        sign: i64,
    ) -> Result<ArrayRef, ProtectError> {
        takes(input.data_type())?;
        let [subjects] = beside else {
            return Err(alone());
        };
        if subjects.len() != input.len() {
            return Err(alone());
        }
        let plain = unpack(NAME, input)?;
        let subjects = unpack(NAME, subjects)?;
        let nulls = NullBuffer::union(
            fresh_nulls(&plain).as_ref(),
            fresh_nulls(&subjects).as_ref(),
        );
        let days = self.distances(&subjects, nulls.as_ref())?;
        let moved = match plain.data_type() {
            DataType::Date32 => shift::<Date32Type>(&plain, nulls, &days, sign),
            DataType::Date64 => shift::<Date64Type>(&plain, nulls, &days, sign),
            DataType::Timestamp(TimeUnit::Second, _) => {
                shift::<TimestampSecondType>(&plain, nulls, &days, sign)
            }
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                shift::<TimestampMillisecondType>(&plain, nulls, &days, sign)
            }
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                shift::<TimestampMicrosecondType>(&plain, nulls, &days, sign)
            }
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                shift::<TimestampNanosecondType>(&plain, nulls, &days, sign)
            }
            other => Err(refuse(NAME, other)),
        }?;
        pack(NAME, moved, input.data_type())
    }

    /// The distance of every row's subject, in days; zero where there is no value to move.
    fn distances(
        &self,
        subjects: &ArrayRef,
        nulls: Option<&NullBuffer>,
    ) -> Result<Vec<i64>, ProtectError> {
        // A date tells no subject from another.
        if *subjects.data_type() == DataType::Date32 {
            return Err(refuse(NAME, subjects.data_type()));
        }
        let texts = subject::texts(NAME, subjects)?;
        let distance = |row| match is_valid(nulls, row) {
            true => self.distance(&self.subjects.sign(texts.text(row, &mut [0; 32]))),
            false => 0,
        };
        Ok((0..subjects.len()).map(distance).collect())
    }

    fn distance(&self, tag: &[u8; 32]) -> i64 {
        let most = i64::from(self.most);
        // Digit by digit of 32 bits, so that each remainder is that of a machine word.
        let (words, _) = tag.as_chunks::<4>();
        let place = words.iter().take(4).fold(0, |rest, word| {
            (rest << 32 | u64::from(u32::from_be_bytes(*word))) % u64::from(2 * self.most)
        });
        let place = i64::try_from(place).unwrap_or(0);
        // From -most to -1, and from 1 to most.
        let distance = place - most;
        distance + i64::from(distance >= 0)
    }
}

fn shift<T: ArrowPrimitiveType>(
    plain: &ArrayRef,
    nulls: Option<NullBuffer>,
    days: &[i64],
    sign: i64,
) -> Result<ArrayRef, ProtectError>
where
    T::Native: TryFrom<i64>,
{
    let units = units(plain.data_type()).and_then(|units| i64::try_from(units).ok());
    let day = sign * units.ok_or_else(|| refuse(NAME, plain.data_type()))?;
    let values = plain
        .as_primitive::<T>()
        .values()
        .iter()
        .zip(days)
        .enumerate();
    // Beyond one end of its type a value comes back in at the other: an error would tell whoever
    // sees the run that there was such a value, and this can be undone.
    let moved = values.map(|(row, (value, days))| {
        if !is_valid(nulls.as_ref(), row) {
            return Ok(T::Native::default());
        }
        let distance = T::Native::try_from(days.wrapping_mul(day));
        let distance = distance.map_err(|_| refuse(NAME, plain.data_type()))?;
        Ok((*value).add_wrapping(distance))
    });
    let moved = moved.collect::<Result<Vec<T::Native>, ProtectError>>()?;
    let array = PrimitiveArray::<T>::try_new(ScalarBuffer::from(moved), nulls);
    let array = array.map_err(|_| ProtectError::Arrow {
        protection: NAME,
        step: "building of a column",
    })?;
    Ok(std::sync::Arc::new(
        array.with_data_type(plain.data_type().clone()),
    ))
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    use std::sync::Arc;

    use arrow::array::{Date32Array, StringArray};
    use sealine_label::declare::Argument;

    use crate::testing::{said, whole};

    crate::testing::Sample {
        arguments: vec![said("crm"), Argument::Column(0), whole(100)],
        values: Arc::new(Date32Array::from(vec![Some(11_016), Some(-1), None])),
        beside: vec![Arc::new(StringArray::from(vec!["a", "b", "c"]))],
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Date32Array, Int16Array, StringArray, TimestampNanosecondArray};
    use sealine_label::declare::Argument;

    use super::*;
    use crate::{
        bind,
        testing::{Keys, assert_own_buffers, call, every_shape_of_text, said, whole},
        unbind,
    };

    fn most(days: i64) -> sealine_label::declare::Call {
        call(NAME, vec![said("crm"), Argument::Column(0), whole(days)])
    }

    fn distances(days: i64, subjects: ArrayRef) -> Vec<Option<i32>> {
        let dates: ArrayRef = Arc::new(Date32Array::from(vec![0; subjects.len()]));
        let out = bind(&most(days), &Keys)
            .unwrap()
            .apply_beside(&dates, &[subjects])
            .unwrap();
        out.as_primitive::<Date32Type>().iter().collect()
    }

    /// Computed apart, with Python's `hmac` and `hashlib`, from the definition in this module's
    /// header and the key of `testing::Keys`, 32 bytes 0x2a.
    #[test]
    fn known_answers() {
        let subjects: ArrayRef = Arc::new(StringArray::from(vec!["", "42", "søren"]));
        assert_eq!(
            distances(100, Arc::clone(&subjects)),
            [Some(88), Some(-7), Some(49)]
        );
        assert_eq!(distances(1, subjects), [Some(1), Some(-1), Some(-1)]);
        assert_eq!(
            distances(100, Arc::new(Int16Array::from(vec![42])))[0],
            Some(-7)
        );
    }

    #[test]
    fn every_distance_comes_and_zero_does_not() {
        let names = (0..4000).map(|n| Some(format!("subject {n}")));
        let all = distances(5, Arc::new(names.collect::<StringArray>()));
        let mut counts = [0; 11];
        for distance in all {
            counts[usize::try_from(distance.unwrap() + 5).unwrap()] += 1;
        }
        assert_eq!(counts[5], 0, "nothing stays where it was");
        // 400 are expected; nine standard deviations, of 19 each, lie at 229 and 571.
        let others = counts.iter().enumerate().filter(|(at, _)| *at != 5);
        assert!(
            others
                .into_iter()
                .all(|(_, count)| (229..571).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn intervals_stay_within_a_subject_whatever_the_type() {
        let subjects: ArrayRef = Arc::new(StringArray::from(vec!["a", "a", "b", "a"]));
        let kernel = bind(&most(365), &Keys).unwrap();
        let dates: ArrayRef = Arc::new(Date32Array::from(vec![100, 107, 100, -3]));
        let out = kernel
            .apply_beside(&dates, &[Arc::clone(&subjects)])
            .unwrap();
        let days = out.as_primitive::<Date32Type>().values().to_vec();
        assert_eq!((days[1] - days[0], days[3] - days[0]), (7, -103));
        assert_ne!(days[2], days[0]);
        let day = 86_400_000_000_000_i64;
        let instants = vec![100 * day + 5, 107 * day, 100 * day, -3 * day];
        let instants = TimestampNanosecondArray::from(instants).with_timezone("UTC");
        let instants: ArrayRef = Arc::new(instants);
        let moved = kernel
            .apply_beside(&instants, &[Arc::clone(&subjects)])
            .unwrap();
        assert_eq!(moved.data_type(), instants.data_type());
        let values = moved.as_primitive::<TimestampNanosecondType>().values();
        assert_eq!(values[0], i64::from(days[0]) * day + 5);
        assert_eq!(values[3], i64::from(days[3]) * day);
        let opener = unbind(&most(365), &Keys).unwrap();
        let opened = opener
            .open(&moved, instants.data_type(), &[subjects])
            .unwrap();
        assert_eq!(&opened, &instants);
    }

    #[test]
    fn every_shape_of_subject_moves_alike_and_a_missing_one_hides() {
        let subjects = [Some("CANARY-1"), None, Some(""), Some("CANARY-1")];
        let expected = distances(100, Arc::new(StringArray::from(subjects.to_vec())));
        assert!(expected[0] == expected[3] && expected[1].is_none() && expected[2].is_some());
        for (shape, subjects) in every_shape_of_text(&subjects) {
            assert_eq!(distances(100, subjects), expected, "{shape}");
        }
        let dates: ArrayRef = Arc::new(Date32Array::from(vec![9, 1, 2, 3, 4, 5]).slice(1, 4));
        let subjects: ArrayRef = Arc::new(StringArray::from(subjects.to_vec()));
        let out = bind(&most(9), &Keys)
            .unwrap()
            .apply_beside(&dates, &[subjects])
            .unwrap();
        assert_own_buffers(&dates, &out);
        assert_eq!(
            out.as_primitive::<Date32Type>().values()[1],
            0,
            "nothing under a null"
        );
    }

    #[test]
    fn the_ends_of_the_type_stop_nothing_and_open_again() {
        let subjects: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "c", "d"]));
        let (kernel, opener) = (
            bind(&most(9), &Keys).unwrap(),
            unbind(&most(9), &Keys).unwrap(),
        );
        let far = |ends: [i64; 2]| vec![ends[0], ends[1], ends[0], ends[1]];
        let all: [ArrayRef; 2] = [
            Arc::new(Date32Array::from(vec![
                i32::MIN,
                i32::MAX,
                i32::MIN,
                i32::MAX,
            ])),
            Arc::new(TimestampNanosecondArray::from(far([i64::MIN, i64::MAX]))),
        ];
        for dates in all {
            let moved = kernel
                .apply_beside(&dates, &[Arc::clone(&subjects)])
                .unwrap();
            assert_ne!(&moved, &dates);
            let opened = opener.open(&moved, dates.data_type(), &[Arc::clone(&subjects)]);
            assert_eq!(&opened.unwrap(), &dates);
        }
    }

    #[test]
    fn refusals() {
        for days in [0, -1, 3651] {
            assert_eq!(bind(&most(days), &Keys).unwrap_err().code(), "SL8011");
        }
        let kernel = bind(&most(9), &Keys).unwrap();
        let subjects: ArrayRef = Arc::new(StringArray::from(vec![
            "a", "b", "c", "d", "e", "f", "g", "h",
        ]));
        let dates: ArrayRef = Arc::new(Date32Array::from(vec![1]));
        for beside in [
            vec![],
            vec![Arc::clone(&subjects)],
            vec![Arc::clone(&dates), Arc::clone(&dates)],
        ] {
            assert_eq!(
                kernel.apply_beside(&dates, &beside).unwrap_err().code(),
                "SL8011"
            );
        }
        let error = kernel
            .apply_beside(&dates, &[Arc::clone(&dates)])
            .unwrap_err();
        assert_eq!(error.code(), "SL8012");
    }
}
