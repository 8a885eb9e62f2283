//! Plans of whole projects: several steps, staged datasets, previews, minimum groups, digests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan};
use sealine_label::declare::{Argument, Call};
use sealine_plan::{
    Computed, InputSource, NodeKind, Plan, Protection, Registry, Request, Sink, prove,
};

const DAILY: &str = r"version: 1
pipeline: daily
inputs: { people: people, visits: visits }
steps:
  safe:
    sql: |
      SELECT id, country, tokenize(email, 'crm') AS email, mask(card, 6, 4) AS card, encrypt(name, 'lake') AS sealed
      FROM people
  joined:
    sql: |
      SELECT s.id, s.email, s.sealed AS name, sum(v.cost) AS cost
      FROM safe s JOIN visits v ON v.person_id = s.id GROUP BY s.id, s.email, s.sealed
outputs:
  - { from: joined, to: lake.out }
";

fn calls(plan: &LogicalPlan) -> Vec<Call> {
    let mut all = Vec::new();
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                if let Expr::ScalarFunction(function) = part
                    && let Some(protection) = function.func.inner().downcast_ref::<Protection>()
                {
                    assert_eq!(function.args.len(), 1);
                    all.push(protection.call().clone());
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })
    .unwrap();
    all
}

fn leaves(plan: &LogicalPlan) -> Vec<String> {
    let mut all = Vec::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            all.push(
                scan.source
                    .downcast_ref::<InputSource>()
                    .expect("only inputs are left")
                    .dataset()
                    .to_owned(),
            );
        }
        Ok(TreeNodeRecursion::Continue)
    })
    .unwrap();
    all
}

fn daily() -> Plan {
    let (files, spec) = support::project(&[("pipelines/daily.yaml", DAILY)]);
    support::ask(&files, &spec, &Request::Pipeline("daily".to_owned())).unwrap()
}

#[test]
fn steps_are_put_together_and_calls_are_complete() {
    let plan = daily();
    assert!(plan.violations().is_empty(), "{:#?}", plan.violations());
    assert!(
        plan.demands().iter().all(support::permits),
        "{:#?}",
        plan.demands()
    );
    let output = &plan.outputs()[0];
    assert_eq!(leaves(&output.logical), ["people", "visits"]);
    let calls = calls(&output.logical);
    let token = calls.iter().find(|call| call.name == "tokenize").unwrap();
    assert_eq!(
        token.arguments,
        [
            Argument::Text("crm".into()),
            Argument::Text("pii.email".into()),
            Argument::Text("text".into()),
            Argument::Integer(0)
        ]
    );
    let sealed = calls.iter().find(|call| call.name == "encrypt").unwrap();
    assert_eq!(
        (
            sealed.context.dataset.as_str(),
            sealed.context.column.as_str()
        ),
        ("lake.out", "name")
    );
    let inputs: Vec<&str> = plan
        .inputs()
        .iter()
        .map(|input| input.dataset.id.as_str())
        .collect();
    assert_eq!(inputs, ["people", "visits"]);
    let email = &output.columns[1];
    assert_eq!(
        (email.tags.as_slice(), email.protections.as_slice()),
        (
            &["pii.email".to_owned()][..],
            &["tokenize(crm)".to_owned()][..]
        )
    );
}

#[test]
fn the_digest_follows_the_files_and_nothing_else() {
    let (one, two) = (daily(), daily());
    assert_eq!(one.digest(), two.digest());
    let (files, spec) =
        support::project(&[("pipelines/daily.yaml", &DAILY.replace("6, 4", "6, 3"))]);
    let other = support::ask(&files, &spec, &Request::Pipeline("daily".to_owned())).unwrap();
    assert_ne!(one.digest(), other.digest());
    assert_ne!(one.spec_digest(), other.spec_digest());
}

#[test]
fn the_drawing_names_every_node() {
    let drawing = daily().draw();
    let kinds: Vec<NodeKind> = drawing.nodes.iter().map(|node| node.kind).collect();
    assert_eq!(
        kinds,
        [
            NodeKind::Input,
            NodeKind::Input,
            NodeKind::Step,
            NodeKind::Step,
            NodeKind::Output
        ]
    );
    assert!(
        drawing
            .edges
            .iter()
            .any(|edge| edge.from == "step:safe" && edge.to == "step:joined")
    );
    let text = serde_json::to_string(&drawing).unwrap();
    assert!(text.contains("tokenize(crm)"));
}

const STAGE: &str = r#"version: 1
pipeline: stage
inputs: { people: people }
steps: { all: { sql: "SELECT id, email, card, salary FROM people" } }
outputs: [{ from: all, to: lake.stage }]
"#;

fn after_staging(
    sql: &str,
    min_group: &str,
) -> (Result<Plan, sealine_spec::Diagnostics>, Computed) {
    after(STAGE, sql, min_group)
}

fn after(
    stage: &str,
    sql: &str,
    min_group: &str,
) -> (Result<Plan, sealine_spec::Diagnostics>, Computed) {
    let next = format!(
        "version: 1\npipeline: next\ninputs: {{ stage: lake.stage }}\nsteps: {{ s: {{ {min_group}sql: \"{sql}\" }} }}\noutputs: [{{ from: s, to: lake.out }}]\n"
    );
    let (files, spec) = support::project(&[
        ("pipelines/stage.yaml", stage),
        ("pipelines/next.yaml", &next),
    ]);
    let registry = Registry::new(sealine_protect::catalogue());
    let staged = prove(
        &files,
        &spec,
        &Computed::default(),
        &registry,
        &Request::Pipeline("stage".into()),
    )
    .unwrap();
    assert!(staged.violations().is_empty(), "{:#?}", staged.violations());
    let recorded: Computed =
        serde_json::from_str(&serde_json::to_string(&staged.computed()).unwrap()).unwrap();
    (
        prove(
            &files,
            &spec,
            &recorded,
            &registry,
            &Request::Pipeline("next".into()),
        ),
        recorded,
    )
}

#[test]
fn staging_launders_nothing() {
    for sql in [
        "SELECT id, email FROM stage",
        "SELECT id, upper(card) AS c FROM stage",
        "SELECT id FROM stage WHERE salary > 5",
    ] {
        let (result, _) = after_staging(sql, "");
        assert!(!support::outcome(&result).0, "{sql}");
        assert!(
            result
                .unwrap()
                .violations()
                .iter()
                .any(|v| &*v.origin.dataset == "people"),
            "{sql}"
        );
    }
}

#[test]
fn staging_gives_no_date_another_subject() {
    let stage = STAGE.replace(
        "inputs: { people: people }",
        "inputs: { clinic: clinic, visits: visits }",
    );
    let stage = stage.replace(
        "SELECT id, email, card, salary FROM people",
        "SELECT v.id, c.admitted FROM clinic c CROSS JOIN visits v",
    );
    let (result, _) = after(
        &stage,
        "SELECT date_shift(admitted, 'crm', id, 100) AS a FROM stage",
        "",
    );
    let reasons = support::outcome(&result).1;
    assert!(
        reasons.iter().any(|one| one.starts_with("SL3005")),
        "{reasons:#?}"
    );
}

#[test]
fn a_staged_guess_gets_no_token() {
    let stage = STAGE.replace(
        "SELECT id, email,",
        "SELECT id, 'guess@example.com' AS email,",
    );
    let (result, _) = after(
        &stage,
        "SELECT id, tokenize(email, 'crm') AS t FROM stage",
        "",
    );
    let reasons = support::outcome(&result).1;
    assert!(
        reasons.iter().any(|one| one.starts_with("SL3007")),
        "{reasons:#?}"
    );
}

/// Sorted by what can be read, tokens of it are a dictionary.
#[test]
fn tokens_do_not_lie_in_the_order_of_their_values() {
    let (files, spec) = support::project(&[]);
    let order = |by: &str| {
        let sql = format!("SELECT tokenize(login, 'crm') AS t FROM contacts ORDER BY {by}");
        let plan = support::ask(&files, &spec, &support::verdict(&sql, None)).unwrap();
        plan.outputs()[0].order
    };
    assert_eq!(order("id"), sealine_plan::Order::Keep);
    assert_eq!(order("login"), sealine_plan::Order::SortOwnCells);
    assert_eq!(order("upper(login), id"), sealine_plan::Order::SortOwnCells);
}

#[test]
fn staged_columns_can_still_be_protected() {
    for sql in [
        "SELECT id, tokenize(email, 'crm') AS email, mask(card, 6, 4) AS card FROM stage",
        "SELECT id, encrypt(salary, 'lake') AS s FROM stage",
        "SELECT id FROM stage",
    ] {
        let (result, _) = after_staging(sql, "");
        let (passes, reasons) = support::outcome(&result);
        assert!(passes, "{sql} {reasons:?}");
    }
    let (result, _) = after_staging("SELECT sum(salary) AS s FROM stage", "min_group: 5, ");
    assert!(
        !support::outcome(&result).0,
        "a staged dataset's rows are not its source's"
    );
}

#[test]
fn a_dataset_without_columns_cannot_be_read_before_it_is_written() {
    let next = "version: 1\npipeline: next\ninputs: { stage: lake.stage }\nsteps: { s: { sql: \"SELECT 1 AS x FROM stage\" } }\noutputs: [{ from: s, to: lake.out }]\n";
    let (files, spec) = support::project(&[
        ("pipelines/stage.yaml", STAGE),
        ("pipelines/next.yaml", next),
    ]);
    let refused = support::ask(&files, &spec, &Request::Pipeline("next".into())).unwrap_err();
    assert_eq!(refused.iter().next().unwrap().code, "SL2012");
}

#[test]
fn recorded_labels_only_grow() {
    let (_, mut recorded) = after_staging("SELECT id FROM stage", "");
    let before = serde_json::to_string(&recorded).unwrap();
    recorded.join(&recorded.clone());
    assert_eq!(before, serde_json::to_string(&recorded).unwrap());
}

#[test]
fn the_terminal_withholds_what_it_may_not_show() {
    let (files, spec) = support::project(&[("pipelines/daily.yaml", DAILY)]);
    let read = Request::Read {
        dataset: "people".into(),
        columns: None,
        limit: 5,
    };
    let plan = support::ask(&files, &spec, &read).unwrap();
    assert!(
        plan.violations().is_empty() && plan.demands().is_empty(),
        "{:#?}",
        plan.violations()
    );
    let names: Vec<&str> = plan.outputs()[0]
        .columns
        .iter()
        .map(|c| c.name.as_str())
        .collect();
    assert_eq!(names, ["id", "country"]);
    assert!(plan.withheld().iter().any(|(name, _)| name == "email"));
    assert!(matches!(plan.outputs()[0].sink, Sink::Terminal));
    let preview = Request::Preview {
        pipeline: "daily".into(),
        step: Some("safe".into()),
        limit: 5,
    };
    let plan = support::ask(&files, &spec, &preview).unwrap();
    assert!(plan.violations().is_empty(), "{:#?}", plan.violations());
    assert_eq!(plan.outputs()[0].columns.len(), 5);
    assert!(
        plan.demands()
            .iter()
            .all(|demand| demand.dataset.is_empty())
    );
    let wrong = Request::Preview {
        pipeline: "daily".into(),
        step: Some("nope".into()),
        limit: 5,
    };
    assert_eq!(
        support::ask(&files, &spec, &wrong)
            .unwrap_err()
            .iter()
            .next()
            .unwrap()
            .code,
        "SL2013"
    );
}

#[test]
fn the_minimum_group_is_in_the_plan() {
    let (files, spec) = support::project(&[]);
    let request = support::verdict(
        "SELECT country, avg(salary) AS s FROM people GROUP BY country",
        Some(7),
    );
    let plan = support::ask(&files, &spec, &request).unwrap();
    let text = plan.outputs()[0].logical.display_indent().to_string();
    assert!(
        text.contains("count(DISTINCT") && text.contains(">= Int64(7)"),
        "{text}"
    );
    assert_eq!(plan.outputs()[0].columns.len(), 2);
    assert!(
        plan.demands()
            .iter()
            .any(|demand| demand.min_group == Some(7) && demand.protection == "avg")
    );
}

#[test]
fn casts_and_divisions_are_total_in_the_plan() {
    let (files, spec) = support::project(&[]);
    let request = support::verdict(
        "SELECT id, CAST(country AS INT) AS c, cost / person_id AS q, date_trunc('month', day) AS m FROM (SELECT v.id, v.day, p.country, v.cost, v.person_id FROM visits v JOIN people p ON p.id = v.person_id) t",
        None,
    );
    let plan = support::ask(&files, &spec, &request).unwrap();
    let text = plan.outputs()[0].logical.display_indent().to_string();
    for total in ["TRY_CAST", "divide_or_null", "truncate_or_null"] {
        assert!(text.contains(total), "{text}");
    }
}

#[test]
fn a_step_that_fails_is_checked_against_whoever_sees_it() {
    let text = |sql: &str| {
        format!(
            "version: 1\npipeline: p\ninputs: {{ people: people }}\nsteps: {{ s: {{ on_error: fail, sql: \"{sql}\" }} }}\noutputs: [{{ from: s, to: lake.out }}]\n"
        )
    };
    let codes = |sql: &str| {
        let (files, spec) = support::project(&[("pipelines/p.yaml", &text(sql))]);
        let plan = support::ask(&files, &spec, &Request::Pipeline("p".into())).unwrap();
        plan.violations().iter().map(|v| v.code).collect::<Vec<_>>()
    };
    assert!(codes("SELECT id, redact(CAST(email AS INT)) AS e FROM people").contains(&"SL3010"));
    assert!(codes("SELECT id, redact(id / salary) AS e FROM people").contains(&"SL3010"));
    let month = "SELECT id, redact(date_trunc('month', born)) AS e FROM people";
    assert!(codes(month).contains(&"SL3010"));
    assert!(codes("SELECT id, CAST(country AS INT) AS e FROM people").is_empty());
}

#[test]
fn a_deep_query_ends_in_an_answer() {
    let (files, spec) = support::project(&[]);
    let chain = vec!["id"; 800].join(" + ");
    let plan = support::ask(
        &files,
        &spec,
        &support::verdict(&format!("SELECT {chain} AS x FROM people"), None),
    );
    assert!(support::outcome(&plan).0, "{:?}", support::outcome(&plan).1);
    for hostile in [
        format!("SELECT {} AS x FROM people", vec!["id"; 5_000].join(" + ")),
        format!(
            "SELECT {}id{} AS x FROM people",
            "(".repeat(5_000),
            ")".repeat(5_000)
        ),
        format!("SELECT '{}' AS x FROM people", "a".repeat(70_000)),
        format!("SELECT {} AS x", "NOT ".repeat(3_000)),
        format!(
            "SELECT {}a{} AS x FROM people",
            "(SELECT max(".repeat(40),
            ") FROM people)".repeat(40)
        ),
        {
            let mut bomb = "WITH c0 AS (SELECT id FROM people)".to_owned();
            for n in 1..60 {
                let before = n - 1;
                bomb.push_str(&format!(
                    ", c{n} AS (SELECT a.id FROM c{before} a JOIN c{before} b ON a.id = b.id)"
                ));
            }
            bomb + " SELECT id FROM c59"
        },
        "\u{0}".to_owned(),
        "SELECT".to_owned(),
        String::new(),
        "((((((".to_owned(),
        "SELECT 'unclosed".to_owned(),
    ] {
        let refused = support::ask(&files, &spec, &support::verdict(&hostile, None)).unwrap_err();
        assert!(
            refused.iter().all(|d| d.code.starts_with("SL20")),
            "{refused:?}"
        );
    }
}

#[test]
fn a_wide_project_is_proved_quickly() {
    let mut text = String::from(
        "version: 1\npipeline: wide\ninputs: { people: people }\nsteps:\n  s0: { sql: \"SELECT id, country, tokenize(email, 'crm') AS e FROM people\" }\n",
    );
    for step in 1..100 {
        let before = step - 1;
        text.push_str(&format!("  s{step}: {{ sql: \"SELECT id, upper(country) AS country, e FROM s{before} WHERE id > {step}\" }}\n"));
    }
    text.push_str("outputs: [{ from: s99, to: lake.out }]\n");
    let (files, spec) = support::project(&[("pipelines/wide.yaml", &text)]);
    let plan = support::ask(&files, &spec, &Request::Pipeline("wide".into())).unwrap();
    assert!(support::outcome(&Ok(plan)).0);
}

#[test]
fn nested_evaluation_does_not_explode() {
    let (files, spec) = support::project(&[]);
    let mut list = "id = 1".to_owned();
    let mut scalar = "1".to_owned();
    let mut pattern = "country".to_owned();
    for _ in 0..12 {
        list = format!("({list}) IN (true)");
        scalar = format!("(SELECT max(CAST(id AS DOUBLE)) FROM people WHERE {scalar} = 1)");
        pattern = format!("CAST((country SIMILAR TO {pattern}) AS VARCHAR)");
    }
    let decimals = vec!["quota"; 400].join(" * ");
    for sql in [
        format!("SELECT id FROM people WHERE {list}"),
        format!("SELECT id FROM people WHERE {scalar} = 1"),
        format!("SELECT id, {pattern} AS p FROM people"),
        format!("SELECT id, CAST({decimals} AS DOUBLE) AS q FROM contacts"),
    ] {
        let _ = support::ask(&files, &spec, &support::verdict(&sql, None));
    }
}

#[test]
fn steps_that_double_are_bounded() {
    let mut text = String::from(
        "version: 1\npipeline: bomb\ninputs: { people: people }\nsteps:\n  s0: { sql: \"SELECT id FROM people\" }\n",
    );
    for step in 1..60 {
        let before = step - 1;
        text.push_str(&format!("  s{step}: {{ sql: \"SELECT a.id FROM s{before} a JOIN s{before} b ON a.id = b.id\" }}\n"));
    }
    text.push_str("outputs: [{ from: s59, to: lake.out }]\n");
    let (files, spec) = support::project(&[("pipelines/bomb.yaml", &text)]);
    let refused = support::ask(&files, &spec, &Request::Pipeline("bomb".into())).unwrap_err();
    assert_eq!(refused.iter().next().unwrap().code, "SL2003");
}

#[test]
fn an_outer_name_that_two_scopes_have_means_both() {
    let (files, spec) = support::project(&[]);
    let sql = "SELECT p.id FROM (SELECT id, email AS x FROM people) p WHERE EXISTS (SELECT 1 FROM (SELECT id, country AS x FROM people) p JOIN LATERAL (SELECT v.id FROM visits v WHERE CAST(v.day AS VARCHAR) = p.x) q ON q.id = p.id)";
    let plan = support::ask(&files, &spec, &support::verdict(sql, None));
    assert!(plan.is_err() || !plan.unwrap().violations().is_empty());
}

#[test]
fn what_passes_can_be_optimized() {
    let (files, spec) = support::project(&[]);
    let state = datafusion::prelude::SessionContext::new().state();
    let mut tried = 0;
    for case in support::cases(include_str!("../../../corpus/proof/cases.jsonl")) {
        if case.expect != "passes" {
            continue;
        }
        let plan =
            support::ask(&files, &spec, &support::verdict(&case.sql, case.min_group)).unwrap();
        for output in plan.outputs() {
            let done = state.optimize(&output.logical);
            let done = done.unwrap_or_else(|e| panic!("{}: {e}", case.name));
            let names = |plan: &LogicalPlan| {
                plan.schema()
                    .fields()
                    .iter()
                    .map(|f| f.name().clone())
                    .collect::<Vec<_>>()
            };
            assert_eq!(names(&done), names(&output.logical), "{}", case.name);
            tried += 1;
        }
    }
    assert!(tried > 60);
}

#[test]
fn what_an_owner_declares_is_done_on_the_way_in() {
    let owned = "version: 1\ndatasets:\n  lake.owned:\n    at: { connection: lake, path: owned/, format: parquet }\n    clearance: internal\n    encrypt: { key: lake-files }\n    protect:\n      email: tokenize(email, 'crm')\n      card: \"mask(card, 6, 4)\"\n";
    let pipeline = |sql: &str| {
        format!(
            "version: 1\npipeline: owned\ninputs: {{ people: people }}\nsteps:\n  all:\n    sql: {sql}\noutputs:\n  - {{ from: all, to: lake.owned }}\n"
        )
    };
    let ask = |sql: &str| {
        let (files, spec) = support::project(&[
            ("catalog/owned.yaml", owned),
            ("pipelines/owned.yaml", &pipeline(sql)),
        ]);
        let plan = support::ask(&files, &spec, &Request::Pipeline("owned".to_owned()));
        (files, plan)
    };
    let (_, plan) = ask("SELECT id, email, card FROM people");
    let plan = plan.unwrap();
    assert!(plan.violations().is_empty(), "{:#?}", plan.violations());
    let names: Vec<_> = calls(&plan.outputs()[0].logical)
        .into_iter()
        .map(|call| (call.name, call.context.dataset, call.context.column))
        .collect();
    let at = |name, column: &str| (name, "lake.owned".to_owned(), column.to_owned());
    assert_eq!(names, [at("tokenize", "email"), at("mask", "card")]);

    // What the declaration does not cover is judged as ever.
    let (_, plan) = ask("SELECT id, email, card, name FROM people");
    let plan = plan.unwrap();
    assert_eq!(plan.violations().len(), 1);
    assert_eq!(plan.violations()[0].column.as_deref(), Some("name"));

    // A column that does not arrive is a broken file, told where the owner wrote it.
    let (files, plan) = ask("SELECT id, email FROM people");
    let found = plan.unwrap_err();
    let said = found.iter().next().unwrap();
    let span = said.span().unwrap();
    assert!(files.slice(span).contains("card"), "{}", files.slice(span));
}

#[test]
fn sealed_nulls_and_padding_hide_what_they_can() {
    for (seals, passes) in [
        // `code` is special and has at most eight characters, which are 32 bytes at most.
        ("encrypt(code, 'lake')", false),
        ("encrypt(code, 'lake', '32')", false),
        ("encrypt(code, 'lake', '32', 'sealed')", true),
        // A null is as short as the shortest class, so a longer one is known to be a value.
        ("encrypt(code, 'lake', '16', 'sealed')", false),
        ("encrypt(patient, 'lake', '32', 'sealed')", false),
        ("encrypt(lower(code), 'lake', '32', 'sealed')", true),
        ("encrypt(upper(code), 'lake', '32', 'sealed')", false),
        (
            "encrypt(CASE WHEN mood = 'low' THEN 1 END, 'lake', 'none', 'kept')",
            false,
        ),
        (
            "encrypt(CASE WHEN mood = 'low' THEN 1 END, 'lake', 'none', 'sealed')",
            true,
        ),
        (
            "encrypt(CASE WHEN mood = 'low' THEN 'x' END, 'lake', '32', 'sealed')",
            false,
        ),
        // A row key is authenticated and does not show; where it is missing the run stops.
        ("encrypt(comment, 'lake', 'none', 'kept', 'gcm', id)", true),
        (
            "encrypt(comment, 'lake', 'none', 'kept', 'gcm', account)",
            true,
        ),
        (
            "encrypt(comment, 'lake', 'none', 'kept', 'gcm', ward || 'x')",
            true,
        ),
        (
            "encrypt(comment, 'lake', 'none', 'kept', 'gcm', patient)",
            false,
        ),
        (
            "encrypt(comment, 'lake', 'none', 'kept', 'gcm', CASE WHEN mood = 'low' THEN ward END)",
            false,
        ),
    ] {
        let sql = format!("SELECT id, {seals} AS c FROM clinic");
        let (files, spec) = support::project(&[]);
        let result = support::ask(&files, &spec, &support::verdict(&sql, None));
        let reasons = support::outcome(&result).1;
        assert_eq!(reasons.is_empty(), passes, "{seals}\n{reasons:#?}");
    }
}

#[test]
fn unknown_names_are_told_as_what_they_are() {
    let (files, spec) = support::project(&[]);
    for (sql, code, message, help) in [
        (
            "SELECT emial FROM people",
            "SL2005",
            "no column is named `emial` here",
            "did you mean `email`?",
        ),
        // The planner asks for a table `c` too, which is not there.
        (
            "WITH c AS (SELECT email FROM people) SELECT emial FROM c",
            "SL2005",
            "no column is named `emial` here",
            "did you mean `email`?",
        ),
        (
            "SELECT emial FROM (WITH c AS (SELECT email FROM people) SELECT email FROM c) AS t",
            "SL2005",
            "no column is named `emial` here",
            "did you mean `email`?",
        ),
        (
            "WITH c AS (SELECT id FROM people) SELECT nosuch(id) AS x FROM c",
            "SL2006",
            "'nosuch'",
            "",
        ),
        (
            "WITH c AS (SELECT id FROM peeple) SELECT id FROM c",
            "SL2004",
            "no input, earlier step or dataset is named `peeple`",
            "did you mean `people`?",
        ),
        (
            "WITH c AS (SELECT id FROM people) SELECT c.id FROM c JOIN visit AS v ON v.id = c.id",
            "SL2004",
            "no input, earlier step or dataset is named `visit`",
            "did you mean `visits`?",
        ),
    ] {
        let refused = support::ask(&files, &spec, &support::verdict(sql, None)).unwrap_err();
        let said = refused.iter().next().unwrap();
        assert_eq!(said.code, code, "{sql}: {}", said.message);
        assert!(said.message.contains(message), "{sql}: {}", said.message);
        assert_eq!(said.help.join(""), help, "{sql}");
    }
}

#[test]
fn what_stands_for_the_function_replace_is_told() {
    let (files, spec) = support::project(&[]);
    let ask = |sql: &str| support::ask(&files, &spec, &support::verdict(sql, None));
    let refused = ask("SELECT id, replace(country, 'D', 'B') AS a FROM people").unwrap_err();
    let said = refused.iter().next().unwrap();
    assert_eq!(said.code, "SL2009");
    let help = said.help.join("");
    for instead in ["regexp_replace(x, 'a', 'b', 'g')", "translate(x, 'a', 'b')"] {
        assert!(help.contains(instead), "{help}");
        let call = instead
            .replace('x', "country")
            .replace("regecountryp", "regexp");
        let plan = ask(&format!("SELECT id, {call} AS a FROM people"));
        assert!(support::outcome(&plan).0, "{call}");
    }
}
