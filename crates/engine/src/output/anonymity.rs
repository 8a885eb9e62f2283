//! The anonymity that a catalog asks for, measured over the rows as they are written.
//!
//! INVARIANT: which columns are measured is settled before a byte is read, from the catalog and the proof; what is
//! said of them is counts, and only where the terminal, the log and the receipt may show what they count.

use std::collections::BTreeSet;

use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use sealine_audit::{AnonymityBounds, AnonymityFound, AnonymityRecord, SensitiveFound};
use sealine_plan::OutputColumn;
use sealine_protect::anonymity::{
    Anonymity, Bounds, Diversity, Measured, Metric, Roles, Shortfall,
};
use sealine_spec::{Column, Dataset, Spanned, Spec};

use crate::error::EngineError;

/// What a written dataset asks for, its columns found.
#[derive(Clone, Debug)]
pub(crate) struct Demand {
    dataset: String,
    columns: Vec<OutputColumn>,
    roles: Roles,
    bounds: Bounds,
    /// Whether the counts may be shown to an operator.
    shown: bool,
}

impl Demand {
    /// What the catalog asks of the rows that are to be written into `dataset`.
    pub(crate) fn of(
        spec: &Spec,
        dataset: &Dataset,
        columns: &[OutputColumn],
    ) -> Result<Option<Demand>, EngineError> {
        let Some(asked) = &dataset.anonymity else {
            return Ok(None);
        };
        let refuse = |reason: String| EngineError::Unmeasurable {
            dataset: dataset.id.clone(),
            reason,
        };
        let roles = roles(spec, dataset, columns, Roles::default());
        nameable(&roles, columns).map_err(refuse)?;
        let all = roles
            .quasi
            .iter()
            .chain(&roles.sensitive)
            .chain(&roles.subject);
        let mut level = sealine_label::Level::bottom();
        for name in all {
            let column = columns
                .iter()
                .find(|column| column.name == *name)
                .ok_or_else(|| refuse(format!("its rows have no column `{name}`")))?;
            level = level.max(column.level);
        }
        if roles.quasi.is_empty() {
            return Err(refuse(
                "no column of it is a quasi-identifier; say `quasi: true` at columns of the catalog, or name them under `anonymity:`"
                    .to_owned(),
            ));
        }
        if roles.sensitive.is_empty() && (asked.l.is_some() || asked.t.is_some()) {
            return Err(refuse(
                "`l` and `t` need a sensitive column; say `sensitive: true` at columns of the catalog, or name them under `anonymity:`"
                    .to_owned(),
            ));
        }
        Ok(Some(Demand {
            dataset: dataset.id.clone(),
            columns: columns.to_vec(),
            roles,
            bounds: bounds(dataset),
            shown: level <= spec.project.operator_clearance,
        }))
    }

    /// Ready for the rows; the tables may take `memory` bytes.
    pub(crate) fn watch(&self, memory: usize) -> Result<Watch, EngineError> {
        Ok(Watch {
            demand: self.clone(),
            seen: Anonymity::new(&schema(&self.columns), &self.roles, memory)?,
        })
    }
}

/// The rows of one output, as far as they were written.
pub(crate) struct Watch {
    demand: Demand,
    seen: Anonymity,
}

impl Watch {
    /// Takes in a batch as it goes to the writer.
    pub(crate) fn look(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        Ok(self.seen.update(batch)?)
    }

    /// What the receipt says, or the refusal.
    pub(crate) fn verdict(self) -> Result<AnonymityRecord, EngineError> {
        let Watch { demand, seen } = self;
        let measured = seen.finish(&demand.bounds);
        if measured.shortfalls.is_empty() {
            return Ok(record(&demand, &measured));
        }
        let found: Vec<String> = measured
            .shortfalls
            .iter()
            .map(|short| said(short, &measured, demand.shown))
            .collect();
        Err(EngineError::NotAnonymous {
            dataset: demand.dataset,
            quasi: demand.roles.quasi.join("`, `"),
            found: found.join("; "),
        })
    }
}

/// The columns that are measured: those asked for (quasi-identifiers that are asked for stand alone), else those that the catalog names for the dataset, else those
/// that it declares so, of the dataset itself and of whatever its columns come from.
pub(crate) fn roles(
    spec: &Spec,
    dataset: &Dataset,
    columns: &[OutputColumn],
    asked: Roles,
) -> Roles {
    let from = |declared: &dyn Fn(&Column) -> bool| -> Vec<String> {
        let origins: BTreeSet<String> = spec
            .datasets
            .values()
            .flat_map(|source| {
                let of = source.columns.iter().filter(|column| declared(column));
                of.map(|column| format!("{}.{}", source.id, column.name))
            })
            .collect();
        let is = |column: &&OutputColumn| {
            dataset.column(&column.name).is_some_and(declared)
                || column.origins.iter().any(|origin| origins.contains(origin))
        };
        columns
            .iter()
            .filter(is)
            .map(|column| column.name.clone())
            .collect()
    };
    let named = |names: Option<&Vec<Spanned<String>>>| -> Vec<String> {
        names
            .into_iter()
            .flatten()
            .map(|name| name.value.clone())
            .collect()
    };
    let first = |lists: Vec<Vec<String>>| {
        lists
            .into_iter()
            .find(|list| !list.is_empty())
            .unwrap_or_default()
    };
    let demand = dataset.anonymity.as_ref();
    if !asked.quasi.is_empty() {
        let subject = asked
            .subject
            .clone()
            .or_else(|| subject(spec, dataset, columns));
        return Roles { subject, ..asked };
    }
    Roles {
        quasi: first(vec![
            named(demand.map(|demand| &demand.quasi)),
            from(&|column| column.quasi),
        ]),
        sensitive: first(vec![
            asked.sensitive,
            named(demand.map(|demand| &demand.sensitive)),
            from(&|column| column.sensitive),
        ]),
        subject: asked.subject.or_else(|| subject(spec, dataset, columns)),
    }
}

/// Insists that people can be told apart by the column that says whom a row is about: sealed, or under random tokens
/// of each row, one person would count as many.
pub(crate) fn nameable(roles: &Roles, columns: &[OutputColumn]) -> Result<(), String> {
    let subject = roles.subject.iter();
    let mut subject = subject.flat_map(|name| columns.iter().filter(move |one| one.name == *name));
    match subject.find(|column| column.stands_for.is_empty() && !column.protections.is_empty()) {
        None => Ok(()),
        Some(column) => Err(format!(
            "people cannot be counted by `{}`, since `{}` does not give one person one value; name a column that does, such as a token, as `subject:`",
            column.name,
            column.protections.join("`, `")
        )),
    }
}

/// The column that says whom a row is about: the dataset's own, or one that of all declared columns comes from the
/// subject of a source alone, in clear or as a stand-in that keeps equality. Where there is none, or they are about
/// different people, k counts rows.
fn subject(spec: &Spec, dataset: &Dataset, columns: &[OutputColumn]) -> Option<String> {
    if let Some(own) = &dataset.subject {
        let found = columns.iter().find(|column| column.name == *own);
        return found.map(|column| column.name.clone());
    }
    let (mut declared, mut subjects) = (BTreeSet::new(), BTreeSet::new());
    for source in spec.datasets.values() {
        let of = |column: &String| format!("{}.{column}", source.id);
        declared.extend(source.columns.iter().map(|column| of(&column.name)));
        subjects.extend(source.subject.as_ref().map(of));
    }
    // What gives one person several names counts too many. Columns that no catalog declares, of datasets that a
    // pipeline wrote, carry the origins that they were made from.
    let named = |column: &OutputColumn| {
        let mut origins = column
            .origins
            .iter()
            .filter(|origin| declared.contains(*origin));
        let (only, None) = (origins.next()?.clone(), origins.next()) else {
            return None;
        };
        let names = subjects.contains(&only) && column.stands_for.contains(&only);
        names.then(|| (column.name.clone(), only))
    };
    let mut found = columns.iter().filter_map(named);
    let (first, of) = found.next()?;
    // Several names of one person are one as good as the other; of two people, neither is whom the row is about.
    found.all(|(_, other)| other == of).then_some(first)
}

/// The bounds of the catalog; none where it has none.
pub(crate) fn bounds(dataset: &Dataset) -> Bounds {
    let Some(asked) = &dataset.anonymity else {
        return Bounds::default();
    };
    Bounds {
        k: asked.k,
        l: asked.l,
        diversity: match asked.l_kind {
            sealine_spec::Diversity::Distinct => Diversity::Distinct,
            sealine_spec::Diversity::Entropy => Diversity::Entropy,
        },
        t: asked.t,
    }
}

/// The columns as the batches have them.
pub(crate) fn schema(columns: &[OutputColumn]) -> Schema {
    let field = |column: &OutputColumn| Field::new(&column.name, column.data_type.clone(), true);
    Schema::new(columns.iter().map(field).collect::<Vec<_>>())
}

fn record(demand: &Demand, measured: &Measured) -> AnonymityRecord {
    let bounds = &demand.bounds;
    AnonymityRecord {
        quasi: demand.roles.quasi.clone(),
        subject: demand.roles.subject.clone(),
        asked: AnonymityBounds {
            k: bounds.k,
            l: bounds.l.map(number),
            l_kind: bounds.l.map(|_| diversity(bounds.diversity).to_owned()),
            t: bounds.t.map(number),
        },
        found: demand.shown.then(|| AnonymityFound {
            counted: measured.counted.name().to_owned(),
            classes: measured.classes(),
            k: measured.k(),
            sensitive: measured
                .sensitive
                .iter()
                .map(|one| SensitiveFound {
                    column: one.column.clone(),
                    distinct_l: one.distinct_l,
                    entropy_l: number(one.entropy_l),
                    t: number(one.t),
                    distance: one.distance.name().to_owned(),
                })
                .collect(),
        }),
    }
}

fn diversity(kind: Diversity) -> &'static str {
    match kind {
        Diversity::Distinct => "distinct",
        Diversity::Entropy => "entropy",
    }
}

/// At most three digits after the point.
fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// One bound that is not met, as an error says it.
fn said(short: &Shortfall, measured: &Measured, shown: bool) -> String {
    let of = short
        .column
        .as_ref()
        .map_or_else(String::new, |column| format!(" of `{column}`"));
    let (metric, bound) = (short.metric.name(), number(short.bound));
    let side = match short.metric {
        Metric::K | Metric::L(_) => "least",
        Metric::T => "most",
    };
    if !shown {
        return format!("{metric}{of} has to be at {side} {bound} and is not");
    }
    let (all, counted) = (measured.members(), measured.counted.name());
    format!(
        "{metric}{of} is {}, at {side} {bound} is asked: {} of {} classes with {} of {all} {counted} do not meet it",
        number(short.found),
        short.classes,
        measured.classes(),
        short.members,
    )
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

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (2.0, "2"),
            (0.3, "0.3"),
            (8_f64.sqrt(), "2.828"),
            (100.0, "100"),
            (0.0, "0"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
