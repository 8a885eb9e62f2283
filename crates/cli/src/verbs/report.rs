//! `sealine report`: what a dataset says about the people in it, in counts, along the same path as `read`.
//!
//! Must never print a value: names from the project's files, counts and shares only.

use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::project::{self, Opened};
use crate::screen::{Paint, Screen};
use crate::show::{count, rejected};
use indicatif::HumanCount;
use sealine_engine::Examined;
use sealine_plan::Request;
use sealine_protect::anonymity::{Counted, Diversity, Measured, Metric, Roles};
use serde_json::{Value, json};
use std::path::Path;

/// Sizes of classes that are shown together: from this one to the next.
const STEPS: [u64; 10] = [1, 2, 3, 5, 10, 20, 50, 100, 1_000, 10_000];
/// Columns of the longest bar.
const BAR: u64 = 40;

/// Prints a report.
pub(crate) fn run(
    directory: &Path,
    arguments: &args::Report,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let args::Report::Anonymity {
        dataset,
        quasi,
        sensitive,
        subject,
    } = arguments;
    let (opened, dataset) = project::open_for(directory, dataset, screen)?;
    let asked = Roles {
        quasi: once(quasi),
        sensitive: once(sensitive),
        subject: subject.clone(),
    };
    let request = Request::Read {
        columns: columns(&opened, &dataset, &asked),
        dataset,
        limit: usize::MAX,
    };
    let examined = opened.measure(&request, asked)?;
    if screen.is_json() {
        screen.json(&as_json(&examined));
    } else {
        say(screen, &examined);
    }
    Ok(Exit::Done)
}

/// The names as they were typed, each once.
fn once(names: &Option<Vec<String>>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in names.iter().flatten() {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
    all
}

/// The columns to read: those named, where nothing has to be found by what columns come from.
fn columns(opened: &Opened, id: &str, asked: &Roles) -> Option<Vec<String>> {
    let dataset = opened.project().spec().dataset(id)?;
    let subject = asked.subject.as_ref().or(dataset.subject.as_ref());
    if asked.quasi.is_empty() || (subject.is_none() && !dataset.declares_columns) {
        return None;
    }
    let mut all: Vec<String> = Vec::new();
    for name in asked.quasi.iter().chain(&asked.sensitive).chain(subject) {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
    Some(all)
}

fn say(screen: &Screen, examined: &Examined) {
    let measured = &examined.measured;
    let members = |number: u64| match measured.counted {
        Counted::Rows => count(number, "row"),
        Counted::Subjects => count(number, "subject"),
    };
    let head = |word: &str, text: &str| {
        let word = screen.paint(Paint::Strong, &format!("{word:<10}"));
        screen.line(&format!("{word} {text}"));
    };
    let classes = match measured.classes() {
        1 => "1 class".to_owned(),
        number => format!("{} classes", HumanCount(number)),
    };
    head(
        "anonymity",
        &format!(
            "{}: {} in {classes} by {}",
            screen.paint(Paint::Name, &examined.dataset),
            count(measured.rows, "row"),
            examined.roles.quasi.join(", "),
        ),
    );
    let Some(k) = measured.k() else {
        screen.line("           there are no rows: nothing is said of anyone");
        return;
    };
    let short = |metric: &dyn Fn(Metric) -> bool, column: Option<&str>| {
        let short = measured
            .shortfalls
            .iter()
            .find(|short| metric(short.metric) && short.column.as_deref() == column)?;
        let text = format!(
            "in {} of {classes} with {}",
            HumanCount(short.classes),
            members(short.members)
        );
        Some(screen.paint(Paint::Bad, &format!("falls short {text}")))
    };
    let against = |asked: Option<String>, short: Option<String>| match (asked, short) {
        (None, _) => String::new(),
        (Some(asked), None) => format!(", {asked} is asked: {}", screen.paint(Paint::Good, "met")),
        (Some(asked), Some(short)) => format!(", {asked} is asked: {short}"),
    };
    let bounds = &examined.bounds;
    let least = |bound: Option<f64>| bound.map(|bound| format!("at least {bound}"));
    let asked = bounds.k.map(|k| format!("at least {k}"));
    head(
        "k",
        &format!(
            "{}{}",
            members(k),
            against(asked, short(&|metric| metric == Metric::K, None))
        ),
    );
    for one in &measured.sensitive {
        let column = Some(one.column.as_str());
        let l = |kind| short(&|metric| metric == Metric::L(kind), column);
        let asked = |kind| bounds.l.filter(|_| bounds.diversity == kind);
        head(
            "l",
            &format!(
                "{} of {} in {}{}",
                one.distinct_l,
                count(one.values, "value"),
                one.column,
                against(least(asked(Diversity::Distinct)), l(Diversity::Distinct))
            ),
        );
        head(
            "",
            &format!(
                "{:.2} by entropy{}",
                one.entropy_l,
                against(least(asked(Diversity::Entropy)), l(Diversity::Entropy))
            ),
        );
        let most = bounds.t.map(|bound| format!("at most {bound}"));
        head(
            "t",
            &format!(
                "{:.3} in {} ({} distance){}",
                one.t,
                one.column,
                one.distance.name(),
                against(most, short(&|metric| metric == Metric::T, column))
            ),
        );
    }
    let (_, alone) = measured.below(2);
    head(
        "unique",
        &format!(
            "{} of {} ({:.1} %) alone with these quasi-identifiers",
            HumanCount(alone),
            members(measured.members()),
            share(alone, measured.members()) * 100.0,
        ),
    );
    screen.line("");
    picture(screen, measured);
    aside(screen, examined);
}

/// How many rows or subjects are in classes of which size.
fn picture(screen: &Screen, measured: &Measured) {
    let ends = STEPS.iter().skip(1).map(|next| Some(*next)).chain([None]);
    let bins: Vec<(String, u64, u64)> = STEPS
        .iter()
        .zip(ends)
        .map(|(from, to)| {
            let before = measured.below(*from);
            let until = measured.below(to.unwrap_or(u64::MAX));
            let name = match to {
                Some(to) if to == from + 1 => from.to_string(),
                Some(to) => format!("{}–{}", HumanCount(*from), HumanCount(to - 1)),
                None => format!("{} on", HumanCount(*from)),
            };
            (name, until.0 - before.0, until.1 - before.1)
        })
        .collect();
    let filled = |at: &(usize, &(String, u64, u64))| at.1.1 > 0;
    let places = bins.iter().enumerate().filter(filled).map(|(at, _)| at);
    let (first, last) = (places.clone().min().unwrap_or(0), places.max().unwrap_or(0));
    let most = bins
        .iter()
        .map(|(_, _, members)| *members)
        .max()
        .unwrap_or(1)
        .max(1);
    let counted = measured.counted.name();
    let text = format!("{:>13}  {:>9}  {:>9}", "size of class", "classes", counted);
    screen.line(&screen.paint(Paint::Dim, &text));
    for (name, classes, members) in bins.iter().take(last + 1).skip(first) {
        // A class that is there is seen.
        let length = (members * BAR).div_ceil(most);
        let bar = "█".repeat(usize::try_from(length).unwrap_or_default());
        let bar = if name == "1" {
            screen.paint(Paint::Bad, &bar)
        } else {
            bar
        };
        let (classes, members) = (
            HumanCount(*classes).to_string(),
            HumanCount(*members).to_string(),
        );
        let line = format!("{name:>13}  {classes:>9}  {members:>9}  {bar}");
        screen.line(line.trim_end());
    }
}

/// What was not measured.
fn aside(screen: &Screen, examined: &Examined) {
    for (dataset, rules) in &examined.rejected {
        let rows: u64 = rules.iter().map(|rule| rule.rows).sum();
        let text = format!(
            "{} of {dataset} broke a rule and were not measured",
            count(rows, "row")
        );
        screen.line(&screen.paint(Paint::Dim, &text));
    }
    if !examined.withheld.is_empty() {
        let names: Vec<String> = examined
            .withheld
            .iter()
            .map(|(column, level)| format!("{column} ({level})"))
            .collect();
        let text = format!(
            "not looked at, above what a terminal may show: {}",
            names.join(", ")
        );
        screen.line(&screen.paint(Paint::Dim, &text));
    }
}

fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

fn as_json(examined: &Examined) -> Value {
    let (measured, bounds) = (&examined.measured, &examined.bounds);
    let kind = |kind| match kind {
        Diversity::Distinct => "distinct",
        Diversity::Entropy => "entropy",
    };
    let (_, alone) = measured.below(2);
    let sensitive: Vec<Value> = measured
        .sensitive
        .iter()
        .map(|one| {
            json!({
                "column": one.column,
                "values": one.values,
                "distinct_l": one.distinct_l,
                "entropy_l": one.entropy_l,
                "t": one.t,
                "distance": one.distance.name(),
            })
        })
        .collect();
    let shortfalls: Vec<Value> = measured
        .shortfalls
        .iter()
        .map(|short| {
            json!({
                "metric": short.metric.name(),
                "column": short.column,
                "bound": short.bound,
                "found": short.found,
                "classes": short.classes,
                "members": short.members,
            })
        })
        .collect();
    let sizes: Vec<Value> = measured
        .sizes
        .iter()
        .map(|(size, classes)| json!({ "size": size, "classes": classes }))
        .collect();
    let withheld: Vec<Value> = examined
        .withheld
        .iter()
        .map(|(name, level)| json!({ "column": name, "level": level }))
        .collect();
    json!({
        "ok": true,
        "exit": 0,
        "dataset": examined.dataset,
        "quasi": examined.roles.quasi,
        "subject": examined.roles.subject,
        "counted": measured.counted.name(),
        "rows": measured.rows,
        "members": measured.members(),
        "classes": measured.classes(),
        "k": measured.k(),
        "unique": alone,
        "unique_share": share(alone, measured.members()),
        "sensitive": sensitive,
        "sizes": sizes,
        "asked": {
            "k": bounds.k,
            "l": bounds.l,
            "l_kind": bounds.l.map(|_| kind(bounds.diversity)),
            "t": bounds.t,
        },
        "shortfalls": shortfalls,
        "withheld": withheld,
        "rejected": rejected(&examined.rejected),
    })
}
