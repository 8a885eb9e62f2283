//! From a dataset of the catalog to a contract: every rule made ready, once.

use arrow::datatypes::{DataType, SchemaRef};
use regex::RegexBuilder;
use sealine_connect::TableKey;
use sealine_spec::Dataset;

use crate::column::Column;
use crate::read;
use crate::rules::{Check, Limit, Listed, Seen, names};
use crate::{ContractError, Expectation};

/// The largest compiled pattern, in bytes.
const PATTERN_MAX: usize = 10 << 20;

/// The columns of `dataset`, with `schema` saying what each is stored as.
pub(crate) fn columns(dataset: &Dataset, schema: &SchemaRef) -> Result<Vec<Column>, ContractError> {
    let differs = |column: &str| ContractError::Schema {
        dataset: dataset.id.clone(),
        column: column.to_owned(),
    };
    if schema.fields().len() != dataset.columns.len() {
        return Err(differs("the number of columns"));
    }
    let tables = sealine_connect::table_key().map_err(ContractError::Connect)?;
    let mut columns = Vec::with_capacity(dataset.columns.len());
    for (declared, field) in dataset.columns.iter().zip(schema.fields()) {
        if field.name() != &declared.name {
            return Err(differs(&declared.name));
        }
        // The proof takes a key's word for naming one row: it is held to it here.
        let key = dataset.primary_key == [declared.name.as_str()];
        columns.push(column(declared, key, field.data_type(), tables)?);
    }
    Ok(columns)
}

/// An expectation that nobody computes would silently not be checked.
pub(crate) fn same_expectations(
    dataset: &Dataset,
    given: &[Expectation],
) -> Result<(), ContractError> {
    let mut given = given.iter().map(|one| one.name.as_str());
    let missing = dataset
        .expect
        .iter()
        .map(|declared| declared.name.value.as_str())
        .find(|declared| given.next() != Some(declared));
    match missing.or_else(|| given.next()) {
        None => Ok(()),
        Some(name) => Err(ContractError::Schema {
            dataset: dataset.id.clone(),
            column: name.to_owned(),
        }),
    }
}

fn column(
    declared: &sealine_spec::Column,
    key: bool,
    stored: &DataType,
    tables: TableKey,
) -> Result<Column, ContractError> {
    let name = &declared.name;
    let rules = &declared.rules;
    let reader = read::compile(name, stored, rules.strict, rules.format.as_deref())?;
    let refused = |rule, reason| ContractError::Rule {
        column: name.clone(),
        rule,
        reason,
    };
    let limit = |rule, bound| {
        Limit::new(bound, stored).ok_or_else(|| refused(rule, "it is not of the column's type"))
    };
    let text = *stored == DataType::Utf8;
    let mut checks = Vec::new();
    if rules.required || key {
        checks.push(Check::Required);
    }
    if let Some(bound) = rules.min {
        checks.push(Check::Min(limit(names::MIN, bound)?));
    }
    if let Some(bound) = rules.max {
        checks.push(Check::Max(limit(names::MAX, bound)?));
    }
    for (length, rule) in [
        (rules.min_length, names::MIN_LENGTH),
        (rules.max_length, names::MAX_LENGTH),
    ] {
        let Some(length) = length else { continue };
        if !text && *stored != DataType::Binary {
            return Err(refused(
                rule,
                "only strings and binary values have a length",
            ));
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        checks.push(if rule == names::MIN_LENGTH {
            Check::MinLength(length)
        } else {
            Check::MaxLength(length)
        });
    }
    if let Some(pattern) = &rules.pattern {
        if !text {
            return Err(refused(names::PATTERN, "only strings have a pattern"));
        }
        let regex = RegexBuilder::new(pattern).size_limit(PATTERN_MAX).build();
        checks.push(Check::Pattern(regex.map_err(|_| {
            refused(
                names::PATTERN,
                "it is no regular expression of the crate `regex`, or too large",
            )
        })?));
    }
    if let Some(allowed) = &rules.one_of {
        let listed = Listed::new(allowed, &reader).ok_or_else(|| {
            refused(
                names::ENUM,
                "a value in it cannot be read as the column's type",
            )
        })?;
        checks.push(Check::Listed(listed));
    }
    if let Some(kind) = rules.is {
        if !text {
            return Err(refused("is", "only strings have a kind"));
        }
        checks.push(Check::Is(kind, rules.strict));
    }
    let seen = (rules.unique || key).then(|| Seen::new(stored, tables));
    Ok(Column {
        name: name.clone(),
        reader,
        checks,
        seen,
    })
}
