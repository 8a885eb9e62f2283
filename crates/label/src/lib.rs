//! Levels, tags, origins, views and labels: what is known about a value, and where it may flow.
//!
//! Purpose: the algebra that the proof computes in, and the data types by which protections
//! declare themselves. It knows no SQL, no files and no engine.
//!
//! Invariant: joining two labels never yields less than either of them; nothing in this crate
//! lowers a level except through a [`Layer`] that says what is left.
//!
//! Must never: read a clock, a file or the environment; invent a level for what is unknown.

pub mod declare;
mod error;
mod interner;
mod label;
mod level;
mod origin;
mod tag;
mod view;

pub use error::{CODES, LabelError};
pub use interner::{Interner, LabelId};
pub use label::{Channels, Label, Trace};
pub use level::{Level, Levels};
pub use origin::{Aspect, Origin};
pub use tag::Tag;
pub use view::{Layer, View};
