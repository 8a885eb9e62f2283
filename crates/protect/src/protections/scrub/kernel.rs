//! The kernel of `scrub`: find in every row, protect all findings of a kind at once, put together.
//!
//! Invariant: no byte of a finding is copied to the output but by the kernel of its kind; a text
//! without findings is copied as it is.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, StringArray, StringArrayType},
    datatypes::DataType,
};
use sealine_label::declare::{Argument, Call, Context, ParamKind};

use super::plan::{self, Plan, Treatment};
use crate::{
    Kernel, KeySource, ProtectError,
    argument::Arguments,
    catalogue::{bind, returns as returns_of},
    cell::is_text,
    column::{Layout, fresh_nulls, is_valid, plain_type, refuse, unpack},
    detect::{Found, Kind, Scanner},
};

const NAME: &str = "scrub";

/// `scrub`, bound.
#[derive(Debug)]
pub(crate) struct Scrub {
    scanner: Scanner,
    kinds: Vec<Kept>,
}

/// What stands in place of the findings of one kind.
#[derive(Debug)]
struct Kept {
    kind: Kind,
    with: With,
}

#[derive(Debug)]
enum With {
    Text(String),
    Kernel(Arc<dyn Kernel>),
}

pub(crate) fn returns(
    arguments: &Arguments<'_>,
    input: &DataType,
) -> Result<DataType, ProtectError> {
    read(arguments)?;
    if is_text(plain_type(input)) {
        Ok(DataType::Utf8)
    } else {
        Err(refuse(NAME, input))
    }
}

fn read(arguments: &Arguments<'_>) -> Result<Plan, ProtectError> {
    plan::parse(arguments.text(0)?, arguments)
}

pub(crate) fn kernel(
    arguments: &Arguments<'_>,
    context: &Context,
    keys: &dyn KeySource,
) -> Result<Scrub, ProtectError> {
    let plan = read(arguments)?;
    let key = arguments.text(1)?;
    let mut scanner = Scanner::new();
    let mut kinds = Vec::new();
    let mut keyed = false;
    for (kind, treatment) in plan {
        let with = match treatment {
            Treatment::Keep => {
                scanner = scanner.without(kind);
                continue;
            }
            Treatment::Replace => With::Text(format!("[{}]", kind.entity())),
            Treatment::Protect(declaration, given) => {
                let mut given = given.into_iter();
                let mut full = Vec::new();
                for param in declaration.params {
                    full.push(match param.kind {
                        ParamKind::Key("token") if key.is_empty() => {
                            return Err(arguments.wrong(format!(
                                "`{}` needs a key; name it as the last argument of `scrub`",
                                declaration.name
                            )));
                        }
                        ParamKind::Key("token") => {
                            keyed = true;
                            Argument::Text(key.to_owned())
                        }
                        ParamKind::Key(_) => {
                            return Err(arguments.wrong(format!(
                                "`{}` takes a key of another purpose than `token` and cannot be used in a plan",
                                declaration.name
                            )));
                        }
                        ParamKind::Domain => Argument::Text(kind.tag().to_owned()),
                        _ => given.next().unwrap_or(Argument::Absent),
                    });
                }
                let call = Call {
                    name: declaration.name,
                    arguments: full,
                    context: context.clone(),
                };
                if !matches!(returns_of(&call, &DataType::Utf8), Ok(DataType::Utf8)) {
                    return Err(arguments.wrong(format!(
                        "`{}` does not give text for text, or its arguments do not fit",
                        declaration.name
                    )));
                }
                With::Kernel(bind(&call, keys)?)
            }
        };
        kinds.push(Kept { kind, with });
    }
    if !key.is_empty() && !keyed {
        return Err(arguments.wrong("the key is not used; the plan has no `tokenize`"));
    }
    Ok(Scrub { scanner, kinds })
}

impl Kernel for Scrub {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        if is_text(plain_type(input)) {
            Ok(DataType::Utf8)
        } else {
            Err(refuse(NAME, input))
        }
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        self.returns(input.data_type())?;
        let plain = unpack(NAME, input)?;
        match plain.data_type() {
            DataType::Utf8 => self.column(plain.as_string::<i32>()),
            DataType::LargeUtf8 => self.column(plain.as_string::<i64>()),
            DataType::Utf8View => self.column(plain.as_string_view()),
            other => Err(refuse(NAME, other)),
        }
    }
}

impl Scrub {
    fn column<'a>(&self, texts: impl StringArrayType<'a> + Copy) -> Result<ArrayRef, ProtectError> {
        let nulls = fresh_nulls(&texts);
        let mut findings = Findings::default();
        let mut found = Vec::new();
        for row in 0..texts.len() {
            if is_valid(nulls.as_ref(), row) {
                self.scanner.scan(texts.value(row), &mut found);
                findings.spans.extend_from_slice(&found);
            }
            findings.ends.push(findings.spans.len());
        }
        let values = self.values(texts, &findings)?;
        let instead = self.instead(&findings, &values);
        let of_row = |row: usize| {
            let range = findings.row(row);
            let spans = findings.spans.get(range.clone()).unwrap_or_default();
            spans.iter().zip(instead.get(range).unwrap_or_default())
        };
        let layout = Layout::measure(NAME, texts.len(), nulls, |row| {
            let changed = of_row(row).map(|(span, instead)| (span.end - span.start, instead.len()));
            changed.fold(texts.value(row).len(), |length, (was, now)| {
                length - was + now
            })
        })?;
        let bytes = layout.fill(|row, mut cell| {
            let text = texts.value(row);
            let mut at = 0;
            for (span, instead) in of_row(row) {
                cell = put(cell, text.get(at..span.start).unwrap_or_default());
                cell = put(cell, instead);
                at = span.end;
            }
            put(cell, text.get(at..).unwrap_or_default());
            Ok(())
        })?;
        Ok(Arc::new(layout.text(bytes)?))
    }

    /// The findings of each kind that has a kernel, protected: one call a kind, whatever the rows.
    fn values<'a>(
        &self,
        texts: impl StringArrayType<'a> + Copy,
        findings: &Findings,
    ) -> Result<Vec<Option<StringArray>>, ProtectError> {
        let protect = |kept: &Kept| {
            let With::Kernel(kernel) = &kept.with else {
                return Ok(None);
            };
            let clear: StringArray = (0..texts.len())
                .flat_map(|row| {
                    let spans = findings.spans.get(findings.row(row)).unwrap_or_default();
                    let of_kind = spans.iter().filter(|span| span.kind == kept.kind);
                    of_kind.map(move |span| texts.value(row).get(span.start..span.end))
                })
                .collect();
            if clear.is_empty() {
                return Ok(None);
            }
            let done = kernel.apply(&(Arc::new(clear) as ArrayRef))?;
            Ok(done.as_string_opt::<i32>().cloned())
        };
        self.kinds.iter().map(protect).collect()
    }

    /// What stands in place of each finding, in their order.
    fn instead<'a>(
        &'a self,
        findings: &Findings,
        values: &'a [Option<StringArray>],
    ) -> Vec<&'a str> {
        let mut taken = vec![0_usize; self.kinds.len()];
        let one = |span: &Found| {
            let place = self.kinds.iter().position(|kept| kept.kind == span.kind);
            let (kept, values, taken) = place
                .and_then(|at| Some((self.kinds.get(at)?, values.get(at)?, taken.get_mut(at)?)))?;
            match &kept.with {
                With::Text(text) => Some(text.as_str()),
                With::Kernel(_) => {
                    let row = *taken;
                    *taken += 1;
                    let values = values.as_ref().filter(|values| row < values.len())?;
                    values.is_valid(row).then(|| values.value(row))
                }
            }
        };
        // A null that a kernel gave leaves nothing in place.
        findings
            .spans
            .iter()
            .map(one)
            .map(Option::unwrap_or_default)
            .collect()
    }
}

/// What was found in all rows, in their order.
#[derive(Default)]
struct Findings {
    spans: Vec<Found>,
    /// Where the findings of each row end.
    ends: Vec<usize>,
}

impl Findings {
    fn row(&self, row: usize) -> std::ops::Range<usize> {
        let end = |row: usize| self.ends.get(row).copied().unwrap_or(0);
        row.checked_sub(1).map_or(0, end)..end(row)
    }
}

/// Writes `text` at the beginning of `cell`, and gives the rest.
fn put<'a>(cell: &'a mut [u8], text: &str) -> &'a mut [u8] {
    match cell.split_at_mut_checked(text.len()) {
        Some((place, rest)) => {
            place.copy_from_slice(text.as_bytes());
            rest
        }
        None => &mut [],
    }
}

#[cfg(test)]
pub(super) fn sample() -> crate::testing::Sample {
    use crate::testing::{Sample, said};
    Sample::texts(vec![said("email=tokenize, *=replace"), said("crm")])
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
    use crate::testing::{
        Keys, Random, assert_own_buffers, call, contains, every_shape_of_text, said,
    };

    fn scrub(plan: &str, key: &str) -> Arc<dyn Kernel> {
        bind(&call(NAME, vec![said(plan), said(key)]), &Keys).unwrap()
    }

    fn scrubbed(kernel: &dyn Kernel, text: &str) -> String {
        let input: ArrayRef = Arc::new(StringArray::from(vec![text]));
        kernel
            .apply(&input)
            .unwrap()
            .as_string::<i32>()
            .value(0)
            .to_owned()
    }

    #[test]
    fn each_kind_is_treated_as_the_plan_says() {
        let text = "Write ann@example.com or call +46 8 928 571 38; card 4111 1111 1111 1111, see https://a.example/x.";
        assert_eq!(
            scrubbed(&*scrub("", ""), text),
            "Write [EMAIL_ADDRESS] or call [PHONE_NUMBER]; card [CREDIT_CARD], see [URL]."
        );
        assert_eq!(
            scrubbed(
                &*scrub("CREDIT_CARD = mask(6, 4), phone=redact, url=keep", ""),
                text
            ),
            "Write [EMAIL_ADDRESS] or call [redacted]; card 4111 1*********1111, see https://a.example/x."
        );
        let dated = "born 2020-01-02";
        assert_eq!(scrubbed(&*scrub("DATE_TIME=keep", ""), dated), dated);
        assert_eq!(
            scrubbed(&*scrub("*=keep, card=replace", ""), text),
            text.replace("4111 1111 1111 1111", "[CREDIT_CARD]")
        );
    }

    #[test]
    fn a_token_in_a_text_is_the_token_of_a_column_of_that_tag() {
        let column: ArrayRef = Arc::new(StringArray::from(vec!["ann@example.com"]));
        let tokenize = bind(
            &call(
                "tokenize",
                vec![
                    said("crm"),
                    said("pii.email"),
                    said("text"),
                    Argument::Integer(0),
                ],
            ),
            &Keys,
        )
        .unwrap();
        let token = tokenize
            .apply(&column)
            .unwrap()
            .as_string::<i32>()
            .value(0)
            .to_owned();
        assert_eq!(
            scrubbed(&*scrub("email=tokenize", "crm"), "to ann@example.com, é"),
            format!("to {token}, é")
        );
    }

    #[test]
    fn every_shape_gives_the_same_and_nothing_found_is_left() {
        let values = [
            Some("é CANARY@example.com, ünd CANARY@example.com"),
            None,
            Some(""),
            Some("nothing here"),
        ];
        let expected = [
            Some("é [EMAIL_ADDRESS], ünd [EMAIL_ADDRESS]"),
            None,
            Some(""),
            Some("nothing here"),
        ];
        for (shape, input) in every_shape_of_text(&values) {
            let output = scrub("", "").apply(&input).unwrap();
            let texts: Vec<_> = output.as_string::<i32>().iter().collect();
            assert_eq!(texts, expected, "{shape}");
            assert_own_buffers(&input, &output);
            for secret in ["CANARY", "beside", "outside"] {
                assert!(!contains(&output, secret.as_bytes()), "{shape} {secret}");
            }
        }
    }

    #[test]
    fn any_text_keeps_what_is_not_found_and_loses_what_is() {
        const PIECES: [&str; 9] = [
            "ann@example.com",
            "4111 1111 1111 1111",
            "460-89-9847",
            "+46 8 928 571 38",
            "10.1.2.3",
            "https://a.example/é",
            "日本 ",
            " and 12 ",
            "é😀, ",
        ];
        let mut random = Random::new(71);
        let kernel = scrub("email=tokenize, card=mask(6, 4)", "crm");
        for _ in 0..3000 {
            let mut text = String::new();
            for _ in 0..random.below(7) {
                text += PIECES[random.below(PIECES.len())];
                let length = random.below(4);
                text += &random.text_of(length);
            }
            let mut found = Vec::new();
            Scanner::new().scan(&text, &mut found);
            let out = scrubbed(&*kernel, &text);
            // What stands between the findings is there as it was, in order.
            let (mut at, mut from) = (0, 0);
            for one in &found {
                let between = &text[at..one.start];
                assert!(out[from..].starts_with(between), "{text:?} {out:?}");
                from += between.len();
                assert!(
                    !out[from..].starts_with(&text[one.start..one.end]),
                    "{text:?} {out:?}"
                );
                from += match one.kind {
                    Kind::Email => 22,
                    Kind::Card => text[one.start..one.end].chars().count(),
                    kind => kind.entity().len() + 2,
                };
                at = one.end;
            }
            assert_eq!(&out[from..], &text[at..], "{text:?}");
            if found.is_empty() {
                assert_eq!(out, text);
            }
        }
    }

    #[test]
    fn what_was_scrubbed_stays_as_it_is() {
        let kernel = scrub("card=mask(6, 4)", "");
        let once = scrubbed(
            &*kernel,
            "ann@example.com 4111 1111 1111 1111, 10.1.2.3 on 2020-01-02; https://a.example/?to=b@c.example",
        );
        assert_eq!(
            once,
            "[EMAIL_ADDRESS] 4111 1*********1111, [IP_ADDRESS] on [DATE_TIME]; [URL]"
        );
        assert_eq!(scrubbed(&*kernel, &once), once);
    }

    #[test]
    fn plans_that_are_wrong_are_refused_with_the_entry() {
        for (plan, key, part) in [
            ("email", "", "`email`"),
            ("name=replace", "", "`name`"),
            ("email=replace, EMAIL_ADDRESS=keep", "", "twice"),
            ("email=md5", "", "`md5`"),
            ("card=mask(6)", "", "`last`"),
            ("card=mask(6, 4, 2)", "", "too many"),
            ("card=mask(6, 4", "", "parenthesis"),
            ("card=mask(6, 99)", "", "fit"),
            ("email=tokenize", "", "key"),
            ("email=tokenize(crm)", "crm", "do not fit"),
            ("email=encrypt", "", "another column"),
            ("email=bucket(3)", "", "text"),
            ("email=scrub", "", "`scrub`"),
            ("", "crm", "not used"),
        ] {
            let error = bind(&call(NAME, vec![said(plan), said(key)]), &Keys).unwrap_err();
            assert_eq!(error.code(), "SL8011", "{plan}");
            assert!(error.to_string().contains(part), "{plan}: {error}");
        }
    }

    #[test]
    fn other_types_are_refused() {
        let numbers: ArrayRef = Arc::new(arrow::array::Int64Array::from(vec![1]));
        assert_eq!(scrub("", "").apply(&numbers).unwrap_err().code(), "SL8012");
    }
}
