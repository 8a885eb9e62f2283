//! `sealine docs` (hidden): the reference pages, written by the program that they describe.

use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::reference;
use crate::screen::Screen;
use std::fs;

/// Writes the pages, or compares them.
pub(crate) fn run(arguments: &args::Docs, screen: &Screen) -> Result<Exit, Failure> {
    for (name, text) in reference::pages() {
        let path = arguments.target.join(name);
        let shown = path.display().to_string();
        if arguments.check {
            let there = fs::read_to_string(&path);
            if there.ok().as_deref() != Some(text.as_str()) {
                return Err(Failure::Stale { path: shown });
            }
            continue;
        }
        let lost = |source| Failure::File {
            action: "write",
            path: shown.clone(),
            source,
        };
        fs::create_dir_all(&arguments.target).map_err(lost)?;
        fs::write(&path, text).map_err(lost)?;
        screen.line(&format!("wrote {shown}"));
    }
    if arguments.check {
        screen.line("the reference pages are fresh");
    }
    Ok(Exit::Done)
}
