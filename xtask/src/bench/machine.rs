//! What a figure was measured on: the processor, and the commit of what was measured.

use crate::workspace::output;
use std::path::Path;
use std::process::Command;

/// One sentence, from `/proc/cpuinfo` and git; what the system does not say is a question mark.
pub(super) fn described(root: &Path) -> String {
    let information = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = information.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':'))
            .map_or("?", |(_, value)| value.trim())
    };
    let commit = output(
        Command::new("git")
            .current_dir(root)
            .args(["log", "-1", "--format=%cs"]),
    );
    format!(
        "{} cores of {}, family {} model {}, {} MHz by `/proc/cpuinfo`; commit of {}.",
        std::thread::available_parallelism().map_or(0, usize::from),
        field("model name"),
        field("cpu family"),
        field("model\t"),
        field("cpu MHz"),
        commit.as_deref().unwrap_or("?").trim(),
    )
}
