//! `sealine protect`: the columns of one file, protected without a pipeline of the project.
//!
//! It writes the catalogue entry and the pipeline that a person would have written, puts them
//! beside the project's own files, and goes the one way: prove, decide, run, receipt.
//!
//! INVARIANT: every column of the file has the highest level unless the user says less of it, and
//! the policy is asked for the user. Nothing is written into the project but what `--save` asks for.

mod place;
mod texts;

use super::init::propose::{Column, Proposal};
use super::init::{names, sample, write};
use super::run::{as_json as report_json, next, say as said};
use crate::args::{self, Output};
use crate::exit::Exit;
use crate::failure::{Failure, suggestion};
use crate::printable::printable;
use crate::progress::Shown;
use crate::project::{self, Opened};
use crate::screen::{Paint, Screen};
use crate::show::{self, count};
use place::Places;
use sealine_engine::{Beside, RunReport};
use sealine_spec::{Fix, Purpose, Severity, Source, Span, Spec};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use texts::Request;

/// What the policy is asked about.
pub(super) const PIPELINE: &str = "protect";

/// Protects one file.
pub(crate) fn run(
    directory: &Path,
    arguments: &args::Protect,
    screen: &Screen,
) -> Result<Exit, Failure> {
    sealine_engine::warm_up();
    let plain = project::open_quietly(directory)?;
    let spec = plain.project().spec();
    let root = plain.project().dir().root();
    let mut places = Places::new(spec, root);
    let input = places.input(&arguments.file)?;
    let format = form(&arguments.out, arguments.format_out);
    let output = places.output(&arguments.out, format)?;
    let sample = sample::open(&arguments.file)?;
    let mut proposal = Proposal::of(&sample, &names::of_file(&input.name));
    label(spec, &mut proposal, arguments)?;
    let levels = &spec.project.levels;
    let request = Request {
        proposal: &proposal,
        input,
        output,
        columns: columns(&proposal, &arguments.column)?,
        clearance: match &arguments.clearance {
            Some(level) => known_level(spec, level)?,
            None => levels.name(spec.project.operator_clearance),
        },
        highest: levels.name(levels.highest()),
        format,
        key: file_key(spec, arguments.key.as_deref())?,
        connections: places.added(),
    };
    let kept = match &arguments.save {
        Some(name) => request.kept(root, name)?,
        None => Vec::new(),
    };
    let beside = Beside {
        sources: request
            .beside(PIPELINE)
            .into_iter()
            .map(|(path, text)| Source { path, text })
            .collect(),
        pipeline: PIPELINE.to_owned(),
    };
    let left_out = left_out(&proposal, &arguments.column);
    if !screen.is_json() {
        describe(screen, &proposal, &left_out);
    }
    let opened = project::open_beside(directory, beside).map_err(spoken)?;
    warn(&opened, screen);
    let shown = Arc::new(Shown::new(screen));
    let result = opened.run(PIPELINE, Arc::clone(&shown));
    shown.end();
    let report = result.map_err(spoken)?;
    // A crash right here leaves the output and its receipt without the files that were asked for:
    // the command can be repeated.
    write::all(root, &kept)?;
    match screen.is_json() {
        true => screen.json(&as_json(&report, &proposal, &left_out, &kept)),
        false => say(screen, directory, arguments, &report, &kept),
    }
    Ok(Exit::Done)
}

/// Findings in the texts that were made of the arguments, with changes that the arguments can take.
fn spoken(failure: Failure) -> Failure {
    let Failure::Findings {
        files,
        diagnostics,
        exit,
    } = failure
    else {
        return failure;
    };
    let made = |span: Span| files.path(span.file).ends_with("/.protect.yaml");
    let typed = |mut fix: Fix| {
        // A level for a column that no file has: `email: { level: internal }`.
        let level = fix.replacement.trim().strip_suffix(" }");
        let level = level.and_then(|text| text.split_once(": { level: "));
        if let Some((column, level)) = level.filter(|_| fix.span.is_none_or(made)) {
            fix.replacement = format!("--level '{column}={level}'");
            fix.span = None;
        } else if fix.span.is_none() && fix.replacement.contains("primary_key: [") {
            fix.title = "say which column names a row, and give it a level".to_owned();
            fix.replacement = "--id COLUMN --level 'COLUMN=LEVEL'".to_owned();
        } else if fix.span.is_some_and(made) {
            fix.replacement = format!("--column \"{}\"", fix.replacement.trim());
            fix.span = None;
        }
        fix
    };
    let diagnostics = diagnostics
        .iter()
        .cloned()
        .map(|mut one| {
            one.fixes = one.fixes.into_iter().map(typed).collect();
            one
        })
        .collect();
    Failure::Findings {
        files,
        diagnostics,
        exit,
    }
}

/// Gives every column its level, and the rows their key.
fn label(spec: &Spec, proposal: &mut Proposal, arguments: &args::Protect) -> Result<(), Failure> {
    let levels = &spec.project.levels;
    for column in &mut proposal.columns {
        column.level = levels.name(levels.highest()).to_owned();
    }
    for (name, level) in &arguments.level {
        known_column(proposal, name)?.level = known_level(spec, level)?.to_owned();
    }
    if let Some(name) = &arguments.id {
        let column = known_column(proposal, name)?;
        column.rules = vec!["required: true".to_owned(), "unique: true".to_owned()];
        proposal.key = Some(name.clone());
    }
    // A key that is classified as all else is names no row to anybody: its rules would only reject rows.
    let wanted = |key: &String| arguments.level.iter().any(|(name, _)| name == key);
    if let Some(key) = proposal.key.take_if(|key| !wanted(&*key)) {
        known_column(proposal, &key)?.rules.clear();
    }
    Ok(())
}

fn known_column<'p>(proposal: &'p mut Proposal, name: &str) -> Result<&'p mut Column, Failure> {
    let known = proposal.columns.iter().map(|column| column.name.as_str());
    let suggestion = suggestion(name, known);
    let mut columns = proposal.columns.iter_mut();
    columns
        .find(|column| column.name == name)
        .ok_or_else(|| Failure::Unknown {
            what: "column",
            name: name.to_owned(),
            suggestion,
        })
}

fn known_level<'s>(spec: &'s Spec, name: &str) -> Result<&'s str, Failure> {
    let levels = &spec.project.levels;
    let found = levels.iter().find(|(_, known)| *known == name);
    found
        .map(|(_, known)| known)
        .ok_or_else(|| Failure::Unknown {
            what: "level",
            name: name.to_owned(),
            suggestion: suggestion(name, levels.iter().map(|(_, known)| known)),
        })
}

/// The format of the output: what was said, else what the name says, else Parquet.
fn form(out: &Path, said: Option<args::Output>) -> Output {
    let ending = out.extension().unwrap_or_default().to_string_lossy();
    said.unwrap_or(match &*ending.to_ascii_lowercase() {
        "csv" => Output::Csv,
        "jsonl" | "ndjson" => Output::Jsonl,
        "arrow" => Output::Arrow,
        _ => Output::Parquet,
    })
}

/// The key of purpose `file` that was named, or the only one.
pub(super) fn file_key(spec: &Spec, name: Option<&str>) -> Result<String, Failure> {
    let keys = spec.project.keys.values();
    let files: Vec<&str> = keys
        .filter(|key| key.purpose == Purpose::File)
        .map(|key| key.name.as_str())
        .collect();
    match (name, files.as_slice()) {
        (Some(name), all) if all.contains(&name) => Ok(name.to_owned()),
        (Some(name), all) => Err(Failure::Unknown {
            what: "key of purpose `file`",
            name: name.to_owned(),
            suggestion: suggestion(name, all.iter().copied()),
        }),
        (None, [only]) => Ok((*only).to_owned()),
        (None, []) => Err(Failure::WhichKey {
            reason: "`sealine.yaml` declares none of purpose `file`; add one under `keys:`, such as `lake: { purpose: file }`"
                .to_owned(),
        }),
        (None, all) => Err(Failure::WhichKey {
            reason: format!("name one with `--key`: {}", all.join(", ")),
        }),
    }
}

/// The select items. What is exactly the name of a column is that column.
fn columns(proposal: &Proposal, wanted: &[String]) -> Result<Vec<String>, Failure> {
    wanted
        .iter()
        .map(|text| {
            let text = text.trim();
            if text.is_empty() || text.chars().any(char::is_control) {
                return Err(Failure::Argument {
                    argument: "--column".to_owned(),
                    reason: "an expression is not empty and stands on one line".to_owned(),
                });
            }
            if proposal.columns.iter().any(|column| column.name == text) {
                return Ok(names::sql(text));
            }
            let word = |name: &str| {
                !name.is_empty()
                    && name
                        .chars()
                        .all(|letter| letter.is_alphanumeric() || letter == '_')
            };
            Ok(match text.split_once('=') {
                Some((name, item)) if word(name) && item.trim().is_empty() => {
                    return Err(Failure::Argument {
                        argument: format!("--column {text}"),
                        reason: "nothing stands after `=`; write NAME=EXPRESSION".to_owned(),
                    });
                }
                Some((name, item)) if word(name) && !item.starts_with('=') => {
                    format!("{} AS {}", item.trim(), names::sql(name))
                }
                _ => text.to_owned(),
            })
        })
        .collect()
}

/// The columns that no expression mentions.
fn left_out<'p>(proposal: &'p Proposal, wanted: &[String]) -> Vec<&'p str> {
    let mentions = |text: &str, name: &str| {
        let mut words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        text.trim() == name
            || text.contains(&format!("\"{}\"", name.replace('"', "\"\"")))
            || words.any(|word| word.eq_ignore_ascii_case(name))
    };
    let columns = proposal.columns.iter().map(|column| column.name.as_str());
    columns
        .filter(|name| !wanted.iter().any(|text| mentions(text, name)))
        .collect()
}

fn warn(opened: &Opened, screen: &Screen) {
    if !screen.is_json() {
        let all = opened.diagnostics().iter();
        let warnings = all
            .filter(|one| one.severity == Severity::Warning)
            .cloned()
            .collect();
        show::people(screen, opened.files(), &warnings);
    }
}

fn describe(screen: &Screen, proposal: &Proposal, left_out: &[&str]) {
    let widths = proposal.columns.iter().fold((6, 4, 5), |widths, column| {
        (
            widths.0.max(column.name.chars().count().min(28)),
            widths.1.max(column.r#type.chars().count()),
            widths.2.max(column.level.chars().count()),
        )
    });
    screen.line(&format!(
        "looked at {}{}, {}",
        count(proposal.rows as u64, "row"),
        if proposal.whole {
            ""
        } else {
            " from its beginning"
        },
        proposal.form.said(),
    ));
    for column in &proposal.columns {
        let left = match left_out.contains(&column.name.as_str()) {
            true => "left out, ",
            false => "",
        };
        let tags = match column.tags.is_empty() {
            true => String::new(),
            false => format!("{}, ", column.tags.join(", ")),
        };
        screen.line(&format!(
            "  {:<name$}  {:<kind$}  {:<level$}  {}",
            printable(&column.name),
            column.r#type,
            column.level,
            screen.paint(Paint::Dim, &format!("{left}{tags}{}", column.why)),
            name = widths.0,
            kind = widths.1,
            level = widths.2,
        ));
    }
    for name in &proposal.unread {
        let text = format!(
            "  {}  cannot be read: it holds lists, structures or the like",
            printable(name)
        );
        screen.line(&screen.paint(Paint::Dim, &text));
    }
}

fn say(
    screen: &Screen,
    directory: &Path,
    arguments: &args::Protect,
    report: &RunReport,
    kept: &[(String, String)],
) {
    said(screen, report);
    for (path, _) in kept {
        screen.line(&format!("kept       {path}"));
    }
    match &arguments.save {
        Some(name) => screen.line(&format!(
            "           `sealine run {name}` runs as svc/{name}: the policy must permit that service what it permitted you"
        )),
        None => screen.line(
            "           nothing of this is in the catalog; `--save NAME` writes it there, for the next time",
        ),
    }
    next(screen, &project::command(directory, &report.next));
}

fn as_json(
    report: &RunReport,
    proposal: &Proposal,
    left_out: &[&str],
    kept: &[(String, String)],
) -> serde_json::Value {
    let columns: Vec<_> = proposal
        .columns
        .iter()
        .map(|column| {
            json!({
                "name": column.name,
                "type": column.r#type,
                "level": column.level,
                "tags": column.tags,
                "why": column.why,
            })
        })
        .collect();
    let kept: Vec<&str> = kept.iter().map(|(path, _)| path.as_str()).collect();
    let mut value = report_json(report);
    if let Some(object) = value.as_object_mut() {
        object.insert("format".to_owned(), json!(proposal.form.word()));
        object.insert("unread".to_owned(), json!(proposal.unread));
        object.insert("columns".to_owned(), json!(columns));
        object.insert("left_out".to_owned(), json!(left_out));
        object.insert("kept".to_owned(), json!(kept));
    }
    value
}
