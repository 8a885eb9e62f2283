//! PostgreSQL of Debian, with TLS and no way around it.
//!
//! Roles: the owner of all (`service.json` has name and password); `alice`, by client certificate alone; `clear`, whom
//! the server asks for a password in clear, which no client of ours may answer.

use super::{cannot, owner, secret};
use crate::workspace::output;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::Read as _;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

const PORT: u16 = 20_432;
const OWNER: &str = "svc";
const PACKAGE: &str = "postgresql-15";

/// No socket in the file system and nothing in clear. Without `fsync` a test loses only speed; commits are waited for.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1,127.0.0.2'
unix_socket_directories = ''
ssl = on
ssl_cert_file = 'server.pem'
ssl_key_file = 'server.key'
ssl_ca_file = 'ca.pem'
ssl_min_protocol_version = 'TLSv1.2'
password_encryption = 'scram-sha-256'
fsync = off
max_connections = 60
";

const ACCESS: &str = "
hostnossl all all   all         reject
hostssl   all alice 127.0.0.0/8 cert
hostssl   all clear 127.0.0.0/8 password
hostssl   all all   127.0.0.0/8 scram-sha-256
";

pub(super) fn up(folder: &Path, pki: &Path) -> Result<(u32, Value), String> {
    let programs = programs()?;
    if TcpListener::bind(("127.0.0.1", PORT)).is_err() {
        return Err(format!("port {PORT} is taken: {}", owner(PORT)));
    }
    let user = user()?;
    let data = folder.join("data");
    fs::create_dir(&data).map_err(|error| cannot("make", &data, &error))?;
    let password = random()?;
    let first = folder.join("password");
    secret(&first, &password)?;
    give(&first, user)?;
    give(&data, user)?;
    let mut initdb = as_user(&programs.join("initdb"), user);
    initdb
        .arg("--pgdata")
        .arg(&data)
        .args(["--username", OWNER, "--auth", "scram-sha-256"])
        .args([
            "--encoding",
            "UTF8",
            "--locale",
            "C",
            "--no-sync",
            "--pwfile",
        ])
        .arg(&first);
    output(&mut initdb).map_err(|error| {
        format!(
            "{error}\nis `{}` in a folder that only root can enter",
            folder.display()
        )
    })?;
    let _ = fs::remove_file(&first);
    let settings = format!("{SETTINGS}port = {PORT}\n");
    for (name, text) in [
        ("postgresql.conf", settings.as_str()),
        ("pg_hba.conf", ACCESS),
    ] {
        let path = data.join(name);
        fs::write(&path, text).map_err(|error| cannot("write", &path, &error))?;
    }
    for name in ["server.pem", "server.key", "ca.pem"] {
        let path = data.join(name);
        fs::copy(pki.join(name), &path).map_err(|error| cannot("write", &path, &error))?;
        give(&path, user)?;
    }
    let log = folder.join("log");
    let log = File::create(&log).map_err(|error| cannot("write", &log, &error))?;
    let mut server = as_user(&programs.join("postgres"), user)
        .arg("-D")
        .arg(&data)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .process_group(0)
        .spawn()
        .map_err(|error| format!("cannot start postgres: {error}"))?;
    let pid = server.id();
    let outcome = ready(&programs, pki, &password);
    if let Err(reason) = outcome {
        let _ = server.kill();
        let _ = server.wait();
        let said = fs::read_to_string(folder.join("log")).unwrap_or_default();
        return Err(format!("postgres is not ready: {reason}\n{said}"));
    }
    let facts =
        json!({ "port": PORT, "user": OWNER, "password": password, "database": "postgres" });
    Ok((pid, facts))
}

/// Ready means safe: who has the right is let in over TLS, who has not is kept out.
fn ready(programs: &Path, pki: &Path, password: &str) -> Result<(), String> {
    let roles = "CREATE ROLE alice LOGIN; CREATE ROLE clear LOGIN PASSWORD 'clear'";
    let mut last = Ok(());
    for _ in 0..100 {
        last = psql(programs, pki, "verify-full", password, roles);
        if last.is_ok() {
            break;
        }
        sleep(Duration::from_millis(200));
    }
    last?;
    for (why, mode, password) in [
        ("without TLS", "disable", password),
        ("with a wrong password", "verify-full", "wrong"),
    ] {
        if psql(programs, pki, mode, password, "SELECT 1").is_ok() {
            return Err(format!("it let somebody in {why}"));
        }
    }
    Ok(())
}

fn psql(
    programs: &Path,
    pki: &Path,
    mode: &str,
    password: &str,
    statement: &str,
) -> Result<(), String> {
    let mut command = Command::new(programs.join("psql"));
    command
        .args(["-XqtA", "-h", "127.0.0.1", "-U", OWNER, "-d", "postgres"])
        .args(["-p", &PORT.to_string(), "-w", "-c", statement])
        .env("PGPASSWORD", password)
        .env("PGSSLMODE", mode)
        .env("PGSSLROOTCERT", pki.join("ca.pem"))
        .env("PGCONNECT_TIMEOUT", "5");
    output(&mut command).map(drop)
}

/// Where the programs of the newest version lie; installed where there is none and root asks.
fn programs() -> Result<PathBuf, String> {
    if let Some(found) = installed() {
        return Ok(found);
    }
    let mut install = Command::new("apt-get");
    // At this run level the package's own server is not started.
    install
        .args(["install", "-y", "-qq", "--no-install-recommends", PACKAGE])
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("RUNLEVEL", "1");
    output(Command::new("apt-get").args(["update", "-qq"]))?;
    output(&mut install)?;
    installed().ok_or_else(|| format!("`{PACKAGE}` has no programs where they were looked for"))
}

fn installed() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    versions
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let programs = entry.path().join("bin");
            programs
                .join("initdb")
                .is_file()
                .then_some((version, programs))
        })
        .max()
        .map(|(_, programs)| programs)
}

/// Who the server runs as: it refuses root. None where this is somebody else already.
fn user() -> Result<Option<(u32, u32)>, String> {
    let own = fs::metadata("/proc/self").map_err(|error| error.to_string())?;
    if own.uid() != 0 {
        return Ok(None);
    }
    let known = fs::read_to_string("/etc/passwd").map_err(|error| error.to_string())?;
    known
        .lines()
        .find_map(|line| {
            let mut fields = line.split(':');
            let named = fields.next()? == "postgres";
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            named.then_some(Some((uid, gid)))
        })
        .ok_or_else(|| "there is no user `postgres`, and postgres does not run as root".to_owned())
}

/// Makes a file of that user alone.
fn give(path: &Path, user: Option<(u32, u32)>) -> Result<(), String> {
    let failed = |error| cannot("hand over", path, &error);
    let mode = if path.is_dir() { 0o700 } else { 0o600 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(failed)?;
    match user {
        Some((uid, gid)) => chown(path, Some(uid), Some(gid)).map_err(failed),
        None => Ok(()),
    }
}

fn as_user(program: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

fn random() -> Result<String, String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(|error| format!("no randomness: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
