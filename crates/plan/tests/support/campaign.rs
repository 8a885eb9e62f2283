//! A campaign of twins: generated queries that the proof accepts, run over pairs of states that differ
//! above the clearance only.
//!
//! A pair counts where its states differ in a restricted column that the query names, or in which rows
//! there are: what nothing can show is not compared. Each setting that a query is run in has pairs of its
//! own; several of them share their first state, which is run once.
//!
//! Invariant: the same seed tries the same queries over the same pairs, on any number of threads.
#![allow(unreachable_pub)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use sealine_plan::{Plan, Request};
use sealine_spec::{Files, Spec};

use super::oracle::{Shown, reads};
use super::random_sql::{self, Seeded};
use super::run::{Engine, Ready, SETTINGS, Seen, Setting};
use super::states::{CHANGES, Change, State, World};
use super::support;
use super::vocabulary::{CONSTRUCTS, DATASETS};

/// Queries tried before the pairs are counted.
const CHUNK: u64 = 256;
/// From so many pairs on, a query is compared in more settings and over more states.
const DEEP: u64 = 10_000;
/// Settings of a query, and first states in each: shallow and deep.
const ROUNDS: [(u64, u64); 2] = [(1, 1), (2, 4)];
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
    /// Queries that name nothing in which states can differ: not tried.
    pub open: u64,
    /// Pairs that showed rows, alike.
    pub alike: u64,
    /// Pairs, of those compared, with a row in what they showed.
    pub full: u64,
    /// Pairs drawn that happen to agree on what the query names: not compared.
    pub same: u64,
    /// Ways of differing, by the pairs compared.
    pub changes: BTreeMap<String, u64>,
    /// First states that gave other rows in another setting.
    pub unsettled: Vec<String>,
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
        self.open += other.open;
        self.alike += other.alike;
        self.full += other.full;
        self.same += other.same;
        self.unsettled.extend(other.unsettled);
        for (change, count) in other.changes {
            *self.changes.entry(change).or_default() += count;
        }
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
    /// Only queries with this construct.
    pub construct: Option<String>,
    /// Begin nothing new after so many seconds.
    pub seconds: Option<u64>,
    pub threads: u64,
}

/// Runs a campaign.
pub fn campaign(files: &Files, spec: &Spec, asked: &Asked) -> Tally {
    let world = World::new(spec);
    let mut all = Tally::default();
    let begin = asked.only.unwrap_or_default();
    let mut from = begin;
    let step = if asked.only.is_some() { 1 } else { CHUNK };
    // A generator whose queries no longer pass ends too.
    let most = 100 * asked.pairs + CHUNK;
    #[allow(clippy::disallowed_methods, reason = "a measure of time")]
    let start = Instant::now();
    let late = || {
        asked
            .seconds
            .is_some_and(|most| start.elapsed().as_secs() >= most)
    };
    while all.pairs() < asked.pairs && from - begin < most && !late() {
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
                    asked,
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
        if asked.pairs >= DEEP && from.is_multiple_of(2 * CHUNK) {
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

/// Whether a restricted column stands in a query by its name, or in the view that it reads.
fn names_secret(sql: &str) -> bool {
    let mut words = sql.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| {
        word == "active_people"
            || DATASETS.iter().any(|dataset| {
                let mut names = dataset.secret_numbers.iter().chain(dataset.secret_texts);
                names.any(|name| *name == word) || ["admitted", "left_on", "seen"].contains(&word)
            })
    })
}

/// One query.
struct Trial<'a> {
    files: &'a Files,
    spec: &'a Spec,
    world: &'a World,
    asked: &'a Asked,
    number: u64,
}

impl Trial<'_> {
    fn run(&self, engine: &mut Engine, tally: &mut Tally) {
        let (query, mut random) = query(self.asked.seed, self.number);
        let wanted = self.asked.construct.as_deref();
        if wanted.is_some_and(|wanted| !query.constructs.contains(wanted)) {
            return;
        }
        if !names_secret(&query.sql) {
            tally.open += 1;
            return;
        }
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
        // One that is replayed is compared as deeply as any campaign does.
        let deep = self.asked.pairs >= DEEP || self.asked.only.is_some();
        let (settings, states) = ROUNDS[usize::from(deep)];
        let name = format!("query {}", self.number);
        let among = SETTINGS.len() as u64;
        // Any two settings come together in the end.
        let step = 1 + self.number / among % (among - 1);
        let settings: Vec<Setting> = (0..settings)
            .map(|at| SETTINGS[((self.number + at * step) % among) as usize])
            .collect();
        let of = Pairs {
            name: &name,
            sql: &query.sql,
            plan: &plan,
            spec: self.spec,
            world: self.world,
            settings: &settings,
            states,
        };
        pairs(&of, &mut random, engine, tally);
    }
}

/// An accepted query whose twins are to be compared.
pub struct Pairs<'a> {
    pub name: &'a str,
    pub sql: &'a str,
    pub plan: &'a Plan,
    pub spec: &'a Spec,
    pub world: &'a World,
    pub settings: &'a [Setting],
    /// First states in each setting.
    pub states: u64,
}

/// Compares pairs for every way in which states can differ.
pub fn pairs(of: &Pairs<'_>, random: &mut Seeded, engine: &mut Engine, tally: &mut Tally) {
    let world = of.world.of(&reads(of.plan));
    let shown = Shown::of(of.plan, of.spec);
    let output = &of.plan.outputs()[0];
    let mut before: Option<(State, Seen)> = None;
    for setting in of.settings {
        let Ok(ready) = engine.ready(output, *setting) else {
            tally.unplanned += 1;
            continue;
        };
        let run = Run {
            of,
            world: &world,
            setting: *setting,
            engine,
            ready: &ready,
        };
        if let Some((state, seen)) = &before {
            run.settled(state, seen, tally);
        }
        for _ in 0..of.states {
            let first = world.first(random.next());
            let seen = run.compare(first.clone(), &shown, random, tally);
            before = before.or(Some((first, seen.sorted())));
        }
    }
}

/// A query in one setting.
struct Run<'a> {
    of: &'a Pairs<'a>,
    world: &'a World,
    setting: Setting,
    engine: &'a Engine,
    ready: &'a Ready,
}

impl Run<'_> {
    fn seen(&self, state: &State) -> Seen {
        let seen = self.engine.seen(self.ready, state);
        match self.setting.partitions > 1 || self.setting.spills {
            // The order is that in which partitions, and files, happened to be ready.
            true => seen.sorted(),
            false => seen,
        }
    }

    /// The settings are the engine's own business: the same state gives the same rows in each.
    fn settled(&self, state: &State, before: &Seen, tally: &mut Tally) {
        let seen = self.seen(state).sorted();
        if let (Seen::Rows(one), Seen::Rows(two)) = (before, &seen)
            && one != two
        {
            let settings = self.of.settings.iter().map(ToString::to_string);
            let settings: Vec<_> = settings.collect();
            let (name, sql) = (self.of.name, self.of.sql);
            let rows = format!("{one:?}\n    {two:?}");
            let rows = rows.chars().take(1_200).collect::<String>();
            let settings = settings.join(" and ");
            let text = format!("{name} ({settings}): {sql}\n    {rows}");
            tally.unsettled.push(text);
        }
    }

    /// Compares a state with one that differs in each way; what it shows itself.
    fn compare(&self, first: State, shown: &Shown, random: &mut Seeded, tally: &mut Tally) -> Seen {
        let one = self.seen(&first);
        for change in CHANGES {
            let second = self.world.second(&first, shown, *change, random.next());
            if !self.world.differ(&first, &second) {
                tally.same += 1;
                continue;
            }
            let two = self.seen(&second);
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
                _ if (0..RUNS).any(|_| self.seen(&first) == two || self.seen(&second) == one) => {
                    tally.scheduled += 1;
                }
                _ => tally.leaks.push(self.leak(*change, &one, &two)),
            }
            tally.full += u64::from(matches!(&two, Seen::Rows(rows) if !rows.is_empty()));
            *tally.changes.entry(change.to_string()).or_default() += 1;
            *tally.settings.entry(self.setting.to_string()).or_default() += 1;
        }
        one
    }

    fn leak(&self, change: Change, one: &Seen, two: &Seen) -> String {
        let short = |seen: &Seen| format!("{seen:?}").chars().take(600).collect::<String>();
        format!(
            "{} ({change}; {}): {}\n    {}\n    {}",
            self.of.name,
            self.setting,
            self.of.sql,
            short(one),
            short(two)
        )
    }
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
         their contents, moved dates up to their distances, keys that may be linked up to a renaming of all of them. What \
         is compared: the rows, with one partition in the order in which they are written, or the kind of the error, \
         which is all that the engine's text of such an error is made of. A pair is counted only where its states differ in a restricted column that \
         the query names, or in which rows there are. What lies beyond the engine's rows (files, receipts, exit codes, the words of \
         errors) is compared by [`sealine test --twin`](../guide/twins.md).\n\n",
        asked.pairs, asked.seed
    );
    let _ = writeln!(
        out,
        "| | |\n|---|---:|\n| queries that name nothing restricted: left out | {} |\n| queries tried | {} |\n| planned | {} |\n| accepted | {} |\n| pairs that agree on what the query names: not compared | {} |\n| **pairs compared** | **{}** |\n| with a row to compare | {} |\n| alike in their rows | {} |",
        tally.open,
        tally.tried,
        tally.planned,
        tally.accepted,
        tally.same,
        tally.pairs(),
        tally.full,
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
    let _ = writeln!(
        out,
        "| first states that give other rows in another setting | {} |",
        tally.unsettled.len()
    );
    out.push_str(
        "\nA state that gives other rows in another setting is printed by the campaign. It is a question to the \
         query engine, not to the proof: both twins show it.\n",
    );
    out.push_str("\n| difference | pairs |\n|---|---:|\n");
    for (change, count) in &tally.changes {
        let _ = writeln!(out, "| {change} | {count} |");
    }
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
