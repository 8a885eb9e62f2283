//! The signing key of an owner, in a file of its own: under a passphrase, or as PEM that openssl reads.
//!
//! Under a passphrase it is the JSON of the keystore's root secret, sealed as something else; in PEM it is
//! PKCS#8 of Ed25519 (RFC 8410).
//!
//! Invariant: the file is a regular one that its owner alone can reach, and is never overwritten.
//!
//! Must never: live in the folder of a project's keystore, nor follow a link.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use rustix::{fs::OFlags, process::geteuid};
use sealine_protect::crypto::Secret;
use sealine_protect::crypto::ed25519::{SigningKey, VerifyingKey};

use crate::passphrase::{self, Cost};
use crate::{KeyError, root::KEY_LEN};

/// What the seed is sealed as, so that no other secret passes for it.
const WHAT: &[u8] = b"sealine owner key 1\0";
const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// PKCS#8 version 0, OID 1.3.101.112, and the heads of the two octet strings around the seed.
const PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// Makes a key and writes it to a new file: under a passphrase, or as PEM where there is none.
///
/// # Errors
/// A file that is there already or cannot be written; an unfit passphrase.
pub fn make_owner_key(path: &Path, passphrase: Option<&Secret>) -> Result<VerifyingKey, KeyError> {
    let (key, seed) = SigningKey::generate()?;
    let text = Secret::new(match passphrase {
        Some(passphrase) => passphrase::seal_as(WHAT, &seed, passphrase, Cost::RECOMMENDED)?,
        None => pem(&seed),
    });
    let cause = |step| {
        let path = path.display().to_string();
        move |cause| KeyError::File { step, path, cause }
    };
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(cause("create"))?;
    file.write_all(text.expose()).map_err(cause("write"))?;
    file.sync_all().map_err(cause("make durable"))?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // What is signed with the key may outlive a power cut: so must its name.
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(cause("make durable"))?;
    Ok(key.verifying_key())
}

/// Reads the key in a file; the passphrase is asked for only where the file is under one.
///
/// # Errors
/// A file that others can reach or that holds no such key; a passphrase that does not open it; what `ask` says.
pub fn open_owner_key<E: From<KeyError>>(
    path: &Path,
    ask: impl FnOnce() -> Result<Option<Secret>, E>,
) -> Result<SigningKey, E> {
    let text = read(path)?;
    let shown = path.display().to_string();
    let seed = match text.expose().first() {
        Some(b'{') => {
            passphrase::open_as(WHAT, text.expose(), ask()?.as_ref(), &shown).map_err(E::from)?
        }
        _ => unpem(&text).ok_or(KeyError::Damaged(shown))?,
    };
    SigningKey::from_seed(&seed).map_err(|error| KeyError::from(error).into())
}

fn read(path: &Path) -> Result<Secret, KeyError> {
    let shown = || path.display().to_string();
    let cause = |step| {
        let path = shown();
        move |cause| KeyError::File { step, path, cause }
    };
    let exposed = |reason| KeyError::Exposed {
        path: shown(),
        reason,
    };
    let file = OpenOptions::new()
        .read(true)
        .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
        .open(path)
        .map_err(cause("open"))?;
    let status = file.metadata().map_err(cause("examine"))?;
    if !status.is_file() {
        return Err(exposed("is not a regular file"));
    }
    if status.uid() != geteuid().as_raw() {
        return Err(exposed("belongs to another user"));
    }
    if status.mode() & 0o077 != 0 {
        return Err(exposed("can be reached by others: set its mode to 0600"));
    }
    let limit = passphrase::LONGEST;
    // Room for all of it, so that the vector never moves and leaves a copy of the secret behind.
    let mut bytes = Vec::with_capacity(limit + 1);
    let read = file.take(limit as u64 + 1).read_to_end(&mut bytes);
    let text = Secret::new(bytes);
    read.map_err(cause("read"))?;
    if text.len() > limit {
        return Err(KeyError::Damaged(shown()));
    }
    Ok(text)
}

fn pem(seed: &Secret) -> Vec<u8> {
    let mut der = Vec::with_capacity(PKCS8.len() + KEY_LEN);
    der.extend_from_slice(&PKCS8);
    der.extend_from_slice(seed.expose());
    let der = Secret::new(der);
    let body = Secret::new(STANDARD.encode(der.expose()).into_bytes());
    let mut text = Vec::with_capacity(256);
    for part in [BEGIN.as_bytes(), body.expose(), END.as_bytes()] {
        text.extend_from_slice(part);
        text.push(b'\n');
    }
    text
}

fn unpem(text: &Secret) -> Option<Secret> {
    let text = std::str::from_utf8(text.expose()).ok()?.trim();
    let body = text.strip_prefix(BEGIN)?.strip_suffix(END)?;
    let der = Secret::new(STANDARD.decode(body.trim()).ok()?);
    let seed = der.expose().strip_prefix(&PKCS8)?;
    (seed.len() == KEY_LEN).then(|| Secret::copy_of(seed))
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn open(path: &Path, passphrase: Option<&str>) -> Result<SigningKey, KeyError> {
        let passphrase = passphrase.map(|text| Secret::copy_of(text.as_bytes()));
        open_owner_key(path, || Ok(passphrase))
    }

    /// The private key of RFC 8410, section 10.3, and its public one of section 10.1.
    #[test]
    fn the_key_of_the_rfc_is_read_and_written() {
        let text = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        let seed = unpem(&Secret::copy_of(text.as_bytes())).unwrap();
        let key = SigningKey::from_seed(&seed).unwrap();
        assert_eq!(
            STANDARD.encode(key.verifying_key().as_bytes()),
            "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
        );
        assert_eq!(pem(&seed), text.as_bytes());
    }

    #[test]
    fn a_key_opens_as_it_was_made_and_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let (plain, sealed) = (dir.path().join("plain"), dir.path().join("sealed"));
        let public = make_owner_key(&plain, None).unwrap();
        assert_eq!(open(&plain, None).unwrap().verifying_key(), public);
        assert!(make_owner_key(&plain, None).is_err());
        assert_eq!(open(&plain, None).unwrap().verifying_key(), public);
        let phrase = "correct horse battery";
        let public = make_owner_key(&sealed, Some(&Secret::copy_of(phrase.as_bytes()))).unwrap();
        assert_eq!(open(&sealed, Some(phrase)).unwrap().verifying_key(), public);
        assert_eq!(open(&sealed, None).unwrap_err().code(), "SL6030");
        let wrong = open(&sealed, Some("correct horse batterie"));
        assert_eq!(wrong.unwrap_err().code(), "SL6031");
        for path in [&plain, &sealed] {
            let mode = std::fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_root_secret_under_a_passphrase_is_no_owner_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("root.key");
        let phrase = Secret::copy_of(b"correct horse battery");
        let seed = Secret::random(KEY_LEN).unwrap();
        let text = passphrase::seal(&seed, &phrase, Cost::RECOMMENDED).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let opened = open(&path, Some("correct horse battery"));
        assert_eq!(opened.unwrap_err().code(), "SL6031");
    }

    #[test]
    fn what_others_reach_and_what_is_no_key_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        make_owner_key(&path, None).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(open(&path, None).unwrap_err().code(), "SL6002");
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert_eq!(open(&link, None).unwrap_err().code(), "SL6001");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        for bad in [
            "",
            "{}",
            "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n",
        ] {
            std::fs::write(&path, bad).unwrap();
            assert_eq!(open(&path, None).unwrap_err().code(), "SL6005", "{bad}");
        }
        std::fs::write(&path, vec![b'{'; 5_000]).unwrap();
        assert_eq!(open(&path, None).unwrap_err().code(), "SL6005");
    }
}
