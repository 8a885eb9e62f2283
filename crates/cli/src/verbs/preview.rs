//! `sealine preview`: the first rows that a pipeline would write, proved against what a terminal
//! may show, and written nowhere.

use crate::args;
use crate::exit::Exit;
use crate::failure::{Failure, suggestion};
use crate::project;
use crate::screen::{Paint, Screen};
use crate::show;
use sealine_plan::Request;
use std::path::Path;

/// Shows rows.
pub(crate) fn run(
    directory: &Path,
    arguments: &args::Preview,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let opened = project::open(directory, screen)?;
    let pipeline = opened.pipeline(arguments.pipeline.as_deref())?;
    if let (Some(step), Some(known)) =
        (&arguments.step, opened.project().spec().pipeline(&pipeline))
        && known.step(step).is_none()
    {
        return Err(Failure::Unknown {
            what: "step",
            name: step.clone(),
            suggestion: suggestion(step, known.steps.iter().map(|step| step.name.as_str())),
        });
    }
    let limit = usize::try_from(arguments.limit).unwrap_or(usize::MAX);
    // A preview withholds what the whole pipeline may be refused for.
    let refused = opened.check(&pipeline).is_err();
    let command = project::command(directory, &format!("sealine check {pipeline}"));
    let request = Request::Preview {
        pipeline,
        step: arguments.step.clone(),
        limit,
    };
    let rows = opened.show(&request)?;
    show::rows(screen, &rows);
    if refused && !rows.withheld.is_empty() {
        screen.say(&format!(
            "{} as it stands, this pipeline is refused: {command}",
            screen.paint(Paint::Warn, "note:")
        ));
    }
    Ok(Exit::Done)
}
