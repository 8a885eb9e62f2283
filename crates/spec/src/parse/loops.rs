//! Pipelines that feed each other in a ring: there is no first one to run, and the labels of the
//! datasets between them would rest on themselves.

use std::collections::{BTreeSet, HashMap};

use super::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::model::Pipeline;

/// Pipelines that feed each other have no first one.
pub(crate) fn check(reader: &mut Reader<'_>, pipelines: &[Pipeline]) {
    let mut readers: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, pipeline) in pipelines.iter().enumerate() {
        for input in &pipeline.inputs {
            readers.entry(input.dataset.as_str()).or_default().push(at);
        }
    }
    let mut before: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); pipelines.len()];
    let mut after: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); pipelines.len()];
    for (at, pipeline) in pipelines.iter().enumerate() {
        for output in &pipeline.outputs {
            for next in readers
                .get(output.to.as_str())
                .into_iter()
                .flatten()
                .filter(|next| **next != at)
            {
                before
                    .get_mut(*next)
                    .into_iter()
                    .for_each(|set| set.extend([at]));
                after
                    .get_mut(at)
                    .into_iter()
                    .for_each(|set| set.extend([*next]));
            }
        }
    }
    // Take away what waits for nothing, until only loops, and what waits for them, are left.
    let mut free: Vec<usize> = (0..before.len())
        .filter(|at| before.get(*at).is_some_and(BTreeSet::is_empty))
        .collect();
    let mut left: BTreeSet<usize> = (0..before.len()).collect();
    while let Some(at) = free.pop() {
        left.remove(&at);
        for next in after.get(at).into_iter().flatten() {
            if let Some(set) = before.get_mut(*next) {
                set.remove(&at);
                if set.is_empty() {
                    free.push(*next);
                }
            }
        }
    }
    let Some(mut at) = left.first().copied() else {
        return;
    };
    let mut path: Vec<usize> = Vec::new();
    while !path.contains(&at) {
        path.push(at);
        let Some(previous) = before
            .get(at)
            .and_then(|set| set.iter().find(|set| left.contains(set)))
        else {
            return;
        };
        at = *previous;
    }
    let start = path.iter().position(|step| *step == at).unwrap_or(0);
    let mut members: Vec<&Pipeline> = path
        .iter()
        .skip(start)
        .rev()
        .filter_map(|at| pipelines.get(*at))
        .collect();
    members.extend(members.first().copied());
    let names: Vec<String> = members
        .iter()
        .take(8)
        .map(|pipeline| format!("`{}`", pipeline.name))
        .collect();
    let mut found = Diagnostic::error(
        "SL1072",
        format!("pipelines feed each other: {}", names.join(" → ")),
    );
    for pipeline in members.iter().skip(1).take(8) {
        found = found.mark(pipeline.span, "part of the loop");
    }
    reader.out.push(
        found.help("break the loop: let one of them write a dataset that the others do not read"),
    );
}
