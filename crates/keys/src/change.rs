//! Changes of keys: what they are, and what each makes of the document.
//!
//! Invariant: applying a change touches memory alone, so it can be checked and logged before it
//! takes effect ([`Staged`](crate::Staged)).
//!
//! Must never: change Sealine's own keys; make a version that was destroyed usable.

use sealine_protect::crypto::Secret;

use crate::{
    KeyError, Purpose, State,
    document::{Body, Keyset, Version},
    name,
    root::{KEY_LEN, Place, Root},
    uses::most,
};

/// A change of one key. Where a version can be left out, all are meant that the change fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Makes a key.
    New {
        /// Its name.
        name: String,
        /// What it is for.
        purpose: Purpose,
    },
    /// Adds a version to a key of purpose `file` or `value` and makes it the primary. Older
    /// versions go on opening what they protected.
    Rotate {
        /// The key.
        name: String,
    },
    /// Makes versions decrypt-only: they open, and protect nothing more.
    Disable {
        /// The key.
        name: String,
        /// One version; all that are enabled otherwise.
        version: Option<u32>,
    },
    /// Undoes [`Change::Disable`].
    Enable {
        /// The key.
        name: String,
        /// One version; all that are decrypt-only otherwise.
        version: Option<u32>,
    },
    /// Lets versions be destroyed once `due` has passed. Until then they do nothing and can be had
    /// back by [`Change::Cancel`].
    Destroy {
        /// The key.
        name: String,
        /// One version, not the primary; the whole key otherwise.
        version: Option<u32>,
        /// In Unix seconds.
        due: i64,
    },
    /// Keeps versions that wait for their destruction; they are decrypt-only then.
    Cancel {
        /// The key.
        name: String,
        /// One version; all that wait otherwise.
        version: Option<u32>,
    },
    /// Sets a lower limit of uses a version, or takes it away.
    Limit {
        /// The key, of purpose `file` or `value`.
        name: String,
        /// From 1 to 2^32; `None` for the purpose's own.
        max_uses: Option<u64>,
    },
}

impl Change {
    /// The key that changes.
    pub fn name(&self) -> &str {
        match self {
            Change::New { name, .. }
            | Change::Rotate { name }
            | Change::Disable { name, .. }
            | Change::Enable { name, .. }
            | Change::Destroy { name, .. }
            | Change::Cancel { name, .. }
            | Change::Limit { name, .. } => name,
        }
    }

    /// Makes the change in `body`; gives the versions that it touched.
    pub(crate) fn apply(
        &self,
        body: &mut Body,
        root: &Root,
        now: i64,
    ) -> Result<Vec<u32>, KeyError> {
        if let Change::New { name, purpose } = self {
            name::check(name)?;
            return insert(body, root, name, *purpose, now);
        }
        let name = self.name();
        let keyset = body.keyset_mut(name)?;
        if let Change::Rotate { .. } = self {
            return rotate(keyset, root, name, now);
        }
        if name::is_reserved(name) {
            return Err(KeyError::Internal(name.to_owned()));
        }
        match self {
            Change::New { .. } | Change::Rotate { .. } => Ok(Vec::new()),
            Change::Disable { version, .. } => {
                let all = chosen(keyset, name, *version, &[State::Enabled])?;
                Ok(put(keyset, &all, State::DecryptOnly, None))
            }
            Change::Enable { version, .. } => {
                let all = chosen(keyset, name, *version, &[State::DecryptOnly])?;
                Ok(put(keyset, &all, State::Enabled, None))
            }
            Change::Destroy { version, due, .. } => {
                if *version == Some(keyset.primary) && keyset.versions.len() > 1 {
                    return Err(KeyError::Primary {
                        name: name.to_owned(),
                        version: keyset.primary,
                    });
                }
                let from = [State::Enabled, State::DecryptOnly];
                let all = chosen(keyset, name, *version, &from)?;
                Ok(put(keyset, &all, State::ToBeDestroyed, Some(*due)))
            }
            Change::Cancel { version, .. } => {
                let all = chosen(keyset, name, *version, &[State::ToBeDestroyed])?;
                Ok(put(keyset, &all, State::DecryptOnly, None))
            }
            Change::Limit { max_uses, .. } => {
                let most = most(keyset.purpose).ok_or_else(|| KeyError::Limit {
                    name: name.to_owned(),
                    purpose: keyset.purpose,
                })?;
                if max_uses.is_some_and(|uses| !(1..=most).contains(&uses)) {
                    return Err(KeyError::Limit {
                        name: name.to_owned(),
                        purpose: keyset.purpose,
                    });
                }
                keyset.max_uses = *max_uses;
                Ok(keyset.versions.iter().map(|one| one.version).collect())
            }
        }
    }
}

/// Adds a key with its first version.
pub(crate) fn insert(
    body: &mut Body,
    root: &Root,
    name: &str,
    purpose: Purpose,
    now: i64,
) -> Result<Vec<u32>, KeyError> {
    if body.keys.contains_key(name) {
        return Err(KeyError::Duplicate(name.to_owned()));
    }
    let place = Place {
        name,
        purpose,
        version: 1,
    };
    let keyset = Keyset {
        purpose,
        primary: 1,
        max_uses: None,
        versions: vec![fresh(root, place, now)?],
    };
    body.keys.insert(name.to_owned(), keyset);
    Ok(vec![1])
}

fn rotate(keyset: &mut Keyset, root: &Root, name: &str, now: i64) -> Result<Vec<u32>, KeyError> {
    let purpose = keyset.purpose;
    if !matches!(purpose, Purpose::File | Purpose::Value) {
        return Err(KeyError::NotRotated {
            name: name.to_owned(),
            purpose,
        });
    }
    let newest = keyset.versions.iter().map(|one| one.version).max();
    let version = newest.unwrap_or(0) + 1;
    let place = Place {
        name,
        purpose,
        version,
    };
    keyset.versions.push(fresh(root, place, now)?);
    keyset.primary = version;
    Ok(vec![version])
}

fn fresh(root: &Root, place: Place<'_>, now: i64) -> Result<Version, KeyError> {
    let wrapped = root.wrap(place, &Secret::random(KEY_LEN)?)?;
    Ok(Version {
        version: place.version,
        state: State::Enabled,
        created: now,
        due: None,
        destroyed: None,
        wrapped: Some(wrapped),
    })
}

/// The version that was named, or all that are in one of the states; at least one.
fn chosen(
    keyset: &Keyset,
    name: &str,
    version: Option<u32>,
    from: &[State],
) -> Result<Vec<u32>, KeyError> {
    let Some(number) = version else {
        let fits = keyset
            .versions
            .iter()
            .filter(|one| from.contains(&one.state));
        let all: Vec<u32> = fits.map(|one| one.version).collect();
        return match (all.is_empty(), from.first()) {
            (true, Some(state)) => Err(KeyError::NoVersion {
                name: name.to_owned(),
                state: *state,
            }),
            _ => Ok(all),
        };
    };
    let name = || name.to_owned();
    match keyset.version(number) {
        Some(found) if from.contains(&found.state) => Ok(vec![number]),
        Some(found) => Err(KeyError::VersionState {
            name: name(),
            version: number,
            state: found.state,
        }),
        None => Err(KeyError::UnknownVersion {
            name: name(),
            version: number,
        }),
    }
}

fn put(keyset: &mut Keyset, versions: &[u32], state: State, due: Option<i64>) -> Vec<u32> {
    for version in &mut keyset.versions {
        if versions.contains(&version.version) {
            version.state = state;
            version.due = due;
        }
    }
    versions.to_vec()
}
