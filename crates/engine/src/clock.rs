//! The only wall clock of Sealine. Every other crate takes times as arguments, so that proofs, formats
//! and verification stay functions of their inputs.
//!
//! INVARIANT: nothing outside this module reads the time. Must never decide anything by itself.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Unix time in whole seconds.
pub fn now() -> i64 {
    now_micros() / 1_000_000
}

/// Unix time in microseconds. A clock set before 1970 reads as 0: it then fails every expiry check.
#[allow(clippy::disallowed_methods)] // this module is the one place that reads the wall clock
pub fn now_micros() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map(|since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
        .unwrap_or(0)
}

/// Measures durations; unaffected by changes of the wall clock.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    #[allow(clippy::disallowed_methods)] // see the module header
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// `1970-01-01T00:00:00Z` for Unix seconds; used in messages and receipts.
pub fn rfc3339(seconds: i64) -> String {
    chrono::DateTime::from_timestamp(seconds, 0).map_or_else(
        || format!("@{seconds}"),
        |time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    )
}

/// Days since 1970-01-01, in UTC, for Unix seconds.
pub fn day(seconds: i64) -> i32 {
    i32::try_from(seconds.div_euclid(86_400)).unwrap_or(i32::MAX)
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
    fn times_are_rendered_in_utc() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(1_795_305_600), "2026-11-22T00:00:00Z");
        assert_eq!(day(1_795_305_600), 20_779);
        assert_eq!(day(1_795_305_599), 20_778);
    }

    #[test]
    fn now_is_after_this_was_written() {
        assert!(now() > 1_700_000_000);
        assert!(now_micros() / 1_000_000 - now() <= 1);
    }
}
