//! An authorized plan, run: inputs checked, outputs sealed and committed, a receipt in the log.
//!
//! INVARIANT: `Authorized<Plan>` is the only way in. Nothing is visible at a destination before everything is
//! staged, durable and verified.

mod execute;
mod export;
mod finish;
mod labels;
mod prepare;
mod receipt;
mod show;
mod whole;

pub use export::{ExportForm, Exported};
pub(crate) use prepare::shown;
pub use receipt::warm_up;
pub use show::{Examined, Shown};
