//! Cells that a spreadsheet would run as formulas, made harmless in a way that can be undone.
//!
//! A text that begins with `=`, `+`, `-`, `@`, a tab or a line end gets a `'` in front (OWASP, "CSV
//! Injection"), and so does one that begins with `'`, which makes the rule reversible: INVARIANT:
//! for every text, what [`dangerous`] tells the writer to mark, [`restored`] gives back as it was.

/// Whether a text gets a `'` in front.
pub(crate) fn dangerous(text: &[u8]) -> bool {
    matches!(
        text.first(),
        Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r' | b'\n' | b'\'')
    )
}

/// The text without the `'` that marks it; a text that no rule of ours marked stays as it is.
pub(super) fn restored(text: &[u8]) -> &[u8] {
    match text.strip_prefix(b"'") {
        Some(rest) if dangerous(rest) => rest,
        _ => text,
    }
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
    fn every_text_comes_back() {
        for text in [
            "", "a", "=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "'", "''", "'=1", "''=1", "'a",
            " =1",
        ] {
            let bytes = text.as_bytes();
            let written = if dangerous(bytes) {
                [b"'", bytes].concat()
            } else {
                bytes.to_vec()
            };
            assert!(!written.starts_with(b"="));
            assert_eq!(restored(&written), bytes, "{text:?}");
        }
        assert_eq!(
            restored(b"'tis"),
            b"'tis",
            "the texts of others are left alone"
        );
    }
}
