//! Names for datasets, pipelines and columns that a file's own names suggest, and how a column's
//! name is written in YAML and in SQL.

/// Words that SQL reads as something else.
const RESERVED: &[&str] = &[
    "all",
    "and",
    "any",
    "as",
    "asc",
    "at",
    "between",
    "by",
    "case",
    "cast",
    "check",
    "column",
    "create",
    "cross",
    "current_date",
    "current_time",
    "current_timestamp",
    "date",
    "desc",
    "describe",
    "distinct",
    "drop",
    "else",
    "end",
    "except",
    "exists",
    "explain",
    "extract",
    "false",
    "fetch",
    "filter",
    "first",
    "for",
    "from",
    "full",
    "group",
    "having",
    "in",
    "index",
    "inner",
    "insert",
    "intersect",
    "interval",
    "into",
    "is",
    "join",
    "key",
    "last",
    "lateral",
    "left",
    "like",
    "limit",
    "natural",
    "not",
    "null",
    "nulls",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "over",
    "partition",
    "percent",
    "primary",
    "qualify",
    "range",
    "references",
    "right",
    "row",
    "rows",
    "select",
    "semi",
    "set",
    "similar",
    "some",
    "sort",
    "table",
    "then",
    "time",
    "timestamp",
    "to",
    "trim",
    "true",
    "union",
    "unique",
    "unnest",
    "update",
    "user",
    "using",
    "value",
    "values",
    "view",
    "when",
    "where",
    "window",
    "with",
    "within",
    "year",
];

/// The name of a dataset, pipeline and SQL table, from the name of a file.
pub(in crate::verbs) fn of_file(file: &str) -> String {
    let stem = file
        .split('.')
        .find(|part| !part.is_empty())
        .unwrap_or(file);
    let mut name = String::new();
    for letter in stem.chars() {
        match letter.is_ascii_alphanumeric() {
            true => name.push(letter.to_ascii_lowercase()),
            false if !name.is_empty() && !name.ends_with('_') => name.push('_'),
            false => {}
        }
    }
    let name: String = name.trim_end_matches('_').chars().take(40).collect();
    match name.chars().next() {
        None => "data".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("data_{name}"),
        Some(_) if RESERVED.contains(&name.as_str()) => format!("{name}_data"),
        Some(_) => name,
    }
}

/// A name in SQL: bare where it is plain, else quoted.
pub(in crate::verbs) fn sql(name: &str) -> String {
    let plain = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
        && !RESERVED.contains(&name);
    if plain {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

/// A text in YAML: bare where it cannot be read as anything else, else quoted as in JSON.
pub(in crate::verbs) fn yaml(text: &str) -> String {
    let plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|letter| {
            letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '/' | '-')
        })
        && !["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
            .contains(&text.to_ascii_lowercase().as_str());
    if plain {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_become_names_of_tables() {
        for (file, name) in [
            ("customers.csv", "customers"),
            ("Kunden (neu) 2024.csv", "kunden_neu_2024"),
            ("2024-orders.csv", "data_2024_orders"),
            ("order.csv", "order_data"),
            ("données.csv", "donn_es"),
            (".csv", "csv"),
            ("客户.csv", "data"),
        ] {
            assert_eq!(of_file(file), name, "{file}");
        }
    }

    #[test]
    fn odd_names_are_quoted() {
        assert_eq!(sql("email"), "email");
        assert_eq!(sql("Email"), "\"Email\"");
        assert_eq!(sql("order"), "\"order\"");
        assert_eq!(sql("a\"b"), "\"a\"\"b\"");
        assert_eq!(yaml("email"), "email");
        assert_eq!(yaml("no"), "\"no\"");
        assert_eq!(yaml("a: b"), "\"a: b\"");
        assert_eq!(yaml("1"), "\"1\"");
    }
}
