//! Who may what, as an owner expects it: the tables of `policy/tests/`.

use std::collections::BTreeMap;

use crate::source::{Span, Spanned};

/// One question to the policy, and the answer that is expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyCase {
    /// What it is about, in words.
    pub name: Option<String>,
    /// Whether a service asks; else a user.
    pub service: bool,
    /// Who asks.
    pub principal: String,
    /// Roles that it is in, beside those of `sealine.yaml`.
    pub roles: Vec<String>,
    /// The action, as a policy names it.
    pub action: Spanned<String>,
    /// The kind of the resource: `pipeline`, `dataset`, `key`, `tag` or `log`.
    pub kind: Spanned<String>,
    /// The resource.
    pub resource: Spanned<String>,
    /// What is disclosed, by the names of the schema.
    pub context: BTreeMap<String, Spanned<String>>,
    /// Whether it is to be permitted.
    pub allow: bool,
    /// Where the answer is written.
    pub span: Span,
}
