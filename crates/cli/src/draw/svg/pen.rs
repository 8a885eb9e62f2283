//! Texts, colours and marks.
//!
//! INVARIANT: every text goes through `escape`.

use std::fmt::Write as _;

const SANS: &str =
    "Inter, 'Segoe UI', 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif";
const MONO: &str = "'JetBrains Mono', 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace";

pub(super) fn padlock(out: &mut String, x: f64, y: f64, color: &str) {
    let _ = writeln!(
        out,
        r##"<path d="M{:.1} {:.1} v-2 a2.5 2.5 0 0 1 5 0 v2" fill="none" stroke="{color}" stroke-width="1.4"/><rect x="{x:.1}" y="{:.1}" width="8" height="6" rx="1.4" fill="{color}"/>"##,
        x + 1.5,
        y + 4.5,
        y + 4.2,
    );
}

/// A colour that reads on white, from calm to alarming; the level's name stands beside it, so that
/// nothing rests on colour alone.
pub(super) fn ink(height: f64) -> &'static str {
    match height {
        height if height <= 0.0 => "#0f766e",
        height if height < 0.34 => "#0369a1",
        height if height < 0.67 => "#b45309",
        height if height < 1.0 => "#c2410c",
        _ => "#be123c",
    }
}

pub(super) fn wash(height: f64) -> &'static str {
    match height {
        height if height <= 0.0 => "#ccfbf1",
        height if height < 0.34 => "#e0f2fe",
        height if height < 0.67 => "#fef3c7",
        height if height < 1.0 => "#ffedd5",
        _ => "#ffe4e6",
    }
}

/// How a text is set.
#[derive(Clone, Copy)]
pub(super) struct Font {
    family: &'static str,
    size: f64,
    weight: u32,
    spacing: f64,
}

impl Font {
    pub(super) fn sans(size: f64) -> Font {
        Font {
            family: SANS,
            size,
            weight: 400,
            spacing: 0.0,
        }
    }

    pub(super) fn mono(size: f64) -> Font {
        Font {
            family: MONO,
            size,
            weight: 400,
            spacing: 0.0,
        }
    }

    pub(super) fn weight(self, weight: u32) -> Font {
        Font { weight, ..self }
    }

    pub(super) fn spaced(self) -> Font {
        Font {
            spacing: 0.8,
            ..self
        }
    }
}

pub(super) fn text(out: &mut String, x: f64, y: f64, font: &Font, color: &str, words: &str) {
    set(out, x, y, font, color, "start", words);
}

pub(super) fn centered(out: &mut String, x: f64, y: f64, font: &Font, color: &str, words: &str) {
    set(out, x, y, font, color, "middle", words);
}

fn set(out: &mut String, x: f64, y: f64, font: &Font, color: &str, anchor: &str, words: &str) {
    let Font {
        family,
        size,
        weight,
        spacing,
    } = font;
    let spacing = if *spacing > 0.0 {
        format!(" letter-spacing=\"{spacing}\"")
    } else {
        String::new()
    };
    let _ = writeln!(
        out,
        r#"<text x="{x:.1}" y="{y:.1}" font-family="{family}" font-size="{size}" font-weight="{weight}" fill="{color}" text-anchor="{anchor}"{spacing}>{}</text>"#,
        escape(words)
    );
}

pub(super) fn fit(text: &str, width: usize) -> String {
    match text.chars().count() <= width {
        true => text.to_owned(),
        false => text
            .chars()
            .take(width.saturating_sub(1))
            .chain(['…'])
            .collect(),
    }
}

/// Text as XML 1.0 takes it; what XML cannot hold becomes U+FFFD.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                out.push('\u{fffd}')
            }
            letter => out.push(letter),
        }
    }
    out
}
