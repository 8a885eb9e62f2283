//! `sealine kms`: keys of files for a reader of its own, such as pyarrow, one JSON object a line.
//!
//! ```text
//! {"op":"unwrap","key":"lake","wrapped":"<base64>"}  →  {"plaintext":"<base64>"}
//! {"op":"wrap","key":"lake","plaintext":"<base64>"}  →  {"wrapped":"<base64>"}
//! what is refused or fails                            →  {"error":{"code":"SL…","message":"…"}}
//! ```
//!
//! Whoever has the key of a file can read the file, with any tool: `unwrap` is a permission on each
//! file key, and no label or clearance stands between. File keys themselves never leave.
//!
//! INVARIANT: the order is permit, open, log, answer. The first answer under a key, for each operation,
//! stands in the log before it is given; how many there were follows when the service ends.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, engine::general_purpose::STANDARD};
use sealine_access::{Action as Ask, Principal};
use sealine_audit::{Action, KeyCount, Outcome};
use sealine_keys::WrappedKey;
use sealine_protect::crypto::Secret;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::EngineError;
use crate::session::{Session, actor};

/// So many keys may be refused; then the service ends, since each stands in the log.
const DENIALS: usize = 100;
/// The longest name of a key that is looked at.
const LONGEST_NAME: usize = 256;

/// Wraps and unwraps keys of files for one program, until it ends.
#[derive(Debug)]
pub struct KeyService {
    session: Session,
    user: Principal,
    granted: BTreeSet<(Ask, String)>,
    denied: BTreeSet<(Ask, String)>,
    counts: BTreeMap<String, KeyCount>,
}

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    op: Cow<'a, str>,
    #[serde(borrow)]
    key: Cow<'a, str>,
    #[serde(borrow)]
    wrapped: Option<Cow<'a, str>>,
    #[serde(borrow)]
    plaintext: Option<Cow<'a, str>>,
}

impl KeyService {
    /// The longest request, in bytes.
    pub const LONGEST_REQUEST: u64 = 16 << 10;

    /// Serves `user` from a session, which is held until the service ends.
    pub fn new(session: Session, user: Principal) -> Self {
        Self {
            session,
            user,
            granted: BTreeSet::new(),
            denied: BTreeSet::new(),
            counts: BTreeMap::new(),
        }
    }

    /// The answer to one line, without its end. A refusal is an answer.
    ///
    /// # Errors
    /// Those that end the service: the log cannot be written, or too many keys were refused (`SL4105`).
    pub fn answer(&mut self, line: &[u8]) -> Result<Zeroizing<String>, EngineError> {
        let done = match serde_json::from_slice::<Request<'_>>(line) {
            Ok(request) => self.serve(&request),
            Err(_) => Err(malformed("it is not an object with `op` and `key`")),
        };
        match done {
            Ok(answer) => Ok(answer),
            Err(error @ EngineError::Audit(_)) => Err(error),
            Err(error) if self.denied.len() > DENIALS => Err(error),
            Err(error) => {
                let told = serde_json::json!({
                    "error": { "code": error.code(), "message": error.to_string() }
                });
                Ok(Zeroizing::new(told.to_string()))
            }
        }
    }

    /// Ends the service and logs what was given out.
    ///
    /// # Errors
    /// The log cannot be written.
    pub fn end(mut self) -> Result<(), EngineError> {
        let keys: Vec<KeyCount> = self.counts.into_values().collect();
        if keys.is_empty() {
            return Ok(());
        }
        let action = Action::KeysServed { keys };
        self.session
            .append(&actor(&self.user), Outcome::Success, action)
            .map(drop)
    }

    fn serve(&mut self, request: &Request<'_>) -> Result<Zeroizing<String>, EngineError> {
        let name = request.key.as_ref();
        if name.is_empty() || name.len() > LONGEST_NAME {
            return Err(malformed("its `key` is not the name of one"));
        }
        match (
            request.op.as_ref(),
            request.wrapped.as_deref(),
            request.plaintext.as_deref(),
        ) {
            ("unwrap", Some(wrapped), None) => {
                self.permit(Ask::Unwrap, name)?;
                let wrapped = WrappedKey::new(name.to_owned(), decode(wrapped)?.to_vec())?;
                let opened = self.session.keys.unwrap(&wrapped)?;
                self.note(Ask::Unwrap, name)?;
                Ok(encoded("plaintext", opened.expose()))
            }
            ("wrap", None, Some(plaintext)) => {
                self.permit(Ask::Wrap, name)?;
                let plaintext = Secret::copy_of(&decode(plaintext)?);
                let wrapped = self.session.keys.wrap(name, &plaintext)?;
                self.note(Ask::Wrap, name)?;
                Ok(encoded("wrapped", wrapped.bytes()))
            }
            ("wrap" | "unwrap", _, _) => Err(malformed(
                "`unwrap` takes `wrapped` and `wrap` takes `plaintext`, and nothing else",
            )),
            _ => Err(malformed("its `op` is neither `wrap` nor `unwrap`")),
        }
    }

    /// Asks the policy; the first denial of each is logged.
    fn permit(&mut self, ask: Ask, name: &str) -> Result<(), EngineError> {
        let asked = (ask, name.to_owned());
        if self.granted.contains(&asked) {
            return Ok(());
        }
        if self.denied.contains(&asked) {
            return self.session.project.permit_key(&self.user, ask, name);
        }
        let permitted = self.session.permit(ask, &self.user, name);
        if permitted.is_err() {
            self.denied.insert(asked);
        }
        permitted
    }

    /// Counts an answer, and logs the first of its kind before it is given.
    fn note(&mut self, ask: Ask, name: &str) -> Result<(), EngineError> {
        let asked = (ask, name.to_owned());
        if !self.granted.contains(&asked) {
            let action = Action::KeyGranted {
                key: name.to_owned(),
                operation: ask.name().to_owned(),
            };
            self.session
                .append(&actor(&self.user), Outcome::Success, action)?;
            // A crash right here leaves an entry of an answer that was not given.
            self.granted.insert(asked);
        }
        let count = self
            .counts
            .entry(name.to_owned())
            .or_insert_with(|| KeyCount {
                key: name.to_owned(),
                wrapped: 0,
                unwrapped: 0,
            });
        match ask {
            Ask::Wrap => count.wrapped += 1,
            _ => count.unwrapped += 1,
        }
        Ok(())
    }
}

fn malformed(reason: &'static str) -> EngineError {
    EngineError::KeyRequest { reason }
}

fn decode(text: &str) -> Result<Zeroizing<Vec<u8>>, EngineError> {
    STANDARD
        .decode(text)
        .map(Zeroizing::new)
        .map_err(|_| malformed("its key is not base64"))
}

/// An answer, in a buffer that is wiped. Base64 needs no escapes in JSON.
fn encoded(field: &str, bytes: &[u8]) -> Zeroizing<String> {
    let text = Zeroizing::new(STANDARD.encode(bytes));
    let mut answer = Zeroizing::new(String::with_capacity(text.len() + field.len() + 8));
    for part in ["{\"", field, "\":\"", text.as_str(), "\"}"] {
        answer.push_str(part);
    }
    answer
}
