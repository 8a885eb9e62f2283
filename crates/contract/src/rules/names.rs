//! Names of the rules, as they stand in rejects, tallies and reports.
//!
//! The names of rules that a row breaks before it has columns are `sealine_connect::rule`'s.

/// The text or stored value is no value of the declared type.
pub const TYPE: &str = "type";
/// A null where none may be.
pub const REQUIRED: &str = "required";
/// A value that an accepted row before it has.
pub const UNIQUE: &str = "unique";
/// Below the smallest value allowed.
pub const MIN: &str = "min";
/// Above the largest value allowed.
pub const MAX: &str = "max";
/// Fewer characters than allowed.
pub const MIN_LENGTH: &str = "min_length";
/// More characters than allowed.
pub const MAX_LENGTH: &str = "max_length";
/// Not matched by the pattern.
pub const PATTERN: &str = "pattern";
/// Not one of the values allowed.
pub const ENUM: &str = "enum";
/// No email address: at most 254 ASCII characters, a local part of at most 64 made of atoms and
/// single dots, a domain of two or more labels of letters, digits and inner hyphens, the last not
/// all digits (RFC 5321 without quoted local parts, comments and address literals).
pub const EMAIL: &str = "email";
/// The last digit is not the Luhn check digit (ISO/IEC 7812-1 annex B).
pub const LUHN: &str = "luhn";
/// No officially assigned ISO 3166-1 alpha-2 code in capital letters.
pub const COUNTRY: &str = "country";
/// The declared format of dates and times; never a reject of its own.
pub(crate) const FORMAT: &str = "format";
