//! The rules that values must meet, each a kernel over a whole column.
//!
//! INVARIANT: a null breaks `required` and nothing else. A kernel appends the rows that break its
//! rule, ascending, and allocates nothing for a value.

mod address;
mod bound;
mod bytes;
mod country;
mod currency;
mod domain;
mod email;
mod length;
mod listed;
mod luhn;
pub mod names;
mod number;
mod spilled;
mod unique;
mod url;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use regex::Regex;
use sealine_spec::Kind;

use crate::ContractError;

pub(crate) use bound::Limit;
pub(crate) use listed::Listed;
pub(crate) use unique::{Overflow, Seen};

/// One rule of a column, ready to be checked.
pub(crate) enum Check {
    Required,
    Min(Limit),
    Max(Limit),
    MinLength(usize),
    MaxLength(usize),
    Pattern(Regex),
    Listed(Listed),
    Is(Kind, bool),
}

impl Check {
    /// The name that a reject of this rule carries.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Check::Required => names::REQUIRED,
            Check::Min(_) => names::MIN,
            Check::Max(_) => names::MAX,
            Check::MinLength(_) => names::MIN_LENGTH,
            Check::MaxLength(_) => names::MAX_LENGTH,
            Check::Pattern(_) => names::PATTERN,
            Check::Listed(_) => names::ENUM,
            Check::Is(kind, _) => name_of(*kind),
        }
    }

    /// Appends the rows of `array` that break the rule.
    pub(crate) fn failing(
        &self,
        array: &ArrayRef,
        failed: &mut Vec<u32>,
    ) -> Result<(), ContractError> {
        match self {
            Check::Required => {
                if array.null_count() > 0 {
                    let nulls = (0_u32..)
                        .zip(0..array.len())
                        .filter(|(_, row)| array.is_null(*row));
                    failed.extend(nulls.map(|(row, _)| row));
                }
                Ok(())
            }
            Check::Min(limit) => limit.below(array, failed),
            Check::Max(limit) => limit.above(array, failed),
            Check::MinLength(least) => length::shorter(array, *least, failed),
            Check::MaxLength(most) => length::longer(array, *most, failed),
            Check::Pattern(regex) => texts(array, failed, |text| regex.is_match(text)),
            Check::Listed(listed) => listed.outside(array, failed),
            Check::Is(kind, strict) => is(*kind, *strict, array, failed),
        }
    }
}

fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Email => names::EMAIL,
        Kind::Luhn => names::LUHN,
        Kind::Country => names::COUNTRY,
        Kind::Currency => names::CURRENCY,
        Kind::Uuid => names::UUID,
        Kind::Url => names::URL,
        Kind::Ip => names::IP,
        Kind::Ipv4 => names::IPV4,
        Kind::Ipv6 => names::IPV6,
        Kind::Cidr => names::CIDR,
        Kind::Iban => names::IBAN,
        Kind::Phone => names::PHONE,
        Kind::Json => names::JSON,
    }
}

fn is(
    kind: Kind,
    strict: bool,
    array: &ArrayRef,
    failed: &mut Vec<u32>,
) -> Result<(), ContractError> {
    match kind {
        Kind::Email => texts(array, failed, email::is_email),
        Kind::Luhn => texts(array, failed, |text| luhn::is_luhn(text, strict)),
        Kind::Country => texts(array, failed, country::is_country),
        Kind::Currency => texts(array, failed, currency::is_currency),
        Kind::Uuid => texts(array, failed, |text| number::is_uuid(text, strict)),
        Kind::Url => texts(array, failed, url::is_url),
        Kind::Ip => texts(array, failed, |text| address::is_ip(text, strict)),
        Kind::Ipv4 => texts(array, failed, address::is_ipv4),
        Kind::Ipv6 => texts(array, failed, |text| address::is_ipv6(text, strict)),
        Kind::Cidr => texts(array, failed, |text| address::is_cidr(text, strict)),
        Kind::Iban => texts(array, failed, |text| number::is_iban(text, strict)),
        Kind::Phone => texts(array, failed, |text| number::is_phone(text, strict)),
        Kind::Json => texts(array, failed, sealine_connect::is_json),
    }
}

/// Appends the rows whose text does not pass.
fn texts(
    array: &ArrayRef,
    failed: &mut Vec<u32>,
    passes: impl Fn(&str) -> bool,
) -> Result<(), ContractError> {
    let text: &StringArray = array
        .as_string_opt::<i32>()
        .ok_or(ContractError::Kernel { step: "text" })?;
    for (row, value) in (0_u32..).zip(text.iter()) {
        if value.is_some_and(|value| !passes(value)) {
            failed.push(row);
        }
    }
    Ok(())
}
