//! Reads the literal arguments of a call by position and kind.
//!
//! Invariant: the number of arguments is that of the declaration, for the plan fills in defaults.

use sealine_label::declare::{Argument, Call};

use crate::{ProtectError, catalogue};

/// The arguments of one call.
pub(crate) struct Arguments<'a> {
    protection: &'static str,
    list: &'a [Argument],
}

impl<'a> Arguments<'a> {
    pub(crate) fn of(call: &'a Call) -> Result<Arguments<'a>, ProtectError> {
        let declaration = catalogue()
            .iter()
            .find(|declaration| declaration.name == call.name)
            .ok_or_else(|| ProtectError::UnknownProtection(call.name.to_owned()))?;
        let (expected, found) = (declaration.params.len(), call.arguments.len());
        let arguments = Arguments {
            protection: declaration.name,
            list: &call.arguments,
        };
        if expected != found {
            return Err(arguments.wrong(format!(
                "takes {expected} arguments after the value, not {found}"
            )));
        }
        Ok(arguments)
    }

    pub(crate) fn text(&self, at: usize) -> Result<&'a str, ProtectError> {
        match self.list.get(at) {
            Some(Argument::Text(text)) => Ok(text),
            _ => Err(self.wrong(format!("argument {} must be text in single quotes", at + 1))),
        }
    }

    /// A count from 0 to 64.
    pub(crate) fn count(&self, at: usize) -> Result<usize, ProtectError> {
        match self.list.get(at) {
            Some(Argument::Integer(count @ 0..=64)) => {
                Ok(usize::from(u8::try_from(*count).unwrap_or(0)))
            }
            _ => Err(self.wrong(format!(
                "argument {} must be a whole number from 0 to 64",
                at + 1
            ))),
        }
    }

    /// A count of at most `most`, for a protection that must not show more.
    pub(crate) fn count_to(&self, at: usize, most: usize) -> Result<usize, ProtectError> {
        let count = self.count(at)?;
        if count > most {
            let place = at + 1;
            return Err(self.wrong(format!("argument {place} must be at most {most}")));
        }
        Ok(count)
    }

    /// A word of a choice, and its place in it.
    pub(crate) fn choice(&self, at: usize, words: &[&str]) -> Result<usize, ProtectError> {
        let word = self.text(at)?;
        let place = words.iter().position(|one| *one == word);
        place.ok_or_else(|| {
            self.wrong(format!(
                "argument {} must be one of {}",
                at + 1,
                words.join(", ")
            ))
        })
    }

    /// The place of a column beside the value; `None` where an optional one was not given.
    pub(crate) fn column(&self, at: usize) -> Result<Option<usize>, ProtectError> {
        match self.list.get(at) {
            Some(Argument::Column(place)) => Ok(Some(*place)),
            Some(Argument::Absent) => Ok(None),
            _ => Err(self.wrong(format!("argument {} must be a column", at + 1))),
        }
    }

    pub(crate) fn number(&self, at: usize) -> Result<Number, ProtectError> {
        let number = match self.list.get(at) {
            Some(Argument::Integer(whole)) => Some(Number {
                unscaled: i128::from(*whole),
                scale: 0,
            }),
            Some(Argument::Number(text)) => Number::parse(text),
            _ => None,
        };
        number.ok_or_else(|| {
            self.wrong(format!(
                "argument {} must be a number such as 10 or 0.5",
                at + 1
            ))
        })
    }

    pub(crate) fn protection(&self) -> &'static str {
        self.protection
    }

    pub(crate) fn wrong(&self, reason: impl Into<String>) -> ProtectError {
        ProtectError::Argument {
            protection: self.protection,
            reason: reason.into(),
        }
    }
}

/// A decimal number as written, exactly: `unscaled` / 10^`scale`, without trailing zeros.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Number {
    pub(crate) unscaled: i128,
    scale: u32,
}

impl Number {
    /// Up to 36 digits with an optional sign and point; no exponent.
    pub(crate) fn parse(text: &str) -> Option<Number> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let fraction = fraction.trim_end_matches('0');
        let all = whole.bytes().chain(fraction.bytes());
        if whole.len() + fraction.len() > 36
            || whole.is_empty()
            || !all.clone().all(|byte| byte.is_ascii_digit())
        {
            return None;
        }
        let unscaled = all.fold(0_i128, |sum, digit| sum * 10 + i128::from(digit - b'0'));
        let scale = u32::try_from(fraction.len()).ok()?;
        Some(Number {
            unscaled: if negative { -unscaled } else { unscaled },
            scale,
        })
    }

    /// This number times `factor`, where that is whole.
    pub(crate) fn times(self, factor: i128) -> Option<i128> {
        let product = self.unscaled.checked_mul(factor)?;
        let divisor = 10_i128.checked_pow(self.scale)?;
        (product % divisor == 0).then_some(product / divisor)
    }

    /// The least whole number at or above this number times `factor`; `None` beyond an `i128`.
    pub(crate) fn times_up(self, factor: i128) -> Option<i128> {
        let product = self.unscaled.checked_mul(factor)?;
        let divisor = 10_i128.checked_pow(self.scale)?;
        let whole = product.div_euclid(divisor);
        Some(whole + i128::from(product.rem_euclid(divisor) > 0))
    }

    /// Whether this number is less than `other`.
    pub(crate) fn is_below(self, other: Number) -> bool {
        // Scaled up only where that fits; else the whole parts differ far enough for doubles.
        let scale = self.scale.max(other.scale);
        let up = |number: Number| {
            let factor = 10_i128.checked_pow(scale - number.scale)?;
            number.unscaled.checked_mul(factor)
        };
        match (up(self), up(other)) {
            (Some(this), Some(other)) => this < other,
            _ => self.to_f64() < other.to_f64(),
        }
    }

    /// The nearest double.
    pub(crate) fn to_f64(self) -> f64 {
        // Through text, which rounds once; dividing two rounded doubles would round thrice.
        format!("{}e-{}", self.unscaled, self.scale)
            .parse()
            .unwrap_or(f64::NAN)
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

    #[test]
    fn numbers_are_read_exactly() {
        let read = |text| Number::parse(text).map(|n| (n.unscaled, n.scale));
        assert_eq!(read("10"), Some((10, 0)));
        assert_eq!(read("-0.50"), Some((-5, 1)));
        assert_eq!(read("+1.25"), Some((125, 2)));
        for bad in [
            "",
            "-",
            ".5",
            "1e3",
            "NaN",
            "1_000",
            "0x1",
            "1.2.3",
            "1".repeat(37).as_str(),
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(Number::parse("0.5").unwrap().times(86_400), Some(43_200));
        assert_eq!(Number::parse("0.5").unwrap().times(1), None);
        assert_eq!(Number::parse("0.1").unwrap().to_f64(), 0.1);
    }
}
