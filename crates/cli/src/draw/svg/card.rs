//! A dataset or a step as a card: a head, and a row for each column with the mark of its level, its
//! type, and the gate that it went through.

use super::super::{Legend, protections, type_name};
use super::Place;
use super::pen::{Font, centered, fit, ink, padlock, text, wash};
use sealine_plan::{DrawnColumn, Node, NodeKind};
use std::fmt::Write as _;

/// How wide a card is.
pub(super) const CARD: f64 = 316.0;
/// How far apart two cards of one column stand.
pub(super) const GAP_Y: f64 = 32.0;
const HEAD: f64 = 60.0;
const ROW: f64 = 27.0;
const ROW_WITH_GATE: f64 = 50.0;
const FOOT: f64 = 12.0;
/// More columns than this are counted, not drawn.
const MOST: usize = 40;

/// Draws a card.
pub(super) fn card(out: &mut String, node: &Node, place: &Place, legend: &Legend<'_>) {
    let Place { x, y, height } = *place;
    let (accent, kind) = match node.kind {
        NodeKind::Input => ("#334155", "READ"),
        NodeKind::Step => ("#4338ca", "STEP"),
        NodeKind::Output => ("#0f172a", "WRITTEN · SEALED AT REST"),
    };
    out.push_str("<g>\n");
    // A shadow of three faint layers: filters are not drawn everywhere.
    for step in 1..=3 {
        let grow = f64::from(step) * 1.5;
        let _ = writeln!(
            out,
            r##"<rect x="{:.1}" y="{:.1}" width="{:.1}" height="{:.1}" rx="{:.1}" fill="#0f172a" fill-opacity="0.025"/>"##,
            x - grow,
            y - grow + 4.0,
            CARD + 2.0 * grow,
            height + 2.0 * grow,
            12.0 + grow,
        );
    }
    let _ = writeln!(
        out,
        r##"<rect x="{x:.1}" y="{y:.1}" width="{CARD}" height="{height:.1}" rx="12" fill="#ffffff" stroke="#e2e8f0"/>"##
    );
    let _ = writeln!(
        out,
        r##"<path d="M{x:.1} {:.1} v-{:.1} a12 12 0 0 1 12 -12 h{:.1} a12 12 0 0 1 12 12 v{:.1} z" fill="{accent}"/>"##,
        y + HEAD - 8.0,
        HEAD - 20.0,
        CARD - 24.0,
        HEAD - 20.0
    );
    text(
        out,
        x + 16.0,
        y + 21.0,
        &Font::sans(10.0).weight(600).spaced(),
        "#cbd5e1",
        kind,
    );
    text(
        out,
        x + 16.0,
        y + 41.0,
        &Font::sans(16.0).weight(650),
        "#ffffff",
        &fit(&node.name, 32),
    );

    let mut line = y + HEAD;
    for column in node.columns.iter().take(MOST) {
        row(out, x, line, column, legend);
        line += row_height(column);
    }
    if node.columns.len() > MOST {
        let more = format!("… and {} more columns", node.columns.len() - MOST);
        text(
            out,
            x + 28.0,
            line + 17.0,
            &Font::sans(12.0),
            "#64748b",
            &more,
        );
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
    text(
        out,
        x + 26.0,
        y + 18.0,
        &Font::mono(13.0).weight(500),
        "#0f172a",
        &fit(&column.name, 17),
    );
    text(
        out,
        x + 166.0,
        y + 18.0,
        &Font::mono(11.0),
        "#94a3b8",
        &fit(&type_name(&column.r#type), 11),
    );
    let label = fit(&column.level, 12);
    let pill = 14.0 + label.chars().count() as f64 * 6.2;
    let left = x + CARD - 12.0 - pill;
    let _ = writeln!(
        out,
        r##"<rect x="{left:.1}" y="{:.1}" width="{pill:.1}" height="18" rx="9" fill="{wash}"/>"##,
        y + 5.0
    );
    centered(
        out,
        left + pill / 2.0,
        y + 18.0,
        &Font::sans(11.0).weight(600),
        ink,
        &label,
    );
    let gate = protections(column);
    if !gate.is_empty() {
        gate_row(out, x + 26.0, y + 26.0, &gate);
    } else if !column.tags.is_empty() {
        text(
            out,
            x + 26.0,
            y + 37.0,
            &Font::sans(11.0),
            "#94a3b8",
            &fit(&column.tags.join("  "), 44),
        );
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
    text(
        out,
        x + 21.0,
        y + 13.5,
        &Font::mono(11.0).weight(500),
        "#3730a3",
        &gate,
    );
}

fn row_height(column: &DrawnColumn) -> f64 {
    if column.protections.is_empty() && column.tags.is_empty() {
        ROW
    } else {
        ROW_WITH_GATE
    }
}

/// How high a card is.
pub(super) fn height(node: &Node) -> f64 {
    let rows: f64 = node.columns.iter().take(MOST).map(row_height).sum();
    let more = if node.columns.len() > MOST { ROW } else { 0.0 };
    HEAD + rows + more + FOOT
}

/// How high a column of cards is.
pub(super) fn height_of(rank: &[&Node]) -> f64 {
    let cards: f64 = rank.iter().map(|node| height(node)).sum();
    cards + GAP_Y * rank.len().saturating_sub(1) as f64
}
