//! The transparency log, receipts and their verification.
//!
//! Purpose: every run and every security event leaves an entry in a Merkle tree
//! (RFC 6962, stored as C2SP tiles under signed checkpoints), and every run a
//! signed receipt beside it, so that an auditor can check offline, with the
//! public key alone, that nothing was changed, removed or reordered.
//!
//! INVARIANT: an entry is either in the log or not, whatever crashes; what is in
//! is covered by a signed checkpoint. Entries and receipts hold ids, names,
//! digests and counts. Must never hold a row value or a secret, read a clock, or
//! need the engine for verification.

mod codes;
mod digest;
mod dsse;
mod edge;
mod endorse;
mod error;
mod event;
mod fault;
mod log;
pub mod merkle;
mod note;
mod proof;
mod read;
mod receipt;
mod sign;
mod storage;
mod store;
mod tile;
mod time;
mod verify;

pub use codes::CODES;
pub use digest::{Digest, NotADigest};
pub use endorse::{ENDORSEMENT_TYPE, Endorsement, MAX_ENDORSEMENT};
pub use error::AuditError;
pub use event::{
    Action, Digests, EVENT_VERSION, Event, KeyChange, KeyCount, KeyUse, MAX_ENTRY, Outcome,
    OwnerKnown, PassphraseChange, Resolution,
};
pub use fault::{Fault, FaultKind, Verified};
pub use log::{Appended, Log};
pub use note::{Checkpoint, default_origin, parse_verifier, verifier_text};
pub use proof::{prove, verify_proof};
pub use read::{Entries, Reader, Record};
pub use receipt::{
    AnonymityBounds, AnonymityFound, AnonymityRecord, Declassification, Identities, InputRecord,
    OutputRecord, Published, PublishedFile, RECEIPT_TYPE, Receipt, Role, RuleCount, STATEMENT_TYPE,
    SensitiveFound, Statement, Subject, SubjectDigest, Verdict, WaivedRecord,
};
pub use storage::{Disk, Storage};
pub use store::{MAX_RECEIPT, Stored, read_receipt, receipt_name, store_receipt};
pub use time::{NotATime, Time};
pub use verify::verify;
