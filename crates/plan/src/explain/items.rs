//! The items of a query's SELECT lists, as places in its text.
//!
//! Tokens are read rather than the syntax tree, whose places leave out parentheses.
//!
//! Invariant: a place lies between two tokens; the text between is exactly what was written.

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, Tokenizer, Whitespace};

/// A part of a query's text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Where it starts and ends, as lines and columns from 1.
    pub(crate) start: (u64, u64),
    pub(crate) end: (u64, u64),
    /// The same, as bytes of the text.
    pub(crate) bytes: (usize, usize),
}

impl Place {
    /// From the start of this to the end of a later one.
    pub(crate) fn until(self, last: Self) -> Self {
        Self {
            start: self.start,
            end: last.end,
            bytes: (self.bytes.0, last.bytes.1),
        }
    }
}

/// One item of a SELECT list.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// Where it stands.
    pub(crate) place: Place,
    /// The expression without its alias.
    pub(crate) expression: String,
    /// The alias as written.
    pub(crate) alias: Option<String>,
    pub(crate) star: bool,
}

/// A token with its place in bytes.
struct Piece {
    token: Token,
    start: Location,
    end: Location,
    bytes: (usize, usize),
}

/// The tokens of a text that mean something; none where it cannot be read.
fn pieces(sql: &str) -> Vec<Piece> {
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location() else {
        return Vec::new();
    };
    tokens
        .into_iter()
        .filter(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF))
        .filter_map(|token| {
            let bytes = (
                byte_of(sql, token.span.start)?,
                byte_of(sql, token.span.end)?,
            );
            Some(Piece {
                token: token.token,
                start: token.span.start,
                end: token.span.end,
                bytes,
            })
        })
        .collect()
}

/// The SELECT lists of the outermost query, one a branch of a union.
pub(crate) fn select_lists(sql: &str) -> Vec<Vec<Item>> {
    let pieces = pieces(sql);
    let mut lists = Vec::new();
    let mut depth = 0_i32;
    let mut index = 0;
    while let Some(piece) = pieces.get(index) {
        depth += step(&piece.token);
        index += 1;
        if depth == 0 && is_word(&piece.token, "SELECT") {
            let mut skip = index;
            while pieces
                .get(skip)
                .is_some_and(|p| is_word(&p.token, "DISTINCT") || is_word(&p.token, "ALL"))
            {
                skip += 1;
            }
            let (items, next) = list(sql, &pieces, skip);
            lists.push(items);
            index = next;
        }
    }
    lists
}

/// The items from a token on, and where the list ends.
fn list(sql: &str, pieces: &[Piece], from: usize) -> (Vec<Item>, usize) {
    const ENDS: &[&str] = &[
        "FROM",
        "WHERE",
        "GROUP",
        "HAVING",
        "QUALIFY",
        "WINDOW",
        "ORDER",
        "LIMIT",
        "OFFSET",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "FETCH",
    ];
    let mut items = Vec::new();
    let mut current: Vec<&Piece> = Vec::new();
    let mut depth = 0;
    let mut index = from;
    while let Some(piece) = pieces.get(index) {
        let ends = depth == 0
            && (matches!(piece.token, Token::SemiColon | Token::RParen) || ENDS.iter().any(|word| is_word(&piece.token, word)))
            // `* EXCEPT (…)` is part of a star.
            && !(is_word(&piece.token, "EXCEPT") && current.last().is_some_and(|p| p.token == Token::Mul));
        if ends {
            break;
        }
        if depth == 0 && piece.token == Token::Comma {
            items.extend(item(sql, &current));
            current.clear();
        } else {
            current.push(piece);
        }
        depth += step(&piece.token);
        index += 1;
    }
    items.extend(item(sql, &current));
    (items, index)
}

fn item(sql: &str, pieces: &[&Piece]) -> Option<Item> {
    let (first, last) = (pieces.first()?, pieces.last()?);
    let mut alias = None;
    let mut until = last.bytes.1;
    if let [.., before, by, name] = pieces
        && is_word(&by.token, "AS")
    {
        alias = sql.get(name.bytes.0..name.bytes.1).map(str::to_owned);
        until = before.bytes.1;
    } else if let [.., before, name] = pieces
        && matches!(&name.token, Token::Word(_))
        && matches!(&before.token, Token::Word(word) if word.keyword == datafusion::sql::sqlparser::keywords::Keyword::NoKeyword)
            | matches!(
                &before.token,
                Token::RParen | Token::SingleQuotedString(_) | Token::Number(_, _)
            )
        && !is_word(&name.token, "END")
    {
        alias = sql.get(name.bytes.0..name.bytes.1).map(str::to_owned);
        until = before.bytes.1;
    }
    let star = pieces.iter().any(|p| p.token == Token::Mul)
        && matches!(pieces, [_] | [_, _, _, ..])
        && is_star(pieces);
    Some(Item {
        place: Place {
            start: (first.start.line, first.start.column),
            end: (last.end.line, last.end.column),
            bytes: (first.bytes.0, last.bytes.1),
        },
        expression: sql.get(first.bytes.0..until)?.to_owned(),
        alias,
        star,
    })
}

fn is_star(pieces: &[&Piece]) -> bool {
    match pieces {
        [only] => only.token == Token::Mul,
        [first, rest @ ..] if first.token == Token::Mul => rest
            .first()
            .is_some_and(|p| matches!(p.token, Token::Word(_))),
        [_, dot, star, ..] => dot.token == Token::Period && star.token == Token::Mul,
        _ => false,
    }
}

fn step(token: &Token) -> i32 {
    match token {
        Token::LParen | Token::LBracket | Token::LBrace => 1,
        Token::RParen | Token::RBracket | Token::RBrace => -1,
        _ => 0,
    }
}

fn is_word(token: &Token, text: &str) -> bool {
    matches!(token, Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(text))
}

fn byte_of(sql: &str, at: Location) -> Option<usize> {
    let (line, column) = (
        usize::try_from(at.line).ok()?.checked_sub(1)?,
        usize::try_from(at.column).ok()?.checked_sub(1)?,
    );
    let mut begin = 0;
    for _ in 0..line {
        begin += sql.get(begin..)?.find('\n')? + 1;
    }
    let rest = sql.get(begin..)?;
    let at = rest
        .char_indices()
        .nth(column)
        .map_or(rest.len(), |(at, _)| at);
    Some(begin + at)
}

/// The condition after the outermost WHERE, where there is one query and no union.
pub(crate) fn condition(sql: &str) -> Option<String> {
    let pieces = pieces(sql);
    let mut depth = 0_i32;
    let (mut from, mut until) = (None, sql.trim_end().len());
    for piece in &pieces {
        depth += step(&piece.token);
        if depth != 0 {
            continue;
        }
        if ["UNION", "EXCEPT", "INTERSECT"]
            .iter()
            .any(|word| is_word(&piece.token, word))
        {
            return None;
        }
        let ends = [
            "GROUP", "HAVING", "QUALIFY", "WINDOW", "ORDER", "LIMIT", "OFFSET",
        ];
        if is_word(&piece.token, "WHERE") {
            from = Some(piece.bytes.1);
        } else if from.is_some()
            && (ends.iter().any(|word| is_word(&piece.token, word))
                || piece.token == Token::SemiColon)
        {
            until = piece.bytes.0;
            break;
        }
    }
    sql.get(from?..until).map(|text| text.trim().to_owned())
}

/// How a column is written in a text: the first word of that name, with what qualifies it.
pub(crate) fn written_column(text: &str, column: &str) -> Option<String> {
    let tokens = Tokenizer::new(&GenericDialect {}, text).tokenize().ok()?;
    let tokens: Vec<Token> = tokens
        .into_iter()
        .filter(|t| {
            !matches!(
                t,
                Token::Whitespace(Whitespace::Space | Whitespace::Newline | Whitespace::Tab)
            )
        })
        .collect();
    for (index, token) in tokens.iter().enumerate() {
        let Token::Word(word) = token else { continue };
        let named = if word.quote_style.is_some() {
            word.value == column
        } else {
            word.value.to_lowercase() == column
        };
        if !named || tokens.get(index + 1) == Some(&Token::LParen) {
            continue;
        }
        let before = index.checked_sub(1).and_then(|at| tokens.get(at));
        let owner = index.checked_sub(2).and_then(|at| tokens.get(at));
        return Some(match (before, owner) {
            (Some(Token::Period), Some(Token::Word(owner))) => format!("{owner}.{word}"),
            _ => word.to_string(),
        });
    }
    None
}

/// The text with every use of a column, as written, replaced.
pub(crate) fn substituted(text: &str, column: &str, replacement: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '"');
    let mut done = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(column) {
        let (before, after) = (
            rest.get(..at).unwrap_or_default(),
            rest.get(at + column.len()..).unwrap_or_default(),
        );
        let apart = !before.ends_with(is_part) && !after.starts_with(is_part);
        done.push_str(before);
        done.push_str(if apart { replacement } else { column });
        rest = after;
    }
    done.push_str(rest);
    done
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

    fn texts(sql: &str) -> Vec<Vec<String>> {
        select_lists(sql)
            .into_iter()
            .map(|list| {
                list.into_iter()
                    .map(|item| sql[item.place.bytes.0..item.place.bytes.1].to_owned())
                    .collect()
            })
            .collect()
    }

    #[test]
    fn items_are_found_with_their_parentheses() {
        let sql = "SELECT id, max(email) AS m,\n  CASE WHEN ä > 1 THEN 'x, y' END c FROM people WHERE a IN (SELECT b, c FROM d)";
        assert_eq!(
            texts(sql),
            [["id", "max(email) AS m", "CASE WHEN ä > 1 THEN 'x, y' END c"]]
        );
        let items = select_lists(sql);
        assert_eq!(items[0][1].expression, "max(email)");
        assert_eq!(items[0][1].alias.as_deref(), Some("m"));
        assert_eq!(items[0][2].place.start, (2, 3));
    }

    #[test]
    fn unions_have_a_list_a_branch_and_ctes_none() {
        let sql = "WITH c AS (SELECT a, b FROM t) SELECT * FROM c UNION ALL SELECT t.*, x y FROM c";
        assert_eq!(texts(sql), [vec!["*"], vec!["t.*", "x y"]]);
        let items = select_lists(sql);
        assert!(items[0][0].star && items[1][0].star && !items[1][1].star);
        assert_eq!(items[1][1].alias.as_deref(), Some("y"));
    }

    #[test]
    fn columns_keep_their_table() {
        assert_eq!(
            written_column("upper(p.email)", "email").as_deref(),
            Some("p.email")
        );
        assert_eq!(written_column("email('x')", "email"), None);
    }
}
