//! Damage that no system call makes: a write that reached the disk in part, a bit that turned over.
//!
//! Invariant: a write is torn only where nothing had made it durable.
//!
//! Must never: touch the input, which is not Sealine's to keep.

use std::fs::{self, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::random::Random;
use crate::workspace;

/// A write as strace logged it.
struct Written {
    path: PathBuf,
    /// Where it began; nothing for one at the end of the file.
    offset: Option<u64>,
    bytes: u64,
}

/// Keeps `kept` 256ths of the last write that no fsync had made durable; false where there is none.
pub(super) fn tear(log: &str, project: &Path, kept: u64) -> Result<bool, String> {
    let mut last: Option<Written> = None;
    for line in log.lines() {
        let call = line
            .split_once(' ')
            .map_or("", |(_, rest)| rest.trim_start());
        let Some(path) = call
            .split_once('<')
            .and_then(|(_, rest)| rest.split_once('>'))
            .map(|(path, _)| PathBuf::from(path))
        else {
            continue;
        };
        let synced = call.starts_with("fsync") || call.starts_with("fdatasync");
        if synced && call.ends_with("= 0") {
            last = last.filter(|written| written.path != path);
        } else if let Some(written) = written(call, path, project) {
            last = Some(written);
        }
    }
    let Some(written) = last else {
        return Ok(false);
    };
    let Ok(mut file) = OpenOptions::new().write(true).open(&written.path) else {
        // Renamed or removed since: nothing is left to tear.
        return Ok(false);
    };
    let lost = written.bytes - written.bytes * kept / 256;
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    match written.offset {
        None => file
            .set_len(length.saturating_sub(lost))
            .map_err(|error| error.to_string())?,
        Some(offset) => {
            let from = offset + written.bytes - lost;
            let zeros = vec![0; usize::try_from(lost).unwrap_or(0)];
            file.seek(SeekFrom::Start(from))
                .and_then(|_| file.write_all(&zeros))
                .map_err(|error| error.to_string())?;
        }
    }
    Ok(lost > 0)
}

/// A finished write below the project, as `write(7</path>, ""..., 31) = 31` tells it.
fn written(call: &str, path: PathBuf, project: &Path) -> Option<Written> {
    let at = call.starts_with("pwrite64(");
    // A shared-memory index is no file that outlives a power cut.
    let kept = path.starts_with(project) && path.extension().is_none_or(|end| end != "db-shm");
    if !kept || !(at || call.starts_with("write(")) {
        return None;
    }
    let (arguments, answer) = call.rsplit_once(" = ")?;
    let bytes: u64 = answer.trim().parse().ok()?;
    let offset = if at {
        let last = arguments
            .trim_end()
            .strip_suffix(')')?
            .rsplit(", ")
            .next()?;
        Some(last.parse().ok()?)
    } else {
        None
    };
    (bytes > 0).then_some(Written {
        path,
        offset,
        bytes,
    })
}

/// A bit that was turned over: where, and what stood there.
pub(super) struct Flipped {
    /// The file.
    pub(super) path: PathBuf,
    whole: Vec<u8>,
}

impl Flipped {
    /// Puts the file back as it was.
    pub(super) fn mend(&self) -> Result<(), String> {
        fs::write(&self.path, &self.whole).map_err(|error| error.to_string())
    }
}

/// Turns one bit over in the state or in what was written.
pub(super) fn flip(project: &Path, draw: u64) -> Result<Flipped, String> {
    let mut random = Random::new(draw);
    let mut files = Vec::new();
    for folder in [".sealine", "lake", "data/rejects"] {
        files.extend(below(&project.join(folder))?);
    }
    files.retain(|path| fs::metadata(path).is_ok_and(|found| found.len() > 0));
    // Locks hold a process id for people; nobody reads it back.
    files.retain(|path| path.file_name().is_none_or(|name| name != "lock"));
    let place = random.below(files.len() as u64) as usize;
    let path = files.get(place).ok_or("the project has no files")?.clone();
    let whole = fs::read(&path).map_err(|error| error.to_string())?;
    let mut bytes = whole.clone();
    let bit = random.below(bytes.len() as u64 * 8);
    if let Some(byte) = bytes.get_mut((bit / 8) as usize) {
        *byte ^= 1 << (bit % 8);
    }
    fs::write(&path, bytes).map_err(|error| error.to_string())?;
    Ok(Flipped { path, whole })
}

/// All files below a folder, hidden ones too.
pub(super) fn below(folder: &Path) -> Result<Vec<PathBuf>, String> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    workspace::files(folder)
}
