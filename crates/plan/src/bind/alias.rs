//! A table under another name is that table by that name.
//!
//! `FROM people AS p` scans `p`: an alias of its own would be one more node that every rule passes,
//! and that the planner makes anew, with all columns, whenever it looks at the plan.
//!
//! Invariant: names mean what they meant. An alias that the query also uses as the name of a table,
//! or for two tables, stays an alias.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::logical_expr::TableSource;
use datafusion::sql::sqlparser::ast::{
    Ident, ObjectName, Query, TableFactor, VisitMut, VisitorMut,
};

use super::catalog::Scope;

/// Takes the aliases of tables out of a query: the tables by their new names.
pub(super) fn renamed(query: &mut Query, scope: &Scope) -> BTreeMap<String, Arc<dyn TableSource>> {
    let mut used = Used::default();
    let _ = VisitMut::visit(query, &mut used);
    let mut renaming = Renaming {
        scope,
        used,
        tables: BTreeMap::new(),
    };
    let _ = VisitMut::visit(query, &mut renaming);
    renaming.tables
}

/// As the planner reads a name: in small letters unless it is quoted.
pub(super) fn normal(name: &Ident) -> String {
    match name.quote_style {
        Some(_) => name.value.clone(),
        None => name.value.to_ascii_lowercase(),
    }
}

/// The names that relations are called by, and those of queries.
#[derive(Default)]
struct Used {
    relations: HashSet<String>,
    queries: HashSet<String>,
}

impl VisitorMut for Used {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        let named = query.with.iter().flat_map(|with| &with.cte_tables);
        self.queries
            .extend(named.map(|cte| normal(&cte.alias.name)));
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, name: &mut ObjectName) -> ControlFlow<()> {
        let parts = name.0.iter().filter_map(|part| part.as_ident());
        self.relations.extend(parts.map(normal));
        ControlFlow::Continue(())
    }
}

struct Renaming<'s> {
    scope: &'s Scope,
    used: Used,
    tables: BTreeMap<String, Arc<dyn TableSource>>,
}

impl Renaming<'_> {
    /// The table that a name means, where it is neither a named query nor unknown.
    fn table(&self, name: &ObjectName) -> Option<Arc<dyn TableSource>> {
        let parts: Option<Vec<String>> = name
            .0
            .iter()
            .map(|part| part.as_ident().map(normal))
            .collect();
        let name = parts?.join(".");
        let query = self.used.queries.contains(&name);
        self.scope.table(&name).filter(|_| !query)
    }
}

impl VisitorMut for Renaming<'_> {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        let TableFactor::Table {
            name,
            alias,
            args: None,
            ..
        } = factor
        else {
            return ControlFlow::Continue(());
        };
        let Some(written) = alias
            .as_ref()
            .filter(|alias| alias.columns.is_empty() && alias.at.is_none())
        else {
            return ControlFlow::Continue(());
        };
        let new = normal(&written.name);
        let taken = self.used.relations.contains(&new) || self.used.queries.contains(&new);
        let Some(source) = self.table(name).filter(|_| !taken) else {
            return ControlFlow::Continue(());
        };
        let known = self
            .tables
            .entry(new)
            .or_insert_with(|| Arc::clone(&source));
        if Arc::ptr_eq(known, &source) {
            *name = ObjectName::from(vec![written.name.clone()]);
            *alias = None;
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use datafusion::arrow::datatypes::{DataType, Field, Schema};
    use sealine_spec::{Files, Span, SqlText};

    use super::super::parse::parse;
    use super::*;
    use crate::Registry;
    use crate::source::InputSource;

    /// The query after renaming, and the new names with the tables that they mean.
    fn written(text: &str) -> (String, Vec<(String, String)>) {
        let registry = Registry::new(sealine_protect::catalogue());
        let mut scope = Scope::new(&registry);
        for name in ["people", "visits", "lake.people"] {
            let schema = Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false)]));
            scope.add(name, Arc::new(InputSource::new(name, name, schema)));
        }
        let sql = SqlText::plain(text, Span::new(Files::default().insert("", ""), 0, 0));
        let mut query = parse(&sql).unwrap();
        let tables = renamed(&mut query, &scope);
        let meant = tables.into_iter().map(|(new, source)| {
            let source = source.downcast_ref::<InputSource>().unwrap();
            (new, source.dataset().to_owned())
        });
        (query.to_string(), meant.collect())
    }

    #[test]
    fn a_table_is_scanned_by_its_new_name() {
        for (text, renamed, tables) in [
            (
                "SELECT p.id FROM people p",
                "SELECT p.id FROM p",
                vec![("p", "people")],
            ),
            (
                "SELECT P.id FROM lake.people AS P JOIN Visits \"V\" ON \"V\".id = p.id",
                "SELECT P.id FROM P JOIN \"V\" ON \"V\".id = p.id",
                vec![("V", "visits"), ("p", "lake.people")],
            ),
            // The same table by the same name, in two places.
            (
                "SELECT id FROM people t WHERE id IN (SELECT t.id FROM people t)",
                "SELECT id FROM t WHERE id IN (SELECT t.id FROM t)",
                vec![("t", "people")],
            ),
        ] {
            let (query, meant) = written(text);
            assert_eq!(query, renamed);
            let meant: Vec<(&str, &str)> = meant.iter().map(|(a, b)| (&**a, &**b)).collect();
            assert_eq!(meant, tables, "{text}");
        }
    }

    #[test]
    fn what_another_name_means_stays() {
        for text in [
            // The new name is that of a table, of a query, or of a part of a name.
            "SELECT 1 FROM people visits WHERE EXISTS (SELECT 1 FROM visits)",
            "SELECT 1 FROM visits lake JOIN lake.people ON true",
            "WITH p AS (SELECT 1 AS id) SELECT 1 FROM people p",
            // Nothing says which table it would be.
            "WITH people AS (SELECT 1 AS id) SELECT p.id FROM people p",
            "SELECT p.id FROM nobody p",
            "SELECT t.a FROM people t (a)",
            "SELECT s.value FROM generate_series(1, 3) s",
            "SELECT q.id FROM (SELECT 1 AS id) q",
        ] {
            let (query, meant) = written(text);
            let as_it_was = |query: &str| query.replace(" AS ", " ").replace(' ', "");
            assert_eq!(as_it_was(&query), as_it_was(text), "{text}");
            assert!(meant.is_empty(), "{text}: {meant:?}");
        }
        // A name for two tables: the second stays an alias.
        let (query, meant) =
            written("SELECT id FROM people t WHERE id IN (SELECT t.id FROM visits t)");
        let after = "SELECT id FROM t WHERE id IN (SELECT t.id FROM visits t)";
        assert_eq!(query, after);
        assert_eq!(meant, [("t".to_owned(), "people".to_owned())]);
    }
}
