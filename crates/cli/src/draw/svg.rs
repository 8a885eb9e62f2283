//! The flow as a picture: datasets and steps as cards from left to right, each column with a mark
//! in the colour of its level, protections as gates, clearances at the door of each output.
//!
//! INVARIANT: every text is escaped, so that a name from a file is never markup.

use super::{Legend, layout, protections};
use sealine_plan::{DrawnColumn, Drawing, Node, NodeKind};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const MARGIN: f64 = 44.0;
const CARD: f64 = 316.0;
const GAP_X: f64 = 112.0;
const GAP_Y: f64 = 32.0;
const TOP: f64 = 118.0;
const HEAD: f64 = 60.0;
const ROW: f64 = 27.0;
const ROW_WITH_GATE: f64 = 50.0;
const FOOT: f64 = 12.0;
/// More columns than this are counted, not drawn.
const MOST: usize = 40;

const SANS: &str = "Inter, 'Segoe UI', 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif";
const MONO: &str = "'JetBrains Mono', 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace";

/// Where a card stands.
struct Place {
    x: f64,
    y: f64,
    height: f64,
}

/// Draws the flow.
pub(crate) fn render(drawing: &Drawing, legend: &Legend<'_>) -> String {
    let ranks = layout::ranks(drawing);
    let tallest = ranks.iter().map(|rank| height_of(rank)).fold(0.0, f64::max);
    let mut places: BTreeMap<&str, Place> = BTreeMap::new();
    for (number, rank) in ranks.iter().enumerate() {
        let x = MARGIN + number as f64 * (CARD + GAP_X);
        let mut y = TOP + (tallest - height_of(rank)) / 2.0;
        for node in rank {
            let height = height(node);
            places.insert(&node.id, Place { x, y, height });
            y += height + GAP_Y;
        }
    }
    let cards = ranks.len() as f64;
    let width = (2.0 * MARGIN + cards * CARD + (cards - 1.0).max(0.0) * GAP_X).max(660.0);
    let bottom = TOP + tallest + 36.0;
    let total = bottom + 60.0;

    let mut out = String::new();
    open(&mut out, width, total, legend.title);
    title(&mut out, legend);
    for edge in &drawing.edges {
        if let (Some(from), Some(to)) = (places.get(edge.from.as_str()), places.get(edge.to.as_str())) {
            let gate = drawing.nodes.iter().find(|node| node.id == edge.to);
            flow(&mut out, from, to, gate.and_then(|node| node.clearance.as_deref()), legend);
        }
    }
    for node in &drawing.nodes {
        if let Some(place) = places.get(node.id.as_str()) {
            card(&mut out, node, place, legend);
        }
    }
    key(&mut out, bottom, legend);
    out.push_str("</svg>\n");
    out
}

fn open(out: &mut String, width: f64, height: f64, title: &str) {
    let title = escape(title);
    let _ = write!(
        out,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" width="{width:.0}" height="{height:.0}" role="img" aria-label="the labelled flow of {title}">
<title>{title}</title>
<defs>
<linearGradient id="paper" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#f8fafc"/><stop offset="1" stop-color="#eef2f7"/></linearGradient>
<filter id="lift" x="-8%" y="-8%" width="116%" height="124%"><feDropShadow dx="0" dy="3" stdDeviation="6" flood-color="#0f172a" flood-opacity="0.10"/></filter>
<marker id="tip" viewBox="0 0 10 10" refX="8.5" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M1 1 L9 5 L1 9" fill="none" stroke="#64748b" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/></marker>
</defs>
<rect width="100%" height="100%" fill="url(#paper)"/>
"##
    );
}

fn title(out: &mut String, legend: &Legend<'_>) {
    text(out, MARGIN, 54.0, &Font::sans(24.0).weight(650), "#0f172a", legend.title);
    text(
        out,
        MARGIN,
        80.0,
        &Font::sans(13.0),
        "#64748b",
        "every column with the level that is left of it; a value passes a clearance below its level only through a gate",
    );
}

fn flow(out: &mut String, from: &Place, to: &Place, clearance: Option<&str>, legend: &Legend<'_>) {
    let (x1, y1) = (from.x + CARD, from.y + from.height / 2.0);
    let (x2, y2) = (to.x - 3.0, to.y + to.height / 2.0);
    let bend = ((x2 - x1) / 2.0).max(36.0);
    let _ = writeln!(
        out,
        r##"<path d="M{x1:.1} {y1:.1} C{:.1} {y1:.1} {:.1} {y2:.1} {x2:.1} {y2:.1}" fill="none" stroke="#94a3b8" stroke-width="2" marker-end="url(#tip)"/>"##,
        x1 + bend,
        x2 - bend,
    );
    if let Some(level) = clearance {
        // The door: nothing above this level goes through in clear.
        let color = ink(legend.height(level));
        let x = f64::midpoint(x1, x2);
        let y = f64::midpoint(y1, y2);
        let _ = writeln!(
            out,
            r##"<line x1="{x:.1}" y1="{:.1}" x2="{x:.1}" y2="{:.1}" stroke="{color}" stroke-width="4" stroke-linecap="round"/>"##,
            y - 22.0,
            y + 22.0
        );
        centered(out, x, y - 46.0, &Font::sans(11.0), "#64748b", "clearance");
        centered(out, x, y - 31.0, &Font::sans(12.0).weight(650), color, level);
    }
}

fn card(out: &mut String, node: &Node, place: &Place, legend: &Legend<'_>) {
    let Place { x, y, height } = *place;
    let (accent, kind) = match node.kind {
        NodeKind::Input => ("#334155", "READ"),
        NodeKind::Step => ("#4338ca", "STEP"),
        NodeKind::Output => ("#0f172a", "WRITTEN · SEALED AT REST"),
    };
    let _ = writeln!(
        out,
        r##"<g><rect x="{x:.1}" y="{y:.1}" width="{CARD}" height="{height:.1}" rx="12" fill="#ffffff" stroke="#e2e8f0" filter="url(#lift)"/>"##
    );
    let _ = writeln!(
        out,
        r##"<path d="M{x:.1} {:.1} v-{:.1} a12 12 0 0 1 12 -12 h{:.1} a12 12 0 0 1 12 12 v{:.1} z" fill="{accent}"/>"##,
        y + HEAD - 8.0,
        HEAD - 20.0,
        CARD - 24.0,
        HEAD - 20.0
    );
    text(out, x + 16.0, y + 21.0, &Font::sans(10.0).weight(600).spaced(), "#cbd5e1", kind);
    text(out, x + 16.0, y + 41.0, &Font::sans(16.0).weight(650), "#ffffff", &fit(&node.name, 32));

    let mut line = y + HEAD;
    for column in node.columns.iter().take(MOST) {
        row(out, x, line, column, legend);
        line += row_height(column);
    }
    if node.columns.len() > MOST {
        let more = format!("… and {} more columns", node.columns.len() - MOST);
        text(out, x + 28.0, line + 17.0, &Font::sans(12.0), "#64748b", &more);
    }
    out.push_str("</g>\n");
}

fn row(out: &mut String, x: f64, y: f64, column: &DrawnColumn, legend: &Legend<'_>) {
    let height = legend.height(&column.level);
    let (ink, wash) = (ink(height), wash(height));
    let tall = row_height(column);
    let _ = writeln!(
        out,
        r##"<rect x="{:.1}" y="{:.1}" width="4" height="{:.1}" rx="2" fill="{ink}"/>"##,
        x + 12.0,
        y + 4.0,
        tall - 8.0
    );
    text(out, x + 26.0, y + 18.0, &Font::mono(13.0).weight(500), "#0f172a", &fit(&column.name, 17));
    text(out, x + 166.0, y + 18.0, &Font::mono(11.0), "#94a3b8", &fit(&column.r#type, 11));
    let label = fit(&column.level, 12);
    let pill = 14.0 + label.chars().count() as f64 * 6.2;
    let left = x + CARD - 12.0 - pill;
    let _ = writeln!(
        out,
        r##"<rect x="{left:.1}" y="{:.1}" width="{pill:.1}" height="18" rx="9" fill="{wash}"/>"##,
        y + 5.0
    );
    centered(out, left + pill / 2.0, y + 18.0, &Font::sans(11.0).weight(600), ink, &label);
    let gate = protections(column);
    if !gate.is_empty() {
        gate_row(out, x + 26.0, y + 26.0, &gate);
    } else if !column.tags.is_empty() {
        text(out, x + 26.0, y + 37.0, &Font::sans(11.0), "#94a3b8", &fit(&column.tags.join("  "), 44));
    }
}

/// A padlock and what closes it.
fn gate_row(out: &mut String, x: f64, y: f64, gate: &str) {
    let gate = fit(gate, 36);
    let width = 26.0 + gate.chars().count() as f64 * 6.7;
    let _ = writeln!(
        out,
        r##"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="19" rx="5" fill="#eef2ff" stroke="#c7d2fe"/>"##
    );
    padlock(out, x + 7.0, y + 4.5, "#4338ca");
    text(out, x + 21.0, y + 13.5, &Font::mono(11.0).weight(500), "#3730a3", &gate);
}

fn padlock(out: &mut String, x: f64, y: f64, color: &str) {
    let _ = writeln!(
        out,
        r##"<path d="M{:.1} {:.1} v-2 a2.5 2.5 0 0 1 5 0 v2" fill="none" stroke="{color}" stroke-width="1.4"/><rect x="{x:.1}" y="{:.1}" width="8" height="6" rx="1.4" fill="{color}"/>"##,
        x + 1.5,
        y + 4.5,
        y + 4.2,
    );
}

fn key(out: &mut String, y: f64, legend: &Legend<'_>) {
    let mut x = MARGIN;
    text(out, x, y + 14.0, &Font::sans(12.0).weight(600), "#475569", "Levels");
    x += 62.0;
    for level in &legend.levels {
        let height = legend.height(level);
        let width = 34.0 + level.chars().count() as f64 * 7.0;
        let _ = writeln!(
            out,
            r##"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="20" rx="10" fill="{}"/><rect x="{:.1}" y="{:.1}" width="4" height="12" rx="2" fill="{}"/>"##,
            wash(height),
            x + 11.0,
            y + 4.0,
            ink(height)
        );
        text(out, x + 22.0, y + 14.0, &Font::sans(12.0).weight(600), ink(height), level);
        x += width + 10.0;
    }
    x += 22.0;
    padlock(out, x, y + 4.5, "#4338ca");
    text(out, x + 15.0, y + 14.0, &Font::sans(12.0), "#475569", "protection");
    x += 104.0;
    let _ = writeln!(
        out,
        r##"<line x1="{x:.1}" y1="{:.1}" x2="{x:.1}" y2="{:.1}" stroke="#475569" stroke-width="4" stroke-linecap="round"/>"##,
        y + 2.0,
        y + 18.0
    );
    text(out, x + 12.0, y + 14.0, &Font::sans(12.0), "#475569", "clearance: nothing above it passes in clear");
}

fn row_height(column: &DrawnColumn) -> f64 {
    if column.protections.is_empty() && column.tags.is_empty() { ROW } else { ROW_WITH_GATE }
}

fn height(node: &Node) -> f64 {
    let rows: f64 = node.columns.iter().take(MOST).map(row_height).sum();
    let more = if node.columns.len() > MOST { ROW } else { 0.0 };
    HEAD + rows + more + FOOT
}

fn height_of(rank: &[&Node]) -> f64 {
    let cards: f64 = rank.iter().map(|node| height(node)).sum();
    cards + GAP_Y * rank.len().saturating_sub(1) as f64
}

/// A colour that reads on white, from calm to alarming; the level's name stands beside it, so that
/// nothing rests on colour alone.
fn ink(height: f64) -> &'static str {
    match height {
        height if height <= 0.0 => "#0f766e",
        height if height < 0.34 => "#0369a1",
        height if height < 0.67 => "#b45309",
        height if height < 1.0 => "#c2410c",
        _ => "#be123c",
    }
}

fn wash(height: f64) -> &'static str {
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
struct Font {
    family: &'static str,
    size: f64,
    weight: u32,
    spacing: f64,
}

impl Font {
    fn sans(size: f64) -> Font {
        Font { family: SANS, size, weight: 400, spacing: 0.0 }
    }

    fn mono(size: f64) -> Font {
        Font { family: MONO, size, weight: 400, spacing: 0.0 }
    }

    fn weight(self, weight: u32) -> Font {
        Font { weight, ..self }
    }

    fn spaced(self) -> Font {
        Font { spacing: 0.8, ..self }
    }
}

fn text(out: &mut String, x: f64, y: f64, font: &Font, color: &str, words: &str) {
    set(out, x, y, font, color, "start", words);
}

fn centered(out: &mut String, x: f64, y: f64, font: &Font, color: &str, words: &str) {
    set(out, x, y, font, color, "middle", words);
}

fn set(out: &mut String, x: f64, y: f64, font: &Font, color: &str, anchor: &str, words: &str) {
    let Font { family, size, weight, spacing } = font;
    let spacing = if *spacing > 0.0 { format!(" letter-spacing=\"{spacing}\"") } else { String::new() };
    let _ = writeln!(
        out,
        r#"<text x="{x:.1}" y="{y:.1}" font-family="{family}" font-size="{size}" font-weight="{weight}" fill="{color}" text-anchor="{anchor}"{spacing}>{}</text>"#,
        escape(words)
    );
}

fn fit(text: &str, width: usize) -> String {
    match text.chars().count() <= width {
        true => text.to_owned(),
        false => text.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// Text as XML 1.0 takes it; what XML cannot hold becomes U+FFFD.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use sealine_plan::Edge;

    fn drawing(name: &str, columns: usize) -> Drawing {
        let column = |number: usize| DrawnColumn {
            name: format!("{name}{number}"),
            r#type: "Utf8".to_owned(),
            level: "restricted".to_owned(),
            tags: vec!["pii.email".to_owned()],
            protections: vec![format!("tokenize({name}, 'crm')")],
        };
        let node = |id: &str, kind| Node {
            id: id.to_owned(),
            kind,
            name: name.to_owned(),
            clearance: (kind == NodeKind::Output).then(|| "internal".to_owned()),
            columns: (0..columns).map(column).collect(),
        };
        Drawing {
            nodes: vec![node("a", NodeKind::Input), node("b", NodeKind::Step), node("c", NodeKind::Output)],
            edges: vec![
                Edge { from: "a".to_owned(), to: "b".to_owned() },
                Edge { from: "b".to_owned(), to: "c".to_owned() },
            ],
        }
    }

    fn legend(title: &str) -> Legend<'_> {
        Legend { title, levels: vec!["public", "internal", "restricted"] }
    }

    #[test]
    fn names_are_never_markup() {
        let evil = "<script>alert(1)</script>\"'&\u{1}";
        let svg = render(&drawing(evil, 2), &legend(evil));
        assert!(!svg.contains("<script"), "{svg}");
        assert!(svg.contains("&lt;script&gt;"));
        assert!(!svg.contains('\u{1}'));
    }

    #[test]
    fn many_columns_are_counted() {
        let svg = render(&drawing("c", 1_000), &legend("wide"));
        assert!(svg.contains("… and 960 more columns"));
        assert!(svg.len() < 200_000);
    }

    #[test]
    fn an_empty_drawing_is_a_picture_too() {
        let svg = render(&Drawing::default(), &legend("none"));
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n") && !svg.contains("NaN"));
    }
}
