//! `sealine init`: a project that runs at once, or one around a newcomer's own file.
//!
//! Both go one way: look at a data file, propose, write, check. Without `--from` the data file is a
//! small one that is written first.
//!
//! INVARIANT: no file is overwritten, and what is not recognised gets the highest level. No value
//! of the data file is printed or written anywhere.

pub(super) mod files;
pub(super) mod form;
mod infer;
mod meaning;
pub(super) mod names;
pub(super) mod propose;
pub(super) mod sample;
mod typed;
pub(super) mod write;

use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printable::printable;
use crate::project;
use crate::screen::{Paint, Screen};
use crate::show::count;
use propose::Proposal;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The data of a project that was asked for without any: nobody in it exists.
const PEOPLE: &str = include_str!("people.csv");

/// Makes a project.
pub(crate) fn run(
    directory: &Path,
    arguments: &args::Init,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let target = match &arguments.target {
        Some(target) if directory == Path::new(".") => target.clone(),
        Some(target) => directory.join(target),
        None => directory.to_path_buf(),
    };
    let (source, own) = match &arguments.from {
        Some(file) => (Source::of(file, &target)?, None),
        None => (
            Source::inside(PathBuf::from("data/people.csv")),
            Some(PEOPLE),
        ),
    };
    let sample = match own {
        Some(text) => sample::read(text.as_bytes(), false, &source.shown)?,
        None => sample::open(&source.path)?,
    };
    let proposal = Proposal::of(&sample, &source.name);
    let mut all = files::render(&proposal, &source);
    if let Some(text) = own {
        all.push(("data/people.csv".to_owned(), text.to_owned()));
    }
    write::all(&target, &all)?;
    let verdict = verdict(&target, &proposal);
    match screen.is_json() {
        true => screen.json(&as_json(&proposal, &all, &target, verdict.is_none())),
        false => say(screen, &proposal, &all, &source, &target, own.is_some()),
    }
    match verdict {
        None => Ok(Exit::Done),
        Some(failure) => Err(failure),
    }
}

/// What the written project's own check says: the proposal is only good if it passes.
fn verdict(target: &Path, proposal: &Proposal) -> Option<Failure> {
    let opened = match project::open_quietly(target) {
        Ok(opened) => opened,
        Err(failure) => return Some(failure),
    };
    let refused = opened.check(&proposal.name).err()?;
    Some(opened.failure(refused))
}

/// Where the data file lies, seen from the project.
pub(super) struct Source {
    /// To read it now.
    path: PathBuf,
    /// As it is named in messages.
    shown: String,
    /// The root of its connection.
    root: String,
    /// Its path below that root.
    file: String,
    /// The name of the dataset.
    name: String,
}

impl Source {
    /// A file below the project.
    fn inside(relative: PathBuf) -> Source {
        let shown = relative.to_string_lossy().replace('\\', "/");
        let (root, file) = shown.rsplit_once('/').unwrap_or((".", &shown));
        let name = names::of_file(file);
        Source {
            root: root.to_owned(),
            file: file.to_owned(),
            name,
            path: relative,
            shown: shown.clone(),
        }
    }

    /// A file of the user's: it stays where it is.
    fn of(path: &Path, target: &Path) -> Result<Source, Failure> {
        let shown = path.to_string_lossy().into_owned();
        let lost = |source| Failure::File {
            action: "read",
            path: shown.clone(),
            source,
        };
        let real = path.canonicalize().map_err(lost)?;
        let unusable = |reason: &str| Failure::Unusable {
            path: shown.clone(),
            reason: format!("{reason}; rename or move it"),
        };
        let file = real
            .file_name()
            .and_then(|name| name.to_str())
            .ok_or_else(|| unusable("its name is not UTF-8"))?;
        let folder = real
            .parent()
            .and_then(Path::to_str)
            .ok_or_else(|| unusable("its folder's name is not UTF-8"))?;
        // The project may not exist yet; its nearest existing ancestor tells where it will be.
        let home = std::path::absolute(target)
            .ok()
            .map(|target| existing(&target));
        let inside = home.and_then(|home| {
            real.parent()?
                .strip_prefix(home)
                .ok()
                .map(Path::to_path_buf)
        });
        let root = match inside {
            Some(inside) if inside.as_os_str().is_empty() => ".".to_owned(),
            Some(inside) if inside.to_str().is_some() => inside.to_string_lossy().into_owned(),
            _ => folder.to_owned(),
        };
        let (file, name) = (file.to_owned(), names::of_file(file));
        Ok(Source {
            path: real,
            shown,
            root,
            file,
            name,
        })
    }
}

/// The path with the links of its existing part resolved.
pub(super) fn existing(target: &Path) -> PathBuf {
    let mut missing = Vec::new();
    let mut known = target;
    loop {
        if let Ok(real) = known.canonicalize() {
            return missing
                .iter()
                .rev()
                .fold(real, |path: PathBuf, name| path.join(name));
        }
        match (known.parent(), known.file_name()) {
            (Some(parent), Some(name)) => {
                missing.push(name.to_owned());
                known = parent;
            }
            _ => return target.to_path_buf(),
        }
    }
}

fn say(
    screen: &Screen,
    proposal: &Proposal,
    all: &[(String, String)],
    source: &Source,
    target: &Path,
    own: bool,
) {
    if !own {
        screen.line(&format!(
            "looked at {}: {}, {}{}, {}",
            printable(&source.shown),
            count(proposal.columns.len() as u64, "column"),
            count(proposal.rows as u64, "row"),
            if proposal.whole {
                ""
            } else {
                " from its beginning"
            },
            proposal.form.said(),
        ));
    }
    let widths = proposal.columns.iter().fold((6, 4, 5), |widths, column| {
        (
            widths.0.max(column.name.chars().count().min(28)),
            widths.1.max(column.r#type.chars().count()),
            widths.2.max(column.level.len()),
        )
    });
    screen.line("");
    for column in &proposal.columns {
        let what = format!("{}, {}", column.shown_as(), column.why);
        screen.line(&format!(
            "  {:<name$}  {:<kind$}  {:<level$}  {}",
            column.name,
            column.r#type,
            column.level,
            screen.paint(Paint::Dim, &what),
            name = widths.0,
            kind = widths.1,
            level = widths.2,
        ));
    }
    screen.line("");
    screen.line(&format!("wrote to {}", target.display()));
    for (path, _) in all {
        screen.line(&format!("  {path}"));
    }
    screen.line("");
    for note in &proposal.notes {
        screen.line(&format!("{} {note}", screen.paint(Paint::Warn, "note:")));
    }
    screen.line(&format!(
        "{} run it: {}",
        screen.paint(Paint::Good, "next"),
        screen.paint(Paint::Name, &project::command(target, "sealine run")),
    ));
}

fn as_json(
    proposal: &Proposal,
    all: &[(String, String)],
    target: &Path,
    passes: bool,
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
                "as": column.shown_as(),
                "why": column.why,
            })
        })
        .collect();
    let files: Vec<&str> = all.iter().map(|(path, _)| path.as_str()).collect();
    json!({
        "ok": passes,
        "exit": if passes { 0 } else { 3 },
        "project": target.display().to_string(),
        "pipeline": proposal.name,
        "rows_looked_at": proposal.rows,
        "columns": columns,
        "files": files,
        "notes": proposal.notes,
    })
}
