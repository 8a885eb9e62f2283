//! The arguments of a call by what they mean, as its declaration says.
//!
//! Invariant: an argument that was not given reads as the empty text.

use sealine_label::declare::{Argument, Call, Declaration, ParamKind};

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

    fn of_kind(&self, is: impl Fn(ParamKind) -> bool) -> String {
        let mut params = self.declaration.params.iter();
        params
            .position(|param| is(param.kind))
            .map_or_else(String::new, |index| self.at(index))
    }

    /// What decides how much shows: every argument but the key, the domain, other columns, and
    /// optional ones that are as if they were not written.
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
        let texts: Vec<String> = shaping
            .filter(|(index, param)| {
                param.required || self.call.arguments.get(*index) != Some(&param.kind.absent())
            })
            .map(|(index, _)| self.at(index))
            .filter(|text| !text.is_empty())
            .collect();
        texts.join(", ")
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
