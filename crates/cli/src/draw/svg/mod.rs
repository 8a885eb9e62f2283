//! The flow as a picture: datasets and steps as cards from left to right, each column with a mark
//! in the colour of its level, protections as gates, clearances at the door of each output.
//!
//! INVARIANT: every text is escaped, so that a name from a file is never markup.

mod card;
mod pen;

use super::{Legend, layout};
use card::{CARD, card, height, height_of};
use pen::{Font, centered, escape, ink, padlock, text, wash};
use sealine_plan::Drawing;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const MARGIN: f64 = 44.0;
const GAP_X: f64 = 112.0;
const TOP: f64 = 118.0;

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
            y += height + card::GAP_Y;
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
        if let (Some(from), Some(to)) =
            (places.get(edge.from.as_str()), places.get(edge.to.as_str()))
        {
            let gate = drawing.nodes.iter().find(|node| node.id == edge.to);
            flow(
                &mut out,
                from,
                to,
                gate.and_then(|node| node.clearance.as_deref()),
                legend,
            );
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
<marker id="tip" viewBox="0 0 10 10" refX="8.5" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M1 1 L9 5 L1 9" fill="none" stroke="#64748b" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/></marker>
</defs>
<rect width="100%" height="100%" fill="url(#paper)"/>
"##
    );
}

fn title(out: &mut String, legend: &Legend<'_>) {
    text(
        out,
        MARGIN,
        54.0,
        &Font::sans(24.0).weight(650),
        "#0f172a",
        legend.title,
    );
    text(
        out,
        MARGIN,
        80.0,
        &Font::sans(13.0),
        "#64748b",
        "every column with the level it still has",
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
        centered(
            out,
            x,
            y - 31.0,
            &Font::sans(12.0).weight(650),
            color,
            level,
        );
    }
}

fn key(out: &mut String, y: f64, legend: &Legend<'_>) {
    let mut x = MARGIN;
    text(
        out,
        x,
        y + 14.0,
        &Font::sans(12.0).weight(600),
        "#475569",
        "Levels",
    );
    x += 62.0;
    for level in &legend.levels {
        let height = legend.height(level);
        let width = 36.0 + level.chars().count() as f64 * 6.5;
        let _ = writeln!(
            out,
            r##"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="20" rx="10" fill="{}"/><rect x="{:.1}" y="{:.1}" width="4" height="12" rx="2" fill="{}"/>"##,
            wash(height),
            x + 11.0,
            y + 4.0,
            ink(height)
        );
        text(
            out,
            x + 22.0,
            y + 14.0,
            &Font::sans(12.0).weight(600),
            ink(height),
            level,
        );
        x += width + 10.0;
    }
    x += 22.0;
    padlock(out, x, y + 4.5, "#4338ca");
    text(
        out,
        x + 15.0,
        y + 14.0,
        &Font::sans(12.0),
        "#475569",
        "protection",
    );
    x += 104.0;
    let _ = writeln!(
        out,
        r##"<line x1="{x:.1}" y1="{:.1}" x2="{x:.1}" y2="{:.1}" stroke="#475569" stroke-width="4" stroke-linecap="round"/>"##,
        y + 2.0,
        y + 18.0
    );
    text(
        out,
        x + 12.0,
        y + 14.0,
        &Font::sans(12.0),
        "#475569",
        "clearance: nothing above it passes in clear",
    );
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
    use sealine_plan::Edge;
    use sealine_plan::{DrawnColumn, Node, NodeKind};

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
            nodes: vec![
                node("a", NodeKind::Input),
                node("b", NodeKind::Step),
                node("c", NodeKind::Output),
            ],
            edges: vec![
                Edge {
                    from: "a".to_owned(),
                    to: "b".to_owned(),
                },
                Edge {
                    from: "b".to_owned(),
                    to: "c".to_owned(),
                },
            ],
        }
    }

    fn legend(title: &str) -> Legend<'_> {
        Legend {
            title,
            levels: vec!["public", "internal", "restricted"],
        }
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
