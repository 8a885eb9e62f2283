//! Comparison that does not tell where two byte strings differ.

use aws_lc_rs::constant_time;

/// Whether `one` and `other` are equal, in time that depends on their lengths alone.
pub fn constant_time_equal(one: &[u8], other: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(one, other).is_ok()
}
