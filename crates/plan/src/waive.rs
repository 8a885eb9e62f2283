//! Waivers for the detectors: each is a permission of its own, whether or not anything is found.
//!
//! Invariant: an output carries a waiver only together with the demand for it.

use sealine_label::{Aspect, Origin};
use sealine_spec::Diagnostic;

use crate::error::Bound;
use crate::finding::{Demand, DemandKind};
use crate::plan::{PlannedOutput, Sink};
use crate::world::World;

/// What stands in a demand where other kinds have a protection.
const PROTECTION: &str = "waiver";

/// Fills in what is waived of `output`, and gives for each the column's place and the demand.
pub(crate) fn waivers(
    world: &World<'_>,
    output: &mut PlannedOutput,
) -> Bound<Vec<(usize, Demand)>> {
    let Sink::Dataset(dataset) = &output.sink else {
        return Ok(Vec::new());
    };
    let project = &world.spec.project;
    let mut demands = Vec::new();
    for waiver in &project.waivers {
        if waiver.dataset.value != dataset.id {
            continue;
        }
        let mut columns = output.columns.iter();
        let Some(at) = columns.position(|column| column.name == waiver.column) else {
            let message = format!(
                "the waiver names `{}.{}`, and the pipeline writes no such column",
                dataset.id, waiver.column
            );
            return Err(Box::new(
                Diagnostic::error("SL2020", message)
                    .mark(waiver.dataset.span, "nothing to waive")
                    .help(
                        "a waiver names a column that is written, by the name that it gets there",
                    ),
            ));
        };
        demands.push((
            at,
            Demand {
                id: 0,
                kind: DemandKind::Waive,
                origin: Origin::column(&dataset.id, &waiver.column, Aspect::Value),
                beside: None,
                tag: Some(waiver.tag.clone()),
                dataset: dataset.id.clone(),
                column: waiver.column.clone(),
                from_level: project.levels.highest(),
                to_level: output.clearance,
                protection: PROTECTION.to_owned(),
                key: None,
                first: None,
                last: None,
                width: None,
                offset: None,
                min_group: None,
                form: Some(waiver.until.clone()),
                span: Some(waiver.dataset.span),
            },
        ));
        output.waivers.push(waiver.clone());
    }
    Ok(demands)
}
