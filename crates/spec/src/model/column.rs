//! A column: its type, its level and tags, and the rules that its values must meet.
//!
//! INVARIANT: the rules of a checked column fit its type, and its bounds are in its own unit.

use sealine_label::{Level, Tag};

use crate::source::{Span, Spanned};

/// A declared column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name, as in the file that it describes.
    pub name: String,
    /// Its type.
    pub ty: ColumnType,
    /// Its level; the highest if absent.
    pub level: Level,
    /// Whether `level:` was written.
    pub level_declared: bool,
    /// What it is.
    pub tags: Vec<Tag>,
    /// What its values must meet.
    pub rules: Rules,
    /// The filters on it that its owner lets through.
    pub select: Option<Select>,
    /// How many values it can take, at least.
    pub domain_size: Option<u64>,
    /// How unevenly its values may be spread where tokens stand for them.
    pub frequency: Frequency,
    /// Whether an outsider may know it of a person: a quasi-identifier.
    pub quasi: bool,
    /// Whether it must not be learnt from what an outsider knows.
    pub sensitive: bool,
    /// Where it was written: its name.
    pub span: Span,
}

/// An owner's word on how unevenly the values of a column are spread, where stand-ins that keep
/// equality may show it. What is absent is as the run has it by default.
#[derive(Copy, Clone, PartialEq, Default, Debug)]
pub struct Frequency {
    /// The largest share, above 0 and at most 1, of the rows with a value that one value may have.
    pub max_share: Option<f64>,
    /// The fewest different values.
    pub min_distinct: Option<u64>,
}

/// The type of a column.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum ColumnType {
    /// Text in UTF-8.
    String,
    /// True or false.
    Boolean,
    /// Signed, 8 bits.
    Int8,
    /// Signed, 16 bits.
    Int16,
    /// Signed, 32 bits.
    Int32,
    /// Signed, 64 bits.
    Int64,
    /// IEEE 754, 32 bits.
    Float32,
    /// IEEE 754, 64 bits.
    Float64,
    /// Exact, with `precision` digits (1 to 38), `scale` of them after the point.
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits after the point, 0 to `precision`.
        scale: i8,
    },
    /// A calendar day.
    Date,
    /// A moment: microseconds, UTC.
    Timestamp,
    /// A time of day: microseconds.
    Time,
    /// Bytes.
    Binary,
}

impl ColumnType {
    /// The name as written in the catalogue, without the parameters of `decimal`.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            ColumnType::String => "string",
            ColumnType::Boolean => "boolean",
            ColumnType::Int8 => "int8",
            ColumnType::Int16 => "int16",
            ColumnType::Int32 => "int32",
            ColumnType::Int64 => "int64",
            ColumnType::Float32 => "float32",
            ColumnType::Float64 => "float64",
            ColumnType::Decimal { .. } => "decimal",
            ColumnType::Date => "date",
            ColumnType::Timestamp => "timestamp",
            ColumnType::Time => "time",
            ColumnType::Binary => "binary",
        }
    }

    /// Whether it is one of the integer types.
    #[must_use]
    pub const fn is_integer(&self) -> bool {
        matches!(
            self,
            ColumnType::Int8 | ColumnType::Int16 | ColumnType::Int32 | ColumnType::Int64
        )
    }
}

impl std::fmt::Display for ColumnType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ColumnType::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            other => f.write_str(other.type_name()),
        }
    }
}

/// What the values of a column must meet.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Rules {
    /// No nulls.
    pub required: bool,
    /// No value twice; nulls do not count.
    pub unique: bool,
    /// Only the canonical text of the type is read, nothing is trimmed or converted.
    pub strict: bool,
    /// Smallest value allowed.
    pub min: Option<Bound>,
    /// Largest value allowed.
    pub max: Option<Bound>,
    /// Fewest characters allowed.
    pub min_length: Option<u32>,
    /// Most characters allowed.
    pub max_length: Option<u32>,
    /// A regular expression in the syntax of the crate `regex`, anchored only as written.
    pub pattern: Option<Spanned<String>>,
    /// The values allowed (`enum:` in the file), as text.
    pub one_of: Option<Vec<String>>,
    /// A named check.
    pub is: Option<Kind>,
    /// How dates and times are written, as `strftime` does.
    pub format: Option<String>,
}

/// The end of a range, in the unit that a column of that type is stored in.
#[derive(Copy, Clone, PartialEq, Debug)]
pub enum Bound {
    /// For the integer types.
    Integer(i64),
    /// For the float types; finite.
    Float(f64),
    /// For decimals: the value times ten to the power of the column's scale.
    Decimal(i128),
    /// For dates: days since 1970-01-01.
    Date(i32),
    /// For timestamps: microseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
    /// For times: microseconds since midnight.
    Time(i64),
}

/// A named check of a text.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// An email address.
    Email,
    /// Digits whose last one is the Luhn check digit, as on payment cards.
    Luhn,
    /// A country code of two capital letters, ISO 3166-1 alpha-2.
    Country,
    /// A currency code of three capital letters, ISO 4217.
    Currency,
    /// A UUID, RFC 9562.
    Uuid,
    /// A URL of the web, RFC 3986.
    Url,
    /// An IPv4 or IPv6 address.
    Ip,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address, RFC 4291.
    Ipv6,
    /// An address and the length of a prefix of it.
    Cidr,
    /// A bank account number, ISO 13616.
    Iban,
    /// An international phone number, ITU-T E.164.
    Phone,
    /// A JSON value, RFC 8259.
    Json,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 13] = [
        Kind::Email,
        Kind::Luhn,
        Kind::Country,
        Kind::Currency,
        Kind::Uuid,
        Kind::Url,
        Kind::Ip,
        Kind::Ipv4,
        Kind::Ipv6,
        Kind::Cidr,
        Kind::Iban,
        Kind::Phone,
        Kind::Json,
    ];

    /// As written in the catalogue.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Email => "email",
            Kind::Luhn => "luhn",
            Kind::Country => "country",
            Kind::Currency => "currency",
            Kind::Uuid => "uuid",
            Kind::Url => "url",
            Kind::Ip => "ip",
            Kind::Ipv4 => "ipv4",
            Kind::Ipv6 => "ipv6",
            Kind::Cidr => "cidr",
            Kind::Iban => "iban",
            Kind::Phone => "phone",
            Kind::Json => "json",
        }
    }
}

/// The filters on a column that its owner lets through: comparisons with values of a declared
/// domain, in at most so many cells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Select {
    /// The level that the fact "which cell" has.
    pub to: Level,
    /// The values that may be compared with, as text.
    pub domain: Vec<String>,
    /// The most cells that all pipelines together may tell apart.
    pub max_cells: u32,
    /// Where it was written.
    pub span: Span,
}
