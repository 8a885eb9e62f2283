//! What the guides show is what happens: every `console` block of `docs/guide/` runs, page by page, each page in a fresh copy of `examples/customers`.
//!
//! - `$ ` begins a command for `sh`; the lines after it are what it prints, both streams, standard output first.
//! - `…` stands for any part of a line; a line that is `…` alone, for any number of lines. A command without a line
//!   below it may print anything and has to succeed; one with lines may fail as they say.
//! - A block of another language whose second word is a path (` ```yaml catalog/people.yaml `) is put there first.
//! - `console no-run` is shown and not run: it needs what is not there.
//!
//! `SEALINE_GUIDES=folder` writes each page with what its commands printed into that folder, to copy from.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::{Project, SEALINE, root};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// The rows of the example that a page is run with: enough for every class, and no wait.
const ROWS: usize = 2_000;

#[test]
fn what_the_guides_show_is_what_happens() {
    let (mut commands, mut faults) = (0, Vec::new());
    for page in harness::below(&root().join("docs/guide")) {
        let text = fs::read_to_string(&page).unwrap();
        let name = page.file_name().unwrap().to_str().unwrap();
        commands += run(name, &text, &mut faults);
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    assert!(commands >= 25, "only {commands} commands of the guides ran");
}

/// Runs a page; how many commands it has.
fn run(page: &str, text: &str, faults: &mut Vec<String>) -> usize {
    let blocks = blocks(text);
    if !blocks.iter().any(|block| block.is_console()) {
        return 0;
    }
    let project = Project::of("examples/customers");
    project.keep_rows(0, ROWS);
    // A file of the reader's own.
    project.write("customers.csv", &project.read("data/customers.csv"));
    let (mut commands, mut seen) = (0, Vec::new());
    for block in &blocks {
        if let Some(path) = &block.path {
            project.write(path, &format!("{}\n", block.lines.join("\n")));
        }
        if !block.is_console() {
            continue;
        }
        let first = block.lines.first().map_or("", |line| line.as_str());
        assert!(first.starts_with("$ "), "{page}:{}: no command", block.line);
        let mut lines = block.lines.iter().enumerate().peekable();
        while let Some((at, line)) = lines.next() {
            let command = line.strip_prefix("$ ").unwrap();
            let mut shown = Vec::new();
            while let Some((_, line)) = lines.next_if(|(_, line)| !line.starts_with("$ ")) {
                shown.push(line.as_str());
            }
            let (printed, good) = shell(project.path(), command);
            let place = format!("{page}:{}", block.line + 1 + at);
            if shown.is_empty() && !good {
                faults.push(format!("{place}: `{command}` failed:\n{printed}"));
            }
            let lines: Vec<&str> = printed.lines().map(str::trim_end).collect();
            if !shown.is_empty() && !alike(&shown, &lines) {
                faults.push(format!(
                    "{place}: `{command}` is shown as\n{}\nand prints\n{printed}",
                    shown.join("\n")
                ));
            }
            seen.push(format!("$ {command}\n{printed}"));
            commands += 1;
        }
    }
    if let Some(folder) = std::env::var_os("SEALINE_GUIDES") {
        fs::create_dir_all(&folder).unwrap();
        fs::write(Path::new(&folder).join(page), seen.join("\n")).unwrap();
    }
    commands
}

/// What a command prints in the project's folder, and whether it succeeded.
fn shell(folder: &Path, command: &str) -> (String, bool) {
    let bin = Path::new(SEALINE).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let done = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("NO_COLOR", "1")
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = [done.stdout, done.stderr].concat();
    // Where the project lies is nothing that a page can show.
    let here = folder.canonicalize().unwrap();
    let text = String::from_utf8_lossy(&text).replace(here.to_str().unwrap(), "…");
    (text, done.status.success())
}

/// A fenced block.
struct Block {
    language: String,
    /// The second word after the fence, where it is a path.
    path: Option<String>,
    runs: bool,
    /// Of the fence, from 1.
    line: usize,
    lines: Vec<String>,
}

impl Block {
    fn is_console(&self) -> bool {
        self.language == "console" && self.runs
    }
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(Block, usize)> = None;
    for (at, line) in text.lines().enumerate() {
        let inner = line.trim_start();
        let indent = line.len() - inner.len();
        match (&mut open, inner.strip_prefix("```")) {
            (None, Some(words)) => {
                let mut words = words.split(' ');
                let language = words.next().unwrap().to_owned();
                let second = words.next();
                let block = Block {
                    language,
                    path: second.filter(|word| word.contains('/')).map(str::to_owned),
                    runs: second != Some("no-run"),
                    line: at + 1,
                    lines: Vec::new(),
                };
                open = Some((block, indent));
            }
            (Some(_), Some("")) => blocks.extend(open.take().map(|(block, _)| block)),
            (Some((block, indent)), _) => {
                block
                    .lines
                    .push(line.get(*indent..).unwrap_or_default().to_owned());
            }
            (None, None) => {}
        }
    }
    blocks
}

/// Whether lines are what is shown of them.
fn alike(shown: &[&str], lines: &[&str]) -> bool {
    match shown {
        [] => lines.is_empty(),
        ["…", rest @ ..] => (0..=lines.len()).any(|skipped| alike(rest, &lines[skipped..])),
        [first, rest @ ..] => match lines {
            [line, others @ ..] => part(first.trim_end(), line) && alike(rest, others),
            [] => false,
        },
    }
}

/// Whether a line is what is shown of it.
fn part(shown: &str, line: &str) -> bool {
    let mut parts = shown.split('…');
    let first = parts.next().unwrap();
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[test]
fn what_differs_is_seen() {
    assert!(alike(&["a…c", "…", "z"], &["abc", "1", "2", "z"]));
    assert!(alike(&["…", "z", "…"], &["z"]));
    assert!(!alike(&["a…c", "z"], &["abd", "z"]));
    assert!(!alike(&["a", "…", "z"], &["a", "b"]));
    assert!(!alike(&["a"], &["a", "b"]));
    assert!(part("x …, …", "x 12, 0.3 s") && !part("x …, y", "x 12, 0.3 s"));
    let page = "text\n\n```yaml catalog/a.yaml\na: 1\n```\n\n   ```console\n   $ true\n   ```\n```console no-run\n$ x\n```\n";
    let blocks = blocks(page);
    assert_eq!(blocks[0].path.as_deref(), Some("catalog/a.yaml"));
    assert!(blocks[1].is_console() && blocks[1].lines == ["$ true"]);
    assert!(!blocks[2].is_console());
    let mut faults = Vec::new();
    let page = "```console\n$ printf 'a\\nb\\n'\na\nc\n$ false\n```\n";
    assert_eq!(run("x.md", page, &mut faults), 2);
    assert_eq!(faults.len(), 2, "{faults:?}");
}
