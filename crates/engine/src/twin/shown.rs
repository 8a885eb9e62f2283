//! What an audience may see of restricted columns, by permission: the declassifications of the plans at hand.
//!
//! INVARIANT: a permission that is not understood holds its column still. A column is never varied further than the
//! permissions of the audience show the same of both states.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan};
use sealine_keys::OpenKeys;
use sealine_label::Level;
use sealine_label::declare::{Argument, Call};
use sealine_plan::{Demand, DemandKind, Plan, Protection};
use sealine_protect::Kernel;
use sealine_spec::Spec;

use super::seen::texts;

/// A column of a dataset.
pub(super) type Key = (String, String);

/// Tokens: the same text, the same token.
const TOKENS: &[&str] = &["tokenize", "siv"];
/// What leaves nothing of a value but its null and its length.
const SEALS: &[&str] = &[
    "encrypt",
    "fernet",
    "tink_aead",
    "redact",
    "nullify",
    "replace",
];
/// What is made anew in every run.
const RANDOM: &[&str] = &["encrypt", "fernet", "tink_aead", "vault_token"];
/// What shows a part of a value, whatever stands beside it.
const PARTS: &[&str] = &[
    "mask",
    "mask_card",
    "mask_fixed",
    "mask_regex",
    "mask_email",
    "mask_iban",
    "mask_id",
    "mask_ip",
    "mask_phone",
    "mask_url",
    "bucket",
    "top_code",
    "bands",
    "round_to",
    "zip_prefix",
    "zip_hipaa",
    "ip_prefix",
    "coarse_date",
    "coarse_time",
    "coarse_coordinate",
    "scrub",
];

/// What one protection makes of a column.
pub(super) struct Use {
    key: Key,
    kernel: Arc<dyn Kernel>,
    /// Whether its result is a token.
    token: bool,
}

/// What an audience may see.
#[derive(Default)]
pub(super) struct Shown {
    /// Columns that stay as they are, each with the permission that holds it.
    pub(super) still: BTreeMap<Key, String>,
    /// Columns that show as tokens, or are linked: their values are renamed, all alike.
    pub(super) renamed: BTreeSet<Key>,
    /// Granted cells: values that stay.
    pub(super) cells: BTreeMap<Key, Vec<String>>,
    uses: Vec<Use>,
    /// Output columns, by dataset: those of tokens, and those made anew in every run.
    pub(super) tokens: BTreeSet<Key>,
    pub(super) random: BTreeSet<Key>,
    /// Whether a plan takes the digits of a value.
    pub(super) digits: bool,
}

impl Shown {
    /// What somebody cleared for `level` sees of what these plans write.
    pub(super) fn of(
        plans: &[Plan],
        level: Level,
        sources: &BTreeSet<&str>,
        spec: &Spec,
        keys: &OpenKeys,
    ) -> Self {
        let mut shown = Self::default();
        for plan in plans {
            let calls = shown.calls(plan);
            for demand in plan.demands() {
                let output = (demand.dataset.clone(), demand.column.clone());
                let name = demand.protection.as_str();
                if RANDOM.contains(&name) {
                    shown.random.insert(output.clone());
                }
                if TOKENS.contains(&name) {
                    shown.tokens.insert(output);
                }
                if demand.to_level <= level {
                    shown.add(demand, &calls, sources, spec, keys);
                }
            }
        }
        shown.settle();
        shown
    }

    fn add(
        &mut self,
        demand: &Demand,
        calls: &[Call],
        sources: &BTreeSet<&str>,
        spec: &Spec,
        keys: &OpenKeys,
    ) {
        let (dataset, name) = (
            demand.origin.dataset.to_string(),
            demand.protection.as_str(),
        );
        let Some(column) = &demand.origin.column else {
            return;
        };
        let key = (dataset.clone(), column.to_string());
        if !sources.contains(dataset.as_str()) {
            // By way of a table in between: which source's column it was is not told here.
            let all = sources.iter().filter_map(|id| spec.dataset(id));
            for one in all {
                for column in &one.columns {
                    self.hold((one.id.clone(), column.name.clone()), name);
                }
            }
            return;
        }
        match demand.kind {
            DemandKind::Select => {
                let declared = spec.dataset(&dataset).and_then(|one| one.column(column));
                match declared.and_then(|one| one.select.as_ref()) {
                    Some(select) => drop(self.cells.insert(key, select.domain.clone())),
                    None => self.hold(key, name),
                }
            }
            DemandKind::Link => drop(self.renamed.insert(key)),
            DemandKind::Declassify if SEALS.contains(&name) => {}
            DemandKind::Declassify if TOKENS.contains(&name) || PARTS.contains(&name) => {
                let token = TOKENS.contains(&name);
                if token {
                    self.renamed.insert(key.clone());
                }
                for call in calls.iter().filter(|call| call.name == name) {
                    let beside = call
                        .arguments
                        .iter()
                        .any(|one| matches!(one, Argument::Column(_)));
                    match sealine_protect::bind(call, keys) {
                        Ok(kernel) if !beside => self.uses.push(Use {
                            key: key.clone(),
                            kernel,
                            token,
                        }),
                        _ => self.hold(key.clone(), name),
                    }
                }
            }
            _ => self.hold(key, name),
        }
    }

    pub(super) fn hold(&mut self, key: Key, name: &str) {
        self.still.entry(key).or_insert_with(|| name.to_owned());
    }

    /// What shows as a token and in part, or in cells, stays; linked keys are renamed all or none.
    fn settle(&mut self) {
        let parts: BTreeSet<Key> = self
            .uses
            .iter()
            .filter(|one| !one.token)
            .map(|one| one.key.clone())
            .collect();
        let twice = |key: &Key| {
            parts.contains(key) || self.cells.contains_key(key) || self.still.contains_key(key)
        };
        if self.renamed.iter().any(twice) {
            for key in std::mem::take(&mut self.renamed) {
                self.hold(key, "a token, beside more of it");
            }
        }
    }

    fn calls(&mut self, plan: &Plan) -> Vec<Call> {
        let mut found = Vec::new();
        for output in plan.outputs() {
            let _ = output.logical.apply_with_subqueries(|node: &LogicalPlan| {
                for expr in node.expressions() {
                    let _ = expr.apply(|expr| {
                        if let Expr::ScalarFunction(function) = expr {
                            match function.func.inner().downcast_ref::<Protection>() {
                                Some(protection) => found.push(protection.call().clone()),
                                None => self.digits |= function.func.name() == "digits",
                            }
                        }
                        Ok(TreeNodeRecursion::Continue)
                    });
                }
                Ok(TreeNodeRecursion::Continue)
            });
        }
        found
    }

    /// The rows of a column of which a permitted part would show the change.
    pub(super) fn told(&self, key: &Key, old: &ArrayRef, new: &ArrayRef) -> Vec<usize> {
        let parts = self.uses.iter().filter(|one| !one.token && one.key == *key);
        let mut rows = BTreeSet::new();
        for part in parts {
            for (old, new) in normal(old).iter().zip(normal(new)) {
                match (part.kernel.apply(old), part.kernel.apply(&new)) {
                    (Ok(old), Ok(new)) => {
                        let both = texts(&old).into_iter().zip(texts(&new)).enumerate();
                        rows.extend(
                            both.filter(|(_, (old, new))| old != new)
                                .map(|(row, _)| row),
                        );
                    }
                    (Err(_), Err(_)) => {}
                    _ => rows.extend(0..old.len()),
                }
            }
        }
        rows.into_iter().collect()
    }

    /// The tokens of these values, as they are and behind every normalizer, for every key in use.
    pub(super) fn tokens_of(&self, values: &[String]) -> Vec<Vec<Option<String>>> {
        let array: ArrayRef = Arc::new(StringArray::from_iter_values(values));
        let tokens = self.uses.iter().filter(|one| one.token);
        let mut all = Vec::new();
        for one in tokens {
            all.extend(
                normal(&array)
                    .iter()
                    .filter_map(|values| one.kernel.apply(values).ok().map(|made| texts(&made))),
            );
        }
        all
    }
}

/// Values as they are and behind every normalizer.
fn normal(values: &ArrayRef) -> Vec<ArrayRef> {
    let mut all = vec![Arc::clone(values)];
    if matches!(
        values.data_type(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    ) && let Ok(plain) = cast(values, &DataType::Utf8)
    {
        let texts = plain.as_string::<i32>();
        for normal in NORMAL {
            let made: StringArray = texts.iter().map(|text| text.map(normal)).collect();
            all.push(Arc::new(made));
        }
    }
    all
}

const NORMAL: [fn(&str) -> String; 4] = [
    |text| text.to_lowercase(),
    |text| text.trim().to_owned(),
    |text| text.trim().to_lowercase(),
    |text| text.chars().filter(char::is_ascii_digit).collect(),
];

/// A renaming of texts among each other, one to one: alike in length and in what kind of character stands where.
/// What a normalizer would make equal to another stays.
pub(super) fn renaming(
    values: &BTreeSet<&str>,
    digits: bool,
    random: &mut super::random::Seeded,
) -> HashMap<String, String> {
    let normal = NORMAL.iter().take(if digits { 4 } else { 3 });
    let mut alone: BTreeSet<&str> = values.clone();
    for normal in normal {
        let mut seen: HashMap<String, Vec<&str>> = HashMap::new();
        for value in values {
            seen.entry(normal(value)).or_default().push(value);
        }
        for same in seen.into_values().filter(|same| same.len() > 1) {
            alone.retain(|value| !same.contains(value));
        }
    }
    let mut classes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for value in alone {
        classes.entry(shape(value)).or_default().push(value);
    }
    let mut renamed = HashMap::new();
    for class in classes.into_values() {
        let mut to = class.clone();
        random.shuffle(&mut to);
        renamed.extend(
            class
                .iter()
                .zip(to)
                .map(|(from, to)| ((*from).to_owned(), to.to_owned())),
        );
    }
    renamed
}

/// What kind of character stands where.
fn shape(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '0'..='9' => '0',
            'a'..='z' => 'a',
            'A'..='Z' => 'A',
            other => other,
        })
        .collect()
}
