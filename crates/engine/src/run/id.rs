//! The name of a run: made here, or given by whoever schedules it.
//!
//! INVARIANT: it is the name of a folder and a part of the name of a file, so it holds nothing that leads
//! anywhere, hides or ends a name.

use std::fmt;
use std::str::FromStr;

use sealine_protect::crypto::random;

use crate::clock;
use crate::error::EngineError;

/// Bytes of a run id; schedulers' own are below 100.
const LONGEST: usize = 128;

/// The id of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunId(String);

impl RunId {
    /// A new id that sorts by time: UUID version 7 (RFC 9562).
    pub(crate) fn fresh() -> Result<Self, EngineError> {
        let millis = u64::try_from(clock::now_micros() / 1000).unwrap_or(0);
        let random: [u8; 10] = random::array()?;
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        Ok(Self(id.to_string()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RunId {
    type Err = EngineError;

    /// Takes in 1 to 128 ASCII letters, digits and `._:+@=~-`, of which the first is a letter or a digit.
    fn from_str(text: &str) -> Result<Self, EngineError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:+@=~-".contains(&byte);
        let sound = text.len() <= LONGEST
            && text.bytes().all(plain)
            && text
                .as_bytes()
                .first()
                .is_some_and(u8::is_ascii_alphanumeric);
        if sound {
            Ok(Self(text.to_owned()))
        } else {
            Err(EngineError::NotARunId)
        }
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
    fn ids_of_schedulers_are_taken_and_names_that_lead_elsewhere_are_not() {
        for good in [
            "1",
            "2026-11-22",
            "scheduled__2026-11-22T00:00:00+00:00",
            "dag.task~retry=1@host",
            RunId::fresh().unwrap().as_str(),
            &"x".repeat(128),
        ] {
            assert_eq!(good.parse::<RunId>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            ".",
            "..",
            ".hidden",
            "-flag",
            "a/b",
            "a b",
            "a\n",
            "caf\u{e9}",
            "a\0",
            "a$b",
            &"x".repeat(129),
        ] {
            assert_eq!(
                bad.parse::<RunId>().unwrap_err().code(),
                "SL5422",
                "{bad:?}"
            );
        }
    }
}
