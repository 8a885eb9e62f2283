//! Every code of this crate with its explanation.

/// Every code of this crate with its explanation in Markdown.
pub const CODES: &[(&str, &str)] = &[];
