//! One finding for a person: what is wrong, the marked places in every file that it touches, what
//! to do, and changes to paste, printed as they are to be pasted (never wrapped).

use super::clip::clip;
use super::source::Joined;
use crate::printable::lines;
use crate::screen::{Paint, Screen};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan};
use sealine_spec::{Diagnostic, Files, Fix, Severity};
use std::fmt;

/// So many changes are printed with their text.
const WHOLE: usize = 3;

/// A finding with its files, as miette wants it.
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    source: Joined<'a>,
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.diagnostic.fmt(out)
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        // Printed below, unwrapped and after the notes.
        None
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let marks = self.diagnostic.labels.iter().enumerate();
        Some(Box::new(marks.filter_map(|(place, mark)| {
            let span = self.source.span(mark.span)?;
            let text = (!mark.text.is_empty()).then(|| mark.text.clone());
            Some(match place {
                0 => LabeledSpan::new_primary_with_span(text, span),
                _ => LabeledSpan::new_with_span(text, span),
            })
        })))
    }
}

/// The finding as text, ending in an empty line.
pub(super) fn render(screen: &Screen, files: &Files, diagnostic: &Diagnostic) -> String {
    let diagnostic = &printable(diagnostic);
    let color = screen.error_color();
    let theme = if color {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(screen.width())
        .with_context_lines(1)
        .with_links(false)
        .without_syntax_highlighting();
    let report = Report {
        diagnostic,
        source: Joined::new(files),
    };
    let mut text = String::new();
    if handler.render_report(&mut text, &report).is_err() {
        text = format!("{} {}\n", diagnostic.code, diagnostic.message);
    }
    let mut text = clip(&text);
    for mark in &diagnostic.labels {
        if let Some(around) = report.source.far(mark.span) {
            let place = lines(&files.place(mark.span).to_string()).into_owned();
            text.push_str(&format!("  at {place}: {}\n        {around}\n", mark.text));
        }
    }
    for note in &diagnostic.notes {
        paragraph(
            &mut text,
            &Paint::Dim.on(color, "note:"),
            note,
            screen.width(),
        );
    }
    for help in &diagnostic.help {
        paragraph(
            &mut text,
            &Paint::Name.on(color, "help:"),
            help,
            screen.width(),
        );
    }
    for (number, fix) in diagnostic.fixes.iter().enumerate() {
        // The best ones whole; of the rest those that are text to paste elsewhere.
        if number < WHOLE || fix.span.is_none() {
            change(&mut text, files, fix, number + 1, color);
        } else {
            let head = Paint::Good.on(color, &format!("fix {}:", number + 1));
            text.push_str(&format!("  {head} {}\n", fix.title));
        }
    }
    text
}

/// The finding with nothing in its texts that a terminal would obey: they repeat names of the files.
fn printable(diagnostic: &Diagnostic) -> Diagnostic {
    let mut shown = diagnostic.clone();
    let texts = std::iter::once(&mut shown.message)
        .chain(shown.labels.iter_mut().map(|mark| &mut mark.text))
        .chain(&mut shown.help)
        .chain(&mut shown.notes)
        .chain(
            shown
                .fixes
                .iter_mut()
                .flat_map(|fix| [&mut fix.title, &mut fix.replacement]),
        );
    for text in texts {
        *text = lines(text).into_owned();
    }
    shown
}

fn paragraph(out: &mut String, head: &str, text: &str, width: usize) {
    for (number, line) in text.lines().enumerate() {
        // What is indented is to be pasted; only prose is wrapped.
        let prose = !line.starts_with([' ', '\t']);
        let lines = if prose {
            wrapped(line, width.saturating_sub(8))
        } else {
            vec![line.to_owned()]
        };
        for (part, line) in lines.iter().enumerate() {
            match (number, part) {
                (0, 0) => out.push_str(&format!("  {head} {line}\n")),
                _ => out.push_str(&format!("        {line}\n")),
            }
        }
    }
}

/// The text in lines of at most `width` characters, words kept whole.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

fn change(out: &mut String, files: &Files, fix: &Fix, number: usize, color: bool) {
    out.push_str(&format!(
        "  {} {}\n",
        Paint::Good.on(color, &format!("fix {number}:")),
        fix.title
    ));
    let shown = |out: &mut String, text: &str| {
        for line in text.lines() {
            out.push_str(&format!("          {}\n", Paint::Strong.on(color, line)));
        }
    };
    match fix.span {
        Some(span) if span.start < span.end => {
            out.push_str(&format!("        at {}, replace\n", files.place(span)));
            shown(out, &lines(files.slice(span)));
            out.push_str("        with\n");
        }
        Some(span) => out.push_str(&format!("        at {}, insert\n", files.place(span))),
        None => {}
    }
    shown(out, &fix.replacement);
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
    use crate::args::Arguments;
    use clap::Parser as _;
    use sealine_spec::Span;

    fn screen() -> Screen {
        Screen::new(&Arguments::parse_from([
            "sealine", "--color", "never", "check",
        ]))
    }

    #[test]
    fn places_in_two_files_get_a_snippet_each() {
        let mut files = Files::default();
        let one = files.insert(
            "catalog/crm.yaml",
            "datasets:\n  ümail: { level: restricted }\n",
        );
        let two = files.insert("pipelines/daily.yaml", "SELECT id,\n  email\nFROM t\n");
        let diagnostic = Diagnostic::error("SL3001", "`email` reaches `lake` in clear")
            .mark(Span::new(two, 13, 18), "leaves here")
            .mark(Span::new(one, 12, 18), "is restricted")
            .help("protect it")
            .fix(
                "a token",
                Some(Span::new(two, 13, 18)),
                "tokenize(email, 'crm') AS email",
            );
        let text = render(&screen(), &files, &diagnostic);
        for part in [
            "SL3001",
            "`email` reaches `lake` in clear",
            "[pipelines/daily.yaml:2:3]",
            "leaves here",
            "[catalog/crm.yaml:2:3]",
            "is restricted",
            "help: protect it",
            "at pipelines/daily.yaml:2:3, replace\n          email\n        with\n          tokenize(email, 'crm') AS email",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }

    #[test]
    fn a_file_cannot_act_on_the_terminal() {
        let mut files = Files::default();
        let one = files.insert("a.yaml", "x: \u{1b}[31m\u{9b}2J\u{202e}email\r\n");
        let diagnostic = Diagnostic::error("SL1001", "no `\u{1b}[2J`")
            .mark(Span::new(one, 13, 18), "here")
            .fix("x", Some(Span::new(one, 3, 8)), "\u{7}y");
        let text = render(&screen(), &files, &diagnostic);
        assert!(
            !text.contains(
                |letter: char| letter != '\n' && (letter.is_control() || letter == '\u{202e}')
            ),
            "{text:?}"
        );
        assert!(text.contains("email"), "{text}");
    }

    #[test]
    fn a_very_long_line_is_clipped_to_its_place() {
        let mut files = Files::default();
        let long = format!("x: {}MARKED{}\n", "a".repeat(90_000), "b".repeat(90_000));
        let one = files.insert("a.yaml", long);
        let diagnostic =
            Diagnostic::error("SL1001", "long").mark(Span::new(one, 90_003, 90_009), "here");
        let text = render(&screen(), &files, &diagnostic);
        assert!(text.contains("MARKED") && text.contains("here"), "{text}");
        assert!(text.len() < 4_000, "{}", text.len());
        let two = files.insert(
            "b.yaml",
            format!("x: {}MARKED{}\n", "a".repeat(3_000), "b".repeat(90_000)),
        );
        let diagnostic =
            Diagnostic::error("SL1001", "long").mark(Span::new(two, 3_003, 3_009), "here");
        let text = render(&screen(), &files, &diagnostic);
        assert!(
            text.contains("aMARKEDb") && text.contains("── here"),
            "{text}"
        );
        assert!(text.len() < 4_000, "{}", text.len());
    }

    #[test]
    fn a_place_at_the_end_of_a_file_is_shown() {
        let mut files = Files::default();
        let one = files.insert("a.yaml", "x: 1");
        let two = files.insert("b.yaml", "");
        for (file, at) in [(one, 4), (two, 0), (one, 900)] {
            let text = render(
                &screen(),
                &files,
                &Diagnostic::error("SL1001", "ends").mark(Span::new(file, at, at), "here"),
            );
            assert!(text.contains("SL1001"), "{text}");
        }
    }
}
