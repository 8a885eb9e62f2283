//! Exit codes: the same few for every verb, so that a script can tell what happened.

use std::process::ExitCode;

/// How a verb ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// It began and failed; nothing was half done.
    Failed,
    /// Wrong usage, or a broken file.
    Broken,
    /// Refused by the proof or by the policy.
    Refused,
    /// A verification failed: something was changed.
    Tampered,
}

impl Exit {
    /// As a number.
    pub(crate) fn number(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Broken => 2,
            Exit::Refused => 3,
            Exit::Tampered => 4,
        }
    }

    /// As the process ends.
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(self.number())
    }
}
