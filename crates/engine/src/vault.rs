//! The project's token vault: where it is, which one it is, and what is done with it by hand.
//!
//! INVARIANT: the log names the vault before its first token is made, and from then on no other is taken for it, and
//! none is made in its place, until the log says that it is given up.

use std::path::PathBuf;
use std::sync::Arc;

use sealine_access::{Action as Ask, Principal};
use sealine_audit::{Action, Log, Outcome};
use sealine_keys::secrets::Reference;
use sealine_protect::ProtectError;
use sealine_spec::{SecretRef, VaultServer};
use sealine_vault::{ClientCertificate, Counts, Place, Server, Vault, VaultId};

use crate::clock;
use crate::error::EngineError;
use crate::exec::Sources;
use crate::project::Project;
use crate::remembered::Remembered;
use crate::session::{Session, actor};

/// The vault, as the policy names it.
const VAULT: &str = "sealine/vault";

/// The vault that the log knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) id: VaultId,
    /// Batches that it had kept when a run last said so. It never has fewer.
    pub(crate) batches: u64,
}

impl Known {
    /// One of which nothing more is known.
    pub(crate) fn new(id: VaultId) -> Self {
        Self { id, batches: 0 }
    }
}

/// Where the vault of a project is said to be. Its secrets are fetched when it is opened.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    root: PathBuf,
    file: PathBuf,
    server: Option<VaultServer>,
}

impl Site {
    pub(crate) fn of(project: &Project) -> Self {
        Self {
            root: project.dir().root().to_path_buf(),
            file: project.state().vault(),
            server: project.spec().project.vault.clone(),
        }
    }

    /// Opens the vault; see [`Vault::open`]. It must not be an older copy of the one that is known.
    pub(crate) fn open(&self, known: Option<Known>) -> Result<Vault, ProtectError> {
        let vault = self.open_any(known)?;
        match (known, vault.batches()?) {
            (Some(known), Some(found)) if found < known.batches => Err(ProtectError::VaultOlder {
                place: self.shown(),
                found,
                known: known.batches,
            }),
            _ => Ok(vault),
        }
    }

    /// As [`Site::open`], be it an older copy.
    fn open_any(&self, known: Option<Known>) -> Result<Vault, ProtectError> {
        Vault::open(&self.place()?, known.map(|known| known.id))
    }

    fn place(&self) -> Result<Place, ProtectError> {
        let Some(server) = &self.server else {
            return Ok(Place::File(self.file.clone()));
        };
        let secret = |secret: &SecretRef| {
            let reference = match secret {
                SecretRef::Env(name) => Reference::Env(name.clone()),
                SecretRef::File(path) => Reference::File(self.root.join(path)),
            };
            reference.resolve()
        };
        let client = server.client.as_ref().map(|client| {
            Ok::<_, ProtectError>(ClientCertificate {
                chain: self.root.join(&client.certificate),
                key: secret(&client.key)?,
            })
        });
        Ok(Place::Server(Arc::new(Server {
            host: server.host.clone(),
            port: server.port,
            database: server.database.clone(),
            user: server.user.clone(),
            password: server.password.as_ref().map(secret).transpose()?,
            authorities: server.ca.as_ref().map(|path| self.root.join(path)),
            client: client.transpose()?,
        })))
    }

    /// Where it is, for people and for the log: no role, and nothing secret.
    fn shown(&self) -> String {
        match &self.server {
            Some(server) => format!(
                "postgres://{}:{}/{}",
                server.host, server.port, server.database
            ),
            None => crate::project::shown(&self.root, &self.file),
        }
    }
}

/// What became of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Migrated {
    /// The project has used no vault.
    Nothing,
    /// The vault of `sealine.yaml` is the one that is used already.
    Before,
    /// Every token is in both, and the second is used from now on.
    Moved {
        /// How many.
        tokens: u64,
        /// The file, which is not used any more.
        from: String,
        /// The vault that is used now.
        to: String,
    },
}

/// A vault in counts. Times are Unix seconds.
#[derive(Clone, Debug)]
pub struct VaultReport {
    /// The id that it holds.
    pub id: String,
    /// Where it is.
    pub place: String,
    /// When it was counted.
    pub now: i64,
    /// Its tokens, by key and domain.
    pub spaces: Vec<Counts>,
}

impl Project {
    /// Counts the tokens of the vault that this project uses; `None` where it has used none. Takes no lock, and does
    /// not wait for a run.
    ///
    /// # Errors
    /// `SL4105` where the policy does not permit `keys` on `sealine/vault`; `SL8504` where the vault is gone or another
    /// one, and others of [`ProtectError`] where it cannot be opened.
    pub fn vault(&self, user: &Principal) -> Result<Option<VaultReport>, EngineError> {
        self.permit_key(user, Ask::Keys, VAULT)?;
        let log = self.state().log();
        if !Log::exists(&log) {
            return Ok(None);
        }
        let Some(known) = Remembered::read(&log)?.vault else {
            return Ok(None);
        };
        let (site, now) = (Site::of(self), clock::now());
        Ok(Some(VaultReport {
            id: known.id.to_string(),
            place: site.shown(),
            now,
            spaces: site.open(Some(known))?.counts(now)?,
        }))
    }

    /// The SQL that makes a vault in the database that `vault:` names, for that role; `None` where it names none.
    pub fn vault_sql(&self) -> Option<String> {
        let server = self.spec().project.vault.as_ref()?;
        Some(sealine_vault::sql(&server.user))
    }
}

impl Session {
    /// Removes all expired tokens, with permission and logged, and says how many; `None` where no vault was used yet.
    ///
    /// # Errors
    /// `SL4105` where the policy does not permit `administer` on `sealine/vault`, which is logged; else as
    /// [`Project::vault`].
    pub fn purge_vault(&mut self, user: &Principal) -> Result<Option<u64>, EngineError> {
        self.permit(Ask::Administer, user, VAULT)?;
        let Some(known) = self.vault else {
            return Ok(None);
        };
        let (vault, now) = (Site::of(&self.project).open(Some(known))?, clock::now());
        let tokens = vault.counts(now)?.iter().map(|space| space.expired).sum();
        let action = Action::VaultPurged {
            vault: known.id.to_string(),
            tokens,
        };
        self.append(&actor(user), Outcome::Success, action.clone())?;
        // A crash right here leaves an entry of tokens that are still there: expired, and removed by the next.
        match vault.purge(now) {
            Ok(removed) => Ok(Some(removed as u64)),
            Err(error) => {
                self.append(&actor(user), Outcome::Failure, action)?;
                Err(error.into())
            }
        }
    }

    /// Gives up the vault that this project has used, with permission and logged: the next run begins with the one
    /// that is there, or a new one. Says whether there was one.
    ///
    /// # Errors
    /// `SL4105` where the policy does not permit `administer` on `sealine/vault`, which is logged.
    pub fn forget_vault(&mut self, reason: &str, user: &Principal) -> Result<bool, EngineError> {
        self.permit(Ask::Administer, user, VAULT)?;
        let Some(known) = self.vault else {
            return Ok(false);
        };
        let action = Action::VaultForgotten {
            vault: known.id.to_string(),
            reason: reason.to_owned(),
        };
        self.append(&actor(user), Outcome::Success, action)?;
        self.vault = None;
        Ok(true)
    }

    /// Takes an older copy of the vault on purpose, with permission and logged. Says whether it is one.
    ///
    /// # Errors
    /// `SL4105` where the policy does not permit `administer` on `sealine/vault`, which is logged; `SL8504` where the
    /// vault is gone or another one.
    pub fn accept_vault(&mut self, reason: &str, user: &Principal) -> Result<bool, EngineError> {
        self.permit(Ask::Administer, user, VAULT)?;
        let Some(known) = self.vault else {
            return Ok(false);
        };
        let found = Site::of(&self.project).open_any(Some(known))?.batches()?;
        let Some(batches) = found.filter(|found| *found < known.batches) else {
            return Ok(false);
        };
        let action = Action::VaultAccepted {
            vault: known.id.to_string(),
            batches,
            reason: reason.to_owned(),
        };
        self.append(&actor(user), Outcome::Success, action)?;
        self.vault = Some(Known { batches, ..known });
        Ok(true)
    }

    /// Carries the tokens of the file that this project has used over to the database that `vault:` names, compares
    /// both, and from then on knows the database. The file stays as it is. Asked again after it was interrupted, it
    /// goes on; `told` hears how many tokens are carried over, and how many are compared.
    ///
    /// # Errors
    /// `SL4105` where the policy does not permit `administer` on `sealine/vault`, which is logged; `SL8504` and
    /// `SL8506` where the file is gone, another one or an older copy; `SL8507` where the database has other tokens.
    pub fn migrate_vault(
        &mut self,
        user: &Principal,
        told: &mut dyn FnMut(u64, u64),
    ) -> Result<Migrated, EngineError> {
        self.permit(Ask::Administer, user, VAULT)?;
        let site = Site::of(&self.project);
        let Some(known) = self.vault else {
            return Ok(Migrated::Nothing);
        };
        let target = site.open_any(None)?;
        if target.id() == known.id {
            return Ok(Migrated::Before);
        }
        let source = Site {
            server: None,
            ..site.clone()
        };
        let tokens = source
            .open(Some(known))?
            .carry_to(&target, clock::now(), told)?;
        // A crash right here leaves both vaults whole and the file in use; asked again, everything is there already.
        let action = Action::VaultMoved {
            from: known.id.to_string(),
            to: target.id().to_string(),
            place: site.shown(),
            tokens,
        };
        self.append(&actor(user), Outcome::Success, action)?;
        self.vault = Some(Known::new(target.id()));
        Ok(Migrated::Moved {
            tokens,
            from: source.shown(),
            to: site.shown(),
        })
    }

    /// Writes the vault that is used for the first time into the log.
    pub(crate) fn know_vault(&mut self, sources: &Sources) -> Result<(), EngineError> {
        let (None, Some(opened)) = (self.vault, sources.opened()) else {
            return Ok(());
        };
        let action = Action::VaultKnown {
            vault: opened.to_string(),
            place: Site::of(&self.project).shown(),
        };
        // A crash before this leaves a vault without tokens, which the next run begins with.
        self.append("Sealine::System", Outcome::Success, action)?;
        self.vault = Some(Known::new(opened));
        Ok(())
    }
}
