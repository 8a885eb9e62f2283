//! Names of the rules that a malformed row breaks, and the bounds of the text readers.
//!
//! INVARIANT: a name that stands in a quarantine or a log is never given to something else.

/// More or fewer fields than the header has.
pub const RAGGED: &str = "ragged";
/// Bytes that are not UTF-8.
pub const NOT_UTF8: &str = "not_utf8";
/// A field longer than [`FIELD_MAX`] or a record longer than [`RECORD_MAX`].
pub const TOO_LONG: &str = "too_long";
/// A NUL byte.
pub const NUL: &str = "nul";
/// Text between a closing quote and the next delimiter.
pub const QUOTING: &str = "quoting";
/// A quote that is opened and never closed.
pub const UNTERMINATED: &str = "unterminated";
/// Not JSON as RFC 8259 has it.
pub const JSON: &str = "json";
/// JSON, but no object.
pub const NOT_OBJECT: &str = "not_object";
/// A declared field that an object has twice.
pub const DUPLICATE: &str = "duplicate";
/// Nested deeper than [`DEPTH_MAX`].
pub const TOO_DEEP: &str = "too_deep";
/// Every rule of this module.
pub const ALL: [&str; 10] = [
    RAGGED,
    NOT_UTF8,
    TOO_LONG,
    NUL,
    QUOTING,
    UNTERMINATED,
    JSON,
    NOT_OBJECT,
    DUPLICATE,
    TOO_DEEP,
];

/// The longest field, in bytes.
pub const FIELD_MAX: usize = 16 << 20;
/// The longest record, in bytes.
pub const RECORD_MAX: usize = 64 << 20;
/// The most columns of a file.
pub const COLUMNS_MAX: usize = 10_000;
/// The deepest nesting of a JSON value, its object included.
pub const DEPTH_MAX: u32 = 64;
/// How many bytes of a malformed row are kept.
pub const RAW_MAX: usize = 64 << 10;
/// How many quotes that are never closed are put up with before the read stops: each makes
/// the reader go back, and a file with more of them is not CSV.
pub const RESYNC_MAX: u32 = 64;
