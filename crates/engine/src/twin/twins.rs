//! The twin runs of one pipeline: copies made, run, and compared, level by level.
//!
//! INVARIANT: a pair counts only where the twin differs in what is hidden from the level. The same seed over the same
//! files draws the same twins.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use sealine_access::Principal;
use sealine_label::Level;
use sealine_plan::{Plan, PlannedInput, Request};
use sealine_spec::Spec;
use serde::Serialize;

use super::compare::{Noise, View};
use super::draw::{self, Change};
use super::random::Seeded;
use super::sample::Source;
use super::scratch::{self, Scratch};
use super::seen::{self, Seen};
use super::shown::Shown;
use crate::cancel::CancelToken;
use crate::error::EngineError;
use crate::progress::Silent;
use crate::project::Project;
use crate::session::{Session, Setup};

/// What is asked.
#[derive(Clone, Debug)]
pub struct TwinAsked {
    /// The pipeline.
    pub pipeline: String,
    /// Pairs to compare at each level.
    pub pairs: u64,
    /// What the twins are drawn from.
    pub seed: u64,
    /// Rows of each source, at most.
    pub rows: usize,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct TwinReport {
    /// The pipeline.
    pub pipeline: String,
    /// What the twins were drawn from.
    pub seed: u64,
    /// Pipelines that write what it reads, which ran before it, and itself.
    pub ran: Vec<String>,
    /// Rows of each source.
    pub sources: BTreeMap<String, u64>,
    /// The levels that were looked from.
    pub levels: Vec<TwinLevel>,
    /// Sources of which files are not varied, with how many.
    pub copied: BTreeMap<String, u64>,
}

/// What somebody of one clearance sees.
#[derive(Clone, Debug, Serialize)]
pub struct TwinLevel {
    /// The clearance.
    pub level: String,
    /// The outputs that it reads.
    pub outputs: Vec<String>,
    /// Pairs that were compared.
    pub pairs: u64,
    /// Twins that did not come to differ: not compared.
    pub same: u64,
    /// Pairs by what differed in their inputs.
    pub changes: BTreeMap<String, u64>,
    /// Columns of the sources that differed in some pair.
    pub varied: Vec<String>,
    /// Columns above the level that were held still, with the permission that shows of them what no twin can keep.
    pub still: BTreeMap<String, String>,
    /// Columns above the level that never came to differ: no other value shows the same part, or meets the contract.
    pub unvaried: Vec<String>,
    /// Outputs whose rows lie in another order each time over the same inputs: as a multiset they are compared.
    pub unordered: Vec<String>,
    /// Pairs that it can tell apart.
    pub differ: u64,
    /// What it sees differ, in the first of them.
    pub differences: Vec<TwinDifference>,
}

/// A pair that an observer can tell apart.
#[derive(Clone, Debug, Serialize)]
pub struct TwinDifference {
    /// Its number: with the seed it replays.
    pub pair: u64,
    /// How the inputs differed.
    pub change: Change,
    /// What the observer sees differ, by name.
    pub what: Vec<String>,
}

/// At most so many differing pairs are told.
const TOLD: usize = 10;
/// So often the first state is run again at a level, to learn what changes by itself.
const AGAIN: u64 = 16;
/// So many draws in a row that do not differ end a level.
const FRUITLESS: u64 = 64;

impl TwinReport {
    /// Whether nobody could tell two states apart.
    pub fn is_alike(&self) -> bool {
        self.levels.iter().all(|level| level.differ == 0)
    }

    /// Pairs that were compared.
    pub fn pairs(&self) -> u64 {
        self.levels.iter().map(|level| level.pairs).sum()
    }
}

/// Runs twins of a pipeline. `tell` hears how many of how many pairs are compared.
///
/// # Errors
/// `SL5460` where no twins can be made of it, `SL5461` where the scratch folder cannot be used; the error of the run
/// itself where the sample as it is does not run.
pub async fn twins(
    project: &Project,
    user: &Principal,
    asked: &TwinAsked,
    tell: &(dyn Fn(u64, u64) + Sync),
    cancel: &CancelToken,
) -> Result<TwinReport, EngineError> {
    let spec = project.spec();
    if spec.project.vault.is_some() {
        return no("its vault is a server, which would keep the tokens of the twins".to_owned());
    }
    let mut plans = Vec::new();
    order(project, &asked.pipeline, &mut Vec::new(), &mut plans)?;
    let inputs = inputs(&plans);
    let sources = inputs
        .iter()
        .map(|input| Source::read(project, input, asked.rows))
        .collect::<Result<Vec<_>, _>>()?;

    let scratch = Scratch::create(project.dir().root())?;
    let template = scratch.place("template");
    scratch::copy_texts(project.dir().root(), &template)?;
    // One set of keys for all: what is deterministic is the same in both.
    let session = Session::begin(scratch::open(&template)?, Setup::Allowed, Arc::new(Silent))?;
    let keys = Arc::clone(&session.keys);
    drop(session);

    let bench = Bench {
        scratch: &scratch,
        template: &template,
        plans: &plans,
        sources: &sources,
        user,
        cancel,
    };
    let first = bench.run(None).await?;
    if let Some(Err((code, text))) = first.runs.last() {
        return no(format!("the sample itself does not run: {code}, {text}"));
    }
    let again = bench.run(None).await?;

    let ids: BTreeSet<&str> = sources
        .iter()
        .map(|source| source.input.dataset.id.as_str())
        .collect();
    let operator = spec.project.operator_clearance;
    let clearances = plans
        .last()
        .into_iter()
        .flat_map(Plan::outputs)
        .map(|output| output.clearance);
    let levels: BTreeSet<Level> = clearances.chain([operator]).collect();
    let mut report = TwinReport {
        pipeline: asked.pipeline.clone(),
        seed: asked.seed,
        ran: plans
            .iter()
            .map(|plan| plan.pipeline().to_owned())
            .collect(),
        sources: sources
            .iter()
            .map(|source| (source.input.dataset.id.clone(), source.rows() as u64))
            .collect(),
        levels: Vec::new(),
        copied: sources
            .iter()
            .filter(|source| source.copied() > 0)
            .map(|source| (source.input.dataset.id.clone(), source.copied() as u64))
            .collect(),
    };
    let total = asked.pairs.saturating_mul(levels.len() as u64);
    for level in levels {
        let mut shown = Shown::of(&plans, level, &ids, spec, &keys);
        follow(&mut shown, &sources, &first);
        hold_views(&mut shown, spec, &sources);
        let noise = Noise::of(&first, &again, &shown.random);
        let done = report.pairs();
        let tell = |pairs| tell(done + pairs, total);
        let mut look = Look {
            bench: &bench,
            project,
            shown: &shown,
            noise,
            level,
            operator,
        };
        report.levels.push(look.pairs(asked, &first, &tell).await?);
    }
    if report.pairs() == 0 {
        return no("nothing in its sources can differ: no column above a clearance is free of what permissions show of it".to_owned());
    }
    Ok(report)
}

fn no<T>(reason: String) -> Result<T, EngineError> {
    Err(EngineError::NoTwins { reason })
}

/// The pipelines that write what one reads, in their order, and itself.
fn order(
    project: &Project,
    pipeline: &str,
    above: &mut Vec<String>,
    plans: &mut Vec<Plan>,
) -> Result<(), EngineError> {
    if above.iter().any(|name| name == pipeline)
        || plans.iter().any(|plan| plan.pipeline() == pipeline)
    {
        return Ok(());
    }
    let Ok(plan) = project.prove(&Request::Pipeline(pipeline.to_owned())) else {
        return no(format!(
            "`{pipeline}` is broken; `sealine check {pipeline}` says why"
        ));
    };
    above.push(pipeline.to_owned());
    for input in plan.inputs() {
        for other in project.spec().pipelines.values() {
            if other
                .outputs
                .iter()
                .any(|output| output.to.value == input.dataset.id)
            {
                order(project, &other.name, above, plans)?;
            }
        }
    }
    above.pop();
    plans.push(plan);
    Ok(())
}

/// What no pipeline among them writes.
fn inputs(plans: &[Plan]) -> Vec<&PlannedInput> {
    let written: BTreeSet<String> = plans
        .iter()
        .flat_map(Plan::outputs)
        .filter_map(|output| match &output.sink {
            sealine_plan::Sink::Dataset(dataset) => Some(dataset.id.clone()),
            sealine_plan::Sink::Terminal => None,
        })
        .collect();
    let mut all: BTreeMap<&str, &PlannedInput> = BTreeMap::new();
    for input in plans.iter().flat_map(Plan::inputs) {
        if !written.contains(&input.dataset.id) {
            all.insert(&input.dataset.id, input);
        }
    }
    all.into_values().collect()
}

/// Holds still what shows as tokens that cannot be told from their values: those behind another expression.
fn follow(shown: &mut Shown, sources: &[Source], first: &Seen) {
    let known: BTreeSet<String> = shown
        .tokens_of(&values(shown, sources))
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    let strange = first.outputs.iter().any(|output| {
        output
            .columns
            .iter()
            .zip(&output.cells)
            .any(|(column, cells)| {
                shown
                    .tokens
                    .contains(&(output.dataset.clone(), column.clone()))
                    && cells.iter().flatten().any(|cell| !known.contains(cell))
            })
    });
    if strange {
        for key in std::mem::take(&mut shown.renamed) {
            shown.hold(key, "a token inside another expression");
        }
    }
}

/// Holds still what an owner's view may choose rows by: the owner vouches for that.
fn hold_views(shown: &mut Shown, spec: &Spec, sources: &[Source]) {
    let views = spec
        .datasets
        .values()
        .filter_map(|dataset| dataset.view.as_ref());
    let words: BTreeSet<&str> = views
        .flat_map(|view| view.text.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .collect();
    for source in sources {
        for column in &source.input.dataset.columns {
            if words.contains(column.name.as_str()) {
                shown.hold(
                    (source.input.dataset.id.clone(), column.name.clone()),
                    "an owner's view",
                );
            }
        }
    }
    let still = std::mem::take(&mut shown.renamed).into_iter();
    shown.renamed = still.filter(|key| !shown.still.contains_key(key)).collect();
}

/// The values that are renamed.
fn values(shown: &Shown, sources: &[Source]) -> Vec<String> {
    let mut all = BTreeSet::new();
    for source in sources {
        for (at, column) in source.input.dataset.columns.iter().enumerate() {
            if shown
                .renamed
                .contains(&(source.input.dataset.id.clone(), column.name.clone()))
            {
                all.extend(
                    source
                        .first
                        .get(at)
                        .into_iter()
                        .flatten()
                        .flatten()
                        .cloned(),
                );
            }
        }
    }
    all.into_iter().collect()
}

/// What every run needs.
struct Bench<'a> {
    scratch: &'a Scratch,
    template: &'a Path,
    plans: &'a [Plan],
    sources: &'a [Source],
    user: &'a Principal,
    cancel: &'a CancelToken,
}

impl Bench<'_> {
    /// Runs the pipelines over these rows, or over the sample as it is, in a copy that is gone afterwards.
    async fn run(&self, twin: Option<&draw::Twin>) -> Result<Seen, EngineError> {
        let copy = self.scratch.place("copy");
        let fault = |source| EngineError::TwinPlace {
            path: copy.clone(),
            source,
        };
        crate::durable::remove_all(&copy).map_err(fault)?;
        scratch::copy(self.template, &copy)?;
        for (at, source) in self.sources.iter().enumerate() {
            let rows = twin
                .and_then(|twin| twin.rows.get(at))
                .unwrap_or(&source.first);
            source.write(&copy, rows)?;
        }
        let seen = seen::run(&copy, self.plans, self.user, self.cancel).await?;
        crate::durable::remove_all(&copy).map_err(fault)?;
        Ok(seen)
    }
}

/// One level.
struct Look<'a> {
    bench: &'a Bench<'a>,
    project: &'a Project,
    shown: &'a Shown,
    noise: Noise,
    level: Level,
    operator: Level,
}

impl Look<'_> {
    async fn pairs(
        &mut self,
        asked: &TwinAsked,
        first: &Seen,
        tell: &(dyn Fn(u64) + Sync),
    ) -> Result<TwinLevel, EngineError> {
        let levels = &self.project.spec().project.levels;
        let mut found = TwinLevel {
            level: levels.name(self.level).to_owned(),
            outputs: first
                .outputs
                .iter()
                .filter(|output| output.clearance <= self.level)
                .map(|output| output.dataset.clone())
                .collect(),
            pairs: 0,
            same: 0,
            changes: BTreeMap::new(),
            varied: Vec::new(),
            still: self.still(),
            unvaried: Vec::new(),
            unordered: Vec::new(),
            differ: 0,
            differences: Vec::new(),
        };
        let (mut varied, mut number, mut fruitless, mut again) = (BTreeSet::new(), 0, 0, 0);
        while found.pairs < asked.pairs && fruitless < FRUITLESS {
            let at = usize::try_from(number).unwrap_or_default() % Change::ALL.len();
            let change = Change::ALL.get(at).copied().unwrap_or(Change::Anew);
            number += 1;
            let level = u64::from(self.level.rank());
            let mut random =
                Seeded(asked.seed ^ (number << 8 | level).wrapping_mul(0xA24B_AED4_963E_E407));
            let spec = self.project.spec();
            let drawn = draw::twin(
                self.bench.sources,
                self.shown,
                spec,
                self.level,
                change,
                &mut random,
            )?;
            let Some(twin) = drawn else {
                (found.same, fruitless) = (found.same + 1, fruitless + 1);
                continue;
            };
            fruitless = 0;
            let second = self.bench.run(Some(&twin)).await?;
            let back = self.back(&twin.renamed);
            let mut what = self.view(&back).differences(first, &second);
            // What changes from run to run of one state tells nothing of it.
            while !what.is_empty() && again < AGAIN {
                again += 1;
                let more = self.bench.run(None).await?;
                self.noise
                    .learn(Noise::of(first, &more, &self.shown.random));
                what = self.view(&back).differences(first, &second);
            }
            found.pairs += 1;
            *found.changes.entry(change.to_string()).or_default() += 1;
            varied.extend(
                twin.varied
                    .iter()
                    .map(|(dataset, column)| format!("{dataset}.{column}")),
            );
            if !what.is_empty() {
                found.differ += 1;
                if found.differences.len() < TOLD {
                    found.differences.push(TwinDifference {
                        pair: number,
                        change,
                        what,
                    });
                }
            }
            tell(found.pairs);
        }
        let all = self.bench.sources.iter().flat_map(|source| {
            let id = &source.input.dataset.id;
            draw::hidden(source, self.level).map(move |(_, column)| format!("{id}.{}", column.name))
        });
        found.unvaried = all
            .filter(|name| !varied.contains(name) && !found.still.contains_key(name))
            .collect();
        found.varied = varied.into_iter().collect();
        found.unordered = self
            .noise
            .orders
            .iter()
            .filter(|name| found.outputs.contains(name))
            .cloned()
            .collect();
        Ok(found)
    }

    fn view<'a>(&'a self, back: &'a HashMap<String, String>) -> View<'a> {
        View {
            level: self.level,
            operator: self.operator,
            noise: &self.noise,
            tokens: &self.shown.tokens,
            back,
        }
    }

    fn still(&self) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        for source in self.bench.sources {
            for (_, column) in draw::hidden(source, self.level) {
                let key = (source.input.dataset.id.clone(), column.name.clone());
                if let Some(why) = self.shown.still.get(&key) {
                    all.insert(format!("{}.{}", key.0, key.1), why.clone());
                }
            }
        }
        all
    }

    /// The tokens of the first state by those of the twin.
    fn back(&self, renamed: &HashMap<String, String>) -> HashMap<String, String> {
        let (from, to): (Vec<String>, Vec<String>) = renamed.clone().into_iter().unzip();
        let (from, to) = (self.shown.tokens_of(&from), self.shown.tokens_of(&to));
        let both = from.into_iter().flatten().zip(to.into_iter().flatten());
        both.filter_map(|(from, to)| Some((to?, from?))).collect()
    }
}
