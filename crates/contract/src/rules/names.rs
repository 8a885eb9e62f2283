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
/// No ISO 4217 code of list one (2026-01-01), in capital letters.
pub const CURRENCY: &str = "currency";
/// No UUID in the text form of RFC 9562; strict: in small letters.
pub const UUID: &str = "uuid";
/// No absolute `http` or `https` URL of RFC 3986, without user and password, of at most 2,048 bytes.
pub const URL: &str = "url";
/// No IPv4 and no IPv6 address; strict: in the form of RFC 5952.
pub const IP: &str = "ip";
/// No IPv4 address: four numbers up to 255 without leading zeros.
pub const IPV4: &str = "ipv4";
/// No IPv6 address of RFC 4291, without a zone; strict: in the form of RFC 5952.
pub const IPV6: &str = "ipv6";
/// No address with the length of a prefix; strict: one whose host bits are zero.
pub const CIDR: &str = "cidr";
/// No IBAN (ISO 13616): country of the registry, its length, check digits. Strict: in capital
/// letters and without spaces.
pub const IBAN: &str = "iban";
/// No phone number of ITU-T E.164 with `+` and a country code in use. Strict: without separators.
pub const PHONE: &str = "phone";
/// No JSON value of RFC 8259, nested at most as deep as a line of JSON Lines may be.
pub const JSON: &str = "json";
/// An expectation that is false for the row, or cannot be computed for it; the expectation's name
/// stands where the column's does otherwise.
pub const EXPECT: &str = "expect";
/// The declared format of dates and times; never a reject of its own.
pub(crate) const FORMAT: &str = "format";
