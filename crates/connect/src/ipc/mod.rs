//! Arrow IPC in: the file format and the stream format, message by message.
//!
//! INVARIANT: the decoder sees a message only after its sizes were checked against the file and
//! the bounds, always validates, and runs only inside `quietly`. No text of it leaves this module.

mod bounds;
mod read;

pub(crate) use read::{ipc_columns, open_ipc};
