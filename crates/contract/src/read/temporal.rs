//! Dates, moments and times of day from bytes: ISO 8601 by hand, a declared `format:` by chrono.
//!
//! Strict: `2024-02-29`, `2024-02-29T13:05:00Z` with up to six digits of a second, `13:05:00`.
//! Coercing: a space for the `T`, an offset or none (then UTC), a date alone (midnight), seconds
//! left out, more digits where they are zeros. Years are 0001 to 9999.

use chrono::format::{Item, Parsed, StrftimeItems};
use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};

const DAY: i64 = 86_400_000_000;

/// A declared format, taken apart once.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Vec<Item<'static>>);

impl Pattern {
    /// `None` where a letter is unknown.
    pub(crate) fn new(format: &str) -> Option<Pattern> {
        let items: Result<Vec<Item<'static>>, _> = StrftimeItems::new(format).parse_to_owned();
        items.ok().filter(|items| !items.is_empty()).map(Pattern)
    }

    fn parse(&self, text: &[u8]) -> Option<Parsed> {
        let text = std::str::from_utf8(text).ok()?;
        let mut parsed = Parsed::new();
        chrono::format::parse(&mut parsed, text, self.0.iter()).ok()?;
        Some(parsed)
    }

    pub(super) fn date(&self, text: &[u8]) -> Option<i32> {
        days(self.parse(text)?.to_naive_date().ok()?)
    }

    pub(super) fn timestamp(&self, text: &[u8]) -> Option<i64> {
        let parsed = self.parse(text)?;
        // An offset in the format counts; without one the text is UTC; without a time, midnight.
        let offset = i64::from(
            parsed
                .to_fixed_offset()
                .map_or(0, |offset| offset.local_minus_utc()),
        );
        let date = i64::from(days(parsed.to_naive_date().ok()?)?);
        let time = match parsed.to_naive_time() {
            Ok(time) => micros(time)?,
            Err(_) if parsed.hour_div_12().is_none() && parsed.minute().is_none() => 0,
            Err(_) => return None,
        };
        Some(date * DAY + time - offset * 1_000_000)
    }

    pub(super) fn time(&self, text: &[u8]) -> Option<i64> {
        micros(self.parse(text)?.to_naive_time().ok()?)
    }
}

fn days(date: NaiveDate) -> Option<i32> {
    let known = (1..=9999).contains(&date.year());
    known.then(|| date.num_days_from_ce() - EPOCH)
}

/// 1970-01-01 counted from 0001-01-01.
const EPOCH: i32 = 719_163;

fn micros(time: NaiveTime) -> Option<i64> {
    let nanos = time.nanosecond();
    // A leap second and what is finer than a microsecond have no place in the type.
    if nanos >= 1_000_000_000 || !nanos.is_multiple_of(1000) {
        return None;
    }
    Some(i64::from(time.num_seconds_from_midnight()) * 1_000_000 + i64::from(nanos / 1000))
}

/// The number in some digits.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum * 10 + u32::from(byte - b'0'))
    })
}

/// Days since 1970-01-01 of `YYYY-MM-DD`.
pub(super) fn date(text: &[u8]) -> Option<i32> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else {
        return None;
    };
    let year = number(&[*y1, *y2, *y3, *y4])?;
    let (month, day) = (number(&[*m1, *m2])?, number(&[*d1, *d2])?);
    if year == 0 || !(1..=12).contains(&month) || day == 0 || day > month_days(year, month) {
        return None;
    }
    // Days in a calendar that begins in March, so that the leap day is the last.
    let (shifted, from_march) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let in_year = (153 * from_march + 2) / 5 + day - 1;
    let total = 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + in_year;
    i32::try_from(total).ok().map(|total| total - 719_468)
}

fn month_days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Microseconds since midnight of `HH:MM:SS[.ffffff]`.
pub(super) fn time(text: &[u8], strict: bool) -> Option<i64> {
    let (clock, fraction) = match text.iter().position(|byte| *byte == b'.') {
        Some(at) => (text.get(..at)?, Some(text.get(at + 1..)?)),
        None => (text, None),
    };
    let (hour, minute, second) = match clock {
        [h1, h2, b':', m1, m2, b':', s1, s2] => (
            number(&[*h1, *h2])?,
            number(&[*m1, *m2])?,
            number(&[*s1, *s2])?,
        ),
        [h1, h2, b':', m1, m2] if !strict && fraction.is_none() => {
            (number(&[*h1, *h2])?, number(&[*m1, *m2])?, 0)
        }
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut part = 0;
    if let Some(digits) = fraction {
        let (kept, beyond) = digits.split_at(digits.len().min(6));
        if kept.is_empty() || (strict && !beyond.is_empty()) || beyond.iter().any(|b| *b != b'0') {
            return None;
        }
        part = number(kept)?;
        for _ in kept.len()..6 {
            part *= 10;
        }
    }
    Some(i64::from((hour * 60 + minute) * 60 + second) * 1_000_000 + i64::from(part))
}

/// Microseconds since 1970-01-01T00:00:00Z of an ISO 8601 moment.
pub(super) fn timestamp(text: &[u8], strict: bool) -> Option<i64> {
    let day = i64::from(date(text.get(..10)?)?) * DAY;
    let Some((separator, rest)) = text.get(10..)?.split_first() else {
        return (!strict).then_some(day);
    };
    if *separator != b'T' && (strict || !matches!(separator, b' ' | b't')) {
        return None;
    }
    if let Some(clock) = rest.strip_suffix(b"Z") {
        return Some(day + time(clock, strict)?);
    }
    if strict {
        return None;
    }
    if let Some(clock) = rest.strip_suffix(b"z") {
        return Some(day + time(clock, false)?);
    }
    let Some(sign) = rest.iter().position(|byte| matches!(byte, b'+' | b'-')) else {
        return Some(day + time(rest, false)?);
    };
    let (clock, offset) = rest.split_at_checked(sign)?;
    let (sign, offset) = offset.split_first()?;
    let (hours, minutes) = match offset {
        [h1, h2] => (number(&[*h1, *h2])?, 0),
        [h1, h2, m1, m2] | [h1, h2, b':', m1, m2] => (number(&[*h1, *h2])?, number(&[*m1, *m2])?),
        _ => return None,
    };
    if hours > 23 || minutes > 59 {
        return None;
    }
    let size = i64::from(hours * 60 + minutes) * 60_000_000;
    let ahead = if *sign == b'+' { size } else { -size };
    Some(day + time(clock.trim_ascii_end(), false)? - ahead)
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
    fn every_day_agrees_with_chrono() {
        let mut day = NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
        let end = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap();
        while day <= end {
            assert_eq!(date(day.to_string().as_bytes()), days(day), "{day}");
            day += chrono::TimeDelta::days(if day.year() % 97 == 0 { 1 } else { 13 });
        }
        assert_eq!(date(b"1970-01-01"), Some(0));
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            "2024-2-29",
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-01",
            "2024-01-00",
            "2024-04-31",
            "0000-01-01",
            "2024/01/01",
            "24-01-01",
            "2024-01-01T",
            "abcd-ef-gh",
        ] {
            assert_eq!(date(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn moments() {
        let at = |text: &str| timestamp(text.as_bytes(), false);
        assert_eq!(at("1970-01-01T00:00:01Z"), Some(1_000_000));
        assert_eq!(at("1970-01-01T00:00:00.000001Z"), Some(1));
        assert_eq!(at("1970-01-01 01:00:00+01:00"), Some(0));
        assert_eq!(at("1970-01-01 01:00:00 +01:00"), Some(0));
        assert_eq!(at("1969-12-31T23:00:00-0100"), Some(0));
        assert_eq!(at("1970-01-01T01:00+01"), Some(0));
        assert_eq!(at("1970-01-02"), Some(DAY));
        assert_eq!(at("1969-12-31T23:59:59.999999"), Some(-1));
        assert_eq!(at("1970-01-01T00:00:00.000001000Z"), Some(1));
        for text in [
            "1970-01-01T",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:60:00Z",
            "1970-01-01T00:00:60Z",
            "1970-01-01T00:00:00.Z",
            "1970-01-01T00:00:00.0000001Z",
            "1970-01-01T00:00:00+24:00",
            "1970-01-01T00:00:00+",
            "x",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
        let strict = |text: &str| timestamp(text.as_bytes(), true);
        assert_eq!(strict("1970-01-01T00:00:01.5Z"), Some(1_500_000));
        for text in [
            "1970-01-01 00:00:01Z",
            "1970-01-01T00:00:01",
            "1970-01-01",
            "1970-01-01T00:00:01+00:00",
            "1970-01-01T00:00Z",
        ] {
            assert_eq!(strict(text), None, "{text}");
        }
    }

    #[test]
    fn formats() {
        let german = Pattern::new("%d.%m.%Y").unwrap();
        assert_eq!(german.date(b"02.01.1970"), Some(1));
        assert_eq!(german.date(b"1970-01-02"), None);
        assert_eq!(german.timestamp(b"02.01.1970"), Some(DAY));
        let zoned = Pattern::new("%Y%m%d %H:%M:%S %z").unwrap();
        assert_eq!(zoned.timestamp(b"19700101 01:00:00 +0100"), Some(0));
        assert_eq!(
            Pattern::new("%H.%M").unwrap().time(b"01.30"),
            Some(5_400_000_000)
        );
        assert!(Pattern::new("%Q").is_none());
        assert!(Pattern::new("").is_none());
    }
}
