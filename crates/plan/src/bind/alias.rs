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
