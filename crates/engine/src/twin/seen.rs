//! What there is to see of runs: their reports and receipts, or their errors, what they told meanwhile, and what
//! they wrote.
//!
//! INVARIANT: the pipelines are run by sessions of the engine, as a user's are. What is held here are rows; none of
//! them leaves this module but as the answer whether two are the same.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use sealine_access::Principal;
use sealine_label::Level;
use sealine_plan::{Plan, Request, Sink};
use serde_json::Value;

use super::{sample, scratch};
use crate::cancel::CancelToken;
use crate::error::EngineError;
use crate::exec;
use crate::progress::{Progress, Update};
use crate::session::{NotDecided, Session, Setup};

/// All cells of a column as text.
pub(super) fn texts(array: &ArrayRef) -> Vec<Option<String>> {
    let Ok(formatter) = ArrayFormatter::try_new(array.as_ref(), &FormatOptions::new()) else {
        return vec![None; array.len()];
    };
    let cell = |row| (!array.is_null(row)).then(|| formatter.value(row).to_string());
    (0..array.len()).map(cell).collect()
}

/// What there is to see of a copy in which pipelines ran.
#[derive(Default)]
pub(super) struct Seen {
    /// Report and receipt of each pipeline, the last of which may have failed: its code and its text.
    pub(super) runs: Vec<Result<Value, (&'static str, String)>>,
    pub(super) told: Vec<String>,
    pub(super) outputs: Vec<Output>,
}

/// A dataset that was written.
pub(super) struct Output {
    pub(super) dataset: String,
    pub(super) clearance: Level,
    pub(super) names: Vec<String>,
    pub(super) columns: Vec<String>,
    /// By column, in the order in which rows were written.
    pub(super) cells: Vec<Vec<Option<String>>>,
}

/// Keeps what is told of a run, but for how far and how fast it goes.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Progress for Told {
    fn update(&self, update: Update) {
        let line = match update {
            Update::Reading(_) | Update::KeysMade { .. } => return,
            Update::Read(read) => format!("read {} rows of {}", read.rows, read.dataset),
            Update::Staged { dataset, rows, .. } => format!("staged {rows} rows of {dataset}"),
            other => format!("{other:?}"),
        };
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
    }
}

/// Runs the pipelines in a copy, the last of which is the one in question.
pub(super) async fn run(
    copy: &Path,
    plans: &[Plan],
    user: &Principal,
    cancel: &CancelToken,
) -> Result<Seen, EngineError> {
    let (mut seen, told) = (Seen::default(), Arc::new(Told::default()));
    for plan in plans {
        let mut session = Session::begin(
            scratch::open(copy)?,
            Setup::Required,
            Arc::clone(&told) as Arc<dyn Progress>,
        )?;
        let request = Request::Pipeline(plan.pipeline().to_owned());
        let authorized = session
            .decide(&request, user)
            .map_err(|undecided| match undecided {
                NotDecided::Failed(error) => error,
                NotDecided::Broken(_) | NotDecided::Refused(_) => EngineError::NoTwins {
                    reason: format!(
                        "`{0}` is refused; `sealine check {0}` says why",
                        plan.pipeline()
                    ),
                },
            })?;
        match session.run(authorized, cancel).await {
            Err(EngineError::Cancelled) => return Err(EngineError::Cancelled),
            Err(error) => {
                let text = error.to_string().replace(&copy.display().to_string(), "");
                seen.runs.push(Err((error.code(), text)));
                break;
            }
            Ok(report) => {
                let receipt = std::fs::read(copy.join(&report.receipt.path)).unwrap_or_default();
                let receipt: Value = serde_json::from_slice(&receipt).unwrap_or_default();
                let report = serde_json::to_value(&report).unwrap_or_default();
                seen.runs.push(Ok(
                    serde_json::json!({ "report": report, "receipt": receipt }),
                ));
            }
        }
        for output in plan.outputs() {
            let Sink::Dataset(dataset) = &output.sink else {
                continue;
            };
            let fields: Vec<Field> = output
                .columns
                .iter()
                .map(|column| Field::new(&column.name, column.data_type.clone(), true))
                .collect();
            let schema = Arc::new(Schema::new(fields));
            let located = session.project().places().files(dataset)?;
            let names = located.iter().map(|file| file.name.clone()).collect();
            let files = sample::files(session.project(), dataset)?;
            let mut reader = exec::open(dataset, &files, &schema, 8192, &session.keys, None)?;
            let mut cells = vec![Vec::new(); output.columns.len()];
            while let Some(raw) = reader.next()? {
                for (cells, column) in cells.iter_mut().zip(raw.batch.columns()) {
                    cells.extend(texts(column));
                }
            }
            seen.outputs.push(Output {
                dataset: dataset.id.clone(),
                clearance: output.clearance,
                names,
                columns: output
                    .columns
                    .iter()
                    .map(|column| column.name.clone())
                    .collect(),
                cells,
            });
        }
    }
    seen.told = std::mem::take(&mut *told.0.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(seen)
}
