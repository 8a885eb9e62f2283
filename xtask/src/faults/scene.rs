//! The project that is broken: one whole run of old orders behind it, new orders before it.
//!
//! Invariant: every fault gets a fresh copy of the same settled project.
//!
//! Must never: leave copies behind, or write outside its own folder.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::fault::{Verb, traced};
use crate::random::Random;
use crate::workspace::{output, root};

/// What stands in every classified value of the input, and nowhere else.
pub(super) const MARK: &str = "zqx7canary";
/// Room enough for a project and a run of it.
const CRAMPED_MIB: u64 = 64;
/// A command under a fault ends by itself well before; one that hangs is a fault of its own.
const LONGEST: Duration = Duration::from_secs(30);

/// The settled project and the folder of its copies.
pub(super) struct Scene {
    folder: PathBuf,
    settled: PathBuf,
    /// The program under test, copied: a build meanwhile does not change it.
    pub(super) program: PathBuf,
}

/// How a command ended.
pub(super) struct Ended {
    /// The exit code; nothing where a signal ended it.
    pub(super) code: Option<i32>,
    /// Both streams.
    pub(super) said: String,
    /// It did not end by itself.
    pub(super) hung: bool,
    /// From start to end.
    pub(super) took: Duration,
}

impl Scene {
    /// Makes the project below `target/faults` and runs it once.
    pub(super) fn make(program: &Path, seed: u64) -> Result<Scene, String> {
        let folder = root().join("target/faults");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("tmp")).map_err(|error| error.to_string())?;
        // strace tells where a file lies, not by which links it was reached.
        let folder = folder.canonicalize().map_err(|error| error.to_string())?;
        let scene = Scene {
            settled: folder.join("settled"),
            program: folder.join("sealine"),
            folder,
        };
        fs::copy(program, &scene.program).map_err(|error| error.to_string())?;
        copy(&root().join("xtask/faults/project"), &scene.settled)?;
        scene.orders(&scene.settled, seed, 1, 120)?;
        let run = scene.run(&scene.settled, Verb::Run.words())?;
        if run.code != Some(0) {
            return Err(format!("the first run failed: {}", run.said));
        }
        // Half of the new orders are of people whom the vault knows already.
        scene.orders(&scene.settled, seed, 61, 150)?;
        Ok(scene)
    }

    /// A place in the folder of the campaign.
    pub(super) fn place(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A fresh copy of the settled project under that name.
    pub(super) fn copy(&self, name: &str) -> Result<PathBuf, String> {
        let place = self.place(name);
        let _ = fs::remove_dir_all(&place);
        copy(&self.settled, &place)?;
        Ok(place)
    }

    /// A fresh copy on a file system of its own with so many KiB of room; nothing where this
    /// machine lets nobody mount one.
    pub(super) fn cramped(&self, room: u64) -> Result<Option<PathBuf>, String> {
        let place = self.place("cramped");
        let _ = fs::create_dir_all(&place);
        unmount(&place);
        if resize(&place, CRAMPED_MIB * 1024, false).is_err() {
            return Ok(None);
        }
        let project = place.join("project");
        copy(&self.settled, &project)?;
        let told = output(Command::new("df").args(["--output=used", "-k"]).arg(&place))?;
        let used: u64 = told
            .lines()
            .last()
            .and_then(|line| line.trim().parse().ok())
            .ok_or("df told no number")?;
        resize(&place, used + room, true)?;
        Ok(Some(project))
    }

    /// Makes room again.
    pub(super) fn relieve(&self) -> Result<(), String> {
        resize(&self.place("cramped"), CRAMPED_MIB * 1024, true)
    }

    /// Runs the program in a project.
    pub(super) fn run(&self, project: &Path, words: &[&str]) -> Result<Ended, String> {
        let mut command = Command::new(&self.program);
        command.arg("-C").arg(project).args(words);
        self.ended(command)
    }

    /// Runs a verb under strace, which injects and logs the calls with their paths and no content.
    pub(super) fn traced(
        &self,
        project: &Path,
        verb: Verb,
        injection: Option<&str>,
        log: &Path,
    ) -> Result<Ended, String> {
        let mut command = Command::new("strace");
        command
            .args(["-f", "-qq", "-y", "-s", "0", "-e", "signal=none", "-o"])
            .arg(log)
            .args(["-e", &traced()]);
        if let Some(injection) = injection {
            command.args(["-e", injection]);
        }
        command
            .arg(&self.program)
            .arg("-C")
            .arg(project)
            .args(verb.words());
        self.ended(command)
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "how long a restart takes is what is measured"
    )]
    fn ended(&self, mut command: Command) -> Result<Ended, String> {
        let began = Instant::now();
        let said = self.place("said");
        let file = fs::File::create(&said).map_err(|error| error.to_string())?;
        let twin = file.try_clone().map_err(|error| error.to_string())?;
        // In a group of its own: what strace traces outlives a strace that is killed.
        let mut child = command
            .process_group(0)
            .env("TMPDIR", self.place("tmp"))
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(twin)
            .spawn()
            .map_err(|error| {
                format!(
                    "cannot start `{}`: {error}",
                    command.get_program().to_string_lossy()
                )
            })?;
        let code = loop {
            if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
                break status.code();
            }
            if began.elapsed() > LONGEST {
                let _ =
                    output(Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]));
                let _ = child.wait();
                break None;
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let took = began.elapsed();
        let said = fs::read(&said).map_err(|error| error.to_string())?;
        Ok(Ended {
            code,
            hung: took > LONGEST,
            said: String::from_utf8_lossy(&said).into_owned(),
            took,
        })
    }

    /// Writes orders `first..=last`, a few of which break a rule.
    fn orders(&self, project: &Path, seed: u64, first: u64, last: u64) -> Result<(), String> {
        let mut text = String::from("id,email,phone,card,amount,country\n");
        for id in first..=last {
            // An order looks the same in both files: its values hang on its number alone.
            let mut random = Random::new(seed ^ (id << 20));
            let country = random.text(&["DE", "FR", "PL", "XX"]).to_owned();
            let amount = random.below(100_000);
            let card = if random.chance(1, 20) {
                "4111111111111112"
            } else {
                "4111111111111111"
            };
            let phone = 7_000_000_000 + id;
            let _ = writeln!(
                text,
                "{id},{MARK}{id}@example.org,{MARK}+49{phone},{card},{amount},{country}"
            );
        }
        // The project in the repository has no data, and so no folder for them.
        fs::create_dir_all(project.join("data"))
            .and_then(|()| fs::write(project.join("data/orders.csv"), text))
            .map_err(|error| error.to_string())
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        unmount(&self.place("cramped"));
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Mounts a file system of so many KiB in memory, or gives the one that is there that size.
fn resize(place: &Path, kib: u64, again: bool) -> Result<(), String> {
    let again = if again { "remount," } else { "" };
    output(
        Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("{again}size={kib}k"), "tmpfs"])
            .arg(place),
    )
    .map(|_| ())
}

fn unmount(place: &Path) {
    let _ = output(Command::new("umount").arg(place));
}

/// Copies a folder with the rights of its files.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), String> {
    output(Command::new("cp").arg("-a").arg(from).arg(to)).map(|_| ())
}
