//! The reader of the project's files: what the design shows is read as it is meant, everything
//! that is wrong is called by its code at its line, and nothing hostile does harm.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod anonymity;
mod append;
mod base;
mod codes;
mod columns;
mod crossing;
mod design;
mod good;
mod hostile;
mod locate;
mod mistakes;
mod names;
mod syntax;
mod vault;
mod waivers;
mod whole;
