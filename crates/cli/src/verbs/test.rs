//! `sealine test --twin`: a pipeline run over inputs that agree on all that a level may see, and what its observers
//! can tell apart.
//!
//! Must never print a value of a row: a difference is told by the names of what differs.

use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::project;
use crate::screen::{Paint, Screen};
use crate::show::count;
use sealine_engine::{TwinAsked, TwinLevel, TwinReport};
use serde_json::json;
use std::path::Path;

/// Runs the twins of a pipeline.
pub(crate) fn run(
    directory: &Path,
    arguments: &args::Test,
    screen: &Screen,
) -> Result<Exit, Failure> {
    sealine_engine::warm_up();
    let opened = project::open(directory, screen)?;
    let pipeline = opened.pipeline(Some(&arguments.twin))?;
    if let Err(refused) = opened.check(&pipeline) {
        return Err(opened.failure(refused));
    }
    let asked = TwinAsked {
        pipeline,
        pairs: arguments.pairs,
        seed: arguments.seed,
        rows: usize::try_from(arguments.rows).unwrap_or(usize::MAX),
    };
    let report = opened.twins(&asked, screen)?;
    let exit = match report.is_alike() {
        true => Exit::Done,
        false => Exit::Failed,
    };
    if screen.is_json() {
        let mut value = serde_json::to_value(&report).unwrap_or_default();
        if let Some(object) = value.as_object_mut() {
            object.insert("ok".to_owned(), json!(report.is_alike()));
            object.insert("exit".to_owned(), json!(exit.number()));
        }
        screen.json(&value);
    } else {
        say(screen, &report);
    }
    Ok(exit)
}

fn say(screen: &Screen, report: &TwinReport) {
    let rows = report.sources.iter();
    let rows: Vec<String> = rows
        .map(|(dataset, rows)| format!("{} of {dataset}", count(*rows, "row")))
        .collect();
    screen.line(&format!(
        "twins of {}: {}, seed {}",
        screen.paint(Paint::Name, &report.pipeline),
        rows.join(", "),
        report.seed
    ));
    let before = report.ran.len().saturating_sub(1);
    if let Some(before) = report.ran.get(..before).filter(|names| !names.is_empty()) {
        screen.line(&format!("  {} ran before it", before.join(", ")));
    }
    for (dataset, files) in &report.copied {
        let files = count(*files, "file");
        screen.line(&format!(
            "  {files} of {dataset} not varied: compressed, or not text"
        ));
    }
    let width = report.levels.iter().map(|level| level.level.len()).max();
    let width = width.unwrap_or_default().max("level".len());
    screen.line("");
    screen.line(&screen.paint(
        Paint::Dim,
        &format!(
            "{:<width$}  {:>6}  {:>6}  varied",
            "level", "pairs", "differ"
        ),
    ));
    for level in &report.levels {
        line(screen, level, width);
    }
    for level in &report.levels {
        held(screen, level);
    }
    for level in &report.levels {
        differences(screen, report, level);
    }
    screen.line("");
    screen.line(&match report.is_alike() {
        true => format!(
            "{} nobody can tell the twins apart in {}",
            screen.paint(Paint::Good, "alike"),
            count(report.pairs(), "pair")
        ),
        false => format!(
            "{} an observer can tell twins apart",
            screen.paint(Paint::Bad, "different")
        ),
    });
}

fn line(screen: &Screen, level: &TwinLevel, width: usize) {
    let differ = match level.differ {
        0 => "0".to_owned(),
        number => number.to_string(),
    };
    let paint = match level.differ {
        0 => Paint::Good,
        _ => Paint::Bad,
    };
    let varied = match level.pairs {
        0 => "nothing above it can differ".to_owned(),
        _ => level.varied.join(", "),
    };
    screen.line(&format!(
        "{:<width$}  {:>6}  {}  {varied}",
        level.level,
        level.pairs,
        screen.paint(paint, &format!("{differ:>6}")),
    ));
}

fn held(screen: &Screen, level: &TwinLevel) {
    let name = &level.level;
    if !level.still.is_empty() {
        screen.line("");
        screen.line(&format!(
            "held still at {name}, for what permissions show of it:"
        ));
        for (column, why) in &level.still {
            screen.line(&screen.paint(Paint::Dim, &format!("  {column}: {why}")));
        }
    }
    for (columns, why) in [
        (&level.unvaried, "never came to differ"),
        (
            &level.unordered,
            "in another order in every run, so compared without one",
        ),
    ] {
        if !columns.is_empty() {
            screen.line("");
            screen.line(&format!("{why} at {name}: {}", columns.join(", ")));
        }
    }
}

fn differences(screen: &Screen, report: &TwinReport, level: &TwinLevel) {
    for one in &level.differences {
        screen.line("");
        screen.line(&format!(
            "pair {} of seed {}, {}: whoever is cleared for {} sees differ",
            one.pair, report.seed, one.change, level.level
        ));
        for what in &one.what {
            screen.line(&format!("  {}", screen.paint(Paint::Bad, what)));
        }
    }
}
