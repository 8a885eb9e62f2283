//! The flow in the terminal: one box a dataset or step, from sources to outputs, each column with
//! its type, its level and what protects it.

use super::{Legend, layout, protections, type_name};
use crate::screen::{Paint, Screen};
use sealine_plan::{Drawing, DrawnColumn, Node, NodeKind};

/// More columns than this are counted, not drawn.
const MOST: usize = 60;

/// Draws the flow.
pub(crate) fn render(screen: &Screen, drawing: &Drawing, legend: &Legend<'_>) -> String {
    let nodes: Vec<&Node> = layout::ranks(drawing).into_iter().flatten().collect();
    let cells: Vec<Vec<[String; 4]>> = nodes
        .iter()
        .map(|node| node.columns.iter().map(cells).collect())
        .collect();
    let mut widths = [4; 4];
    for row in cells.iter().flatten() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(length(cell)).min(44);
        }
    }
    let inner = widths.iter().sum::<usize>() + 2 * 3;
    let titles = nodes
        .iter()
        .map(|node| length(&node.name) + length(&kind(node)) + 8)
        .max()
        .unwrap_or_default();
    let inner = inner
        .max(titles)
        .min(screen.width().saturating_sub(4).max(40));

    let mut out = String::new();
    let mut before: Option<&Node> = None;
    for (node, cells) in nodes.iter().zip(&cells) {
        connector(&mut out, screen, drawing, before, node, inner);
        header(&mut out, screen, node, inner);
        for (cell, column) in cells.iter().zip(&node.columns).take(MOST) {
            row(&mut out, screen, cell, column, legend, widths, inner);
        }
        if cells.len() > MOST {
            let more = format!("… and {} more columns", cells.len() - MOST);
            out.push_str(&format!("│ {} │\n", pad(&more, inner)));
        }
        out.push_str(&format!("└─{}─┘\n", "─".repeat(inner)));
        before = Some(node);
    }
    out
}

fn kind(node: &Node) -> String {
    match (node.kind, &node.clearance) {
        (NodeKind::Input, _) => "read".to_owned(),
        (NodeKind::Step, _) => "step".to_owned(),
        (NodeKind::Output, Some(clearance)) => {
            format!("written · clearance {clearance} · sealed at rest")
        }
        (NodeKind::Output, None) => "written".to_owned(),
    }
}

fn cells(column: &DrawnColumn) -> [String; 4] {
    let protected = protections(column);
    let last = if protected.is_empty() {
        column.tags.join(" ")
    } else {
        format!("◆ {protected}")
    };
    [
        column.name.clone(),
        type_name(&column.r#type),
        column.level.clone(),
        last,
    ]
}

fn connector(
    out: &mut String,
    screen: &Screen,
    drawing: &Drawing,
    before: Option<&Node>,
    node: &Node,
    inner: usize,
) {
    let sources: Vec<&str> = drawing
        .edges
        .iter()
        .filter(|edge| edge.to == node.id)
        .map(|edge| edge.from.as_str())
        .collect();
    match (before, sources.as_slice()) {
        (None, _) => {}
        (Some(_), []) => out.push('\n'),
        (Some(before), [one]) if *one == before.id => {
            let half = " ".repeat(inner / 2 + 1);
            out.push_str(&format!("{half}│\n{half}▼\n"));
        }
        (Some(_), several) => {
            let names: Vec<&str> = several
                .iter()
                .filter_map(|id| drawing.nodes.iter().find(|node| node.id == *id))
                .map(|node| node.name.as_str())
                .collect();
            let half = " ".repeat(inner / 2 + 1);
            let from = screen.paint(Paint::Dim, &format!("from {}", names.join(", ")));
            out.push_str(&format!("{half}│ {from}\n{half}▼\n"));
        }
    }
}

fn header(out: &mut String, screen: &Screen, node: &Node, inner: usize) {
    let kind = kind(node);
    let name = fit(&node.name, inner.saturating_sub(length(&kind) + 6));
    let line = "─".repeat(inner.saturating_sub(length(&name) + length(&kind) + 4));
    out.push_str(&format!(
        "┌─ {} {line} {} ─┐\n",
        screen.paint(Paint::Strong, &name),
        screen.paint(Paint::Dim, &kind)
    ));
}

fn row(
    out: &mut String,
    screen: &Screen,
    cells: &[String; 4],
    column: &DrawnColumn,
    legend: &Legend<'_>,
    widths: [usize; 4],
    inner: usize,
) {
    let [name, r#type, level, last] = cells;
    let [name_width, type_width, level_width, _] = widths;
    let rest = inner.saturating_sub(name_width + type_width + level_width + 6);
    let paint = match legend.height(level) {
        height if height >= 1.0 => Paint::Bad,
        height if height <= 0.0 => Paint::Good,
        _ => Paint::Warn,
    };
    let tail = if column.protections.is_empty() {
        Paint::Dim
    } else {
        Paint::Name
    };
    out.push_str(&format!(
        "│ {}  {}  {}  {} │\n",
        pad(name, name_width),
        screen.paint(Paint::Dim, &pad(r#type, type_width)),
        screen.paint(paint, &pad(level, level_width)),
        screen.paint(tail, &pad(last, rest)),
    ));
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn fit(text: &str, width: usize) -> String {
    match length(text) <= width {
        true => text.to_owned(),
        false => text
            .chars()
            .take(width.saturating_sub(1))
            .chain(['…'])
            .collect(),
    }
}

fn pad(text: &str, width: usize) -> String {
    let text = fit(text, width);
    let missing = width.saturating_sub(length(&text));
    format!("{text}{}", " ".repeat(missing))
}
