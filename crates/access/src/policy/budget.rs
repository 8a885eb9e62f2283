//! Bounds on policy text, checked before the parser sees it.
//!
//! Invariant: what passes here cannot exhaust the stack of the parser, the
//! validator or the evaluator (a test feeds them the worst that passes).
//! Must never: decide anything about meaning.

/// The longest policy file, in bytes.
pub const MAX_FILE_BYTES: usize = 256 * 1024;
/// All policy files together, in bytes.
pub const MAX_TOTAL_BYTES: usize = 1024 * 1024;
/// The longest single statement, in bytes.
pub(crate) const MAX_STATEMENT_BYTES: usize = 8 * 1024;
/// The deepest nesting of brackets.
pub(crate) const MAX_DEPTH: usize = 32;
/// The most operators, member accesses and conditionals in one statement.
pub(crate) const MAX_OPERATORS: usize = 512;

/// What a text exceeds, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Excess {
    pub(crate) at: usize,
    pub(crate) what: &'static str,
    pub(crate) limit: usize,
}

/// Scans the text lexically: comments and strings do not count as operators.
pub(crate) fn check(text: &str) -> Result<(), Excess> {
    if text.len() > MAX_FILE_BYTES {
        return Err(Excess {
            at: 0,
            what: "bytes in one file",
            limit: MAX_FILE_BYTES,
        });
    }
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied();
    let (mut at, mut depth, mut operators, mut start) = (0usize, 0usize, 0usize, None::<usize>);
    while let Some(b) = byte(at) {
        if b.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        if b == b'/' && byte(at + 1) == Some(b'/') {
            while byte(at).is_some_and(|b| b != b'\n') {
                at += 1;
            }
            continue;
        }
        let first = *start.get_or_insert(at);
        let begin = at;
        match b {
            b'"' => at = string_end(bytes, at),
            b'(' | b'[' | b'{' => {
                depth += 1;
                at += 1;
            }
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            b';' => {
                (depth, operators, start) = (0, 0, None);
                at += 1;
                continue;
            }
            b'.' | b'!' | b'-' | b'+' | b'*' | b'&' | b'|' | b'=' | b'<' | b'>' => {
                operators += 1;
                at += 1;
            }
            b if b.is_ascii_alphanumeric() || b == b'_' => {
                while byte(at).is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_') {
                    at += 1;
                }
                if matches!(
                    text.get(begin..at),
                    Some("if" | "then" | "else" | "has" | "like" | "in" | "is" | "when" | "unless")
                ) {
                    operators += 1;
                }
            }
            _ => at += 1,
        }
        let excess = |what, limit| {
            Err(Excess {
                at: begin,
                what,
                limit,
            })
        };
        if depth > MAX_DEPTH {
            return excess("nested brackets", MAX_DEPTH);
        }
        if operators > MAX_OPERATORS {
            return excess("operators in one statement", MAX_OPERATORS);
        }
        if at.saturating_sub(first) > MAX_STATEMENT_BYTES {
            return excess("bytes in one statement", MAX_STATEMENT_BYTES);
        }
    }
    Ok(())
}

/// One past the closing quote, or the end of the text.
fn string_end(bytes: &[u8], quote: usize) -> usize {
    let mut at = quote + 1;
    while let Some(b) = bytes.get(at) {
        match b {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
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

    fn excess(text: &str) -> Option<&'static str> {
        check(text).err().map(|excess| excess.what)
    }

    #[test]
    fn ordinary_text_passes() {
        assert_eq!(
            excess("permit (principal, action, resource) when { 1 < 2 };"),
            None
        );
        assert_eq!(excess(""), None);
        assert_eq!(excess("\"unterminated \\"), None);
    }

    #[test]
    fn depth_operators_and_size_are_bounded() {
        assert_eq!(excess(&"(".repeat(MAX_DEPTH + 1)), Some("nested brackets"));
        assert_eq!(excess(&"(".repeat(MAX_DEPTH)), None);
        assert_eq!(
            excess(&"!".repeat(MAX_OPERATORS + 1)),
            Some("operators in one statement")
        );
        assert_eq!(
            excess(&"a ".repeat(MAX_STATEMENT_BYTES)),
            Some("bytes in one statement")
        );
        assert_eq!(
            excess(&" ".repeat(MAX_FILE_BYTES + 1)),
            Some("bytes in one file")
        );
    }

    #[test]
    fn each_statement_has_its_own_budget() {
        let one = format!("{};", "!".repeat(MAX_OPERATORS));
        assert_eq!(excess(&one.repeat(4)), None);
    }

    #[test]
    fn strings_and_comments_do_not_count() {
        let brackets = "(".repeat(MAX_DEPTH * 2);
        assert_eq!(excess(&format!("// {brackets}\npermit")), None);
        assert_eq!(excess(&format!("\"\\\"{brackets}\"")), None);
    }
}
