//! The faults: which call fails, in which way; drawn from all that a run makes.
//!
//! Invariant: every place is a call that a counted run made, so a fault that is not reached is rare
//! and told apart.
//!
//! Must never: name a call that changes nothing on a disk.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;

use super::scene::Scene;
use crate::random::Random;

/// The calls that make something durable, or take it away.
const CALLS: &[&str] = &[
    "write",
    "pwrite64",
    "ftruncate",
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "rmdir",
    "mkdir",
];

/// KiB that a run needs beside what lies there already, about.
const NEEDED: u64 = 160;

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The process is killed before the call.
    Kill,
    /// The process is killed after the last write before the call was cut short.
    Torn,
    /// The call answers EIO.
    Eio,
    /// The call answers ENOSPC.
    Enospc,
    /// The file system is full in the middle, and stays so until somebody makes room.
    Full,
    /// A bit is turned over in a file at rest.
    Flip,
}

impl Kind {
    /// How the kind is named in the report.
    pub(super) fn word(self) -> &'static str {
        match self {
            Kind::Kill => "killed before a call",
            Kind::Torn => "killed, its last write torn",
            Kind::Eio => "a call answers EIO",
            Kind::Enospc => "a call answers ENOSPC",
            Kind::Full => "a file system that is full",
            Kind::Flip => "a bit turned over at rest",
        }
    }
}

/// The command that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// `run`, which replaces two outputs and the rejected rows.
    Run,
    /// `keys rotate lake`.
    Rotate,
}

impl Verb {
    /// The words of the command line.
    pub(super) fn words(self) -> &'static [&'static str] {
        match self {
            Verb::Run => &["run"],
            Verb::Rotate => &["keys", "rotate", "lake"],
        }
    }
}

/// One fault.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// The `turn`-th such call of a thread.
    Call {
        /// The command.
        verb: Verb,
        /// What becomes of the call.
        kind: Kind,
        /// The system call.
        call: &'static str,
        /// Which of them, from 1.
        turn: u64,
        /// How much of a torn write is kept, in 256ths.
        kept: u64,
    },
    /// A file system with so many KiB of room for `run`.
    Full {
        /// The room.
        room: u64,
    },
    /// A bit of a file below the project, chosen by what it draws.
    Flip {
        /// Which file, which bit.
        draw: u64,
    },
}

impl Fault {
    /// What becomes of the call or the file.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Fault::Call { kind, .. } => *kind,
            Fault::Full { .. } => Kind::Full,
            Fault::Flip { .. } => Kind::Flip,
        }
    }

    /// The command that is broken.
    pub(super) fn verb(&self) -> Verb {
        match self {
            Fault::Call { verb, .. } => *verb,
            Fault::Full { .. } | Fault::Flip { .. } => Verb::Run,
        }
    }

    /// strace's words for it.
    pub(super) fn injection(&self) -> Option<String> {
        let Fault::Call {
            kind, call, turn, ..
        } = self
        else {
            return None;
        };
        Some(match kind {
            Kind::Kill | Kind::Torn => format!("inject={call}:signal=KILL:when={turn}"),
            Kind::Eio => format!("inject={call}:error=EIO:when={turn}"),
            Kind::Enospc => format!("inject={call}:error=ENOSPC:when={turn}"),
            Kind::Full | Kind::Flip => return None,
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Call {
                verb,
                kind,
                call,
                turn,
                ..
            } => write!(
                f,
                "`{}`, {} ({call} {turn})",
                verb.words().join(" "),
                kind.word()
            ),
            Fault::Full { room } => write!(f, "{} ({room} KiB)", Kind::Full.word()),
            Fault::Flip { .. } => f.write_str(Kind::Flip.word()),
        }
    }
}

/// The calls that are traced, for strace.
pub(super) fn traced() -> String {
    format!("trace={}", CALLS.join(","))
}

/// `count` faults: one in eight turns a bit over, one in eight fills the file system, the others break calls, all kinds alike, no place twice
/// until every place was taken.
pub(super) fn drawn(
    scene: &Scene,
    count: usize,
    random: &mut Random,
) -> Result<Vec<Fault>, String> {
    let mut places = Vec::new();
    for verb in [Verb::Run, Verb::Rotate] {
        for (call, most) in counted(scene, verb)? {
            for turn in 1..=most {
                for kind in [Kind::Kill, Kind::Torn, Kind::Eio, Kind::Enospc] {
                    // Only what no fsync had reached can be torn.
                    let tears = matches!(call, "write" | "fsync" | "fdatasync");
                    // A file without room can still be synced, renamed and removed.
                    let fills = matches!(call, "write" | "pwrite64" | "rename" | "mkdir" | "link");
                    if (kind == Kind::Torn && !tears) || (kind == Kind::Enospc && !fills) {
                        continue;
                    }
                    places.push((verb, kind, call, turn));
                }
            }
        }
    }
    if places.is_empty() {
        return Err("the counted run made no call: is strace allowed to trace here?".to_owned());
    }
    shuffle(&mut places, random);
    let mut faults = Vec::with_capacity(count);
    let mut next = places.iter().cycle();
    while faults.len() < count {
        if faults.len() % 8 == 7 {
            faults.push(Fault::Flip {
                draw: random.next(),
            });
        } else if faults.len() % 8 == 3 {
            faults.push(Fault::Full {
                room: random.below(NEEDED),
            });
        } else if let Some(&(verb, kind, call, turn)) = next.next() {
            let kept = random.below(256);
            faults.push(Fault::Call {
                verb,
                kind,
                call,
                turn,
                kept,
            });
        }
    }
    Ok(faults)
}

fn shuffle<T>(items: &mut [T], random: &mut Random) {
    for last in (1..items.len()).rev() {
        items.swap(last, random.below(last as u64 + 1) as usize);
    }
}

/// How often the busiest thread of a whole run makes each call: strace counts for each thread.
fn counted(scene: &Scene, verb: Verb) -> Result<BTreeMap<&'static str, u64>, String> {
    let project = scene.copy("counted")?;
    let log = scene.place("counted.log");
    let run = scene.traced(&project, verb, None, &log)?;
    if run.code != Some(0) {
        return Err(format!("the run that is counted failed: {}", run.said));
    }
    let text = fs::read_to_string(&log).map_err(|error| error.to_string())?;
    let mut threads: BTreeMap<(&str, &'static str), u64> = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let (Some(thread), Some(rest)) = (words.next(), words.next()) else {
            continue;
        };
        let name = rest.split('(').next().unwrap_or_default();
        if let Some(call) = CALLS.iter().find(|call| **call == name) {
            *threads.entry((thread, call)).or_default() += 1;
        }
    }
    let mut most = BTreeMap::new();
    for ((_, call), count) in threads {
        let kept: &mut u64 = most.entry(call).or_default();
        *kept = (*kept).max(count);
    }
    Ok(most)
}
