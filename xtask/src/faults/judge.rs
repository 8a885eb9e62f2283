//! The judge: what a reader finds right after a fault, and after the same command again.
//!
//! Invariant: files are read by pyarrow; of Sealine the judge uses only the key service and the verdict
//! of `audit verify`.
//!
//! Must never: accept what it could not read.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::damage::{self, Flipped};
use super::fault::{Fault, Kind, Verb};
use super::scene::{self, Ended, MARK, Scene};
use crate::workspace::root;

/// What a run writes: its name here, and where.
const OUTPUTS: &[(&str, &str)] = &[
    ("orders", "lake/orders"),
    ("totals", "lake/totals"),
    ("rejects", "data/rejects"),
];

/// The same command again has to be done within so long.
const RESTART: Duration = Duration::from_secs(5);

/// One dataset as pyarrow read it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
struct Table {
    rows: Vec<String>,
    links: BTreeMap<String, String>,
}

type Lake = BTreeMap<String, Table>;

/// The lake before and after a run that nothing disturbed.
pub(super) struct Expected {
    old: Lake,
    new: Lake,
}

/// What came of a fault.
#[derive(Default)]
pub(super) struct Verdict {
    /// The fault was met: the command died, complained, or its file was damaged.
    pub(super) reached: bool,
    /// The command answered with an error of its own.
    pub(super) refused: bool,
    /// Damage at rest was noticed.
    pub(super) detected: bool,
    /// How long the same command took afterwards.
    pub(super) restart: Duration,
    /// What was lost, doubled, readable or otherwise wrong; nothing where all held.
    pub(super) harm: Vec<String>,
}

/// The reader in Python, kept running.
pub(super) struct Judge {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Judge {
    /// Starts the reader of `cargo xtask peers`.
    pub(super) fn start(scene: &Scene) -> Result<Judge, String> {
        let python = root().join("target/peers/venv/bin/python");
        if !python.is_file() {
            return Err("pyarrow is missing: run `cargo xtask peers`".to_owned());
        }
        let mut child = Command::new(python)
            .arg(root().join("xtask/faults/judge.py"))
            .arg(root().join("examples/pyarrow"))
            .arg(&scene.program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start the judge: {error}"))?;
        let asks = child.stdin.take().ok_or("the judge takes no questions")?;
        let answers = child.stdout.take().ok_or("the judge gives no answers")?;
        Ok(Judge {
            child,
            asks,
            answers: BufReader::new(answers),
        })
    }

    /// What undisturbed runs leave.
    pub(super) fn expect(&mut self, scene: &Scene) -> Result<Expected, String> {
        let project = scene.copy("expected")?;
        let old = self.read(&project, &project)?;
        let run = scene.run(&project, Verb::Run.words())?;
        if run.code != Some(0) {
            return Err(format!("an undisturbed run failed: {}", run.said));
        }
        let new = self.read(&project, &project)?;
        if old == new
            || old
                .values()
                .chain(new.values())
                .any(|table| table.rows.is_empty())
        {
            return Err("the old and the new lake have to differ, and hold rows".to_owned());
        }
        Ok(Expected { old, new })
    }

    /// The outputs below `lake`, opened with the keys of `project`.
    fn read(&mut self, project: &Path, lake: &Path) -> Result<Lake, String> {
        let datasets: BTreeMap<_, _> = OUTPUTS
            .iter()
            .map(|(name, folder)| (*name, lake.join(folder)))
            .collect();
        let asked = json!({ "project": project, "datasets": datasets });
        writeln!(self.asks, "{asked}").map_err(|error| format!("the judge is gone: {error}"))?;
        let mut line = String::new();
        self.answers
            .read_line(&mut line)
            .map_err(|error| format!("the judge is gone: {error}"))?;
        serde_json::from_str(&line).map_err(|_| format!("unreadable: {}", line.trim()))
    }

    /// Breaks a copy of the project and looks at what is left.
    pub(super) fn judge(
        &mut self,
        scene: &Scene,
        expected: &Expected,
        fault: &Fault,
    ) -> Result<Verdict, String> {
        match fault {
            Fault::Flip { draw } => self.flipped(scene, expected, &scene.copy("broken")?, *draw),
            Fault::Call { .. } => self.called(scene, expected, &scene.copy("broken")?, fault),
            Fault::Full { room } => {
                let Some(project) = scene.cramped(*room)? else {
                    return Ok(Verdict::default());
                };
                let broken = scene.run(&project, fault.verb().words())?;
                let mut verdict = Verdict {
                    reached: broken.code != Some(0),
                    ..Verdict::default()
                };
                scene.relieve()?;
                self.after(scene, expected, &project, fault, &broken, &mut verdict)?;
                Ok(verdict)
            }
        }
    }

    fn called(
        &mut self,
        scene: &Scene,
        expected: &Expected,
        project: &Path,
        fault: &Fault,
    ) -> Result<Verdict, String> {
        let mut verdict = Verdict::default();
        let log = scene.place("broken.log");
        let injection = fault.injection();
        let broken = scene.traced(project, fault.verb(), injection.as_deref(), &log)?;
        let trace = fs::read(&log).map_err(|error| error.to_string())?;
        let trace = String::from_utf8_lossy(&trace);
        // Wakers between threads are files by name only: no disk fails under them.
        if trace
            .lines()
            .any(|line| line.contains("(INJECTED)") && line.contains("<anon_inode:"))
        {
            return Ok(verdict);
        }
        verdict.reached = broken.code.is_none() || trace.contains("(INJECTED)");
        if let Fault::Call {
            kind: Kind::Torn,
            kept,
            ..
        } = fault
        {
            verdict.reached &= damage::tear(&trace, project, *kept)?;
        }
        self.after(scene, expected, project, fault, &broken, &mut verdict)?;
        Ok(verdict)
    }

    /// What a broken command left, before and after the same again.
    fn after(
        &mut self,
        scene: &Scene,
        expected: &Expected,
        project: &Path,
        fault: &Fault,
        broken: &Ended,
        verdict: &mut Verdict,
    ) -> Result<(), String> {
        verdict.refused = broken.code == Some(1);
        if broken.said.contains("panicked") {
            verdict.harm.push("a panic".to_owned());
        }
        verdict.hides(scene, project, broken);

        // What a reader of the lake sees before anybody mends anything.
        let seen = scene.place("seen");
        let _ = fs::remove_dir_all(&seen);
        for (_, folder) in OUTPUTS {
            let (from, to) = (project.join(folder), seen.join(folder));
            if from.is_dir() {
                fs::create_dir_all(to.parent().unwrap_or(&seen))
                    .map_err(|error| error.to_string())?;
                scene::copy(&from, &to)?;
            }
        }
        let again = scene.run(project, Verb::Run.words())?;
        verdict.again(scene, project, &again);
        match self.read(project, &seen) {
            Err(reason) => verdict.harm.push(format!("right after: {reason}")),
            Ok(lake) => {
                for (name, table) in &lake {
                    let is_old = expected.old.get(name).is_some_and(|old| old == table);
                    let is_new = expected.is_new(name, table);
                    if !is_old && !is_new {
                        verdict
                            .harm
                            .push(format!("right after, `{name}` is neither old nor new"));
                    }
                    if broken.code == Some(0) && fault.verb() == Verb::Run && !is_new {
                        verdict
                            .harm
                            .push(format!("the run said it was done and `{name}` is old"));
                    }
                }
            }
        }
        self.is_done(scene, expected, project, verdict);
        Ok(())
    }

    /// A bit turned over at rest is noticed or harmless, and with the file put back nothing is lost.
    fn flipped(
        &mut self,
        scene: &Scene,
        expected: &Expected,
        project: &Path,
        draw: u64,
    ) -> Result<Verdict, String> {
        let mut verdict = Verdict {
            reached: true,
            ..Verdict::default()
        };
        let flipped: Flipped = damage::flip(project, draw)?;
        let shown = flipped
            .path
            .strip_prefix(project)
            .unwrap_or(&flipped.path)
            .display()
            .to_string();
        let verify = scene.run(project, &["audit", "verify"])?;
        let read = scene.run(project, &["read", "lake.orders", "--limit", "1"])?;
        let run = scene.run(project, Verb::Run.words())?;
        for ended in [&verify, &read, &run] {
            if ended.said.contains("panicked") {
                verdict.harm.push(format!("{shown}: a panic"));
            }
            verdict.hides(scene, project, ended);
        }
        verdict.detected = [&verify, &read, &run]
            .iter()
            .any(|ended| ended.code != Some(0));
        let sealed = shown.ends_with(".parquet")
            || shown.contains("/log/tile/")
            || shown.contains("/receipts/");
        if sealed && verify.code != Some(4) {
            verdict.harm.push(format!(
                "{shown}: `audit verify` ended with {:?}",
                verify.code
            ));
        }
        if run.code != Some(0) {
            // With the file back, as from a backup, everything goes on.
            flipped.mend()?;
            let again = scene.run(project, Verb::Run.words())?;
            verdict.again(scene, project, &again);
            self.is_done(scene, expected, project, &mut verdict);
        } else {
            match self.read(project, project) {
                Err(reason) => verdict.harm.push(format!("{shown}: after a run: {reason}")),
                Ok(lake) => {
                    for (name, table) in &lake {
                        if !expected.is_new(name, table) {
                            verdict.harm.push(format!(
                                "{shown}: the run said it was done and `{name}` is not new"
                            ));
                        }
                    }
                }
            }
        }
        Ok(verdict)
    }

    fn is_done(
        &mut self,
        scene: &Scene,
        expected: &Expected,
        project: &Path,
        verdict: &mut Verdict,
    ) {
        match self.read(project, project) {
            Err(reason) => verdict
                .harm
                .push(format!("after the same command: {reason}")),
            Ok(lake) => {
                for (name, table) in &lake {
                    if !expected.is_new(name, table) {
                        verdict
                            .harm
                            .push(format!("after the same command, `{name}` is not new"));
                    }
                }
            }
        }
        match scene.run(project, &["audit", "verify"]) {
            Ok(verify) if verify.code == Some(0) => {}
            Ok(verify) => verdict
                .harm
                .push(format!("`audit verify` ended with {:?}", verify.code)),
            Err(reason) => verdict.harm.push(reason),
        }
    }
}

impl Expected {
    /// The rows of an undisturbed run, every known person with the token of before.
    fn is_new(&self, name: &str, table: &Table) -> bool {
        let (Some(new), Some(old)) = (self.new.get(name), self.old.get(name)) else {
            return false;
        };
        let mut seen: Vec<&String> = table.links.values().collect();
        seen.sort_unstable();
        seen.dedup();
        new.rows == table.rows
            && new.links.keys().eq(table.links.keys())
            && seen.len() == table.links.len()
            && old
                .links
                .iter()
                .all(|(id, token)| table.links.get(id).is_none_or(|now| now == token))
    }
}

impl Verdict {
    /// No classified value in what a command said, nor in a file it left.
    fn hides(&mut self, scene: &Scene, project: &Path, ended: &Ended) {
        if ended.hung {
            self.harm.push("a command that hung".to_owned());
        }
        if ended.said.contains(MARK) {
            self.harm
                .push("a value in what the command said".to_owned());
        }
        let mut folders = vec![scene.place("tmp")];
        folders.extend([".", ".sealine"].map(|folder| project.join(folder)));
        for folder in folders {
            for path in damage::below(&folder).unwrap_or_default() {
                if path.ends_with("data/orders.csv") {
                    continue;
                }
                if fs::read(&path).is_ok_and(|bytes| shows(&bytes)) {
                    self.harm.push(format!("a value in `{}`", path.display()));
                }
            }
        }
    }

    /// The same command again completes, soon, and leaves nothing lying about.
    fn again(&mut self, scene: &Scene, project: &Path, again: &Ended) {
        self.restart = again.took;
        if again.code != Some(0) {
            self.harm.push(format!(
                "the same command ended with {:?}: {}",
                again.code, again.said
            ));
        }
        if again.took > RESTART {
            self.harm.push(format!(
                "the same command took {:.1} s",
                again.took.as_secs_f64()
            ));
        }
        self.hides(scene, project, again);
        for folder in ["lake", "data"] {
            if let Ok(entries) = fs::read_dir(project.join(folder)) {
                for entry in entries.flatten() {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    if name.starts_with(".sealine") {
                        self.harm.push(format!("`{folder}/{name}` was left behind"));
                    }
                }
            }
        }
        if fs::read_dir(project.join(".sealine/runs")).is_ok_and(|mut runs| runs.next().is_some()) {
            self.harm.push("a journal was left behind".to_owned());
        }
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// True where the bytes hold the mark, plainly or in base64 at any of its three places.
fn shows(bytes: &[u8]) -> bool {
    // The middle of the mark in base64, as it stands after 0, 1 and 2 bytes of something else.
    const NEEDLES: &[&str] = &[MARK, "enF4N2NhbmFy", "pxeDdjYW5hcn", "6cXg3Y2FuYXJ5"];
    NEEDLES.iter().any(|needle| {
        bytes
            .windows(needle.len())
            .any(|window| window == needle.as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::shows;

    #[test]
    fn the_mark_is_found_plainly_and_in_base64() {
        for text in [
            "a zqx7canary1",
            "enF4N2NhbmFyeTE=",
            "YXpxeDdjYW5hcnk=",
            "YWF6cXg3Y2FuYXJ5",
        ] {
            assert!(shows(text.as_bytes()), "{text}");
        }
        assert!(!shows(b"zqx7canar"));
    }
}
