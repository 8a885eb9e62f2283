//! A small project in a temporary folder, and what the tests look at in it.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use sealine_access::Principal;
use sealine_connect::Access;
use sealine_engine::{
    CancelToken, EngineError, NotDecided, Progress, Project, RunReport, Session, Setup, Step,
    Update,
};
use sealine_plan::Request;

pub(crate) const CANARY_EMAIL: &str = "canary.flagship@example.org";
pub(crate) const CANARY_CARD: &str = "4539578763621486";
pub(crate) const CANARY_COMMENT: &str = "canary comment: born on the wrong side, \"quoted\"";
pub(crate) const BAD_EMAIL: &str = "canary-without-an-at-sign.example.org";

pub(crate) const SEALINE: &str = "\
version: 1
levels: [public, internal, restricted]
operator_clearance: internal
connections:
  files: { kind: local, root: data/ }
  lake: { kind: local, root: lake/ }
keys:
  crm: { purpose: token }
  lake: { purpose: file }
  quarantine: { purpose: file }
";

pub(crate) const CATALOG: &str = "\
version: 1
datasets:
  crm.customers:
    at: { connection: files, path: customers.csv, format: csv }
    primary_key: [id]
    subject: id
    columns:
      id:      { type: int64,  required: true, unique: true, level: internal }
      email:   { type: string, required: true, is: email, max_length: 254, level: restricted, tags: [pii.email] }
      card:    { type: string, is: luhn, level: restricted, tags: [pci.pan] }
      age:     { type: int32,  min: 1, max: 119, level: restricted, tags: [pii.age] }
      country: { type: string, is: country, level: internal }
      note:    { type: string, level: internal }
      comment: { type: string, max_length: 500, level: restricted, tags: [pii.free_text] }
    rejects: quarantine.customers
  quarantine.customers:
    at: { connection: files, path: rejects/, format: parquet }
    clearance: restricted
    encrypt: { key: quarantine }
  lake.customers:
    at: { connection: lake, path: customers/, format: parquet }
    clearance: internal
    encrypt: { key: lake }
  lake.notes:
    at: { connection: lake, path: notes.parquet, format: parquet }
    clearance: internal
    encrypt: { key: lake }
";

pub(crate) const PIPELINE: &str = "\
version: 1
pipeline: customers-daily
runs_as: svc/customers-daily
inputs: { customers: crm.customers }
steps:
  safe:
    sql: |
      SELECT id, tokenize(email, 'crm') AS email, mask(card, 6, 4) AS card,
             bucket(age, 10) AS age_band, redact(comment) AS comment
      FROM customers
  notes:
    sql: |
      SELECT id, country, note FROM customers WHERE id <= 1000000
outputs:
  - { from: safe, to: lake.customers, mode: replace }
  - { from: notes, to: lake.notes, mode: replace }
";

pub(crate) const POLICY: &str = r#"
permit (principal, action in [Sealine::Action::"run", Sealine::Action::"preview"], resource == Sealine::Pipeline::"customers-daily");
permit (principal, action == Sealine::Action::"read", resource);
permit (principal, action == Sealine::Action::"write", resource);
permit (principal is Sealine::User, action == Sealine::Action::"keys", resource);
@id("email-as-token")
permit (principal, action == Sealine::Action::"declassify", resource == Sealine::Tag::"pii.email")
when { context.protection == "tokenize" && context has key && context.key == "crm" };
@id("card-masked")
permit (principal, action == Sealine::Action::"declassify", resource == Sealine::Tag::"pci.pan")
when { context.protection == "mask" };
@id("age-in-bands")
permit (principal, action == Sealine::Action::"declassify", resource == Sealine::Tag::"pii.age")
when { context.protection == "bucket" && context has width && context.width >= 10 };
@id("removed")
permit (principal, action == Sealine::Action::"declassify", resource)
when { ["redact", "nullify"].contains(context.protection) };
"#;

/// A project folder that is removed with the test.
pub(crate) struct Fixture {
    pub(crate) dir: tempfile::TempDir,
}

/// Some rows that meet the contract, with the canaries first, then rows that each break one rule.
pub(crate) fn csv(good: usize, bad: usize) -> String {
    let mut text = String::from("id,email,card,age,country,note,comment\n");
    for row in 1..=good {
        if row == 1 {
            let comment = CANARY_COMMENT.replace('"', "\"\"");
            text.push_str(&format!(
                "1,{CANARY_EMAIL},{CANARY_CARD},44,DE,first,\"{comment}\"\n"
            ));
        } else {
            text.push_str(&format!(
                "{row},person{row}@example.com,,{},FR,note {row},comment {row}\n",
                row % 100 + 1
            ));
        }
    }
    for row in 0..bad {
        let id = 9_000_000 + row;
        match row % 3 {
            0 => text.push_str(&format!(
                "{id},{BAD_EMAIL},,30,DE,bad,{CANARY_COMMENT_PLAIN}\n"
            )),
            1 => text.push_str(&format!(
                "{id},p{id}@example.com,{CANARY_CARD_BROKEN},30,DE,bad,x\n"
            )),
            _ => text.push_str(&format!("{id},p{id}@example.com,,300,DE,bad,x\n")),
        }
    }
    text
}

pub(crate) const CANARY_COMMENT_PLAIN: &str = "canary in a rejected row";
pub(crate) const CANARY_CARD_BROKEN: &str = "4539578763621487";

impl Fixture {
    pub(crate) fn new(data: &str) -> Self {
        Self::with(data, SEALINE, CATALOG, PIPELINE, POLICY)
    }

    pub(crate) fn with(
        data: &str,
        sealine: &str,
        catalog: &str,
        pipeline: &str,
        policy: &str,
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        for folder in ["catalog", "policy", "pipelines", "data"] {
            std::fs::create_dir(root.join(folder)).unwrap();
        }
        std::fs::write(root.join("sealine.yaml"), sealine).unwrap();
        std::fs::write(root.join("catalog/crm.yaml"), catalog).unwrap();
        std::fs::write(root.join("pipelines/daily.yaml"), pipeline).unwrap();
        std::fs::write(root.join("policy/policy.cedar"), policy).unwrap();
        std::fs::write(root.join("data/customers.csv"), data).unwrap();
        Self { dir }
    }

    pub(crate) fn root(&self) -> &Path {
        self.dir.path()
    }
}

pub(crate) fn open(root: &Path) -> Project {
    match Project::open(root) {
        Ok(project) => project,
        Err(sealine_engine::OpenError::Engine(error)) => panic!("{error}"),
        Err(sealine_engine::OpenError::Broken { files, diagnostics }) => {
            let all: Vec<String> = diagnostics
                .iter()
                .map(|d| {
                    let place = d.span().map(|span| files.place(span)).unwrap_or_default();
                    format!("{} {place} {}", d.code, d.message)
                })
                .collect();
            panic!("{}", all.join("\n"));
        }
    }
}

pub(crate) fn begin(root: &Path, progress: Arc<dyn Progress>) -> Result<Session, EngineError> {
    Session::begin(open(root), Setup::Allowed, progress)
}

pub(crate) fn request() -> Request {
    Request::Pipeline("customers-daily".to_owned())
}

/// One run, as the command line does it.
pub(crate) fn run_with(root: &Path, progress: Arc<dyn Progress>) -> Result<RunReport, EngineError> {
    run_within(root, progress, sealine_engine::Limits::default())
}

pub(crate) fn run_within(
    root: &Path,
    progress: Arc<dyn Progress>,
    limits: sealine_engine::Limits,
) -> Result<RunReport, EngineError> {
    let mut session = begin(root, progress)?;
    session.set_limits(limits);
    let authorized = decided(&mut session, &request())?;
    runtime().block_on(session.run(authorized, &CancelToken::new()))
}

/// One run under an id, as the command line does it with `--run-id`.
pub(crate) fn run_as(
    root: &Path,
    id: &str,
    progress: Arc<dyn Progress>,
) -> Result<RunReport, EngineError> {
    let mut session = begin(root, progress)?;
    let authorized = decided(&mut session, &request())?;
    let id = id.parse().unwrap();
    runtime().block_on(session.run_as(authorized, id, &CancelToken::new()))
}

fn decided(
    session: &mut Session,
    request: &Request,
) -> Result<sealine_access::Authorized<sealine_plan::Plan>, EngineError> {
    match session.decide(request, &Principal::user("ada")) {
        Ok(authorized) => Ok(authorized),
        Err(NotDecided::Failed(error)) => Err(error),
        Err(NotDecided::Broken(diagnostics)) => panic!("{diagnostics:?}"),
        Err(NotDecided::Refused(refusal)) => panic!("{refusal:?}"),
    }
}

/// The rows of a dataset as `sealine read` shows them: how many.
pub(crate) fn read(root: &Path, dataset: &str) -> Result<usize, EngineError> {
    let mut session = begin(root, Arc::new(sealine_engine::Silent))?;
    let read = Request::Read {
        dataset: dataset.to_owned(),
        columns: None,
        limit: 100_000,
    };
    let authorized = decided(&mut session, &read)?;
    let shown = runtime().block_on(session.show(authorized, &CancelToken::new()))?;
    Ok(shown.rows)
}

/// The project of which every output is appended to.
pub(crate) fn appending(data: &str) -> Fixture {
    let catalog = CATALOG.replace("path: notes.parquet", "path: notes/");
    let pipeline = PIPELINE.replace("mode: replace", "mode: append");
    Fixture::with(data, SEALINE, &catalog, &pipeline, POLICY)
}

/// The project whose notes lie in partitions by country, which everyone may see there is to see.
pub(crate) fn parted(data: &str, mode: &str) -> Fixture {
    let sealine = SEALINE.replace("[public, internal, restricted]", "[internal, restricted]");
    let catalog = CATALOG.replace(
        "path: notes.parquet, format: parquet }\n    clearance: internal\n    encrypt: { key: lake }\n",
        "path: notes/, format: parquet }\n    clearance: internal\n    encrypt: { key: lake }\n    partition_by: [country]\n",
    );
    let pipeline = PIPELINE.replace("mode: replace", &format!("mode: {mode}"));
    Fixture::with(data, &sealine, &catalog, &pipeline, POLICY)
}

pub(crate) fn run(root: &Path) -> Result<RunReport, EngineError> {
    run_with(root, Arc::new(sealine_engine::Silent))
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// The files of a generation, with their bytes.
pub(crate) fn generation(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    if path.is_file() {
        return vec![(path.to_path_buf(), std::fs::read(path).unwrap())];
    }
    let mut files: Vec<_> = std::fs::read_dir(path)
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    files.sort();
    files
        .into_iter()
        .map(|file| (file.clone(), std::fs::read(file).unwrap()))
        .collect()
}

/// Every file below a folder.
pub(crate) fn walk(path: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        if std::fs::symlink_metadata(&path).unwrap().is_dir() {
            walk(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// What is left of staging anywhere in the project.
pub(crate) fn leftovers(root: &Path) -> Vec<PathBuf> {
    let mut stack = vec![root.to_path_buf()];
    let mut found = Vec::new();
    while let Some(path) = stack.pop() {
        for entry in std::fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            if path
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .contains(".sealine-")
            {
                found.push(path);
            } else if std::fs::symlink_metadata(&path).unwrap().is_dir() {
                stack.push(path);
            }
        }
    }
    let runs = root.join(".sealine/runs");
    if runs.exists() {
        found.extend(
            std::fs::read_dir(runs)
                .unwrap()
                .map(|entry| entry.unwrap().path()),
        );
    }
    found
}

/// The rows of a written dataset, as the tests' reader with the keys sees them.
pub(crate) fn rows(root: &Path, dataset: &str, path: &str, columns: &[&str]) -> Vec<Vec<String>> {
    rows_of(root, dataset, path, &[], columns)
}

/// The rows of one in partitions.
pub(crate) fn rows_of(
    root: &Path,
    dataset: &str,
    path: &str,
    partition_by: &[&str],
    columns: &[&str],
) -> Vec<Vec<String>> {
    use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
    let keystore = sealine_keys::Keystore::open(&root.join(".sealine/keys"), None)
        .unwrap()
        .unwrap();
    let keys = keystore.unlock(&sealine_keys::Tombstones::none()).unwrap();
    let owned = |names: &[&str]| -> Vec<String> { names.iter().map(|n| (*n).to_owned()).collect() };
    let (columns, by) = (owned(columns), owned(partition_by));
    let files = sealine_connect::locate(root, path, sealine_connect::Format::Parquet, &by).unwrap();
    let access = Access::Sealed {
        keys: &keys,
        dataset,
    };
    let stored = sealine_connect::Stored::Parquet(access);
    let mut source = sealine_connect::open(&files, &stored, &columns, &by, 1024, None).unwrap();
    let mut rows = Vec::new();
    while let Some(raw) = source.next().unwrap() {
        let options = FormatOptions::default().with_null("null");
        let cells: Vec<ArrayFormatter<'_>> = raw
            .batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column, &options).unwrap())
            .collect();
        for row in 0..raw.batch.num_rows() {
            rows.push(
                cells
                    .iter()
                    .map(|cell| cell.value(row).to_string())
                    .collect(),
            );
        }
    }
    rows
}

/// Verifies the project's evidence, as `sealine audit verify` does.
pub(crate) fn verify(root: &Path) {
    if let Err(faults) = sealine_audit::verify(&root.join(".sealine"), root, None, None) {
        panic!("{faults:?}");
    }
}

/// The actions in the log, oldest first.
pub(crate) fn actions(root: &Path) -> Vec<String> {
    let reader = sealine_audit::Reader::open(&root.join(".sealine/log")).unwrap();
    reader
        .entries(0)
        .map(|record| record.unwrap().event.unwrap().action.name().to_owned())
        .collect()
}

/// Remembers what it hears.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) updates: Mutex<Vec<Update>>,
    pub(crate) steps: Mutex<Vec<Step>>,
}

impl Progress for Heard {
    fn update(&self, update: Update) {
        self.updates.lock().unwrap().push(update);
    }

    fn step(&self, step: Step) {
        self.steps.lock().unwrap().push(step);
    }
}
