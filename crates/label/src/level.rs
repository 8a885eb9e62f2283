//! The ordered list of levels that a project names.
//!
//! Invariant: a [`Level`] is a rank in one [`Levels`] list; a higher rank is more secret.

use crate::LabelError;

/// A rank in a project's [`Levels`]: the higher, the more secret.
#[derive(Copy, Clone, Ord, PartialOrd, Eq, PartialEq, Hash, Debug)]
pub struct Level(u8);

impl Level {
    /// The rank, counted from 0, the lowest.
    #[must_use]
    pub fn rank(self) -> u8 {
        self.0
    }

    /// The lowest level of every list.
    #[must_use]
    pub const fn bottom() -> Self {
        Self(0)
    }
}

/// The ordered level names of a project, lowest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levels {
    names: Vec<String>,
}

/// The most levels a list may have.
const MOST: usize = 64;

impl Levels {
    /// A list of levels, lowest first.
    ///
    /// # Errors
    /// If the list is empty or too long, a name is no identifier, or one is given twice.
    pub fn new(names: Vec<String>) -> Result<Self, LabelError> {
        if names.is_empty() {
            return Err(LabelError::NoLevels);
        }
        if names.len() > MOST {
            return Err(LabelError::TooManyLevels(names.len()));
        }
        for (index, name) in names.iter().enumerate() {
            if !is_name(name) {
                return Err(LabelError::LevelName(name.clone()));
            }
            if names.iter().take(index).any(|other| other == name) {
                return Err(LabelError::LevelTwice(name.clone()));
            }
        }
        Ok(Self { names })
    }

    /// The level that everyone may read.
    #[must_use]
    pub fn lowest(&self) -> Level {
        Level(0)
    }

    /// The level that a column without one has.
    #[must_use]
    pub fn highest(&self) -> Level {
        Level(u8::try_from(self.names.len().saturating_sub(1)).unwrap_or(u8::MAX))
    }

    /// The level of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Level> {
        self.iter()
            .find(|(_, known)| *known == name)
            .map(|(level, _)| level)
    }

    /// The name of a level of this list (`?` for a level of another, longer list).
    #[must_use]
    pub fn name(&self, level: Level) -> &str {
        self.names
            .get(usize::from(level.0))
            .map_or("?", String::as_str)
    }

    /// All levels with their names, lowest first.
    pub fn iter(&self) -> impl Iterator<Item = (Level, &str)> {
        (0u8..)
            .map(Level)
            .zip(self.names.iter().map(String::as_str))
    }
}

impl Default for Levels {
    /// `public < internal < restricted`.
    fn default() -> Self {
        Self {
            names: ["public", "internal", "restricted"]
                .map(String::from)
                .to_vec(),
        }
    }
}

fn is_name(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-')
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

    #[test]
    fn the_default_order_stands() {
        let levels = Levels::default();
        assert!(levels.lowest() < levels.find("internal").unwrap());
        assert!(levels.find("internal").unwrap() < levels.highest());
        assert_eq!(levels.name(levels.highest()), "restricted");
        assert_eq!(levels.find("secret"), None);
        assert_eq!(levels.iter().count(), 3);
    }

    #[test]
    fn bad_lists_are_refused() {
        let list = |names: &[&str]| Levels::new(names.iter().map(|n| (*n).to_owned()).collect());
        assert_eq!(list(&[]), Err(LabelError::NoLevels));
        assert_eq!(
            list(&["a", "b", "a"]),
            Err(LabelError::LevelTwice("a".into()))
        );
        assert_eq!(
            list(&["Public"]),
            Err(LabelError::LevelName("Public".into()))
        );
        assert_eq!(
            Levels::new((0..65).map(|n| format!("l{n}")).collect()),
            Err(LabelError::TooManyLevels(65))
        );
        assert!(Levels::new((0..64).map(|n| format!("l{n}")).collect()).is_ok());
    }

    #[test]
    fn every_code_is_explained() {
        for error in [
            LabelError::NoLevels,
            LabelError::TooManyLevels(65),
            LabelError::LevelName(String::new()),
            LabelError::LevelTwice(String::new()),
            LabelError::TagText(String::new()),
        ] {
            assert!(
                crate::CODES.iter().any(|(code, _)| *code == error.code()),
                "{}",
                error.code()
            );
        }
    }
}
