//! `sealine audit`: verify the evidence, and read it. Verification needs the public key alone and
//! never the engine.

use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printable::printable;
use crate::project;
use crate::screen::{Paint, Screen};
use indicatif::{HumanBytes, HumanCount};
use sealine_audit::{AuditError, Checkpoint, Fault, Reader, Record, Verified, parse_verifier};
use serde_json::{Value, json};
use std::path::Path;

/// Verifies or shows the log.
pub(crate) fn run(
    directory: &Path,
    arguments: &args::Audit,
    screen: &Screen,
) -> Result<Exit, Failure> {
    match arguments {
        args::Audit::Verify { key, remembered } => {
            verify(directory, key.as_deref(), remembered.as_deref(), screen)
        }
        args::Audit::Show { limit } => show(directory, *limit, screen),
    }
}

fn failed(error: &AuditError) -> Failure {
    Failure::Crate {
        code: error.code(),
        message: error.to_string(),
        exit: Exit::Broken,
    }
}

fn text(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|source| Failure::File {
        action: "read",
        path: path.display().to_string(),
        source,
    })
}

fn verify(
    directory: &Path,
    key: Option<&Path>,
    remembered: Option<&Path>,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let (root, state) = places(directory)?;
    let key = match key {
        None => None,
        Some(path) => {
            let text = String::from_utf8_lossy(&text(path)?).into_owned();
            Some(parse_verifier(&text).map_err(|error| failed(&error))?.1)
        }
    };
    let remembered = match remembered {
        None => None,
        Some(path) => Some(Checkpoint::parse(&text(path)?).map_err(|error| failed(&error))?),
    };
    match sealine_audit::verify(&state, &root, key, remembered) {
        Ok(verified) => {
            let log = shown(directory, &root, &state);
            good(&verified, directory, &log, screen);
            Ok(Exit::Done)
        }
        Err(faults) => {
            bad(&faults, &shown(directory, &root, &state), screen);
            Ok(Exit::Tampered)
        }
    }
}

/// The project's root and its state directory. A project whose files are broken can still be
/// verified where its state lies in the usual place.
fn places(directory: &Path) -> Result<(std::path::PathBuf, std::path::PathBuf), Failure> {
    match project::open_quietly(directory) {
        Ok(opened) => {
            let project = opened.project();
            Ok((
                project.dir().root().to_path_buf(),
                project.state().root().to_path_buf(),
            ))
        }
        Err(failure) => {
            let state = directory.join(".sealine");
            if state.is_dir() {
                Ok((directory.to_path_buf(), state))
            } else {
                Err(failure)
            }
        }
    }
}

/// The folder of the log as it is reached from here.
fn shown(directory: &Path, root: &Path, state: &Path) -> String {
    let state = match state.strip_prefix(root) {
        Ok(below) if directory == Path::new(".") => below.to_path_buf(),
        Ok(below) => directory.join(below),
        Err(_) => state.to_path_buf(),
    };
    format!("{}/", state.join("log").display())
}

/// A text of the verifier, which names files of the log by their place below the state.
fn located(text: &str, log: &str) -> String {
    printable(&text.replace("`log/", &format!("`{log}")))
}

fn good(verified: &Verified, directory: &Path, log: &str, screen: &Screen) {
    if screen.is_json() {
        screen.json(&json!({
            "ok": true,
            "exit": 0,
            "entries": verified.entries(),
            "receipts": verified.receipts,
            "files": verified.files,
            "bytes": verified.bytes,
            "origin": verified.checkpoint.origin(),
            "root": verified.checkpoint.root().to_string(),
            "continues": verified.continues,
            "pinned_key": verified.pinned_key,
            "notes": verified.notes,
            "not_ruled_out": verified.not_ruled_out,
        }));
        return;
    }
    screen.line(&format!(
        "{} {}, {}, {} ({})",
        screen.paint(Paint::Good, "verified"),
        count(verified.entries(), "entry", "entries"),
        count(verified.receipts, "receipt", "receipts"),
        count(verified.files, "file", "files"),
        HumanBytes(verified.bytes),
    ));
    if let Some(size) = verified.continues {
        screen.line(&format!(
            "  continues the remembered checkpoint of {}",
            count(size, "entry", "entries")
        ));
    }
    for note in &verified.notes {
        screen.line(&screen.paint(Paint::Dim, &format!("  note: {}", located(note, log))));
    }
    for open in &verified.not_ruled_out {
        screen.line(&format!(
            "  {} {}",
            screen.paint(Paint::Warn, "not ruled out:"),
            located(open, log)
        ));
    }
    if verified.continues.is_none() {
        let keep = project::command(
            directory,
            "sealine audit verify --remembered checkpoint.old",
        );
        let text = format!("  keep a copy of {log}checkpoint elsewhere, and next time: {keep}");
        screen.line(&screen.paint(Paint::Dim, &text));
    }
}

fn count(number: u64, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        HumanCount(number),
        if number == 1 { one } else { many }
    )
}

fn bad(faults: &[Fault], log: &str, screen: &Screen) {
    if screen.is_json() {
        let all: Vec<Value> = faults
            .iter()
            .map(|fault| {
                json!({ "code": fault.code(), "file": fault.file, "entry": fault.entry, "message": fault.message })
            })
            .collect();
        screen.json(&json!({ "ok": false, "exit": Exit::Tampered.number(), "faults": all }));
        return;
    }
    let color = screen.error_color();
    for fault in faults {
        screen.error(&format!(
            "{} {}",
            Paint::Bad.on(color, &format!("fault[{}]:", fault.code())),
            located(&fault.to_string(), log)
        ));
    }
    let count = if faults.len() == 1 {
        "1 fault".to_owned()
    } else {
        format!("{} faults", faults.len())
    };
    screen.error(&Paint::Bad.on(color, &format!("not verified: {count}")));
    if let Some(first) = faults.first() {
        screen.error(&Paint::Dim.on(color, &format!("more: sealine explain {}", first.code())));
    }
}

fn show(directory: &Path, limit: u64, screen: &Screen) -> Result<Exit, Failure> {
    let (_, state) = places(directory)?;
    let reader = Reader::open(&state.join("log")).map_err(|error| failed(&error))?;
    let size = reader.checkpoint().size();
    let first = size.saturating_sub(limit);
    for record in reader.entries(first) {
        let record = record.map_err(|error| failed(&error))?;
        entry(&record, screen);
    }
    screen.say(&screen.paint(Paint::Dim, &format!(
        "{} of {size} entries, as they stand; `sealine audit verify` says whether they are as they were signed",
        size - first
    )));
    Ok(Exit::Done)
}

fn entry(record: &Record, screen: &Screen) {
    let value: Value = serde_json::from_slice(&record.bytes).unwrap_or(Value::Null);
    if screen.is_json() {
        screen.json(&json!({ "index": record.index, "event": value }));
        return;
    }
    let Some(object) = value.as_object() else {
        screen.line(&format!("{:>6}  (unknown entry)", record.index));
        return;
    };
    let field = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let detail = object.get("detail").and_then(Value::as_object);
    let rest: Vec<String> = detail
        .unwrap_or(object)
        .iter()
        .filter(|(name, _)| !["v", "time", "actor", "outcome", "action"].contains(&name.as_str()))
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| printable(&format!("{name}={}", brief(value))))
        .collect();
    let outcome = field("outcome");
    let paint = if outcome == "success" {
        Paint::Good
    } else {
        Paint::Bad
    };
    screen.line(&format!(
        "{:>6}  {}  {:<14}  {:<8} {}  {}",
        record.index,
        screen.paint(Paint::Dim, field("time").get(..19).unwrap_or_default()),
        screen.paint(Paint::Strong, field("action")),
        screen.paint(paint, outcome),
        printable(field("actor")),
        screen.paint(Paint::Dim, &rest.join(" ")),
    ));
}

/// A field on one line: texts bare and digests short.
fn brief(value: &Value) -> String {
    match value {
        Value::String(text) if text.len() == 64 => {
            format!("{}…", text.get(..12).unwrap_or_default())
        }
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(brief).collect::<Vec<_>>().join(","),
        Value::Object(fields) => {
            // What has a name is that name, and the rest is said of it.
            let named = fields.get("name").and_then(Value::as_str);
            let rest: Vec<String> = fields
                .iter()
                .filter(|(name, value)| !value.is_null() && (named.is_none() || *name != "name"))
                .map(|(name, value)| match (named, name.as_str()) {
                    (Some(_), "version") => format!("v{}", brief(value)),
                    (Some(_), _) if value.is_string() => brief(value),
                    _ => format!("{name}:{}", brief(value)),
                })
                .collect();
            match named {
                Some(named) if rest.is_empty() => named.to_owned(),
                Some(named) => format!("{named}({})", rest.join(" ")),
                None => rest.join(","),
            }
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_readable() {
        let keys = json!([{ "name": "crm", "purpose": "token", "version": 1 }, { "name": "x", "purpose": null }]);
        assert_eq!(brief(&keys), "crm(token v1),x");
        assert_eq!(brief(&json!({ "rows": 3, "step": null })), "rows:3");
    }

    #[test]
    fn the_log_is_named_where_it_lies() {
        let (root, state) = (Path::new("/a/p"), Path::new("/a/p/.sealine"));
        assert_eq!(shown(Path::new("."), root, state), ".sealine/log/");
        assert_eq!(shown(Path::new("p"), root, state), "p/.sealine/log/");
        assert_eq!(
            located("see `log/key.pub`", ".sealine/log/"),
            "see `.sealine/log/key.pub`"
        );
    }
}
