//! One folder for each protection: `declaration.rs` says what it is and what it leaks,
//! `kernel.rs` does it.

pub(crate) mod bucket;
pub(crate) mod encrypt;
pub(crate) mod fpe;
pub(crate) mod mask;
pub(crate) mod nullify;
pub(crate) mod redact;
pub(crate) mod replace;
pub(crate) mod scrub;
pub(crate) mod siv;
pub(crate) mod tokenize;
