//! An authorized plan, run: inputs checked, outputs sealed and committed, a receipt in the log.
//!
//! INVARIANT: `Authorized<Plan>` is the only way in. Nothing is visible at a destination before everything is
//! staged, durable and verified.

mod again;
mod append;
mod execute;
mod export;
mod finish;
mod id;
mod labels;
mod past;
mod prepare;
mod receipt;
mod show;
mod whole;

pub use export::{ExportForm, Exported};
pub use id::RunId;
pub use receipt::warm_up;
pub use show::{Examined, Shown};
