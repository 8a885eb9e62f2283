//! What the live pipelines of a project show together.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use sealine_plan::{Computed, Finding, Plan, Registry, Request, prove_among};

/// What each of several pipelines comes to, proved after `recorded`, all with one memory of the others.
fn live(recorded: &Computed, pipelines: &[String]) -> Vec<Plan> {
    let texts: Vec<(String, &str)> = pipelines
        .iter()
        .enumerate()
        .map(|(n, text)| (format!("pipelines/p{n}.yaml"), text.as_str()))
        .collect();
    let texts: Vec<(&str, &str)> = texts
        .iter()
        .map(|(path, text)| (path.as_str(), *text))
        .collect();
    let (files, spec) = support::project(&texts);
    let registry = Registry::new(sealine_protect::catalogue());
    let live = std::sync::Arc::default();
    let names = spec.pipelines.keys();
    names
        .map(|name| {
            let request = Request::Pipeline(name.clone());
            prove_among(&files, &spec, recorded, &registry, &request, &live).unwrap()
        })
        .collect()
}

#[test]
fn both_of_two_pipelines_are_refused_with_both_paths() {
    let plans = live(
        &Computed::default(),
        &[
            support::pipeline(
                "first",
                "SELECT id, mask(card, 6, 0) AS front FROM people",
                "lake.out",
                None,
            ),
            support::pipeline(
                "second",
                "SELECT id, mask(card, 0, 4) AS back FROM people",
                "lake.other",
                None,
            ),
        ],
    );
    for (plan, own, other) in [
        (&plans[0], "`front`", "second"),
        (&plans[1], "`back`", "first"),
    ] {
        assert!(plan.violations().is_empty(), "{:#?}", plan.violations());
        let mut asked = plan.demands().iter().filter(|asked| asked.beside.is_some());
        let (Some(asked), None) = (asked.next(), asked.next()) else {
            panic!("{:#?}", plan.demands());
        };
        assert_eq!(asked.protection, "mask+mask");
        assert_eq!(asked.form.as_deref(), Some("mask(0, 4) + mask(6, 0)"));
        let path = plan.explain(&Finding::Demand(asked.id));
        let texts: Vec<&str> = path.iter().map(|step| step.text.as_str()).collect();
        assert!(texts.iter().any(|text| text.contains(own)), "{texts:#?}");
        let there = format!("in `{other}`: ");
        let there: Vec<_> = path
            .iter()
            .filter(|step| step.text.starts_with(&there))
            .collect();
        assert!(
            there.len() > 1 && there.iter().any(|step| step.text.contains("mask(")),
            "{texts:#?}"
        );
        assert!(there.iter().all(|step| step.span.is_some()), "{texts:#?}");
    }
}

#[test]
fn two_populations_ask_for_both_datasets_by_name() {
    let pipeline = |name: &str, sql: &str, to: &str| support::pipeline(name, sql, to, Some(7));
    let by = "SELECT country, avg(salary) AS pay FROM people GROUP BY country";
    let plans = live(
        &Computed::default(),
        &[
            pipeline("first", by, "lake.out"),
            pipeline(
                "second",
                "SELECT avg(salary) AS pay FROM people",
                "lake.other",
            ),
        ],
    );
    for plan in &plans {
        assert!(plan.violations().is_empty(), "{:#?}", plan.violations());
        let mut asked = plan
            .demands()
            .iter()
            .filter(|asked| asked.protection == "populations");
        let (Some(asked), None) = (asked.next(), asked.next()) else {
            panic!("{:#?}", plan.demands());
        };
        assert_eq!(asked.form.as_deref(), Some("lake.other, lake.out"));
        assert_eq!((asked.min_group, asked.column.as_str()), (Some(7), "*"));
        assert!(asked.beside.is_some());
    }
    // The same texts over the same inputs have one population.
    let plans = live(
        &Computed::default(),
        &[
            pipeline("first", by, "lake.out"),
            pipeline("second", by, "lake.other"),
        ],
    );
    for plan in &plans {
        assert!(
            support::outcome(&Ok(plan.clone())).0,
            "{:#?}",
            plan.demands()
        );
    }
}

#[test]
fn an_aggregate_that_is_handed_on_stays_one() {
    let first = support::pipeline(
        "first",
        "SELECT country, avg(salary) AS pay FROM people GROUP BY country",
        "lake.other",
        Some(5),
    );
    let next = "version: 1\npipeline: next\ninputs: { other: lake.other }\nsteps: { s: { sql: \"SELECT country, pay FROM other\" } }\noutputs: [{ from: s, to: lake.out }]\n";
    let recorded = live(&Computed::default(), std::slice::from_ref(&first))[0].computed();
    for plan in live(&recorded, &[first, next.to_owned()]) {
        assert!(
            support::outcome(&Ok(plan.clone())).0,
            "{:#?}",
            support::outcome(&Ok(plan)).1
        );
    }
}

#[test]
fn what_cannot_have_run_yet_shows_nothing() {
    let first = support::pipeline(
        "first",
        "SELECT id, mask(card, 6, 0) AS card FROM people",
        "lake.out",
        None,
    );
    let stage = support::pipeline("stage", "SELECT id, card FROM people", "lake.stage", None);
    let next = "version: 1\npipeline: next\ninputs: { people: people, stage: lake.stage }\nsteps: { s: { sql: \"SELECT p.id, mask(p.card, 0, 4) AS card FROM people p JOIN stage s ON s.id = p.id\" } }\noutputs: [{ from: s, to: lake.other }]\n";
    let (files, spec) = support::project(&[
        ("pipelines/a.yaml", &first),
        ("pipelines/b.yaml", next),
        ("pipelines/stage.yaml", &stage),
    ]);
    let ask = |name: &str| support::ask(&files, &spec, &Request::Pipeline(name.to_owned()));
    assert!(support::outcome(&ask("first")).0);
    let broken = ask("next").unwrap_err();
    assert!(
        broken.iter().all(|found| found.code == "SL2012"),
        "{broken:#?}"
    );
}

#[test]
fn cells_of_a_grant_are_counted_over_all_pipelines() {
    let narrow = support::CATALOG.replace("max_cells: 3", "max_cells: 2");
    let pipelines = [
        support::pipeline(
            "first",
            "SELECT id FROM people WHERE nationality = 'DE'",
            "lake.out",
            None,
        ),
        support::pipeline(
            "second",
            "SELECT id FROM people WHERE nationality = 'FR'",
            "lake.other",
            None,
        ),
    ];
    let verdict = |catalog: &str, pipelines: &[String]| {
        let mut texts = vec![
            ("sealine.yaml", support::PROJECT),
            ("catalog/leaks.yaml", catalog),
        ];
        let paths = ["pipelines/a.yaml", "pipelines/b.yaml"];
        texts.extend(paths.into_iter().zip(pipelines.iter().map(String::as_str)));
        let (files, spec) = support::parsed(&texts);
        support::outcome(&support::ask(
            &files,
            &spec,
            &Request::Pipeline("first".to_owned()),
        ))
    };
    assert!(verdict(&narrow, &pipelines[..1]).0);
    assert!(verdict(support::CATALOG, &pipelines).0);
    let (passes, reasons) = verdict(&narrow, &pipelines);
    assert!(!passes && reasons[0].starts_with("SL3013"), "{reasons:#?}");
}
