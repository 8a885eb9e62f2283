//! The Merkle tree of RFC 6962 (restated in RFC 9162, section 2.1) over SHA-256.
//!
//! INVARIANT: leaves and inner nodes are hashed under different prefixes, and a
//! proof verifies only where every hash is 32 bytes and every one is used.
//! Verification takes bytes from anyone and must never panic on them.

use sealine_protect::crypto::sha256;

/// A node of the tree.
pub type Hash = [u8; 32];

/// Why a proof was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The index is not in a tree of that size, or the sizes run backwards.
    #[error("the index or the sizes do not fit together")]
    Range,
    /// A hash is not 32 bytes.
    #[error("a hash is not 32 bytes long")]
    HashLength,
    /// The proof has more or fewer hashes than the sizes call for.
    #[error("the proof has too many or too few hashes")]
    ProofLength,
    /// The recomputed root is another one.
    #[error("the proof leads to another root")]
    Root,
}

/// Hash of an entry: SHA-256(0x00 ‖ entry).
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    let mut bytes = Vec::with_capacity(entry.len() + 1);
    bytes.push(0);
    bytes.extend_from_slice(entry);
    sha256(&bytes)
}

/// Hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = Vec::with_capacity(65);
    bytes.push(1);
    bytes.extend_from_slice(left);
    bytes.extend_from_slice(right);
    sha256(&bytes)
}

/// Root of the empty tree: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Hash {
    sha256(&[])
}

/// Root of the tree over these leaf hashes.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [one] => *one,
        _ => {
            let (left, right) = halves(leaves);
            node_hash(&root(left), &root(right))
        }
    }
}

/// Inclusion proof for `leaves[index]`, from the leaf's sibling to the root's
/// child; `None` where there is no such leaf.
#[must_use]
pub fn prove_inclusion(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let mut proof = Vec::new();
    let (mut part, mut at) = (leaves, index);
    while part.len() > 1 {
        let (left, right) = halves(part);
        if at < left.len() {
            proof.push(root(right));
            part = left;
        } else {
            proof.push(root(left));
            at -= left.len();
            part = right;
        }
    }
    proof.reverse();
    Some(proof)
}

/// Consistency proof from the tree of the first `size1` leaves to the tree of
/// all; `None` where `size1` is 0 (nothing to prove) or beyond the tree.
#[must_use]
pub fn prove_consistency(leaves: &[Hash], size1: usize) -> Option<Vec<Hash>> {
    if size1 == 0 || size1 > leaves.len() {
        return None;
    }
    let mut proof = Vec::new();
    let (mut part, mut size, mut known) = (leaves, size1, true);
    while size != part.len() {
        let (left, right) = halves(part);
        if size <= left.len() {
            proof.push(root(right));
            part = left;
        } else {
            proof.push(root(left));
            size -= left.len();
            part = right;
            known = false;
        }
    }
    // The verifier has the old root itself, unless it lies under a right child.
    if !known {
        proof.push(root(part));
    }
    proof.reverse();
    Some(proof)
}

/// Splits at the largest power of two below the length; callers hold two or more.
fn halves(leaves: &[Hash]) -> (&[Hash], &[Hash]) {
    let split = leaves.len().next_power_of_two() / 2;
    leaves.split_at_checked(split).unwrap_or((leaves, &[]))
}

/// Checks that the leaf stands at `index` in the tree of `size` with that root
/// (RFC 9162, section 2.1.3.2). Takes raw bytes, as they come from outside.
///
/// # Errors
/// Says what does not fit.
pub fn verify_inclusion<P: AsRef<[u8]>>(
    index: u64,
    size: u64,
    leaf: &[u8],
    proof: &[P],
    root: &[u8],
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Range);
    }
    let expected = hash(root)?;
    let mut computed = hash(leaf)?;
    let (mut at, mut last) = (index, size - 1);
    for sibling in proof {
        let sibling = hash(sibling.as_ref())?;
        if last == 0 {
            return Err(ProofError::ProofLength);
        }
        if at & 1 == 1 || at == last {
            computed = node_hash(&sibling, &computed);
            // Levels at which this right edge has no sibling.
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            computed = node_hash(&computed, &sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    finish(last == 0, computed == expected)
}

/// Checks that the tree of `size2` begins with the tree of `size1` (RFC 9162,
/// section 2.1.4.2). An empty first tree proves nothing and is refused.
///
/// # Errors
/// Says what does not fit.
pub fn verify_consistency<P: AsRef<[u8]>>(
    size1: u64,
    size2: u64,
    root1: &[u8],
    root2: &[u8],
    proof: &[P],
) -> Result<(), ProofError> {
    if size1 == 0 || size1 > size2 {
        return Err(ProofError::Range);
    }
    if size1 == size2 {
        // One tree: nothing is hashed, so the roots are compared as they came.
        return finish(proof.is_empty(), root1 == root2);
    }
    let (old, new) = (hash(root1)?, hash(root2)?);
    let mut rest = proof.iter();
    // A complete first tree is a node of the second: its root opens the path.
    let first = if size1.is_power_of_two() {
        old
    } else {
        hash(rest.next().ok_or(ProofError::ProofLength)?.as_ref())?
    };
    let (mut at, mut last) = (size1 - 1, size2 - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut from, mut to) = (first, first);
    for sibling in rest {
        let sibling = hash(sibling.as_ref())?;
        if last == 0 {
            return Err(ProofError::ProofLength);
        }
        if at & 1 == 1 || at == last {
            from = node_hash(&sibling, &from);
            to = node_hash(&sibling, &to);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            to = node_hash(&to, &sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    finish(last == 0, from == old && to == new)
}

fn finish(complete: bool, agrees: bool) -> Result<(), ProofError> {
    match (complete, agrees) {
        (true, true) => Ok(()),
        (false, _) => Err(ProofError::ProofLength),
        (true, false) => Err(ProofError::Root),
    }
}

fn hash(bytes: &[u8]) -> Result<Hash, ProofError> {
    bytes.try_into().map_err(|_| ProofError::HashLength)
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

    fn leaves(n: usize) -> Vec<Hash> {
        (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    #[test]
    fn roots_of_rfc_6962_test_data() {
        // The tree of eight leaves that certificate-transparency's reference tests use.
        let data: [&[u8]; 8] = [
            b"",
            &[0x00],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[
                0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d,
                0x6e, 0x6f,
            ],
        ];
        let hashes: Vec<Hash> = data.iter().map(|d| leaf_hash(d)).collect();
        assert_eq!(
            hex::encode(root(&hashes[..1])),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
        assert_eq!(
            hex::encode(root(&hashes)),
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
        );
    }

    #[test]
    fn every_inclusion_and_consistency_proof_verifies_and_no_neighbour_does() {
        for size in 1..=70_usize {
            let all = leaves(size);
            let top = root(&all);
            for index in 0..size {
                let proof = prove_inclusion(&all, index).unwrap();
                let (i, n) = (index as u64, size as u64);
                assert_eq!(verify_inclusion(i, n, &all[index], &proof, &top), Ok(()));
                assert!(verify_inclusion(i + 1, n, &all[index], &proof, &top).is_err());
                if !proof.is_empty() {
                    let short = &proof[..proof.len() - 1];
                    assert!(verify_inclusion(i, n, &all[index], short, &top).is_err());
                    let mut bent = proof.clone();
                    bent[0][3] ^= 1;
                    assert!(verify_inclusion(i, n, &all[index], &bent, &top).is_err());
                }
            }
            for first in 1..=size {
                let proof = prove_consistency(&all, first).unwrap();
                let old = root(&all[..first]);
                let (m, n) = (first as u64, size as u64);
                assert_eq!(verify_consistency(m, n, &old, &top, &proof), Ok(()));
                let mut other = old;
                other[31] ^= 0x80;
                assert!(verify_consistency(m, n, &other, &top, &proof).is_err());
                for bent in 0..proof.len() {
                    let mut changed = proof.clone();
                    changed[bent][0] ^= 1;
                    assert!(verify_consistency(m, n, &old, &top, &changed).is_err());
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_proved_is_not() {
        assert_eq!(prove_inclusion(&[], 0), None);
        assert_eq!(prove_inclusion(&leaves(3), 3), None);
        assert_eq!(prove_consistency(&leaves(3), 0), None);
        assert_eq!(prove_consistency(&leaves(3), 4), None);
        let none: [Hash; 0] = [];
        let top = root(&leaves(2));
        assert_eq!(
            verify_inclusion(u64::MAX, u64::MAX, &top, &none, &top),
            Err(ProofError::Range)
        );
        assert_eq!(
            verify_inclusion(0, u64::MAX, &top, &none, &top),
            Err(ProofError::ProofLength)
        );
        assert_eq!(
            verify_consistency(1, u64::MAX, &top, &top, &[[0_u8; 32]; 100]),
            Err(ProofError::ProofLength)
        );
        assert_eq!(
            verify_inclusion(0, 1, &top[..31], &none, &top),
            Err(ProofError::HashLength)
        );
    }
}
