//! Reads `sealine.yaml`.
//!
//! A part that is broken is reported and then taken as known, so that one mistake does not make
//! every name that rests on it an error too.

use std::collections::BTreeMap;

use sealine_label::{Level, Levels, Tag};

use super::reader::Reader;
use super::shape;
use super::tree::{Entry, Node};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{
    Connection, ConnectionKind, KeySpec, Limits, Owner, Project, Purpose, Role, TagFact,
    VaultServer, Waiver,
};
use crate::source::{Span, Spanned};

/// With less memory a sort cannot merge what it put on the disk.
const MEMORY_MIN: u64 = 64 << 20;
/// More parts than this cost more than they gain, on any machine there is.
const PARTITIONS_MAX: u32 = 256;
/// A dataset of more files is not read.
const FOLDERS_MAX: u32 = 100_000;

/// The project as far as it could be read; `None` stands for what is there but broken.
pub(crate) struct Draft {
    /// `None` where the levels are not known, so that no name can be checked against them.
    pub(crate) levels: Option<Levels>,
    pub(crate) operator_clearance: Option<Level>,
    tags: Vec<TagFact>,
    /// `None` where the section could not be read.
    pub(crate) connections: Option<BTreeMap<String, Option<Connection>>>,
    /// `None` where the section could not be read.
    pub(crate) keys: Option<BTreeMap<String, Option<KeySpec>>>,
    vault: Option<VaultServer>,
    pub(crate) state: Option<String>,
    limits: Limits,
    pub(crate) waivers: Vec<Waiver>,
    owners: BTreeMap<String, Owner>,
    roles: BTreeMap<String, Role>,
}

impl Draft {
    /// A project of which nothing is known.
    pub(crate) fn unknown() -> Draft {
        Draft {
            levels: None,
            operator_clearance: None,
            tags: Vec::new(),
            connections: None,
            keys: None,
            vault: None,
            state: None,
            limits: Limits::default(),
            waivers: Vec::new(),
            owners: BTreeMap::new(),
            roles: BTreeMap::new(),
        }
    }

    /// The project; to be used only where nothing was an error.
    pub(crate) fn finish(self) -> Project {
        let levels = self.levels.unwrap_or_default();
        let known = |(name, value): (String, Option<_>)| value.map(|value| (name, value));
        let keys = self.keys.unwrap_or_default();
        Project {
            operator_clearance: self.operator_clearance.unwrap_or_else(|| levels.lowest()),
            levels,
            tags: self.tags,
            connections: self
                .connections
                .unwrap_or_default()
                .into_iter()
                .filter_map(known)
                .collect(),
            keys: keys
                .into_iter()
                .filter_map(|(name, key)| key.map(|key| (name, key)))
                .collect(),
            vault: self.vault,
            state: self.state,
            limits: self.limits,
            waivers: self.waivers,
            owners: self.owners,
            roles: self.roles,
        }
    }
}

impl Reader<'_> {
    /// Reads the tree of `sealine.yaml`.
    pub(crate) fn project(&mut self, root: &Node) -> Draft {
        let Some(fields) = self.fields(root, "sealine.yaml", &shape::PROJECT) else {
            return Draft::unknown();
        };
        let start = Span::new(root.span.file, root.span.start, root.span.start);
        self.version(&fields);
        let levels = match fields.find("levels") {
            Some(node) => self.levels(node),
            None => Some(Levels::default()),
        };
        let operator_clearance = fields
            .find("operator_clearance")
            .and_then(|node| self.level(node, "operator_clearance", levels.as_ref()));
        let tags = match fields
            .find("tags")
            .and_then(|node| self.mapping(node, "tags", "{ phi.*: { special: true } }"))
        {
            Some(entries) => entries
                .iter()
                .filter_map(|entry| self.tag_fact(entry))
                .collect(),
            None => Vec::new(),
        };
        let connections = self.section(
            fields.find("connections"),
            "connections",
            Reader::connection,
        );
        let keys = self.section(fields.find("keys"), "keys", Reader::key);
        let vault = fields.entry("vault").and_then(|entry| self.vault(entry));
        let state = fields.find("state").and_then(|node| {
            let path = self.text(node, "state")?;
            self.state_path(&path)
        });
        let limits = fields
            .find("limits")
            .and_then(|node| self.limits(node))
            .unwrap_or_default();
        let waivers = fields.find("waivers").map(|node| self.waivers(node));
        let owners = match fields.find("owners") {
            Some(node) => self.owners(node),
            None => BTreeMap::new(),
        };
        let roles = match fields.find("roles") {
            Some(node) => self.roles(node),
            None => BTreeMap::new(),
        };
        if fields.entry("version").is_some() && fields.find("owners").is_none() {
            self.out.push(
                Diagnostic::new("SL1090", Severity::Note, "the project has no owners").mark(start, "").note(
                    "whoever can write the files can relabel a column or widen a policy; `sealine policy keygen` makes a key for an owner who signs `catalog/` and `policy/`",
                ),
            );
        }
        Draft {
            levels,
            operator_clearance,
            tags,
            connections,
            keys,
            vault,
            state,
            limits,
            waivers: waivers.unwrap_or_default(),
            owners,
            roles,
        }
    }

    fn limits(&mut self, node: &Node) -> Option<Limits> {
        let fields = self.fields(node, "limits", &shape::LIMITS)?;
        let mut size = |name, least| {
            fields
                .find(name)
                .and_then(|node| self.size(node, name, least))
        };
        Some(Limits {
            memory: size("memory", MEMORY_MIN),
            spill: size("spill", 0),
            partitions: fields
                .find("partitions")
                .and_then(|node| self.count32(node, "partitions", 1, PARTITIONS_MAX)),
            folders: fields
                .find("folders")
                .and_then(|node| self.count32(node, "folders", 1, FOLDERS_MAX)),
        })
    }

    /// A mapping of names, each broken value kept as a known name.
    fn section<T>(
        &mut self,
        node: Option<&Node>,
        name: &str,
        read: fn(&mut Self, &Entry) -> Option<T>,
    ) -> Option<BTreeMap<String, Option<T>>> {
        let Some(node) = node else {
            return Some(BTreeMap::new());
        };
        let entries = self.mapping(node, name, "{ name: { … } }")?;
        Some(
            entries
                .iter()
                .map(|entry| (entry.key.value.clone(), read(self, entry)))
                .collect(),
        )
    }

    fn levels(&mut self, node: &Node) -> Option<Levels> {
        let example = "[public, internal, restricted]";
        let names = self.texts(node, "levels", example)?;
        match Levels::new(names.iter().map(|name| name.value.clone()).collect()) {
            Ok(levels) => Some(levels),
            Err(_) if names.is_empty() => None,
            Err(error) => {
                let bad = |name: &&Spanned<String>| Levels::new(vec![name.value.clone()]).is_err();
                let span = names.iter().find(bad).map_or(node.span, |name| name.span);
                let help = format!(
                    "list the levels from the lowest to the highest, for example `levels: {example}`"
                );
                self.error("SL1031", span, error.to_string(), "here", help);
                None
            }
        }
    }

    /// The name of a level; `None` where it is unknown or the levels themselves are.
    pub(crate) fn level(
        &mut self,
        node: &Node,
        name: &str,
        levels: Option<&Levels>,
    ) -> Option<Level> {
        let text = self.text(node, name)?;
        let levels = levels?;
        let found = levels.find(&text);
        if found.is_none() {
            let known = levels.iter().map(|(_, name)| name);
            self.unknown(
                "SL1030",
                "level",
                &text,
                known,
                "levels are listed in `levels:` of `sealine.yaml`",
            );
        }
        found
    }

    /// A tag, or where `pattern` says so a pattern of tags.
    pub(crate) fn tag(&mut self, text: &Spanned<String>, pattern: bool) -> Option<Tag> {
        match Tag::parse(text) {
            Ok(tag) if tag.is_pattern() && !pattern => {
                let message = format!("`{tag}` is a pattern; a column has tags");
                self.error(
                    "SL1032",
                    text.span,
                    message,
                    "a pattern",
                    format!("write `{}`", tag.stem()),
                );
                None
            }
            Ok(tag) => Some(tag),
            Err(error) => {
                let help = "tags are dotted words of lower-case letters, digits, `_` and `-`, such as `pii.email`";
                self.error("SL1032", text.span, error.to_string(), "not a tag", help);
                None
            }
        }
    }

    fn tag_fact(&mut self, entry: &Entry) -> Option<TagFact> {
        let pattern = self.tag(&entry.key, true);
        let fields = self.fields(&entry.value, &entry.key, &shape::TAG_FACT)?;
        let special = self.flag(&fields, "special", false);
        let domain_size = fields
            .find("domain_size")
            .and_then(|node| self.count(node, "domain_size", 1, u64::MAX));
        Some(TagFact {
            pattern: pattern?,
            special,
            domain_size,
            span: entry.key.span,
        })
    }

    fn connection(&mut self, entry: &Entry) -> Option<Connection> {
        let named = self.word(&entry.key, "a connection");
        let kind = match &entry.value.content {
            super::tree::Content::Mapping(entries) => {
                entries.iter().find(|field| field.key.value == "kind")
            }
            _ => None,
        };
        // The keys of a kind that is not there yet are not unknown keys.
        if let Some(kind) = kind.filter(|kind| kind.value.text() != Some("local")) {
            self.choice_or_later(&kind.value, "kind", &[("local", ())], shape::LATER_KINDS);
            return None;
        }
        let fields = self.fields(&entry.value, &entry.key, &shape::CONNECTION)?;
        let kind = self.require(&fields, "kind", entry.key.span, "local");
        let root = self.require(&fields, "root", entry.key.span, "data/")?;
        let root = self.text(root, "root")?;
        let root = self.root_path(&root)?;
        (named && kind.is_some()).then(|| Connection {
            name: entry.key.value.clone(),
            kind: ConnectionKind::Local { root },
            span: entry.key.span,
        })
    }

    /// Takes in connections that stand beside `sealine.yaml`; none takes the place of another.
    pub(crate) fn more_connections(&mut self, root: &Node, draft: &mut Draft) {
        let more = self.section(Some(root), "connections", Reader::connection);
        let (Some(all), Some(more)) = (&mut draft.connections, more) else {
            return;
        };
        for (name, connection) in more {
            if all.contains_key(&name) {
                let message = format!("the connection `{name}` is declared twice");
                let help = "give one of them another name";
                self.error("SL1039", root.span, message, "declared again here", help);
                continue;
            }
            all.insert(name, connection);
        }
    }

    fn key(&mut self, entry: &Entry) -> Option<KeySpec> {
        let named = self.word(&entry.key, "a key");
        let fields = self.fields(&entry.value, &entry.key, &shape::KEY)?;
        let node = self.require(&fields, "purpose", entry.key.span, "token")?;
        let purpose = self.choice(
            node,
            "purpose",
            &Purpose::ALL.map(|purpose| (purpose.name(), purpose)),
        )?;
        named.then(|| KeySpec {
            name: entry.key.value.clone(),
            purpose,
            span: entry.key.span,
        })
    }
}
