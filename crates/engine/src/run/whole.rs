//! What the catalog asks of datasets as a whole, judged before the commit: how many rows, how new.
//!
//! INVARIANT: a refusal says a count only where the level of which rows there are is within what the operator may
//! see (`docs/concepts/proof.md`, receipts and manifests), and never a moment of a row.

use sealine_label::Level;
use sealine_spec::{Dataset, Spec};

use super::execute::Staged;
use crate::error::EngineError;
use crate::exec::Hub;

/// Of what was read: accepted rows, and the newest of them.
pub(super) fn of_inputs(spec: &Spec, hub: &Hub) -> Result<(), EngineError> {
    for feed in hub.feeds() {
        let dataset = &feed.dataset;
        let Some(account) = feed.account() else {
            return Err(EngineError::ReaderLost {
                dataset: dataset.id.clone(),
            });
        };
        let kept = dataset.rejects.as_ref().map(|kept| kept.value.clone());
        let kept = kept.filter(|_| account.tally.rejected > 0);
        count(
            spec,
            dataset,
            rows_level(spec, dataset),
            account.tally.accepted,
            kept.clone(),
        )?;
        if let (false, Some(asked)) = (account.fresh, &dataset.freshness) {
            return Err(EngineError::NotFresh {
                dataset: dataset.id.clone(),
                column: asked.column.value.clone(),
                within: asked.written.clone(),
                kept,
            });
        }
    }
    Ok(())
}

/// Of what would be published.
pub(super) fn of_outputs(spec: &Spec, staged: &[Staged]) -> Result<(), EngineError> {
    for staged in staged {
        let Some(dataset) = spec.dataset(&staged.staging.dataset) else {
            continue;
        };
        let rows = staged.files.iter().map(|file| file.rows).sum();
        // Whatever is written there is at most its clearance, so are its rows.
        count(spec, dataset, dataset.clearance, rows, None)?;
    }
    Ok(())
}

/// The level of which rows a dataset has: that of its primary key.
fn rows_level(spec: &Spec, dataset: &Dataset) -> Level {
    let highest = spec.project.levels.highest();
    let keys = dataset.primary_key.iter();
    keys.map(|name| dataset.column(name).map_or(highest, |column| column.level))
        .max()
        .unwrap_or(highest)
}

fn count(
    spec: &Spec,
    dataset: &Dataset,
    level: Level,
    rows: u64,
    kept: Option<String>,
) -> Result<(), EngineError> {
    let Some(asked) = dataset.rows else {
        return Ok(());
    };
    let (word, asked) = match (asked.min, asked.max) {
        (Some(min), _) if rows < min => ("fewer rows", format!("at least {min}")),
        (_, Some(max)) if rows > max => ("more rows", format!("at most {max}")),
        _ => return Ok(()),
    };
    let found = if level <= spec.project.operator_clearance {
        format!("{rows} rows")
    } else {
        word.to_owned()
    };
    Err(EngineError::RowCount {
        dataset: dataset.id.clone(),
        found,
        asked,
        kept,
    })
}
