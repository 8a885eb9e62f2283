//! What a run says about itself: its receipt, its log events, its report, all from the same accounts.
//!
//! INVARIANT: ids, names from the project's files, digests and counts; never a row value.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Mutex, PoisonError};

use sealine_access::{Authorized, Granted};
use sealine_audit::{
    Action, Declassification, Digest, Digests, Event, Identities, InputRecord, KeyUse,
    OutputRecord, PublishedFile, Receipt, Role, RuleCount, Statement, Time, Verdict,
};
use sealine_plan::{DemandKind, Plan};
use sealine_protect::crypto;

use super::execute::Findings;
use crate::commit::{self, JournalFile};
use crate::error::EngineError;
use crate::exec::{Account, Hub, rules_digest};
use crate::project::{owners, shown};
use crate::report::{InputReport, OutputReport, ReceiptReport, RunReport};
use crate::session::{Session, actor, key_use};

/// What the guards of the outputs found, by dataset.
pub(super) type Found = BTreeMap<String, Findings>;

/// Where the evidence of a run went.
pub(crate) struct Recorded {
    pub(crate) receipt: std::path::PathBuf,
    pub(crate) sha256: String,
    pub(crate) index: u64,
}

/// What the run rests on.
pub(crate) fn digests(authorized: &Authorized<Plan>) -> Result<Digests, EngineError> {
    Ok(Digests {
        spec: Digest::new(authorized.plan().spec_digest()),
        plan: Digest::new(authorized.plan_digest()),
        policy: Digest::new(authorized.policy_digest()),
        binary: binary()?,
    })
}

/// Begins to work out, beside everything else, what a run will wait for: the digest of a program
/// of many megabytes, and the first randomness, for which the library gathers entropy.
pub fn warm_up() {
    // The C library's allocator takes a block of some size as rare until the first one like it is freed, and gives
    // its memory back to the system each time; a run frees columns and pages by the thousand, and pays a page
    // fault for every 4 KiB that it gets anew. This block is larger than most of those.
    drop(std::hint::black_box(Vec::<u8>::with_capacity(4 << 20)));
    // What fails here fails again, and is told, where it is needed.
    let _ = std::thread::Builder::new().spawn(binary);
    // With two cores, one is planning meanwhile: it gathers when it gets there.
    if std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 2) {
        let _ = std::thread::Builder::new().spawn(|| {
            let _ = crypto::random::array::<1>();
        });
    }
}

/// SHA-256 of the running program.
fn binary() -> Result<Digest, EngineError> {
    static DIGEST: Mutex<Option<[u8; 32]>> = Mutex::new(None);
    // Whoever comes second waits for the first.
    let mut known = DIGEST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = *known {
        return Ok(Digest::new(known));
    }
    let path = std::env::current_exe()
        .map_err(|source| EngineError::state(std::path::Path::new("the program"), source))?;
    let fault = |source| EngineError::state(&path, source);
    let mut file = std::fs::File::open(&path).map_err(fault)?;
    let mut hasher = crypto::Sha256::new();
    let mut buffer = vec![0_u8; 1 << 20];
    loop {
        let read = file.read(&mut buffer).map_err(fault)?;
        match buffer.get(..read) {
            Some([]) | None => break,
            Some(bytes) => hasher.update(bytes),
        }
    }
    Ok(Digest::new(*known.insert(hasher.finish())))
}

/// The receipt of what the journal is about to publish.
pub(crate) fn statement(
    session: &Session,
    authorized: &Authorized<Plan>,
    hub: &Hub,
    file: &JournalFile,
    findings: &Found,
    started: i64,
    finished: i64,
) -> Result<Statement, EngineError> {
    let (plan, journal) = (authorized.plan(), file.journal());
    let principal = authorized.principal();
    let inputs = accounts(hub)
        .into_iter()
        .map(|(dataset, account)| InputRecord {
            dataset,
            rows_in: account.tally.read,
            rows_accepted: account.tally.accepted,
            rows_rejected: account.tally.rejected,
            rejected_by_rule: rules(&account),
            bytes: account.bytes,
            commitment: account.commitment.map(Digest::new),
        })
        .collect();
    let mut outputs = Vec::with_capacity(journal.targets.len());
    for target in &journal.targets {
        let root = session.project.dir().root();
        let place = shown(root, &target.destination.at(root));
        let mut files = Vec::with_capacity(target.files.len());
        for file in &target.files {
            let sha256 = file
                .sha256
                .parse()
                .map_err(|_| EngineError::JournalBroken {
                    path: session.project.state().runs(),
                })?;
            let path = if file.name.is_empty() {
                place.clone()
            } else {
                format!("{place}/{}", file.name)
            };
            files.push(PublishedFile {
                path,
                sha256,
                bytes: file.bytes,
                rows: file.rows,
            });
        }
        let findings = findings.get(&target.dataset).cloned().unwrap_or_default();
        outputs.push(OutputRecord {
            dataset: target.dataset.clone(),
            role: match target.role {
                commit::Role::Output => Role::Output,
                commit::Role::Rejects => Role::Rejects,
            },
            mode: target.mode,
            location: shown(root, &target.location(root)),
            rows_out: target.files.iter().map(|file| file.rows).sum(),
            files,
            commitment: None,
            anonymity: findings.anonymity,
            waived: findings.waived,
        });
    }
    Ok(Statement::new(Receipt {
        run: journal.run.clone(),
        pipeline: journal.pipeline.clone(),
        started: Time::from_micros(started),
        finished: Time::from_micros(finished),
        digests: digests(authorized)?,
        optimizer: Some(Digest::new(rules_digest())),
        verdict: Verdict {
            columns: columns(plan),
            declassifications: authorized
                .declassifications()
                .iter()
                .map(|granted| declassification(session, granted))
                .collect(),
        },
        identities: Identities {
            principal: principal.to_cedar(),
            roles: principal.roles.clone(),
            operator: session
                .operator
                .clone()
                .filter(|operator| *operator != actor(principal)),
        },
        keys: keys(session, authorized, file),
        key_epoch: authorized.key_epoch(),
        inputs,
        outputs,
        labels: None,
        owners: owners::named(authorized.signers()),
    }))
}

/// The report of a recorded run: its receipt, read aloud.
pub(crate) fn report(
    session: &Session,
    authorized: &Authorized<Plan>,
    receipt: &Receipt,
    recorded: &Recorded,
) -> RunReport {
    let plan = authorized.plan();
    let written = |role: Role| {
        let outputs = receipt.outputs.iter().filter(|output| output.role == role);
        outputs
            .map(|output| OutputReport {
                dataset: output.dataset.clone(),
                mode: output.mode,
                location: output.location.clone(),
                rows: output.rows_out,
                columns: output_columns(plan, &output.dataset),
                files: output.files.len() as u64,
                sealed: is_sealed(session, &output.dataset),
                bytes: output.files.iter().map(|file| file.bytes).sum(),
                anonymity: output.anonymity.clone(),
                waived: output.waived.clone(),
            })
            .collect::<Vec<_>>()
    };
    let outputs = written(Role::Output);
    let next = outputs.first().map_or_else(
        || "sealine audit verify".to_owned(),
        |output| format!("sealine read {} --limit 5", output.dataset),
    );
    RunReport {
        run: receipt.run.clone(),
        pipeline: receipt.pipeline.clone(),
        already: false,
        runs_as: authorized.principal().id.clone(),
        columns_proved: receipt.verdict.columns,
        declassifications: receipt.verdict.declassifications.clone(),
        inputs: receipt
            .inputs
            .iter()
            .map(|input| InputReport {
                dataset: input.dataset.clone(),
                rows_in: input.rows_in,
                accepted: input.rows_accepted,
                rejected: input.rows_rejected,
                rejected_by_rule: input.rejected_by_rule.clone(),
                bytes: input.bytes,
            })
            .collect(),
        outputs,
        rejects: written(Role::Rejects),
        receipt: receipt_report(session, recorded),
        duration_ms: 0,
        next,
    }
}

/// The evidence as the report shows it.
fn receipt_report(session: &Session, recorded: &Recorded) -> ReceiptReport {
    ReceiptReport {
        path: shown(session.project.dir().root(), &recorded.receipt),
        sha256: recorded.sha256.clone(),
        log_index: recorded.index,
        log_size: session.log.checkpoint().size(),
    }
}

/// Only Parquet is sealed, and always.
fn is_sealed(session: &Session, dataset: &str) -> bool {
    let dataset = session.project.spec().dataset(dataset);
    dataset
        .and_then(|dataset| dataset.at.as_ref())
        .is_none_or(|at| at.format == sealine_spec::Format::Parquet)
}

/// `run.committed`; the receipt's digest is filled in when the receipt is stored.
pub(crate) fn committed(file: &JournalFile, hub: &Hub) -> Result<Action, EngineError> {
    let journal = file.journal();
    let rows = |role: commit::Role| {
        journal
            .targets
            .iter()
            .filter(|target| target.role == role)
            .flat_map(|target| &target.files)
            .map(|file| file.rows)
            .sum()
    };
    let (rows_in, rows_rejected) = totals(hub);
    Ok(Action::RunCommitted {
        run: journal.run.clone(),
        pipeline: journal.pipeline.clone(),
        receipt: Digest::new([0; 32]),
        rows_in,
        rows_out: rows(commit::Role::Output),
        rows_rejected,
        vault_batches: hub.sources().batches()?,
    })
}

/// Names the stored receipt in the event.
pub(crate) fn set_receipt(event: &mut Event, sha256: Digest) {
    if let Action::RunCommitted { receipt, .. } = &mut event.action {
        *receipt = sha256;
    }
}

/// `run.failed`.
pub(crate) fn failed(file: &JournalFile, hub: &Hub, error: &EngineError) -> Action {
    let (rows_in, rows_rejected) = totals(hub);
    Action::RunFailed {
        run: file.journal().run.clone(),
        pipeline: file.journal().pipeline.clone(),
        code: error.code().to_owned(),
        rows_in,
        rows_rejected,
    }
}

/// `run.failed`, for a run that never began to read.
pub(crate) fn failed_early(run: &str, pipeline: &str, error: &EngineError) -> Action {
    Action::RunFailed {
        run: run.to_owned(),
        pipeline: pipeline.to_owned(),
        code: error.code().to_owned(),
        rows_in: 0,
        rows_rejected: 0,
    }
}

fn totals(hub: &Hub) -> (u64, u64) {
    accounts(hub)
        .iter()
        .fold((0, 0), |(read, rejected), (_, account)| {
            (read + account.tally.read, rejected + account.tally.rejected)
        })
}

fn accounts(hub: &Hub) -> Vec<(String, Account)> {
    hub.feeds()
        .filter_map(|feed| Some((feed.dataset.id.clone(), feed.account()?)))
        .collect()
}

pub(crate) fn rules(account: &Account) -> Vec<RuleCount> {
    account
        .tally
        .by_rule
        .iter()
        .map(|((column, rule), rows)| RuleCount {
            column: column.clone(),
            rule: (*rule).to_string(),
            rows: *rows,
        })
        .collect()
}

fn columns(plan: &Plan) -> u64 {
    plan.outputs()
        .iter()
        .map(|output| output.columns.len() as u64)
        .sum()
}

fn output_columns(plan: &Plan, dataset: &str) -> Vec<String> {
    plan.outputs()
        .iter()
        .filter(|output| super::prepare::output_name(output) == dataset)
        .flat_map(|output| output.columns.iter().map(|column| column.name.clone()))
        .collect()
}

fn declassification(session: &Session, granted: &Granted) -> Declassification {
    let levels = &session.project.spec().project.levels;
    let demand = &granted.demand;
    let arguments: Vec<String> = [demand.first, demand.last, demand.width, demand.offset]
        .iter()
        .flatten()
        .map(i64::to_string)
        .collect();
    let mut protection = demand.protection.clone();
    if demand.kind == DemandKind::Declassify && !arguments.is_empty() {
        protection = format!("{protection}({})", arguments.join(", "));
    }
    Declassification {
        origin: demand.origin.to_string(),
        tag: demand
            .tag
            .as_ref()
            .map_or("untagged", |tag| tag.as_str())
            .to_owned(),
        protection,
        key: demand.key.clone(),
        dataset: demand.dataset.clone(),
        column: demand.column.clone(),
        from_level: levels.name(demand.from_level).to_owned(),
        to_level: levels.name(demand.to_level).to_owned(),
        policies: granted.by.clone(),
    }
}

/// The keys that the run used: of its protections and of the files it wrote or opened.
fn keys(session: &Session, authorized: &Authorized<Plan>, file: &JournalFile) -> Vec<KeyUse> {
    let plan = authorized.plan();
    let mut names: BTreeMap<String, ()> = BTreeMap::new();
    let mut note = |name: &str| {
        names.insert(name.to_owned(), ());
    };
    for granted in authorized.declassifications() {
        if let Some(key) = &granted.demand.key {
            note(key);
        }
    }
    for input in plan.inputs() {
        if let Some(encrypt) = &input.dataset.encrypt {
            encrypt.keys().for_each(&mut note);
        }
    }
    for target in &file.journal().targets {
        let dataset = session.project.spec().dataset(&target.dataset);
        if let Some(encrypt) = dataset.and_then(|dataset| dataset.encrypt.as_ref()) {
            encrypt.keys().for_each(&mut note);
        }
    }
    session
        .keystore
        .list()
        .iter()
        .filter(|key| names.contains_key(&key.name))
        .map(key_use)
        .collect()
}
