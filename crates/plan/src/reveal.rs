//! Opening protected columns: what protected them, and what opening them has to be permitted.
//!
//! Invariant: a column is opened by the call that the run recorded which wrote it, or not at all;
//! each origin in it, and each of its tags, is asked for as `reveal`, or as `export` where the value
//! goes into a file.

use std::collections::BTreeSet;

use sealine_label::declare::Argument;
use sealine_label::{Aspect, Origin};
use sealine_spec::Diagnostic;

use crate::computed::WrittenColumn;
use crate::error::Bound;
use crate::expr::Said;
use crate::finding::{Demand, DemandKind};
use crate::plan::{Opening, PlannedOutput};
use crate::request::Opened;
use crate::world::World;

/// Fills in what `output` opens and gives the demands of that.
pub(crate) fn openings(
    world: &World<'_>,
    dataset: &str,
    opened: &[Opened],
    kind: DemandKind,
    output: &mut PlannedOutput,
) -> Bound<Vec<Demand>> {
    let mut demands = Vec::new();
    for one in opened {
        let name = &one.column;
        let column = place(output, dataset, name)?;
        let beside: Vec<usize> = one
            .beside
            .iter()
            .map(|name| place(output, dataset, name))
            .collect::<Bound<_>>()?;
        let recorded = world
            .recorded(dataset)
            .and_then(|written| written.columns.iter().find(|known| known.name == *name));
        let made = recorded.and_then(|recorded| Some((recorded, recorded.made.as_ref()?)));
        let Some((recorded, made)) = made else {
            return Err(fail(
                format!("no run recorded a protection of `{dataset}.{name}`"),
                "only columns are opened that are a protection's result, as the run that wrote them recorded it; run the pipeline once more if it is older than these records",
            ));
        };
        let known = made.call(world.registry);
        let Some(((call, declaration), data_type)) = known.zip(made.data_type.parse().ok()) else {
            return Err(fail(
                format!("what protected `{dataset}.{name}` is not known to this program"),
                "run the pipeline once more",
            ));
        };
        if !declaration.opens {
            return Err(fail(
                format!(
                    "`{dataset}.{name}` was protected by `{}`, which nothing undoes",
                    declaration.name
                ),
                "`sealine protections` says which can be opened, and by whom",
            ));
        }
        let columns = call.arguments.iter();
        let needed = columns
            .filter(|argument| matches!(argument, Argument::Column(_)))
            .count();
        if needed != beside.len() {
            return Err(fail(
                format!(
                    "`{}` protected `{dataset}.{name}` with {} beside it, and {} named",
                    declaration.name,
                    match needed {
                        0 => "no other column".to_owned(),
                        1 => "one other column".to_owned(),
                        more => format!("{more} other columns"),
                    },
                    match beside.len() {
                        0 => "none is".to_owned(),
                        1 => "one is".to_owned(),
                        more => format!("{more} are"),
                    },
                ),
                match needed {
                    0 => format!("name the column alone: `--column {name}`"),
                    _ => format!(
                        "name the columns of `{dataset}` that hold them, in their order, behind a colon: `--column {name}{}`",
                        ":OTHER".repeat(needed)
                    ),
                },
            ));
        }
        let said = Said {
            declaration,
            call: &call,
        };
        demands.extend(asked(world, recorded, &said, kind, output, name));
        output.opened.push(Opening {
            column,
            beside,
            call,
            data_type,
        });
    }
    Ok(demands)
}

fn place(output: &PlannedOutput, dataset: &str, name: &str) -> Bound<usize> {
    let mut columns = output.columns.iter();
    columns
        .position(|column| column.name == name)
        .ok_or_else(|| {
            fail(
                format!("`{dataset}` has no column `{name}` that may be shown here"),
                "`sealine read` lists the columns, and those that are withheld for their level",
            )
        })
}

/// One demand for each origin and tag.
fn asked(
    world: &World<'_>,
    recorded: &WrittenColumn,
    said: &Said<'_>,
    kind: DemandKind,
    output: &PlannedOutput,
    name: &str,
) -> Vec<Demand> {
    let told = |text: String| (!text.is_empty()).then_some(text);
    let mut all = Vec::new();
    // Who sees a value sees its length, and whether it is missing: one question each.
    let origins: BTreeSet<Origin> = recorded
        .value
        .iter()
        .map(|record| match record.origin() {
            Origin {
                dataset,
                column: Some(column),
                ..
            } => Origin::column(&dataset, &column, Aspect::Value),
            rows => rows,
        })
        .collect();
    // What may be shown here anyway, such as the subject that moved a date, is not what is opened.
    let above = |origin: &&Origin| world.level(origin) > output.clearance;
    let hidden: Vec<&Origin> = origins.iter().filter(above).collect();
    let asked = if hidden.is_empty() {
        origins.iter().collect()
    } else {
        hidden
    };
    for origin in asked {
        let tags = world.tags(origin);
        let tags: Vec<_> = if tags.is_empty() {
            vec![None]
        } else {
            tags.iter().cloned().map(Some).collect()
        };
        for tag in tags {
            all.push(Demand {
                id: 0,
                kind,
                origin: origin.clone(),
                tag,
                dataset: String::new(),
                beside: None,
                column: name.to_owned(),
                from_level: world.level(origin),
                to_level: output.clearance,
                protection: said.declaration.name.to_owned(),
                key: told(said.key()),
                first: None,
                last: None,
                width: None,
                offset: None,
                min_group: None,
                form: told(said.form()),
                span: None,
            });
        }
    }
    all
}

fn fail(message: String, help: impl Into<String>) -> Box<Diagnostic> {
    Box::new(Diagnostic::error("SL2019", message).help(help))
}
