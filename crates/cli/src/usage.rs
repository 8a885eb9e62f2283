//! The command line as it was typed: parsed, or told what is wrong with it in the form that it asked
//! for.

use crate::args::Arguments;
use crate::exit::Exit;
use crate::printable::{lines, painted, printable};
use crate::screen;
use clap::Parser as _;
use serde_json::json;
use std::ffi::OsString;
use std::io::IsTerminal as _;

/// The arguments; otherwise everything has been said, and the process ends.
pub(crate) fn arguments() -> Result<Arguments, Exit> {
    let typed: Vec<OsString> = std::env::args_os().collect();
    let error = match Arguments::try_parse_from(&typed) {
        Ok(arguments) => return Ok(arguments),
        Err(error) => error,
    };
    if !error.use_stderr() {
        // Help and version, which were asked for. clap's own printing would hide a failure.
        let text = error.render();
        let text = match std::io::stdout().is_terminal() && colored() {
            true => text.ansi().to_string(),
            false => text.to_string(),
        };
        screen::line(text.trim_end_matches('\n'));
        return Err(Exit::Done);
    }
    // The error repeats what was typed: once more, with nothing in it that a terminal would obey.
    let plain: Vec<String> = typed
        .iter()
        .map(|one| printable(&one.to_string_lossy()))
        .collect();
    let error = Arguments::try_parse_from(&plain).err().unwrap_or(error);
    if wants_json(&plain) {
        let text = error.render().to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        let (message, usage) = text.split_once("\n\nUsage:").unwrap_or((text, ""));
        let usage = usage.lines().next().unwrap_or_default().trim();
        screen::json(&json!({
            "ok": false,
            "exit": Exit::Broken.number(),
            "error": {
                "code": "SL0113",
                "message": lines(message.trim()),
                "usage": usage,
                "explain": "sealine explain SL0113",
            },
        }));
    } else {
        let color = std::io::stderr().is_terminal() && colored();
        let text = match color {
            true => error.render().ansi().to_string(),
            false => error.render().to_string(),
        };
        screen::error(&painted(text.trim_end_matches('\n'), color));
    }
    Err(Exit::Broken)
}

fn colored() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether `--format json` was typed, before anything that ends the options.
fn wants_json(typed: &[String]) -> bool {
    let mut typed = typed.iter().take_while(|one| *one != "--").peekable();
    while let Some(one) = typed.next() {
        if one == "--format=json"
            || (one == "--format" && typed.peek().is_some_and(|next| *next == "json"))
        {
            return true;
        }
    }
    false
}
