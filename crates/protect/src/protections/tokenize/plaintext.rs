//! The canonical text of a whole number or a date, written without an allocation.
//!
//! Invariant: one value has one text, whatever the width of its column, so that tokens of an
//! `int32` and an `int64` column join.

use crate::calendar::civil;

/// Room for `-9223372036854775808` and for a date with a long year.
pub(crate) type Scratch = [u8; 32];

/// Decimal digits with a minus sign where needed.
pub(crate) fn integer(value: i128, scratch: &mut Scratch) -> &[u8] {
    Writer::new(scratch).signed(value, 1).done()
}

/// ISO 8601 `YYYY-MM-DD` of a day counted from 1970-01-01, proleptic Gregorian. Years outside
/// 0000 to 9999 carry a sign and all their digits.
pub(crate) fn date(days: i32, scratch: &mut Scratch) -> &[u8] {
    let (year, month, day) = civil(i64::from(days));
    let (month, day) = (month.unsigned_abs(), day.unsigned_abs());
    // Written backwards, as all here.
    let mut writer = Writer::new(scratch)
        .unsigned(u128::from(day), 2)
        .byte(b'-')
        .unsigned(u128::from(month), 2)
        .byte(b'-');
    writer = writer.unsigned(u128::from(year.unsigned_abs()), 4);
    if year < 0 {
        writer = writer.byte(b'-');
    } else if year > 9999 {
        writer = writer.byte(b'+');
    }
    writer.done()
}

/// Writes from the end of the scratch towards its start.
struct Writer<'a> {
    scratch: &'a mut Scratch,
    start: usize,
}

impl<'a> Writer<'a> {
    fn new(scratch: &'a mut Scratch) -> Writer<'a> {
        let start = scratch.len();
        Writer { scratch, start }
    }

    fn byte(mut self, byte: u8) -> Self {
        self.start = self.start.saturating_sub(1);
        if let Some(place) = self.scratch.get_mut(self.start) {
            *place = byte;
        }
        self
    }

    fn unsigned(mut self, mut value: u128, least: usize) -> Self {
        let mut written = 0;
        // Wider division is a call, and almost no value needs it.
        while value > u128::from(u64::MAX) {
            self = self.byte(b'0' + u8::try_from(value % 10).unwrap_or(0));
            value /= 10;
            written += 1;
        }
        let mut value = u64::try_from(value).unwrap_or(0);
        while value > 0 || written < least {
            self = self.byte(b'0' + u8::try_from(value % 10).unwrap_or(0));
            value /= 10;
            written += 1;
        }
        self
    }

    fn signed(self, value: i128, least: usize) -> Self {
        let writer = self.unsigned(value.unsigned_abs(), least);
        if value < 0 { writer.byte(b'-') } else { writer }
    }

    fn done(self) -> &'a [u8] {
        self.scratch.get(self.start..).unwrap_or_default()
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
    use super::*;
    use crate::testing::Random;

    fn day(days: i32) -> String {
        String::from_utf8(date(days, &mut [0; 32]).to_vec()).unwrap()
    }

    #[test]
    fn integers_are_as_the_standard_library_writes_them() {
        let mut random = Random::new(11);
        let edges = [
            0,
            1,
            -1,
            i128::from(i64::MIN),
            i128::from(i64::MAX),
            i128::from(u64::MAX),
        ];
        for value in edges
            .into_iter()
            .chain((0..1000).map(|_| i128::from(random.next() as i64)))
        {
            assert_eq!(integer(value, &mut [0; 32]), value.to_string().as_bytes());
        }
    }

    #[test]
    fn dates_are_iso_8601() {
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(-1), "1969-12-31");
        assert_eq!(day(11_016), "2000-02-29");
        assert_eq!(day(-719_528), "0000-01-01");
        assert_eq!(day(-719_529), "-0001-12-31");
        assert_eq!(day(2_932_896), "9999-12-31");
        assert_eq!(day(2_932_897), "+10000-01-01");
        // The ends of the type do not overflow.
        assert_eq!(day(i32::MAX), "+5881580-07-11");
        assert_eq!(day(i32::MIN), "-5877641-06-23");
    }

    #[test]
    fn dates_agree_with_arrow() {
        use arrow::{
            array::{Array, ArrayRef, AsArray, Date32Array},
            compute::cast,
            datatypes::DataType,
        };
        let mut random = Random::new(12);
        let days: Vec<i32> = (0..3000)
            .map(|_| random.below(3_600_000) as i32 - 700_000)
            .collect();
        let array: ArrayRef = std::sync::Arc::new(Date32Array::from(days.clone()));
        let texts = cast(&array, &DataType::Utf8).unwrap();
        for (row, days) in days
            .iter()
            .enumerate()
            .filter(|(_, days)| **days < 2_932_897)
        {
            assert!(texts.is_valid(row));
            assert_eq!(day(*days), texts.as_string::<i32>().value(row));
        }
    }
}
