//! The three files of the design, exactly as they stand there.

use sealine_spec::{
    ColumnType, ConnectionKind, CsvOptions, Format, Kind, Mode, OnError, Parsed, Purpose, Severity,
    parse,
};

use crate::base::{source, spec};

pub(crate) const PROJECT: &str = include_str!("../corpus/design/sealine.yaml");
pub(crate) const CATALOG: &str = include_str!("../corpus/design/catalog/crm.yaml");
pub(crate) const PIPELINE: &str = include_str!("../corpus/design/pipelines/customers-daily.yaml");

fn design() -> Parsed {
    parse(vec![
        source("pipelines/customers-daily.yaml", PIPELINE),
        source("catalog/crm.yaml", CATALOG),
        source("sealine.yaml", PROJECT),
        source(
            "policy/customers.cedar",
            "permit(principal, action, resource);",
        ),
        source("policy/notes.md", "not read"),
    ])
}

#[test]
fn nothing_is_wrong_with_it() {
    let parsed = design();
    assert!(
        parsed
            .diagnostics
            .iter()
            .all(|found| found.severity == Severity::Note),
        "{:#?}",
        parsed.diagnostics
    );
    let codes: Vec<&str> = parsed.diagnostics.iter().map(|found| found.code).collect();
    assert_eq!(codes, ["SL1090"], "one note: no owners");
}

#[test]
fn the_project_is_read() {
    let project = spec(design()).project;
    assert_eq!(
        project
            .levels
            .iter()
            .map(|(_, name)| name)
            .collect::<Vec<_>>(),
        ["public", "internal", "restricted"]
    );
    assert_eq!(project.levels.name(project.operator_clearance), "internal");
    let [fact] = project.tags.as_slice() else {
        panic!("{:?}", project.tags)
    };
    assert_eq!(
        (fact.pattern.as_str(), fact.special, fact.domain_size),
        ("phi.*", true, None)
    );
    let ConnectionKind::Local { root } = &project.connections["files"].kind;
    assert_eq!(root, "data");
    let purposes: Vec<(&str, Purpose)> = project
        .keys
        .values()
        .map(|key| (key.name.as_str(), key.purpose))
        .collect();
    assert_eq!(
        purposes,
        [
            ("crm", Purpose::Token),
            ("lake", Purpose::File),
            ("lake-values", Purpose::Value),
            ("quarantine", Purpose::File)
        ]
    );
    assert_eq!(project.state, None);
}

#[test]
fn the_catalogue_is_read() {
    let spec = spec(design());
    let levels = &spec.project.levels;
    assert_eq!(
        spec.datasets.keys().collect::<Vec<_>>(),
        ["crm.customers", "lake.customers", "quarantine.customers"]
    );
    let customers = spec.dataset("crm.customers").unwrap();
    let at = customers.at.as_ref().unwrap();
    assert_eq!(
        (at.connection.as_str(), at.path.as_str()),
        ("files", "customers.csv")
    );
    assert_eq!(
        at.format,
        Format::Csv(CsvOptions {
            delimiter: b',',
            header: true,
            null: vec![String::new()],
            formulas: None,
        })
    );
    assert_eq!(
        (
            customers.primary_key.as_slice(),
            customers.subject.as_deref()
        ),
        (&["id".to_owned()][..], Some("id"))
    );
    assert_eq!(
        customers.rejects.as_ref().unwrap().value,
        "quarantine.customers"
    );
    assert_eq!(
        (customers.clearance, customers.clearance_declared),
        (levels.lowest(), false)
    );
    let names: Vec<&str> = customers
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "id",
            "email",
            "card",
            "age",
            "country",
            "nationality",
            "comment"
        ],
        "the order of the file"
    );
    let column = |name: &str| customers.column(name).unwrap();
    assert!(
        column("id").rules.unique && column("id").rules.required && !column("email").rules.unique
    );
    assert_eq!(column("age").ty, ColumnType::Int32);
    assert_eq!(
        column("age").rules.min,
        Some(sealine_spec::Bound::Integer(1))
    );
    assert_eq!(column("email").rules.max_length, Some(254));
    assert_eq!(column("card").rules.is, Some(Kind::Luhn));
    assert_eq!(column("card").tags[0].as_str(), "pci.pan");
    let select = column("nationality").select.as_ref().unwrap();
    assert_eq!(
        (
            levels.name(select.to),
            select.domain.join(","),
            select.max_cells
        ),
        ("internal", "DE,FR".to_owned(), 3)
    );
    let lake = spec.dataset("lake.customers").unwrap();
    assert_eq!(lake.encrypt.as_ref().unwrap().key.value, "lake");
    assert_eq!(
        (levels.name(lake.clearance), lake.declares_columns),
        ("internal", false)
    );
    assert_eq!(lake.at.as_ref().unwrap().path, "customers/");
}

#[test]
fn the_pipeline_is_read() {
    let parsed = design();
    let files = parsed.files.clone();
    let spec = spec(parsed);
    let pipeline = spec.pipeline("customers-daily").unwrap();
    assert_eq!(pipeline.runs_as, "svc/customers-daily");
    assert_eq!(
        (
            pipeline.inputs[0].alias.as_str(),
            pipeline.inputs[0].dataset.as_str()
        ),
        ("customers", "crm.customers")
    );
    let step = pipeline.step("safe").unwrap();
    assert!(
        step.sql
            .text
            .starts_with("SELECT id, tokenize(email, 'crm') AS email, mask")
    );
    assert_eq!((step.min_group, step.on_error), (None, OnError::Total));
    assert_eq!(files.slice(step.sql.locate((2, 8), (2, 14))), "bucket");
    let output = &pipeline.outputs[0];
    assert_eq!(
        (output.from.as_str(), output.to.as_str(), output.mode),
        ("safe", "lake.customers", Mode::Replace)
    );
    assert_eq!(spec.writers("lake.customers").count(), 1);
    assert_eq!(spec.writers("crm.customers").count(), 0);
    assert_eq!(spec.policies.len(), 1, "only `.cedar` files");
    assert_eq!(files.path(spec.policies[0].file), "policy/customers.cedar");
}
