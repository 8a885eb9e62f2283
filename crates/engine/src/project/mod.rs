//! A project on disk: its files, the places of its datasets, its state directory.
//!
//! INVARIANT: everything here is bounded and follows no link out of the place it was given.

pub(crate) mod labels;
mod load;
mod open;
pub(crate) mod owners;
mod places;
mod state;

pub use load::ProjectDir;
pub(crate) use load::shown;
pub use open::{Beside, OpenError, Project, Undecided};
pub use owners::{Endorsed, NotEndorsed};
pub(crate) use places::Shape;
pub(crate) use state::Held;
pub use state::StateDir;
