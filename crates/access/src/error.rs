//! What can go wrong with an authorization once it was given, and what is
//! refused without a plan.
//!
//! Invariant: no variant carries a row value. Must never: be used for the
//! refusal of a plan, which is an answer and not an error.

/// An [`crate::Authorized`] that must not be executed any more, or a key that
/// is not the principal's to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// It has expired.
    #[error(
        "the authorization of `{pipeline}` expired at {expires} (Unix seconds), now is {now}; check and run the pipeline again"
    )]
    Expired {
        /// The pipeline.
        pipeline: String,
        /// Unix seconds.
        expires: i64,
        /// Unix seconds.
        now: i64,
    },
    /// It was given later than now: the clock went back.
    #[error(
        "the authorization of `{pipeline}` was given at {given} (Unix seconds), later than now ({now}); set the clock right, then run the pipeline again"
    )]
    NotYet {
        /// The pipeline.
        pipeline: String,
        /// Unix seconds.
        given: i64,
        /// Unix seconds.
        now: i64,
    },
    /// The plan inside is not the plan that was authorized.
    #[error(
        "the plan of `{pipeline}` is not the one that was authorized; check and run the pipeline again"
    )]
    Changed {
        /// The pipeline.
        pipeline: String,
    },
    /// Keys were made, rotated or destroyed since.
    #[error(
        "the keys changed since `{pipeline}` was authorized (epoch {authorized}, now {current}); run the pipeline again"
    )]
    KeysChanged {
        /// The pipeline.
        pipeline: String,
        /// The epoch that it was authorized with.
        authorized: u64,
        /// The epoch of the keystore.
        current: u64,
    },
    /// The policy does not permit it on this key.
    #[error(
        "the policy does not permit `{action}` on the key `{key}`; ask its owner for: permit (principal == {principal}, action == Sealine::Action::\"{action}\", resource == {resource});"
    )]
    KeyDenied {
        /// Who asked, as the policy names it.
        principal: String,
        /// `keys`, `administer`, `wrap` or `unwrap`.
        action: crate::Action,
        /// The key.
        key: String,
        /// The key, as the policy names it.
        resource: String,
    },
    /// The owners have not signed the project as it is, so its policy permits nothing.
    #[error("{reason}; `sealine policy verify` says more")]
    Unvouched {
        /// The code of the first thing that stands against it.
        code: &'static str,
        /// What that is.
        reason: String,
    },
}

impl AccessError {
    /// The stable code, expanded by `sealine explain`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Expired { .. } => "SL4201",
            Self::NotYet { .. } => "SL4202",
            Self::Changed { .. } => "SL4203",
            Self::KeysChanged { .. } => "SL4204",
            Self::KeyDenied { .. } => "SL4105",
            Self::Unvouched { code, .. } => code,
        }
    }
}
