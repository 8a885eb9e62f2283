//! Reads `owners:` and `roles:`: who vouches for the files, and who is in which role.
//!
//! Of a public key only the shape is looked at; whoever verifies signatures reads the rest.

use std::collections::BTreeMap;

use super::reader::Reader;
use super::scalar::quote;
use super::shape;
use super::tree::{Entry, Node};
use crate::diagnostic::Diagnostic;
use crate::model::{Owner, Role};
use crate::source::Spanned;

/// What an owner can sign beside `sealine.yaml`, which every owner signs.
const FOLDERS: [&str; 3] = ["catalog/", "policy/", "pipelines/"];
/// Base64 of the type of the key and its 32 bytes.
const MATERIAL: usize = 44;
/// The longest name of a user or a service.
const LONGEST: usize = 128;

impl Reader<'_> {
    /// `owners: { privacy: { key: "privacy+…", signs: [catalog/, policy/] } }`.
    pub(crate) fn owners(&mut self, node: &Node) -> BTreeMap<String, Owner> {
        let example = "{ privacy: { key: \"privacy+…\", signs: [catalog/, policy/] } }";
        let Some(entries) = self.mapping(node, "owners", example) else {
            return BTreeMap::new();
        };
        if entries.is_empty() {
            let message = "`owners` names nobody".to_owned();
            let help = "name an owner, or remove the key";
            self.error("SL1523", node.span, message, "no owner", help);
        }
        let mut owners: BTreeMap<String, Owner> = BTreeMap::new();
        for entry in entries {
            let Some(owner) = self.owner(entry) else {
                continue;
            };
            let twin = owners
                .values()
                .find(|other| other.key.rsplit('+').next() == owner.key.rsplit('+').next());
            if let Some(twin) = twin {
                let message = format!("`{}` and `{}` have the same key", twin.name, owner.name);
                let help = "whoever holds it is both: give each owner a key of its own";
                self.error("SL1523", owner.span, message, "a key used twice", help);
            }
            owners.insert(owner.name.clone(), owner);
        }
        owners
    }

    fn owner(&mut self, entry: &Entry) -> Option<Owner> {
        let named = self.word(&entry.key, "an owner");
        let fields = self.fields(&entry.value, &entry.key, &shape::OWNER)?;
        let at = entry.key.span;
        let key = self.require(&fields, "key", at, "\"privacy+1b2c3d4e+A…\"");
        let key = key.and_then(|node| self.owner_key(node, &entry.key));
        let example = "[catalog/, policy/]";
        let signs = self.require(&fields, "signs", at, example);
        let signs = signs.and_then(|node| self.texts(node, "signs", example));
        let signs = signs.map(|folders| {
            let good = folders
                .into_iter()
                .filter(|folder| self.signed_folder(folder));
            good.map(|folder| folder.value).collect()
        });
        named.then_some(Owner {
            name: entry.key.value.clone(),
            key: key?,
            signs: signs?,
            span: at,
        })
    }

    /// `name+8 hex digits+base64`, of this owner.
    fn owner_key(&mut self, node: &Node, owner: &str) -> Option<String> {
        let text = self.text(node, "key")?;
        let mut parts = text.splitn(3, '+');
        let (name, id, material) = (parts.next()?, parts.next(), parts.next());
        let hex = |id: &str| id.len() == 8 && id.bytes().all(|b| b.is_ascii_hexdigit());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        let shaped = id.is_some_and(hex)
            && material.is_some_and(|text| text.len() == MATERIAL && text.bytes().all(plain));
        if shaped && name == owner {
            return Some(text.value);
        }
        let help = "write it as `sealine policy keygen` printed it: `name+hash+base64`, with the name of the owner";
        if shaped {
            let message = format!("the key of {} is that of {}", quote(owner), quote(name));
            self.error("SL1523", text.span, message, "another's key", help);
            return None;
        }
        // It may be the private key: its line is not shown.
        let place = self.files.place(node.span);
        let message = format!(
            "the key of {} is not a public key ({place}, which is not shown here)",
            quote(owner)
        );
        self.out
            .push(Diagnostic::error("SL1523", message).help(help));
        None
    }

    fn signed_folder(&mut self, folder: &Spanned<String>) -> bool {
        let parts = folder.strip_suffix('/').map(|path| path.split('/'));
        let sound = parts
            .is_some_and(|mut parts| parts.all(|part| !part.is_empty() && !part.starts_with('.')));
        let good = sound && FOLDERS.iter().any(|known| folder.starts_with(known));
        if !good {
            let message = format!("{} is no folder that an owner can sign", quote(folder));
            let help = "write `catalog/`, `policy/` or `pipelines/`, or a folder inside, with a `/` at the end; `sealine.yaml` is always signed";
            self.error("SL1524", folder.span, message, "not such a folder", help);
        }
        good
    }

    /// `roles: { auditors: { users: [ada], services: [svc/report] } }`.
    pub(crate) fn roles(&mut self, node: &Node) -> BTreeMap<String, Role> {
        let example = "{ auditors: { users: [ada] } }";
        let Some(entries) = self.mapping(node, "roles", example) else {
            return BTreeMap::new();
        };
        let mut roles = BTreeMap::new();
        for entry in entries {
            let named = self.word(&entry.key, "a role");
            let Some(fields) = self.fields(&entry.value, &entry.key, &shape::ROLE) else {
                continue;
            };
            let mut members = |name, example| match fields.find(name) {
                Some(node) => self.members(node, name, example),
                None => Vec::new(),
            };
            let role = Role {
                users: members("users", "[ada]"),
                services: members("services", "[svc/daily]"),
            };
            if named {
                roles.insert(entry.key.value.clone(), role);
            }
        }
        roles
    }

    fn members(&mut self, node: &Node, name: &str, example: &str) -> Vec<String> {
        let mut members = Vec::new();
        for member in self.texts(node, name, example).unwrap_or_default() {
            let good =
                (1..=LONGEST).contains(&member.len()) && !member.chars().any(char::is_control);
            if good {
                members.push(member.value);
            } else {
                let message = format!("an identity cannot be named {}", quote(&member));
                let help = "write the name that the system, or `runs_as:` of a pipeline, gives it";
                self.error("SL1525", member.span, message, "not a name", help);
            }
        }
        members
    }
}
