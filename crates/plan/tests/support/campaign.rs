//! A campaign of twins: generated queries that the proof accepts, run over pairs of states that differ
//! above the clearance only.
//!
//! Invariant: the same seed tries the same queries over the same pairs, on any number of threads.
#![allow(unreachable_pub)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use sealine_plan::{Plan, Request};
use sealine_spec::{Files, Spec};

use super::oracle::Shown;
use super::random_sql::{self, Seeded};
use super::run::{Engine, SETTINGS, Seen, Setting};
use super::states::{CHANGES, Change, State, World};
use super::support;
use super::vocabulary::CONSTRUCTS;

/// Queries tried before the pairs are counted.
const CHUNK: u64 = 256;
/// Runs of a state before what it can show counts as known.
const RUNS: usize = 12;
/// Deep plans nest deep in the engine too.
const STACK: usize = 256 << 20;

/// What came of a campaign.
#[derive(Default)]
pub struct Tally {
    pub tried: u64,
    pub planned: u64,
    pub accepted: u64,
    /// Pairs that showed rows, alike.
    pub alike: u64,
    /// Pairs that showed the same error, by its kind.
    pub failed: BTreeMap<&'static str, u64>,
    /// Pairs of which one showed, in another run, what the other did.
    pub scheduled: u64,
    /// Pairs of which one ran out of memory, which the claim leaves out.
    pub short: u64,
    /// Accepted queries that a setting cannot plan.
    pub unplanned: u64,
    pub constructs: BTreeMap<&'static str, u64>,
    pub settings: BTreeMap<String, u64>,
    pub leaks: Vec<String>,
}

impl Tally {
    /// Pairs that were compared.
    pub fn pairs(&self) -> u64 {
        self.alike + self.scheduled + self.failed.values().sum::<u64>() + self.leaks.len() as u64
    }

    fn add(&mut self, other: Self) {
        self.tried += other.tried;
        self.planned += other.planned;
        self.accepted += other.accepted;
        self.alike += other.alike;
        self.scheduled += other.scheduled;
        self.short += other.short;
        self.unplanned += other.unplanned;
        for (kind, count) in other.failed {
            *self.failed.entry(kind).or_default() += count;
        }
        for (construct, count) in other.constructs {
            *self.constructs.entry(construct).or_default() += count;
        }
        for (setting, count) in other.settings {
            *self.settings.entry(setting).or_default() += count;
        }
        self.leaks.extend(other.leaks);
    }
}

/// What is asked of a campaign.
pub struct Asked {
    /// Compared pairs, at least.
    pub pairs: u64,
    pub seed: u64,
    /// This query alone.
    pub only: Option<u64>,
    pub threads: u64,
}

/// Runs a campaign.
pub fn campaign(files: &Files, spec: &Spec, asked: &Asked) -> Tally {
    let world = World::new(spec);
    let mut all = Tally::default();
    let mut from = asked.only.unwrap_or_default();
    let step = if asked.only.is_some() { 1 } else { CHUNK };
    // A generator whose queries no longer pass ends too.
    let most = 100 * asked.pairs + CHUNK;
    while all.pairs() < asked.pairs && all.tried < most {
        let next = AtomicU64::new(from);
        let work = || {
            let mut engine = Engine::new();
            let mut tally = Tally::default();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= from + step {
                    return tally;
                }
                let trial = Trial {
                    files,
                    spec,
                    world: &world,
                    seed: asked.seed,
                    number,
                };
                trial.run(&mut engine, &mut tally);
            }
        };
        std::thread::scope(|scope| {
            let working: Vec<_> = (0..asked.threads)
                .map(|_| {
                    let thread = std::thread::Builder::new().stack_size(STACK);
                    thread.spawn_scoped(scope, work).unwrap()
                })
                .collect();
            for one in working {
                all.add(one.join().unwrap());
            }
        });
        if asked.only.is_some() {
            break;
        }
        from += step;
        if asked.pairs >= 10_000 && from.is_multiple_of(16 * CHUNK) {
            eprintln!(
                "{} of {} pairs, {} differ",
                all.pairs(),
                asked.pairs,
                all.leaks.len()
            );
        }
    }
    all.leaks.sort();
    all
}

/// The query of a number, and what draws its states.
pub fn query(seed: u64, number: u64) -> (random_sql::Query, Seeded) {
    let mut random = Seeded(seed ^ number.wrapping_mul(0xA24B_AED4_963E_E407));
    let query = random_sql::query(random.next());
    (query, random)
}

/// One query.
struct Trial<'a> {
    files: &'a Files,
    spec: &'a Spec,
    world: &'a World,
    seed: u64,
    number: u64,
}

impl Trial<'_> {
    fn run(&self, engine: &mut Engine, tally: &mut Tally) {
        let (query, mut random) = query(self.seed, self.number);
        tally.tried += 1;
        let request = Request::Verdict {
            sql: query.sql.clone(),
            to: "lake.out".into(),
            min_group: query.min_group,
        };
        let result = support::ask(self.files, self.spec, &request);
        tally.planned += u64::from(result.is_ok());
        let (passes, _) = support::outcome(&result);
        let (true, Ok(plan)) = (passes, result) else {
            return;
        };
        tally.accepted += 1;
        for construct in &query.constructs {
            *tally.constructs.entry(construct).or_default() += 1;
        }
        let setting = SETTINGS[(self.number % SETTINGS.len() as u64) as usize];
        let name = format!("query {}", self.number);
        pairs(
            &Pairs {
                name: &name,
                sql: &query.sql,
                plan: &plan,
                spec: self.spec,
                world: self.world,
                setting,
            },
            &mut random,
            engine,
            tally,
        );
    }
}

/// An accepted query whose twins are to be compared.
pub struct Pairs<'a> {
    pub name: &'a str,
    pub sql: &'a str,
    pub plan: &'a Plan,
    pub spec: &'a Spec,
    pub world: &'a World,
    pub setting: Setting,
}

/// Compares one pair for every way in which states can differ.
pub fn pairs(of: &Pairs<'_>, random: &mut Seeded, engine: &mut Engine, tally: &mut Tally) {
    let shown = Shown::of(of.plan, of.spec);
    let output = &of.plan.outputs()[0];
    let ready = match engine.ready(output, of.setting) {
        Ok(ready) => ready,
        Err(_) => {
            tally.unplanned += 1;
            return;
        }
    };
    for change in CHANGES {
        let first = of.world.first(random.next());
        let second = of.world.second(&first, &shown, *change, random.next());
        let seen = |state: &State| {
            let seen = engine.seen(&ready, state);
            match of.setting.partitions > 1 || of.setting.spills {
                // The order is that in which partitions, and files, happened to be ready.
                true => seen.sorted(),
                false => seen,
            }
        };
        let (one, two) = (seen(&first), seen(&second));
        match (&one, &two) {
            (Seen::Error("memory"), _) | (_, Seen::Error("memory")) => {
                tally.short += 1;
                continue;
            }
            (Seen::Error(a), Seen::Error(b)) if a == b => {
                *tally.failed.entry(a).or_default() += 1;
            }
            _ if one == two => tally.alike += 1,
            // What changes from run to run of one state has to be what the other can show too.
            _ if (0..RUNS).any(|_| seen(&first) == two || seen(&second) == one) => {
                tally.scheduled += 1;
            }
            _ => tally.leaks.push(leak(of, *change, &one, &two)),
        }
        *tally.settings.entry(format!("{}", of.setting)).or_default() += 1;
    }
}

fn leak(of: &Pairs<'_>, change: Change, one: &Seen, two: &Seen) -> String {
    let short = |seen: &Seen| format!("{seen:?}").chars().take(600).collect::<String>();
    format!(
        "{} ({change:?}; {}): {}\n    {}\n    {}",
        of.name,
        of.setting,
        of.sql,
        short(one),
        short(two)
    )
}

/// The figures as the page of the reference.
pub fn page(tally: &Tally, asked: &Asked, seconds: u64) -> String {
    let mut out = format!(
        "# Twins\n\nWritten by `cargo xtask twins --pairs {} --seed {} --write`, in {seconds} seconds.\n\n\
         Queries are generated over every construct that the rules of the proof name; those that the proof \
         accepts run over pairs of states that agree on everything internal and differ in what is restricted: \
         every cell drawn anew, one cell, a column's values in other places, numbers by one, values on which \
         functions fail, nulls of special columns. Values that a permitted protection shows in part are \
         exchanged for such that show the same part; tokens are compared up to renaming, ciphertexts up to \
         their contents, moved dates up to their distances. What is compared: the rows, with one partition in the order in \
         which they are written, or the kind of the error.\n\n",
        asked.pairs, asked.seed
    );
    let _ = writeln!(
        out,
        "| | |\n|---|---:|\n| queries tried | {} |\n| planned | {} |\n| accepted | {} |\n| pairs compared | {} |\n| alike in their rows | {} |",
        tally.tried,
        tally.planned,
        tally.accepted,
        tally.pairs(),
        tally.alike
    );
    let _ = writeln!(
        out,
        "| alike in one of the results that a state has from run to run | {} |",
        tally.scheduled
    );
    for (kind, count) in &tally.failed {
        let _ = writeln!(out, "| alike in the error `{kind}` | {count} |");
    }
    let _ = writeln!(
        out,
        "| not compared: short of memory | {} |\n| accepted, but not planned by the engine in that setting | {} |\n| **different** | **{}** |",
        tally.short,
        tally.unplanned,
        tally.leaks.len()
    );
    out.push_str("\n| construct | accepted queries |\n|---|---:|\n");
    for construct in CONSTRUCTS {
        let count = tally.constructs.get(construct).copied().unwrap_or_default();
        let _ = writeln!(out, "| {construct} | {count} |");
    }
    out.push_str("\n| setting | pairs |\n|---|---:|\n");
    for (setting, count) in &tally.settings {
        let _ = writeln!(out, "| {setting} | {count} |");
    }
    out
}
