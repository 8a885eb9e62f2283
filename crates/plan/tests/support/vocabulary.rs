//! What random SQL is about: the datasets of the tests, the protections permitted on them, and the
//! constructs that are counted.
#![allow(unreachable_pub)]

/// Every construct that a query can have.
pub const CONSTRUCTS: &[&str] = &[
    "aggregate",
    "aggregate over a minimum group",
    "anti join",
    "any, first and last value",
    "bucket or cut",
    "case",
    "cross join",
    "difference or intersection",
    "distinct",
    "distinct on",
    "exists",
    "filter of an aggregate",
    "full join",
    "grouping sets",
    "having",
    "in a subquery",
    "join on a computed condition",
    "join on a token",
    "left join",
    "limit",
    "link",
    "list aggregate",
    "mask",
    "moved date",
    "named query",
    "order",
    "owner's view",
    "partial function",
    "qualify",
    "quantified comparison",
    "recursive query",
    "right join",
    "scalar subquery",
    "seal",
    "select grant",
    "semi join",
    "series",
    "subquery in from",
    "token",
    "union",
    "unnest",
    "window",
];

/// The columns of a dataset that an expression can read, and those that are restricted.
pub struct Dataset {
    pub name: &'static str,
    pub numbers: &'static [&'static str],
    pub texts: &'static [&'static str],
    pub secret_numbers: &'static [&'static str],
    pub secret_texts: &'static [&'static str],
}

/// What queries read.
pub const DATASETS: &[Dataset] = &[
    Dataset {
        name: "people",
        numbers: &["id"],
        texts: &["country"],
        secret_numbers: &["age", "salary"],
        secret_texts: &["email", "name", "card", "diag", "nationality"],
    },
    Dataset {
        name: "visits",
        numbers: &["id", "person_id", "cost"],
        texts: &[],
        secret_numbers: &[],
        secret_texts: &["notes"],
    },
    Dataset {
        name: "members",
        numbers: &["id"],
        texts: &["plan"],
        secret_numbers: &[],
        secret_texts: &["email"],
    },
    Dataset {
        name: "contacts",
        numbers: &["id"],
        texts: &["login"],
        secret_numbers: &["quota"],
        secret_texts: &[],
    },
    Dataset {
        name: "clinic",
        numbers: &["id", "spot"],
        texts: &["ward", "remark", "teller"],
        secret_numbers: &["weight", "lat", "lon"],
        secret_texts: &[
            "patient", "mrn", "mood", "zip", "ip", "account", "comment", "code", "card",
        ],
    },
    Dataset {
        name: "patients",
        numbers: &["id"],
        texts: &["ward"],
        secret_numbers: &[],
        secret_texts: &["ssn"],
    },
    Dataset {
        name: "insured",
        numbers: &["id"],
        texts: &["plan"],
        secret_numbers: &[],
        secret_texts: &["ssn"],
    },
    Dataset {
        name: "active_people",
        numbers: &["id"],
        texts: &["country"],
        secret_numbers: &["age", "salary"],
        secret_texts: &["email", "card"],
    },
];

/// Datasets whose keys may be linked.
pub const LINKED: [&str; 2] = ["patients", "insured"];

/// Permitted protections of columns, by dataset; `{}` is the alias.
pub const PROTECTED: &[(&str, &str, &str)] = &[
    ("people", "token", "tokenize({}.email, 'crm')"),
    ("people", "token", "tokenize(lower({}.email), 'crm')"),
    ("people", "token", "siv({}.email, 'crm')"),
    ("people", "mask", "mask({}.card, 6, 4)"),
    ("people", "mask", "mask({}.card, 0, 4)"),
    ("people", "mask", "mask_card({}.card, 'last-4')"),
    ("people", "mask", "mask_fixed({}.card, 0, 4)"),
    ("people", "bucket or cut", "bucket({}.age, 10)"),
    ("people", "bucket or cut", "bucket({}.age, 5)"),
    ("members", "token", "tokenize({}.email, 'crm')"),
    ("members", "token", "tokenize(trim({}.email), 'crm')"),
    ("contacts", "token", "tokenize({}.login, 'crm')"),
    ("clinic", "token", "siv({}.mrn, 'crm')"),
    (
        "clinic",
        "token",
        "fpe({}.account, 'crm', 'digits', 'redact')",
    ),
    ("clinic", "token", "fpe_card({}.card, 'crm', 'redact')"),
    ("clinic", "mask", "mask_regex({}.card, '^(.{4})')"),
    ("clinic", "bucket or cut", "top_code({}.weight, 40)"),
    ("clinic", "bucket or cut", "bands({}.weight, '0, 20, 50')"),
    ("clinic", "bucket or cut", "round_to({}.weight, 10)"),
    ("clinic", "bucket or cut", "zip_prefix({}.zip, 3)"),
    ("clinic", "bucket or cut", "geo_cell({}.lat, {}.lon, 5)"),
    (
        "clinic",
        "bucket or cut",
        "coarse_date({}.admitted, 'month')",
    ),
    ("clinic", "bucket or cut", "coarse_date({}.left_on, 'year')"),
    (
        "clinic",
        "moved date",
        "date_shift({}.admitted, 'crm', {}.id, 100)",
    ),
    (
        "clinic",
        "moved date",
        "date_shift({}.left_on, 'crm', {}.id, 100)",
    ),
    (
        "clinic",
        "moved date",
        "date_shift({}.seen, 'crm', {}.id, 100)",
    ),
    ("clinic", "mask", "scrub({}.comment)"),
    ("active_people", "mask", "mask({}.card, 6, 4)"),
    ("active_people", "token", "tokenize({}.email, 'crm')"),
];
