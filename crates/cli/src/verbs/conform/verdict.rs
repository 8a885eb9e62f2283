//! The verdict on one query over the datasets of a project: the proof and the policy that a run
//! would meet.

use super::field::Fields;
use super::{Answer, MALFORMED};
use crate::failure::Failure;
use crate::project::{self, Opened};
use sealine_access::RefusedFinding;
use sealine_engine::Undecided;
use sealine_plan::Request;
use serde_json::json;
use std::path::Path;

/// A project that answers.
pub(super) struct Judge(Opened);

impl Judge {
    /// Opens the project.
    pub(super) fn open(directory: &Path) -> Result<Judge, Failure> {
        project::open_quietly(directory).map(Judge)
    }

    /// The verdict on one query.
    pub(super) fn answer(&self, fields: &Fields<'_>) -> Answer {
        let min_group = match fields.optional_number("min_group")? {
            None => None,
            Some(number) => Some(u32::try_from(number).map_err(|_| MALFORMED)?),
        };
        let request = Request::Verdict {
            sql: fields.text("sql")?.to_owned(),
            to: fields.optional_text("to")?.unwrap_or("lake.out").to_owned(),
            min_group,
        };
        let (code, reasons) = match self.0.decide_whole(&request) {
            Ok(_) => return Ok(json!({ "verdict": "passes", "code": null, "reasons": [] })),
            // What cannot be planned is refused.
            Err(Undecided::Broken(diagnostics)) => {
                let reasons: Vec<String> = diagnostics
                    .errors()
                    .map(|one| one.message.clone())
                    .collect();
                (diagnostics.errors().next().map(|one| one.code), reasons)
            }
            Err(Undecided::Refused(refusal)) => {
                let reasons = refusal.findings.iter().map(reason).collect();
                (
                    refusal.findings.first().map(|finding| finding.code),
                    reasons,
                )
            }
        };
        Ok(json!({ "verdict": "refused", "code": code, "reasons": reasons }))
    }
}

/// What is refused, what it would tell, and the path that the value took.
fn reason(finding: &RefusedFinding) -> String {
    let mut text = finding.message.clone();
    if let Some(reveals) = &finding.reveals {
        text.push_str("; ");
        text.push_str(reveals);
    }
    for step in &finding.path {
        text.push_str("; ");
        if let Some(place) = &step.place {
            text.push_str(&format!("{}:{}:{}: ", place.file, place.line, place.column));
        }
        text.push_str(&step.text);
    }
    text
}
