//! Very long source lines in a rendered finding, cut to what is around the marked place: a file on
//! one line must not fill the terminal.

/// Columns that a line may have.
const LONGEST: usize = 400;
/// Columns shown before the first mark.
const BEFORE: usize = 120;
/// Columns shown in all.
const WINDOW: usize = 320;

/// The rendered text with its long lines cut, excerpt by excerpt.
pub(super) fn clip(text: &str) -> String {
    if !text.lines().any(|line| plain(line).count() > LONGEST) {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut excerpt: Vec<&str> = Vec::new();
    for line in text.lines() {
        if gutter(line).is_some() {
            excerpt.push(line);
            continue;
        }
        flush(&mut out, &mut excerpt);
        out.push_str(line);
        out.push('\n');
    }
    flush(&mut out, &mut excerpt);
    out
}

fn flush(out: &mut String, excerpt: &mut Vec<&str>) {
    // The mark that lies furthest left says which part of all lines is worth seeing.
    let mark = excerpt
        .iter()
        .filter_map(|line| {
            let (gutter, bar) = gutter(line)?;
            let mark = plain(line)
                .skip(gutter + 1)
                .position(|letter| !letter.is_whitespace())?;
            (bar == '·').then_some(gutter + 1 + mark)
        })
        .min()
        .unwrap_or_default();
    for line in excerpt.drain(..) {
        if plain(line).count() > LONGEST {
            let head = gutter(line).map_or(0, |(gutter, _)| gutter + 2);
            let from = mark.saturating_sub(BEFORE).max(head);
            cut(out, line, head, from, from + WINDOW);
        } else if mark > LONGEST {
            // A short line beside a long one: the same columns of it, so that marks stay below.
            let head = gutter(line).map_or(0, |(gutter, _)| gutter + 2);
            let from = mark.saturating_sub(BEFORE).max(head);
            cut(out, line, head, from, from + WINDOW);
        } else {
            out.push_str(line);
        }
        out.push('\n');
    }
}

/// Column and kind of the bar between line number and source.
fn gutter(line: &str) -> Option<(usize, char)> {
    plain(line)
        .enumerate()
        .find(|(_, letter)| !letter.is_whitespace() && !letter.is_ascii_digit())
        .filter(|(_, letter)| matches!(letter, '│' | '·'))
}

/// The characters that take a column: all but colours.
fn plain(line: &str) -> impl Iterator<Item = char> {
    columns(line).filter_map(|(_, letter, shown)| shown.then_some(letter))
}

/// Each character with its column, and whether it takes one.
fn columns(line: &str) -> impl Iterator<Item = (usize, char, bool)> {
    let (mut column, mut color) = (0, false);
    line.chars().map(move |letter| {
        let here = column;
        let shown = !color && letter != '\u{1b}';
        if letter == '\u{1b}' {
            color = true;
        } else if color {
            color = letter != 'm';
        } else {
            column += 1;
        }
        (here, letter, shown)
    })
}

/// The columns below `head` and from `from` to `to`; colours stay.
fn cut(out: &mut String, line: &str, head: usize, from: usize, to: usize) {
    let width = plain(line).count();
    let source = matches!(gutter(line), Some((_, '│')));
    for (column, letter, shown) in columns(line) {
        if !shown || column < head || (column >= from && column < to) {
            out.push(letter);
        }
        if shown && column + 1 == head && from > head {
            // Marks move by the same column as the text above them.
            out.push(if source { '…' } else { ' ' });
        }
    }
    if source && width > to {
        out.push('…');
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
    fn a_long_line_is_cut_around_its_mark() {
        let text = format!(
            "  x message\n 1 │ {}email{}\n   ·  {}──┬──\n   ╰────\n",
            "a".repeat(5_000),
            "b".repeat(5_000),
            " ".repeat(4_999),
        );
        let shown = clip(&text);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!((lines[0], lines[3]), ("  x message", "   ╰────"));
        assert!(lines.iter().all(|line| line.chars().count() < LONGEST));
        let at = |line: &str, part: &str| line.split(part).next().unwrap().chars().count();
        assert_eq!(at(lines[1], "email"), at(lines[2], "──┬──"), "{shown}");
        assert!(
            lines[1].starts_with(" 1 │ …aaa") && lines[1].ends_with("b…"),
            "{shown}"
        );
    }

    #[test]
    fn short_lines_stay() {
        let text = " 1 │ a: b\n   ·    ┬\n";
        assert_eq!(clip(text), text);
    }
}
