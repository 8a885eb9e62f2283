//! What a destination may hold before it is replaced: nothing, or what Sealine wrote.
//!
//! INVARIANT: `replace` removes the old content, so a place that holds anything else is never swapped. Reads
//! names and the first four bytes; must never change anything.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

use super::tree::leaves;
use crate::error::EngineError;

/// What is written in clear tells by its name who wrote it: it has no other mark.
const PLAIN: [&str; 3] = [".sealine.csv", ".sealine.jsonl", ".sealine.arrow"];

/// How a Parquet file with a sealed footer begins.
const SEALED: [u8; 4] = *b"PARE";

/// Insists that `destination` is absent, or holds only what Sealine writes and what is `staged` there.
pub(crate) fn only_ours(destination: &Path, staged: Option<&OsStr>) -> Result<(), EngineError> {
    let fault = |source| EngineError::Publish {
        path: destination.to_path_buf(),
        source,
    };
    let metadata = match std::fs::symlink_metadata(destination) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(fault(source)),
    };
    let mut first: Option<String> = None;
    let mut count = 0_u64;
    let mut foreign = |name: String| {
        count += 1;
        if first.as_ref().is_none_or(|known| name < *known) {
            first = Some(name);
        }
    };
    if metadata.is_dir() {
        for leaf in leaves(destination).map_err(fault)? {
            let top = leaf.name.split('/').next().map(OsStr::new);
            if staged.is_some() && staged == top {
                continue;
            }
            let last = leaf.name.rsplit('/').next().unwrap_or_default();
            let ours = leaf.is_file
                && part_number(OsStr::new(last)).is_some()
                && (!last.ends_with(".parquet")
                    || is_sealed(&destination.join(&leaf.name)).map_err(fault)?);
            if !ours {
                foreign(leaf.name.escape_debug().to_string());
            }
        }
    } else {
        let name = destination.file_name().unwrap_or_default();
        let ours = metadata.is_file()
            && (PLAIN
                .iter()
                .any(|ending| name.to_string_lossy().ends_with(ending))
                || is_sealed(destination).map_err(fault)?);
        if !ours {
            foreign(name.to_string_lossy().escape_debug().to_string());
        }
    }
    match first {
        None => Ok(()),
        Some(first) => Err(EngineError::Foreign {
            path: destination.to_path_buf(),
            first,
            count,
        }),
    }
}

/// The number of a part file: `part-NNNNN`, five digits or more, with a suffix of ours.
pub(crate) fn part_number(name: &OsStr) -> Option<usize> {
    let rest = name.to_str()?.strip_prefix("part-")?;
    let digits = PLAIN
        .iter()
        .chain(&[".parquet"])
        .find_map(|suffix| rest.strip_suffix(suffix))?;
    let plain = digits.len() >= 5 && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

fn is_sealed(path: &Path) -> io::Result<bool> {
    let mut file = OpenOptions::new()
        .read(true)
        .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
        .open(path)?;
    let mut magic = [0_u8; 4];
    match file.read_exact(&mut magic) {
        Ok(()) => Ok(magic == SEALED),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
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
    fn only_sealed_parts_may_be_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("out");
        only_ours(&place, None).unwrap();
        std::fs::create_dir(&place).unwrap();
        only_ours(&place, None).unwrap();
        std::fs::write(place.join("part-00000.parquet"), b"PARE...").unwrap();
        std::fs::write(place.join("part-100000.parquet"), b"PARE...").unwrap();
        std::fs::write(place.join("part-00000.sealine.csv"), b"id\r\n").unwrap();
        only_ours(&place, None).unwrap();
        for (name, bytes) in [
            ("report.pdf", &b"PARE"[..]),
            (".hidden", b"PARE"),
            ("part-0001.parquet", b"PARE"),
            ("part-00000.csv", b"id"),
            ("part-0000.sealine.csv", b"id"),
            ("part-00001-a.parquet", b"PARE"),
            ("part-00002.parquet", b"PAR1"),
            ("part-00003.parquet", b"PA"),
        ] {
            std::fs::write(place.join(name), bytes).unwrap();
            match only_ours(&place, None).unwrap_err() {
                EngineError::Foreign { first, count, .. } => {
                    assert_eq!((&*first, count), (name, 1));
                }
                other => panic!("{other}"),
            }
            std::fs::remove_file(place.join(name)).unwrap();
        }
        std::fs::create_dir(place.join("part-00004.parquet")).unwrap();
        assert_eq!(only_ours(&place, None).unwrap_err().code(), "SL5039");
        std::fs::remove_dir(place.join("part-00004.parquet")).unwrap();
        let staged = OsStr::new(".part-00004.parquet.sealine-1");
        std::fs::write(place.join(staged), b"PARE").unwrap();
        assert_eq!(only_ours(&place, None).unwrap_err().code(), "SL5039");
        only_ours(&place, Some(staged)).unwrap();
    }

    #[test]
    fn folders_of_partitions_hold_only_sealed_parts_too() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path();
        let put = |name: &str, bytes: &[u8]| {
            let path = place.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        };
        put("day=1/part-00000.parquet", b"PARE...");
        put("sealine_run=00000/day=2/part-00000.parquet", b"PARE...");
        put("day=3/part-00000.sealine.csv", b"id\r\n");
        only_ours(place, None).unwrap();
        for (name, bytes) in [
            ("day=1/part-00000-c0ffee.snappy.parquet", &b"PARE"[..]),
            ("day=1/part-00001.parquet", b"PAR1"),
            ("sealine_run=00000/day=2/_SUCCESS", b""),
            ("other/part-00000.parquet", b"PARE"),
        ] {
            put(name, bytes);
            let error = only_ours(place, None).unwrap_err();
            assert_eq!(error.code(), "SL5039", "{name}");
            let top = name.strip_suffix("/part-00000.parquet").unwrap_or(name);
            assert!(error.to_string().contains(top), "{error}");
            std::fs::remove_file(place.join(name)).unwrap();
        }
        std::fs::remove_dir(place.join("other")).unwrap();
        std::fs::create_dir(place.join("day=4")).unwrap();
        assert_eq!(only_ours(place, None).unwrap_err().code(), "SL5039");
        only_ours(place, Some(OsStr::new("day=4"))).unwrap();
    }

    #[test]
    fn a_single_file_is_sealed_or_has_our_name() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("out.parquet");
        std::fs::write(&place, b"PARE...").unwrap();
        only_ours(&place, None).unwrap();
        std::fs::write(&place, b"PAR1...").unwrap();
        assert_eq!(only_ours(&place, None).unwrap_err().code(), "SL5039");
        for (name, ours) in [("out.sealine.csv", true), ("out.csv", false)] {
            let place = dir.path().join(name);
            std::fs::write(&place, b"id\r\n1\r\n").unwrap();
            assert_eq!(only_ours(&place, None).is_ok(), ours, "{name}");
        }
    }
}
