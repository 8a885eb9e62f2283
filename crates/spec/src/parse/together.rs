//! What the files say together: names that cross them, and duties that follow from use.
//!
//! A file that could not be read may hold what is missing elsewhere; then nothing is called
//! unknown that it could have declared.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::catalog::Draughted;
use super::project::Draft;
use super::reader::Reader;
use super::scalar::quote;
use super::{append, loops, partitions, places};
use crate::diagnostic::Diagnostic;
use crate::model::{
    Compression, CsvOptions, Format, Formulas, Limit, Location, Pipeline, is_pattern,
};
use crate::source::{Span, Spanned};

/// Everything that was read.
pub(crate) struct Together<'a> {
    pub(crate) project: &'a Draft,
    pub(crate) datasets: &'a [Draughted],
    pub(crate) pipelines: &'a [Pipeline],
    /// Every file below `catalog/` could be read.
    pub(crate) catalog_complete: bool,
    /// Every file below `pipelines/` could be read.
    pub(crate) pipelines_complete: bool,
}

/// Who writes a dataset.
#[derive(Copy, Clone)]
struct Writer<'a> {
    /// Where that is said.
    span: Span,
    /// The dataset whose rejects it takes; `None` for a pipeline's output.
    rejects_of: Option<&'a Draughted>,
}

impl Together<'_> {
    /// Checks all of it and gives the ids of the datasets that a run writes.
    pub(crate) fn check(&self, reader: &mut Reader<'_>) -> BTreeSet<String> {
        let known = self.unique_datasets(reader);
        self.unique_pipelines(reader);
        let mut writers: BTreeMap<&str, Writer<'_>> = BTreeMap::new();
        self.rejects(reader, &known, &mut writers);
        self.outputs(reader, &known, &mut writers);
        self.inputs(reader, &known, &writers);
        for (id, writer) in &writers {
            if let Some(read) = known.get(id) {
                written(reader, self.project, read, *writer);
            }
        }
        for read in self.datasets {
            self.at_rest(reader, read, &writers);
        }
        places::check(reader, self.project, self.datasets, |id| {
            writers.contains_key(id)
        });
        loops::check(reader, self.pipelines);
        append::check(reader, &known, self.pipelines);
        self.waived(reader, |id| {
            let writer = writers.get(id);
            writer.is_some_and(|writer| writer.rejects_of.is_none())
        });
        // What seems unused next to an error is most often a part of it.
        if !reader.out.has_errors() {
            self.unwatched(reader, &writers);
            self.pipelines
                .iter()
                .for_each(|pipeline| unused(reader, pipeline));
        }
        writers.keys().map(|id| (*id).to_owned()).collect()
    }

    /// Anonymity is checked where a pipeline writes, and nowhere else.
    fn unwatched(&self, reader: &mut Reader<'_>, writers: &BTreeMap<&str, Writer<'_>>) {
        if !self.pipelines_complete {
            return;
        }
        for dataset in self.datasets.iter().map(|read| &read.dataset) {
            let Some(anonymity) = &dataset.anonymity else {
                continue;
            };
            let writer = writers.get(dataset.id.as_str());
            if writer.is_none_or(|writer| writer.rejects_of.is_some()) {
                let message = format!("nothing checks the `anonymity` of `{}`", dataset.id);
                reader.out.push(
                    Diagnostic::warning("SL1057", message)
                        .mark(
                            anonymity.span,
                            "no pipeline writes this dataset as its output",
                        )
                        .help("put it at the dataset that a pipeline writes, or remove it"),
                );
            }
        }
    }

    fn unique_datasets(&self, reader: &mut Reader<'_>) -> BTreeMap<&str, &Draughted> {
        let mut known: BTreeMap<&str, &Draughted> = BTreeMap::new();
        let mut folded: HashMap<String, (&str, Span)> = HashMap::new();
        for read in self.datasets {
            let (id, span) = (read.dataset.id.as_str(), read.dataset.span);
            match folded.get(&id.to_ascii_lowercase()) {
                Some((other, first)) => reader.out.push(twice("dataset", id, other, span, *first)),
                None => {
                    folded.insert(id.to_ascii_lowercase(), (id, span));
                    known.insert(id, read);
                }
            }
        }
        known
    }

    fn unique_pipelines(&self, reader: &mut Reader<'_>) {
        let mut seen: HashMap<String, (&str, Span)> = HashMap::new();
        for pipeline in self.pipelines {
            let (name, span) = (pipeline.name.as_str(), pipeline.span);
            match seen.get(&name.to_ascii_lowercase()) {
                Some((other, first)) => reader
                    .out
                    .push(twice("pipeline", name, other, span, *first)),
                None => {
                    seen.insert(name.to_ascii_lowercase(), (name, span));
                }
            }
        }
    }

    /// The dataset, or an error where it cannot be known elsewhere.
    fn resolve<'k>(
        &self,
        reader: &mut Reader<'_>,
        known: &BTreeMap<&str, &'k Draughted>,
        name: &Spanned<String>,
    ) -> Option<&'k Draughted> {
        let found = known.get(name.as_str()).copied();
        if found.is_none() && self.catalog_complete {
            let declare = "datasets are declared in the files below `catalog/`";
            reader.unknown("SL1036", "dataset", name, known.keys().copied(), declare);
        }
        found
    }

    fn rejects<'a>(
        &'a self,
        reader: &mut Reader<'_>,
        known: &BTreeMap<&str, &'a Draughted>,
        writers: &mut BTreeMap<&'a str, Writer<'a>>,
    ) {
        for read in self.datasets {
            let dataset = &read.dataset;
            let Some(name) = &dataset.rejects else {
                if matches!(dataset.max_rejects, Some(limit) if limit != Limit::Rows(0)) {
                    let message = format!(
                        "`{}` accepts rejected rows and keeps them nowhere",
                        dataset.id
                    );
                    reader.out.push(
                        Diagnostic::warning("SL1068", message)
                            .mark(dataset.span, "has `max_rejects`, and no `rejects`")
                            .help("add `rejects: quarantine.NAME`, a dataset that takes the rows, sealed"),
                    );
                }
                continue;
            };
            let Some(target) = self.resolve(reader, known, name) else {
                continue;
            };
            let problem = if target.dataset.id == dataset.id {
                Some(format!("`{}` cannot take its own rejects", dataset.id))
            } else if target.dataset.rejects.is_some() {
                Some(format!(
                    "`{}` takes rejects, so it cannot have `rejects` itself",
                    target.dataset.id
                ))
            } else {
                let other = writers
                    .get(target.dataset.id.as_str())
                    .and_then(|writer| writer.rejects_of);
                other.map(|other| {
                    format!(
                        "`{}` already takes the rejects of `{}`",
                        target.dataset.id, other.dataset.id
                    )
                })
            };
            if let Some(message) = problem {
                let help = "every dataset keeps its rejected rows in a dataset of its own, since their columns differ";
                reader.error(
                    "SL1064",
                    name.span,
                    message,
                    "cannot be used for rejects",
                    help,
                );
                continue;
            }
            writers.insert(
                &target.dataset.id,
                Writer {
                    span: name.span,
                    rejects_of: Some(read),
                },
            );
            self.rejects_clearance(reader, read, target, name);
        }
    }

    /// Rejected rows are the raw rows: they need the highest level of the columns.
    fn rejects_clearance(
        &self,
        reader: &mut Reader<'_>,
        read: &Draughted,
        target: &Draughted,
        name: &Spanned<String>,
    ) {
        let Some(levels) = &self.project.levels else {
            return;
        };
        if read.broken || target.broken {
            return;
        }
        let top = read
            .dataset
            .columns
            .iter()
            .max_by_key(|column| column.level);
        let Some(top) = top.filter(|top| top.level > target.dataset.clearance) else {
            return;
        };
        let (wanted, found) = (
            levels.name(top.level),
            levels.name(target.dataset.clearance),
        );
        let message = format!(
            "`{}` takes whole rows, with `{}` in them, and is cleared for `{found}` only",
            target.dataset.id, top.name
        );
        reader.out.push(
            Diagnostic::error("SL1065", message)
                .mark(target.dataset.span, format!("cleared for `{found}`"))
                .mark(name.span, "takes the rejects here")
                .mark(top.span, format!("this column is `{wanted}`"))
                .help(format!(
                    "write `clearance: {wanted}` for `{}`",
                    target.dataset.id
                )),
        );
    }

    fn outputs<'a>(
        &'a self,
        reader: &mut Reader<'_>,
        known: &BTreeMap<&str, &'a Draughted>,
        writers: &mut BTreeMap<&'a str, Writer<'a>>,
    ) {
        for pipeline in self.pipelines {
            let mut written: HashMap<&str, Span> = HashMap::new();
            for output in &pipeline.outputs {
                let id = output.to.as_str();
                let Some(target) = self.resolve(reader, known, &output.to) else {
                    continue;
                };
                if let Some(first) = written.insert(id, output.to.span) {
                    reader.out.push(
                        Diagnostic::error("SL1070", format!("two outputs write `{id}`"))
                            .mark(output.to.span, "written again here")
                            .mark(first, "first written here")
                            .help(
                                "write each dataset once: join the rows in a step with `UNION ALL`",
                            ),
                    );
                }
                if let Some(input) = pipeline
                    .inputs
                    .iter()
                    .find(|input| input.dataset.value == id)
                {
                    reader.out.push(
                        Diagnostic::error(
                            "SL1071",
                            format!("the pipeline reads `{id}` and writes it"),
                        )
                        .mark(output.to.span, "written here")
                        .mark(input.dataset.span, "read here")
                        .help(
                            "write to another dataset: a run would change what it is still reading",
                        ),
                    );
                }
                let rejects_of = writers.get(id).and_then(|writer| writer.rejects_of);
                if let Some(source) = rejects_of {
                    let message = format!(
                        "`{id}` takes the rejects of `{}`; no pipeline writes it",
                        source.dataset.id
                    );
                    let help = "declare another dataset for this output";
                    reader.error("SL1074", output.to.span, message, "takes rejects", help);
                    continue;
                }
                writers.entry(&target.dataset.id).or_insert(Writer {
                    span: output.to.span,
                    rejects_of: None,
                });
            }
        }
    }

    fn inputs(
        &self,
        reader: &mut Reader<'_>,
        known: &BTreeMap<&str, &Draughted>,
        writers: &BTreeMap<&str, Writer<'_>>,
    ) {
        let mut told = HashSet::new();
        for input in self.pipelines.iter().flat_map(|pipeline| &pipeline.inputs) {
            let Some(read) = self.resolve(reader, known, &input.dataset) else {
                continue;
            };
            let dataset = &read.dataset;
            let typed = dataset.declares_columns || read.given("view");
            if typed || writers.contains_key(dataset.id.as_str()) || !self.pipelines_complete {
                continue;
            }
            if told.insert(dataset.id.as_str()) {
                reader.out.push(
                    Diagnostic::error("SL1061", format!("`{}` is read, and its columns are not declared", dataset.id))
                        .mark(dataset.span, "has no `columns`")
                        .mark(input.dataset.span, "read here")
                        .help("add `columns:`; `sealine init --from FILE` proposes them for a file")
                        .note("only views, and datasets that a pipeline of the project writes, may go without"),
                );
            }
        }
    }

    /// What is cleared for the highest level is encrypted at rest, written or not.
    fn at_rest(
        &self,
        reader: &mut Reader<'_>,
        read: &Draughted,
        writers: &BTreeMap<&str, Writer<'_>>,
    ) {
        let dataset = &read.dataset;
        let Some(levels) = &self.project.levels else {
            return;
        };
        let highest = dataset.clearance_declared && dataset.clearance == levels.highest();
        if highest
            && !read.given("encrypt")
            && !read.given("view")
            && !writers.contains_key(dataset.id.as_str())
        {
            let message = format!(
                "`{}` is cleared for the highest level and not encrypted",
                dataset.id
            );
            let help = "add `encrypt: { key: NAME }`, with a key whose purpose is `file`";
            reader.error("SL1066", dataset.span, message, "needs `encrypt`", help);
        }
    }
}

fn twice(what: &str, name: &str, other: &str, span: Span, first: Span) -> Diagnostic {
    if name == other {
        return Diagnostic::error(
            "SL1039",
            format!("the {what} {} is declared twice", quote(name)),
        )
        .mark(span, "declared again here")
        .mark(first, "first declared here")
        .help("keep one of them, or rename one");
    }
    let message = format!(
        "the {what}s {} and {} differ in case only",
        quote(name),
        quote(other)
    );
    Diagnostic::error("SL1040", message)
        .mark(span, "this name")
        .mark(first, "and this one")
        .help("SQL and some file systems do not tell the case: rename one")
}

/// What a run writes is encrypted Parquet or, where the clearance does not demand encryption, a
/// folder of files in clear. Rejects are as secret as their source and always sealed.
fn written(reader: &mut Reader<'_>, project: &Draft, read: &Draughted, writer: Writer<'_>) {
    let dataset = &read.dataset;
    let id = &dataset.id;
    if read.given("view") {
        reader.out.push(
            Diagnostic::error("SL1067", format!("`{id}` is a view; it cannot be written"))
                .mark(writer.span, "written here")
                .mark(dataset.span, "a view")
                .help("write to a dataset that has a place (`at`)"),
        );
        return;
    }
    let sealed = read.given("encrypt");
    if let Some(at) = &dataset.at
        && at.format != Format::Parquet
    {
        let name = at.format.name();
        if sealed || writer.rejects_of.is_some() {
            reader.out.push(
                Diagnostic::error(
                    "SL1063",
                    format!("`{id}` is written, and its format is `{name}`"),
                )
                .mark(at.span, "this format cannot be encrypted")
                .mark(writer.span, "written here")
                .help("write `format: parquet`: it alone can be encrypted, and rejects always are"),
            );
            return;
        }
        let highest = project.levels.as_ref().map(|levels| levels.highest());
        if highest == Some(dataset.clearance) {
            reader.out.push(
                Diagnostic::error(
                    "SL1066",
                    format!(
                        "`{id}` is cleared for the highest level, and `{name}` cannot be encrypted"
                    ),
                )
                .mark(at.span, "this format cannot be encrypted")
                .mark(dataset.span, "cleared for the highest level")
                .help(
                    "write `format: parquet` and `encrypt: { key: NAME }`, or lower the clearance",
                ),
            );
            return;
        }
        if let Some(levels) = &project.levels
            && dataset.clearance > project.operator_clearance.unwrap_or(levels.lowest())
        {
            let found = levels.name(dataset.clearance);
            reader.out.push(
                Diagnostic::error(
                    "SL1080",
                    format!("`{id}` is written in clear, and cleared for more than an operator may see"),
                )
                .mark(dataset.span, format!("cleared for `{found}`"))
                .mark(writer.span, "written here")
                .help(format!("set `operator_clearance: {found}` in `sealine.yaml`, lower the clearance, or write encrypted Parquet"))
                .note("the receipt names the digest of every file; of a small file in clear it confirms a guess"),
            );
        }
        in_clear(reader, id, at, writer);
    } else if !sealed {
        reader.out.push(
            Diagnostic::error("SL1062", format!("`{id}` is written, and has no `encrypt`"))
                .mark(dataset.span, "needs `encrypt`")
                .mark(writer.span, "written here")
                .help("add `encrypt: { key: NAME }`, with a key whose purpose is `file`")
                .note("Parquet outputs and rejects are always encrypted; below the highest level an output may be `csv`, `jsonl` or `arrow` in clear"),
        );
    } else if let Some(encrypt) = dataset.encrypt.as_ref().filter(|encrypt| !encrypt.bound) {
        reader.out.push(
            Diagnostic::error("SL1081", format!("`{id}` is written, and `bound: false`"))
                .mark(encrypt.key.span, "files of another tool")
                .mark(writer.span, "written here")
                .help("remove `bound: false`: what Sealine writes is bound to its dataset and file name; read files of other tools as a dataset of their own"),
        );
    }
    if let Some(at) = dataset.at.as_ref().filter(|at| is_pattern(&at.path)) {
        reader.out.push(
            Diagnostic::error(
                "SL1080",
                format!("`{id}` is written, and its `path` is a pattern"),
            )
            .mark(at.span, "cannot be written")
            .mark(writer.span, "written here")
            .help("name one folder: a pattern can only be read"),
        );
        return;
    }
    partitions::check(reader, read, writer.span, writer.rejects_of.is_some());
}

/// What is written in clear has one form, so that it reads back as it was written.
fn in_clear(reader: &mut Reader<'_>, id: &str, at: &Location, writer: Writer<'_>) {
    let ending = match at.format {
        Format::Csv(_) => ".csv",
        Format::Jsonl => ".jsonl",
        Format::Arrow => ".arrow",
        Format::Parquet => ".parquet",
    };
    // A file in clear is replaced where its name tells whose it is; a text that no file of a project has (those
    // leave hidden names out) is written with once.
    let stem = at.path.strip_suffix(ending).unwrap_or_default();
    let hidden = reader.files.path(at.span.file).contains("/.");
    let file = stem.ends_with(".sealine") || hidden && !stem.is_empty();
    let problem = if !at.path.ends_with('/') && !file {
        Some((
            "its `path` is no folder",
            "end the path with `/`: a run writes a folder of part files; or with `.sealine.csv` (`.jsonl`, `.arrow`), for one file",
        ))
    } else if at.compression.is_some_and(|kind| kind != Compression::None) {
        Some((
            "its files are compressed",
            "remove `compression`: text is written as it is in this version",
        ))
    } else if let Format::Csv(options) = &at.format
        && *options
            != (CsvOptions {
                formulas: options.formulas,
                ..CsvOptions::default()
            })
    {
        Some((
            "its CSV has options of its own",
            "remove `delimiter`, `header` and `null`: what a run writes is RFC 4180 with a header",
        ))
    } else if let Format::Csv(options) = &at.format
        && options.formulas == Some(Formulas::Kept)
    {
        Some((
            "it would keep formulas",
            "remove `formulas: kept`: a text such as `=cmd()` would run in the spreadsheet that opens it",
        ))
    } else {
        None
    };
    if let Some((problem, help)) = problem {
        reader.out.push(
            Diagnostic::error("SL1080", format!("`{id}` is written, and {problem}"))
                .mark(at.span, "cannot be written")
                .mark(writer.span, "written here")
                .help(help),
        );
    }
}

/// Warns of inputs and steps that nothing uses.
fn unused(reader: &mut Reader<'_>, pipeline: &Pipeline) {
    let words: HashSet<String> = pipeline
        .steps
        .iter()
        .flat_map(|step| words(&step.sql.text))
        .collect();
    let named = |name: &str| self::words(name).all(|word| words.contains(&word));
    for input in &pipeline.inputs {
        if !named(&input.alias) && !named(&input.dataset) {
            let message = format!("the input `{}` is not used", input.alias);
            let found =
                Diagnostic::warning("SL1073", message).mark(input.dataset.span, "no step names it");
            reader
                .out
                .push(found.help("remove it: a pipeline should read what it needs and no more"));
        }
    }
    for step in &pipeline.steps {
        let is_output = pipeline
            .outputs
            .iter()
            .any(|output| output.from.value == step.name);
        if !is_output && !named(&step.name) {
            let message = format!("the step `{}` is not used", step.name);
            let found = Diagnostic::warning("SL1076", message)
                .mark(step.span, "no step or output names it");
            reader
                .out
                .push(found.help("remove it, or write its rows with `outputs:`"));
        }
    }
}

/// The words of a query, in lower case.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}
