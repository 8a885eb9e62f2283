//! Keys over time: changed where the policy permits, logged before the change, destroyed when due.
//!
//! INVARIANT: the order is permit, check, log, change. A version is destroyed only after its tombstone is in the
//! log, and what the log calls destroyed is refused, whatever a restored keystore says.

use std::sync::Arc;

use sealine_access::{Action as Ask, Principal};
use sealine_audit::{Action, Digest, Event, KeyChange, KeyUse, Outcome, PassphraseChange, Time};
use sealine_keys::{Change, Cost, KeyError, KeyInfo};
use sealine_protect::crypto::Secret;

use crate::clock;
use crate::error::EngineError;
use crate::progress::Update;
use crate::session::{Session, actor, purpose};

/// The root secret of the keystore, as the policy names it.
const ROOT: &str = "sealine/root";

impl Session {
    /// Makes a key that `sealine.yaml` declares and that is not in the keystore yet, and logs it.
    ///
    /// # Errors
    /// `SL5019` where it is not declared; else as [`Session::change_key`].
    pub fn new_key(&mut self, name: &str, user: &Principal) -> Result<(), EngineError> {
        let Some(declared) = self.project.spec().project.keys.get(name) else {
            return Err(EngineError::KeyUndeclared {
                name: name.to_owned(),
            });
        };
        let change = Change::New {
            name: name.to_owned(),
            purpose: purpose(declared.purpose),
        };
        self.change_key(&change, user).map(drop)
    }

    /// Changes a key, with permission and logged; gives the versions that the change touched. A destruction that
    /// is due at once is done at once.
    ///
    /// # Errors
    /// `SL4105` where the policy does not permit it, which is logged; the keystore's error where the change
    /// does not fit the key, and then nothing was changed.
    pub fn change_key(
        &mut self,
        change: &Change,
        user: &Principal,
    ) -> Result<Vec<u32>, EngineError> {
        self.permit(asked(change), user, change.name())?;
        let staged = self.keystore.stage(change, clock::now())?;
        let (versions, epoch) = (staged.versions().to_vec(), staged.epoch());
        let event = Event::new(
            Time::from_micros(clock::now_micros()),
            actor(user),
            Outcome::Success,
            logged(change, &versions, epoch),
        );
        self.log.append(&event)?;
        // A crash right here leaves an entry of a change that did not happen; its epoch is never reached.
        if let Err(error) = staged.commit() {
            self.append(&actor(user), Outcome::Failure, event.action)?;
            return Err(error.into());
        }
        self.reopen_keys()?;
        self.bury_due()?;
        Ok(versions)
    }

    /// Puts the keystore under a passphrase, under another one, or under none, with permission and logged.
    ///
    /// # Errors
    /// `SL4105`; `SL6034` where there is one already, or none; `SL6032` for an unfit one.
    pub fn change_passphrase(
        &mut self,
        change: PassphraseChange,
        new: Option<Secret>,
        user: &Principal,
    ) -> Result<(), EngineError> {
        self.permit(Ask::Administer, user, ROOT)?;
        let sealed = self.keystore.is_sealed();
        if sealed == (change == PassphraseChange::Set) {
            return Err(KeyError::PassphraseState(sealed).into());
        }
        let new_with_cost = new.as_ref().map(|new| (new, Cost::RECOMMENDED));
        let staged = self
            .keystore
            .stage_passphrase(self.project.passphrase(), new_with_cost)?;
        let event = Event::new(
            Time::from_micros(clock::now_micros()),
            actor(user),
            Outcome::Success,
            Action::PassphraseChanged { change },
        );
        self.log.append(&event)?;
        // A crash right here leaves an entry of a change that did not happen: the old passphrase holds.
        if let Err(error) = staged.commit() {
            self.append(&actor(user), Outcome::Failure, event.action)?;
            return Err(error.into());
        }
        if let Some(new) = new {
            self.project.set_passphrase(new);
        }
        Ok(())
    }

    /// Destroys what is due, and what a restored keystore brought back.
    pub(crate) fn bury_due(&mut self) -> Result<(), EngineError> {
        let now = clock::now();
        for due in self.keystore.due(now)? {
            if self.tombstones.contains(&due.fingerprint) {
                continue;
            }
            let action = Action::KeyDestroyed {
                key: due.name,
                version: due.version,
                fingerprint: Digest::new(*due.fingerprint.as_bytes()),
            };
            self.append("Sealine::System", Outcome::Success, action)?;
            // A crash right here leaves a tombstone of bytes that are still there: refused, and removed by the
            // next session.
            self.tombstones.insert(due.fingerprint);
        }
        let buried = self.keystore.bury(&self.tombstones, now)?;
        if buried.is_empty() {
            return Ok(());
        }
        self.reopen_keys()?;
        let versions = buried
            .into_iter()
            .map(|buried| (buried.name, buried.version))
            .collect();
        self.progress.update(Update::KeysDestroyed { versions });
        Ok(())
    }

    /// Tells of keys that are soon used up.
    pub(crate) fn warn_of_limits(&self) {
        for key in self
            .keystore
            .list()
            .into_iter()
            .filter(KeyInfo::is_near_limit)
        {
            let primary = key.versions.iter().find(|one| one.version == key.primary);
            if let (Some(uses), Some(limit)) = (primary.and_then(|one| one.uses), key.limit) {
                let name = key.name;
                self.progress
                    .update(Update::KeyNearLimit { name, uses, limit });
            }
        }
    }

    fn reopen_keys(&mut self) -> Result<(), EngineError> {
        self.keys = Arc::new(self.keystore.unlock(&self.tombstones)?);
        Ok(())
    }

    /// Asks the policy; a denial is logged.
    pub(crate) fn permit(
        &mut self,
        action: Ask,
        user: &Principal,
        key: &str,
    ) -> Result<(), EngineError> {
        let denied = match self.project.permit_key(user, action, key) {
            Ok(()) => return Ok(()),
            Err(denied) => denied,
        };
        let refused = Action::AccessRefused {
            verb: action.name().to_owned(),
            resource: key.to_owned(),
            codes: vec![denied.code().to_owned()],
        };
        self.append(&actor(user), Outcome::Refused, refused)?;
        Err(denied)
    }
}

/// Which permission a change needs.
fn asked(change: &Change) -> Ask {
    match change {
        Change::New { .. } | Change::Rotate { .. } => Ask::Keys,
        Change::Disable { .. }
        | Change::Enable { .. }
        | Change::Destroy { .. }
        | Change::Cancel { .. }
        | Change::Limit { .. } => Ask::Administer,
    }
}

/// The change as the log tells it.
fn logged(change: &Change, versions: &[u32], epoch: u64) -> Action {
    let (what, due, limit) = match change {
        Change::New { name, purpose } => {
            let keys = versions.iter().map(|version| KeyUse {
                name: name.clone(),
                purpose: purpose.as_str().to_owned(),
                version: *version,
            });
            return Action::KeysCreated {
                keys: keys.collect(),
                epoch,
            };
        }
        Change::Rotate { .. } => (KeyChange::Rotated, None, None),
        Change::Disable { .. } => (KeyChange::Disabled, None, None),
        Change::Enable { .. } => (KeyChange::Enabled, None, None),
        Change::Destroy { due, .. } => (KeyChange::DestructionScheduled, Some(*due), None),
        Change::Cancel { .. } => (KeyChange::DestructionCancelled, None, None),
        Change::Limit { max_uses, .. } => (KeyChange::Limited, None, *max_uses),
    };
    Action::KeysChanged {
        change: what,
        key: change.name().to_owned(),
        versions: versions.to_vec(),
        due: due.map(Time::from_seconds),
        max_uses: limit,
        epoch,
    }
}
