//! Window functions: the rows of the input, arguments, order, filter, frame and partition are all
//! explicit in the result.

use datafusion::common::tree_node::TreeNode;
use datafusion::logical_expr::expr::{WindowFunction, WindowFunctionDefinition};
use datafusion::logical_expr::{Expr, Window};

use super::node::Node;
use super::prover::Prover;
use super::relation::Relation;
use crate::error::{Bound, refuse};
use crate::expr::{Cell, span_of};
use crate::functions::{Fails, Kind, fact};
use crate::protection::Protection;

impl Prover<'_> {
    pub(crate) fn window(&mut self, node: &Window, input: &Node) -> Bound<Relation> {
        let mut relation = input.relation.clone();
        for expr in &node.window_expr {
            let cell = self.window_expr(expr, input)?;
            let seen = self.seen(&cell);
            relation.order = self.join(relation.order, seen);
            relation.columns.push(cell);
        }
        relation.total = false;
        Ok(relation)
    }

    fn window_expr(&mut self, expr: &Expr, input: &Node) -> Bound<Cell> {
        match expr {
            Expr::Alias(alias) => self.window_expr(&alias.expr, input),
            Expr::WindowFunction(function) => self.window_function(function, expr, input),
            _ => Err(self.unsupported("a window expression that is no window function")),
        }
    }

    fn window_function(
        &mut self,
        function: &WindowFunction,
        expr: &Expr,
        input: &Node,
    ) -> Bound<Cell> {
        let span = span_of(expr, &self.step.sql);
        let (kind, name) = match &function.fun {
            WindowFunctionDefinition::AggregateUDF(aggregate) => {
                (Kind::Aggregate, aggregate.name())
            }
            WindowFunctionDefinition::WindowUDF(window) => (Kind::Window, window.name()),
        };
        let Some(fact) = fact(kind, name) else {
            return Err(refuse(
                "SL2007",
                format!("the function `{name}` is not available in a pipeline"),
                span,
                "here",
            ));
        };
        let params = &function.params;
        // Before a run every protection is looked for, and here the engine does not show them.
        if let Some(filter) = &params.filter
            && filter.exists(|part| Ok(protects(part))).unwrap_or(true)
        {
            return Err(refuse(
                "SL2008",
                "a protection in the FILTER of a window function cannot be followed into a run; protect in a subquery, and filter by its column",
                span,
                "here",
            ));
        }
        let partition = self.cells_over(&params.partition_by, input)?;
        let filter = self.cells_over(
            params.filter.as_deref().map_or(&[], std::slice::from_ref),
            input,
        )?;
        let filtered = self.seen_all(&filter);
        let args = self.reached_by(filtered, |prover| prover.cells_over(&params.args, input))?;
        let (order, total) = self.ordering(&params.order_by, input)?;
        let mut all = self.row(&input.relation);
        for cells in [&args, &partition, &filter] {
            let seen = self.seen_all(cells);
            all = self.join(all, seen);
        }
        all = self.join(all, order);
        if !total {
            if fact.fails == Fails::First {
                self.not_total(
                    input.relation.order,
                    &format!("`{name}` without an order that leaves no two rows tied"),
                );
            }
            all = self.join(all, input.relation.order);
        }
        let decimal = self.gives_decimal(expr, input.plan.schema());
        if fact.fails == Fails::Partial || (decimal && name == "avg") {
            self.may_fail(all, &format!("`{name}`"), span);
        }
        Ok(self.all_of(all))
    }
}

fn protects(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarFunction(function)
        if function.func.inner().downcast_ref::<Protection>().is_some())
}
