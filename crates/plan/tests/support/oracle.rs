//! What permitted protections show: the real kernels, except that tokens are compared up to renaming,
//! ciphertexts up to their contents, and moved dates up to their distances.
#![allow(unreachable_pub)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BinaryArray, Float64Array, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, Expr, LogicalPlan, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use sealine_label::declare::{Argument, Call, Effect};
use sealine_plan::{Demand, DemandKind, InputSource, Plan, Protection};
use sealine_protect::crypto::{Secret, TokenKey, ValueKey};
use sealine_protect::{Kernel, KeySource, ProtectError, bind, catalogue};
use sealine_spec::Spec;

use super::states::{Reads, State, moved_back};

/// Keys that never change.
struct Keys;

impl KeySource for Keys {
    fn token_key(&self, _: &str) -> std::result::Result<TokenKey, ProtectError> {
        TokenKey::new(&Secret::new(vec![7; 32]))
    }

    fn value_key(&self, _: &str) -> std::result::Result<ValueKey, ProtectError> {
        ValueKey::new(1, Secret::new(vec![7; 32]))
    }

    fn sealed_at(&self) -> Option<u64> {
        Some(1_700_000_000)
    }
}

/// A permitted part of a column.
pub struct Part {
    pub dataset: String,
    pub column: String,
    name: &'static str,
    kernel: Arc<dyn Kernel>,
}

impl Part {
    /// What shows of these values, as they are and behind every normalizer. The two sides of a place
    /// show apart: a cell is the pair of what shows of each.
    pub fn seen(&self, value: &ArrayRef) -> Vec<ArrayRef> {
        if self.name == "geo_cell" {
            let zero: ArrayRef = Arc::new(Float64Array::from(vec![0.0; value.len()]));
            let pairs = [(value, &zero), (&zero, value)];
            return pairs
                .into_iter()
                .filter_map(|(x, y)| self.kernel.apply_beside(x, &[Arc::clone(y)]).ok())
                .collect();
        }
        let mut values = vec![Arc::clone(value)];
        if value.data_type() == &DataType::Utf8 {
            let normal = |normal: fn(&str) -> String| -> ArrayRef {
                let texts = value.as_string::<i32>();
                Arc::new(texts.iter().map(|t| t.map(normal)).collect::<StringArray>())
            };
            values.push(normal(str::to_lowercase));
            values.push(normal(|t| t.trim().to_owned()));
            values.push(normal(|t| t.chars().filter(char::is_ascii_digit).collect()));
        }
        values
            .iter()
            .filter_map(|value| self.kernel.apply(value).ok())
            .collect()
    }
}

/// What a plan shows of restricted columns, by permission.
#[derive(Default)]
pub struct Shown {
    /// Columns of which a protection shows what no oracle here knows: they stay.
    pub fixed: BTreeSet<(String, String)>,
    /// Columns that show as tokens.
    pub renamed: BTreeSet<(String, String)>,
    /// Keys of which it shows which rows belong together.
    pub linked: BTreeSet<(String, String)>,
    /// Columns that show as moved dates.
    pub shifted: BTreeMap<(String, String), String>,
    pub parts: Vec<Part>,
    /// Granted cells.
    pub cells: BTreeMap<(String, String), Vec<String>>,
}

const TOKENS: &[&str] = &["tokenize", "siv", "fpe", "fpe_card"];
const SEALS: &[&str] = &["encrypt", "redact", "nullify", "replace"];
const PARTS: &[&str] = &[
    "mask",
    "mask_card",
    "mask_fixed",
    "mask_regex",
    "bucket",
    "top_code",
    "bands",
    "round_to",
    "zip_prefix",
    "geo_cell",
    "coarse_date",
    "scrub",
];

impl Shown {
    pub fn of(plan: &Plan, spec: &Spec) -> Self {
        let mut shown = Self::default();
        let calls = protections(plan);
        for demand in plan.demands() {
            shown.add(demand, &calls, spec);
        }
        // What shows in two ways stays, unless both are parts; and what moves as far as what stays.
        let parts = shown.parts.iter();
        let mut twice: BTreeSet<_> = parts
            .map(|part| (part.dataset.clone(), part.column.clone()))
            .filter(|key| shown.renamed.contains(key) || shown.shifted.contains_key(key))
            .collect();
        let both = shown.renamed.iter();
        twice.extend(both.filter(|key| shown.shifted.contains_key(*key)).cloned());
        // Keys are renamed all or none.
        let mut keys = shown.linked.iter();
        if keys.any(|key| shown.renamed.contains(key) || shown.part_of(key)) {
            twice.extend(shown.linked.iter().cloned());
        }
        shown.fixed.extend(twice);
        let stays: BTreeSet<String> = shown
            .shifted
            .iter()
            .filter(|(key, _)| shown.fixed.contains(*key))
            .map(|(_, form)| form.clone())
            .collect();
        let (still, moving) = std::mem::take(&mut shown.shifted)
            .into_iter()
            .partition(|(_, form)| stays.contains(form));
        shown.shifted = moving;
        let still: BTreeMap<_, _> = still;
        shown.fixed.extend(still.into_keys());
        shown
    }

    fn part_of(&self, key: &(String, String)) -> bool {
        let mut parts = self.parts.iter();
        parts.any(|part| part.dataset == key.0 && part.column == key.1)
    }

    fn add(&mut self, demand: &Demand, calls: &[Call], spec: &Spec) {
        let Some(column) = &demand.origin.column else {
            return;
        };
        let (dataset, column) = (demand.origin.dataset.to_string(), column.to_string());
        let key = (dataset.clone(), column.clone());
        let name = demand.protection.as_str();
        if demand.kind == DemandKind::Select {
            let declared = spec.datasets[&dataset].column(&column);
            let cells = declared
                .and_then(|c| c.select.as_ref())
                .map(|s| s.domain.clone());
            match cells {
                Some(cells) => drop(self.cells.insert(key, cells)),
                None => drop(self.fixed.insert(key)),
            }
        } else if demand.kind == DemandKind::Link {
            self.linked.insert(key);
        } else if SEALS.contains(&name) {
            // Nulls and lengths agree anyway.
        } else if TOKENS.contains(&name) {
            self.renamed.insert(key);
        } else if name == "date_shift" {
            let form = demand.form.clone().unwrap_or_default();
            if let Some(other) = self.shifted.insert(key.clone(), form.clone())
                && other != form
            {
                self.fixed.insert(key);
            }
        } else if PARTS.contains(&name) {
            for call in calls.iter().filter(|call| call.name == name) {
                self.parts.push(Part {
                    dataset: dataset.clone(),
                    column: column.clone(),
                    name: call.name,
                    kernel: bind(call, &Keys).unwrap(),
                });
            }
        } else {
            self.fixed.insert(key);
        }
    }
}

/// The calls of a plan's protections.
fn protections(plan: &Plan) -> Vec<Call> {
    let mut found = Vec::new();
    walk(
        plan,
        |_| (),
        |expr| found.extend(protection(expr).map(|one| one.call().clone())),
    );
    found
}

/// The datasets and the names of columns that stand in a plan.
pub fn reads(plan: &Plan) -> Reads {
    let (mut datasets, mut columns) = (BTreeSet::new(), BTreeSet::new());
    walk(
        plan,
        |node| {
            if let LogicalPlan::TableScan(scan) = node
                && let Some(source) = scan.source.downcast_ref::<InputSource>()
            {
                datasets.insert(source.dataset().to_owned());
            }
        },
        |expr| {
            if let Expr::Column(column) | Expr::OuterReferenceColumn(_, column) = expr {
                columns.insert(column.name.clone());
            }
        },
    );
    Reads { datasets, columns }
}

/// Visits every node and every expression, subqueries among them.
fn walk(plan: &Plan, mut node: impl FnMut(&LogicalPlan), mut expression: impl FnMut(&Expr)) {
    for output in plan.outputs() {
        let _ = output.logical.apply_with_subqueries(|one: &LogicalPlan| {
            node(one);
            for expr in one.expressions() {
                let _ = expr.apply(|expr| {
                    expression(expr);
                    Ok(TreeNodeRecursion::Continue)
                });
            }
            Ok(TreeNodeRecursion::Continue)
        });
    }
}

/// The protection that an expression is.
pub fn protection(expr: &Expr) -> Option<&Protection> {
    match expr {
        Expr::ScalarFunction(function) => function.func.inner().downcast_ref::<Protection>(),
        _ => None,
    }
}

/// The state that is read at present.
pub type Current = Arc<Mutex<Option<State>>>;

/// What stands for a protection in a plan that is run.
pub struct Oracle {
    kernel: Option<Arc<dyn Kernel>>,
    name: &'static str,
    /// Whether it gives ciphertexts.
    seals: bool,
    /// How far dates move.
    form: String,
    returns: DataType,
    current: Current,
    signature: Signature,
}

impl Oracle {
    pub fn new(of: &Protection, current: &Current) -> Result<Self> {
        let call = of.call();
        let kernel = match TOKENS.contains(&call.name) || call.name == "date_shift" {
            true => None,
            false => {
                Some(bind(call, &Keys).map_err(|e| DataFusionError::Configuration(e.to_string()))?)
            }
        };
        Ok(Self {
            kernel,
            name: call.name,
            seals: catalogue()
                .iter()
                .any(|one| one.name == call.name && one.effect == Effect::Encrypt),
            form: match call.arguments.last() {
                Some(Argument::Integer(days)) => days.to_string(),
                _ => String::new(),
            },
            returns: of.returns().clone(),
            current: Arc::clone(current),
            signature: Signature::variadic_any(Volatility::Volatile),
        })
    }
}

impl std::fmt::Debug for Oracle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Oracle {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Oracle {}

impl std::hash::Hash for Oracle {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Oracle {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.returns.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = args
            .args
            .iter()
            .map(|arg| arg.to_array(args.number_rows))
            .collect::<Result<Vec<_>>>()?;
        let state = self.current.lock().unwrap().clone().unwrap();
        let result = match &self.kernel {
            Some(kernel) => {
                let done = kernel
                    .apply_beside(&arrays[0], &arrays[1..])
                    .map_err(|_| DataFusionError::External("protection".into()))?;
                match self.seals {
                    true => erased(done),
                    false => done,
                }
            }
            None if self.name == "date_shift" => match state.moved.get(&self.form) {
                Some(moved) if !arrays[0].is_empty() => {
                    back_in_time(&arrays[0], &arrays[1], *moved)?
                }
                _ => Arc::clone(&arrays[0]),
            },
            None => self.renamed(&arrays[0], &state)?,
        };
        let result = match result.data_type() == &self.returns {
            true => result,
            false => cast(&result, &self.returns)?,
        };
        Ok(ColumnarValue::Array(result))
    }
}

impl Oracle {
    /// A token: the name that both states have in common.
    fn renamed(&self, values: &ArrayRef, state: &State) -> Result<ArrayRef> {
        let texts = cast(values, &DataType::Utf8)?;
        let names = texts.as_string::<i32>().iter().map(|text| {
            text.map(|text| {
                let name = state.back.get(text).map_or(text, String::as_str);
                format!("{}:{name}", self.name)
            })
        });
        Ok(Arc::new(names.collect::<StringArray>()))
    }
}

/// Ciphertexts with nothing but their lengths.
fn erased(array: ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Binary => {
            let sealed = array.as_binary::<i32>().iter();
            let lengths: Vec<Option<Vec<u8>>> = sealed
                .map(|cell| cell.map(|c| vec![b'#'; c.len()]))
                .collect();
            Arc::new(
                lengths
                    .iter()
                    .map(|c| c.as_deref())
                    .collect::<BinaryArray>(),
            )
        }
        DataType::Utf8 => {
            let sealed = array.as_string::<i32>().iter();
            let lengths = sealed.map(|cell| cell.map(|c| "#".repeat(c.len())));
            Arc::new(lengths.collect::<StringArray>())
        }
        _ => array,
    }
}

fn back_in_time(dates: &ArrayRef, subjects: &ArrayRef, moved: u64) -> Result<ArrayRef> {
    let cells = (0..dates.len())
        .map(|row| {
            let date = ScalarValue::try_from_array(dates, row)?;
            let subject = ScalarValue::try_from_array(subjects, row)?;
            Ok(moved_back(&date, &subject, moved))
        })
        .collect::<Result<Vec<_>>>()?;
    ScalarValue::iter_to_array(cells)
}
