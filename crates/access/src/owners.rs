//! Who vouches for the files of a project: what its owners signed, held against what is there.
//!
//! Invariant: [`Vouched`] is sound only where every owner of `sealine.yaml` signed exactly the files that
//! lie in its folders, and `sealine.yaml`; where every file of `catalog/` and `policy/` has an owner; and
//! where whoever vouched before has agreed to who vouches now. Must never: check a signature (whoever
//! calls has done that), read a file, or believe `sealine.yaml` alone about who its owners are.

use std::collections::BTreeMap;

use sealine_spec::{Diagnostic, Diagnostics, Owner, Spec};

/// Paths and SHA-256 of the files of a project, as they were read.
pub type FileDigests = BTreeMap<String, [u8; 32]>;

/// Of a key, `name+hash+base64`: what lies where its signature belongs.
pub type Signatures = BTreeMap<String, Signature>;

/// What lies where the signature of an owner belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signature {
    /// Nothing.
    Missing,
    /// Something that the key did not sign, and why it does not count, as the end of a sentence about it.
    Broken(String),
    /// What the key signed.
    Sound(Signed),
}

/// What an owner signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The owner.
    pub owner: String,
    /// Larger with each signature.
    pub sequence: u64,
    /// SHA-256 of the file of the signature.
    pub digest: [u8; 32],
    /// The files that it is about.
    pub files: FileDigests,
}

/// An owner that vouches, by its newest signature that is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signer {
    /// Its name.
    pub owner: String,
    /// Its public key, `name+hash+base64`.
    pub key: String,
    /// The number of the signature.
    pub sequence: u64,
    /// SHA-256 of the file of the signature.
    pub signature: [u8; 32],
}

/// Who vouches for a project, or what stands against it.
#[derive(Clone, Debug, Default)]
pub struct Vouched {
    signers: Vec<Signer>,
    faults: Diagnostics,
}

impl Vouched {
    /// Before anything was held against anything: fine for a project without owners, and for no other.
    pub(crate) fn unjudged(spec: &Spec) -> Self {
        let mut faults = Vec::new();
        if let Some(owner) = spec.project.owners.values().next() {
            faults.push(
                Diagnostic::error(
                    "SL4456",
                    "nobody has looked at the signatures of the owners",
                )
                .mark(owner.span, "the project has owners")
                .help("this is a defect of Sealine: please report it with the command"),
            );
        }
        Self {
            signers: Vec::new(),
            faults: faults.into(),
        }
    }

    /// Holds signatures against files. `known` are those who vouched when the project was last worked
    /// with; none where that is not known, and then `sealine.yaml` is believed about its owners.
    #[must_use]
    pub fn judge(
        spec: &Spec,
        files: &FileDigests,
        signatures: &Signatures,
        known: &[Signer],
    ) -> Self {
        let judge = Judge {
            owners: &spec.project.owners,
            files,
            signatures,
            known,
        };
        let mut faults = Vec::new();
        let mut signers = Vec::new();
        for owner in judge.owners.values() {
            match judge.owner(owner) {
                Ok(signer) => signers.push(signer),
                Err(fault) => faults.push(*fault),
            }
        }
        faults.extend(judge.orphans());
        for before in known {
            faults.extend(judge.departed(before));
        }
        signers.sort();
        Self {
            signers,
            faults: faults.into(),
        }
    }

    /// Who vouches, sorted by name; empty where the project has no owners.
    pub fn signers(&self) -> &[Signer] {
        &self.signers
    }

    /// What stands against it. While anything does, the policy permits nothing.
    pub fn faults(&self) -> &Diagnostics {
        &self.faults
    }

    /// Whether nothing stands against it.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

struct Judge<'a> {
    owners: &'a BTreeMap<String, Owner>,
    files: &'a FileDigests,
    signatures: &'a Signatures,
    known: &'a [Signer],
}

type Fault = Box<Diagnostic>;

impl Judge<'_> {
    /// An owner of `sealine.yaml`: its signature is there, holds, is of these files and not an old one.
    fn owner(&self, owner: &Owner) -> Result<Signer, Fault> {
        let name = &owner.name;
        let fault = |code, message: String, text: &str| {
            Diagnostic::error(code, message)
                .mark(owner.span, text)
                .help(sign(name))
        };
        let signed = match self.signatures.get(&owner.key) {
            None | Some(Signature::Missing) => {
                let message = format!("`{name}` has not signed the project");
                let found = fault("SL4450", message, "has to sign").note(WHY);
                return Err(Box::new(found));
            }
            Some(Signature::Broken(reason)) => {
                let message = format!("the signature of `{name}` does not hold: {reason}");
                return Err(Box::new(fault("SL4452", message, "whose key this is")));
            }
            Some(Signature::Sound(signed)) if signed.owner != *name => {
                let message =
                    format!("the signature of `{name}` does not hold: it speaks for another owner");
                return Err(Box::new(fault("SL4452", message, "whose key this is")));
            }
            Some(Signature::Sound(signed)) => signed,
        };
        let now: FileDigests = self
            .files
            .iter()
            .filter(|(path, _)| owner.signs(path))
            .map(|(path, digest)| (path.clone(), *digest))
            .collect();
        if signed.files != now {
            let message = format!("`{name}` signed other files than those that are there");
            let mut found = fault("SL4451", message, "has to look at the change and sign it");
            for line in difference(&signed.files, &now) {
                found = found.note(line);
            }
            return Err(Box::new(found));
        }
        if let Some(before) = self.known.iter().find(|known| known.key == owner.key) {
            if signed.sequence < before.sequence {
                let message = format!(
                    "the signature of `{name}` is an old one: number {}, where number {} was met before",
                    signed.sequence, before.sequence
                );
                let found = fault("SL4453", message, "signed something newer since")
                    .note("with the files of that time it would bring back what was changed since; the owner signs anew if that is meant");
                return Err(Box::new(found));
            }
            if signed.sequence == before.sequence && signed.digest != before.signature {
                let message = format!(
                    "`{name}` signed two different things under the number {}",
                    signed.sequence
                );
                return Err(Box::new(fault(
                    "SL4453",
                    message,
                    "whose signature this is",
                )));
            }
        }
        Ok(Signer {
            owner: name.clone(),
            key: owner.key.clone(),
            sequence: signed.sequence,
            signature: signed.digest,
        })
    }

    /// Files that decide who may do what, and that nobody signs.
    fn orphans(&self) -> Option<Diagnostic> {
        let first = self.owners.values().next()?;
        let orphans: Vec<&str> = self
            .files
            .keys()
            .filter(|path| path.starts_with("catalog/") || path.starts_with("policy/"))
            .filter(|path| !self.owners.values().any(|owner| owner.signs(path)))
            .map(String::as_str)
            .collect();
        if orphans.is_empty() {
            return None;
        }
        let message = format!("nobody signs {}", listed(&orphans));
        Some(
            Diagnostic::error("SL4455", message)
                .mark(first.span, "the project has owners")
                .help("list its folder under `signs:` of an owner, who then signs"),
        )
    }

    /// Who vouched before, and is not an owner by the same key any more: it has to have signed that.
    fn departed(&self, before: &Signer) -> Option<Diagnostic> {
        let stays = self.owners.values().any(|owner| owner.key == before.key);
        if stays {
            return None;
        }
        let project = "sealine.yaml";
        let agreed = match self.signatures.get(&before.key) {
            Some(Signature::Sound(signed)) => {
                signed.sequence > before.sequence
                    && signed.owner == before.owner
                    && signed.files.get(project) == self.files.get(project)
            }
            _ => false,
        };
        if agreed {
            return None;
        }
        let name = &before.owner;
        let replaced = self.owners.get(name);
        let message = match replaced {
            Some(_) => format!(
                "the key of the owner `{name}` was exchanged, and its old key has not agreed"
            ),
            None => format!("`{name}` was an owner of this project, and has not agreed to be none"),
        };
        let mut found = Diagnostic::error("SL4454", message);
        if let Some(span) = replaced
            .or(self.owners.values().next())
            .map(|owner| owner.span)
        {
            found = found.mark(span, "who vouches now");
        }
        Some(
            found
                .help(format!("bring `owners:` of `sealine.yaml` back, or have it signed with the old key: `sealine policy sign --owner {name} --key OLD-FILE`"))
                .note("else whoever can write `sealine.yaml` could vouch for what they wrote"),
        )
    }
}

const WHY: &str = "in a project with `owners:`, its catalog and policy count only as signed; until then nothing is permitted";

fn sign(owner: &str) -> String {
    format!("the owner looks at the files, then: `sealine policy sign --owner {owner} --key FILE`")
}

/// What became of the files since they were signed, one line for each kind.
fn difference(signed: &FileDigests, now: &FileDigests) -> Vec<String> {
    let changed = |(path, digest): &(&String, &[u8; 32])| {
        now.get(*path).is_some_and(|other| other != *digest)
    };
    let kinds: [(&str, Vec<&str>); 3] = [
        (
            "changed",
            signed.iter().filter(changed).map(first).collect(),
        ),
        ("added", missing(now, signed)),
        ("removed", missing(signed, now)),
    ];
    let some = kinds.into_iter().filter(|(_, paths)| !paths.is_empty());
    some.map(|(kind, paths)| format!("{kind} since: {}", listed(&paths)))
        .collect()
}

fn first<'a>((path, _): (&'a String, &[u8; 32])) -> &'a str {
    path
}

/// What the one has and the other has not.
fn missing<'a>(one: &'a FileDigests, other: &FileDigests) -> Vec<&'a str> {
    let keys = one.keys().filter(|path| !other.contains_key(*path));
    keys.map(String::as_str).collect()
}

/// The first few paths, and how many more there are.
fn listed(paths: &[&str]) -> String {
    const FEW: usize = 5;
    let mut text = paths
        .iter()
        .take(FEW)
        .map(|path| format!("`{path}`"))
        .collect::<Vec<_>>()
        .join(", ");
    if paths.len() > FEW {
        text.push_str(&format!(" and {} more", paths.len() - FEW));
    }
    text
}
