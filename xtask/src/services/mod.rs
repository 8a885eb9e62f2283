//! `cargo xtask services up|down`: the real servers that tests speak to, on loopback, each as a file of its own here.
//!
//! A server is up when it let in who has the right, over TLS, and kept out who has not; then `service.json` in its
//! folder below `target/svc` says how it is reached. Tests that miss it say `skipped`; with `SVC_STRICT=all` they fail.
//!
//! Invariant: a process is stopped by the number and the start that were recorded for it, and no other ever is.

mod pki;
mod postgres;

use crate::report;
use crate::workspace::{output, root};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

/// Starts a server in a folder that exists, with the folder of the certificates; answers with its process, and with
/// what its record holds beside that.
type Start = fn(&Path, &Path) -> Result<(u32, Value), String>;

/// A server.
struct Server {
    name: &'static str,
    up: Start,
}

const SERVERS: &[Server] = &[Server {
    name: "postgres",
    up: postgres::up,
}];

/// Starts or stops the servers that are named, or all.
pub(crate) fn main(words: Vec<&str>) -> Result<(), String> {
    let Some((verb, names)) = words.split_first() else {
        return Err("`services` needs `up` or `down`".to_owned());
    };
    if let Some(unknown) = names
        .iter()
        .find(|name| !SERVERS.iter().any(|server| server.name == **name))
    {
        return Err(format!("there is no server `{unknown}`"));
    }
    let asked = SERVERS
        .iter()
        .filter(|server| names.is_empty() || names.contains(&server.name));
    for server in asked {
        match *verb {
            "up" => up(server)?,
            "down" => down(server.name)?,
            other => return Err(format!("`services` does not know `{other}`")),
        }
    }
    Ok(())
}

fn folder(name: &str) -> PathBuf {
    root().join("target/svc").join(name)
}

fn up(server: &Server) -> Result<(), String> {
    let name = server.name;
    let record = folder(name).join("service.json");
    if let Some(running) = recorded(&record)
        && running.is_alive()
    {
        report::line(&format!("{name} is up"));
        return Ok(());
    }
    // What a crash left behind is made anew.
    let folder = folder(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| cannot("make", &folder, &error))?;
    let pki = pki::make(&root().join("target/svc/pki"))?;
    let (pid, mut facts) = (server.up)(&folder, &pki)?;
    if let Value::Object(facts) = &mut facts {
        facts.insert("name".to_owned(), name.into());
        facts.insert("pid".to_owned(), pid.into());
        facts.insert("started".to_owned(), started(pid).unwrap_or(0).into());
        facts.insert("pki".to_owned(), pki.to_string_lossy().into());
    }
    secret(&record, &facts.to_string())?;
    report::line(&format!("{name} is up"));
    Ok(())
}

fn down(name: &str) -> Result<(), String> {
    let record = folder(name).join("service.json");
    let running = recorded(&record);
    let _ = fs::remove_file(&record);
    match running {
        Some(running) if running.is_alive() => running.stop(name)?,
        _ => report::line(&format!("{name} was not up")),
    }
    Ok(())
}

/// A process that was started here.
#[derive(Clone, Copy)]
struct Running {
    pid: u32,
    started: u64,
}

fn recorded(record: &Path) -> Option<Running> {
    let facts: Value = serde_json::from_str(&fs::read_to_string(record).ok()?).ok()?;
    let pid = facts.get("pid")?.as_u64()?;
    Some(Running {
        pid: u32::try_from(pid).ok()?,
        started: facts.get("started")?.as_u64()?,
    })
}

impl Running {
    /// Whether the number still stands for the process that got it.
    fn is_alive(self) -> bool {
        started(self.pid) == Some(self.started)
    }

    fn stop(self, name: &str) -> Result<(), String> {
        for signal in ["-INT", "-KILL"] {
            output(Command::new("kill").args([signal, &self.pid.to_string()]))?;
            for _ in 0..100 {
                if !self.is_alive() {
                    report::line(&format!("{name} is down"));
                    return Ok(());
                }
                sleep(Duration::from_millis(100));
            }
        }
        Err(format!("{name}, process {}, does not end", self.pid))
    }
}

/// When a process began, in ticks since the system did; none for one that is not there, or only waits to be buried.
fn started(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold blanks and brackets: what counts comes after its last one.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    let began = fields.nth(18)?.parse().ok()?;
    (state != "Z").then_some(began)
}

/// Writes a file that only its owner can read.
fn secret(path: &Path, text: &str) -> Result<(), String> {
    let failed = |error| cannot("write", path, &error);
    fs::write(path, "").map_err(failed)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    fs::write(path, text).map_err(failed)
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> String {
    format!("cannot {what} `{}`: {error}", path.display())
}

/// Who listens at a port, so that a port which is taken is told with its owner.
fn owner(port: u16) -> String {
    let asked = format!("sport = :{port}");
    output(Command::new("ss").args(["-Hltnp", &asked]))
        .map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
}
