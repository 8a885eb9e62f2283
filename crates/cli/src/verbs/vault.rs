//! `sealine vault`: counts of the token vault, its expired tokens, and what to do when it is lost.
//!
//! No value and no token is ever printed.

use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printable::printable;
use crate::project::{self, Opened};
use crate::screen::{Paint, Screen};
use sealine_engine::clock::rfc3339;
use sealine_engine::{EngineError, Migrated, Setup, VaultCounts, VaultReport};
use serde_json::{Value, json};
use std::path::Path;

/// Counts, purges, gives up, or prints SQL.
pub(crate) fn run(directory: &Path, verb: &args::Vault, screen: &Screen) -> Result<Exit, Failure> {
    let opened = project::open(directory, screen)?;
    match verb {
        args::Vault::Show => {
            let report = opened.vault().map_err(|error| stopped(&error))?;
            Ok(show(directory, report.as_ref(), screen))
        }
        args::Vault::Purge => purge(opened, screen),
        args::Vault::Forget { reason } => forget(opened, reason, screen),
        args::Vault::Accept { reason } => accept(opened, reason, screen),
        args::Vault::Migrate => migrate(opened, screen),
        args::Vault::Sql => sql(&opened, screen),
    }
}

fn purge(opened: Opened, screen: &Screen) -> Result<Exit, Failure> {
    let (mut session, user) = opened.session(Setup::Required, screen)?;
    let removed = session.purge_vault(&user);
    let removed = removed.map_err(|error| stopped(&error))?;
    match removed {
        _ if screen.is_json() => screen.json(&json!({ "ok": true, "removed": removed })),
        Some(count) => screen.line(&format!(
            "removed {}",
            crate::show::count(count, "expired token")
        )),
        None => screen.line(NONE),
    }
    Ok(Exit::Done)
}

fn forget(opened: Opened, reason: &str, screen: &Screen) -> Result<Exit, Failure> {
    let (mut session, user) = opened.session(Setup::Required, screen)?;
    let known = session.forget_vault(reason, &user);
    let known = known.map_err(|error| stopped(&error))?;
    match known {
        _ if screen.is_json() => screen.json(&json!({ "ok": true, "forgotten": known })),
        true => screen.line(
            "the vault is given up; the next run that needs one begins with the one that is there, or makes one",
        ),
        false => screen.line(NONE),
    }
    Ok(Exit::Done)
}

fn accept(opened: Opened, reason: &str, screen: &Screen) -> Result<Exit, Failure> {
    let (mut session, user) = opened.session(Setup::Required, screen)?;
    let older = session.accept_vault(reason, &user);
    let older = older.map_err(|error| stopped(&error))?;
    match older {
        _ if screen.is_json() => screen.json(&json!({ "ok": true, "accepted": older })),
        true => screen
            .line("the vault is taken as it is; what was made since this copy gets other tokens"),
        false => screen.line("the vault is no older copy; nothing had to be said"),
    }
    Ok(Exit::Done)
}

fn migrate(opened: Opened, screen: &Screen) -> Result<Exit, Failure> {
    if opened.project().spec().project.vault.is_none() {
        return Err(Failure::Argument {
            argument: "migrate".to_owned(),
            reason: "`sealine.yaml` has no `vault:` to move into; `sealine explain SL8507` says how to begin"
                .to_owned(),
        });
    }
    let (mut session, user) = opened.session(Setup::Required, screen)?;
    let done = session.migrate_vault(&user, &mut |_, _| {});
    let done = done.map_err(|error| stopped(&error))?;
    let moved = match &done {
        Migrated::Moved { tokens, .. } => Some(*tokens),
        Migrated::Nothing | Migrated::Before => None,
    };
    match &done {
        _ if screen.is_json() => screen.json(&json!({ "ok": true, "moved": moved })),
        Migrated::Nothing => screen.line(NONE),
        Migrated::Before => {
            screen.line("the vault of `sealine.yaml` is the one in use; there is nothing to move")
        }
        Migrated::Moved { tokens, from, to } => {
            screen.line(&format!(
                "{} {}, compared one by one: {} is used from now on",
                screen.paint(Paint::Good, "moved"),
                crate::show::count(*tokens, "token"),
                printable(to)
            ));
            screen.line(&format!(
                "  {} is as it was, and not used any more: remove it when its last backup goes",
                printable(from)
            ));
        }
    }
    Ok(Exit::Done)
}

fn sql(opened: &Opened, screen: &Screen) -> Result<Exit, Failure> {
    let Some(sql) = opened.project().vault_sql() else {
        return Err(Failure::Argument {
            argument: "sql".to_owned(),
            reason:
                "`sealine.yaml` has no `vault:`; without one the vault is a file, and needs no SQL"
                    .to_owned(),
        });
    };
    match screen.is_json() {
        true => screen.json(&json!({ "sql": sql })),
        false => screen.line(sql.trim_end()),
    }
    Ok(Exit::Done)
}

const NONE: &str = "this project has used no token vault yet";

fn show(directory: &Path, report: Option<&VaultReport>, screen: &Screen) -> Exit {
    if screen.is_json() {
        screen.json(&report.map_or_else(|| json!({ "vault": null, "spaces": [] }), as_json));
        return Exit::Done;
    }
    let Some(report) = report else {
        screen.line(NONE);
        return Exit::Done;
    };
    screen.line(&screen.paint(
        Paint::Strong,
        &format!("vault {} at {}", report.id, printable(&report.place)),
    ));
    let rows: Vec<[String; 7]> = report.spaces.iter().map(row).collect();
    let head = [
        "key", "domain", "alive", "30 days", "expired", "oldest", "next end",
    ];
    let widths: Vec<usize> = head
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let cells = rows.iter().filter_map(|row| row.get(at));
            cells
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
                .max(name.len())
        })
        .collect();
    screen.line(&screen.paint(Paint::Dim, &line(&head.map(str::to_owned), &widths)));
    for row in &rows {
        screen.line(&line(row, &widths));
    }
    let expired: u64 = report.spaces.iter().map(|space| space.expired).sum();
    if expired > 0 {
        let next = project::command(directory, "sealine vault purge");
        let tokens = crate::show::count(expired, "expired token");
        screen.say(&screen.paint(Paint::Dim, &format!("{tokens} can be removed: {next}")));
    }
    Exit::Done
}

fn row(space: &VaultCounts) -> [String; 7] {
    let day = |time: Option<i64>| {
        time.map_or_else(
            || "-".to_owned(),
            |time| rfc3339(time).chars().take(10).collect(),
        )
    };
    [
        printable(&space.key),
        printable(&space.domain),
        space.alive.to_string(),
        space.ending.to_string(),
        space.expired.to_string(),
        day(space.oldest),
        day(space.next_end),
    ]
}

/// Names to the left, numbers to the right.
fn line(cells: &[String; 7], widths: &[usize]) -> String {
    let cell = |(at, (cell, width)): (usize, (&String, &usize))| {
        let width = *width;
        match at {
            2..=4 => format!("{cell:>width$}"),
            _ => format!("{cell:<width$}"),
        }
    };
    let cells: Vec<String> = cells.iter().zip(widths).enumerate().map(cell).collect();
    cells.join("  ").trim_end().to_owned()
}

/// The vault as programs read it; times are Unix seconds.
fn as_json(report: &VaultReport) -> Value {
    let space = |space: &VaultCounts| {
        json!({
            "key": space.key,
            "domain": space.domain,
            "alive": space.alive,
            "ending_in_30_days": space.ending,
            "expired": space.expired,
            "oldest": space.oldest,
            "next_end": space.next_end,
        })
    };
    json!({
        "vault": report.id,
        "place": report.place,
        "counted_at": report.now,
        "spaces": report.spaces.iter().map(space).collect::<Vec<_>>(),
    })
}

/// The end of a verb that the engine stopped: a denial is a refusal, all else began and failed.
fn stopped(error: &EngineError) -> Failure {
    let exit = match error {
        EngineError::Access(_) => Exit::Refused,
        _ => Exit::Failed,
    };
    project::failed(error, exit)
}
