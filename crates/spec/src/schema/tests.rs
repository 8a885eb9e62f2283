//! Schemas and reader agree on every key and every word.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeSet;

use super::*;
use crate::parse::shape::{self, Shape};
use crate::{Source, model, parse};

fn schema(name: &str) -> Value {
    schemas()
        .iter()
        .find(|(known, _)| *known == name)
        .unwrap()
        .1()
}

/// The schema of one mapping, by the name of its struct; the root where that is empty.
fn object(schema: &Value, name: &str) -> Value {
    if name.is_empty() {
        schema.clone()
    } else {
        schema["$defs"][name].clone()
    }
}

fn keys(object: &Value) -> BTreeSet<String> {
    object["properties"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

const MAPPINGS: [(&str, &str, &Shape); 23] = [
    ("project", "", &shape::PROJECT),
    ("project", "Limits", &shape::LIMITS),
    ("project", "Waiver", &shape::WAIVER),
    ("project", "TagFact", &shape::TAG_FACT),
    ("project", "Connection", &shape::CONNECTION),
    ("project", "Key", &shape::KEY),
    ("project", "Vault", &shape::VAULT),
    ("project", "Owner", &shape::OWNER),
    ("project", "Role", &shape::ROLE),
    ("catalog", "", &shape::CATALOG),
    ("catalog", "Dataset", &shape::DATASET),
    ("catalog", "Location", &shape::LOCATION),
    ("catalog", "Encrypt", &shape::ENCRYPT),
    ("catalog", "Anonymity", &shape::ANONYMITY),
    ("catalog", "Rows", &shape::ROWS),
    ("catalog", "Freshness", &shape::FRESHNESS),
    ("catalog", "Expectation", &shape::EXPECTATION),
    ("catalog", "Column", &shape::COLUMN),
    ("catalog", "Select", &shape::SELECT),
    ("catalog", "Frequency", &shape::FREQUENCY),
    ("pipeline", "", &shape::PIPELINE),
    ("pipeline", "Step", &shape::STEP),
    ("pipeline", "Output", &shape::OUTPUT),
];

#[test]
fn schema_and_reader_know_the_same_keys() {
    for (file, name, shape) in MAPPINGS {
        let object = object(&schema(file), name);
        let known: BTreeSet<String> = shape.keys.iter().map(|key| (*key).to_owned()).collect();
        assert_eq!(keys(&object), known, "{file} {name}");
        assert_eq!(
            object["additionalProperties"],
            Value::Bool(false),
            "{file} {name}"
        );
        assert!(
            object["properties"]
                .as_object()
                .unwrap()
                .values()
                .all(|key| key["description"].is_string())
        );
        assert!(
            shape.later.iter().all(|(key, _)| !known.contains(*key)),
            "{file} {name}"
        );
    }
}

#[test]
fn the_reader_takes_every_key_of_the_schema() {
    for (file, name, _) in MAPPINGS {
        let fields: String = keys(&object(&schema(file), name))
            .iter()
            .map(|key| format!("{key}: 1, "))
            .collect();
        let fields = format!("{{ {fields} }}");
        let fields = match name {
            // Only a known kind of connection has its keys looked at.
            "Connection" => fields.replace("kind: 1", "kind: local"),
            _ => fields,
        };
        let wrapped = match name {
            "" => fields,
            "Limits" => format!("limits: {fields}"),
            "Waiver" => format!("waivers: [{fields}]"),
            "TagFact" => format!("tags: {{ a: {fields} }}"),
            "Connection" => format!("connections: {{ a: {fields} }}"),
            "Key" => format!("keys: {{ a: {fields} }}"),
            "Vault" => format!("vault: {fields}"),
            "Owner" => format!("owners: {{ a: {fields} }}"),
            "Role" => format!("roles: {{ a: {fields} }}"),
            "Dataset" => format!("datasets: {{ a: {fields} }}"),
            "Location" => format!("datasets: {{ a: {{ at: {fields} }} }}"),
            "Encrypt" => format!("datasets: {{ a: {{ encrypt: {fields} }} }}"),
            "Anonymity" => format!("datasets: {{ a: {{ anonymity: {fields} }} }}"),
            "Rows" => format!("datasets: {{ a: {{ rows: {fields} }} }}"),
            "Freshness" => format!("datasets: {{ a: {{ freshness: {fields} }} }}"),
            "Expectation" => format!("datasets: {{ a: {{ expect: [{fields}] }} }}"),
            "Column" => format!("datasets: {{ a: {{ columns: {{ a: {fields} }} }} }}"),
            "Select" => {
                format!("datasets: {{ a: {{ columns: {{ a: {{ select: {fields} }} }} }} }}")
            }
            "Frequency" => {
                format!("datasets: {{ a: {{ columns: {{ a: {{ frequency: {fields} }} }} }} }}")
            }
            "Step" => format!("steps: {{ a: {fields} }}"),
            "Output" => format!("outputs: [{fields}]"),
            other => panic!("{other}"),
        };
        let path = match file {
            "project" => "sealine.yaml",
            "catalog" => "catalog/a.yaml",
            _ => "pipelines/a.yaml",
        };
        // Blocks without `inputs` would end the reading of a pipeline before its steps.
        let text = if file == "pipeline" && !name.is_empty() {
            format!("inputs: {{ i: d }}\n{wrapped}")
        } else {
            wrapped
        };
        let parsed = parse(vec![Source {
            path: path.to_owned(),
            text: text.clone(),
        }]);
        let codes: Vec<&str> = parsed.diagnostics.iter().map(|found| found.code).collect();
        assert!(
            !codes
                .iter()
                .any(|code| ["SL1001", "SL1020", "SL1024"].contains(code)),
            "{text}: {codes:?}"
        );
        let broken = text.replacen("1, ", "1, nonsense: 1, ", 1);
        let parsed = parse(vec![Source {
            path: path.to_owned(),
            text: broken,
        }]);
        assert!(
            parsed
                .diagnostics
                .iter()
                .any(|found| found.code == "SL1020"),
            "{file} {name} is not looked at"
        );
    }
}

#[test]
fn schema_and_reader_know_the_same_words() {
    let words = |file: &str, name: &str| -> Vec<String> {
        let schema = schema(file)["$defs"][name].clone();
        match schema["oneOf"].as_array() {
            Some(choices) => choices
                .iter()
                .map(|choice| choice["const"].as_str().unwrap().to_owned())
                .collect(),
            None => schema["enum"]
                .as_array()
                .unwrap()
                .iter()
                .map(|word| word.as_str().unwrap().to_owned())
                .collect(),
        }
    };
    assert_eq!(
        words("project", "Purpose"),
        model::Purpose::ALL.map(model::Purpose::name)
    );
    assert_eq!(words("project", "ConnectionKind"), ["local"]);
    assert_eq!(words("project", "VaultKind"), ["postgres"]);
    assert_eq!(
        words("catalog", "Format"),
        ["csv", "jsonl", "arrow", "parquet"]
    );
    assert_eq!(
        words("catalog", "Compression"),
        model::Compression::ALL.map(model::Compression::name)
    );
    assert_eq!(
        words("catalog", "Formulas"),
        model::Formulas::ALL.map(model::Formulas::name)
    );
    assert_eq!(
        words("catalog", "Kind"),
        model::Kind::ALL.map(model::Kind::name)
    );
    assert_eq!(
        words("catalog", "Diversity"),
        model::Diversity::ALL.map(model::Diversity::name)
    );
    assert_eq!(
        words("pipeline", "OnError"),
        model::OnError::ALL.map(model::OnError::name)
    );
    assert_eq!(
        words("pipeline", "Mode"),
        model::Mode::ALL.map(model::Mode::name)
    );
}

#[test]
fn every_type_of_the_schema_is_read() {
    let schema = schema("catalog");
    let types = schema["$defs"]["Column"]["properties"]["type"]["anyOf"][0]["enum"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(types.len(), crate::parse::TYPES.len());
    for (name, ty) in crate::parse::TYPES {
        assert!(types.contains(&Value::from(name)));
        assert_eq!(ty.type_name(), name);
    }
}

#[test]
fn nothing_is_nullable() {
    for (name, make) in schemas() {
        let text = make().to_string();
        assert!(
            !text.contains("\"null\"]") && !text.contains("{\"type\":\"null\"}"),
            "{name}: {text}"
        );
        assert!(text.contains("$schema"));
    }
}

#[test]
fn only_what_the_reader_insists_on_is_required() {
    let required = |name: &str, object_name: &str| -> Vec<String> {
        object(&schema(name), object_name)["required"]
            .as_array()
            .map(|keys| {
                keys.iter()
                    .filter_map(|key| key.as_str().map(str::to_owned))
                    .collect()
            })
            .unwrap_or_default()
    };
    assert_eq!(required("project", ""), ["version"]);
    assert_eq!(required("catalog", "Dataset"), Vec::<String>::new());
    assert_eq!(
        required("pipeline", ""),
        ["version", "pipeline", "inputs", "steps", "outputs"]
    );
    for (name, make) in schemas() {
        assert!(!make().to_string().contains("\"default\":null"), "{name}");
    }
}
