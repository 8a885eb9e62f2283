//! Reads a file of the catalogue: datasets, where they live and who may see them.
//!
//! What one dataset says is checked here; what several say together, in `together`.

use super::project::Draft;
use super::reader::{Fields, Reader};
use super::scalar;
use super::scalar::quote;
use super::shape;
use super::tree::{Content, Entry, Node};
use crate::SqlText;
use crate::diagnostic::Diagnostic;
use crate::model::{
    Column, Compression, CsvOptions, Dataset, Encrypt, Format, Formulas, Limit, Location, Purpose,
    is_pattern,
};
use crate::source::Spanned;

/// A dataset as far as it could be read.
pub(crate) struct Draughted {
    pub(crate) dataset: Dataset,
    /// Something in it was an error: what rests on it stays unchecked.
    pub(crate) broken: bool,
    given: Vec<String>,
}

impl Draughted {
    /// Whether the key was written, well or not.
    pub(crate) fn given(&self, key: &str) -> bool {
        self.given.iter().any(|given| given == key)
    }
}

impl Reader<'_> {
    /// Reads the tree of a file below `catalog/`.
    ///
    /// `sound` says that the YAML itself was without mistakes; `None` that datasets are missing.
    pub(crate) fn catalog(
        &mut self,
        root: &Node,
        project: &Draft,
        sound: bool,
    ) -> Option<Vec<Draughted>> {
        let fields = self.fields(root, "catalog", &shape::CATALOG)?;
        self.version(&fields);
        let example = "{ crm.customers: { … } }";
        let start = crate::source::Span::new(root.span.file, root.span.start, root.span.start);
        let node = self.require(&fields, "datasets", start, example)?;
        let entries = self.mapping(node, "datasets", example)?;
        let mut datasets = Vec::new();
        for entry in entries {
            let before = self.out.count_errors();
            let dataset = self.dataset(entry, project, sound);
            let broken = !sound || self.out.count_errors() > before;
            let given = match &entry.value.content {
                Content::Mapping(fields) => {
                    fields.iter().map(|field| field.key.value.clone()).collect()
                }
                _ => Vec::new(),
            };
            datasets.push(Draughted {
                dataset,
                broken,
                given,
            });
        }
        Some(datasets)
    }

    fn dataset(&mut self, entry: &Entry, project: &Draft, sound: bool) -> Dataset {
        let lowest = project
            .levels
            .as_ref()
            .map_or_else(sealine_label::Level::bottom, sealine_label::Levels::lowest);
        let mut dataset = Dataset {
            id: entry.key.value.clone(),
            at: None,
            primary_key: Vec::new(),
            subject: None,
            columns: Vec::new(),
            declares_columns: false,
            rejects: None,
            max_rejects: None,
            rows: None,
            freshness: None,
            expect: Vec::new(),
            clearance: lowest,
            clearance_declared: false,
            encrypt: None,
            protect: Vec::new(),
            anonymity: None,
            view: None,
            partition_by: Vec::new(),
            span: entry.key.span,
        };
        self.dataset_id(&entry.key);
        let Some(fields) = self.fields(&entry.value, &entry.key, &shape::DATASET) else {
            return dataset;
        };
        self.description(&fields);
        self.one_place(entry, &fields);
        dataset.at = fields
            .find("at")
            .and_then(|node| self.location(node, project));
        dataset.view = fields.find("view").and_then(|node| self.sql(node, "view"));
        if let Some(node) = fields.find("columns") {
            dataset.declares_columns = true;
            dataset.columns = self.columns(node, project);
        }
        dataset.encrypt = fields
            .find("encrypt")
            .and_then(|node| self.encrypt(node, project));
        self.named_columns(&fields, &mut dataset, sound);
        dataset.rejects = fields
            .find("rejects")
            .and_then(|node| self.text(node, "rejects"));
        dataset.max_rejects = fields.find("max_rejects").and_then(|node| self.limit(node));
        dataset.rows = fields.find("rows").and_then(|node| self.row_count(node));
        dataset.freshness = fields
            .find("freshness")
            .and_then(|node| self.freshness(node, &dataset, sound));
        if let Some(node) = fields.find("expect") {
            dataset.expect = self.expectations(node);
        }
        if let Some(node) = fields.find("clearance") {
            dataset.clearance_declared = true;
            dataset.clearance = self
                .level(node, "clearance", project.levels.as_ref())
                .unwrap_or(lowest);
        }
        if let Some(field) = fields.entry("protect") {
            dataset.protect = self.protect(field);
        }
        dataset.anonymity = fields
            .find("anonymity")
            .and_then(|node| self.anonymity(node, &dataset, sound));
        dataset
    }

    /// `protect:`, an expression for each column.
    fn protect(&mut self, field: &Entry) -> Vec<(Spanned<String>, SqlText)> {
        let Some(entries) = self.mapping(
            &field.value,
            "protect",
            "{ email: \"tokenize(email, 'crm')\" }",
        ) else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for entry in entries {
            if let Some(sql) = self.sql(&entry.value, &entry.key.value) {
                all.push((entry.key.clone(), sql));
            }
        }
        all
    }

    /// A dataset lives somewhere or is a view.
    fn one_place(&mut self, entry: &Entry, fields: &Fields<'_>) {
        let id = &entry.key.value;
        match (fields.entry("at"), fields.entry("view")) {
            (Some(at), Some(view)) => self.out.push(
                Diagnostic::error(
                    "SL1060",
                    format!("`{id}` is a view and has a place of its own"),
                )
                .mark(view.key.span, "a view is computed")
                .mark(at.key.span, "and lives nowhere")
                .help("keep one of `at` and `view`"),
            ),
            (None, None) => {
                let message = format!("`{id}` has no place: neither `at` nor `view`");
                let help = "add `at: { connection: files, path: name.csv, format: csv }`, or `view: \"SELECT …\"`";
                self.error("SL1060", entry.key.span, message, "this dataset", help);
            }
            (None, Some(_)) => {
                let unfit = [
                    "columns",
                    "primary_key",
                    "subject",
                    "rejects",
                    "max_rejects",
                    "rows",
                    "freshness",
                    "expect",
                    "clearance",
                    "encrypt",
                    "protect",
                    "partition_by",
                    "anonymity",
                ];
                for field in unfit.into_iter().filter_map(|key| fields.entry(key)) {
                    let message = format!("a view has no `{}`", field.key.value);
                    let help =
                        "remove the key: a view takes columns, labels and rows from its query";
                    self.error(
                        "SL1060",
                        field.key.span,
                        message,
                        "does not fit a view",
                        help,
                    );
                }
            }
            (Some(_), None) => {}
        }
    }

    fn location(&mut self, node: &Node, project: &Draft) -> Option<Location> {
        let fields = self.fields(node, "at", &shape::LOCATION)?;
        let connection = self.require(&fields, "connection", node.span, "files");
        let connection = connection.and_then(|node| self.text(node, "connection"));
        if let (Some(name), Some(known)) = (&connection, &project.connections)
            && !known.contains_key(&name.value)
        {
            let declare = "declare it under `connections:` of `sealine.yaml`";
            self.unknown(
                "SL1033",
                "connection",
                name,
                known.keys().map(String::as_str),
                declare,
            );
        }
        let remote = fields.find("path").is_none() && has(node, &["table", "topic"]);
        let path = if remote {
            None
        } else {
            self.require(&fields, "path", node.span, "name.csv")
        };
        let path = path
            .and_then(|node| self.text(node, "path"))
            .and_then(|path| self.inner_path(&path));
        let format = if remote {
            None
        } else {
            self.require(&fields, "format", node.span, "csv")
        };
        let known = [
            ("csv", Format::Csv as fn(CsvOptions) -> Format),
            ("jsonl", |_| Format::Jsonl),
            ("arrow", |_| Format::Arrow),
            ("parquet", |_| Format::Parquet),
        ];
        let format = format
            .and_then(|node| self.choice_or_later(node, "format", &known, shape::LATER_FORMATS))?;
        let format = format(CsvOptions::default());
        let text = matches!(format, Format::Csv(_) | Format::Jsonl);
        let format = match format {
            Format::Csv(_) => Format::Csv(self.csv(&fields)),
            other => {
                let keys = ["delimiter", "header", "null", "formulas"];
                self.unfit(&fields, &keys, "how CSV is read", &other);
                other
            }
        };
        let compression = if text {
            let known = Compression::ALL.map(|compression| (compression.name(), compression));
            fields
                .find("compression")
                .and_then(|node| self.choice(node, "compression", &known))
        } else {
            self.unfit(&fields, &["compression"], "how text is compressed", &format);
            None
        };
        Some(Location {
            connection: connection?.value,
            path: path?,
            format,
            compression,
            span: node.span,
        })
    }

    /// Keys that say something about another format.
    fn unfit(&mut self, fields: &Fields<'_>, keys: &[&str], what: &str, format: &Format) {
        for field in keys.iter().filter_map(|key| fields.entry(key)) {
            let message = format!(
                "`{}` says {what}; this is `{}`",
                field.key.value,
                format.name()
            );
            let help = "remove the key";
            self.error(
                "SL1050",
                field.key.span,
                message,
                "does not fit the format",
                help,
            );
        }
    }

    fn csv(&mut self, fields: &Fields<'_>) -> CsvOptions {
        let absent = CsvOptions::default();
        let delimiter = fields
            .find("delimiter")
            .and_then(|node| self.delimiter(node));
        let header = self.flag(fields, "header", absent.header);
        let null = fields.find("null").and_then(|node| self.null_texts(node));
        let known = Formulas::ALL.map(|formulas| (formulas.name(), formulas));
        let formulas = fields
            .find("formulas")
            .and_then(|node| self.choice(node, "formulas", &known));
        CsvOptions {
            delimiter: delimiter.unwrap_or(absent.delimiter),
            header,
            null: null.unwrap_or(absent.null),
            formulas,
        }
    }

    fn delimiter(&mut self, node: &Node) -> Option<u8> {
        let text = self.text(node, "delimiter")?;
        match text.as_bytes() {
            [byte]
                if (byte.is_ascii_graphic() || matches!(byte, b'\t' | b' '))
                    && !byte.is_ascii_alphanumeric()
                    && *byte != b'"' =>
            {
                Some(*byte)
            }
            _ => {
                let message = format!("{} cannot separate fields", quote(&text));
                let help = "use one ASCII character such as `\",\"`, `\";\"`, `\"|\"` or `\"\\t\"`, in double quotes";
                self.error("SL1026", text.span, message, "not a delimiter", help);
                None
            }
        }
    }

    /// Texts that are read as null; unlike elsewhere an empty one has a meaning.
    fn null_texts(&mut self, node: &Node) -> Option<Vec<String>> {
        let Content::Sequence(items) = &node.content else {
            self.wrong(
                node,
                "null",
                "a list of texts",
                "for example `null: [\"\", NA]`",
            );
            return None;
        };
        let mut texts = Vec::new();
        for item in items {
            match &item.content {
                // `null: [NULL]` means the word, and an entry of nothing the empty text.
                Content::Scalar { text, .. } => texts.push(text.clone()),
                _ => self.wrong(
                    item,
                    "null",
                    "a list of texts",
                    "for example `null: [\"\", NA]`",
                ),
            }
        }
        Some(texts)
    }

    fn columns(&mut self, node: &Node, project: &Draft) -> Vec<Column> {
        let example = "{ id: { type: int64 } }";
        if !self.at_most(node, "columns", 10_000) {
            return Vec::new();
        }
        let Some(entries) = self.mapping(node, "columns", example) else {
            return Vec::new();
        };
        if entries.is_empty() {
            let help = format!("for example `columns: {example}`, or remove the key");
            self.error(
                "SL1028",
                node.span,
                "`columns` is empty".to_owned(),
                "no column",
                help,
            );
        }
        entries
            .iter()
            .map(|entry| self.column(entry, project))
            .collect()
    }

    /// `primary_key` and `subject` name columns of the dataset.
    fn named_columns(&mut self, fields: &Fields<'_>, dataset: &mut Dataset, sound: bool) {
        let mut named = Vec::new();
        if let Some(node) = fields
            .find("primary_key")
            .filter(|node| self.at_most(node, "primary_key", 64))
        {
            let keys = match &node.content {
                Content::Scalar { .. } => self.text(node, "primary_key").map(|key| vec![key]),
                _ => self.texts(node, "primary_key", "[id]"),
            };
            let keys = keys.unwrap_or_default();
            dataset.primary_key = keys.iter().map(|key| key.value.clone()).collect();
            named.extend(keys);
        }
        if let Some(subject) = fields
            .find("subject")
            .and_then(|node| self.text(node, "subject"))
        {
            dataset.subject = Some(subject.value.clone());
            named.push(subject);
        }
        if let Some(node) = fields
            .find("partition_by")
            .filter(|node| self.at_most(node, "partition_by", 16))
        {
            let columns = self
                .texts(node, "partition_by", "[year, month]")
                .unwrap_or_default();
            dataset.partition_by = columns.iter().map(|name| name.value.clone()).collect();
            if let Some(at) = dataset.at.as_ref().filter(|at| is_pattern(&at.path)) {
                self.out.push(
                    Diagnostic::error("SL1080", "partitions lie in a folder, not in a pattern")
                        .mark(at.span, "a pattern")
                        .mark(node.span, "partitions of a folder")
                        .help("write the folder that holds the partitions as `path`"),
                );
            }
            named.extend(columns);
        }
        let encrypt = dataset.encrypt.iter();
        named.extend(encrypt.flat_map(|own| own.columns.iter().map(|(column, _)| column.clone())));
        if dataset.columns.is_empty() || !sound {
            return;
        }
        for name in named {
            self.column_of(dataset, &name);
        }
    }

    fn limit(&mut self, node: &Node) -> Option<Limit> {
        let help = "write a number of rows such as `100`, or a share such as `5%`";
        let Some(text) = node.text() else {
            self.wrong(node, "max_rejects", "a number or a share", help);
            return None;
        };
        let limit = match text.strip_suffix('%') {
            Some(share) => {
                let share =
                    scalar::number(share.trim_end()).filter(|share| (0.0..=100.0).contains(share));
                share.map(|share| Limit::Percent(share.abs()))
            }
            None if node.plain().is_some() => scalar::integer(text)
                .and_then(|rows| u64::try_from(rows).ok())
                .map(Limit::Rows),
            None => None,
        };
        if limit.is_none() {
            let message = format!("`max_rejects` cannot be {}", quote(text));
            self.error("SL1027", node.span, message, "not a limit", help);
        }
        limit
    }

    fn encrypt(&mut self, node: &Node, project: &Draft) -> Option<Encrypt> {
        let fields = self.fields(node, "encrypt", &shape::ENCRYPT)?;
        let key = self.require(&fields, "key", node.span, "lake")?;
        let key = self.text(key, "key")?;
        self.file_key(&key, project);
        let mut columns = Vec::new();
        let example = "{ email: pii }";
        let named = fields.find("columns");
        let entries = named.and_then(|node| self.mapping(node, "columns", example));
        for entry in entries.unwrap_or_default() {
            if let Some(own) = self.text(&entry.value, &entry.key.value) {
                self.file_key(&own, project);
                columns.push((entry.key.clone(), own));
            }
        }
        Some(Encrypt {
            key,
            columns,
            bound: self.flag(&fields, "bound", true),
        })
    }

    /// The key exists and has the purpose `file`.
    fn file_key(&mut self, key: &Spanned<String>, project: &Draft) {
        let Some(known) = &project.keys else { return };
        match known.get(&key.value) {
            None => {
                let fitting = |(name, spec): (&'_ String, &Option<crate::model::KeySpec>)| {
                    spec.as_ref()
                        .is_none_or(|spec| spec.purpose == Purpose::File)
                        .then(|| name.clone())
                };
                let names: Vec<String> = known.iter().filter_map(fitting).collect();
                let declare = format!(
                    "declare it in `sealine.yaml`: `keys: {{ {}: {{ purpose: file }} }}`",
                    quote(key).trim_matches('`')
                );
                self.unknown(
                    "SL1034",
                    "key",
                    key,
                    names.iter().map(String::as_str),
                    &declare,
                );
            }
            Some(Some(spec)) if spec.purpose != Purpose::File => {
                let name = spec.purpose.name();
                self.out.push(
                    Diagnostic::error("SL1035", format!("the key `{}` has the purpose `{name}`; `encrypt:` needs `file`", spec.name))
                        .mark(key.span, "used for files here")
                        .mark(spec.span, format!("declared for `{name}` here"))
                        .help("one key has one purpose: declare another key with `purpose: file` and name it here"),
                );
            }
            Some(_) => {}
        }
    }
}

fn has(node: &Node, keys: &[&str]) -> bool {
    match &node.content {
        Content::Mapping(entries) => entries
            .iter()
            .any(|entry| keys.contains(&entry.key.as_str())),
        _ => false,
    }
}
