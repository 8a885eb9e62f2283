//! The columns of an output, as receipts and pictures name them.

use sealine_label::{Aspect, Channels, Layer, Level};

use crate::flow::{Node, Prover};
use crate::job::Output;
use crate::plan::OutputColumn;

pub(super) fn described(
    prover: &mut Prover<'_>,
    node: &Node,
    output: &Output,
) -> Vec<OutputColumn> {
    let world = prover.world;
    let mut all = Vec::new();
    for (field, cell) in node
        .plan
        .schema()
        .fields()
        .iter()
        .zip(&node.relation.columns)
    {
        let label = prover.seen(cell);
        let (mut level, mut tags, mut origins) = (Level::bottom(), Vec::new(), Vec::new());
        let (mut protections, mut stands_for) = (Vec::new(), Vec::new());
        let mut counted = Vec::new();
        for (origin, view, channels) in prover.labels.entries(label) {
            let own = world.level(origin);
            level = level.max(if view.is_clear() {
                own
            } else {
                own.min(output.clearance)
            });
            if !channels.contains(Channels::EXPLICIT) || origin.aspect != Aspect::Value {
                continue;
            }
            origins.push(origin.to_string());
            if view.keeps_equality() {
                stands_for.push(origin.to_string());
            }
            if own > output.clearance && view.can_be_counted() {
                counted.push(origin.to_string());
            }
            tags.extend(world.tags(origin).iter().map(ToString::to_string));
            protections.extend(
                view.layers()
                    .iter()
                    .filter(|layer| **layer != Layer::Clear)
                    .map(ToString::to_string),
            );
        }
        for list in [
            &mut tags,
            &mut origins,
            &mut protections,
            &mut stands_for,
            &mut counted,
        ] {
            list.sort();
            list.dedup();
        }
        all.push(OutputColumn {
            name: field.name().clone(),
            data_type: field.data_type().clone(),
            level,
            tags,
            origins,
            protections,
            stands_for,
            counted,
        });
    }
    all
}
