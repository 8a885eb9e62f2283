//! Sets of bytes that texts of a kind are made of, as tables.
//!
//! Invariant: a table is made while compiling, and has no byte that is not of ASCII.

/// The letters and digits of ASCII, and these marks of it.
pub(super) struct Bytes([bool; 256]);

impl Bytes {
    // A constant function cannot iterate.
    #[allow(clippy::indexing_slicing, reason = "done while compiling")]
    pub(super) const fn alphanumeric_and(marks: &[u8]) -> Bytes {
        let mut table = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            table[byte] = (byte as u8).is_ascii_alphanumeric();
            byte += 1;
        }
        let mut at = 0;
        while at < marks.len() {
            table[marks[at] as usize] = true;
            at += 1;
        }
        Bytes(table)
    }

    /// Whether this byte is one of them.
    pub(super) fn contains(&self, byte: u8) -> bool {
        let Bytes(table) = self;
        table.get(usize::from(byte)).copied().unwrap_or(false)
    }
}
