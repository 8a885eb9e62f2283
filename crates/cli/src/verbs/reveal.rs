//! `sealine reveal`: protected values opened at the terminal, for a reason that the log keeps.
//! Permitted by policy, tag by tag, beside the right to read the dataset.

use crate::args;
use crate::exit::Exit;
use crate::failure::{Failure, suggestion};
use crate::project;
use crate::screen::Screen;
use crate::show;
use sealine_plan::{Opened, Request};
use std::path::Path;

/// Opens columns.
pub(crate) fn run(
    directory: &Path,
    arguments: &args::Reveal,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let opened = project::open(directory, screen)?;
    let datasets = &opened.project().spec().datasets;
    if !datasets.contains_key(&arguments.dataset) {
        return Err(Failure::Unknown {
            what: "dataset",
            name: arguments.dataset.clone(),
            suggestion: suggestion(&arguments.dataset, datasets.keys().map(String::as_str)),
        });
    }
    let request = Request::Reveal {
        dataset: arguments.dataset.clone(),
        opened: arguments.column.iter().map(|text| column(text)).collect(),
        columns: arguments.columns.clone(),
        limit: usize::try_from(arguments.limit).unwrap_or(usize::MAX),
        reason: arguments.reason.clone(),
    };
    let rows = opened.show(&request)?;
    show::rows(screen, &rows);
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
