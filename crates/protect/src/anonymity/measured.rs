//! What was found, and what falls short of what was asked for.
//!
//! Invariant: names, counts and numbers; never a value.

use std::collections::BTreeMap;

use super::Distance;

/// What is asked for; what is absent is not asked for.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Bounds {
    /// At least so many share each combination of quasi-identifiers.
    pub k: Option<u64>,
    /// At least so diverse is each sensitive value in each class.
    pub l: Option<f64>,
    /// How diversity is counted.
    pub diversity: Diversity,
    /// At most so far is each class's distribution from that of all rows, 0 to 1.
    pub t: Option<f64>,
}

/// How ℓ-diversity is counted (Machanavajjhala et al. 2007).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Diversity {
    /// Different values in a class.
    #[default]
    Distinct,
    /// `exp` of the entropy of a class: as many different values, equally frequent, would be as uncertain.
    Entropy,
}

/// What k counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counted {
    /// Rows.
    Rows,
    /// Different subjects; each counts once in a class, and once for each of its values there.
    Subjects,
}

impl Counted {
    /// As reports name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Counted::Rows => "rows",
            Counted::Subjects => "subjects",
        }
    }
}

/// The anonymity of the rows that were seen. A class is all rows with one combination of quasi-identifiers.
#[derive(Clone, PartialEq, Debug)]
pub struct Measured {
    /// What the sizes of classes count.
    pub counted: Counted,
    /// Rows seen.
    pub rows: u64,
    /// How many classes have each size, in `counted`.
    pub sizes: BTreeMap<u64, u64>,
    /// Each sensitive column, in the order asked for.
    pub sensitive: Vec<Sensitive>,
    /// Where a bound is not met.
    pub shortfalls: Vec<Shortfall>,
}

impl Measured {
    /// The size of the smallest class; `None` where there are no rows, which hide no one and show no one.
    #[must_use]
    pub fn k(&self) -> Option<u64> {
        self.sizes.keys().next().copied()
    }

    /// How many classes there are.
    #[must_use]
    pub fn classes(&self) -> u64 {
        self.sizes.values().sum()
    }

    /// The sizes of all classes together, in `counted`. A subject in two classes counts twice.
    #[must_use]
    pub fn members(&self) -> u64 {
        self.sizes
            .iter()
            .fold(0, |sum, (size, classes)| sum + size * classes)
    }

    /// Classes smaller than `k`, and how many rows or subjects are in them.
    #[must_use]
    pub fn below(&self, k: u64) -> (u64, u64) {
        self.sizes
            .range(..k)
            .fold((0, 0), |(classes, members), (size, number)| {
                (classes + number, members + size * number)
            })
    }
}

/// How a sensitive column is spread over the classes. All numbers are those of the worst class.
#[derive(Clone, PartialEq, Debug)]
pub struct Sensitive {
    /// Its name.
    pub column: String,
    /// Different values over all rows, null among them.
    pub values: u64,
    /// Fewest different values in a class.
    pub distinct_l: u64,
    /// Least `exp` of the entropy in a class; from 1 on.
    pub entropy_l: f64,
    /// Largest distance of a class from all rows, 0 to 1.
    pub t: f64,
    /// How the distance is measured.
    pub distance: Distance,
}

/// One of the measures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Metric {
    /// k-anonymity (Sweeney 2002).
    K,
    /// ℓ-diversity (Machanavajjhala et al. 2007).
    L(Diversity),
    /// t-closeness (Li, Li and Venkatasubramanian 2007).
    T,
}

impl Metric {
    /// As the catalog names its bound.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Metric::K => "k",
            Metric::L(_) => "l",
            Metric::T => "t",
        }
    }
}

/// A bound that is not met.
#[derive(Clone, PartialEq, Debug)]
pub struct Shortfall {
    /// Which.
    pub metric: Metric,
    /// The sensitive column; `None` for k.
    pub column: Option<String>,
    /// What was asked for.
    pub bound: f64,
    /// What the worst class has.
    pub found: f64,
    /// How many classes do not meet it.
    pub classes: u64,
    /// Rows or subjects in those classes.
    pub members: u64,
}
