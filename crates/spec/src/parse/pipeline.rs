//! Reads a pipeline file.
//!
//! The SQL stays text here: the plan reads it.

use super::reader::{Fields, Reader};
use super::scalar::quote;
use super::shape;
use super::tree::{Content, Entry, Node};
use crate::diagnostic::Diagnostic;
use crate::model::{Input, Mode, OnError, Output, Pipeline, Step};
use crate::source::{Span, Spanned};

/// Inputs, steps or outputs of one pipeline.
const MOST: usize = 1_000;

impl Reader<'_> {
    /// Reads the tree of a file below `pipelines/`.
    pub(crate) fn pipeline(&mut self, root: &Node) -> Option<Pipeline> {
        let fields = self.fields(root, "pipeline", &shape::PIPELINE)?;
        let start = Span::new(root.span.file, root.span.start, root.span.start);
        self.version(&fields);
        self.description(&fields);
        let name = self
            .require(&fields, "pipeline", start, "customers-daily")
            .and_then(|node| self.text(node, "pipeline"));
        if let Some(name) = &name {
            self.word(name, "a pipeline");
        }
        let runs_as = fields
            .find("runs_as")
            .and_then(|node| self.text(node, "runs_as"));
        if let Some(identity) = &runs_as {
            self.identity(identity);
        }
        let at = name.as_ref().map_or(start, |name| name.span);
        let inputs = self.inputs(&fields, at);
        let steps = self.steps(&fields, at, &inputs);
        let outputs = self.outputs(&fields, at);
        if let (Some(steps), Some(outputs)) = (&steps, &outputs) {
            self.outputs_from(outputs, steps, inputs.as_deref().unwrap_or_default());
        }
        let name = name?;
        let runs_as =
            runs_as.map_or_else(|| format!("svc/{}", name.value), |identity| identity.value);
        let pipeline = Pipeline {
            runs_as,
            inputs: inputs?.into_iter().map(|(_, input)| input).collect(),
            steps: steps?,
            outputs: outputs?,
            span: name.span,
            name: name.value,
        };
        Some(pipeline)
    }

    fn inputs(&mut self, fields: &Fields<'_>, at: Span) -> Option<Vec<(Span, Input)>> {
        let example = "{ customers: crm.customers }";
        let node = self
            .require(fields, "inputs", at, example)
            .filter(|node| self.at_most(node, "inputs", MOST))?;
        let entries = self.mapping(node, "inputs", example)?;
        if entries.is_empty() {
            let help = format!("for example `inputs: {example}`");
            self.error(
                "SL1028",
                node.span,
                "`inputs` is empty".to_owned(),
                "no input",
                help,
            );
        }
        let mut inputs: Vec<(Span, Input)> = Vec::new();
        for entry in entries {
            self.word(&entry.key, "an input");
            self.distinct(
                &entry.key,
                inputs
                    .iter()
                    .map(|(span, input)| (*span, input.alias.as_str(), "an input")),
            );
            let Some(dataset) = self.text(&entry.value, &entry.key) else {
                continue;
            };
            inputs.push((
                entry.key.span,
                Input {
                    alias: entry.key.value.clone(),
                    dataset,
                },
            ));
        }
        (inputs.len() == entries.len()).then_some(inputs)
    }

    fn steps(
        &mut self,
        fields: &Fields<'_>,
        at: Span,
        inputs: &Option<Vec<(Span, Input)>>,
    ) -> Option<Vec<Step>> {
        let example = "{ safe: { sql: \"SELECT …\" } }";
        let node = self
            .require(fields, "steps", at, example)
            .filter(|node| self.at_most(node, "steps", MOST))?;
        let entries = self.mapping(node, "steps", example)?;
        if entries.is_empty() {
            let help = format!("for example `steps: {example}`");
            self.error(
                "SL1028",
                node.span,
                "`steps` is empty".to_owned(),
                "no step",
                help,
            );
        }
        let mut steps: Vec<Step> = Vec::new();
        for entry in entries {
            self.word(&entry.key, "a step");
            let inputs = inputs
                .iter()
                .flatten()
                .map(|(span, input)| (*span, input.alias.as_str(), "an input"));
            let before = steps
                .iter()
                .map(|step| (step.span, step.name.as_str(), "a step"));
            self.distinct(&entry.key, inputs.chain(before));
            if let Some(step) = self.step(entry) {
                steps.push(step);
            }
        }
        (steps.len() == entries.len()).then_some(steps)
    }

    /// SQL folds the case of names, so names that differ in nothing else are one.
    fn distinct<'n>(
        &mut self,
        name: &Spanned<String>,
        others: impl Iterator<Item = (Span, &'n str, &'n str)>,
    ) {
        let mut others = others;
        let Some((span, other, what)) =
            others.find(|(_, other, _)| other.eq_ignore_ascii_case(name))
        else {
            return;
        };
        let message = if other == name.value {
            format!("{} already names {what}", quote(name))
        } else {
            format!(
                "{} and `{other}` are one name in SQL, which does not tell the case",
                quote(name)
            )
        };
        self.out.push(
            Diagnostic::error("SL1040", message)
                .mark(name.span, "named again here")
                .mark(span, "first named here")
                .help("inputs and steps share their names: choose another"),
        );
    }

    fn step(&mut self, entry: &Entry) -> Option<Step> {
        let fields = self.fields(&entry.value, &entry.key, &shape::STEP)?;
        let sql = self
            .require(&fields, "sql", entry.key.span, "\"SELECT …\"")
            .and_then(|node| self.sql(node, "sql"));
        let min_group = fields
            .find("min_group")
            .and_then(|node| self.count32(node, "min_group", 2, 1_000_000_000));
        let on_error = fields.find("on_error").and_then(|node| {
            self.choice(
                node,
                "on_error",
                &OnError::ALL.map(|choice| (choice.name(), choice)),
            )
        });
        Some(Step {
            name: entry.key.value.clone(),
            sql: sql?,
            min_group,
            on_error: on_error.unwrap_or_default(),
            span: entry.key.span,
        })
    }

    fn outputs(&mut self, fields: &Fields<'_>, at: Span) -> Option<Vec<Output>> {
        let example = "[{ from: safe, to: lake.customers }]";
        let node = self
            .require(fields, "outputs", at, example)
            .filter(|node| self.at_most(node, "outputs", MOST))?;
        let Content::Sequence(items) = &node.content else {
            self.wrong(
                node,
                "outputs",
                "a list",
                format!("for example `outputs: {example}`"),
            );
            return None;
        };
        if items.is_empty() {
            let help = format!("for example `outputs: {example}`");
            self.error(
                "SL1028",
                node.span,
                "`outputs` is empty".to_owned(),
                "no output",
                help,
            );
        }
        let outputs: Vec<Output> = items.iter().filter_map(|item| self.output(item)).collect();
        (outputs.len() == items.len()).then_some(outputs)
    }

    fn output(&mut self, node: &Node) -> Option<Output> {
        let fields = self.fields(node, "outputs", &shape::OUTPUT)?;
        let from = self
            .require(&fields, "from", node.span, "safe")
            .and_then(|node| self.text(node, "from"));
        let to = self
            .require(&fields, "to", node.span, "lake.customers")
            .and_then(|node| self.text(node, "to"));
        let mode = match fields.find("mode") {
            Some(node) => self.choice_or_later(
                node,
                "mode",
                &Mode::ALL.map(|mode| (mode.name(), mode)),
                shape::LATER_MODES,
            ),
            None => Some(Mode::Replace),
        };
        Some(Output {
            from: from?,
            to: to?,
            mode: mode?,
            span: node.span,
        })
    }

    /// Outputs come from steps.
    fn outputs_from(&mut self, outputs: &[Output], steps: &[Step], inputs: &[(Span, Input)]) {
        for output in outputs {
            if steps.iter().any(|step| step.name == output.from.value) {
                continue;
            }
            if inputs
                .iter()
                .any(|(_, input)| input.alias == output.from.value)
            {
                let name = &output.from.value;
                let message = format!("`{name}` is an input; an output comes from a step");
                let help = format!(
                    "add a step such as `all: {{ sql: \"SELECT * FROM {name}\" }}` and write `from: all`"
                );
                self.error("SL1037", output.from.span, message, "not a step", help);
                continue;
            }
            let known = steps.iter().map(|step| step.name.as_str());
            self.unknown(
                "SL1037",
                "step",
                &output.from,
                known,
                "an output comes from one of `steps:`",
            );
        }
    }
}
