//! Bounds and values of a column, in the unit in which its type is stored.
//!
//! Dates and times are written as ISO 8601 here, whatever `format:` the data has. No clock is
//! read.

use super::reader::Reader;
use super::scalar;
use super::scalar::quote;
use super::tree::Node;
use crate::model::{Bound, ColumnType};
use crate::source::Spanned;

const DAY: i64 = 86_400_000_000;

impl Reader<'_> {
    /// The end of a range.
    pub(crate) fn bound(&mut self, node: &Node, name: &str, ty: ColumnType) -> Option<Bound> {
        let quoted = matches!(
            ty,
            ColumnType::Date | ColumnType::Timestamp | ColumnType::Time
        );
        let text = if quoted { node.text() } else { node.plain() };
        let bound = text.and_then(|text| read(text, ty));
        if bound.is_none() {
            let message = format!(
                "`{name}` has to be a value of the type `{ty}`, not {}",
                node.describe()
            );
            self.error(
                "SL1052",
                node.span,
                message,
                "does not fit the type",
                example(ty),
            );
        }
        bound
    }

    /// A value that stands as text, such as in `enum:`, is one of the type.
    pub(crate) fn value_of(&mut self, value: &Spanned<String>, name: &str, ty: ColumnType) {
        let good = match ty {
            ColumnType::String | ColumnType::Binary => true,
            ColumnType::Boolean => scalar::boolean(value).is_some(),
            _ => read(value, ty).is_some(),
        };
        if !good {
            let message = format!(
                "{} in `{name}` is no value of the type `{ty}`",
                quote(value)
            );
            self.error(
                "SL1052",
                value.span,
                message,
                "does not fit the type",
                example(ty),
            );
        }
    }

    /// The notation of dates or times, by the letters of `strftime`.
    pub(crate) fn notation(&mut self, node: &Node, ty: ColumnType) -> Option<String> {
        let text = self.text(node, "format")?;
        let letters = match ty {
            ColumnType::Date => "YCymbBhdejaAuwGgVUWDFxv",
            ColumnType::Time => "HkIlMSfTRrXpP",
            _ => "YCymbBhdejaAuwGgVUWDFxvHkIlMSfTRrXpPzZsc+",
        };
        let problem = match misfit(&text, letters) {
            Some(problem) => problem,
            None => return Some(text.value),
        };
        let example = match ty {
            ColumnType::Date => "%d.%m.%Y",
            ColumnType::Time => "%H:%M:%S",
            _ => "%Y-%m-%d %H:%M:%S",
        };
        let message = format!("`format` cannot be {}: {problem}", quote(&text));
        self.error(
            "SL1055",
            text.span,
            message,
            "not a notation",
            format!("for example `format: \"{example}\"`"),
        );
        None
    }
}

fn misfit(text: &str, letters: &str) -> Option<String> {
    if text.len() > 64 {
        return Some("it is longer than 64 bytes".to_owned());
    }
    let mut rest = text.chars();
    let mut fields = 0;
    while let Some(c) = rest.next() {
        if c != '%' {
            continue;
        }
        let mut c = rest.next();
        // Padding, fractions of a fixed width, and the colon of `%:z`.
        while matches!(c, Some('-' | '_' | '0' | '.' | '3' | '6' | '9' | ':')) {
            c = rest.next();
        }
        match c {
            None => return Some("it ends in `%`".to_owned()),
            Some('%' | 't' | 'n') => {}
            Some(letter) if letters.contains(letter) => fields += 1,
            Some(letter) => {
                return Some(format!(
                    "`%{}` is not of this type",
                    letter.escape_default()
                ));
            }
        }
    }
    (fields == 0).then(|| "it holds no field such as `%Y`".to_owned())
}

/// Whether `min` is above `max`; bounds of different types are never compared.
pub(crate) fn is_above(min: Bound, max: Bound) -> bool {
    match (min, max) {
        (Bound::Integer(a), Bound::Integer(b))
        | (Bound::Timestamp(a), Bound::Timestamp(b))
        | (Bound::Time(a), Bound::Time(b)) => a > b,
        (Bound::Float(a), Bound::Float(b)) => a > b,
        (Bound::Decimal(a), Bound::Decimal(b)) => a > b,
        (Bound::Date(a), Bound::Date(b)) => a > b,
        _ => false,
    }
}

fn example(ty: ColumnType) -> &'static str {
    match ty {
        ColumnType::Int8 => "write a whole number from -128 to 127, without quotes",
        ColumnType::Int16 => "write a whole number from -32768 to 32767, without quotes",
        ColumnType::Int32 | ColumnType::Int64 => {
            "write a whole number that the type can hold, without quotes"
        }
        ColumnType::Date => "write a day as `2024-01-31`",
        ColumnType::Timestamp => "write a moment as `2024-01-31T12:00:00Z`",
        ColumnType::Time => "write a time as `12:30:00`",
        ColumnType::Decimal { .. } => {
            "write a number with no more digits than the type has, without quotes"
        }
        ColumnType::Boolean => "write `true` or `false`",
        _ => "write a finite number, without quotes",
    }
}

fn read(text: &str, ty: ColumnType) -> Option<Bound> {
    let integer = |bits: u32| {
        let number = scalar::integer(text)?;
        let end = 1_i128 << (bits - 1);
        (-end..end).contains(&number).then_some(number)
    };
    match ty {
        ColumnType::Int8 => integer(8)
            .and_then(|number| i64::try_from(number).ok())
            .map(Bound::Integer),
        ColumnType::Int16 => integer(16)
            .and_then(|number| i64::try_from(number).ok())
            .map(Bound::Integer),
        ColumnType::Int32 => integer(32)
            .and_then(|number| i64::try_from(number).ok())
            .map(Bound::Integer),
        ColumnType::Int64 => integer(64)
            .and_then(|number| i64::try_from(number).ok())
            .map(Bound::Integer),
        ColumnType::Float32 => {
            let widest = f64::from(f32::MAX);
            scalar::number(text)
                .filter(|number| number.abs() <= widest)
                .map(Bound::Float)
        }
        ColumnType::Float64 => scalar::number(text).map(Bound::Float),
        ColumnType::Decimal { precision, scale } => {
            decimal(text, precision, scale).map(Bound::Decimal)
        }
        ColumnType::Date => date(text).map(Bound::Date),
        ColumnType::Timestamp => timestamp(text).map(Bound::Timestamp),
        ColumnType::Time => time(text).map(Bound::Time),
        ColumnType::String | ColumnType::Boolean | ColumnType::Binary => None,
    }
}

fn decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let scale = usize::try_from(scale).ok()?;
    if fraction.len() > scale
        || !fraction.bytes().all(|byte| byte.is_ascii_digit())
        || text.ends_with('.')
    {
        return None;
    }
    scalar::integer(whole)?;
    let value = scalar::integer(&format!(
        "{whole}{fraction}{}",
        "0".repeat(scale - fraction.len())
    ))?;
    let end = 10_i128.checked_pow(u32::from(precision))?;
    (-end < value && value < end).then_some(value)
}

/// `width` digits and what follows.
fn digits(text: &str, width: usize) -> Option<(i64, &str)> {
    let (digits, rest) = text.split_at_checked(width)?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(())?;
    Some((digits.parse().ok()?, rest))
}

/// Days since 1970-01-01 of `YYYY-MM-DD`, in the Gregorian calendar.
pub(crate) fn date(text: &str) -> Option<i32> {
    let (year, rest) = digits(text, 4)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if !rest.is_empty() || !(1..=length).contains(&day) {
        return None;
    }
    // Years begin in March, so that the leap day is the last one of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    i32::try_from(days + (153 * month + 2) / 5 + day - 1 - 719_468).ok()
}

/// Microseconds since midnight of `HH:MM`, `HH:MM:SS` or `HH:MM:SS.ffffff`.
fn time(text: &str) -> Option<i64> {
    let (hour, rest) = digits(text, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => digits(rest, 2)?,
        None => (0, rest),
    };
    let micros = match rest.strip_prefix('.') {
        Some(fraction) if (1..=6).contains(&fraction.len()) => {
            let (value, _) = digits(fraction, fraction.len())?;
            value * 10_i64.pow(u32::try_from(6 - fraction.len()).ok()?)
        }
        Some(_) => return None,
        None if rest.is_empty() => 0,
        None => return None,
    };
    (hour < 24 && minute < 60 && second < 60)
        .then_some(((hour * 60 + minute) * 60 + second) * 1_000_000 + micros)
}

/// Microseconds since 1970-01-01T00:00:00Z of a date, with a time behind `T` or a blank, with `Z`
/// or an offset; without one the time is UTC.
fn timestamp(text: &str) -> Option<i64> {
    let (day, rest) = text.split_at_checked(10)?;
    let day = i64::from(date(day)?) * DAY;
    let Some(rest) = rest.strip_prefix(['T', ' ']) else {
        return rest.is_empty().then_some(day);
    };
    if let Some(rest) = rest.strip_suffix('Z') {
        return Some(day + time(rest)?);
    }
    let Some(at) = rest.rfind(['+', '-']) else {
        return Some(day + time(rest)?);
    };
    let (clock, offset) = rest.split_at_checked(at)?;
    let (sign, offset) = offset.split_at_checked(1)?;
    let offset = time(offset)?;
    Some(day + time(clock)? - if sign == "-" { -offset } else { offset })
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

    #[test]
    fn days_are_counted_from_1970() {
        for (text, days) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-02-29", 11_016),
            ("2000-03-01", 11_017),
            ("2024-12-31", 20_088),
            ("0001-01-01", -719_162),
            ("9999-12-31", 2_932_896),
        ] {
            assert_eq!(date(text), Some(days), "{text}");
        }
        for text in [
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-01",
            "2024-1-1",
            "2024-01-32",
            "x",
            "2024-01-01x",
            "20é4-01-01",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn moments_are_microseconds() {
        assert_eq!(time("00:00:01.5"), Some(1_500_000));
        assert_eq!(time("23:59"), Some(86_340_000_000));
        for text in [
            "24:00",
            "12:60",
            "12:00:60",
            "12:00:00.",
            "12:00:00.1234567",
            "12",
            "12:0",
            "12:00:00x",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
        assert_eq!(timestamp("1970-01-02"), Some(DAY));
        assert_eq!(timestamp("1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(timestamp("1970-01-01 00:00:00-02:00"), Some(7_200_000_000));
        assert_eq!(timestamp("1970-01-01T00:00:00.000001Z"), Some(1));
        assert_eq!(timestamp("1970-01-01X00:00"), None);
    }

    #[test]
    fn decimals_keep_their_scale() {
        assert_eq!(decimal("1.5", 10, 2), Some(150));
        assert_eq!(decimal("-0.05", 10, 2), Some(-5));
        assert_eq!(decimal("99", 3, 1), Some(990));
        for (text, precision) in [
            ("1.555", 10),
            ("100", 4),
            ("1.", 10),
            ("x", 10),
            ("", 10),
            ("1.-5", 10),
            ("1e3", 10),
        ] {
            assert_eq!(decimal(text, precision, 2), None, "{text}");
        }
        assert_eq!(decimal(&"9".repeat(38), 38, 0), Some(10_i128.pow(38) - 1));
    }

    #[test]
    fn integers_fit_their_width() {
        assert_eq!(read("127", ColumnType::Int8), Some(Bound::Integer(127)));
        assert_eq!(read("128", ColumnType::Int8), None);
        assert_eq!(
            read("-9223372036854775808", ColumnType::Int64),
            Some(Bound::Integer(i64::MIN))
        );
        assert_eq!(read("9223372036854775808", ColumnType::Int64), None);
        assert_eq!(read("1e39", ColumnType::Float32), None);
    }

    #[test]
    fn notations_have_known_letters() {
        assert_eq!(misfit("%d.%m.%Y", "dmY"), None);
        assert_eq!(misfit("%-d/%3f%%", "df"), None);
        for text in ["", "%", "abc", "%H", "%Q", "%3"] {
            assert!(misfit(text, "dmY").is_some(), "{text}");
        }
    }
}
