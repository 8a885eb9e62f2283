//! What may be known of a key by whoever may list keys.
//!
//! Must never: hold key bytes, wrapped or not.

use crate::{
    Purpose, State,
    document::{Keyset, Version},
    uses::{Uses, most},
};

/// What may be known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// The name.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The version that protects, while it is enabled.
    pub primary: u32,
    /// The most uses of one version; `None` where uses are not limited.
    pub limit: Option<u64>,
    /// All versions, oldest first.
    pub versions: Vec<VersionInfo>,
}

/// What may be known of one version of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionInfo {
    /// Its number, from 1.
    pub version: u32,
    /// Whether it may be used.
    pub state: State,
    /// When it was made, in Unix seconds.
    pub created: i64,
    /// When it may be destroyed, in Unix seconds, while it waits for that.
    pub due: Option<i64>,
    /// When it was destroyed, in Unix seconds.
    pub destroyed: Option<i64>,
    /// Data keys that it wrapped (purpose `file`) or gave (purpose `value`): at least as many as
    /// happened. `None` for other purposes.
    pub uses: Option<u64>,
}

impl KeyInfo {
    pub(crate) fn of(name: &str, keyset: &Keyset, uses: &Uses) -> KeyInfo {
        let limit = limit(keyset);
        let version = |version: &Version| VersionInfo {
            version: version.version,
            state: version.state,
            created: version.created,
            due: version.due,
            destroyed: version.destroyed,
            uses: limit.map(|_| uses.of(name, version.version)),
        };
        KeyInfo {
            name: name.to_owned(),
            purpose: keyset.purpose,
            primary: keyset.primary,
            limit,
            versions: keyset.versions.iter().map(version).collect(),
        }
    }

    /// Whether it protects: its primary version is enabled.
    pub fn protects(&self) -> bool {
        self.primary()
            .is_some_and(|primary| primary.state == State::Enabled)
    }

    /// When the key was made, in Unix seconds.
    pub fn created(&self) -> i64 {
        self.versions.first().map_or(0, |version| version.created)
    }

    /// When it was last rotated, in Unix seconds.
    pub fn rotated(&self) -> Option<i64> {
        let newest = self.versions.last()?;
        (newest.version > 1).then_some(newest.created)
    }

    /// Whether the primary has used up four fifths of its limit: time to rotate.
    pub fn is_near_limit(&self) -> bool {
        let uses = self.primary().and_then(|primary| primary.uses);
        match (uses, self.limit) {
            (Some(uses), Some(limit)) => uses >= limit - limit / 5,
            _ => false,
        }
    }

    fn primary(&self) -> Option<&VersionInfo> {
        self.versions
            .iter()
            .find(|version| version.version == self.primary)
    }
}

/// The most uses of one version of a key: its own limit, or the purpose's.
pub(crate) fn limit(keyset: &Keyset) -> Option<u64> {
    let most = most(keyset.purpose)?;
    Some(keyset.max_uses.unwrap_or(most).min(most))
}
