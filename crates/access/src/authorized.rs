//! A plan that may be executed, and by whose permission.
//!
//! Invariant: private fields, no public constructor, no `Clone` and no
//! `Deserialize`; [`crate::authorize`] makes it once every question was
//! answered with a permission. Must never: outlive [`LIFETIME_SECONDS`].

use sealine_plan::{Demand, Plan};

use crate::error::AccessError;
use crate::owners::Signer;
use crate::principal::Principal;

/// How long after the decision an execution may start, in seconds.
pub const LIFETIME_SECONDS: i64 = 15 * 60;

/// How far a clock may run back between decision and execution, in seconds.
const CLOCK_SLACK_SECONDS: i64 = 5;

/// One disclosure that the policy permitted, and the statements that did.
#[derive(Clone, Debug)]
pub struct Granted {
    /// What was asked.
    pub demand: Demand,
    /// The ids of the permits, sorted; never empty.
    pub by: Vec<String>,
}

/// A `P` that was checked against the policy. The only way into an execution.
#[derive(Debug)]
pub struct Authorized<P> {
    subject: P,
    plan_digest: [u8; 32],
    policy_digest: [u8; 32],
    key_epoch: u64,
    given: i64,
    expires: i64,
    principal: Principal,
    declassifications: Vec<Granted>,
    signers: Vec<Signer>,
}

impl Authorized<Plan> {
    /// INVARIANT: called by `authorize` alone, with nothing refused.
    pub(crate) fn new(
        plan: Plan,
        policy_digest: [u8; 32],
        key_epoch: u64,
        now: i64,
        principal: Principal,
        declassifications: Vec<Granted>,
        signers: Vec<Signer>,
    ) -> Self {
        Self {
            plan_digest: plan.digest(),
            subject: plan,
            policy_digest,
            key_epoch,
            given: now,
            expires: now.saturating_add(LIFETIME_SECONDS),
            principal,
            declassifications,
            signers,
        }
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.subject
    }

    /// Whether it may still be executed: not expired, not from the future, the
    /// same plan. Whoever executes it calls this first. `now` in Unix seconds.
    ///
    /// # Errors
    ///
    /// [`AccessError`], with what to do.
    pub fn verify(&self, now: i64) -> Result<(), AccessError> {
        let pipeline = || self.subject.pipeline().to_owned();
        if now >= self.expires {
            return Err(AccessError::Expired {
                pipeline: pipeline(),
                expires: self.expires,
                now,
            });
        }
        if now < self.given.saturating_sub(CLOCK_SLACK_SECONDS) {
            return Err(AccessError::NotYet {
                pipeline: pipeline(),
                given: self.given,
                now,
            });
        }
        if self.subject.digest() != self.plan_digest {
            return Err(AccessError::Changed {
                pipeline: pipeline(),
            });
        }
        Ok(())
    }

    /// Whether the keystore is still the one that the decision saw.
    ///
    /// # Errors
    ///
    /// [`AccessError::KeysChanged`].
    pub fn verify_keys(&self, epoch: u64) -> Result<(), AccessError> {
        if epoch == self.key_epoch {
            return Ok(());
        }
        Err(AccessError::KeysChanged {
            pipeline: self.subject.pipeline().to_owned(),
            authorized: self.key_epoch,
            current: epoch,
        })
    }
}

impl<P> Authorized<P> {
    /// SHA-256 of the plan.
    pub fn plan_digest(&self) -> [u8; 32] {
        self.plan_digest
    }

    /// SHA-256 of the policy that decided.
    pub fn policy_digest(&self) -> [u8; 32] {
        self.policy_digest
    }

    /// The epoch of the keystore at the decision.
    pub fn key_epoch(&self) -> u64 {
        self.key_epoch
    }

    /// When it was given, in Unix seconds.
    pub fn given(&self) -> i64 {
        self.given
    }

    /// When it ends, in Unix seconds; at that second it is over.
    pub fn expires(&self) -> i64 {
        self.expires
    }

    /// As whom it is executed.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Every disclosure that was asked for, with the statements that permit it.
    pub fn declassifications(&self) -> &[Granted] {
        &self.declassifications
    }

    /// Who vouched for catalog and policy; empty where the project has no owners.
    pub fn signers(&self) -> &[Signer] {
        &self.signers
    }
}
