//! The arguments of a call by what they mean, as its declaration says.
//!
//! Invariant: an argument that was not given reads as the empty text.

use sealine_label::declare::{Argument, Call, Declaration, Fails, ParamKind};

/// A call beside its declaration.
pub(crate) struct Said<'a> {
    pub(crate) declaration: &'a Declaration,
    pub(crate) call: &'a Call,
}

impl Said<'_> {
    /// The argument at this place, as text.
    pub(crate) fn at(&self, index: usize) -> String {
        match self.call.arguments.get(index) {
            Some(Argument::Text(text) | Argument::Number(text)) => text.clone(),
            Some(Argument::Integer(number)) => number.to_string(),
            Some(Argument::Column(_) | Argument::Absent) | None => String::new(),
        }
    }

    /// The argument of the parameter with this name.
    pub(crate) fn named(&self, name: &str) -> String {
        let mut params = self.declaration.params.iter();
        params
            .position(|param| param.name == name)
            .map_or_else(String::new, |index| self.at(index))
    }

    /// The name of the key; empty where it takes none.
    pub(crate) fn key(&self) -> String {
        self.of_kind(|kind| matches!(kind, ParamKind::Key(_)))
    }

    /// The domain of tokens as written.
    pub(crate) fn domain(&self) -> String {
        self.of_kind(|kind| kind == ParamKind::Domain)
    }

    /// Whether it separates tokens of several domains.
    pub(crate) fn has_domain(&self) -> bool {
        let mut params = self.declaration.params.iter();
        params.any(|param| param.kind == ParamKind::Domain)
    }

    fn of_kind(&self, is: impl Fn(ParamKind) -> bool) -> String {
        let mut params = self.declaration.params.iter();
        params
            .position(|param| is(param.kind))
            .map_or_else(String::new, |index| self.at(index))
    }

    /// What decides how much shows: every argument but the key, the domain, other columns, and
    /// optional ones at the end that are as if they were not written. Two different lists of
    /// arguments never read alike: where there may be several, one with a comma or a quote in it
    /// stands in quotes.
    pub(crate) fn form(&self) -> String {
        let shaping = self
            .declaration
            .params
            .iter()
            .enumerate()
            .filter(|(_, param)| {
                !matches!(
                    param.kind,
                    ParamKind::Key(_) | ParamKind::Domain | ParamKind::Column
                )
            });
        let mut texts: Vec<(String, bool)> = shaping
            .map(|(index, param)| {
                let absent = param.kind.absent();
                let silent = !param.required && self.call.arguments.get(index) == Some(&absent);
                (self.at(index), silent)
            })
            .collect();
        let several = texts.len() > 1;
        while texts.last().is_some_and(|(_, silent)| *silent) {
            texts.pop();
        }
        let quoted = |text: String| {
            if several && text.contains([',', '\'']) {
                format!("'{}'", text.replace('\'', "''"))
            } else {
                text
            }
        };
        let texts: Vec<String> = texts.into_iter().map(|(text, _)| quoted(text)).collect();
        texts.join(", ")
    }

    /// The name of the parameter that the column at this place beside the value stands in.
    pub(crate) fn column_name(&self, place: usize) -> &'static str {
        let arguments = self.call.arguments.iter().zip(self.declaration.params);
        let mut columns = arguments.filter(|(argument, _)| **argument == Argument::Column(place));
        columns.next().map_or("", |(_, param)| param.name)
    }

    /// Whether the call can stop the run on some value.
    pub(crate) fn fails_on_values(&self) -> bool {
        match self.declaration.fails {
            Fails::Never | Fails::NullBeside | Fails::Beyond(_) => false,
            Fails::OnSome => true,
            Fails::Unless(place, word) => self.at(place) != word,
        }
    }

    /// Where the one parameter that nests stands in its order.
    pub(crate) fn rank(&self) -> Option<u32> {
        let [param] = self.declaration.params else {
            return None;
        };
        match param.kind {
            ParamKind::Count => self.at(0).parse().ok(),
            ParamKind::Choice(words) => {
                let chosen = self.at(0);
                let place = words.iter().position(|word| *word == chosen)?;
                u32::try_from(place).ok()
            }
            _ => None,
        }
    }
}
