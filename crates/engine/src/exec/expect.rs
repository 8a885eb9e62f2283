//! Expectations of the catalog as the query engine computes them, batch by batch, before a row is accepted.
//!
//! INVARIANT: the expression that was bound with the plan is the one that is computed; a failure leaves as "it
//! failed", never as the query engine's text, which may quote values.

use std::sync::Arc;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::logical_expr::execution_props::ExecutionProps;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::physical_expr::create_physical_expr;
use sealine_contract::Expectation;
use sealine_plan::PlannedInput;

use crate::error::EngineError;

/// The expectations of an input, ready to be computed.
pub(crate) fn expectations(input: &PlannedInput) -> Result<Vec<Expectation>, EngineError> {
    let ready = input.expectations.iter().map(|bound| {
        let condition = create_physical_expr(
            &bound.condition,
            &bound.schema,
            &ExecutionProps::new(),
            &PhysicalPlanningContext::default(),
        )
        .map_err(|_| EngineError::NotAsProved {
            output: input.dataset.id.clone(),
            reason: format!("its expectation `{}` cannot be computed", bound.name),
        })?;
        let holds = move |rows: &RecordBatch| {
            let value = condition.evaluate(rows).ok()?;
            let array = value.into_array(rows.num_rows()).ok()?;
            array.as_boolean_opt().cloned()
        };
        Ok(Expectation {
            name: bound.name.clone(),
            holds: Arc::new(holds),
        })
    });
    ready.collect()
}
