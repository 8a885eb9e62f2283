//! CSV as text columns: RFC 4180, read in whole buffers, splitting only what is well formed.
//!
//! INVARIANT: a row that cannot be split ends in `malformed` with its number and line; it never
//! stops the read and is never quoted in an error. Must never guess a type.

mod columns;
mod header;
mod options;
mod reader;
mod split;
mod window;

pub use options::CsvOptions;
pub use reader::{CsvSource, open_csv};
pub use window::Tap;

/// Names of the rules that a malformed row breaks, and the bounds of the reader.
pub mod rule {
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
    /// Every rule of this module.
    pub const ALL: [&str; 6] = [RAGGED, NOT_UTF8, TOO_LONG, NUL, QUOTING, UNTERMINATED];

    /// The longest field, in bytes.
    pub const FIELD_MAX: usize = 16 << 20;
    /// The longest record, in bytes.
    pub const RECORD_MAX: usize = 64 << 20;
    /// The most columns of a file.
    pub const COLUMNS_MAX: usize = 10_000;
    /// How many bytes of a malformed row are kept.
    pub const RAW_MAX: usize = 64 << 10;
    /// How many quotes that are never closed are put up with before the read stops: each makes
    /// the reader go back, and a file with more of them is not CSV.
    pub const RESYNC_MAX: u32 = 64;
}
