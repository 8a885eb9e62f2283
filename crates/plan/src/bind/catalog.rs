//! What names in SQL stand for: inputs by alias, earlier steps, datasets by id, owners' views.
//!
//! Invariant: a name that is not in the scope does not exist; there is no information schema.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::cte_worktable::CteWorkTable;
use datafusion::common::{Result, ScalarValue, TableReference, plan_datafusion_err, plan_err};
use datafusion::config::ConfigOptions;
use datafusion::datasource::provider_as_source;
use datafusion::functions_table::generate_series::{GenSeriesArgs, GenerateSeriesTable};
use datafusion::logical_expr::planner::{ContextProvider, ExprPlanner};
use datafusion::logical_expr::{
    AggregateUDF, Expr, HigherOrderUDF, ScalarUDF, TableSource, WindowUDF,
};

use super::engine::functions;
use crate::Registry;
use crate::error::nearest;
use crate::protection::Stub;

/// The names that one step sees.
pub(crate) struct Scope {
    tables: BTreeMap<String, Arc<dyn TableSource>>,
    /// Tables by the names that the query at hand gives them.
    pub(super) renamed: RefCell<BTreeMap<String, Arc<dyn TableSource>>>,
    stubs: BTreeMap<&'static str, Arc<ScalarUDF>>,
    /// Names asked for and not found, for the message; the planner asks for those of named queries too.
    pub(crate) missing: RefCell<Vec<String>>,
}

impl Scope {
    pub(crate) fn new(registry: &Registry) -> Self {
        let stubs = registry
            .declarations()
            .iter()
            .map(|d| (d.name, Stub::udf(d)))
            .collect();
        Self {
            tables: BTreeMap::new(),
            renamed: RefCell::default(),
            stubs,
            missing: RefCell::default(),
        }
    }

    /// Adds a table under its SQL name: `name` or `schema.table`.
    pub(crate) fn add(&mut self, name: &str, source: Arc<dyn TableSource>) {
        self.tables.insert(name.to_lowercase(), Arc::clone(&source));
        self.tables.insert(name.to_owned(), source);
    }

    /// The table of that SQL name.
    pub(super) fn table(&self, name: &str) -> Option<Arc<dyn TableSource>> {
        self.tables.get(name).cloned()
    }

    /// Whether a protection has that name.
    pub(super) fn is_protection(&self, name: &str) -> bool {
        self.stubs.contains_key(name)
    }

    /// The known name nearest to one that was not found.
    pub(crate) fn nearest(&self, name: &str) -> Option<String> {
        let known: Vec<String> = self.tables.keys().cloned().collect();
        nearest(name, &known).map(str::to_owned)
    }
}

impl ContextProvider for Scope {
    fn get_table_source(&self, name: TableReference) -> Result<Arc<dyn TableSource>> {
        let wanted = match &name {
            TableReference::Bare { table } => table.to_string(),
            TableReference::Partial { schema, table } => format!("{schema}.{table}"),
            TableReference::Full {
                catalog,
                schema,
                table,
            } => format!("{catalog}.{schema}.{table}"),
        };
        let renamed = self.renamed.borrow().get(&wanted).cloned();
        renamed.or_else(|| self.table(&wanted)).ok_or_else(|| {
            let refused = not_found(&wanted);
            self.missing.borrow_mut().push(wanted);
            plan_datafusion_err!("{refused}")
        })
    }

    fn get_table_function_source(
        &self,
        name: &str,
        args: Vec<Expr>,
    ) -> Result<Arc<dyn TableSource>> {
        let (name, include_end) = match name {
            "generate_series" => ("generate_series", true),
            "range" => ("range", false),
            other => return plan_err!("table function `{other}` is not available in a pipeline"),
        };
        let mut numbers = Vec::new();
        for arg in &args {
            match whole(arg) {
                Some(number) => numbers.push(number),
                None => return plan_err!("`{name}` takes one to three whole numbers as literals"),
            }
        }
        let (start, end, step) = match *numbers.as_slice() {
            [end] => (0, end, 1),
            [start, end] => (start, end, 1),
            [start, end, step] if step != 0 => (start, end, step),
            _ => return plan_err!("`{name}` takes one to three whole numbers, the step not zero"),
        };
        let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new(
            "value",
            DataType::Int64,
            false,
        )]));
        let series = GenSeriesArgs::Int64Args {
            start,
            end,
            step,
            include_end,
            name,
        };
        Ok(provider_as_source(Arc::new(GenerateSeriesTable::new(
            schema, series,
        ))))
    }

    fn create_cte_work_table(&self, name: &str, schema: SchemaRef) -> Result<Arc<dyn TableSource>> {
        Ok(provider_as_source(Arc::new(CteWorkTable::new(
            name, schema,
        ))))
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        &functions().planners
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        self.stubs
            .get(name)
            .or_else(|| functions().scalar.get(name))
            .cloned()
    }

    fn get_higher_order_meta(&self, name: &str) -> Option<Arc<HigherOrderUDF>> {
        functions().higher.get(name).cloned()
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        functions().aggregate.get(name).cloned()
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        functions().window.get(name).cloned()
    }

    fn get_variable_type(&self, _names: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        &functions().options
    }

    fn udf_names(&self) -> Vec<String> {
        self.stubs
            .keys()
            .map(|name| (*name).to_owned())
            .chain(functions().scalar.keys().cloned())
            .collect()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        functions().higher.keys().cloned().collect()
    }

    fn udaf_names(&self) -> Vec<String> {
        functions().aggregate.keys().cloned().collect()
    }

    fn udwf_names(&self) -> Vec<String> {
        functions().window.keys().cloned().collect()
    }
}

/// What is said of a name that no table has.
pub(super) fn not_found(name: &str) -> String {
    format!("table `{name}` not found")
}

fn whole(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Literal(ScalarValue::Int64(Some(number)), _) => Some(*number),
        Expr::Negative(inner) => whole(inner)?.checked_neg(),
        _ => None,
    }
}
