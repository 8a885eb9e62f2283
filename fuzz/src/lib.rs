//! Every decoder of outside bytes of ours as a function of bytes, with texts to begin from.
//!
//! Run by `cargo xtask fuzz` with the seeded mutator of [`mutate`], which needs nothing but a
//! stable compiler, and by libFuzzer (`fuzz/libfuzzer`). INVARIANT: a target never panics, whatever
//! the bytes; where what it opens is authenticated, it opens nothing but what was sealed. Nothing
//! of the product may depend on this package.
// A target that finds a defect ends by a panic: that is what a fuzzer looks for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod mutate;
mod targets;

pub use targets::{Prepared, TARGETS, Target};
