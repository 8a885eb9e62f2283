//! How long a proof takes and what memory it needs, against the goals of 1 s for 1,000 columns
//! through 200 steps and 50 ms for the quickstart; beside it, what DataFusion needs alone to plan
//! and analyse the same SQL.
//!
//! `cargo bench -p sealine-plan` prints all cases and fails where a goal is missed; with the name of
//! one case it measures that alone, in a process of its own, which is how `cargo xtask bench proof`
//! calls it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    dead_code,
    missing_docs
)]

#[path = "../tests/support/mod.rs"]
mod support;
#[path = "../tests/support/wide.rs"]
mod wide;

use std::sync::Arc;
use std::time::{Duration, Instant};

use datafusion::arrow::datatypes::Schema;
use datafusion::datasource::empty::EmptyTable;
use datafusion::prelude::SessionContext;
use sealine_plan::{Request, arrow_type};
use sealine_spec::{Files, Spec};

/// A pipeline to prove: name, goal, and the files.
struct Case {
    name: &'static str,
    /// Columns and steps; none for the quickstart.
    size: Option<(usize, usize)>,
    goal: Duration,
    /// How often it is measured; the best counts.
    runs: usize,
}

const CASES: [Case; 4] = [
    Case {
        name: "quickstart",
        size: None,
        goal: Duration::from_millis(50),
        runs: 5,
    },
    Case {
        name: "200x40",
        size: Some((200, 40)),
        goal: Duration::from_secs(1),
        runs: 5,
    },
    Case {
        name: "1000x20",
        size: Some((1_000, 20)),
        goal: Duration::from_secs(1),
        runs: 3,
    },
    Case {
        name: "1000x200",
        size: Some((1_000, 200)),
        goal: Duration::from_secs(1),
        runs: 3,
    },
];

const QUICKSTART: [(&str, &str); 3] = [
    (
        "sealine.yaml",
        include_str!("../../../examples/customers/sealine.yaml"),
    ),
    (
        "catalog/crm.yaml",
        include_str!("../../../examples/customers/catalog/crm.yaml"),
    ),
    (
        "pipelines/customers-daily.yaml",
        include_str!("../../../examples/customers/pipelines/customers-daily.yaml"),
    ),
];

impl Case {
    fn parsed(&self) -> (Files, Spec) {
        match self.size {
            None => support::parsed(&QUICKSTART),
            Some((columns, steps)) => {
                let files = wide::files(columns, steps);
                let files: Vec<(&str, &str)> =
                    files.iter().map(|(p, t)| (*p, t.as_str())).collect();
                support::parsed(&files)
            }
        }
    }

    fn pipeline(&self) -> &'static str {
        match self.size {
            None => "customers-daily",
            Some(_) => "wide",
        }
    }
}

/// The best of some runs.
fn best(runs: usize, mut run: impl FnMut()) -> Duration {
    let one = |_| {
        #[allow(clippy::disallowed_methods, reason = "a measure of time")]
        let start = Instant::now();
        run();
        start.elapsed()
    };
    (0..runs).map(one).min().unwrap()
}

fn proof(case: &Case, files: &Files, spec: &Spec) -> Duration {
    let request = Request::Pipeline(case.pipeline().to_owned());
    best(case.runs, || {
        let plan = support::ask(files, spec, &request).unwrap();
        assert!(plan.violations().is_empty(), "{:?}", plan.violations());
    })
}

/// DataFusion alone: the same steps planned and analysed, each over the columns of the one before.
/// What it does not know (our protections) is left out of the SQL.
fn datafusion(case: &Case, spec: &Spec) -> Option<Duration> {
    case.size?;
    let context = SessionContext::new();
    for (id, dataset) in &spec.datasets {
        let fields: Vec<_> = dataset
            .columns
            .iter()
            .map(|column| {
                datafusion::arrow::datatypes::Field::new(&column.name, arrow_type(&column.ty), true)
            })
            .collect();
        let table = EmptyTable::new(Arc::new(Schema::new(fields)));
        let _ = context.register_table(id.as_str(), Arc::new(table));
    }
    let pipeline = spec.pipelines.get(case.pipeline()).unwrap();
    let plan = || {
        for step in &pipeline.steps {
            let sql = step.sql.text.replace("encrypt(", "nullif(");
            let state = context.state();
            let plan = support::wait(state.create_logical_plan(&sql)).unwrap();
            let options = state.config_options();
            let plan = state
                .analyzer()
                .execute_and_check(plan, options, |_, _| {})
                .unwrap();
            let table = EmptyTable::new(Arc::new(plan.schema().as_arrow().clone()));
            let _ = context.deregister_table(step.name.as_str());
            context
                .register_table(step.name.as_str(), Arc::new(table))
                .unwrap();
        }
    };
    Some(best(case.runs, plan))
}

/// The most memory that this process has held, in MiB, where the system says so.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024)
}

/// One line: the case, its goal, the proof, DataFusion alone, in milliseconds; memory before and at most.
fn measured(case: &Case, beside: bool) -> bool {
    let (files, spec) = case.parsed();
    let before = peak().unwrap_or(0);
    let took = proof(case, &files, &spec);
    let most = peak().unwrap_or(0);
    let alone = beside.then(|| datafusion(case, &spec)).flatten();
    let ms = |took: Duration| format!("{:.1}", took.as_secs_f64() * 1000.0);
    println!(
        "{} goal {} proof {} datafusion {} before {before} peak {most}",
        case.name,
        ms(case.goal),
        ms(took),
        alone.map_or("-".to_owned(), ms),
    );
    took <= case.goal
}

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let named = |case: &&Case| asked.iter().any(|word| word == case.name);
    let mut chosen: Vec<&Case> = CASES.iter().filter(named).collect();
    let alone = !chosen.is_empty();
    if !alone {
        chosen = CASES.iter().collect();
    }
    // `--alone` leaves DataFusion out, for a profile of the proof.
    let beside = !asked.iter().any(|word| word == "--alone");
    let met = chosen.into_iter().map(|case| measured(case, beside));
    let met = met.fold(true, |all, one| all & one);
    // Asked for one case, the caller judges.
    assert!(met || alone, "a goal was missed");
}
