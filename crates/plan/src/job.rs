//! What a request comes to: inputs, steps and outputs, by name.
//!
//! Invariant: every name in a job was found in the spec.

use std::sync::Arc;

use sealine_label::Level;
use sealine_spec::{
    Dataset, Diagnostic, Files, Mode, OnError, Piece, Pipeline, Span, Spec, SqlText,
};

use crate::error::{Bound, nearest};
use crate::plan::Sink;
use crate::request::Request;

/// One query of a job.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) sql: Arc<SqlText>,
    pub(crate) min_group: Option<u32>,
    pub(crate) on_error: OnError,
}

/// One destination of a job.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    pub(crate) from: String,
    pub(crate) sink: Sink,
    pub(crate) mode: Mode,
    pub(crate) clearance: Level,
    pub(crate) span: Option<Span>,
    /// For the terminal: the most rows, and the columns wanted.
    pub(crate) limit: Option<usize>,
    pub(crate) wanted: Option<Vec<String>>,
}

impl Output {
    /// The columns whose values stand in the names of folders.
    pub(crate) fn partition_by(&self) -> &[String] {
        match &self.sink {
            Sink::Dataset(dataset) => &dataset.partition_by,
            Sink::Terminal => &[],
        }
    }

    /// The lowest clearance of whoever sees something of it: everyone sees the names of folders.
    pub(crate) fn lowest(&self) -> Level {
        match self.partition_by() {
            [] => self.clearance,
            _ => Level::bottom(),
        }
    }
}

/// A request, resolved.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) pipeline: String,
    pub(crate) runs_as: String,
    pub(crate) inputs: Vec<(String, Arc<Dataset>)>,
    pub(crate) steps: Vec<Step>,
    pub(crate) outputs: Vec<Output>,
}

/// Resolves a request.
pub(crate) fn resolve(files: &Files, spec: &Spec, request: &Request) -> Bound<Job> {
    match request {
        Request::Pipeline(name) => {
            let pipeline = pipeline(spec, name)?;
            let mut job = of_pipeline(spec, pipeline)?;
            let steps = &mut job.steps;
            job.outputs = pipeline
                .outputs
                .iter()
                .map(|output| {
                    let dataset = dataset(spec, &output.to)?;
                    let from = protected(steps, &output.from.value, &dataset);
                    Ok(Output {
                        from,
                        clearance: dataset.clearance,
                        sink: Sink::Dataset(dataset),
                        mode: output.mode,
                        span: Some(output.span),
                        limit: None,
                        wanted: None,
                    })
                })
                .collect::<Bound<_>>()?;
            Ok(job)
        }
        Request::Preview {
            pipeline: name,
            step,
            limit,
        } => {
            let pipeline = pipeline(spec, name)?;
            let from = match step {
                Some(step) => step.clone(),
                None => pipeline
                    .outputs
                    .first()
                    .map(|output| output.from.value.clone())
                    .or_else(|| pipeline.steps.last().map(|step| step.name.clone()))
                    .unwrap_or_default(),
            };
            if pipeline.step(&from).is_none() {
                let known: Vec<String> = pipeline
                    .steps
                    .iter()
                    .map(|step| step.name.clone())
                    .collect();
                return Err(unknown("step", &from, &known, Some(pipeline.span)));
            }
            Ok(Job {
                outputs: vec![terminal(spec, from, *limit, None)],
                ..of_pipeline(spec, pipeline)?
            })
        }
        Request::Read {
            dataset: id,
            columns,
            limit,
        } => {
            let dataset = dataset(spec, id)?;
            Ok(Job {
                pipeline: "read".to_owned(),
                runs_as: String::new(),
                inputs: vec![(id.clone(), dataset)],
                steps: Vec::new(),
                outputs: vec![terminal(spec, id.clone(), *limit, columns.clone())],
            })
        }
        Request::Reveal {
            dataset: id,
            columns,
            opened,
            limit,
            ..
        } => {
            let dataset = dataset(spec, id)?;
            let wanted = columns.clone().map(|mut wanted| {
                for one in opened {
                    wanted.push(one.column.clone());
                    wanted.extend(one.beside.iter().cloned());
                }
                wanted
            });
            Ok(Job {
                pipeline: "reveal".to_owned(),
                runs_as: String::new(),
                inputs: vec![(id.clone(), dataset)],
                steps: Vec::new(),
                outputs: vec![terminal(spec, id.clone(), *limit, wanted)],
            })
        }
        Request::Verdict { sql, to, min_group } => {
            let to = dataset(spec, to)?;
            // Spans point into the query where the caller has added it to the files.
            let known = files
                .iter()
                .find(|(_, _, text)| text == sql)
                .map(|(id, _, _)| id);
            let file = known.unwrap_or_else(|| files.clone().insert("verdict.sql", sql.as_str()));
            let end = u32::try_from(sql.len()).unwrap_or(u32::MAX);
            let step = Step {
                name: "verdict".to_owned(),
                sql: Arc::new(SqlText::plain(sql.as_str(), Span::new(file, 0, end))),
                min_group: *min_group,
                on_error: OnError::Total,
            };
            let output = Output {
                from: "verdict".to_owned(),
                clearance: to.clearance,
                sink: Sink::Dataset(to),
                mode: Mode::Replace,
                span: None,
                limit: None,
                wanted: None,
            };
            Ok(Job {
                pipeline: "verdict".to_owned(),
                runs_as: "svc/verdict".to_owned(),
                inputs: spec
                    .datasets
                    .iter()
                    .map(|(id, dataset)| (id.clone(), Arc::clone(dataset)))
                    .collect(),
                steps: vec![step],
                outputs: vec![output],
            })
        }
    }
}

/// The step whose rows arrive at `dataset`: what the owner declares under `protect:` is one more
/// step behind the pipeline's own, proved and run like every other.
fn protected(steps: &mut Vec<Step>, from: &str, dataset: &Dataset) -> String {
    let [(first, _), ..] = dataset.protect.as_slice() else {
        return from.to_owned();
    };
    let name = format!("{from} to {}", dataset.id);
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let mut texts = vec![String::from("SELECT * REPLACE (")];
    for (index, (column, _)) in dataset.protect.iter().enumerate() {
        let last = index + 1 == dataset.protect.len();
        // A comment at the end of an expression ends with its line.
        texts.push(format!(
            "\n AS {}{}",
            quoted(&column.value),
            if last { ")" } else { ", " }
        ));
    }
    let mut pieces = Vec::new();
    let mut texts = texts.iter().map(|text| Piece::Text(text));
    pieces.extend(texts.next());
    for ((_, sql), text) in dataset.protect.iter().zip(texts) {
        pieces.extend([Piece::Sql(sql), text]);
    }
    let end = format!("\nFROM {}", quoted(from));
    pieces.push(Piece::Text(&end));
    let sql = SqlText::assembled(&pieces, first.span);
    if steps.iter().all(|step| step.name != name) {
        steps.push(Step {
            name: name.clone(),
            sql: Arc::new(sql),
            min_group: None,
            on_error: OnError::Total,
        });
    }
    name
}

fn of_pipeline(spec: &Spec, pipeline: &Pipeline) -> Bound<Job> {
    let inputs = pipeline
        .inputs
        .iter()
        .map(|input| Ok((input.alias.clone(), dataset(spec, &input.dataset)?)))
        .collect::<Bound<_>>()?;
    let steps = pipeline.steps.iter().map(|step| Step {
        name: step.name.clone(),
        sql: Arc::new(step.sql.clone()),
        min_group: step.min_group,
        on_error: step.on_error,
    });
    Ok(Job {
        pipeline: pipeline.name.clone(),
        runs_as: pipeline.runs_as.clone(),
        inputs,
        steps: steps.collect(),
        outputs: Vec::new(),
    })
}

fn terminal(spec: &Spec, from: String, limit: usize, wanted: Option<Vec<String>>) -> Output {
    Output {
        from,
        sink: Sink::Terminal,
        mode: Mode::Replace,
        clearance: spec.project.operator_clearance,
        span: None,
        limit: Some(limit),
        wanted,
    }
}

fn pipeline<'s>(spec: &'s Spec, name: &str) -> Bound<&'s Arc<Pipeline>> {
    let known: Vec<String> = spec.pipelines.keys().cloned().collect();
    spec.pipelines
        .get(name)
        .ok_or_else(|| unknown("pipeline", name, &known, None))
}

fn dataset(spec: &Spec, id: &str) -> Bound<Arc<Dataset>> {
    let known: Vec<String> = spec.datasets.keys().cloned().collect();
    spec.datasets
        .get(id)
        .cloned()
        .ok_or_else(|| unknown("dataset", id, &known, None))
}

pub(crate) fn unknown(
    kind: &str,
    name: &str,
    known: &[String],
    span: Option<Span>,
) -> Box<Diagnostic> {
    let mut said = Diagnostic::error("SL2013", format!("no {kind} is named `{name}`"));
    if let Some(span) = span {
        said = said.mark(span, "in here");
    }
    said = match nearest(name, known) {
        Some(near) => said.help(format!("did you mean `{near}`?")),
        None if known.is_empty() => said.help(format!("this project has no {kind} yet")),
        None => {
            let some: Vec<String> = known
                .iter()
                .take(20)
                .map(|name| format!("`{name}`"))
                .collect();
            said.help(format!("there are {}", some.join(", ")))
        }
    };
    Box::new(said)
}
