//! The recorded labels: the file beside the log is the one that the newest receipt names.
//!
//! INVARIANT: byte by byte, whatever the file says about itself; receipts that name none (older ones, and those of
//! runs that kept only their quarantine) are passed over. A run puts its labels just before it swaps its outputs
//! and is recorded after: between the two, labels and outputs alike are not those of the newest receipt, and both
//! are reported. The next session settles that to one side or the other, labels included. The journal of an
//! unfinished run is not asked: it is not signed, so a planted one would excuse any change. Must never write.

use std::path::Path;

use super::check::{Check, unreadable};
use crate::Digest;
use crate::fault::{Fault, FaultKind};
use crate::storage::read_bounded;

const FILE: &str = "labels.json";
/// As much as the engine writes.
const MAX_LABELS: u64 = 64 << 20;

pub(crate) fn check(check: &mut Check, state: &Path, expected: Option<(u64, Digest)>) {
    let Some((entry, expected)) = expected else {
        return;
    };
    let fault = match read_bounded(&state.join(FILE), MAX_LABELS) {
        Ok(Some(bytes)) if Digest::of(&bytes) == expected => return,
        Ok(Some(_)) => Fault::new(
            FaultKind::Labels,
            FILE,
            "the recorded labels are not those that the newest receipt names: they were changed or set back, \
             or a run did not end and the next one settles it",
        ),
        Ok(None) => Fault::new(
            FaultKind::Missing,
            FILE,
            "the recorded labels are missing, and a receipt names them",
        ),
        Err(error) => unreadable(FILE, &error),
    };
    check.fault(fault.at(entry));
}
