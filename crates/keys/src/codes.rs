//! The codes of this crate, with the text that `sealine explain` prints.

/// Every code of this crate with its explanation in Markdown.
pub const CODES: &[(&str, &str)] = &[
    (
        "SL6001",
        "**The file system refused.** A file of the keystore could not be read, written or made durable; the \
         message gives the step, the file and the system's answer. A write that fails leaves the old keystore in \
         place. Free space or set permissions, and run again.",
    ),
    (
        "SL6002",
        "**A key file that others can reach.** The folder of the keystore must have mode 0700 and its files 0600, \
         belong to the user who runs `sealine`, and be no links. Whoever could read it may have copied the keys: \
         think about that before you repair it.\n\nExample: `chmod 700 .sealine/keys && chmod 600 .sealine/keys/*`",
    ),
    (
        "SL6003",
        "**There is a keystore already.** Making one anew would lose the keys in it, and with them the data. Use \
         the one that is there, or move it away.",
    ),
    (
        "SL6004",
        "**The root secret is missing.** `root.key` opens every key of the keystore beside it. It is not derived \
         from anything and cannot be made again. Restore it from a backup.",
    ),
    (
        "SL6005",
        "**The keystore fails its integrity check.** `keystore.json` and `uses.json` carry a MAC under the root secret; \
         one is missing or does not hold, or a key does not open. The file was edited, cut, or comes from another \
         keystore than `root.key`. Restore the whole folder from one backup.",
    ),
    (
        "SL6006",
        "**A newer format.** The file was written by a newer version of Sealine. Use that version or a later one.",
    ),
    (
        "SL6007",
        "**The keystore is full.** It is read whole and so bounded at 4 MiB, some 10,000 keys. Use a second \
         project.",
    ),
    (
        "SL6010",
        "**Not a name for a key.** A name has up to 128 ASCII letters, digits, `-`, `_`, `.` and `/`, and starts \
         with a letter or digit. Names below `sealine/` belong to Sealine itself.\n\nExample: `lake-values`",
    ),
    (
        "SL6011",
        "**A key of this name exists.** Keys are not replaced: what the old one protects would be lost. Choose \
         another name, or rotate the key.",
    ),
    (
        "SL6012",
        "**Not a purpose.** A key is for `token`, `file`, `value`, `sign` or `digest`.\n\nExample: `sealine keys new crm --purpose token`",
    ),
    (
        "SL6013",
        "**No such key.** Nothing of this name is in the keystore. Declare it under `keys:` in `sealine.yaml` and \
         make it with `sealine keys new`. If a file asks for it, the file was written with another keystore.",
    ),
    (
        "SL6014",
        "**A key of another purpose.** One key has one purpose, for a key used in two constructions weakens both. \
         Make a second key.",
    ),
    (
        "SL6015",
        "**A version that is not here.** The data names a version of the key that this keystore never had. It was \
         written with another keystore, or this one was restored from a backup that is older than the data.",
    ),
    (
        "SL6016",
        "**A version that may not be used so.** A `decrypt-only` version opens and protects nothing more; one that \
         is `to-be-destroyed` does neither, and `sealine keys cancel` keeps it while there is time; a `destroyed` \
         one is gone, and what only it could open is gone with it. A version that the audit log calls destroyed \
         stays destroyed, even where a backup of the keystore brought it back.\n\nExample: `sealine keys show lake`",
    ),
    (
        "SL6017",
        "**This key does not rotate.** Tokens, keyed digests and signatures made with a new version would not \
         match those made with the old. Make a new key and move over by a pipeline of your own.",
    ),
    (
        "SL6020",
        "**Key material that cannot be read.** A Parquet file carries, for its footer and its columns, JSON of \
         type `PKMT1` of at most 4 KiB, in the file or in the key material file beside it, with keys of 16, 24 or \
         32 bytes wrapped once or twice. This one is something else or was cut.",
    ),
    (
        "SL6021",
        "**The wrong key.** The file names a key that this keystore has, and the data key does not open with it: \
         the file was written with another keystore that has a key of the same name, or was changed. Use the \
         keystore that it was written with.",
    ),
    (
        "SL6022",
        "**Cryptography failed.** Below the keystore an operation failed; the message names it and its own code \
         begins with SL8.",
    ),
    (
        "SL6030",
        "**The keystore is under a passphrase.** Its root secret opens with the passphrase alone. Give a file that \
         your user alone can read, by `--passphrase-file` or by its path in `SEALINE_PASSPHRASE_FILE`; at a terminal \
         you are asked. The passphrase itself belongs in no argument and no variable, since others can read \
         those.\n\nExample: `sealine run --passphrase-file /run/secrets/sealine`",
    ),
    (
        "SL6031",
        "**The passphrase does not open the keystore.** It is not the one that `root.key` was sealed under, or the \
         file was changed; the two cannot be told apart. One line feed at the end of a passphrase file is left out, \
         every other byte counts. There is no way around a passphrase that is lost: restore a backup whose \
         passphrase you have.",
    ),
    (
        "SL6032",
        "**A passphrase that cannot be used.** It needs 12 bytes at least, since who holds a copy of the file may \
         guess at leisure, and 1024 at most. Take several random words. The message tells where the machine \
         refused instead.",
    ),
    (
        "SL6033",
        "**A file that asks for too much.** `root.key` says how much memory and work its passphrase costs. Sealine \
         writes 64 MiB and 3 passes, and pays at most 1 GiB, 20 passes, 16 lanes and 4 GiB in all, so that a file \
         from elsewhere cannot exhaust the machine. Restore the file from a backup.",
    ),
    (
        "SL6034",
        "**A passphrase is there already, or is not.** `keys passphrase set` puts a keystore under one, `change` \
         takes another, `remove` goes back to a file that its owner alone can read. Nothing was changed.",
    ),
    (
        "SL6035",
        "**A key at its limit of uses.** AES-GCM with random nonces is sound for 2^32 uses of one key, and a lower \
         limit may have been set. Uses are counted before they happen, so the count may be a little high after a \
         crash. Rotate the key: what it protected goes on opening.\n\nExample: `sealine keys rotate lake`",
    ),
    (
        "SL6036",
        "**One of Sealine's own keys.** `sealine/log` signs the audit log and `sealine/digest` makes its keyed \
         digests. Without them what was logged cannot be checked, so they are neither disabled nor destroyed nor \
         limited.",
    ),
    (
        "SL6037",
        "**The version that protects.** Destroying it alone would leave a key that opens and cannot protect. Rotate \
         first, so that another version protects; or destroy the whole key by leaving `--version` out.\n\nExample: \
         `sealine keys rotate lake && sealine keys destroy lake --version 1`",
    ),
    (
        "SL6038",
        "**Nothing that the change would fit.** `disable` takes versions that are enabled, `enable` those that are \
         decrypt-only, `destroy` either, `cancel` those that wait for their destruction. The key has none. Nothing \
         was changed.\n\nExample: `sealine keys show lake`",
    ),
    (
        "SL6039",
        "**A limit that does not fit.** Uses are counted and limited for keys of purpose `file` and `value`, from 1 \
         to 2^32. Tokens and digests wear no key out.\n\nExample: `sealine keys limit lake 1000000`",
    ),
];
