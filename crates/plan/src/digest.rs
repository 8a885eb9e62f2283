//! Digests over what a plan was made from.
//!
//! Invariant: every part is length-prefixed, so that no two different plans have one digest.

use aws_lc_rs::digest::{Context, SHA256};
use sealine_spec::Files;

use crate::finding::{Demand, Violation};
use crate::plan::{PlannedOutput, Sink};
use crate::request::Request;
use crate::world::World;

/// Length-prefixed parts under SHA-256.
struct Parts(Context);

impl Parts {
    fn new(purpose: &str) -> Self {
        let mut parts = Self(Context::new(&SHA256));
        parts.add(purpose.as_bytes());
        parts
    }

    fn add(&mut self, part: &[u8]) {
        self.0.update(&(part.len() as u64).to_be_bytes());
        self.0.update(part);
    }

    fn finish(self) -> [u8; 32] {
        let mut out = [0; 32];
        for (to, from) in out.iter_mut().zip(self.0.finish().as_ref()) {
            *to = *from;
        }
        out
    }
}

/// The digest of the files.
pub(crate) fn files(files: &Files) -> [u8; 32] {
    let mut parts = Parts::new("sealine spec v1");
    let mut all: Vec<(&str, &str)> = files.iter().map(|(_, path, text)| (path, text)).collect();
    all.sort_unstable();
    for (path, text) in all {
        parts.add(path.as_bytes());
        parts.add(text.as_bytes());
    }
    parts.finish()
}

/// The digest of a plan.
pub(crate) fn plan(
    world: &World<'_>,
    request: &Request,
    spec: [u8; 32],
    outputs: &[PlannedOutput],
    violations: &[Violation],
    demands: &[Demand],
) -> [u8; 32] {
    let mut parts = Parts::new("sealine plan v1");
    parts.add(&spec);
    parts.add(format!("{request:?}").as_bytes());
    let recorded = serde_json::to_vec(world.computed).unwrap_or_default();
    parts.add(&recorded);
    parts.add(format!("{:?}", world.registry).as_bytes());
    for output in outputs {
        let sink = match &output.sink {
            Sink::Dataset(dataset) => dataset.id.as_str(),
            Sink::Terminal => "",
        };
        parts.add(sink.as_bytes());
        parts.add(output.from.as_bytes());
        parts.add(
            output
                .logical
                .display_indent_schema()
                .to_string()
                .as_bytes(),
        );
        // The display of a protection has its SQL text; what it does stands in its call.
        parts.add(crate::bind::calls(&output.logical).join("\n").as_bytes());
        parts.add(format!("{:?}{:?}", output.columns, output.opened).as_bytes());
    }
    parts.add(format!("{violations:?}{demands:?}").as_bytes());
    parts.finish()
}
