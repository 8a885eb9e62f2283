//! What was read, accepted and rejected, by column and rule.

use std::collections::BTreeMap;

/// Counts over a run. INVARIANT: `read == accepted + rejected`, and `by_rule` sums to `rejected`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that the source gave, malformed ones included.
    pub read: u64,
    /// Rows that met every rule.
    pub accepted: u64,
    /// Rows that broke one.
    pub rejected: u64,
    /// Rejected rows by column and rule; the column is empty where the row could not be split, and
    /// the name of the expectation where the rule is `expect`.
    pub by_rule: BTreeMap<(String, &'static str), u64>,
}

impl Tally {
    /// Counts `count` rejects of one rule.
    pub(crate) fn reject(&mut self, column: &str, rule: &'static str, count: u64) {
        self.rejected += count;
        *self.by_rule.entry((column.to_owned(), rule)).or_insert(0) += count;
    }
}
