//! Reads `anonymity:` of a dataset: bounds, and the columns that they are about.

use super::reader::{Fields, Reader};
use super::scalar::{self, quote};
use super::shape;
use super::tree::Node;
use crate::diagnostic::Diagnostic;
use crate::model::{Anonymity, Dataset, Diversity};
use crate::source::Spanned;

const NAMES: &str = "[age_band, zip]";

impl Reader<'_> {
    /// The bounds of a dataset whose columns were read; `sound` says that all of them could be.
    pub(crate) fn anonymity(
        &mut self,
        node: &Node,
        dataset: &Dataset,
        sound: bool,
    ) -> Option<Anonymity> {
        let fields = self.fields(node, "anonymity", &shape::ANONYMITY)?;
        let (k, t) = (fields.find("k"), fields.find("t"));
        let l = fields.find("l");
        let l_kind = fields.find("l_kind").and_then(|node| {
            self.choice(
                node,
                "l_kind",
                &Diversity::ALL.map(|kind| (kind.name(), kind)),
            )
        });
        let mut names = |key| {
            let node = fields
                .find(key)
                .filter(|node| self.at_most(node, key, 64))?;
            self.texts(node, key, NAMES)
        };
        let (quasi, sensitive) = (names("quasi"), names("sensitive"));
        let anonymity = Anonymity {
            k: k.and_then(|node| self.count(node, "k", 2, u64::MAX)),
            l: l.and_then(|node| self.between(node, "l", 1.0, 1e9)),
            l_kind: l_kind.unwrap_or_default(),
            t: t.and_then(|node| self.between(node, "t", 0.0, 1.0)),
            quasi: quasi.unwrap_or_default(),
            sensitive: sensitive.unwrap_or_default(),
            span: node.span,
        };
        if k.is_none() && l.is_none() && t.is_none() {
            self.error(
                "SL1056",
                node.span,
                "`anonymity` asks for nothing".to_owned(),
                "no bound",
                "write `k: 5`, and where a column is sensitive `l: 2` or `t: 0.3`",
            );
        }
        if let (Some(kind), None) = (fields.entry("l_kind"), l) {
            self.error(
                "SL1056",
                kind.key.span,
                "`l_kind` says how `l` is counted, and there is no `l`".to_owned(),
                "counts nothing",
                "add `l: 2`, or remove the key",
            );
        }
        for name in &anonymity.sensitive {
            if anonymity
                .quasi
                .iter()
                .any(|quasi| quasi.value == name.value)
            {
                let message = format!("{} is both quasi-identifier and sensitive", quote(name));
                self.error("SL1056", name.span, message, "named in `quasi` too", BOTH);
            }
        }
        if sound && dataset.declares_columns {
            self.declared_roles(&fields, dataset, &anonymity);
        }
        Some(anonymity)
    }

    /// What is named is a column, and what is not named is declared.
    fn declared_roles(&mut self, fields: &Fields<'_>, dataset: &Dataset, anonymity: &Anonymity) {
        let needs_sensitive = anonymity.l.is_some() || anonymity.t.is_some();
        let roles = [
            (
                "quasi",
                &anonymity.quasi,
                dataset.columns.iter().find(|column| column.quasi),
                true,
            ),
            (
                "sensitive",
                &anonymity.sensitive,
                dataset.columns.iter().find(|column| column.sensitive),
                needs_sensitive,
            ),
        ];
        for (key, named, declared, needed) in roles {
            for name in named {
                self.column_of(dataset, name);
            }
            match (fields.entry(key), declared) {
                (Some(entry), Some(column)) => self.out.push(
                    Diagnostic::error("SL1056", format!("`{key}` is said twice"))
                        .mark(entry.key.span, "named here")
                        .mark(column.span, format!("this column says `{key}: true`"))
                        .help("keep one of them: at the columns where the dataset declares them"),
                ),
                (None, None) if needed => {
                    let bound = if key == "quasi" {
                        "`anonymity`"
                    } else {
                        "`l` and `t`"
                    };
                    self.error(
                        "SL1056",
                        anonymity.span,
                        format!(
                            "{bound} cannot be measured: no column of `{}` is `{key}: true`",
                            dataset.id
                        ),
                        &format!("no `{key}` column"),
                        format!("add `{key}: true` to the columns that are"),
                    );
                }
                _ => {}
            }
        }
    }

    /// A column is what an outsider may know or what must stay unknown, not both.
    pub(crate) fn one_role(&mut self, fields: &Fields<'_>, quasi: bool, sensitive: bool) {
        if let (true, true, Some(entry)) = (quasi, sensitive, fields.entry("sensitive")) {
            self.error(
                "SL1056",
                entry.key.span,
                "a column cannot be both quasi-identifier and sensitive".to_owned(),
                "it is `quasi: true` too",
                BOTH,
            );
        }
    }

    /// A number within bounds, not quoted.
    pub(crate) fn between(
        &mut self,
        node: &Node,
        name: &str,
        least: f64,
        most: f64,
    ) -> Option<f64> {
        let Some(number) = node.plain().and_then(scalar::number) else {
            self.wrong(
                node,
                name,
                "a number",
                format!("for example `{name}: {}`", most.min(2.0)),
            );
            return None;
        };
        if (least..=most).contains(&number) {
            return Some(number);
        }
        let message = format!("`{name}` has to be between {least} and {most}, not {number}");
        let help = format!("write a number from {least} to {most}");
        self.error("SL1027", node.span, message, "out of range", help);
        None
    }

    /// The name is one of the dataset's columns.
    pub(crate) fn column_of(&mut self, dataset: &Dataset, name: &Spanned<String>) {
        if dataset.column(name).is_none() {
            let known: Vec<&str> = dataset
                .columns
                .iter()
                .map(|column| column.name.as_str())
                .collect();
            self.unknown(
                "SL1038",
                "column",
                name,
                known,
                "declare it under `columns:`",
            );
        }
    }
}

const BOTH: &str = "a quasi-identifier is what an outsider may know of a person, a sensitive column what must not be learnt from it: keep one";
