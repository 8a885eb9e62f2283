//! What a run writes in partitions: folders `column=value`, whose names everyone sees who can list them.
//!
//! What may stand in them is the proof's business; here it is whether it can: types whose text is
//! canonical, columns that the files do without, and names that other readers take for partitions.

use super::catalog::Draughted;
use super::reader::Reader;
use super::scalar::quote;
use crate::diagnostic::Diagnostic;
use crate::model::ColumnType;
use crate::source::Span;

/// The folder that holds all partitions of one run that appends.
const RUN: &str = "sealine_run";

/// Checks a partitioned dataset that a run writes; `rejects` says that it is a quarantine.
pub(super) fn check(reader: &mut Reader<'_>, read: &Draughted, writer: Span, rejects: bool) {
    let dataset = &read.dataset;
    if dataset.partition_by.is_empty() {
        return;
    }
    for (problem, help) in problems(read, rejects) {
        let message = format!("`{}` is written, and {problem}", dataset.id);
        reader.out.push(
            Diagnostic::error("SL1540", message)
                .mark(dataset.span, "has `partition_by`")
                .mark(writer, "written here")
                .help(help),
        );
    }
}

fn problems(read: &Draughted, rejects: bool) -> Vec<(String, &'static str)> {
    let dataset = &read.dataset;
    let mut found = Vec::new();
    if rejects {
        let help = "remove `partition_by`: rejected rows are as secret as their source, and so is each of their values";
        found.push(("its rows are rejects".to_owned(), help));
        return found;
    }
    if dataset.at.as_ref().is_some_and(|at| {
        at.path
            .rsplit('/')
            .next()
            .is_some_and(|last| last.contains('.'))
    }) {
        let help = "end its path with `/`: partitions lie in a folder";
        found.push(("its `path` is one file".to_owned(), help));
    }
    for name in &dataset.partition_by {
        let shown = quote(name);
        if name == RUN || name.starts_with(['.', '_']) {
            found.push((
                format!("no folder of a partition is named by {shown}"),
                "rename the column in the step: readers leave out names that begin with `.` or `_`, and `sealine_run` names the folder of a run that appends",
            ));
        }
        let sealed = dataset.encrypt.iter().flat_map(|own| &own.columns);
        if sealed.into_iter().any(|(column, _)| column.value == *name) {
            found.push((
                format!("{shown} has a key of its own and names folders"),
                "remove it from `encrypt.columns` or from `partition_by`: what names a folder is not in the files",
            ));
        }
        if let Some(column) = dataset.column(name)
            && !canonical(&column.ty)
        {
            found.push((
                format!("it is partitioned by {shown}, which is {}", column.ty),
                "partition by a string, an integer, a boolean or a date: others have several texts, or none",
            ));
        }
    }
    let left = |name: &String| !dataset.partition_by.contains(name);
    if dataset.declares_columns && !dataset.columns.iter().any(|column| left(&column.name)) {
        found.push((
            "no column is left for its files".to_owned(),
            "leave a column out of `partition_by`",
        ));
    }
    found
}

/// Whether a value has one text, which reads back as the value.
fn canonical(ty: &ColumnType) -> bool {
    match ty {
        ColumnType::String
        | ColumnType::Boolean
        | ColumnType::Int8
        | ColumnType::Int16
        | ColumnType::Int32
        | ColumnType::Int64
        | ColumnType::Date => true,
        ColumnType::Float32
        | ColumnType::Float64
        | ColumnType::Decimal { .. }
        | ColumnType::Timestamp
        | ColumnType::Time
        | ColumnType::Binary => false,
    }
}
