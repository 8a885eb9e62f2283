//! What is appended to: a folder, and bounds that hold for all of its rows as they hold for those of each run.
//!
//! The quarantine of an input is appended to wherever a pipeline that reads the input appends, so that no run
//! loses the rejected rows of another.

use std::collections::{BTreeMap, BTreeSet};

use super::catalog::Draughted;
use super::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::model::{Format, Mode, Output, Pipeline};
use crate::source::Span;

/// Checks all that pipelines append to.
pub(crate) fn check(
    reader: &mut Reader<'_>,
    known: &BTreeMap<&str, &Draughted>,
    pipelines: &[Pipeline],
) {
    let mut seen = BTreeSet::new();
    for pipeline in pipelines {
        let appended = |output: &&Output| output.mode == Mode::Append;
        let Some(first) = pipeline.outputs.iter().find(appended) else {
            continue;
        };
        for output in pipeline.outputs.iter().filter(appended) {
            if let Some(target) = known.get(output.to.as_str())
                && seen.insert(&target.dataset.id)
            {
                folder(reader, target, output.to.span);
                distance(reader, target, output.to.span);
            }
        }
        for input in &pipeline.inputs {
            if let Some(rejects) = known
                .get(input.dataset.as_str())
                .and_then(|read| read.dataset.rejects.as_ref())
                && let Some(target) = known.get(rejects.as_str())
                && seen.insert(&target.dataset.id)
            {
                folder(reader, target, first.to.span);
            }
        }
    }
}

fn folder(reader: &mut Reader<'_>, target: &Draughted, writer: Span) {
    let Some(at) = &target.dataset.at else {
        return;
    };
    // What is in clear is a folder in any case, and says so itself.
    if at.format == Format::Parquet && at.path.ends_with(".parquet") {
        reader.out.push(
            Diagnostic::error(
                "SL1510",
                format!("`{}` is appended to, and is one file", target.dataset.id),
            )
            .mark(at.span, "one file")
            .mark(writer, "this pipeline appends")
            .help("end its path with `/`: every run adds a file to a folder"),
        );
    }
}

fn distance(reader: &mut Reader<'_>, target: &Draughted, writer: Span) {
    let Some(anonymity) = &target.dataset.anonymity else {
        return;
    };
    if anonymity.t.is_some() {
        reader.out.push(
            Diagnostic::error(
                "SL1511",
                format!(
                    "`{}` is appended to, and has a bound `t`",
                    target.dataset.id
                ),
            )
            .mark(anonymity.span, "holds for the rows of one run only")
            .mark(writer, "appended to here")
            .help(
                "remove `t`, or write `mode: replace`; `k` and `l` hold for the rows of all runs",
            ),
        );
    }
}
