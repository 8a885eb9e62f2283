//! Reads a file of `policy/tests/`: who may what, and what is expected.
//!
//! A test with lists is every combination of them. Actions, kinds of resources and fields of the context are
//! texts here: whoever knows the schema of policies judges them.

use std::collections::BTreeMap;

use super::findings::Findings;
use super::reader::{Fields, Reader};
use super::shape;
use super::tree::{Content, Node};
use super::yaml;
use crate::diagnostic::Diagnostics;
use crate::model::PolicyCase;
use crate::source::{FileId, Files, Span, Spanned};

/// The most questions of one file, combinations unfolded.
const MOST: usize = 10_000;

type Context = BTreeMap<String, Spanned<String>>;

/// Reads the file; `None` if and only if there are errors.
#[must_use]
pub fn policy_cases(files: &Files, file: FileId) -> (Option<Vec<PolicyCase>>, Diagnostics) {
    let mut out = Findings::default();
    let tree = yaml::load(file, files.text(file), &mut out);
    let reader = &mut Reader {
        files,
        out: &mut out,
    };
    let cases = tree.and_then(|tree| reader.cases(&tree));
    let broken = out.has_errors();
    (cases.filter(|_| !broken), out.finish())
}

impl Reader<'_> {
    fn cases(&mut self, root: &Node) -> Option<Vec<PolicyCase>> {
        let fields = self.fields(root, "tests", &shape::CASES)?;
        let start = Span::new(root.span.file, root.span.start, root.span.start);
        self.version(&fields);
        self.description(&fields);
        let shared = self.context(&fields, &Context::new());
        let example = "[{ principal: { user: ada }, action: read, resource: { dataset: lake.customers }, expect: deny }]";
        let node = self.require(&fields, "tests", start, example)?;
        let Content::Sequence(items) = &node.content else {
            self.wrong(
                node,
                "tests",
                "a list",
                format!("for example `tests: {example}`"),
            );
            return None;
        };
        let mut all = Vec::new();
        for item in items {
            if let Some(cases) = self.case(item, &shared) {
                all.extend(cases);
            }
            if all.len() > MOST {
                let message = format!("the file asks more than {MOST} questions");
                self.error("SL1526", item.span, message, "too many", "split it");
                return None;
            }
        }
        if items.is_empty() {
            let message = "`tests` is empty".to_owned();
            self.error(
                "SL1526",
                node.span,
                message,
                "no test",
                format!("for example `{example}`"),
            );
        }
        Some(all)
    }

    /// Every combination of its actions and resources.
    fn case(&mut self, item: &Node, shared: &Context) -> Option<Vec<PolicyCase>> {
        let fields = self.fields(item, "tests", &shape::CASE)?;
        let at = item.span;
        let name = fields.find("name").and_then(|node| self.text(node, "name"));
        let context = self.context(&fields, shared);
        let principal = self.require(&fields, "principal", at, "{ user: ada }");
        let principal = principal.and_then(|node| self.who(node));
        let actions = self.require(&fields, "action", at, "read");
        let actions = actions.map(|node| self.one_or_more(node, "action", "[read, write]"));
        let example = "{ dataset: lake.customers }";
        let resources = self.require(&fields, "resource", at, example);
        let resources = resources.and_then(|node| self.resources(node, example));
        let expect = self.require(&fields, "expect", at, "deny")?;
        let answers = [("allow", true), ("deny", false)];
        let allow = self.choice(expect, "expect", &answers)?;
        let (service, principal, roles) = principal?;
        let (kind, resources) = resources?;
        let mut all = Vec::new();
        for action in actions? {
            for resource in &resources {
                all.push(PolicyCase {
                    name: name.as_ref().map(|name| name.value.clone()),
                    service,
                    principal: principal.clone(),
                    roles: roles.clone(),
                    action: action.clone(),
                    kind: kind.clone(),
                    resource: resource.clone(),
                    context: context.clone(),
                    allow,
                    span: expect.span,
                });
                if all.len() > MOST {
                    return Some(all);
                }
            }
        }
        Some(all)
    }

    /// `{ user: ada, roles: [auditors] }` or `{ service: svc/daily }`.
    fn who(&mut self, node: &Node) -> Option<(bool, String, Vec<String>)> {
        let fields = self.fields(node, "principal", &shape::CASE_PRINCIPAL)?;
        let (user, service) = (fields.find("user"), fields.find("service"));
        let roles = match fields.find("roles") {
            Some(node) => self.texts(node, "roles", "[auditors]")?,
            None => Vec::new(),
        };
        let roles = roles.into_iter().map(|role| role.value).collect();
        match (user, service) {
            (Some(node), None) => Some((false, self.text(node, "user")?.value, roles)),
            (None, Some(node)) => Some((true, self.text(node, "service")?.value, roles)),
            _ => {
                let message = "`principal` has to be one user or one service".to_owned();
                let help = "write `{ user: ada }` or `{ service: svc/daily }`";
                self.error("SL1526", node.span, message, "who asks", help);
                None
            }
        }
    }

    /// `{ dataset: [lake.customers, lake.orders] }`: the kind, and each of that kind.
    fn resources(
        &mut self,
        node: &Node,
        example: &str,
    ) -> Option<(Spanned<String>, Vec<Spanned<String>>)> {
        let entries = self.mapping(node, "resource", example)?;
        let [entry] = entries else {
            let message = "`resource` has to be of one kind".to_owned();
            let help = format!("for example `resource: {example}`");
            self.error("SL1526", node.span, message, "what it is about", help);
            return None;
        };
        let found = self.one_or_more(&entry.value, &entry.key, "[a, b]");
        Some((entry.key.clone(), found))
    }

    fn one_or_more(&mut self, node: &Node, name: &str, example: &str) -> Vec<Spanned<String>> {
        match &node.content {
            Content::Sequence(_) => self.texts(node, name, example).unwrap_or_default(),
            _ => self.text(node, name).into_iter().collect(),
        }
    }

    /// The fields of `context:`, over those that all tests share.
    fn context(&mut self, fields: &Fields<'_>, shared: &Context) -> Context {
        let mut context = shared.clone();
        let Some(node) = fields.find("context") else {
            return context;
        };
        let example = "{ protection: tokenize, key: crm }";
        for entry in self.mapping(node, "context", example).unwrap_or_default() {
            if let Some(value) = self.text(&entry.value, &entry.key) {
                context.insert(entry.key.value.clone(), value);
            }
        }
        context
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<PolicyCase>, Vec<&'static str>> {
        let mut files = Files::default();
        let file = files.insert("policy/tests/a.yaml", text);
        let (cases, found) = policy_cases(&files, file);
        cases.ok_or_else(|| found.iter().map(|one| one.code).collect())
    }

    #[test]
    fn lists_are_every_combination_and_contexts_are_laid_over_each_other() {
        let cases = read(
            "version: 1\ncontext: { to: lake, key: a }\ntests:\n- { principal: { user: ada, roles: [x] }, action: [read, write], resource: { dataset: [a, b] }, expect: deny }\n- { principal: { service: s }, action: declassify, resource: { tag: pii }, context: { key: b, first: 6 }, expect: allow }\n",
        )
        .unwrap();
        let asked: Vec<_> = cases
            .iter()
            .map(|case| format!("{} {}", case.action.value, case.resource.value))
            .collect();
        assert_eq!(
            asked,
            ["read a", "read b", "write a", "write b", "declassify pii"]
        );
        assert_eq!(
            (cases[0].service, &cases[0].roles[..]),
            (false, &["x".to_owned()][..])
        );
        let last = &cases[4];
        assert!(last.allow && last.service);
        let context: Vec<_> = last
            .context
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        assert_eq!(context, ["first=6", "key=b", "to=lake"]);
    }

    #[test]
    fn what_is_no_question_is_said() {
        let test = |text: &str| read(&format!("version: 1\ntests: [{text}]\n")).unwrap_err();
        let whole = "principal: { user: a }, action: read, resource: { dataset: d }, expect: deny";
        assert_eq!(test(""), ["SL1526"]);
        for (from, to, code) in [
            ("{ user: a }", "{ user: a, service: b }", "SL1526"),
            ("{ user: a }", "{ roles: [x] }", "SL1526"),
            ("{ dataset: d }", "{ dataset: d, tag: t }", "SL1526"),
            ("expect: deny", "expect: maybe", "SL1026"),
            ("expect: deny", "expct: deny", "SL1020"),
        ] {
            let text = format!("{{ {} }}", whole.replace(from, to));
            assert!(test(&text).contains(&code), "{text}");
        }
        let ids: Vec<String> = (0..200).map(|id| format!("d{id}")).collect();
        let ids = ids.join(", ");
        let text = format!(
            "{{ principal: {{ user: a }}, action: [{ids}], resource: {{ dataset: [{ids}] }}, expect: deny }}"
        );
        assert_eq!(test(&text), ["SL1526"]);
    }
}
