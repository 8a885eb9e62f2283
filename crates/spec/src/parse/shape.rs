//! The keys of every mapping in the files: the one list that the reader obeys and that the JSON
//! Schemas are tested against.

/// A mapping with fixed keys.
#[derive(Debug)]
pub(crate) struct Shape {
    /// What it is, as a message names it.
    pub(crate) what: &'static str,
    /// Its keys, as a message lists them.
    pub(crate) keys: &'static [&'static str],
    /// Keys that are planned, so that they are not called unknown, with what they will do.
    pub(crate) later: &'static [(&'static str, &'static str)],
}

pub(crate) const PROJECT: Shape = Shape {
    what: "`sealine.yaml`",
    keys: &[
        "version",
        "levels",
        "operator_clearance",
        "tags",
        "connections",
        "keys",
        "vault",
        "state",
        "limits",
        "waivers",
        "owners",
        "roles",
    ],
    later: &[
        ("audit", "shipping the audit log elsewhere"),
        ("secrets", "secret providers"),
        ("providers", "key providers"),
    ],
};

pub(crate) const LIMITS: Shape = Shape {
    what: "what a run may take",
    keys: &["memory", "spill", "partitions", "folders"],
    later: &[],
};

pub(crate) const WAIVER: Shape = Shape {
    what: "a waiver",
    keys: &["dataset", "column", "tag", "until", "because"],
    later: &[],
};

pub(crate) const OWNER: Shape = Shape {
    what: "an owner",
    keys: &["key", "signs"],
    later: &[],
};

pub(crate) const ROLE: Shape = Shape {
    what: "a role",
    keys: &["users", "services"],
    later: &[],
};

pub(crate) const TAG_FACT: Shape = Shape {
    what: "a fact about a tag",
    keys: &["special", "domain_size"],
    later: &[],
};

pub(crate) const CONNECTION: Shape = Shape {
    what: "a connection",
    keys: &["kind", "root"],
    later: &[],
};

pub(crate) const KEY: Shape = Shape {
    what: "a key",
    keys: &["purpose"],
    later: &[
        ("provider", "keys held by a key service"),
        ("rotate", "automatic rotation"),
    ],
};

pub(crate) const VAULT: Shape = Shape {
    what: "a vault",
    keys: &[
        "kind",
        "host",
        "port",
        "database",
        "user",
        "password",
        "ca",
        "certificate",
        "key",
    ],
    later: &[],
};

pub(crate) const CATALOG: Shape = Shape {
    what: "a catalogue file",
    keys: &["version", "datasets"],
    later: &[],
};

pub(crate) const DATASET: Shape = Shape {
    what: "a dataset",
    keys: &[
        "at",
        "primary_key",
        "subject",
        "columns",
        "rejects",
        "max_rejects",
        "rows",
        "freshness",
        "expect",
        "clearance",
        "encrypt",
        "protect",
        "anonymity",
        "view",
        "partition_by",
        "description",
    ],
    later: &[
        ("retention", "retention"),
        ("owner", "owners of single datasets"),
    ],
};

pub(crate) const LOCATION: Shape = Shape {
    what: "a location",
    keys: &[
        "connection",
        "path",
        "format",
        "compression",
        "delimiter",
        "header",
        "null",
        "formulas",
    ],
    later: &[
        ("table", "tables of a database"),
        ("topic", "topics of a message broker"),
    ],
};

pub(crate) const ENCRYPT: Shape = Shape {
    what: "an encryption",
    keys: &["key", "columns", "bound"],
    later: &[],
};

pub(crate) const ANONYMITY: Shape = Shape {
    what: "a demand for anonymity",
    keys: &["k", "l", "l_kind", "t", "quasi", "sensitive"],
    later: &[],
};

pub(crate) const ROWS: Shape = Shape {
    what: "a count of rows",
    keys: &["min", "max"],
    later: &[],
};

pub(crate) const FRESHNESS: Shape = Shape {
    what: "a freshness",
    keys: &["column", "within"],
    later: &[],
};

pub(crate) const EXPECTATION: Shape = Shape {
    what: "an expectation",
    keys: &["name", "sql", "description"],
    later: &[],
};

pub(crate) const COLUMN: Shape = Shape {
    what: "a column",
    keys: &[
        "type",
        "level",
        "tags",
        "required",
        "unique",
        "strict",
        "min",
        "max",
        "min_length",
        "max_length",
        "pattern",
        "enum",
        "is",
        "format",
        "select",
        "domain_size",
        "frequency",
        "quasi",
        "sensitive",
        "description",
    ],
    later: &[
        ("default", "default values"),
        ("references", "references between datasets"),
    ],
};

pub(crate) const SELECT: Shape = Shape {
    what: "a select grant",
    keys: &["to", "domain", "max_cells"],
    later: &[],
};

pub(crate) const FREQUENCY: Shape = Shape {
    what: "a frequency",
    keys: &["max_share", "min_distinct"],
    later: &[],
};

pub(crate) const PIPELINE: Shape = Shape {
    what: "a pipeline file",
    keys: &[
        "version",
        "pipeline",
        "description",
        "runs_as",
        "inputs",
        "steps",
        "outputs",
    ],
    later: &[
        ("schedule", "schedules"),
        ("retry", "retries"),
        ("notify", "notifications"),
    ],
};

pub(crate) const STEP: Shape = Shape {
    what: "a step",
    keys: &["sql", "min_group", "on_error"],
    later: &[],
};

pub(crate) const OUTPUT: Shape = Shape {
    what: "an output",
    keys: &["from", "to", "mode"],
    later: &[],
};

pub(crate) const CASES: Shape = Shape {
    what: "a table of the policy",
    keys: &["version", "description", "context", "tests"],
    later: &[],
};

pub(crate) const CASE: Shape = Shape {
    what: "a test of the policy",
    keys: &[
        "name",
        "principal",
        "action",
        "resource",
        "context",
        "expect",
    ],
    later: &[],
};

pub(crate) const CASE_PRINCIPAL: Shape = Shape {
    what: "who asks",
    keys: &["user", "service", "roles"],
    later: &[],
};

/// Kinds of connection that are planned.
pub(crate) const LATER_KINDS: &[&str] = &[
    "postgres",
    "mysql",
    "mssql",
    "oracle",
    "sqlite",
    "mongodb",
    "s3",
    "gcs",
    "azure",
    "http",
    "sftp",
    "kafka",
    "nats",
    "amqp",
    "redis",
    "snowflake",
    "bigquery",
    "delta",
    "iceberg",
];

/// Formats that are planned.
pub(crate) const LATER_FORMATS: &[&str] = &[
    "json", "ndjson", "avro", "orc", "xml", "xlsx", "tsv", "delta", "iceberg",
];

/// Modes of an output that are planned.
pub(crate) const LATER_MODES: &[&str] = &["merge", "upsert"];
