//! Keys and signatures of owners. A private key is never printed; a signature goes into `signatures/` alone.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::passphrase;
use crate::printable::printable;
use crate::project;
use crate::screen::{Paint, Screen};
use crate::show::count;
use sealine_access::Signer;
use sealine_audit::verifier_text;
use sealine_engine::NotEndorsed;
use sealine_keys::{KeyError, make_owner_key, open_owner_key};
use serde_json::json;
use std::path::Path;

/// Makes a key and says what to write into `sealine.yaml`.
pub(crate) fn keygen(
    owner: &str,
    out: &Path,
    pem: bool,
    passphrase_file: Option<&Path>,
    screen: &Screen,
) -> Result<Exit, Failure> {
    // Nobody is asked for a passphrase for nothing.
    if out.symlink_metadata().is_ok() {
        return Err(Failure::Exists {
            path: out.display().to_string(),
        });
    }
    let passphrase = match pem {
        true => None,
        false => Some(passphrase::new(passphrase_file)?),
    };
    let key = make_owner_key(out, passphrase.as_ref()).map_err(|error| failed(&error))?;
    let key = verifier_text(owner, &key);
    let file = out.display().to_string();
    if screen.is_json() {
        screen.json(&json!({ "ok": true, "owner": owner, "file": file, "key": key }));
        return Ok(Exit::Done);
    }
    screen.line(&format!(
        "{} {}  {}",
        screen.paint(Paint::Good, "made"),
        printable(&file),
        screen.paint(
            Paint::Dim,
            "keep it where those who write pipelines cannot reach it"
        ),
    ));
    let next = format!(
        "sealine policy sign --owner {owner} --key {}",
        printable(&file)
    );
    let next = screen.paint(Paint::Name, &next);
    screen.line(&format!("add to sealine.yaml, then {next}:"));
    // As it is pasted.
    screen.line("owners:");
    screen.line(&format!(
        "  {owner}: {{ key: \"{key}\", signs: [catalog/, policy/] }}"
    ));
    Ok(Exit::Done)
}

/// Signs as an owner.
pub(crate) fn sign(
    directory: &Path,
    owner: &str,
    key: &Path,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let opened = project::open_quietly(directory)?;
    let key = open_owner_key(key, passphrase::current)?;
    let signed = opened.project().endorse(owner, &key);
    let signed = signed.map_err(|error| match error {
        NotEndorsed::Stranger(public) => Failure::OwnerKey {
            owner: owner.to_owned(),
            public,
        },
        NotEndorsed::Engine(error) => project::failed(&error, Exit::Failed),
    })?;
    if screen.is_json() {
        screen.json(&json!({
            "ok": true,
            "owner": signed.owner,
            "signature": signed.path,
            "sequence": signed.sequence,
            "files": signed.files,
            "leaves": signed.leaves,
        }));
        return Ok(Exit::Done);
    }
    let files = count(signed.files.len() as u64, "file");
    screen.line(&format!(
        "{} {files} as {}, number {}: {}",
        screen.paint(Paint::Good, "signed"),
        signed.owner,
        signed.sequence,
        signed.path
    ));
    for file in &signed.files {
        screen.line(&screen.paint(Paint::Dim, &format!("  {file}")));
    }
    if signed.leaves {
        screen.line("  the key is not that of an owner any more: it agreed to the `owners:` of sealine.yaml");
    }
    let next = project::command(directory, "sealine policy verify");
    screen.line(&format!("then {}", screen.paint(Paint::Name, &next)));
    Ok(Exit::Done)
}

/// Says who vouches.
pub(crate) fn verify(
    directory: &Path,
    pinned: &[String],
    screen: &Screen,
) -> Result<Exit, Failure> {
    let opened = project::open_quietly(directory)?;
    let vouched = opened.project().policy().vouched();
    if !vouched.is_sound() {
        return Err(Failure::Findings {
            files: Box::new(opened.files().clone()),
            diagnostics: vouched.faults().clone(),
            exit: Exit::Tampered,
        });
    }
    let signers = vouched.signers();
    expected(signers, pinned)?;
    if screen.is_json() {
        let owners: Vec<_> = signers.iter().map(as_json).collect();
        screen.json(&json!({ "ok": true, "exit": 0, "owners": owners }));
        return Ok(Exit::Done);
    }
    screen.line(&format!(
        "{} by {}: the files are as they were signed",
        screen.paint(Paint::Good, "verified"),
        count(signers.len() as u64, "owner")
    ));
    for signer in signers {
        let owner = opened.project().spec().project.owners.get(&signer.owner);
        let folders = owner.map_or_else(String::new, |owner| owner.signs.join(", "));
        screen.line(&format!(
            "  {}  {folders}, sealine.yaml  {}",
            screen.paint(Paint::Strong, &signer.owner),
            screen.paint(
                Paint::Dim,
                &format!("number {}, {}", signer.sequence, printable(&signer.key))
            )
        ));
    }
    Ok(Exit::Done)
}

/// Insists that somebody vouches, and where keys were given, exactly their holders.
fn expected(signers: &[Signer], pinned: &[String]) -> Result<(), Failure> {
    let other = |reason: String| Err(Failure::OtherOwners { reason });
    if signers.is_empty() {
        return other(
            "nobody vouches for this project: `sealine.yaml` has no `owners:`; `sealine policy keygen` makes a key for one"
                .to_owned(),
        );
    }
    if pinned.is_empty() {
        return Ok(());
    }
    for signer in signers {
        if !pinned.contains(&signer.key) {
            return other(format!(
                "`{}` vouches by a key that was not given with `--key`: `{}`",
                signer.owner, signer.key
            ));
        }
    }
    let known = |key: &&String| signers.iter().any(|signer| signer.key == **key);
    match pinned.iter().find(|key| !known(key)) {
        Some(key) => other(format!(
            "no owner vouches by the key `{key}` that was given with `--key`"
        )),
        None => Ok(()),
    }
}

fn as_json(signer: &Signer) -> serde_json::Value {
    json!({
        "owner": signer.owner,
        "key": signer.key,
        "sequence": signer.sequence,
        "signature": hex::encode(signer.signature),
    })
}

fn failed(error: &KeyError) -> Failure {
    Failure::Crate {
        code: error.code(),
        message: error.to_string(),
        exit: Exit::Broken,
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        failed(&error)
    }
}
