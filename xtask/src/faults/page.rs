//! The result of a campaign: a table for the terminal and `docs/reference/faults.md`.
//!
//! Must never: round a harm away.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::{Asked, Sums};
use crate::report;
use crate::workspace::root;

/// The lines of the table.
pub(super) fn table(sums: &Sums) -> Vec<String> {
    let mut kinds = sums.injected.clone();
    kinds.sort_unstable();
    let mut lines = vec!["| fault | injected |".to_owned(), "|---|---:|".to_owned()];
    for (kind, count) in kinds {
        lines.push(format!("| {} | {count} |", kind.word()));
    }
    lines.push(format!("| all | {} |", sums.count()));
    lines.push(String::new());
    lines.push(format!(
        "Lost, doubled, readable or otherwise wrong: {}. Commands that refused with an error of their own: {}. Bits turned over that a command noticed: {}. Drawn but not reached: {}. The slowest restart took {:.2} s.",
        sums.wrong.len(),
        sums.refused,
        sums.detected,
        sums.missed,
        sums.slowest.as_secs_f64()
    ));
    lines
}

/// Writes the page.
pub(super) fn write(sums: &Sums, asked: &Asked, program: &Path) -> Result<(), String> {
    let build = if program.ends_with("release/sealine") {
        "release"
    } else {
        "dev"
    };
    let mut text = format!(
        "# What faults leave behind\n\nWritten by `cargo xtask faults --faults {} --seed {} --write`, with the {build} build.\n\n",
        asked.faults, asked.seed
    );
    text.push_str(
        "A project with one committed run gets new input, and the next command is broken: `run`, which replaces two datasets and the rejected rows and draws random tokens from the vault, or `keys rotate`. strace kills the process before a call, or makes the call answer an error; a file system in memory is full at a random point; a torn write is one whose end is cut off after the process was killed, where no fsync had made it durable; a bit is turned over in a file of the state directory or of an output.\n\nRight after, each dataset has to be wholly the old one or wholly the new one, and new where the command said that it was done. Then `run` has to complete within 5 seconds, with every row once, every known person under the token of before, no journal and no staging folder left, and `audit verify` content. A turned bit in an output, a receipt or the log has to be found by `audit verify`; elsewhere it has to stop a command or do no harm, and with the file put back everything goes on. No classified value may show in a file or in what a command said, in clear or in base64. The rows are read by pyarrow (`xtask/faults/judge.py`), which shares no code with Sealine.\n\n",
    );
    for line in table(sums) {
        let _ = writeln!(text, "{line}");
    }
    let place = root().join("docs/reference/faults.md");
    fs::write(&place, text).map_err(|error| error.to_string())?;
    report::line("wrote docs/reference/faults.md");
    Ok(())
}
