//! Origins: where a piece of information came from.
//!
//! Invariant: an origin names a catalogued dataset and, except for rows and order, its column.

use std::fmt;
use std::sync::Arc;

/// Which side of a column, or of a dataset, the information is about.
#[derive(Copy, Clone, Ord, PartialOrd, Eq, PartialEq, Hash, Debug)]
pub enum Aspect {
    /// The values of a column.
    Value,
    /// Which cells of a column are null.
    Null,
    /// How long the values of a column are; counts inside a protection only.
    Length,
    /// Which rows a dataset has.
    Rows,
    /// In which order its rows come.
    Order,
}

/// A source of information: a column of a dataset in one aspect, or its rows or order.
#[derive(Clone, Ord, PartialOrd, Eq, PartialEq, Hash, Debug)]
pub struct Origin {
    /// The dataset's id in the catalog.
    pub dataset: Arc<str>,
    /// The column; none for [`Aspect::Rows`] and [`Aspect::Order`].
    pub column: Option<Arc<str>>,
    /// The side of it.
    pub aspect: Aspect,
}

impl Origin {
    /// One aspect of a column.
    #[must_use]
    pub fn column(dataset: &str, column: &str, aspect: Aspect) -> Self {
        Self {
            dataset: Arc::from(dataset),
            column: Some(Arc::from(column)),
            aspect,
        }
    }

    /// Which rows a dataset has.
    #[must_use]
    pub fn rows(dataset: &str) -> Self {
        Self {
            dataset: Arc::from(dataset),
            column: None,
            aspect: Aspect::Rows,
        }
    }

    /// In which order its rows come.
    #[must_use]
    pub fn order(dataset: &str) -> Self {
        Self {
            dataset: Arc::from(dataset),
            column: None,
            aspect: Aspect::Order,
        }
    }
}

impl fmt::Display for Origin {
    /// `crm.people.email`, `crm.people.email#null`, `crm.people#rows`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.dataset)?;
        if let Some(column) = &self.column {
            write!(f, ".{column}")?;
        }
        f.write_str(match self.aspect {
            Aspect::Value => "",
            Aspect::Null => "#null",
            Aspect::Length => "#length",
            Aspect::Rows => "#rows",
            Aspect::Order => "#order",
        })
    }
}
