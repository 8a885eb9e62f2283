//! One folder for each protection: `declaration.rs` says what it is and what it leaks,
//! `kernel.rs` does it.

pub(crate) mod bands;
pub(crate) mod bucket;
pub(crate) mod coarse_coordinate;
pub(crate) mod coarse_date;
pub(crate) mod coarse_time;
pub(crate) mod date_shift;
pub(crate) mod encrypt;
pub(crate) mod fernet;
pub(crate) mod fpe;
pub(crate) mod geo_cell;
pub(crate) mod ip_prefix;
pub(crate) mod lookup;
pub(crate) mod mask;
pub(crate) mod mask_card;
pub(crate) mod mask_email;
pub(crate) mod mask_fixed;
pub(crate) mod mask_iban;
pub(crate) mod mask_id;
pub(crate) mod mask_ip;
pub(crate) mod mask_phone;
pub(crate) mod mask_regex;
pub(crate) mod mask_url;
pub(crate) mod nullify;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod properties;
pub(crate) mod redact;
pub(crate) mod replace;
pub(crate) mod round_to;
pub(crate) mod scrub;
pub(crate) mod siv;
pub(crate) mod surrogate;
pub(crate) mod tink_aead;
pub(crate) mod tink_daead;
pub(crate) mod tokenize;
pub(crate) mod top_code;
pub(crate) mod vault_token;
pub(crate) mod zip_hipaa;
pub(crate) mod zip_prefix;
