//! Proofs of the transparency log, with the fields of the vectors as they are (base64).

use super::field::Fields;
use super::{Answer, REFUTED};

use sealine_audit::merkle;
use serde_json::json;

pub(super) fn inclusion(fields: &Fields<'_>) -> Answer {
    let (index, size) = (fields.number("leafIdx")?, fields.number("treeSize")?);
    let (leaf, root) = (fields.base64("leafHash")?, fields.base64("root")?);
    let proof = fields.base64_list("proof")?;
    merkle::verify_inclusion(index, size, &leaf, &proof, &root).map_err(|_| REFUTED)?;
    Ok(json!({}))
}

pub(super) fn consistency(fields: &Fields<'_>) -> Answer {
    let (one, two) = (fields.number("size1")?, fields.number("size2")?);
    let (root_one, root_two) = (fields.base64("root1")?, fields.base64("root2")?);
    let proof = fields.base64_list("proof")?;
    merkle::verify_consistency(one, two, &root_one, &root_two, &proof).map_err(|_| REFUTED)?;
    Ok(json!({}))
}
