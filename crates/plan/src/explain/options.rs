//! Which protections to offer for a column, likeliest to be permitted first.
//!
//! Invariant: an option is only text; whether it settles anything is proved afterwards.

use datafusion::arrow::datatypes::DataType;
use sealine_label::declare::{Accepts, Effect};
use sealine_spec::{Purpose, Spec};

use super::items::substituted;
use crate::Registry;

/// One way to protect.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    /// What to do, in a few words.
    pub(crate) title: String,
    /// The expression, without an alias.
    pub(crate) text: String,
    pub(crate) reveals: String,
}

/// What is to be protected.
pub(crate) struct Target<'t> {
    /// The catalogued column as written, if the expression reads it.
    pub(crate) column: Option<&'t str>,
    /// The whole expression as written.
    pub(crate) expression: &'t str,
    pub(crate) tags: Vec<String>,
    pub(crate) column_type: Option<DataType>,
    pub(crate) name: &'t str,
}

/// A protection made for one kind of value: its name, the arguments behind the column, what shows.
type Made = (&'static str, &'static str, &'static str);

const EMAIL: &[Made] = &[
    ("mask_email", ", 'domain'", "the domain of each address"),
    ("mask_email", ", 'tld'", "the last part of each domain"),
];
const CARD: &[Made] = &[
    (
        "mask_card",
        ", 'first-6-last-4'",
        "the first six and the last four digits",
    ),
    ("mask_card", ", 'last-4'", "the last four digits"),
];
const ZIP: &[Made] = &[
    (
        "zip_prefix",
        ", 3",
        "the first three letters and digits of each code",
    ),
    (
        "zip_prefix",
        ", 2",
        "the first two letters and digits of each code",
    ),
    (
        "zip_hipaa",
        "",
        "the first three digits, where more than 20,000 people live",
    ),
];
const IP: &[Made] = &[("ip_prefix", ", 24, 48", "the network of each address")];
const DATE: &[Made] = &[
    ("coarse_date", ", 'month'", "the month of each date"),
    ("coarse_date", ", 'year'", "the year of each date"),
];

/// The ways to protect a target, best first.
pub(crate) fn choices(target: &Target<'_>, spec: &Spec, registry: &Registry) -> Vec<Choice> {
    let mut all = Vec::new();
    let takes = |effect: Effect, kind: Accepts| {
        registry.declarations().iter().any(|d| {
            d.effect == effect && (d.accepts.contains(&kind) || d.accepts.contains(&Accepts::Any))
        })
    };
    let text = matches!(
        target.column_type,
        Some(DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
    );
    let integer = target
        .column_type
        .as_ref()
        .is_some_and(DataType::is_integer);
    let card = target.tags.iter().any(|tag| tag.starts_with("pci."))
        || target.tags.iter().any(|tag| tag.contains("iban"));
    let keys = |purpose: Purpose| {
        spec.project
            .keys
            .values()
            .filter(move |key| key.purpose == purpose)
            .map(|key| key.name.clone())
    };
    let name = target.name;
    let tagged = |stem: &str| target.tags.iter().any(|tag| tag.contains(stem));
    let date = matches!(target.column_type, Some(DataType::Date32));
    if let Some(column) = target.column {
        // Those that are made for this kind of value, the coarser one last.
        let made: Vec<&[Made]> = [
            (text && tagged("email"), EMAIL),
            (text && tagged("pci."), CARD),
            (text && (tagged("zip") || tagged("post")), ZIP),
            (text && tagged("pii.ip"), IP),
            (date, DATE),
        ]
        .into_iter()
        .filter_map(|(fits, made)| fits.then_some(made))
        .collect();
        let made = made.into_iter().flatten();
        let made = made.filter(|(protection, _, _)| registry.find(protection).is_some());
        let made: Vec<Choice> = made
            .map(|(protection, arguments, reveals)| Choice {
                title: format!("{protection} `{name}`"),
                text: format!("{protection}({column}{arguments})"),
                reveals: (*reveals).to_owned(),
            })
            .collect();
        let mut masks = Vec::new();
        if text && takes(Effect::Mask, Accepts::Text) {
            let counts: &[(u32, u32)] = if card {
                &[(6, 4), (0, 4)]
            } else {
                &[(1, 0), (0, 4), (0, 0)]
            };
            masks.extend(counts.iter().map(|(first, last)| Choice {
                title: format!("mask `{name}`"),
                text: format!("mask({column}, {first}, {last})"),
                reveals: format!(
                    "the first {first} and last {last} characters and the length of each value"
                ),
            }));
        }
        let mut tokens = Vec::new();
        let kind = if text {
            Accepts::Text
        } else if integer {
            Accepts::Integer
        } else {
            Accepts::Date
        };
        if takes(Effect::Tokenize, kind) {
            tokens.extend(keys(Purpose::Token).map(|key| Choice {
                title: format!("tokenize `{name}`"),
                text: format!("tokenize({column}, '{}')", quoted(&key)),
                reveals: "which values are equal, and how often each occurs".to_owned(),
            }));
        }
        if card {
            all.extend(masks);
            all.extend(tokens);
        } else {
            if integer && takes(Effect::Bucket, Accepts::Integer) {
                all.extend([10, 5, 100, 1000].map(|width| Choice {
                    title: format!("bucket `{name}`"),
                    text: format!("bucket({column}, {width})"),
                    reveals: format!("in which range of {width} each value lies"),
                }));
            }
            all.extend(tokens);
            all.extend(masks);
        }
        all.extend(made);
    }
    if let Some(column) = target.column.filter(|column| *column != target.expression) {
        // Inside of the expression, where the column alone cannot take its place (an aggregate).
        let inside = all.clone().into_iter().map(|choice: Choice| Choice {
            text: substituted(target.expression, column, &choice.text),
            ..choice
        });
        all.extend(inside.collect::<Vec<_>>());
    }
    let sealed = |inner: &str, key: &str| Choice {
        title: format!("encrypt `{name}`"),
        text: format!("encrypt({inner}, '{}')", quoted(key)),
        reveals:
            "the length of each value and which are null; the value itself to holders of the key"
                .to_owned(),
    };
    for key in keys(Purpose::Value) {
        if let Some(column) = target.column {
            all.push(sealed(column, &key));
        }
        if target.column != Some(target.expression) {
            all.push(sealed(target.expression, &key));
        }
    }
    for removing in ["redact", "nullify"] {
        if registry.find(removing).is_some() {
            all.push(Choice {
                title: format!("{removing} `{name}`"),
                text: format!("{removing}({})", target.expression),
                reveals: "only how many rows there are".to_owned(),
            });
        }
    }
    all
}

fn quoted(text: &str) -> String {
    text.replace('\'', "''")
}
