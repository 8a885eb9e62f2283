//! Names: of datasets, columns, steps, inputs, connections, keys, pipelines and identities.
//!
//! Names reach SQL, policies, messages and file names, so they are plain ASCII words. Only a
//! column may be called what its file calls it.

use super::reader::Reader;
use super::scalar::quote;
use crate::source::Spanned;

const MOST: usize = 64;

/// A letter or `_`, then letters, digits, `_` and `-`.
fn is_word(text: &str) -> bool {
    text.len() <= MOST
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

impl Reader<'_> {
    /// A name of one word.
    pub(crate) fn word(&mut self, name: &Spanned<String>, what: &str) -> bool {
        let good = is_word(name);
        if !good {
            let help = "use a letter, then letters, digits, `_` or `-`; at most 64 in all";
            self.error(
                "SL1025",
                name.span,
                format!("{} cannot name {what}", quote(name)),
                "not a name",
                help,
            );
        }
        good
    }

    /// A dataset id: a name, or `schema.name`.
    pub(crate) fn dataset_id(&mut self, name: &Spanned<String>) -> bool {
        let good = name.split('.').count() <= 2 && name.split('.').all(is_word);
        if !good {
            let help =
                "write `name` or `schema.name`, each a letter, then letters, digits, `_` or `-`";
            self.error(
                "SL1025",
                name.span,
                format!("{} cannot name a dataset", quote(name)),
                "not a name",
                help,
            );
        }
        good
    }

    /// An identity: words with `/` between them.
    pub(crate) fn identity(&mut self, name: &Spanned<String>) -> bool {
        let word = |part: &str| !part.is_empty() && part.split('.').all(is_word);
        let good = name.len() <= 2 * MOST && name.split('/').all(word);
        if !good {
            let help = "write words with `/` between them, such as `svc/customers-daily`";
            self.error(
                "SL1025",
                name.span,
                format!("{} cannot name an identity", quote(name)),
                "not a name",
                help,
            );
        }
        good
    }

    /// A column: whatever its file calls it, short and printable.
    pub(crate) fn column_name(&mut self, name: &Spanned<String>) -> bool {
        let chars = name.chars().count();
        let good = (1..=2 * MOST).contains(&chars)
            && name.trim() == name.value
            && !name.chars().any(char::is_control);
        if !good {
            let help = "use 1 to 128 printable characters, without blanks at the ends";
            self.error(
                "SL1025",
                name.span,
                format!("{} cannot name a column", quote(name)),
                "not a name",
                help,
            );
        }
        good
    }
}
