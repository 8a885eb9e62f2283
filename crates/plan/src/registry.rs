//! The protections that exist, as declared by whoever implements them.
//!
//! Invariant: a protection that is not in the registry does not exist for the plan.

use sealine_label::declare::{Accepts, Declaration, ParamKind, Returns};

use datafusion::arrow::datatypes::DataType;

/// The declared protections.
#[derive(Clone, Copy, Debug)]
pub struct Registry {
    declarations: &'static [Declaration],
}

impl Registry {
    /// A registry of these protections.
    #[must_use]
    pub fn new(declarations: &'static [Declaration]) -> Self {
        Self { declarations }
    }

    /// The protection of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&'static Declaration> {
        self.declarations
            .iter()
            .find(|declaration| declaration.name == name)
    }

    /// All of them.
    #[must_use]
    pub fn declarations(&self) -> &'static [Declaration] {
        self.declarations
    }
}

/// Whether a protection takes values of this type.
pub(crate) fn accepts(declaration: &Declaration, data_type: &DataType) -> bool {
    declaration.accepts.iter().any(|kind| match kind {
        Accepts::Text => matches!(
            data_type,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
        ),
        Accepts::Integer => data_type.is_integer(),
        Accepts::Float => data_type.is_floating(),
        Accepts::Decimal => matches!(data_type, DataType::Decimal128(_, _)),
        Accepts::Date => matches!(data_type, DataType::Date32),
        Accepts::Timestamp => matches!(data_type, DataType::Timestamp(_, _)),
        Accepts::Binary => matches!(
            data_type,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView
        ),
        Accepts::Boolean => matches!(data_type, DataType::Boolean),
        Accepts::Any => !data_type.is_nested(),
    })
}

/// The type that a protection gives for values of this type; `chosen` is the word in the parameter
/// that decides it, if one does.
pub(crate) fn returns(declaration: &Declaration, chosen: &str, data_type: &DataType) -> DataType {
    let kind = match declaration.returns {
        Returns::Chosen(param, kinds) => {
            let words = match declaration.params.get(param).map(|param| param.kind) {
                Some(ParamKind::Choice(words)) => words,
                _ => &[],
            };
            let place = words.iter().position(|word| *word == chosen);
            kinds.get(place.unwrap_or(0)).copied()
        }
        kind => Some(kind),
    };
    match kind {
        Some(Returns::Text) => DataType::Utf8,
        Some(Returns::Binary) => DataType::Binary,
        Some(Returns::Integer) => DataType::Int64,
        Some(Returns::Float) => DataType::Float64,
        Some(Returns::Same | Returns::Chosen(..)) | None => data_type.clone(),
    }
}
