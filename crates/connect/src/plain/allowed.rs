//! The permission to write in clear, as a value.

use sealine_label::{Level, Levels};

/// That a dataset's clearance does not demand encryption at rest, and that the digests of its
/// files may stand in a receipt.
///
/// The highest level demands encryption. A receipt names the SHA-256 of every file, which of a
/// small file in clear is as good as the file to whoever can guess it; so the clearance must be
/// within what an operator may see. The proof keeps what is above the clearance out of the dataset.
#[derive(Clone, Debug)]
pub struct PlainAllowed(());

impl PlainAllowed {
    /// The permission for a dataset of this clearance in a project whose operators are cleared
    /// for `operator`; `None` if it must be encrypted.
    pub fn of(clearance: Level, operator: Level, levels: &Levels) -> Option<PlainAllowed> {
        (clearance < levels.highest() && clearance <= operator).then_some(PlainAllowed(()))
    }
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
    fn neither_the_highest_level_nor_what_operators_may_not_see_is_written_in_clear() {
        let levels = Levels::default();
        for (level, _) in levels.iter() {
            for (operator, _) in levels.iter() {
                let allowed = PlainAllowed::of(level, operator, &levels).is_some();
                assert_eq!(allowed, level != levels.highest() && level <= operator);
            }
        }
    }
}
