//! Which node stands in which column of the picture: one further right than everything that flows
//! into it.

use sealine_plan::{Drawing, Node};
use std::collections::BTreeMap;

/// The nodes, column by column, each in the order of the drawing.
pub(super) fn ranks(drawing: &Drawing) -> Vec<Vec<&Node>> {
    let mut depth: BTreeMap<&str, usize> = drawing
        .nodes
        .iter()
        .map(|node| (node.id.as_str(), 0))
        .collect();
    // Each pass pushes targets right; the flow has no cycle, so as many passes as nodes suffice.
    for _ in 0..drawing.nodes.len() {
        let mut moved = false;
        for edge in &drawing.edges {
            let from = depth.get(edge.from.as_str()).copied().unwrap_or_default();
            if let Some(to) = depth.get_mut(edge.to.as_str())
                && *to <= from
                && from < drawing.nodes.len()
            {
                *to = from + 1;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    let mut ranks: Vec<Vec<&Node>> = Vec::new();
    for node in &drawing.nodes {
        let place = depth.get(node.id.as_str()).copied().unwrap_or_default();
        while ranks.len() <= place {
            ranks.push(Vec::new());
        }
        if let Some(rank) = ranks.get_mut(place) {
            rank.push(node);
        }
    }
    ranks.retain(|rank| !rank.is_empty());
    ranks
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
    use sealine_plan::{Edge, NodeKind};

    fn node(id: &str) -> Node {
        Node {
            id: id.to_owned(),
            kind: NodeKind::Step,
            name: id.to_owned(),
            clearance: None,
            columns: Vec::new(),
        }
    }

    fn edge(from: &str, to: &str) -> Edge {
        Edge {
            from: from.to_owned(),
            to: to.to_owned(),
        }
    }

    #[test]
    fn a_node_stands_right_of_all_that_flows_into_it() {
        let drawing = Drawing {
            nodes: ["a", "b", "c", "d"].map(node).into(),
            edges: vec![
                edge("a", "c"),
                edge("c", "d"),
                edge("a", "d"),
                edge("b", "d"),
            ],
        };
        let ids: Vec<Vec<&str>> = ranks(&drawing)
            .iter()
            .map(|rank| rank.iter().map(|node| node.id.as_str()).collect())
            .collect();
        assert_eq!(ids, [vec!["a", "b"], vec!["c"], vec!["d"]]);
    }

    #[test]
    fn a_cycle_ends() {
        let drawing = Drawing {
            nodes: ["a", "b"].map(node).into(),
            edges: vec![edge("a", "b"), edge("b", "a")],
        };
        assert_eq!(ranks(&drawing).iter().map(Vec::len).sum::<usize>(), 2);
    }
}
