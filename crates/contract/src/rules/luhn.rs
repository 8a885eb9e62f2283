//! The Luhn check digit (ISO/IEC 7812-1 annex B).

/// Whether the digits of `text` end in their check digit. At least two digits; when not strict,
/// single spaces and hyphens may stand between digits.
pub(super) fn is_luhn(text: &str, strict: bool) -> bool {
    let (mut sum, mut digits, mut double, mut gap) = (0_u64, 0_u32, false, true);
    for byte in text.bytes().rev() {
        match byte {
            b'0'..=b'9' => {
                let digit = u32::from(byte - b'0');
                let value = if double { digit * 2 } else { digit };
                // At most nine for each byte of a text of at most 2^31 bytes; reduced at the end.
                sum = sum.saturating_add(u64::from(if value > 9 { value - 9 } else { value }));
                double = !double;
                digits = digits.saturating_add(1);
                gap = false;
            }
            // `gap` holds at the end of the text and right of another separator.
            b' ' | b'-' if !strict && !gap => gap = true,
            _ => return false,
        }
    }
    digits >= 2 && !gap && sum.is_multiple_of(10)
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
    fn check_digits() {
        for good in ["4111111111111111", "79927398713", "18", "5555555555554444"] {
            assert!(is_luhn(good, true), "{good}");
        }
        for bad in [
            "4111111111111112",
            "79927398710",
            "",
            "0",
            "4111 1111 1111 1111",
            "411111111111111a",
            "\u{664}111",
        ] {
            assert!(!is_luhn(bad, true), "{bad}");
        }
        assert!(is_luhn("4111 1111-1111 1111", false));
        for bad in [
            "4111  111111111111",
            " 4111111111111111",
            "4111111111111111 ",
            "-",
            "4111/111111111111",
        ] {
            assert!(!is_luhn(bad, false), "{bad}");
        }
    }
}
