//! Reading SQL: exactly one query, of bounded size and depth.

use std::collections::HashMap;

use datafusion::sql::parser::{DFParserBuilder, Statement as Parsed};
use datafusion::sql::sqlparser::ast::{Query, Statement};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};
use sealine_spec::SqlText;

use crate::error::{Bound, planning, refuse, syntax};

/// The longest SQL text of a step.
const MOST_BYTES: usize = 64 * 1024;
/// The most operators of a step: chains of them nest.
const MOST_OPERATORS: usize = 1_000;
/// The most uses of named queries, each with all that it uses.
const MOST_EXPANSION: u64 = 2_000;
/// How deep the parser may nest.
const MOST_NESTING: usize = 64;

/// The stack of a thread that reads or proves queries.
pub(crate) const STACK: usize = 256 << 20;

/// Reads one query.
pub(crate) fn parse(sql: &SqlText) -> Bound<Box<Query>> {
    if sql.text.len() > MOST_BYTES {
        return Err(refuse(
            "SL2003",
            "this SQL is longer than 64 KiB; split it into steps",
            sql.span,
            "too long",
        ));
    }
    let tokens = Tokenizer::new(&GenericDialect {}, &sql.text)
        .tokenize_with_location()
        .map_err(|error| syntax(&error.to_string(), sql))?;
    if tokens.iter().filter(|token| nests(&token.token)).count() > MOST_OPERATORS {
        return Err(refuse(
            "SL2003",
            "this SQL has more than 1,000 operators; split it into steps",
            sql.span,
            "too deep",
        ));
    }
    if expansion(&tokens) > MOST_EXPANSION {
        return Err(refuse(
            "SL2003",
            "the named queries of this step read each other so often that the plan would be too large; split it into steps",
            sql.span,
            "too large",
        ));
    }
    let mut parser = DFParserBuilder::new(tokens)
        .with_recursion_limit(MOST_NESTING)
        .build()
        .map_err(|error| planning(&error, sql))?;
    let mut statements = parser
        .parse_statements()
        .map_err(|error| planning(&error, sql))?;
    let (first, more) = (statements.pop_front(), statements.len());
    match first {
        None => Err(refuse(
            "SL2002",
            "this step has no query; write one `SELECT`",
            sql.span,
            "empty",
        )),
        Some(_) if more > 0 => Err(refuse(
            "SL2002",
            "this step has several statements; write one query a step",
            sql.span,
            "several",
        )),
        Some(Parsed::Statement(statement)) => match *statement {
            Statement::Query(query) => Ok(query),
            _ => Err(not_a_query(sql)),
        },
        Some(_) => Err(not_a_query(sql)),
    }
}

/// How large a query becomes when each use of a named query repeats it: the weight of a name is
/// one, and that of every name it mentions.
fn expansion(tokens: &[TokenWithSpan]) -> u64 {
    let words: Vec<&Token> = tokens
        .iter()
        .map(|t| &t.token)
        .filter(|t| !matches!(t, Token::Whitespace(_)))
        .collect();
    let mut weights: HashMap<String, u64> = HashMap::new();
    let mut open: Vec<(String, i64, u64)> = Vec::new();
    let (mut depth, mut total) = (0_i64, 0_u64);
    for (at, token) in words.iter().enumerate() {
        match token {
            Token::LParen => {
                if let Some(name) = named_query(&words, at) {
                    open.push((name, depth, 1));
                }
                depth += 1;
            }
            Token::RParen => {
                depth -= 1;
                if open.last().is_some_and(|(_, start, _)| *start == depth)
                    && let Some((name, _, weight)) = open.pop()
                {
                    weights.insert(name, weight);
                }
            }
            Token::Word(word) => {
                let weight = weights
                    .get(&word.value.to_lowercase())
                    .copied()
                    .unwrap_or(0);
                total = total.saturating_add(weight);
                for (_, _, sum) in &mut open {
                    *sum = sum.saturating_add(weight);
                }
            }
            _ => {}
        }
    }
    total
}

/// The name before `AS (` or `(a, b) AS (`.
fn named_query(words: &[&Token], paren: usize) -> Option<String> {
    let mut before = words.get(..paren)?.iter().rev().copied();
    let is = |token: &Token, text: &str| matches!(token, Token::Word(word) if word.value.eq_ignore_ascii_case(text));
    let mut token = before.next()?;
    while is(token, "MATERIALIZED") || is(token, "NOT") {
        token = before.next()?;
    }
    if !is(token, "AS") {
        return None;
    }
    let mut token = before.next()?;
    if *token == Token::RParen {
        for inner in before.by_ref() {
            if *inner == Token::LParen {
                break;
            }
        }
        token = before.next()?;
    }
    match token {
        Token::Word(word) => Some(word.value.to_lowercase()),
        _ => None,
    }
}

fn not_a_query(sql: &SqlText) -> crate::error::Refused {
    refuse(
        "SL2002",
        "this statement is no query; a step is one `SELECT`",
        sql.span,
        "no query",
    )
}

fn nests(token: &Token) -> bool {
    match token {
        Token::Word(word) => [
            "AND",
            "OR",
            "NOT",
            "UNION",
            "EXCEPT",
            "INTERSECT",
            "JOIN",
            "IS",
            "CASE",
            "WHEN",
        ]
        .iter()
        .any(|keyword| word.value.eq_ignore_ascii_case(keyword)),
        Token::Plus
        | Token::Minus
        | Token::Mul
        | Token::Div
        | Token::Mod
        | Token::StringConcat
        | Token::Eq
        | Token::Neq
        | Token::Lt
        | Token::Gt
        | Token::LtEq
        | Token::GtEq
        | Token::LBracket
        | Token::DoubleColon
        | Token::Colon
        | Token::Arrow
        | Token::LongArrow => true,
        _ => false,
    }
}
