//! Reads `vault:`: the database that keeps random tokens, and references to secrets.
//!
//! It must never let a secret that was written in place of a reference into a finding: neither its text, nor a mark
//! whose line would be shown.

use super::reader::{Fields, Reader};
use super::scalar::quote;
use super::shape;
use super::tree::{Entry, Node};
use crate::diagnostic::Diagnostic;
use crate::model::{ClientProof, SecretRef, VaultServer};
use crate::source::Spanned;

/// Where PostgreSQL listens.
const PORT: u64 = 5432;
/// Providers of secrets that are planned.
const LATER: &[&str] = &["vault", "aws-sm", "gcp-sm", "azure-kv"];

impl Reader<'_> {
    pub(crate) fn vault(&mut self, entry: &Entry) -> Option<VaultServer> {
        let at = entry.key.span;
        let fields = self.fields(&entry.value, "vault", &shape::VAULT)?;
        let kind = self.require(&fields, "kind", at, "postgres");
        let kind = kind.and_then(|node| self.choice(node, "kind", &[("postgres", ())]));
        let host = self.named(&fields, "host", entry, "db.example.com", is_host);
        let database = self.named(&fields, "database", entry, "tokens", is_identifier);
        let user = self.named(&fields, "user", entry, "sealine", is_identifier);
        let port = match fields.find("port") {
            Some(node) => self.count(node, "port", 1, u64::from(u16::MAX)),
            None => Some(PORT),
        };
        let password = fields.find("password");
        let password = password.map(|node| self.secret(node, "vault.password"));
        let ca = fields.find("ca").map(|node| {
            let path = self.text(node, "ca")?;
            self.root_path(&path)
        });
        let client = self.client(&fields, entry);
        if password.is_none() && client.is_none() {
            let message = "`vault` says nothing that proves this client to the server";
            let help = "add `password: ${env:NAME}`, or a `certificate:` with its `key:`";
            self.error("SL1502", at, message.to_owned(), "no proof", help);
            return None;
        }
        kind?;
        Some(VaultServer {
            host: host?,
            port: u16::try_from(port?).ok()?,
            database: database?,
            user: user?,
            // What was given and is broken was reported, and is not the same as nothing.
            password: password.map_or(Some(None), |found| found.map(Some))?,
            ca: ca.map_or(Some(None), |found| found.map(Some))?,
            client: client.map_or(Some(None), |found| found.map(Some))?,
            span: at,
        })
    }

    /// `certificate:` and `key:`, which need each other.
    fn client(&mut self, fields: &Fields<'_>, entry: &Entry) -> Option<Option<ClientProof>> {
        if fields.find("certificate").is_none() && fields.find("key").is_none() {
            return None;
        }
        let at = entry.key.span;
        let certificate = self.require(fields, "certificate", at, "client.pem");
        let key = self.require(fields, "key", at, "${file:client.key}");
        let certificate = certificate.and_then(|node| {
            let path = self.text(node, "certificate")?;
            self.root_path(&path)
        });
        let key = key.and_then(|node| self.secret(node, "vault.key"));
        Some(
            certificate
                .zip(key)
                .map(|(certificate, key)| ClientProof { certificate, key }),
        )
    }

    fn named(
        &mut self,
        fields: &Fields<'_>,
        name: &'static str,
        entry: &Entry,
        example: &str,
        good: fn(&str) -> bool,
    ) -> Option<String> {
        let node = self.require(fields, name, entry.key.span, example)?;
        let text = self.text(node, name)?;
        if good(&text) {
            return Some(text.value);
        }
        let message = format!("{} cannot be the `{name}` of a server", quote(&text));
        self.error(
            "SL1501",
            text.span,
            message,
            "not understood",
            format!("for example `{name}: {example}`"),
        );
        None
    }

    /// A reference to a secret; anything else may be the secret itself, and is not shown.
    fn secret(&mut self, node: &Node, name: &str) -> Option<SecretRef> {
        let text = node.text().unwrap_or_default();
        let inner = text
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'));
        let found = match inner.and_then(|inner| inner.split_once(':')) {
            Some(("env", variable)) if is_variable(variable) => {
                return Some(SecretRef::Env(variable.to_owned()));
            }
            Some(("file", path)) if !path.is_empty() => {
                let path = Spanned::new(path.to_owned(), node.span);
                return self.root_path(&path).map(SecretRef::File);
            }
            Some((provider, _)) if LATER.contains(&provider) => {
                let message = format!("secrets of `{provider}` are not available yet");
                Diagnostic::error("SL1024", message)
                    .mark(node.span, "not available in this version")
                    .help("use `${env:NAME}` or `${file:PATH}` for now")
            }
            _ => {
                let place = self.files.place(node.span);
                let message = format!(
                    "`{name}` is no reference to a secret ({place}, which is not shown here)"
                );
                Diagnostic::error("SL1500", message)
                    .help("write `\"${env:NAME}\"` for a variable of the environment, or `\"${file:PATH}\"` for a file")
                    .help("if a secret was written there, it is one no more: change it at the server")
            }
        };
        self.out.push(found);
        None
    }
}

/// A host name or an address; no path of a socket, which would go round TLS.
fn is_host(text: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'_');
    (1..=253).contains(&text.len()) && text.bytes().all(plain) && !text.starts_with(['-', '.'])
}

/// What PostgreSQL takes as a name: at most 63 bytes.
fn is_identifier(text: &str) -> bool {
    (1..=63).contains(&text.len()) && !text.chars().any(char::is_control)
}

fn is_variable(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
