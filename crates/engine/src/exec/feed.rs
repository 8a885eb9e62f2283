//! Inputs on their way into a plan: read and checked on threads of their own, handed over batch by batch.
//!
//! INVARIANT: of all scans of a dataset one is accounted for: it writes the rejects, counts the rows and feeds
//! the commitment, and in a run it reads to the end even when nobody takes its rows any more. The others check
//! the same rows by the same contract, silently. The first error of anybody is kept here and ends everything.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use sealine_connect::scratch::Scratch;
use sealine_contract::{Contract, Expectation, Newest, Tally};
use sealine_label::Level;
use sealine_plan::PlannedInput;
use sealine_protect::crypto::hmac;
use sealine_spec::Dataset;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use super::expect::expectations;
use super::source::{Commitment, InputFiles, fault, open};
use super::sources::Sources;
use crate::cancel::CancelToken;
use crate::clock::Stopwatch;
use crate::error::EngineError;
use crate::output::Quarantine;
use crate::progress::{Progress, Reading, Throttle, Update};

/// Batches between a reader and its plan.
const QUEUE: usize = 2;
/// Samples of one column, and of one input, that are searched for in what is written.
const CANARIES_OF_COLUMN: usize = 4;
const CANARIES_OF_INPUT: usize = 64;

/// What a reader says to a plan.
pub(super) enum Message {
    /// Accepted rows.
    Rows(RecordBatch),
    /// There are no more.
    End,
    /// There was an error; it lies in the hub.
    Failed,
}

/// What became of an input.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    pub(crate) tally: Tally,
    /// Whether the newest row is as new as the catalog asks; `true` where it does not.
    pub(crate) fresh: bool,
    pub(crate) bytes: u64,
    pub(crate) commitment: Option<[u8; 32]>,
}

/// One input dataset of a run.
pub(crate) struct Feed {
    pub(crate) dataset: Arc<Dataset>,
    pub(crate) schema: SchemaRef,
    /// The dataset as its contract is compiled: with the recorded columns where it declares none.
    contract: Arc<Dataset>,
    expectations: Vec<Expectation>,
    files: InputFiles,
    claimed: AtomicBool,
    account: Mutex<Option<Account>>,
    quarantine: Mutex<Option<Quarantine>>,
    canaries: Mutex<Vec<Zeroizing<Vec<u8>>>>,
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed")
            .field("dataset", &self.dataset.id)
            .finish_non_exhaustive()
    }
}

impl Feed {
    pub(crate) fn new(
        input: &PlannedInput,
        files: Vec<sealine_connect::Located>,
        highest: Level,
    ) -> Result<Self, EngineError> {
        let (dataset, schema) = (Arc::clone(&input.dataset), Arc::clone(&input.schema));
        Ok(Self {
            contract: with_columns(&dataset, &schema, highest),
            expectations: expectations(input)?,
            dataset,
            schema,
            files: InputFiles::new(files)?,
            claimed: AtomicBool::new(false),
            account: Mutex::new(None),
            quarantine: Mutex::new(None),
            canaries: Mutex::new(Vec::new()),
        })
    }

    /// What was counted, once the accounted scan is over.
    pub(crate) fn account(&self) -> Option<Account> {
        lock(&self.account).clone()
    }

    /// Where rejected rows go; before the first scan.
    pub(crate) fn set_quarantine(&self, quarantine: Quarantine) {
        *lock(&self.quarantine) = Some(quarantine);
    }

    /// The quarantine, to be finished.
    pub(crate) fn take_quarantine(&self) -> Option<Quarantine> {
        lock(&self.quarantine).take()
    }

    /// Sampled values that must not be found in clear.
    pub(crate) fn canaries(&self) -> Vec<Zeroizing<Vec<u8>>> {
        lock(&self.canaries).clone()
    }
}

/// A written dataset that declares no columns has those that its writer recorded, without rules.
fn with_columns(dataset: &Arc<Dataset>, schema: &SchemaRef, highest: Level) -> Arc<Dataset> {
    if dataset.declares_columns {
        return Arc::clone(dataset);
    }
    let mut recorded = Dataset::clone(dataset);
    recorded.columns = schema
        .fields()
        .iter()
        .map(|field| sealine_spec::Column {
            name: field.name().clone(),
            // The contract takes types from the schema; without rules nothing asks for this one.
            ty: sealine_spec::ColumnType::String,
            level: highest,
            level_declared: false,
            tags: Vec::new(),
            rules: sealine_spec::Rules::default(),
            select: None,
            domain_size: None,
            frequency: sealine_spec::Frequency::default(),
            quasi: false,
            sensitive: false,
            span: dataset.span,
        })
        .collect();
    Arc::new(recorded)
}

/// What all scans of a run share.
pub(crate) struct HubOptions {
    pub(crate) cancel: CancelToken,
    pub(crate) progress: Arc<dyn Progress>,
    pub(crate) sources: Sources,
    pub(crate) digest_key: hmac::Key,
    /// The highest level of the project: columns at it are sampled.
    pub(crate) highest: Level,
    pub(crate) batch_rows: usize,
    /// When the run began, in microseconds: rows are fresh, or not, at this moment.
    pub(crate) now: i64,
    /// Where what does not fit into memory goes.
    pub(crate) scratch: Arc<Scratch>,
    /// Bytes that an input may take for `unique`.
    pub(crate) unique: usize,
    /// A run reads every input to its end; a preview stops when it has seen enough.
    pub(crate) to_the_end: bool,
}

/// The scans of one run.
pub(crate) struct Hub {
    feeds: BTreeMap<String, Arc<Feed>>,
    options: HubOptions,
    failure: Mutex<Option<EngineError>>,
    stop: AtomicBool,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub")
            .field("feeds", &self.feeds.keys())
            .finish_non_exhaustive()
    }
}

impl Hub {
    pub(crate) fn new(feeds: Vec<Feed>, options: HubOptions) -> Arc<Self> {
        let feeds = feeds
            .into_iter()
            .map(|feed| (feed.dataset.id.clone(), Arc::new(feed)))
            .collect();
        Arc::new(Self {
            feeds,
            options,
            failure: Mutex::new(None),
            stop: AtomicBool::new(false),
            threads: Mutex::new(Vec::new()),
        })
    }

    pub(crate) fn feed(&self, dataset: &str) -> Option<&Arc<Feed>> {
        self.feeds.get(dataset)
    }

    pub(crate) fn feeds(&self) -> impl Iterator<Item = &Arc<Feed>> {
        self.feeds.values()
    }

    pub(crate) fn sources(&self) -> &Sources {
        &self.options.sources
    }

    pub(crate) fn scratch(&self) -> Arc<Scratch> {
        Arc::clone(&self.options.scratch)
    }

    /// Keeps the first error and ends all readers.
    pub(crate) fn fail(&self, error: EngineError) {
        lock(&self.failure).get_or_insert(error);
        self.stop.store(true, Ordering::Release);
    }

    pub(super) fn lost(&self, feed: &Feed) {
        self.fail(EngineError::ReaderLost {
            dataset: feed.dataset.id.clone(),
        });
    }

    /// The first error, if there was one.
    pub(crate) fn failure(&self) -> Option<EngineError> {
        lock(&self.failure).take()
    }

    /// Ends all readers and waits for them.
    pub(crate) async fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.join().await;
    }

    /// Waits for all readers; in a run they read to the end first.
    pub(crate) async fn join(&self) {
        loop {
            let threads = std::mem::take(&mut *lock(&self.threads));
            if threads.is_empty() {
                return;
            }
            for thread in threads {
                if thread.await.is_err() {
                    // The panic's payload may hold a value: it is dropped.
                    self.fail(EngineError::ReaderLost {
                        dataset: "input".to_owned(),
                    });
                }
            }
        }
    }

    /// Reads to the end what no plan read: its contract is checked and its rows are counted all the same.
    pub(crate) fn drain_unread(self: &Arc<Self>) {
        for feed in self.feeds.values() {
            if !feed.claimed.load(Ordering::Acquire) {
                drop(self.start(feed, Some(Vec::new())));
            }
        }
    }

    /// Begins one scan on a thread of its own.
    pub(super) fn start(
        self: &Arc<Self>,
        feed: &Arc<Feed>,
        projection: Option<Vec<usize>>,
    ) -> mpsc::Receiver<Message> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let accounted = !feed.claimed.swap(true, Ordering::AcqRel);
        let (hub, feed) = (Arc::clone(self), Arc::clone(feed));
        let thread = tokio::task::spawn_blocking(move || {
            let scan = Scan {
                hub: &hub,
                feed: &feed,
                projection,
                accounted,
            };
            let last = match scan.run(&sender) {
                Ok(true) => Message::End,
                // Ended early: what was handed over is not all there is.
                Ok(false) => Message::Failed,
                Err(error) => {
                    hub.fail(error);
                    Message::Failed
                }
            };
            // Nobody may be listening any more: then nobody needs to know.
            let _ = sender.blocking_send(last);
        });
        lock(&self.threads).push(thread);
        receiver
    }
}

struct Scan<'a> {
    hub: &'a Hub,
    feed: &'a Feed,
    projection: Option<Vec<usize>>,
    accounted: bool,
}

impl Scan<'_> {
    /// Whether the input was read to its end.
    fn run(&self, sender: &mpsc::Sender<Message>) -> Result<bool, EngineError> {
        let options = &self.hub.options;
        let dataset = &self.feed.dataset;
        let commitment = self.accounted.then(|| Commitment::new(&options.digest_key));
        let mut source = open(
            dataset,
            &self.feed.files,
            &self.feed.schema,
            options.batch_rows,
            options.sources.keys(),
            commitment.as_ref(),
        )?;
        let mut contract = Contract::compile(
            &self.feed.contract,
            Arc::clone(&self.feed.schema),
            self.feed.expectations.clone(),
        )?
        .spill(&options.scratch, options.unique);
        let mut newest = Newest::of(dataset, options.now);
        let mut sampler = self
            .accounted
            .then(|| Sampler::new(self.feed, options.highest));
        let (watch, throttle) = (Stopwatch::start(), Throttle::new());
        let mut listening = true;
        let mut complete = false;
        while !self.hub.stop.load(Ordering::Acquire) {
            if options.cancel.is_cancelled() {
                return Err(EngineError::Cancelled);
            }
            let Some(raw) = source.next().map_err(|error| fault(dataset, error))? else {
                complete = true;
                break;
            };
            let checked = contract.check(raw)?;
            if let Some(newest) = &mut newest {
                newest.look(&checked.accepted);
            }
            if let Some(sampler) = &mut sampler {
                sampler.look(&checked.accepted);
                sampler.look_at_rejects(&checked.rejected);
                if checked.rejected.num_rows() > 0
                    && let Some(quarantine) = lock(&self.feed.quarantine).as_mut()
                {
                    quarantine.write(&checked.rejected)?;
                }
                if throttle.ready() {
                    let rows = contract.tally().read;
                    options
                        .progress
                        .update(Update::Reading(self.reading(&*source, rows, &watch)));
                }
            }
            listening = listening && !sender.is_closed();
            if listening && checked.accepted.num_rows() > 0 {
                let batch =
                    match &self.projection {
                        Some(columns) => checked.accepted.project(columns).map_err(|_| {
                            EngineError::ReaderLost {
                                dataset: dataset.id.clone(),
                            }
                        })?,
                        None => checked.accepted,
                    };
                listening = sender.blocking_send(Message::Rows(batch)).is_ok();
            }
            let needed = listening || (self.accounted && options.to_the_end);
            if !needed {
                break;
            }
        }
        self.feed.files.unchanged(&dataset.id)?;
        if self.accounted {
            for warning in source.warnings() {
                options.progress.update(Update::Warning {
                    dataset: dataset.id.clone(),
                    text: warning.to_string(),
                });
            }
            let tally = contract.tally().clone();
            if complete {
                options
                    .progress
                    .update(Update::Read(self.reading(&*source, tally.read, &watch)));
            }
            *lock(&self.feed.account) = Some(Account {
                tally,
                fresh: newest.is_none_or(|newest| newest.is_fresh()),
                bytes: source.bytes_read(),
                // A commitment to a part of a file would pass for one to all of it.
                commitment: commitment.filter(|_| complete).and_then(|all| all.finish()),
            });
        }
        Ok(complete)
    }

    fn reading(
        &self,
        source: &dyn sealine_connect::Source,
        rows: u64,
        watch: &Stopwatch,
    ) -> Reading {
        Reading {
            dataset: self.feed.dataset.id.clone(),
            rows,
            bytes: source.bytes_read(),
            total: source.bytes_total().or(Some(self.feed.files.bytes())),
            elapsed: watch.elapsed(),
        }
    }
}

/// Takes the first values of each restricted text column; they are searched for in everything written.
struct Sampler<'a> {
    feed: &'a Feed,
    columns: Vec<(usize, String, usize)>,
    rejects: Vec<(String, usize)>,
}

impl<'a> Sampler<'a> {
    fn new(feed: &'a Feed, highest: Level) -> Self {
        let restricted: Vec<&str> = feed
            .dataset
            .columns
            .iter()
            .filter(|column| column.level >= highest)
            .map(|column| column.name.as_str())
            .collect();
        let columns = feed
            .schema
            .fields()
            .iter()
            .enumerate()
            .filter(|(_, field)| field.data_type() == &DataType::Utf8)
            // Of a dataset without declared columns any text may be restricted.
            .filter(|(_, field)| {
                !feed.dataset.declares_columns || restricted.contains(&field.name().as_str())
            })
            .map(|(index, field)| (index, field.name().clone(), CANARIES_OF_COLUMN))
            .collect::<Vec<_>>();
        let rejects = restricted
            .iter()
            .map(|name| ((*name).to_owned(), CANARIES_OF_COLUMN))
            .collect();
        Self {
            feed,
            columns,
            rejects,
        }
    }

    fn look(&mut self, batch: &RecordBatch) {
        for (index, _, wanted) in &mut self.columns {
            if *wanted > 0
                && let Some(array) = batch.columns().get(*index)
            {
                take(self.feed, array, wanted);
            }
        }
    }

    fn look_at_rejects(&mut self, batch: &RecordBatch) {
        if batch.num_rows() == 0 {
            return;
        }
        for (name, wanted) in &mut self.rejects {
            if *wanted > 0
                && let Some(array) = batch.column_by_name(name)
            {
                take(self.feed, array, wanted);
            }
        }
    }
}

fn take(feed: &Feed, array: &dyn Array, wanted: &mut usize) {
    let Some(texts) = array.as_string_opt::<i32>() else {
        return;
    };
    let mut canaries = lock(&feed.canaries);
    for text in texts.iter().flatten() {
        if *wanted == 0 || canaries.len() >= CANARIES_OF_INPUT {
            return;
        }
        if text.len() >= sealine_connect::CANARY_MIN {
            canaries.push(Zeroizing::new(text.as_bytes().to_vec()));
            *wanted -= 1;
        }
    }
}

/// A lock whose holder panicked still guards whole values: they are replaced, never half written.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
