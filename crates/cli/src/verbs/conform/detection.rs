//! The detectors, on one text. They know patterns and check digits, in no particular language.

use super::field::Fields;
use super::{Answer, UNSUPPORTED};
use sealine_protect::detect::scan_text;
use serde_json::{Value, json};

pub(super) fn detect(fields: &Fields<'_>) -> Answer {
    if fields
        .optional_text("language")?
        .is_some_and(|language| language != "en")
    {
        return Err(UNSUPPORTED);
    }
    let found = scan_text(fields.text("text")?);
    let entities: Vec<Value> = found
        .iter()
        .map(|one| json!({ "entity": one.kind.entity(), "start": one.start, "end": one.end, "score": one.score }))
        .collect();
    Ok(json!({ "entities": entities }))
}
