//! Forms: the protections that a value went through, innermost first.
//!
//! Invariant: only a layer that counts (its protection was applied to a canonical column path,
//! or seals whatever it is given) lowers anything; the outermost such layer is what shows.

use crate::{Layer, View};

/// A stack of layers.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Form {
    layers: Vec<(Layer, bool)>,
}

impl Form {
    /// A value as it is.
    #[must_use]
    pub fn plain() -> Self {
        Self::default()
    }

    /// Adds an outer layer, and whether it counts.
    #[must_use]
    pub fn under(mut self, layer: Layer, counts: bool) -> Self {
        self.layers.push((layer, counts));
        self
    }

    /// The layers, innermost first, each with whether it counts.
    #[must_use]
    pub fn layers(&self) -> &[(Layer, bool)] {
        &self.layers
    }

    /// What shows of a value in this form.
    #[must_use]
    pub fn view(&self) -> View {
        match self.layers.iter().rev().find(|(_, counts)| *counts) {
            Some((layer, _)) => View::of(layer.clone()),
            None => View::clear(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_that_does_not_count_is_worth_what_lies_below() {
        let mask = Layer::Masked {
            normal: 0,
            first: 6,
            last: 4,
        };
        let token = Layer::Token {
            normal: 0,
            key: "crm".into(),
            domain: "pci.pan".into(),
        };
        let form = Form::plain()
            .under(mask.clone(), true)
            .under(token.clone(), false);
        assert_eq!(form.view(), View::of(mask.clone()));
        assert_eq!(Form::plain().under(mask, false).view(), View::clear());
        let sealed = Layer::Sealed { key: "lake".into() };
        assert_eq!(
            Form::plain()
                .under(token, true)
                .under(sealed.clone(), true)
                .view(),
            View::of(sealed)
        );
    }
}
