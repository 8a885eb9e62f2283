//! `sealine reveal`: protected values opened, at the terminal or into a file, for a reason that the log keeps.
//! Permitted by policy, tag by tag, beside the right to read the dataset.

use super::protect::file_key;
use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Shown;
use crate::project;
use crate::screen::{Paint, Screen};
use crate::show::{self, count, rejected};
use indicatif::HumanBytes;
use sealine_connect::PlainFormat;
use sealine_engine::{ExportForm, Exported};
use sealine_plan::{Opened, Request};
use sealine_spec::Spec;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// Rows at the terminal where nobody says how many.
const ROWS: usize = 10;

/// Opens columns.
pub(crate) fn run(
    directory: &Path,
    arguments: &args::Reveal,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let (opened, dataset) = project::open_for(directory, &arguments.dataset, screen)?;
    let limit = arguments
        .limit
        .map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let all = match arguments.to {
        Some(_) => usize::MAX,
        None => ROWS,
    };
    let request = Request::Reveal {
        dataset,
        opened: arguments.column.iter().map(|text| column(text)).collect(),
        columns: arguments.columns.clone(),
        limit: limit.unwrap_or(all),
        reason: arguments.reason.clone(),
        into_file: arguments.to.is_some(),
    };
    let Some(file) = &arguments.to else {
        show::rows(screen, &opened.show(&request)?);
        return Ok(Exit::Done);
    };
    let form = form(opened.project().spec(), file, arguments.key.as_deref())?;
    let shown = Arc::new(Shown::new(screen));
    let result = opened.export(&request, file, &form, Arc::clone(&shown));
    shown.end();
    let exported = result?;
    match screen.is_json() {
        true => screen.json(&as_json(&exported)),
        false => say(screen, directory, arguments, &exported),
    }
    Ok(Exit::Done)
}

/// `note`, or `note:id` where the protection took the column `id` beside the value.
fn column(text: &str) -> Opened {
    let mut names = text.split(':').map(str::to_owned);
    Opened {
        column: names.next().unwrap_or_default(),
        beside: names.collect(),
    }
}

/// How the file is written, by its ending.
fn form(spec: &Spec, file: &Path, key: Option<&str>) -> Result<ExportForm, Failure> {
    let ending = file.extension().unwrap_or_default().to_string_lossy();
    let format = match &*ending.to_ascii_lowercase() {
        "parquet" => return Ok(ExportForm::Sealed(file_key(spec, key)?)),
        "csv" => PlainFormat::Csv,
        "jsonl" | "ndjson" => PlainFormat::Jsonl,
        "arrow" => PlainFormat::Arrow,
        _ => {
            return Err(Failure::Argument {
                argument: file.display().to_string(),
                reason: "its ending says no format; let it end in `.parquet` (sealed), `.csv`, `.jsonl` or `.arrow`"
                    .to_owned(),
            });
        }
    };
    match key {
        None => Ok(ExportForm::Plain(format)),
        Some(_) => Err(Failure::Argument {
            argument: "--key".to_owned(),
            reason: "only Parquet is sealed; let the file end in `.parquet`, or leave the key out"
                .to_owned(),
        }),
    }
}

fn say(screen: &Screen, directory: &Path, arguments: &args::Reveal, exported: &Exported) {
    let head = |word: &str, text: &str| {
        let word = screen.paint(Paint::Good, &format!("{word:<10}"));
        screen.line(&format!("{word} {text}"));
    };
    let (written, path) = (&exported.written, exported.path.display());
    head(
        "opened",
        &format!(
            "{} of {}, {}",
            exported.opened.join(", "),
            exported.dataset,
            count(written.rows, "row")
        ),
    );
    let sealed = match &exported.key {
        Some(key) => format!("sealed under the key {key}"),
        None => "in clear".to_owned(),
    };
    head(
        "written",
        &format!(
            "{path}  {sealed}, {}  {}",
            HumanBytes(written.bytes),
            screen.paint(Paint::Dim, &exported.columns.join(", "))
        ),
    );
    for (name, level) in &exported.withheld {
        let text =
            format!("           {name} ({level}) is above what may be shown, and is not in it");
        screen.line(&screen.paint(Paint::Dim, &text));
    }
    for (dataset, rules) in &exported.rejected {
        let rows: u64 = rules.iter().map(|rule| rule.rows).sum();
        let text = format!(
            "           {} of {dataset} broke a rule, and {} not in it",
            count(rows, "row"),
            if rows == 1 { "is" } else { "are" }
        );
        screen.line(&screen.paint(Paint::Dim, &text));
    }
    head(
        "logged",
        &format!(
            "entry {}: {}  {}",
            exported.log_index,
            arguments.reason,
            screen.paint(
                Paint::Dim,
                &format!("sha256 {}", hex::encode(written.sha256))
            )
        ),
    );
    if exported.key.is_some() {
        screen.line(&format!(
            "           a pipeline reads it as the dataset {}, declared under that id; pyarrow reads it through `sealine kms`",
            exported.bound,
        ));
    }
    let next = project::command(directory, "sealine audit show --limit 2");
    head("next", &screen.paint(Paint::Name, &next));
}

fn as_json(exported: &Exported) -> Value {
    let withheld = exported.withheld.iter();
    json!({
        "ok": true,
        "exit": 0,
        "dataset": exported.dataset,
        "file": exported.path.display().to_string(),
        "key": exported.key,
        "bound_to": exported.key.as_ref().map(|_| &exported.bound),
        "columns": exported.columns,
        "opened": exported.opened,
        "rows": exported.written.rows,
        "bytes": exported.written.bytes,
        "sha256": hex::encode(exported.written.sha256),
        "withheld": withheld
            .map(|(name, level)| json!({ "column": name, "level": level }))
            .collect::<Vec<_>>(),
        "rejected": rejected(&exported.rejected),
        "log_index": exported.log_index,
    })
}
