//! The kernel of `surrogate`.
//!
//! Invariant: a surrogate is chosen by HMAC-SHA-256 under HKDF-SHA-256(key, info `surrogate`), over
//! the group of the kind, a zero byte, the domain, a zero byte, and the canonical text of the
//! value, and by nothing else. It is not injective.

use std::{fmt, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, Int64Array},
    buffer::ScalarBuffer,
    datatypes::DataType,
};

use super::{
    draw::{Draw, Line},
    kind::{Kind, WORDS, integer},
};
use crate::{
    Kernel, KeySource, ProtectError,
    argument::Arguments,
    column::{Layout, fresh_nulls, is_valid, unpack},
    subject::{self, Subjects, texts},
};

const NAME: &str = "surrogate";

/// `surrogate`, bound.
pub(crate) struct Surrogate {
    subjects: Subjects,
    kind: Kind,
}

impl fmt::Debug for Surrogate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surrogate")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

pub(super) fn kernel(
    arguments: &Arguments<'_>,
    keys: &dyn KeySource,
) -> Result<Surrogate, ProtectError> {
    let kind = kind(arguments)?;
    let domain = subject::domain(arguments, 2)?;
    let key = keys.token_key(arguments.text(1)?)?.derive(NAME, 32)?;
    let subjects = Subjects::new(&key, &[kind.group(), domain]);
    Ok(Surrogate { subjects, kind })
}

pub(super) fn returns(
    arguments: &Arguments<'_>,
    input: &DataType,
) -> Result<DataType, ProtectError> {
    subject::takes(NAME, input)?;
    Ok(kind(arguments)?.data_type())
}

fn kind(arguments: &Arguments<'_>) -> Result<Kind, ProtectError> {
    let place = arguments.choice(0, WORDS)?;
    Kind::at(place).ok_or_else(|| arguments.wrong("argument 1 must be a kind"))
}

impl Kernel for Surrogate {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        subject::takes(NAME, input)?;
        Ok(self.kind.data_type())
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        subject::takes(NAME, input.data_type())?;
        let plain = unpack(NAME, input)?;
        let texts = texts(NAME, &plain)?;
        let nulls = fresh_nulls(&plain);
        let tag = |row| self.subjects.sign(texts.text(row, &mut [0; 32]));
        if self.kind == Kind::Integer {
            let numbers = (0..plain.len()).map(|row| match is_valid(nulls.as_ref(), row) {
                true => Ok(integer(&mut Draw::new(&tag(row)))),
                false => Ok(0),
            });
            let numbers = ScalarBuffer::from(numbers.collect::<Result<Vec<i64>, ProtectError>>()?);
            let failed = ProtectError::Arrow {
                protection: NAME,
                step: "building of a column of integers",
            };
            let array = Int64Array::try_new(numbers, nulls).map_err(|_| failed)?;
            return Ok(Arc::new(array));
        }
        // How long each is shows once it is written: all are written in a row, then laid out.
        let (mut written, mut lengths) = (Vec::new(), Vec::with_capacity(plain.len()));
        for row in (0..plain.len()).filter(|row| is_valid(nulls.as_ref(), *row)) {
            let mut line = Line::new();
            self.kind.write(&mut Draw::new(&tag(row)), &mut line);
            written.extend_from_slice(line.as_bytes());
            lengths.push(line.as_bytes().len());
        }
        let mut lengths = lengths.into_iter();
        let layout = Layout::measure(NAME, plain.len(), nulls, |_| lengths.next().unwrap_or(0))?;
        let mut rest = written.as_slice();
        let bytes = layout.fill(|_, cell| {
            let (next, after) = rest
                .split_at_checked(cell.len())
                .ok_or(ProtectError::Primitive("the layout of surrogates"))?;
            cell.copy_from_slice(next);
            rest = after;
            Ok(())
        })?;
        Ok(Arc::new(layout.text(bytes)?))
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    use crate::testing::{Sample, said};

    Sample::texts(vec![said("email"), said("token"), said("domain")])
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use std::collections::HashSet;

    use arrow::{
        array::{AsArray, Int32Array, Int64Array, StringArray},
        datatypes::Int64Type,
    };

    use super::*;
    use crate::{
        bind,
        detect::checksum,
        testing::{Keys, assert_own_buffers, call, contains, every_shape_of_text, said},
    };

    fn made(input: &ArrayRef, kind: &str, domain: &str) -> ArrayRef {
        let call = call(NAME, vec![said(kind), said("crm"), said(domain)]);
        bind(&call, &Keys).unwrap().apply(input).unwrap()
    }

    fn subjects(count: i64) -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(0..count))
    }

    fn texts(kind: &str, count: i64) -> Vec<String> {
        let made = made(&subjects(count), kind, "person");
        let texts = made.as_string::<i32>().iter();
        texts.map(|text| text.unwrap().to_owned()).collect()
    }

    fn distinct(texts: &[String]) -> usize {
        texts.iter().collect::<HashSet<_>>().len()
    }

    /// Computed apart, with Python's `hmac`, from the header of this module, the bytes that each
    /// kind draws, and the lists of `words`.
    #[test]
    fn known_answers() {
        let input: ArrayRef = Arc::new(StringArray::from(vec!["alice@example.com"]));
        let one = |kind| {
            made(&input, kind, "d")
                .as_string::<i32>()
                .value(0)
                .to_owned()
        };
        assert_eq!(one("name"), "Gloria Jimenez");
        assert_eq!(one("uuid"), "fb6d6ac4-cceb-8442-97bc-b53769422f04");
        assert_eq!(one("iban"), "DE93021889300920747501");
        assert_eq!(one("card"), "9999429669701240");
        let number = made(&input, "integer", "d");
        assert_eq!(
            number.as_primitive::<Int64Type>().value(0),
            559_625_088_565_034_777
        );
    }

    #[test]
    fn a_person_is_one_in_every_kind_and_a_place_too() {
        let (names, emails) = (texts("name", 500), texts("email", 500));
        let (first, last) = (texts("first_name", 500), texts("last_name", 500));
        for row in 0..500 {
            assert_eq!(names[row], format!("{} {}", first[row], last[row]));
            let local = format!("{}.{}.", first[row], last[row]).to_lowercase();
            assert!(emails[row].starts_with(&local), "{}", emails[row]);
        }
        let (streets, cities) = (texts("street", 500), texts("city", 500));
        let (postcodes, addresses) = (texts("postcode", 500), texts("address", 500));
        for row in 0..500 {
            let whole = format!("{}, {} {}", streets[row], postcodes[row], cities[row]);
            assert_eq!(addresses[row], whole);
        }
    }

    #[test]
    fn nothing_that_is_given_was_issued() {
        for email in texts("email", 2000) {
            let (local, host) = email.split_once('@').unwrap();
            assert!(["example.com", "example.net", "example.org"].contains(&host));
            assert!(
                local
                    .bytes()
                    .all(|b| b == b'.' || b.is_ascii_lowercase() || b.is_ascii_digit())
            );
        }
        for phone in texts("phone", 2000) {
            let area = phone.strip_prefix("+1").unwrap();
            assert!(
                phone.len() == 12 && area[3..].starts_with("55501"),
                "{phone}"
            );
            assert!(matches!(area.as_bytes()[0], b'2'..=b'9') && area.as_bytes()[1] != b'9');
            assert_ne!(area.as_bytes()[1], area.as_bytes()[2], "{phone}");
            assert_ne!(area.as_bytes()[0], b'5', "{phone}");
        }
        for phone in texts("phone_uk", 2000) {
            assert_eq!(phone.len(), 13, "{phone}");
        }
        for card in texts("card", 2000) {
            let digits = card.as_bytes();
            assert!(card.len() == 16 && card.starts_with("9999"), "{card}");
            assert!(checksum::luhn(digits), "{card}");
            assert!(
                !checksum::issued(digits, digits.len()),
                "no scheme claims it: {card}"
            );
        }
        for iban in texts("iban", 2000) {
            assert!(iban.len() == 22 && &iban[4..5] == "0", "{iban}");
            assert!(checksum::iban(iban.as_bytes()), "{iban}");
        }
        for ssn in texts("ssn", 2000) {
            let digits: Vec<u8> = ssn.bytes().filter(u8::is_ascii_digit).collect();
            assert_eq!(digits.len(), 9, "{ssn}");
            assert!(!checksum::ssn(&digits), "{ssn}");
            let group: u32 = ssn[4..6].parse().unwrap();
            assert!((1..=49).contains(&group) && &ssn[7..] != "0000", "{ssn}");
        }
        for postcode in texts("postcode", 500) {
            assert!(postcode.len() == 5 && *postcode < *"00200", "{postcode}");
        }
        for uuid in texts("uuid", 500) {
            let bytes = uuid.as_bytes();
            assert_eq!((uuid.len(), bytes[14]), (36, b'8'), "{uuid}");
            assert!(b"89ab".contains(&bytes[19]), "{uuid}");
        }
    }

    /// What the declaration says of collisions, on 20,000 values.
    #[test]
    fn collisions_are_as_rare_as_the_declaration_says() {
        for kind in ["email", "iban", "uuid"] {
            assert_eq!(distinct(&texts(kind, 20_000)), 20_000, "{kind}");
        }
        // Expected pairs: 0.002 of cards, 4 of ssns.
        assert!(distinct(&texts("card", 20_000)) >= 19_999);
        assert!(distinct(&texts("ssn", 20_000)) >= 19_980);
        // N (1 - exp(-n / N)) of N = 118,000, 56,700, 17,000.
        for (kind, expected) in [("name", 18_399), ("phone", 16_853), ("phone_uk", 11_757)] {
            let found = distinct(&texts(kind, 20_000));
            assert!(found.abs_diff(expected) < 250, "{kind}: {found}");
        }
    }

    #[test]
    fn subjects_meet_across_tables_and_not_across_domains() {
        let narrow: ArrayRef = Arc::new(Int32Array::from(vec![7]));
        let wide: ArrayRef = Arc::new(Int64Array::from(vec![7]));
        let text: ArrayRef = Arc::new(StringArray::from(vec!["7"]));
        for kind in WORDS {
            let expected = made(&narrow, kind, "person");
            assert_eq!(&made(&wide, kind, "person"), &expected, "{kind}");
            assert_eq!(&made(&text, kind, "person"), &expected, "{kind}");
        }
        for kind in ["email", "card", "iban", "uuid", "integer"] {
            assert_ne!(&made(&wide, kind, "a"), &made(&wide, kind, "b"), "{kind}");
        }
    }

    #[test]
    fn every_kind_and_shape_owns_its_buffers_and_shows_no_plaintext() {
        let values = [Some("CANARY-4111"), None, Some(""), Some("CANARY-4111")];
        for kind in WORDS {
            let mut expected = None;
            for (shape, input) in every_shape_of_text(&values) {
                let output = made(&input, kind, "d");
                assert!(output.is_null(1) && output.is_valid(2), "{kind} {shape}");
                assert_eq!(output.slice(0, 1).to_data(), output.slice(3, 1).to_data());
                assert_eq!(
                    expected.get_or_insert(output.clone()),
                    &output,
                    "{kind} {shape}"
                );
                assert_own_buffers(&input, &output);
                for secret in ["CANARY", "beside", "outside"] {
                    assert!(!contains(&output, secret.as_bytes()), "{kind} {shape}");
                }
            }
        }
    }

    #[test]
    fn other_kinds_and_types_are_refused() {
        let bad = call(NAME, vec![said("passport"), said("crm"), said("d")]);
        assert_eq!(bind(&bad, &Keys).unwrap_err().code(), "SL8011");
        let floats: ArrayRef = Arc::new(arrow::array::Float64Array::from(vec![1.0]));
        let good = call(NAME, vec![said("name"), said("crm"), said("d")]);
        let kernel = bind(&good, &Keys).unwrap();
        assert_eq!(kernel.apply(&floats).unwrap_err().code(), "SL8012");
    }
}
