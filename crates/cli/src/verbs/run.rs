//! `sealine run`: prove, run, commit, leave a receipt, and say so in that order.

use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Shown;
use crate::project;
use crate::screen::{Paint, Screen};
use crate::show::count;
use indicatif::{HumanBytes, HumanCount};
use sealine_audit::{AnonymityRecord, Published};
use sealine_engine::{DeclassificationReport, InputReport, OutputReport, RunReport};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// Runs one pipeline.
pub(crate) fn run(
    directory: &Path,
    arguments: &args::Run,
    screen: &Screen,
) -> Result<Exit, Failure> {
    sealine_engine::warm_up();
    let opened = project::open(directory, screen)?;
    let pipeline = opened.pipeline(arguments.pipeline.as_deref())?;
    let shown = Arc::new(Shown::new(screen));
    let result = opened.run_as(&pipeline, arguments.run_id.clone(), Arc::clone(&shown));
    shown.end();
    let report = result?;
    if screen.is_json() {
        screen.json(&as_json(&report));
    } else {
        say(screen, &report);
        next(screen, &project::command(directory, &report.next));
    }
    Ok(Exit::Done)
}

/// A finished run for programs.
pub(super) fn as_json(report: &RunReport) -> Value {
    let mut value = serde_json::to_value(report).unwrap_or_default();
    if let Some(object) = value.as_object_mut() {
        object.insert("ok".to_owned(), json!(true));
        object.insert("exit".to_owned(), json!(0));
    }
    value
}

/// A finished run for people: what was proved, committed and receipted, in this order.
pub(super) fn say(screen: &Screen, report: &RunReport) {
    proved(screen, report);
    committed(screen, report);
    receipt(screen, report);
}

fn head(screen: &Screen, word: &str, text: &str) {
    screen.line(&format!(
        "{} {text}",
        screen.paint(Paint::Good, &format!("{word:<10}"))
    ));
}

fn more(screen: &Screen, text: &str) {
    screen.line(&format!("           {text}"));
}

fn proved(screen: &Screen, report: &RunReport) {
    let columns = count(report.columns_proved, "column");
    let declassified = match report.declassifications.len() {
        0 => "none leaves its level".to_owned(),
        number => format!("{} permitted", count(number as u64, "declassification")),
    };
    head(
        screen,
        "proved",
        &format!(
            "{columns} of {} as {}: {declassified}",
            report.pipeline, report.runs_as
        ),
    );
    let shown = |one: &DeclassificationReport| match &one.key {
        Some(key) => format!("{} ({key})", one.protection),
        None => one.protection.clone(),
    };
    let widths = report
        .declassifications
        .iter()
        .map(|one| (one.origin.len(), shown(one).len()));
    let (origin, protection) = widths.fold((0, 0), |most, next| {
        (most.0.max(next.0), most.1.max(next.1))
    });
    for one in &report.declassifications {
        let policies = one.policies.join(", ");
        more(
            screen,
            &format!(
                "{:<origin$}  {:<protection$}  {} → {}  {}",
                one.origin,
                shown(one),
                one.from_level,
                one.to_level,
                screen.paint(
                    Paint::Dim,
                    &format!("{}.{} by {policies}", one.dataset, one.column)
                ),
            ),
        );
    }
}

fn committed(screen: &Screen, report: &RunReport) {
    let total = |of: fn(&InputReport) -> u64| report.inputs.iter().map(of).sum::<u64>();
    let out: u64 = report.outputs.iter().map(|output| output.rows).sum();
    let rejected = total(|input| input.rejected);
    if report.already {
        let text = format!(
            "run {} was committed before; nothing was done now",
            report.run
        );
        head(screen, "already", &text);
    }
    head(
        screen,
        "committed",
        &format!(
            "{} in, {} out, {} rejected {}",
            count(total(|input| input.rows_in), "row"),
            count(out, "row"),
            HumanCount(rejected),
            screen.paint(
                Paint::Dim,
                &format!("in {:.2} s", report.duration_ms as f64 / 1_000.0)
            ),
        ),
    );
    for output in &report.outputs {
        more(screen, &written(screen, output));
        if let Some(anonymity) = &output.anonymity {
            more(screen, &screen.paint(Paint::Dim, &hidden(anonymity)));
        }
        for waived in &output.waived {
            let line = format!(
                "  waived     {} looks like {}, until {}: {}",
                waived.column, waived.entity, waived.until, waived.because
            );
            more(screen, &screen.paint(Paint::Warn, &line));
        }
    }
    if rejected > 0 {
        for output in &report.rejects {
            more(screen, &written(screen, output));
        }
    }
    for input in &report.inputs {
        let mut rules = input.rejected_by_rule.clone();
        rules.sort_by(|one, other| other.rows.cmp(&one.rows).then_with(|| one.cmp(other)));
        for rule in rules {
            let place = if rule.column.is_empty() {
                "row"
            } else {
                &rule.column
            };
            let line = format!(
                "  rejected  {:>6}  {}: {}",
                HumanCount(rule.rows).to_string(),
                place,
                rule.rule
            );
            more(screen, &screen.paint(Paint::Dim, &line));
        }
    }
}

/// The anonymity that was found.
fn hidden(anonymity: &AnonymityRecord) -> String {
    let by = anonymity.quasi.join(", ");
    let Some(found) = &anonymity.found else {
        return format!("  anonymity  as asked, by {by}");
    };
    let mut all = vec![match found.k {
        Some(k) => format!("k {k} ({})", found.counted),
        None => "no rows".to_owned(),
    }];
    for one in &found.sensitive {
        all.push(format!(
            "l {} and t {} of {}",
            one.distinct_l, one.t, one.column
        ));
    }
    format!("  anonymity  {} by {by}", all.join(", "))
}

fn written(screen: &Screen, output: &OutputReport) -> String {
    let size = format!(
        "{}, {}",
        match output.sealed {
            true => count(output.files, "sealed file"),
            false => format!("{} in clear", count(output.files, "file")),
        },
        HumanBytes(output.bytes)
    );
    let size = screen.paint(Paint::Dim, &size);
    let added = match output.mode {
        Published::Replace => "",
        Published::Append if output.files == 0 => {
            return format!(
                "{} → {}  no rows, nothing added",
                output.dataset, output.location
            );
        }
        Published::Append => " added",
    };
    format!(
        "{} → {}  {}{added}  {size}",
        output.dataset,
        output.location,
        count(output.rows, "row")
    )
}

fn receipt(screen: &Screen, report: &RunReport) {
    let receipt = &report.receipt;
    head(
        screen,
        "receipt",
        &format!(
            "entry {} of {} in the log, {}",
            receipt.log_index, receipt.log_size, receipt.path
        ),
    );
}

/// The command to try after it.
pub(super) fn next(screen: &Screen, command: &str) {
    head(screen, "next", &screen.paint(Paint::Name, command));
}
