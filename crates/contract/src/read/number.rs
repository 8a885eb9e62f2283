//! Integers, floats, decimals and booleans from bytes.
//!
//! Strict: the canonical text only (`12`, `-3.5`, `true`). Coercing: a `+`, leading zeros,
//! `12.0` for an integer, `1`, `0`, `yes`, `no` and any case for a boolean. Neither ever rounds.

/// Digits before and after the point; the sign apart.
struct Digits<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: Option<&'a [u8]>,
}

/// Splits `-12.50`; `None` where it is not of this shape.
fn digits(text: &[u8], strict: bool) -> Option<Digits<'_>> {
    let (negative, rest) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) if !strict => (false, rest),
        _ => (false, text),
    };
    let point = rest.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = match point {
        Some(at) => (rest.get(..at)?, Some(rest.get(at + 1..)?)),
        None => (rest, None),
    };
    let all = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    if !all(whole) || fraction.is_some_and(|part| !all(part)) {
        return None;
    }
    if strict && whole.len() > 1 && whole.first() == Some(&b'0') {
        return None;
    }
    Some(Digits {
        negative,
        whole,
        fraction,
    })
}

/// Adds digits to `value`; `None` where it overflows.
fn accumulate(value: i128, digits: &[u8]) -> Option<i128> {
    digits.iter().try_fold(value, |sum, byte| {
        sum.checked_mul(10)?.checked_add(i128::from(byte - b'0'))
    })
}

/// An integer of at most 64 bits, not yet fitted into its type.
pub(super) fn integer(text: &[u8], strict: bool) -> Option<i64> {
    // The common case: up to 18 digits and perhaps a minus cannot overflow.
    let (negative, plain) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        _ => (false, text),
    };
    if (1..=18).contains(&plain.len()) && plain.first() != Some(&b'0') {
        let mut sum = 0_i64;
        let mut all = true;
        for byte in plain {
            let digit = byte.wrapping_sub(b'0');
            all &= digit < 10;
            sum = sum.wrapping_mul(10).wrapping_add(i64::from(digit));
        }
        if all {
            return Some(if negative { -sum } else { sum });
        }
    }
    let parts = digits(text, strict)?;
    if let Some(fraction) = parts.fraction
        && (strict || fraction.iter().any(|byte| *byte != b'0'))
    {
        return None;
    }
    let size = accumulate(0, parts.whole)?;
    if strict && parts.negative && size == 0 {
        return None;
    }
    i64::try_from(if parts.negative { -size } else { size }).ok()
}

/// The value times ten to the power of `scale`, with at most `precision` digits.
pub(super) fn decimal(text: &[u8], precision: u8, scale: i8, strict: bool) -> Option<i128> {
    let parts = digits(text, strict)?;
    let scale = usize::try_from(scale).ok()?;
    let fraction = parts.fraction.unwrap_or_default();
    let (kept, beyond) = fraction.split_at(fraction.len().min(scale));
    if (strict && !beyond.is_empty()) || beyond.iter().any(|byte| *byte != b'0') {
        return None;
    }
    let size = accumulate(accumulate(0, parts.whole)?, kept)?;
    let size = (kept.len()..scale).try_fold(size, |sum, _| sum.checked_mul(10))?;
    let limit = 10_i128
        .checked_pow(u32::from(precision))
        .unwrap_or(i128::MAX);
    if size >= limit || (strict && parts.negative && size == 0) {
        return None;
    }
    Some(if parts.negative { -size } else { size })
}

/// A finite float; NaN, infinities and what overflows to one are none.
pub(super) fn float(text: &[u8], strict: bool) -> Option<f64> {
    let text = shape(text, strict)?;
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// As [`float`], read as the narrower type at once, so that it is rounded once.
pub(super) fn float32(text: &[u8], strict: bool) -> Option<f32> {
    let text = shape(text, strict)?;
    text.parse().ok().filter(|value: &f32| value.is_finite())
}

/// Digits, a point, an exponent: what a float may look like.
fn shape(text: &[u8], strict: bool) -> Option<&str> {
    let exponent = text.iter().position(|byte| matches!(byte, b'e' | b'E'));
    let (mantissa, power) = match exponent {
        Some(at) => (text.get(..at)?, Some(text.get(at + 1..)?)),
        None => (text, None),
    };
    if let Some(power) = power {
        let plain = power
            .strip_prefix(b"-")
            .or(power.strip_prefix(b"+"))
            .unwrap_or(power);
        if plain.is_empty() || !plain.iter().all(u8::is_ascii_digit) {
            return None;
        }
    }
    if strict {
        digits(mantissa, true)?;
    } else if digits(mantissa, false).is_none() {
        // `.5` and `5.` as other tools write them.
        let plain = mantissa
            .strip_prefix(b"-")
            .or(mantissa.strip_prefix(b"+"))
            .unwrap_or(mantissa);
        let inner = plain.strip_prefix(b".").or(plain.strip_suffix(b"."))?;
        if inner.is_empty() || !inner.iter().all(u8::is_ascii_digit) {
            return None;
        }
    }
    std::str::from_utf8(text).ok()
}

pub(super) fn boolean(text: &[u8], strict: bool) -> Option<bool> {
    match text {
        b"true" => return Some(true),
        b"false" => return Some(false),
        _ if strict => return None,
        _ => {}
    }
    let is = |word: &[u8]| text.eq_ignore_ascii_case(word);
    if is(b"true") || is(b"yes") || text == b"1" {
        Some(true)
    } else if is(b"false") || is(b"no") || text == b"0" {
        Some(false)
    } else {
        None
    }
}

/// Bytes written as hexadecimal digits, two each.
pub(super) fn hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    let pairs = text.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect()
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
    fn integers() {
        for (text, strict, coerced) in [
            ("12", Some(12), Some(12)),
            ("-12", Some(-12), Some(-12)),
            ("0", Some(0), Some(0)),
            ("-0", None, Some(0)),
            ("+12", None, Some(12)),
            ("012", None, Some(12)),
            ("12.0", None, Some(12)),
            ("12.00", None, Some(12)),
            ("12.5", None, None),
            ("12.", None, None),
            ("", None, None),
            ("-", None, None),
            ("1e3", None, None),
            ("0x10", None, None),
            ("1_000", None, None),
            ("1,000", None, None),
            ("\u{661}", None, None),
            ("--1", None, None),
            ("9223372036854775807", Some(i64::MAX), Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN), Some(i64::MIN)),
            ("9223372036854775808", None, None),
            ("999999999999999999999999999999999999999999999", None, None),
            (
                "000000000000000000000000000000000000000000007",
                None,
                Some(7),
            ),
        ] {
            assert_eq!(integer(text.as_bytes(), true), strict, "strict {text}");
            assert_eq!(integer(text.as_bytes(), false), coerced, "coercing {text}");
        }
    }

    #[test]
    fn decimals_are_never_rounded() {
        let strict = |text: &str| decimal(text.as_bytes(), 5, 2, true);
        let coerced = |text: &str| decimal(text.as_bytes(), 5, 2, false);
        assert_eq!((strict("1.5"), coerced("1.5")), (Some(150), Some(150)));
        assert_eq!((strict("-1.05"), coerced("+1.05")), (Some(-105), Some(105)));
        assert_eq!((strict("1.050"), coerced("1.050")), (None, Some(105)));
        assert_eq!((strict("1.055"), coerced("1.055")), (None, None));
        assert_eq!((strict("999.99"), coerced("1000")), (Some(99_999), None));
        assert_eq!((strict("-0.0"), coerced("-0.0")), (None, Some(0)));
        let wide = "9".repeat(38);
        assert!(decimal(wide.as_bytes(), 38, 0, true).is_some());
        assert!(decimal(format!("{wide}9").as_bytes(), 38, 0, true).is_none());
    }

    #[test]
    fn floats_are_finite() {
        for good in ["1", "-1.5", "1e5", "1.5E-3", "0.1"] {
            assert!(float(good.as_bytes(), true).is_some(), "{good}");
        }
        for (text, coerced) in [
            ("+1", true),
            (".5", true),
            ("5.", true),
            ("01", true),
            ("nan", false),
            ("inf", false),
            ("1e999", false),
            ("", false),
            (".", false),
            ("1e", false),
            ("e5", false),
            ("1.2.3", false),
            ("0x1p3", false),
        ] {
            assert!(float(text.as_bytes(), true).is_none(), "{text}");
            assert_eq!(float(text.as_bytes(), false).is_some(), coerced, "{text}");
        }
        assert_eq!(float32(b"1e39", false), None);
        assert_eq!(float32(b"0.1", true), Some(0.1));
    }

    #[test]
    fn booleans_and_bytes() {
        assert_eq!(
            (boolean(b"true", true), boolean(b"TRUE", true)),
            (Some(true), None)
        );
        for (text, value) in [
            ("TRUE", true),
            ("yes", true),
            ("1", true),
            ("No", false),
            ("0", false),
            ("False", false),
        ] {
            assert_eq!(boolean(text.as_bytes(), false), Some(value));
        }
        assert_eq!(boolean(b"maybe", false), None);
        assert_eq!(hexadecimal(b"00fFa5"), Some(vec![0, 255, 165]));
        assert_eq!(
            (hexadecimal(b"0"), hexadecimal(b"zz"), hexadecimal(b"")),
            (None, None, Some(vec![]))
        );
    }
}
