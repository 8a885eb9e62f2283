//! The live pipelines: all pipeline files of the project, and what each shows by itself.
//!
//! Invariant: what a pipeline shows is a function of the files, the recorded labels and the
//! registry; a pipeline that cannot be proved shows what is not known, and that is refused.
//!
//! Must never: serve two states of the files or of the recorded labels.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sealine_spec::{Diagnostic, Files, Pipeline};

use crate::check::Shows;
use crate::error::Bound;
use crate::prove::shows;
use crate::world::World;

/// What the pipelines of one state of a project show, each labelled once.
#[derive(Debug, Default)]
pub struct Live {
    known: Mutex<BTreeMap<String, Known>>,
}

/// What a pipeline shows, none where it cannot have run yet, or why that is not known.
type Known = Result<Option<Arc<Shows>>, Diagnostic>;

impl Live {
    /// What a pipeline shows; none where nothing is known yet about the data that it reads.
    pub(crate) fn shows(
        &self,
        world: &World<'_>,
        files: &Files,
        pipeline: &Pipeline,
    ) -> Bound<Option<Arc<Shows>>> {
        let name = pipeline.name.as_str();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains_key(name) {
            let found = shows(world, files, name);
            let found = found
                .map(|found| found.map(Arc::new))
                .map_err(|refused| *refused);
            known.insert(name.to_owned(), found);
        }
        match known.get(name) {
            Some(Ok(shows)) => Ok(shows.clone()),
            Some(Err(broken)) => Err(Box::new(unknown(pipeline, broken))),
            None => Ok(None),
        }
    }
}

/// Another pipeline shows what nobody knows.
fn unknown(pipeline: &Pipeline, broken: &Diagnostic) -> Diagnostic {
    let said = format!(
        "the pipeline `{}` shows some of the same data, and cannot be proved: {}",
        pipeline.name, broken.message
    );
    let said = Diagnostic::error("SL3471", said);
    let said = match broken.labels.first() {
        Some(mark) => said.mark(mark.span, mark.text.clone()),
        None => said.mark(pipeline.span, "this pipeline"),
    };
    said.help("correct it, or take its file out of pipelines/: what two pipelines show together is judged over all of them")
}
