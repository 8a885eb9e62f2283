//! What the catalog asks of rows and of datasets as a whole, asked of the program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::Project;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const HEADER: &str = "id,email,card,age,country,nationality,comment\n";
const PLACE: &str = "    rejects: quarantine.customers ";

/// The flagship with more said of its source, and these rows.
fn project(said: &str, rows: &str) -> Project {
    let project = Project::small();
    project.edit("catalog/crm.yaml", PLACE, &format!("    {said}\n{PLACE}"));
    project.write("data/customers.csv", &format!("{HEADER}{rows}"));
    project
}

/// `(column or expectation, rule, rows)` of a run's report.
fn rejected(report: &serde_json::Value) -> Vec<(String, String, u64)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    report["inputs"][0]["rejected_by_rule"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                text(&one["column"]),
                text(&one["rule"]),
                one["rows"].as_u64().unwrap(),
            )
        })
        .collect()
}

#[test]
fn expectations_reject_where_they_are_false() {
    let said = "expect:\n      - { name: adult_or_unknown, sql: \"age >= 18\" }\n      - name: mail_fits\n        description: several lines and a comment\n        sql: |\n          NOT (lower(email) LIKE '%@mail.example' -- theirs\n            AND country = 'DE') -- a comment at the end\n      - { name: no_division_by_zero, sql: \"100 / (age - 40) < 1000\" }";
    let project = project(
        said,
        "1,a@mail.example,,17,FR,,\n2,b@mail.example,,18,DE,,\n3,c@mail.example,,,FR,,\n4,d@other.example,,40,DE,,\n5,e@mail.example,,12,DE,,\n",
    );
    let report = project.sealine(&["run", "--format", "json"]).ends(0).json();
    assert_eq!(
        rejected(&report),
        [
            ("adult_or_unknown".to_owned(), "expect".to_owned(), 2),
            ("mail_fits".to_owned(), "expect".to_owned(), 1)
        ]
    );
    assert_eq!(report["outputs"][0]["rows"], 2);
    assert_eq!(project.files("data/rejects").len(), 1);
    // What a receipt says of them can be verified.
    project.sealine(&["audit", "verify"]).ends(0);
}

#[test]
fn an_expectation_looks_at_one_row_and_nothing_else() {
    for (sql, code) in [
        ("age + 1", "SL2009"),
        ("agee >= 18", "SL2005"),
        ("age >= 18; DROP TABLE x", "SL2"),
        ("count(*) > 0", "SL2002"),
        ("row_number() OVER (ORDER BY id) > 0", "SL2002"),
        ("id IN (SELECT id FROM this)", "SL2008"),
        ("EXISTS (SELECT 1)", "SL2008"),
        ("(SELECT max(age) FROM this) > age", "SL2008"),
        ("id IN (SELECT id FROM lake.customers)", "SL2004"),
        ("true) AS a, (true", "SL20"),
        ("true) AS holds FROM this WHERE (age > 1", "SL2"),
        ("true) AS holds FROM this CROSS JOIN this AS b --", "SL2"),
        ("true /*", "SL2001"),
        ("tokenize(email, 'crm') = 'x'", "SL2008"),
        ("email = redact(email)", "SL2008"),
        ("now() > TIMESTAMP '2020-01-01'", "SL2008"),
        ("current_date() > DATE '2020-01-01'", "SL2008"),
        ("random() < 0.5", "SL2006"),
        ("frobnicate(age)", "SL2006"),
        ("$1", "SL2"),
        ("@@version = 'x'", "SL2"),
        (
            "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((age > 1))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))",
            "SL2",
        ),
    ] {
        let project = project(
            &format!(
                "expect: [{{ name: odd, sql: {} }}]",
                serde_json::Value::from(sql)
            ),
            "",
        );
        let said = project.sealine(&["check"]).ends(2);
        assert!(said.err.contains(code), "{sql}: {code} in\n{}", said.err);
        assert!(!said.err.contains("SL2099"), "{}", said.err);
    }
    let project = project("expect: [{ name: odd, sql: \"agee >= 18\" }]", "");
    // The place is in the catalog, where the owner wrote it.
    project
        .sealine(&["check"])
        .ends(2)
        .says("catalog/crm.yaml:15:")
        .says("did you mean `age`");
}

#[test]
fn counts_of_rows_stop_a_run_before_it_publishes() {
    let few = "1,a@mail.example,,17,FR,,\n2,b,,18,DE,,\n";
    let fewer = project("rows: { min: 2 }", few);
    let said = fewer
        .sealine(&["run"])
        .ends(1)
        .says("SL5470")
        .says("1 rows")
        .says("at least 2");
    assert!(said.err.contains("quarantine.customers"), "{}", said.err);
    assert!(fewer.files("lake/customers").is_empty());
    assert_eq!(
        fewer.files("data/rejects").len(),
        1,
        "what was rejected is kept"
    );
    project("rows: { min: 1, max: 1 }", few)
        .sealine(&["run"])
        .ends(0);
    let more = project("rows: { max: 0 }", few);
    more.sealine(&["run"]).ends(1).says("at most 0");
    // How many there are is as secret as which there are.
    let secret = project("rows: { min: 2 }", few);
    secret.edit(
        "sealine.yaml",
        "operator_clearance: internal",
        "operator_clearance: public",
    );
    let said = secret.sealine(&["run"]).ends(1).says("fewer rows");
    assert!(!said.err.contains("1 rows"), "{}", said.err);
    // Of what is written.
    let written = project("rows: { min: 1 }", few);
    written.edit(
        "catalog/crm.yaml",
        "    clearance: internal ",
        "    rows: { min: 2 }\n    clearance: internal ",
    );
    written
        .sealine(&["run"])
        .ends(1)
        .says("SL5470")
        .says("lake.customers");
    assert!(written.files("lake/customers").is_empty());
    written.edit("catalog/crm.yaml", "rows: { min: 2 }", "rows: { min: 1 }");
    written.sealine(&["run"]).ends(0);
    written.sealine(&["audit", "verify"]).ends(0);
}

#[allow(clippy::disallowed_methods)] // rows that are new now
fn hours_ago(hours: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let then = if hours < 0 {
        now + Duration::from_secs(hours.unsigned_abs() * 3_600)
    } else {
        now - Duration::from_secs(hours.unsigned_abs() * 3_600)
    };
    let (days, seconds) = (then.as_secs() / 86_400, then.as_secs() % 86_400);
    // Howard Hinnant's civil_from_days.
    let z = days + 719_468;
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (
        doy - (153 * mp + 2) / 5 + 1,
        if mp < 10 { mp + 3 } else { mp - 9 },
    );
    let year = yoe + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:00Z",
        seconds / 3_600,
        seconds / 60 % 60
    )
}

#[test]
fn a_source_without_new_rows_stops_a_run() {
    let with = |moments: &[String]| {
        let project = Project::small();
        project.edit(
            "catalog/crm.yaml",
            PLACE,
            &format!("    freshness: {{ column: seen, within: 24h }}\n{PLACE}"),
        );
        project.edit(
            "catalog/crm.yaml",
            "      comment:",
            "      seen: { type: timestamp, level: restricted }\n      comment:",
        );
        let rows: String = moments
            .iter()
            .enumerate()
            .map(|(id, moment)| format!("{id},a{id}@mail.example,,30,FR,,{moment},\n"))
            .collect();
        let header = HEADER.replace("comment", "seen,comment");
        project.write("data/customers.csv", &format!("{header}{rows}"));
        project
    };
    with(&[hours_ago(300), hours_ago(23)])
        .sealine(&["run"])
        .ends(0);
    for stale in [
        vec![hours_ago(25), hours_ago(300)],
        // Years ahead, which counts for nothing.
        vec![hours_ago(25), hours_ago(-24 * 400)],
        vec![String::new()],
        vec![],
    ] {
        let project = with(&stale);
        let said = project
            .sealine(&["run"])
            .ends(1)
            .says("SL5471")
            .says("`seen`")
            .says("24h");
        assert!(
            stale
                .iter()
                .all(|moment| moment.is_empty() || !said.err.contains(&moment[..10]))
        );
        assert!(project.files("lake/customers").is_empty());
    }
}

#[test]
fn formats_of_texts_are_rules() {
    let project = Project::small();
    project.edit(
        "catalog/crm.yaml",
        "comment: { type: string,",
        "comment: { type: string, is: uuid,",
    );
    project.write(
        "data/customers.csv",
        &format!("{HEADER}1,a@mail.example,,17,FR,,c232ab00-9414-11ec-b3c8-9f6bdeced846\n2,b@mail.example,,18,DE,,no\n"),
    );
    let report = project.sealine(&["run", "--format", "json"]).ends(0).json();
    assert_eq!(
        rejected(&report),
        [("comment".to_owned(), "uuid".to_owned(), 1)]
    );
}
