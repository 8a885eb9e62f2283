//! An authorized plan, run and committed: contracts, guards, quarantine, receipts.
//!
//! [`Project::open`] reads a project, [`Project::decide`] proves and decides a request, [`Session::begin`] holds
//! the project for work, [`Session::run`], [`Session::show`] and [`Session::export`] execute an `Authorized<Plan>` and nothing else.
//!
//! INVARIANT: there is one way from a file to a run, and one module that reads the clock. Must never let the text
//! of a foreign error out, or write a row in clear.

mod cancel;
pub mod clock;
mod codes;
mod commit;
mod durable;
mod error;
mod exec;
mod keys;
mod kms;
mod output;
mod progress;
mod project;
mod remembered;
mod report;
mod run;
mod session;
mod twin;
mod vault;

pub use cancel::CancelToken;
pub use codes::CODES;
pub use error::EngineError;
pub use exec::Limits;
pub use kms::KeyService;
pub use progress::{Progress, Reading, Silent, Step, Update};
pub use project::{
    Beside, Endorsed, NotEndorsed, OpenError, Project, ProjectDir, StateDir, Undecided,
};
pub use report::{
    DeclassificationReport, InputReport, OutputReport, ReceiptReport, RuleReport, RunReport,
};
pub use run::{Examined, ExportForm, Exported, RunId, Shown, warm_up};
pub use sealine_vault::{Counts as VaultCounts, SOON as VAULT_SOON};
pub use session::{NotDecided, Session, Setup};
pub use twin::{Change as TwinChange, TwinAsked, TwinDifference, TwinLevel, TwinReport, twins};
pub use vault::{Migrated, VaultReport};
