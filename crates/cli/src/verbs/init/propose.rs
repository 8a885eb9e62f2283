//! The proposal: columns with type, level, tags, rules and treatment, and whom a row is about.

use super::form::Form;
use super::infer;
use super::meaning::{self, Meaning};
use super::sample::Sample;

/// What is proposed for a file.
pub(in crate::verbs) struct Proposal {
    /// Of the dataset, the pipeline and the SQL table.
    pub(in crate::verbs) name: String,
    /// In the order of the file.
    pub(in crate::verbs) columns: Vec<Column>,
    /// The primary key, where one was found.
    pub(in crate::verbs) key: Option<String>,
    /// Rows looked at.
    pub(in crate::verbs) rows: usize,
    /// Whether these were all.
    pub(in crate::verbs) whole: bool,
    /// How the file is written.
    pub(in crate::verbs) form: Form,
    /// Columns of the file that cannot be read.
    pub(in crate::verbs) unread: Vec<String>,
    /// What a person should know before trusting it.
    pub(in crate::verbs) notes: Vec<String>,
}

/// One column.
pub(in crate::verbs) struct Column {
    /// As in the file.
    pub(in crate::verbs) name: String,
    /// As the catalogue writes it.
    pub(in crate::verbs) r#type: String,
    /// By name.
    pub(in crate::verbs) level: String,
    /// What it is.
    pub(in crate::verbs) tags: Vec<&'static str>,
    /// Rules, as `key: value` of the catalogue.
    pub(in crate::verbs) rules: Vec<String>,
    /// What it was taken for.
    pub(in crate::verbs) meaning: Meaning,
    /// Why.
    pub(in crate::verbs) why: String,
}

impl Column {
    /// What the proposed pipeline does with it.
    pub(in crate::verbs) fn shown_as(&self) -> &'static str {
        self.meaning.treatment()
    }
}

impl Proposal {
    /// Decides for every column of a sample.
    pub(in crate::verbs) fn of(sample: &Sample, name: &str) -> Proposal {
        let mut columns: Vec<Column> = Vec::new();
        let mut keys: Vec<(u32, usize, usize)> = Vec::new();
        for (place, (column, values)) in sample.names.iter().zip(&sample.columns).enumerate() {
            let mut shape = infer::shape(values);
            if let Some(Some(known)) = sample.types.get(place) {
                shape.r#type.clone_from(known);
            }
            let guess = meaning::guess(column, values, &shape.r#type);
            let r#type = if guess.meaning.is_text() {
                "string".to_owned()
            } else {
                shape.r#type
            };
            if shape.key && sample.rows > 1 {
                keys.extend(
                    key_rank(column, &r#type, guess.meaning)
                        .map(|rank| (rank, place, shape.distinct)),
                );
            }
            let rules = rules(guess.meaning, &r#type);
            columns.push(Column {
                name: column.clone(),
                r#type,
                level: if guess.meaning.is_internal() {
                    "internal".to_owned()
                } else {
                    "restricted".to_owned()
                },
                tags: guess.meaning.tags().to_vec(),
                rules,
                meaning: guess.meaning,
                why: guess.why,
            });
        }
        let key = keys.into_iter().min();
        let mut key_name = None;
        if let Some((column, distinct)) =
            key.and_then(|(_, place, distinct)| Some((columns.get_mut(place)?, distinct)))
        {
            column.meaning = Meaning::Key;
            column.level = "internal".to_owned();
            column.tags = Vec::new();
            column.rules = vec!["required: true".to_owned(), "unique: true".to_owned()];
            column.why = format!(
                "a key: {distinct} values in {}",
                crate::show::count(sample.rows as u64, "row")
            );
            key_name = Some(column.name.clone());
        }
        let mut notes = notes(&columns, key_name.as_deref());
        if !sample.unread.is_empty() {
            notes.push(format!(
                "not read, since they hold lists, structures or the like: {}",
                sample.unread.join(", ")
            ));
        }
        Proposal {
            name: name.to_owned(),
            columns,
            key: key_name,
            rows: sample.rows,
            whole: sample.whole,
            form: sample.form,
            unread: sample.unread.clone(),
            notes,
        }
    }

    /// The level that the written dataset is cleared for. Where nothing tells rows apart without
    /// telling a person, which rows exist is itself classified.
    pub(in crate::verbs) fn clearance(&self) -> &'static str {
        if self.key.is_some() {
            "internal"
        } else {
            "restricted"
        }
    }
}

/// How good a column is as a key; a person's own data is none, however distinct.
fn key_rank(name: &str, r#type: &str, meaning: Meaning) -> Option<u32> {
    if meaning != Meaning::Unknown || !matches!(r#type, "int16" | "int32" | "int64" | "string") {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let named = ["id", "key", "uuid", "guid", "no", "nr", "number", "code"];
    if named.contains(&name.as_str()) {
        return Some(0);
    }
    let last = name.rsplit(['_', '-', ' ', '.']).next().unwrap_or_default();
    let camel = name.ends_with("id") && r#type == "int64";
    match named.contains(&last) || camel {
        true => Some(1),
        // A distinct column of another name may be anything; it stays restricted.
        false => None,
    }
}

fn rules(meaning: Meaning, r#type: &str) -> Vec<String> {
    let rules: &[&str] = match meaning {
        Meaning::Email => &["is: email", "max_length: 254"],
        Meaning::Card => &["is: luhn"],
        Meaning::Country => &["is: country"],
        Meaning::Age if matches!(r#type, "int16" | "int32" | "int64") => &["min: 0", "max: 130"],
        _ => &[],
    };
    rules.iter().map(|rule| (*rule).to_owned()).collect()
}

fn notes(columns: &[Column], key: Option<&str>) -> Vec<String> {
    let mut notes = Vec::new();
    let unknown: Vec<&str> = columns
        .iter()
        .filter(|column| column.meaning == Meaning::Unknown)
        .map(|column| column.name.as_str())
        .collect();
    if !unknown.is_empty() {
        let shown = unknown
            .iter()
            .take(8)
            .copied()
            .collect::<Vec<_>>()
            .join(", ");
        let more = if unknown.len() > 8 {
            format!(" and {} more", unknown.len() - 8)
        } else {
            String::new()
        };
        notes.push(format!(
            "not recognised, so restricted and redacted: {shown}{more}; where a column is harmless, its owner writes \
             `level: internal` in the catalog and the pipeline may pass it on"
        ));
    }
    match key {
        Some(key) => notes.push(format!(
            "`{key}` is proposed as primary key and subject at level internal: that a row exists may then be seen by \
             whoever sees the output; raise its level if the key itself says who somebody is"
        )),
        None => notes.push(
            "no column names a row without saying who it is about, so which rows exist is restricted, and so is the \
             output; add a surrogate key to share it more widely"
                .to_owned(),
        ),
    }
    notes
}
