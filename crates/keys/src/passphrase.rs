//! The root secret under a passphrase: Argon2id (RFC 9106) gives the key that seals it.
//!
//! ```json
//! { "version": 1, "argon2id": { "memory_kib": 65536, "passes": 3, "lanes": 4, "salt": "…" }, "sealed": "…" }
//! ```
//!
//! `sealed` is nonce 12, ciphertext, tag 16 in base64 (AES-256-GCM); the associated data holds the
//! version, the cost and the salt.
//!
//! Invariant: a file decides the cost only within bounds, so that a hostile one ends in an error
//! and neither in exhausted memory nor in minutes of work. Salt and nonce are fresh each time.
//!
//! Must never: say more of a wrong passphrase than that it does not open; keep derived memory.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::{Engine, engine::general_purpose::STANDARD};
use sealine_protect::crypto::{Secret, aead, random};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{KeyError, root::KEY_LEN};

const VERSION: u64 = 1;
const SALT_LEN: usize = 16;
/// What the root secret is sealed as.
const ROOT: &[u8] = b"sealine root key 1\0";
/// The longest file of a sealed root secret that is read.
pub(crate) const LONGEST: usize = 4096;

/// The fewest bytes of a passphrase: who holds the file may guess at leisure.
pub const SHORTEST_PASSPHRASE: usize = 12;
/// The most bytes of a passphrase.
pub const LONGEST_PASSPHRASE: usize = 1024;

/// What guessing a passphrase costs, each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes that could be filled at once.
    pub lanes: u32,
}

impl Cost {
    /// The second recommended option of RFC 9106, section 4: 64 MiB, 3 passes, 4 lanes.
    pub const RECOMMENDED: Cost = Cost {
        memory_kib: 64 << 10,
        passes: 3,
        lanes: 4,
    };
    /// The least that OWASP's Password Storage Cheat Sheet lists for Argon2id, in KiB filled
    /// (7 MiB, 5 passes); nothing is sealed for less.
    const LEAST_WORK: u64 = 35 << 10;
    const LEAST_MEMORY_KIB: u32 = 7 << 10;
    /// What a file may ask for.
    const MOST_MEMORY_KIB: u32 = 1 << 20;
    const MOST_PASSES: u32 = 20;
    const MOST_LANES: u32 = 16;
    /// KiB filled in all: seconds of work.
    const MOST_WORK: u64 = 4 << 20;

    fn work(self) -> u64 {
        u64::from(self.memory_kib) * u64::from(self.passes)
    }

    /// Whether it may be paid at all; RFC 9106 asks for 8 KiB a lane.
    fn is_bounded(self) -> bool {
        (1..=Cost::MOST_LANES).contains(&self.lanes)
            && (1..=Cost::MOST_PASSES).contains(&self.passes)
            && (8 * self.lanes..=Cost::MOST_MEMORY_KIB).contains(&self.memory_kib)
            && self.work() <= Cost::MOST_WORK
    }

    fn is_enough(self) -> bool {
        self.memory_kib >= Cost::LEAST_MEMORY_KIB && self.work() >= Cost::LEAST_WORK
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    version: u64,
    argon2id: Derivation,
    sealed: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Derivation {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
}

/// Seals the root secret. The text is safe to store.
pub(crate) fn seal(root: &Secret, passphrase: &Secret, cost: Cost) -> Result<Vec<u8>, KeyError> {
    seal_as(ROOT, root, passphrase, cost)
}

/// Seals a secret of 32 bytes as what `what` names; it opens as nothing else.
pub(crate) fn seal_as(
    what: &[u8],
    secret: &Secret,
    passphrase: &Secret,
    cost: Cost,
) -> Result<Vec<u8>, KeyError> {
    if passphrase.len() < SHORTEST_PASSPHRASE {
        return Err(KeyError::Passphrase("it has fewer than 12 bytes"));
    }
    if passphrase.len() > LONGEST_PASSPHRASE {
        return Err(KeyError::Passphrase("it has more than 1024 bytes"));
    }
    if !cost.is_bounded() || !cost.is_enough() {
        return Err(KeyError::Passphrase(
            "its cost is outside what is ever sealed",
        ));
    }
    let salt = random::array::<SALT_LEN>()?;
    let key = key(passphrase, &salt, cost)?;
    let sealed = Sealed {
        version: VERSION,
        argon2id: Derivation {
            memory_kib: cost.memory_kib,
            passes: cost.passes,
            lanes: cost.lanes,
            salt: STANDARD.encode(salt),
        },
        sealed: STANDARD.encode(key.seal(&associated_data(what, &salt, cost), secret.expose())?),
    };
    let mut text = serde_json::to_vec_pretty(&sealed)
        .map_err(|_| KeyError::Passphrase("it cannot be written as JSON"))?;
    text.push(b'\n');
    Ok(text)
}

/// Opens what [`seal`] made.
pub(crate) fn open(
    text: &[u8],
    passphrase: Option<&Secret>,
    path: &str,
) -> Result<Secret, KeyError> {
    open_as(ROOT, text, passphrase, path)
}

/// Opens what [`seal_as`] made of the same name.
pub(crate) fn open_as(
    what: &[u8],
    text: &[u8],
    passphrase: Option<&Secret>,
    path: &str,
) -> Result<Secret, KeyError> {
    #[derive(Deserialize)]
    struct Head {
        version: u64,
    }
    let damaged = || KeyError::Damaged(path.to_owned());
    let head: Head = serde_json::from_slice(text).map_err(|_| damaged())?;
    if head.version != VERSION {
        return Err(KeyError::FormatVersion {
            path: path.to_owned(),
            version: head.version,
        });
    }
    let file: Sealed = serde_json::from_slice(text).map_err(|_| damaged())?;
    let cost = Cost {
        memory_kib: file.argon2id.memory_kib,
        passes: file.argon2id.passes,
        lanes: file.argon2id.lanes,
    };
    if !cost.is_bounded() {
        return Err(KeyError::Cost(path.to_owned()));
    }
    let decode = |text: &str| STANDARD.decode(text).map_err(|_| damaged());
    let salt: [u8; SALT_LEN] = decode(&file.argon2id.salt)?
        .try_into()
        .map_err(|_| damaged())?;
    let sealed = decode(&file.sealed)?;
    if sealed.len() != aead::NONCE_LEN + KEY_LEN + aead::TAG_LEN {
        return Err(damaged());
    }
    let passphrase = passphrase.ok_or_else(|| KeyError::PassphraseNeeded(path.to_owned()))?;
    let wrong = || KeyError::WrongPassphrase(path.to_owned());
    if passphrase.len() > LONGEST_PASSPHRASE {
        return Err(wrong());
    }
    // The tag is compared in constant time, and after all the work of the derivation.
    key(passphrase, &salt, cost)?
        .open(&associated_data(what, &salt, cost), &sealed)
        .map_err(|_| wrong())
}

fn key(passphrase: &Secret, salt: &[u8], cost: Cost) -> Result<aead::Key, KeyError> {
    let failed = |_| KeyError::Passphrase("the derivation of its key failed");
    let params =
        Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(KEY_LEN)).map_err(failed)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let blocks = argon2.params().block_count();
    let mut memory = Zeroizing::new(Vec::new());
    memory
        .try_reserve_exact(blocks)
        .map_err(|_| KeyError::Passphrase("there is not enough memory to derive its key"))?;
    memory.resize(blocks, Block::new());
    let mut derived = Zeroizing::new(vec![0; KEY_LEN]);
    argon2
        .hash_password_into_with_memory(passphrase.expose(), salt, &mut derived, &mut *memory)
        .map_err(failed)?;
    let derived = Secret::new(std::mem::take(&mut *derived));
    Ok(aead::Key::new(aead::Algorithm::Aes256Gcm, &derived)?)
}

fn associated_data(what: &[u8], salt: &[u8; SALT_LEN], cost: Cost) -> Vec<u8> {
    let mut out = what.to_vec();
    for number in [cost.memory_kib, cost.passes, cost.lanes] {
        out.extend_from_slice(&number.to_be_bytes());
    }
    out.extend_from_slice(salt);
    out
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    const CHEAP: Cost = Cost {
        memory_kib: 7 << 10,
        passes: 5,
        lanes: 1,
    };

    fn phrase(text: &str) -> Secret {
        Secret::copy_of(text.as_bytes())
    }

    fn open(text: &[u8], passphrase: &str) -> Result<Secret, KeyError> {
        super::open(text, Some(&phrase(passphrase)), "root.key")
    }

    /// RFC 9106, section 5.3: the library's Argon2id, version 0x13, with the memory that we give it.
    #[test]
    fn argon2id_answers_as_the_rfc_says() {
        let params = argon2::ParamsBuilder::new()
            .m_cost(32)
            .t_cost(3)
            .p_cost(4)
            .data(argon2::AssociatedData::new(&[4; 12]).unwrap())
            .output_len(32)
            .build()
            .unwrap();
        let argon2 =
            Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
        let mut memory = vec![Block::new(); argon2.params().block_count()];
        let mut tag = [0; 32];
        argon2
            .hash_password_into_with_memory(&[1; 32], &[2; 16], &mut tag, &mut memory)
            .unwrap();
        assert_eq!(
            hex::encode(tag),
            "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
        );
    }

    #[test]
    fn it_opens_with_its_passphrase_alone() {
        let root = Secret::random(KEY_LEN).unwrap();
        let text = seal(&root, &phrase("correct horse battery"), CHEAP).unwrap();
        assert!(open(&text, "correct horse battery").unwrap().equals(&root));
        for wrong in [
            "",
            "correct horse batter",
            "correct horse battery ",
            "Correct horse battery",
            &"c".repeat(LONGEST_PASSPHRASE + 1),
        ] {
            let error = open(&text, wrong).unwrap_err();
            assert_eq!(error.code(), "SL6031");
            assert!(wrong.is_empty() || !error.to_string().contains(wrong));
        }
        assert_eq!(
            super::open(&text, None, "root.key").unwrap_err().code(),
            "SL6030"
        );
        let again = seal(&root, &phrase("correct horse battery"), CHEAP).unwrap();
        assert_ne!(text, again, "salt and nonce are fresh");
    }

    #[test]
    fn weak_passphrases_and_costs_are_not_sealed_under() {
        let root = Secret::random(KEY_LEN).unwrap();
        for (passphrase, cost) in [
            ("short", CHEAP),
            ("eleven byte", CHEAP),
            (&*"l".repeat(LONGEST_PASSPHRASE + 1), CHEAP),
            ("correct horse battery", Cost { passes: 4, ..CHEAP }),
            (
                "correct horse battery",
                Cost {
                    memory_kib: 6 << 10,
                    passes: 20,
                    lanes: 1,
                },
            ),
        ] {
            let error = seal(&root, &phrase(passphrase), cost).unwrap_err();
            assert_eq!(error.code(), "SL6032");
        }
        assert!(Cost::RECOMMENDED.is_bounded() && Cost::RECOMMENDED.is_enough());
    }

    /// Each of these would take the memory, the time or the mind of who believes it.
    #[test]
    fn a_hostile_file_is_refused_before_any_work() {
        let root = Secret::random(KEY_LEN).unwrap();
        let text = String::from_utf8(seal(&root, &phrase("correct horse battery"), CHEAP).unwrap())
            .unwrap();
        let changed = |from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            open(
                text.replacen(from, to, 1).as_bytes(),
                "correct horse battery",
            )
            .unwrap_err()
            .code()
        };
        let (memory, passes, lanes) = ("\"memory_kib\": 7168", "\"passes\": 5", "\"lanes\": 1");
        for (from, to) in [
            (memory, "\"memory_kib\": 1048577"),
            (memory, "\"memory_kib\": 4294967295"),
            (memory, "\"memory_kib\": 7"),
            (memory, "\"memory_kib\": 1048576"),
            (passes, "\"passes\": 21"),
            (passes, "\"passes\": 4294967295"),
            (passes, "\"passes\": 0"),
            (lanes, "\"lanes\": 17"),
            (lanes, "\"lanes\": 0"),
        ] {
            assert_eq!(changed(from, to), "SL6033", "{to}");
        }
        for (from, to) in [
            (memory, "\"memory_kib\": 4294967296"),
            (memory, "\"memory_kib\": -1"),
            (passes, "\"passes\": 5, \"passes\": 6"),
            ("\"salt\": \"", "\"salt\": \"AAAA"),
            ("\"salt\": \"", "\"salt\": \"!"),
            ("\"sealed\": \"", "\"sealed\": \"AAAA"),
            ("\"version\": 1", "\"version\": 1, \"more\": 1"),
            ("{", ""),
        ] {
            assert_eq!(changed(from, to), "SL6005", "{to}");
        }
        assert_eq!(changed("\"version\": 1", "\"version\": 2"), "SL6006");
        // What is within the bounds and was changed does not open.
        assert_eq!(changed(passes, "\"passes\": 4"), "SL6031");
        assert_eq!(changed(memory, "\"memory_kib\": 7169"), "SL6031");
    }
}
