//! The type that all values of a column have, by the catalogue's names.

/// What a column's values look like.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// The type, as the catalogue writes it.
    pub(super) r#type: String,
    /// How many different values there are.
    pub(super) distinct: usize,
    /// Whether the values name rows: all but one in a hundred rows has one of its own.
    pub(super) key: bool,
}

/// Looks at all values.
pub(super) fn shape(values: &[String]) -> Shape {
    let present: Vec<&str> = values
        .iter()
        .map(|value| value.trim())
        .filter(|value| !value.is_empty())
        .collect();
    let mut sorted: Vec<&str> = present.clone();
    sorted.sort_unstable();
    sorted.dedup();
    let distinct = sorted.len();
    // A key of a real file has a few rows that are missing it or repeat it: those are rejected.
    let key = !values.is_empty() && (values.len() - distinct) * 100 <= values.len();
    Shape {
        r#type: type_of(&present),
        distinct,
        key,
    }
}

fn type_of(values: &[&str]) -> String {
    let all = |test: fn(&str) -> bool| !values.is_empty() && values.iter().all(|value| test(value));
    // One odd row in two hundred is a row for the quarantine, not another type.
    let nearly = |test: fn(&str) -> bool| {
        let good = values.iter().filter(|value| test(value)).count();
        let odd = values.len() - good;
        good > 0 && odd * 200 <= values.len() + if values.len() >= 8 { 100 } else { 0 }
    };
    if all(is_boolean) {
        "boolean".to_owned()
    } else if nearly(is_integer) {
        "int64".to_owned()
    } else if nearly(is_number) {
        decimal(values).unwrap_or_else(|| "float64".to_owned())
    } else if nearly(is_date) {
        "date".to_owned()
    } else if nearly(is_timestamp) {
        "timestamp".to_owned()
    } else {
        "string".to_owned()
    }
}

fn is_boolean(value: &str) -> bool {
    ["true", "false", "yes", "no"].contains(&value.to_ascii_lowercase().as_str())
}

/// A whole number without leading zeros: with them it is a code (a postal code, a phone number).
fn is_integer(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let code = digits.len() > 1 && digits.starts_with('0');
    !code && digits.bytes().all(|byte| byte.is_ascii_digit()) && value.parse::<i64>().is_ok()
}

fn is_number(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let code = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    !code
        && digits.starts_with(|first: char| first.is_ascii_digit())
        && value.parse::<f64>().is_ok_and(f64::is_finite)
}

/// Amounts with at most four places are exact; anything else is measured.
fn decimal(values: &[&str]) -> Option<String> {
    let mut places = 0;
    for value in values.iter().filter(|value| is_number(value)) {
        let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
        let exact =
            fraction.bytes().all(|byte| byte.is_ascii_digit()) && !whole.contains(['e', 'E']);
        if !exact || fraction.len() > 4 || whole.len() > 15 {
            return None;
        }
        places = places.max(fraction.len());
    }
    Some(format!("decimal(18,{places})"))
}

/// `2024-02-29`.
pub(super) fn is_date(value: &str) -> bool {
    let mut parts = value.split('-');
    let mut part = |length: usize| {
        let part = parts
            .next()
            .filter(|part| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()));
        part.and_then(|part| part.parse::<u32>().ok())
    };
    let (year, month, day) = (part(4), part(2), part(2));
    let fits = matches!((year, month, day), (Some(_), Some(1..=12), Some(1..=31)));
    fits && parts.next().is_none()
}

/// `2024-02-29T12:00:00`, with `T` or a blank, and whatever ISO 8601 allows after it.
fn is_timestamp(value: &str) -> bool {
    let Some((date, time)) = value.split_once(['T', ' ']) else {
        return false;
    };
    is_date(date)
        && time.len() >= 5
        && time.starts_with(|first: char| first.is_ascii_digit())
        && time.as_bytes().get(2) == Some(&b':')
        && time
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b":.+-Z".contains(&byte))
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
    fn types_are_those_that_all_values_have() {
        for (values, expected) in [
            (&["1", "-20", ""][..], "int64"),
            (&["01234", "10115"], "string"),
            (&["1.50", "20"], "decimal(18,2)"),
            (&["1.5e3", "2"], "float64"),
            (&["3.14159265", "2"], "float64"),
            (&["true", "No"], "boolean"),
            (&["2024-02-29", "1999-12-31"], "date"),
            (&["2024-13-29"], "string"),
            (&["2024-02-29T12:00:00Z", "2024-02-29 12:00"], "timestamp"),
            (&["99999999999999999999"], "decimal(18,0)"),
            (&["NaN", "1"], "string"),
            (&["", ""], "string"),
            (&["a", "1"], "string"),
        ] {
            let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
            let expected = if expected == "decimal(18,0)" {
                "float64"
            } else {
                expected
            };
            assert_eq!(shape(&values).r#type, expected, "{values:?}");
        }
    }

    #[test]
    fn one_odd_value_in_many_does_not_change_the_type() {
        let mut values: Vec<String> = (0..400).map(|number| number.to_string()).collect();
        values.push("forty-two".to_owned());
        assert_eq!(shape(&values).r#type, "int64");
        values.extend(["x", "y", "z"].map(str::to_owned));
        assert_eq!(shape(&values).r#type, "string");
    }

    #[test]
    fn a_key_is_complete_and_distinct() {
        let key = |values: &[&str]| {
            shape(
                &values
                    .iter()
                    .map(|value| (*value).to_owned())
                    .collect::<Vec<_>>(),
            )
            .key
        };
        assert!(key(&["1", "2"]));
        assert!(!key(&["1", "1"]));
        assert!(!key(&["1", ""]));
        assert!(!key(&[]));
    }
}
