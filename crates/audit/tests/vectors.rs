//! The inclusion and consistency vectors of transparency-dev, through the
//! functions that verification and proofs use.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![allow(clippy::print_stderr)]

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealine_audit::merkle;
use serde_json::Value;

fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("SEALINE_VECTORS").map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    // A relative name counts from the workspace, where the suite is started.
    let folder = root
        .join(named.unwrap_or_else(|| "../shared/vectors".into()))
        .join("merkle");
    folder.is_dir().then_some(folder)
}

fn cases(folder: &Path, found: &mut Vec<(PathBuf, Value)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            cases(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "json") {
            let case = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            found.push((path, case));
        }
    }
}

fn check(kind: &str, at_least: usize, accepts: impl Fn(&Value, &[Vec<u8>]) -> bool) {
    let Some(folder) = folder() else {
        eprintln!("skipped: no vectors; name their folder in SEALINE_VECTORS");
        return;
    };
    let mut found = Vec::new();
    cases(&folder.join(kind), &mut found);
    assert!(found.len() >= at_least, "only {} vectors", found.len());
    for (path, case) in found {
        let proof: Vec<Vec<u8>> = case["proof"]
            .as_array()
            .into_iter()
            .flatten()
            .map(bytes)
            .collect();
        let valid = !case["wantErr"].as_bool().unwrap();
        assert_eq!(accepts(&case, &proof), valid, "{}", path.display());
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    STANDARD.decode(value.as_str().unwrap_or_default()).unwrap()
}

#[test]
fn inclusion() {
    check("inclusion", 90, |case, proof| {
        merkle::verify_inclusion(
            case["leafIdx"].as_u64().unwrap(),
            case["treeSize"].as_u64().unwrap(),
            &bytes(&case["leafHash"]),
            proof,
            &bytes(&case["root"]),
        )
        .is_ok()
    });
}

#[test]
fn consistency() {
    check("consistency", 90, |case, proof| {
        merkle::verify_consistency(
            case["size1"].as_u64().unwrap(),
            case["size2"].as_u64().unwrap(),
            &bytes(&case["root1"]),
            &bytes(&case["root2"]),
            proof,
        )
        .is_ok()
    });
}
