//! What `sealine explain` says about the codes of this crate.
//!
//! INVARIANT: every code that an [`AuditError`](crate::AuditError) or a
//! [`Fault`](crate::Fault) can return stands here once. Must never promise a
//! repair that would hide evidence.

/// Code and explanation in Markdown: what happened, why, what to do, an example.
pub const CODES: &[(&str, &str)] = &[
    (
        "SL7001",
        "**A file of the audit log or a receipt could not be read or written.** The disk is full, \
         a permission is missing, or the device failed. What was to be logged is not in the log, \
         and what the event describes did not go on; the log itself is still valid. Free space or \
         mend the permission of the state folder, then run the command again.\n\n\
         Example: `cannot write \"staged\": No space left on device`.",
    ),
    (
        "SL7002",
        "**An append stopped half way.** A write failed once the entry had been staged, and the \
         entry could not be taken back, so it is promised but not yet covered by a checkpoint. The \
         next command that opens the log settles it by itself: it completes the entry with the \
         same bytes, or finds that nothing was staged. Mend the cause (mostly a full disk) and run \
         the command again; do not delete `log/staged`.\n\n\
         Example: `entry 41 may be staged but is not yet in the log`.",
    ),
    (
        "SL7003",
        "**The log refuses entries after a failure.** Once an append has failed, what is on the \
         disk must be looked at afresh before anything else is written. Run the command again.\n\n\
         Example: a second event after a failed fsync.",
    ),
    (
        "SL7004",
        "**Another process writes this log.** Two writers would sign two histories, so one waits. \
         Let the other command end and try again.\n\n\
         Example: two `sealine run` on one state folder.",
    ),
    (
        "SL7005",
        "**There is no audit log.** Without a place for evidence nothing runs. If the project ran \
         before, its `.sealine/log` was moved or deleted: restore it from a backup and check it \
         against a remembered checkpoint (`sealine audit verify`). A new project gets its log \
         from `sealine init` or its first run.\n\n\
         Example: `.sealine/log` is empty, `.sealine/keys` is not.",
    ),
    (
        "SL7006",
        "**There is a log already.** A log is begun once; beginning it again would bury its \
         history. Use the one that is there, or move the state folder away if the project is to \
         start anew.\n\n\
         Example: initializing a project twice.",
    ),
    (
        "SL7007",
        "**The log is not what its checkpoint says.** A file at the right edge of the tree is \
         missing or changed, so nothing is added to it. Run `sealine audit verify`: it names every \
         file and entry concerned. Restore those files from a backup; do not delete the log.\n\n\
         Example: `tile/0/000.p/5: it has not the width of its name`.",
    ),
    (
        "SL7008",
        "**Log and key do not belong together.** The log was signed by another key or under \
         another name than the keystore's. A keystore or a log was exchanged, or one of the two \
         was restored from another project. Bring back the pair that belongs together.\n\n\
         Example: `.sealine/keys` copied from another project.",
    ),
    (
        "SL7009",
        "**An event is too large for the log.** An entry holds at most 65,535 bytes; details \
         belong into the receipt beside the log. Shorten the names (of columns, policies, keys) \
         that the event lists, or ask for fewer columns.\n\n\
         Example: a read of several thousand columns by name.",
    ),
    (
        "SL7010",
        "**There is no entry of that index.** Entries are counted from 0. `sealine audit show` \
         lists them.\n\n\
         Example: entry 12 of a log with 12 entries.",
    ),
    (
        "SL7011",
        "**A checkpoint is malformed, or not signed by the log's key.** A remembered checkpoint \
         must be the file `log/checkpoint` as it was, byte by byte; an editor that changes line \
         ends spoils it. If it is the log's own, run `sealine audit verify`.\n\n\
         Example: a checkpoint pasted without its signature line.",
    ),
    (
        "SL7012",
        "**A public key is malformed.** A verifier key is one line, `name+hash+base64`, as it \
         stands in `log/key.pub`; the hash ties name and key together, so neither can be edited.\n\n\
         Example: a key with its last character cut off.",
    ),
    (
        "SL7013",
        "**The log's name cannot be used.** It is the first line of every checkpoint and the name \
         of its key: 1 to 255 bytes, without spaces, control characters and `+`. Choose another.\n\n\
         Example: `my log`.",
    ),
    (
        "SL7014",
        "**A receipt is not what was logged.** Its file is missing, its bytes have another digest, \
         its signature does not hold, or its statement is not a receipt. Run `sealine audit \
         verify`, and restore the file from a backup: the log's digest proves the right one.\n\n\
         Example: `its bytes are not those that were logged`.",
    ),
    (
        "SL7015",
        "**An inclusion proof does not hold.** Entry, hashes and checkpoint of the proof do not \
         belong together, or its text was changed. Ask for the proof again, and pass the entry's \
         bytes as they were logged.\n\n\
         Example: a proof of entry 3 with the bytes of entry 4.",
    ),
    (
        "SL7016",
        "**Evidence could not be written as JSON.** This is a bug in Sealine: nothing was logged. \
         Please report it with the command that led to it.\n\n\
         Example: none is known.",
    ),
    (
        "SL7017",
        "**Signing failed.** The cryptographic library refused to sign; nothing was logged. Run \
         the command again, and report it if it stays.\n\n\
         Example: none is known.",
    ),
    (
        "SL7101",
        "**The checkpoint does not hold.** `log/checkpoint` (or the remembered one) is malformed, \
         or the log's key has not signed it as it stands. Someone changed it, or the disk did. \
         Compare it with a copy kept elsewhere.\n\n\
         Example: one flipped byte in its root hash.",
    ),
    (
        "SL7102",
        "**A log entry was changed.** Its bytes no longer lead to the root that was signed. The \
         finding names entry and file. Keep both as evidence, and restore the file from a backup: \
         the hash in the tree proves the right one.\n\n\
         Example: `entry 17, log/tile/entries/000.p/20`.",
    ),
    (
        "SL7103",
        "**A tile was changed.** It holds other hashes than those of the entries, which lead to \
         the signed root. Restore the file from a backup.\n\n\
         Example: `log/tile/0/000.p/20`.",
    ),
    (
        "SL7104",
        "**A file is missing.** An entry bundle, a tile, a receipt, a published file or the public \
         key is not there, although the log or a receipt accounts for it. Someone removed it, or a \
         backup was restored in part.\n\n\
         Example: an output deleted by hand.",
    ),
    (
        "SL7105",
        "**A file is there that nothing accounts for.** Readers of the folder would take it for \
         evidence or for data. Find out where it comes from, then move it away.\n\n\
         Example: `lake/customers/extra.parquet`, which no run wrote.",
    ),
    (
        "SL7106",
        "**A receipt was changed or exchanged.** Its digest is not the one in the log, its \
         signature does not hold, or it is of another run. Restore it from a backup.\n\n\
         Example: the row counts of a receipt edited by hand.",
    ),
    (
        "SL7107",
        "**A published file was changed.** Its size or SHA-256 is not that of the receipt of the \
         run that wrote it. Run the pipeline again, or restore the file; keep the changed one if \
         you need to know what happened.\n\n\
         Example: one flipped byte in an encrypted Parquet file.",
    ),
    (
        "SL7108",
        "**The log was cut or set back.** It has fewer entries than the remembered checkpoint (or \
         its own staged record) proves. A backup was restored over newer evidence, or entries were \
         removed on purpose.\n\n\
         Example: 40 entries remembered, 38 found.",
    ),
    (
        "SL7109",
        "**The log tells another history.** It does not begin with the entries of the remembered \
         checkpoint, or is another log. Only the holder of the signing key can do this: treat the \
         key as misused.\n\n\
         Example: an entry rewritten and everything after it signed anew.",
    ),
    (
        "SL7110",
        "**The key beside the log is not the one that verifies it.** `log/key.pub` was changed, or \
         another key was passed than the log was signed with.\n\n\
         Example: the key of another project.",
    ),
    (
        "SL7111",
        "**A file cannot be read.** It is no regular file, larger than it may be, or the operating \
         system refuses. Until it can be read it counts as not verified.\n\n\
         Example: a tile replaced by a symbolic link.",
    ),
    (
        "SL7112",
        "**The staged record is not one that this log made.** `log/staged` records an append that \
         was interrupted; this one is not signed by the log's key or belongs to another state. It \
         was planted or changed: nothing in it is used.\n\n\
         Example: one flipped byte in `log/staged`.",
    ),
    (
        "SL7113",
        "**There is no log to verify.** `log/checkpoint` is not there: the folder is not the state \
         folder of a project that ran, or its log was removed.\n\n\
         Example: `sealine audit verify` before the first run.",
    ),
    (
        "SL7114",
        "**The recorded labels are not those of the newest receipt.** `labels.json` says what the \
         columns of written datasets hold; whoever lowers a label there could be shown restricted \
         values. The newest receipt that names the file has another digest of it: it was changed, or \
         set back to an earlier state. If a run did not end, begin the next one first: it finishes or \
         takes back what was left, the labels too. Otherwise restore the file from a backup.\n\n\
         Example: a level changed by hand in `.sealine/labels.json`.",
    ),
];

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use std::collections::BTreeSet;
    use std::io;

    use super::*;
    use crate::{AuditError, FaultKind};

    fn one_of_each() -> Vec<AuditError> {
        let io = || io::Error::from(io::ErrorKind::StorageFull);
        let reason = "r";
        let all = vec![
            AuditError::Storage {
                step: "write",
                path: "p".into(),
                source: io(),
            },
            AuditError::Unfinished {
                index: 1,
                source: io(),
            },
            AuditError::Broken,
            AuditError::Locked,
            AuditError::Missing,
            AuditError::Exists,
            AuditError::Damaged {
                file: "f".into(),
                reason,
            },
            AuditError::Foreign { what: "key" },
            AuditError::EntryTooLarge { bytes: 70_000 },
            AuditError::NoEntry { index: 1, size: 1 },
            AuditError::BadCheckpoint { reason },
            AuditError::BadKey { reason },
            AuditError::BadOrigin,
            AuditError::BadReceipt { reason },
            AuditError::BadProof { reason },
            AuditError::Encode { what: "event" },
            AuditError::Sign,
        ];
        // A new variant must be added above, or this match does not compile.
        for error in &all {
            match error {
                AuditError::Storage { .. }
                | AuditError::Unfinished { .. }
                | AuditError::Broken
                | AuditError::Locked
                | AuditError::Missing
                | AuditError::Exists
                | AuditError::Damaged { .. }
                | AuditError::Foreign { .. }
                | AuditError::EntryTooLarge { .. }
                | AuditError::NoEntry { .. }
                | AuditError::BadCheckpoint { .. }
                | AuditError::BadKey { .. }
                | AuditError::BadOrigin
                | AuditError::BadReceipt { .. }
                | AuditError::BadProof { .. }
                | AuditError::Encode { .. }
                | AuditError::Sign => {}
            }
        }
        all
    }

    #[test]
    fn every_code_is_explained_once_and_every_explanation_is_used() {
        let listed: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
        let errors = one_of_each();
        let used: Vec<&str> = (errors.iter().map(AuditError::code))
            .chain(FaultKind::ALL.iter().map(|kind| kind.code()))
            .collect();
        let unique: BTreeSet<&str> = used.iter().copied().collect();
        assert_eq!(unique.len(), used.len(), "a code is used twice");
        assert_eq!(listed.len(), used.len());
        assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), unique);
    }

    #[test]
    fn messages_keep_the_house_rules() {
        for error in one_of_each() {
            let text = error.to_string();
            assert!(text.starts_with(|c: char| c.is_lowercase()), "{text}");
            assert!(!text.ends_with('.'), "{text}");
        }
    }
}
