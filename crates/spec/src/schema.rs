//! The JSON Schemas of the files, so that editors complete and check while typing.
//!
//! INVARIANT: a schema knows exactly the keys and words that the reader knows; tests compare both
//! with `parse::shape` and the model. The reader checks more than a schema can say.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

/// Makes a JSON Schema.
pub type MakeSchema = fn() -> Value;

/// The JSON Schemas of `sealine.yaml`, of files below `catalog/` and of files below `pipelines/`:
/// their names, and what makes each.
#[must_use]
pub const fn schemas() -> [(&'static str, MakeSchema); 3] {
    [
        ("project", schema_of::<ProjectFile>),
        ("catalog", schema_of::<CatalogFile>),
        ("pipeline", schema_of::<PipelineFile>),
    ]
}

fn schema_of<T: JsonSchema>() -> Value {
    let mut value = SchemaGenerator::default()
        .into_root_schema_for::<T>()
        .to_value();
    not_null(&mut value);
    value
}

/// A key that may be left out may still not be null: the reader refuses a key without a value.
fn not_null(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::Array(types)) = map.get_mut("type") {
                types.retain(|ty| ty != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    map.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
                choices.retain(|choice| choice.get("type").is_none_or(|ty| ty != "null"));
            }
            if map.get("default") == Some(&Value::Null) {
                map.shift_remove("default");
            }
            map.values_mut().for_each(not_null);
        }
        Value::Array(items) => items.iter_mut().for_each(not_null),
        _ => {}
    }
}

fn version(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "const": 1 })
}

fn dataset_id(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_-]{0,63}(\\.[A-Za-z_][A-Za-z0-9_-]{0,63})?$" })
}

fn column_type(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "anyOf": [
            { "enum": ["string", "boolean", "int8", "int16", "int32", "int64", "float32", "float64", "date", "timestamp", "time", "binary"] },
            { "type": "string", "pattern": "^decimal\\( *[0-9]{1,2} *(, *[0-9]{1,2} *)?\\)$" }
        ]
    })
}

fn bound(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["number", "string"] })
}

fn limit(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "anyOf": [
            { "type": "integer", "minimum": 0 },
            { "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)? *%$" }
        ]
    })
}

fn size(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[0-9]+ *(KiB|MiB|GiB|TiB|kB|MB|GB|TB)$" })
}

fn values(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "minItems": 1, "uniqueItems": true, "items": { "type": ["string", "number", "boolean"] } })
}

fn day(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" })
}

fn secret(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^\\$\\{(env:[A-Za-z_][A-Za-z0-9_]{0,127}|file:.+)\\}$" })
}

fn names(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "minItems": 1, "uniqueItems": true, "items": { "type": "string" } })
}

fn name_or_names(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "anyOf": [
            { "type": "string" },
            { "type": "array", "minItems": 1, "maxItems": 64, "uniqueItems": true, "items": { "type": "string" } }
        ]
    })
}

/// Connections, keys, levels: what platform and security engineers decide.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "sealine.yaml")]
#[expect(dead_code, reason = "only its schema is used")]
struct ProjectFile {
    /// Version of the file format.
    #[schemars(schema_with = "version")]
    version: u8,
    /// The levels, lowest first; `public`, `internal`, `restricted` if absent.
    #[schemars(schema_with = "names", default)]
    levels: Option<Vec<String>>,
    /// What the terminal, the log and the receipt may show at most; the lowest level if absent.
    operator_clearance: Option<String>,
    /// Facts about tags, by tag or by a pattern such as `phi.*`.
    tags: Option<BTreeMap<String, TagFact>>,
    /// Where datasets live, by name.
    connections: Option<BTreeMap<String, Connection>>,
    /// The keys that the project uses, by name. One key, one purpose.
    keys: Option<BTreeMap<String, Key>>,
    /// The database that keeps the random tokens of `vault_token`; a file in the state folder if absent.
    vault: Option<Vault>,
    /// The folder of the state, relative to the project or absolute; `.sealine` if absent.
    state: Option<String>,
    /// What a run may take of the machine.
    limits: Option<Limits>,
    /// Where the detectors may find what they take for classified data, and until when.
    waivers: Option<Vec<Waiver>>,
    /// Who vouches for the files, by name: then `catalog/` and `policy/` count only as signed.
    owners: Option<BTreeMap<String, Owner>>,
    /// Who is in which role of the policy, by the name of the role.
    roles: Option<BTreeMap<String, Role>>,
}

/// The owner's word that what the detectors take for a kind of data in a written column is none.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Waiver {
    /// A dataset that a pipeline writes.
    dataset: String,
    /// Its column.
    column: String,
    /// The tag of what seems to be found, such as `pci.pan`; all below it too.
    tag: String,
    /// The last day that it holds, in UTC: `2027-03-31`.
    #[schemars(schema_with = "day")]
    until: String,
    /// Why, for whoever reads the receipt.
    because: String,
}

/// Somebody who vouches for files of the project by a signature.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Owner {
    /// The public key, as `sealine policy keygen` prints it: `name+hash+base64`.
    key: String,
    /// The folders whose files it signs: `catalog/`, `policy/`, `pipelines/`, or folders inside. `sealine.yaml` is
    /// always signed.
    #[schemars(schema_with = "names")]
    signs: Vec<String>,
}

/// A named set of identities, for `principal in Sealine::Role::"…"`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Role {
    /// The people in it, as the system names them.
    #[schemars(schema_with = "names", default)]
    users: Option<Vec<String>>,
    /// The services in it, as `runs_as:` of a pipeline names them.
    #[schemars(schema_with = "names", default)]
    services: Option<Vec<String>>,
}

/// What a run may take of the machine.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Limits {
    /// Memory that sorts, joins and aggregates may hold together, such as `2GiB`, at least `64MiB`;
    /// `1GiB` if absent. What does not fit goes to sealed temporary files where it can.
    #[schemars(schema_with = "size", default)]
    memory: Option<String>,
    /// What sealed temporary files may take of the disk; `20GiB` if absent.
    #[schemars(schema_with = "size", default)]
    spill: Option<String>,
    /// Parts that a step is computed in, side by side; 2 if absent.
    #[schemars(range(min = 1, max = 256))]
    partitions: Option<u32>,
    /// Partitions that a run may write of one output (`partition_by`), each a folder; 10,000 if absent.
    #[schemars(range(min = 1, max = 100_000))]
    folders: Option<u32>,
}

/// A fact about a tag, and all below it, that the proof needs.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct TagFact {
    /// Whether the null of such a column counts as its value does.
    special: Option<bool>,
    /// How many values such a column can take, at least.
    #[schemars(range(min = 1))]
    domain_size: Option<u64>,
}

/// A place where datasets live.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Connection {
    /// What it reaches.
    kind: ConnectionKind,
    /// The folder that every dataset of the connection lies in, relative to the project or absolute.
    root: String,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
enum ConnectionKind {
    /// A folder of this machine.
    Local,
}

/// A key of the keystore.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Key {
    /// What it may be used for.
    purpose: Purpose,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
enum Purpose {
    /// The function `tokenize`.
    Token,
    /// The `encrypt:` of a dataset.
    File,
    /// The function `encrypt`.
    Value,
}

/// A database that keeps random tokens. It is spoken to over TLS alone, and its certificate is proved in full.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Vault {
    /// What it is.
    kind: VaultKind,
    /// The host: a name, or an address that stands in the server's certificate.
    host: String,
    /// The port; 5432 if absent.
    #[schemars(range(min = 1, max = 65_535))]
    port: Option<u16>,
    /// The database.
    database: String,
    /// The role.
    user: String,
    /// Where the role's password is: `${env:NAME}` or `${file:PATH}`; never the password itself.
    #[schemars(schema_with = "secret", default)]
    password: Option<String>,
    /// A PEM file of the authorities that may have issued the server's certificate, relative to the project or
    /// absolute; those that the system trusts if absent.
    ca: Option<String>,
    /// A PEM file with a certificate for this client; together with `key`.
    certificate: Option<String>,
    /// Where the private key of `certificate` is: `${file:PATH}` or `${env:NAME}`.
    #[schemars(schema_with = "secret", default)]
    key: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
enum VaultKind {
    /// PostgreSQL, 13 or later.
    Postgres,
}

/// Datasets: what data owners say once.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "Sealine catalogue")]
#[expect(dead_code, reason = "only its schema is used")]
struct CatalogFile {
    /// Version of the file format.
    #[schemars(schema_with = "version")]
    version: u8,
    /// The datasets, by id: `name` or `schema.name`.
    datasets: BTreeMap<String, Dataset>,
}

/// A dataset: it lives somewhere (`at`) or is a view.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Dataset {
    /// What it is, for people.
    description: Option<String>,
    /// Where it lives.
    at: Option<Location>,
    /// The query of an owner's view, instead of `at`.
    view: Option<String>,
    /// The columns that name a row.
    #[schemars(schema_with = "name_or_names", default)]
    primary_key: Option<Vec<String>>,
    /// The column that names whom a row is about.
    subject: Option<String>,
    /// The columns, by name, in their order.
    columns: Option<BTreeMap<String, Column>>,
    /// The dataset that takes rows which break a rule.
    #[schemars(schema_with = "dataset_id", default)]
    rejects: Option<String>,
    /// How many rejected rows a run accepts: a number, or a share such as `5%`.
    #[schemars(schema_with = "limit", default)]
    max_rejects: Option<String>,
    /// How many rows a run must find in the dataset, or write to it, before it publishes.
    rows: Option<Rows>,
    /// How old the newest row may be when a run reads the dataset.
    freshness: Option<Freshness>,
    /// What holds across the columns of each row that is read from the dataset.
    #[schemars(length(max = 64))]
    expect: Option<Vec<Expectation>>,
    /// The highest level that may be written here; the lowest level if absent.
    clearance: Option<String>,
    /// Encryption at rest; needed for what a run writes as Parquet, and for rejects.
    encrypt: Option<Encrypt>,
    /// What is done to columns on their way in, whatever the pipeline: column to SQL expression,
    /// such as `email: "tokenize(email, 'crm')"`.
    protect: Option<BTreeMap<String, String>>,
    /// Columns whose values stand in the names of folders, `column=value`, outermost first. What is
    /// written so is seen by everyone who can list the folders.
    partition_by: Option<Vec<String>>,
    /// The anonymity that a run must find in the rows before it publishes them.
    anonymity: Option<Anonymity>,
}

/// Bounds on the number of rows that meet every other rule.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Rows {
    /// No fewer rows.
    min: Option<u64>,
    /// No more rows.
    max: Option<u64>,
}

/// A bound on the age of the newest row. What lies more than a day ahead of the run does not count.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Freshness {
    /// A column of the type `timestamp` or `date`; a date counts as the end of its day, UTC.
    column: String,
    /// Minutes, hours or days: `90m`, `24h`, `7d`.
    #[schemars(regex(pattern = "^[0-9]{1,9}[mhd]$"))]
    within: String,
}

/// A condition that each row must meet.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Expectation {
    /// Its name, which rejected rows carry.
    #[schemars(regex(pattern = "^[A-Za-z0-9_-]{1,64}$"))]
    name: String,
    /// A condition over the columns of one row, such as `net + tax = gross`. A row breaks it where
    /// it is false or cannot be computed; as in a CHECK of SQL, null is no violation.
    sql: String,
    /// What it is for, for people.
    description: Option<String>,
}

/// Bounds on the anonymity of what is written, and the columns that they are about.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Anonymity {
    /// At least so many people, or rows, share each combination of quasi-identifiers.
    #[schemars(range(min = 2))]
    k: Option<u64>,
    /// At least so diverse is each sensitive column among them.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    l: Option<f64>,
    /// How diversity is counted; `distinct` if absent.
    l_kind: Option<Diversity>,
    /// At most so far is the distribution of each sensitive column among them from that of all rows.
    #[schemars(range(min = 0, max = 1))]
    t: Option<f64>,
    /// The quasi-identifiers by the names of the output; those that the catalogue declares if absent.
    #[schemars(schema_with = "names", default)]
    quasi: Option<Vec<String>>,
    /// The sensitive columns by the names of the output; those that the catalogue declares if absent.
    #[schemars(schema_with = "names", default)]
    sensitive: Option<Vec<String>>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
enum Diversity {
    /// Different values.
    Distinct,
    /// As many equally frequent values as would be as uncertain.
    Entropy,
}

/// A place.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Location {
    /// A connection of `sealine.yaml`.
    connection: String,
    /// A file, a folder that ends in `/`, or a pattern (`*`, `?`, `[a-z]`, `**`), relative to the
    /// root of the connection. A pattern can only be read.
    path: String,
    /// How the rows are stored.
    format: Format,
    /// CSV and JSON Lines: how every file is compressed; if absent its name tells (`.gz`, `.zst`).
    compression: Option<Compression>,
    /// CSV: the character between fields; `,` if absent.
    #[schemars(length(min = 1, max = 1))]
    delimiter: Option<String>,
    /// CSV: whether the first record names the columns; `true` if absent.
    header: Option<bool>,
    /// CSV: unquoted texts that are read as null; `[""]` if absent. A quoted field is never null.
    null: Option<Vec<String>>,
    /// CSV: whether texts that a spreadsheet would run begin with a `'` that is taken off again;
    /// `neutralized` for what a run writes, else `kept` if absent.
    formulas: Option<Formulas>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
enum Format {
    /// Comma-separated values; written in clear only.
    Csv,
    /// JSON Lines, one object a line; written in clear only.
    Jsonl,
    /// Arrow IPC, the file format or the stream format; written in clear only.
    Arrow,
    /// Parquet; written encrypted only.
    Parquet,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
enum Compression {
    /// Not at all, whatever the name says.
    None,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
enum Formulas {
    /// They stand as they are.
    Kept,
    /// They begin with a `'` that is not theirs.
    Neutralized,
}

/// Encryption at rest.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Encrypt {
    /// A key of `sealine.yaml` with the purpose `file`, for the footer and for every column that
    /// has none of its own.
    key: String,
    /// Columns with a key of their own (with the purpose `file`): who may use that key as well can read them.
    columns: Option<BTreeMap<String, String>>,
    /// `false` for files that another tool sealed, with key material that names these keys: they are
    /// bound to no dataset and no file name, and are only read. `true` if absent.
    bound: Option<bool>,
}

/// A column: what it is, who may see it, and what its values must meet.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Column {
    /// What it is, for people.
    description: Option<String>,
    /// The type; `decimal(precision,scale)` needs quotes inside of `{ … }`.
    #[schemars(schema_with = "column_type")]
    r#type: String,
    /// The level; the highest if absent.
    level: Option<String>,
    /// What the values are, such as `pii.email`.
    #[schemars(schema_with = "names", default)]
    tags: Option<Vec<String>>,
    /// No nulls.
    required: Option<bool>,
    /// No value twice.
    unique: Option<bool>,
    /// Only the canonical text of the type is read.
    strict: Option<bool>,
    /// The smallest value allowed.
    #[schemars(schema_with = "bound", default)]
    min: Option<String>,
    /// The largest value allowed.
    #[schemars(schema_with = "bound", default)]
    max: Option<String>,
    /// The fewest characters allowed.
    min_length: Option<u32>,
    /// The most characters allowed.
    max_length: Option<u32>,
    /// A regular expression in the syntax of the Rust crate `regex`, anchored only as written.
    #[schemars(length(max = 1024))]
    pattern: Option<String>,
    /// The values allowed.
    #[schemars(rename = "enum", schema_with = "values")]
    one_of: Option<Vec<String>>,
    /// A named check.
    is: Option<Kind>,
    /// How dates or times are written, as `strftime` does; ISO 8601 if absent.
    #[schemars(length(max = 64))]
    format: Option<String>,
    /// The filters on this column that its owner lets through.
    select: Option<Select>,
    /// How many values the column can take, at least.
    #[schemars(range(min = 1))]
    domain_size: Option<u64>,
    /// How unevenly its values may be spread where tokens stand for them: its owner's word, where
    /// a run finds more than it takes for safe.
    frequency: Option<Frequency>,
    /// Whether an outsider may know it of a person: a quasi-identifier.
    quasi: Option<bool>,
    /// Whether it must not be learnt from what an outsider knows.
    sensitive: Option<bool>,
}

/// How unevenly values may be spread where tokens stand for them.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Frequency {
    /// The largest share of the rows with a value that one value may have; 0.05 if absent.
    #[schemars(range(min = 0.01, max = 1))]
    max_share: Option<f64>,
    /// The fewest different values; 100 if absent.
    #[schemars(range(min = 1, max = 10_000))]
    min_distinct: Option<u64>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
enum Kind {
    /// An email address.
    Email,
    /// Digits whose last one is the Luhn check digit, as on payment cards.
    Luhn,
    /// A country code of two capital letters, ISO 3166-1 alpha-2.
    Country,
    /// A currency code of three capital letters, ISO 4217.
    Currency,
    /// A UUID, RFC 9562; with `strict` in small letters.
    Uuid,
    /// An absolute `http` or `https` URL, RFC 3986.
    Url,
    /// An IPv4 or IPv6 address; with `strict` as RFC 5952 writes it.
    Ip,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address; with `strict` as RFC 5952 writes it.
    Ipv6,
    /// An address and the length of a prefix, as in `10.0.0.0/8`; with `strict` no host bits.
    Cidr,
    /// An IBAN, ISO 13616; with `strict` in capital letters without spaces.
    Iban,
    /// An international phone number with `+`, ITU-T E.164; with `strict` without separators.
    Phone,
    /// A JSON value, RFC 8259.
    Json,
}

/// A grant for filters on a column.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Select {
    /// The level that the outcome of the filter has.
    to: String,
    /// The values that may be compared with.
    #[schemars(schema_with = "values")]
    domain: Vec<String>,
    /// The most cells that all pipelines together may tell apart; one more than `domain` if absent.
    #[schemars(range(min = 2, max = 65_536))]
    max_cells: Option<u32>,
}

/// A pipeline: inputs, steps, outputs.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "Sealine pipeline")]
#[expect(dead_code, reason = "only its schema is used")]
struct PipelineFile {
    /// Version of the file format.
    #[schemars(schema_with = "version")]
    version: u8,
    /// Its name.
    pipeline: String,
    /// What it is for, for people.
    description: Option<String>,
    /// The service identity that it runs as; `svc/NAME` if absent.
    runs_as: Option<String>,
    /// Names for the steps to use, each for a dataset.
    inputs: BTreeMap<String, String>,
    /// The queries, in their order; each sees the inputs and the steps before it.
    steps: BTreeMap<String, Step>,
    /// What is written where.
    #[schemars(length(min = 1))]
    outputs: Vec<Output>,
}

/// One query.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Step {
    /// One `SELECT` statement.
    sql: String,
    /// Aggregates of this step are over at least this many subjects.
    #[schemars(range(min = 2, max = 1_000_000_000))]
    min_group: Option<u32>,
    /// What a failing cast, division or `date_trunc` does; `total` if absent.
    on_error: Option<OnError>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
enum OnError {
    /// The result is null.
    Total,
    /// The run stops.
    Fail,
}

/// The rows of a step, written to a dataset.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Output {
    /// A step.
    from: String,
    /// A dataset.
    #[schemars(schema_with = "dataset_id")]
    to: String,
    /// How the rows meet those that are there; `replace` if absent.
    mode: Option<Mode>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
enum Mode {
    /// The dataset is what this run writes.
    Replace,
    /// The run adds a file to those of earlier runs.
    Append,
}

#[cfg(test)]
mod tests;
