//! `sealine read`: rows of a dataset that the operator may see, along the same path as a run.

use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::project;
use crate::screen::Screen;
use crate::show;
use sealine_plan::Request;
use std::path::Path;

/// Reads rows.
pub(crate) fn run(
    directory: &Path,
    arguments: &args::Read,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let (opened, dataset) = project::open_for(directory, &arguments.dataset, screen)?;
    let limit = usize::try_from(arguments.limit).unwrap_or(usize::MAX);
    let request = Request::Read {
        dataset,
        columns: arguments.columns.clone(),
        limit,
    };
    let rows = opened.show(&request)?;
    show::rows(screen, &rows);
    Ok(Exit::Done)
}
