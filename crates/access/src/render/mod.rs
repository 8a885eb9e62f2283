//! A refusal as good as a compiler's: cause, path, what is learned, how to pass.
//!
//! Invariant: built only from what the plan and the policy say; the diagnostics
//! and the data say the same, in the same order. Must never: quote a row.

mod cause;
mod help;
mod path;
mod renderer;

pub(crate) use renderer::Renderer;
