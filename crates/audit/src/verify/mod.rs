//! Offline verification: the log, its receipts and the files that they describe.

mod check;
mod labels;
mod outputs;
mod receipts;
mod tree;
mod walk;

pub use check::verify;
