//! `sealine plan`: the labelled flow of a pipeline, drawn, as data, or as a picture. It shows what
//! the proof found, whatever the policy says of it.

use crate::args::{self, Form};
use crate::draw::{self, Legend};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::project;
use crate::screen::{Paint, Screen};
use serde_json::json;
use std::path::Path;

/// Draws one pipeline.
pub(crate) fn run(
    directory: &Path,
    arguments: &args::Plan,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let opened = project::open_quietly(directory)?;
    let pipeline = opened.pipeline(arguments.pipeline.as_deref())?;
    let plan = opened.prove(&pipeline)?;
    let drawing = plan.draw();
    let levels: Vec<&str> = opened
        .project()
        .spec()
        .project
        .levels
        .iter()
        .map(|(_, name)| name)
        .collect();
    let legend = Legend {
        title: &pipeline,
        levels,
    };
    match arguments.form {
        Form::Svg => screen.line(draw::svg(&drawing, &legend).trim_end()),
        Form::Json => screen.json(&json!({
            "pipeline": pipeline,
            "runs_as": plan.runs_as(),
            "digest": hex::encode(plan.digest()),
            "levels": legend.levels,
            "flow": drawing,
            "demands": plan.demands().len(),
            "violations": plan.violations().len(),
        })),
        Form::Text if screen.is_json() => {
            screen.json(&json!({ "pipeline": pipeline, "flow": drawing }))
        }
        Form::Text => {
            screen.line(draw::text(screen, &drawing, &legend).trim_end());
            if !plan.violations().is_empty() {
                let count = plan.violations().len();
                let leaks = if count == 1 {
                    "1 leak".to_owned()
                } else {
                    format!("{count} leaks")
                };
                let command = project::command(directory, &format!("sealine check {pipeline}"));
                screen.line(&format!(
                    "{} {leaks}: {command}",
                    screen.paint(Paint::Bad, "refused")
                ));
            }
        }
    }
    Ok(Exit::Done)
}
