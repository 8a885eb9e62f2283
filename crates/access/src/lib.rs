//! Cedar decisions: a plan becomes an authorized plan here and nowhere else.
//!
//! Purpose: load and validate the policy of a project, answer every question
//! about who may do what, and turn a [`sealine_plan::Plan`] into an
//! [`Authorized`] one or into a [`Refusal`] that says how to pass.
//!
//! Invariant: [`Authorized`] has no public constructor; [`authorize`] is its
//! only source, and it never returns one while a violation stands or a demand
//! is denied.
//!
//! Must never: permit on silence, on an evaluation error or on a request that
//! the schema does not know; read a clock, a file or an environment variable.

mod action;
mod authorize;
mod authorized;
mod cases;
mod codes;
mod decide;
mod disclosure;
mod error;
mod grant;
mod matrix;
mod owners;
mod policy;
mod principal;
mod refusal;
mod render;

pub use action::{Action, Resource};
pub use authorize::authorize;
pub use authorized::{Authorized, Granted, LIFETIME_SECONDS};
pub use cases::{Answer, answer};
pub use codes::CODES;
pub use decide::{Decision, permitted};
pub use disclosure::Disclosure;
pub use error::AccessError;
pub use matrix::{Matrix, Row};
pub use owners::{FileDigests, Signature, Signatures, Signed, Signer, Vouched};
pub use policy::{MAX_FILE_BYTES, MAX_POLICIES, MAX_TOTAL_BYTES, Policy, SCHEMA};
pub use principal::{Principal, PrincipalKind};
pub use refusal::{Place, Refusal, RefusedFinding, RefusedStep, Suggestion};
