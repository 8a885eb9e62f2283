//! Reading SQL: exactly one query, of bounded size and depth.

use datafusion::sql::parser::{DFParserBuilder, Statement as Parsed};
use datafusion::sql::sqlparser::ast::{Query, Statement};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};
use sealine_spec::SqlText;

use crate::error::{Bound, planning, refuse, syntax};

/// The longest SQL text of a step.
const MOST_BYTES: usize = 64 * 1024;
/// The most operators of a step: chains of them nest.
const MOST_OPERATORS: usize = 2_000;
/// How deep the parser may nest.
const MOST_NESTING: usize = 64;

/// Reads one query.
pub(crate) fn parse(sql: &SqlText) -> Bound<Box<Query>> {
    if sql.text.len() > MOST_BYTES {
        return Err(refuse("SL2003", "this SQL is longer than 64 KiB; split it into steps", sql.span, "too long"));
    }
    let tokens = Tokenizer::new(&GenericDialect {}, &sql.text)
        .tokenize_with_location()
        .map_err(|error| syntax(&error.to_string(), sql))?;
    if tokens.iter().filter(|token| nests(&token.token)).count() > MOST_OPERATORS {
        return Err(refuse("SL2003", "this SQL has more than 2,000 operators; split it into steps", sql.span, "too deep"));
    }
    let mut parser = DFParserBuilder::new(tokens)
        .with_recursion_limit(MOST_NESTING)
        .build()
        .map_err(|error| planning(&error, sql))?;
    let mut statements = parser.parse_statements().map_err(|error| planning(&error, sql))?;
    let (first, more) = (statements.pop_front(), statements.len());
    match first {
        None => Err(refuse("SL2002", "this step has no query; write one `SELECT`", sql.span, "empty")),
        Some(_) if more > 0 => {
            Err(refuse("SL2002", "this step has several statements; write one query a step", sql.span, "several"))
        }
        Some(Parsed::Statement(statement)) => match *statement {
            Statement::Query(query) => Ok(query),
            _ => Err(not_a_query(sql)),
        },
        Some(_) => Err(not_a_query(sql)),
    }
}

fn not_a_query(sql: &SqlText) -> crate::error::Refused {
    refuse("SL2002", "this statement is no query; a step is one `SELECT`", sql.span, "no query")
}

fn nests(token: &Token) -> bool {
    match token {
        Token::Word(word) => {
            ["AND", "OR", "NOT", "UNION", "EXCEPT", "INTERSECT", "JOIN", "IS", "CASE", "WHEN"]
                .iter()
                .any(|keyword| word.value.eq_ignore_ascii_case(keyword))
        }
        Token::Plus | Token::Minus | Token::Mul | Token::Div | Token::Mod | Token::StringConcat | Token::Eq
        | Token::Neq | Token::Lt | Token::Gt | Token::LtEq | Token::GtEq | Token::LBracket | Token::DoubleColon
        | Token::Colon | Token::Arrow | Token::LongArrow => true,
        _ => false,
    }
}
