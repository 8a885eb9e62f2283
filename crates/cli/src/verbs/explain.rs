//! `sealine explain`: what a code means, why, and what to do.

use crate::args;
use crate::exit::Exit;
use crate::failure::{self, Failure, suggestion};
use crate::screen::{Paint, Screen};
use serde_json::json;

/// Explains one code, or lists all.
pub(crate) fn run(arguments: &args::Explain, screen: &Screen) -> Result<Exit, Failure> {
    let Some(code) = &arguments.code else {
        list(screen);
        return Ok(Exit::Done);
    };
    let wanted = code.to_ascii_uppercase();
    let Some(text) = explanation(&wanted) else {
        let all = codes();
        return Err(Failure::Unknown {
            what: "code",
            name: code.clone(),
            suggestion: suggestion(&wanted, all.iter().map(|(code, _)| *code)),
        });
    };
    if screen.is_json() {
        screen.json(&json!({ "code": wanted, "explanation": text }));
    } else {
        screen.line(&format!(
            "{}\n\n{}",
            screen.paint(Paint::Strong, &wanted),
            text.trim()
        ));
    }
    Ok(Exit::Done)
}

fn list(screen: &Screen) {
    let all = codes();
    if screen.is_json() {
        let all: Vec<_> = all
            .iter()
            .map(|(code, text)| json!({ "code": code, "title": title(text) }))
            .collect();
        screen.json(&json!(all));
        return;
    }
    for (code, text) in all {
        screen.line(&format!(
            "{}  {}",
            screen.paint(Paint::Name, code),
            title(text)
        ));
    }
}

/// The first sentence, as a title.
pub(crate) fn title(text: &str) -> String {
    let first = text.trim().lines().next().unwrap_or_default();
    let bare = first.trim_start_matches('#').replace("**", "");
    let bare = bare.trim();
    let end = bare.find(". ").unwrap_or(bare.len());
    bare.get(..end)
        .unwrap_or(bare)
        .trim_end_matches('.')
        .to_owned()
}

/// What a code means.
pub(crate) fn explanation(code: &str) -> Option<&'static str> {
    codes()
        .into_iter()
        .find(|(known, _)| *known == code)
        .map(|(_, text)| text)
}

/// Every code of every crate, in order.
pub(crate) fn codes() -> Vec<(&'static str, &'static str)> {
    let mut all: Vec<(&str, &str)> = [
        failure::CODES,
        sealine_spec::CODES,
        sealine_plan::CODES,
        sealine_access::CODES,
        sealine_engine::CODES,
        sealine_contract::CODES,
        sealine_keys::CODES,
        sealine_audit::CODES,
        sealine_protect::CODES,
        sealine_connect::CODES,
    ]
    .concat();
    all.sort_unstable();
    all
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

    #[test]
    fn codes_are_unique_and_each_says_something() {
        let all = codes();
        for pair in all.windows(2) {
            assert_ne!(pair[0].0, pair[1].0);
        }
        for (code, text) in all {
            assert!(text.len() > 80, "{code} says too little");
            assert!(
                !title(text).is_empty() && title(text).len() < 100,
                "{code}: {}",
                title(text)
            );
        }
    }

    #[test]
    fn titles_are_first_sentences() {
        assert_eq!(
            title("**A key of the wrong length.** Each takes one."),
            "A key of the wrong length"
        );
        assert_eq!(title("# A title\n\nMore."), "A title");
    }
}
