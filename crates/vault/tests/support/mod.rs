//! What several tests need.

pub(crate) mod base;
pub(crate) mod services;
