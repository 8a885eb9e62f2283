//! The columns that a SELECT list hands on as they are, kept out of the planner's way.
//!
//! The planner and the analyser look every item up by name, several times and each time over all
//! columns: a thousand columns handed on cost them seconds. [`split`] takes such columns out of the
//! query, the rest is planned and analysed, and [`Split::join`] puts them back.
//!
//! Invariant: the plan is the one that the whole text would have given, places included (the tests
//! compare). Wherever a name could be meant in two ways, or the query does more than select, filter
//! and join, there is none, and the whole text is planned.

use std::sync::Arc;

use datafusion::common::{Column, DFSchema, Span, Spans, TableReference};
use datafusion::logical_expr::{Expr, LogicalPlan, Projection};
use datafusion::sql::sqlparser::ast::{
    Expr as Written, GroupByExpr, Query, Select, SelectItem, SelectItemQualifiedWildcardKind,
    SetExpr, Value, WildcardAdditionalOptions,
};

use super::alias::normal;
use crate::expr::Names;

/// A SELECT list without the columns that are handed on.
pub(super) struct Split {
    places: Vec<Place>,
}

/// What stands at one place of the whole list.
enum Place {
    /// The next item that was planned.
    Planned,
    One {
        table: Option<String>,
        column: String,
        alias: Option<String>,
        span: Option<Span>,
    },
    /// All columns, or all of one table.
    All(Option<String>),
}

/// Takes the columns that are handed on out of a query; none where there are none, or where more
/// than a list, tables and a condition decides what they mean.
pub(super) fn split(query: &mut Query) -> Option<Split> {
    let select = plain(query)?;
    let places: Vec<Place> = select.projection.iter().map(place).collect();
    if places.iter().all(|place| matches!(place, Place::Planned)) {
        return None;
    }
    let whole = std::mem::take(&mut select.projection);
    let planned = whole.into_iter().zip(&places);
    let planned = planned.filter(|(_, place)| matches!(place, Place::Planned));
    select.projection = planned.map(|(item, _)| item).collect();
    if select.projection.is_empty() {
        // A list needs an item; this one is left out again.
        let nothing = Written::Value(Value::Null.into());
        select.projection.push(SelectItem::UnnamedExpr(nothing));
    }
    Some(Split { places })
}

/// The only SELECT of a query that selects, filters and joins, and nothing else.
fn plain(query: &mut Query) -> Option<&mut Select> {
    let bare = query.order_by.is_none()
        && query.limit_clause.is_none()
        && query.fetch.is_none()
        && query.pipe_operators.is_empty();
    let SetExpr::Select(select) = query.body.as_mut() else {
        return None;
    };
    let grouped = match &select.group_by {
        GroupByExpr::All(_) => true,
        GroupByExpr::Expressions(exprs, more) => !exprs.is_empty() || !more.is_empty(),
    };
    let plain = bare
        && !grouped
        && select.distinct.is_none()
        && select.top.is_none()
        && select.exclude.is_none()
        && select.having.is_none()
        && select.qualify.is_none()
        && select.named_window.is_empty()
        && select.distribute_by.is_empty();
    plain.then_some(select)
}

fn place(item: &SelectItem) -> Place {
    let place = match item {
        SelectItem::UnnamedExpr(written) => one(written, None),
        SelectItem::ExprWithAlias { expr, alias } => one(expr, Some(normal(alias))),
        SelectItem::Wildcard(options) if unadorned(options) => Some(Place::All(None)),
        SelectItem::QualifiedWildcard(
            SelectItemQualifiedWildcardKind::ObjectName(name),
            options,
        ) if unadorned(options) => match name.0.as_slice() {
            [part] => part.as_ident().map(|table| Place::All(Some(normal(table)))),
            _ => None,
        },
        SelectItem::QualifiedWildcard(_, _)
        | SelectItem::Wildcard(_)
        | SelectItem::ExprWithAliases { .. } => None,
    };
    place.unwrap_or(Place::Planned)
}

fn one(written: &Written, alias: Option<String>) -> Option<Place> {
    let parts = match written {
        Written::Identifier(column) => std::slice::from_ref(column),
        Written::CompoundIdentifier(parts) => parts.as_slice(),
        _ => return None,
    };
    let (table, column) = match parts {
        [column] => (None, column),
        [table, column] => (Some(table), column),
        _ => return None,
    };
    // A variable.
    if parts.iter().any(|part| part.value.starts_with('@')) {
        return None;
    }
    let spans = parts.iter();
    let spans = spans.filter_map(|part| Span::try_from_sqlparser_span(part.span));
    Some(Place::One {
        table: table.map(normal),
        column: normal(column),
        alias,
        span: Span::union_iter(spans),
    })
}

fn unadorned(options: &WildcardAdditionalOptions) -> bool {
    *options
        == WildcardAdditionalOptions {
            wildcard_token: options.wildcard_token.clone(),
            ..WildcardAdditionalOptions::default()
        }
}

impl Split {
    /// The analysed plan of the rest with the columns back in their places; none where it is not
    /// certain which columns are meant.
    pub(super) fn join(self, plan: &LogicalPlan) -> Option<LogicalPlan> {
        let LogicalPlan::Projection(planned) = plan else {
            return None;
        };
        let schema = planned.input.schema();
        if !selects(&planned.input) || !schema.functional_dependencies().is_empty() {
            return None;
        }
        // A column that belongs to no table may be meant by any name.
        if schema.iter().any(|(table, _)| table.is_none()) {
            return None;
        }
        let names = Names::of(schema);
        let mut next = planned.expr.iter().zip(planned.schema.iter());
        let (mut exprs, mut fields) = (Vec::new(), Vec::new());
        let hand_on = |index: usize, name: String| {
            let (qualifier, field) = schema.qualified_field(index);
            let column = Column::new(qualifier.cloned(), name);
            (column, (qualifier.cloned(), Arc::clone(field)))
        };
        for place in self.places {
            match place {
                Place::Planned => {
                    let (expr, (qualifier, field)) = next.next()?;
                    exprs.push(expr.clone());
                    fields.push((qualifier.cloned(), Arc::clone(field)));
                }
                Place::One {
                    table,
                    column,
                    alias,
                    span,
                } => {
                    let index = names.only(table.as_deref(), &column)?;
                    let (mut column, (qualifier, field)) = hand_on(index, column);
                    column.spans = span.map_or_else(Spans::new, |span| Spans(vec![span]));
                    let column = Expr::Column(column);
                    match alias {
                        Some(alias) if alias != *field.name() => {
                            exprs.push(column.alias(&alias));
                            let renamed = field.as_ref().clone().with_name(alias);
                            fields.push((None, Arc::new(renamed)));
                        }
                        _ => {
                            exprs.push(column);
                            fields.push((qualifier, field));
                        }
                    }
                }
                Place::All(table) => {
                    for index in star(schema, table.as_deref(), plan)? {
                        let name = schema.field(index).name().clone();
                        let (column, field) = hand_on(index, name);
                        exprs.push(Expr::Column(column));
                        fields.push(field);
                    }
                }
            }
        }
        let schema = DFSchema::new_with_metadata(fields, schema.metadata().clone()).ok()?;
        let input = Arc::clone(&planned.input);
        let whole = Projection::try_new_with_schema(exprs, input, Arc::new(schema)).ok()?;
        Some(LogicalPlan::Projection(whole))
    }
}

/// Whether a projection stands on tables, joins and conditions: what aggregates or unnests has
/// other columns than the tables.
fn selects(input: &LogicalPlan) -> bool {
    match input {
        LogicalPlan::Filter(filter) => selects(&filter.input),
        LogicalPlan::TableScan(_) | LogicalPlan::SubqueryAlias(_) | LogicalPlan::Join(_) => true,
        _ => false,
    }
}

/// The columns of a star; none where tables share columns, or names.
fn star(schema: &DFSchema, table: Option<&str>, plan: &LogicalPlan) -> Option<Vec<usize>> {
    let Some(table) = table else {
        let shared = plan.using_columns().ok()?;
        return shared
            .is_empty()
            .then(|| (0..schema.fields().len()).collect());
    };
    let exactly = TableReference::bare(table);
    let mut all = Vec::new();
    for (index, (of, _)) in schema.iter().enumerate() {
        let of = of?;
        if of.table() == table {
            if *of != exactly {
                return None;
            }
            all.push(index);
        }
    }
    (!all.is_empty()).then_some(all)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use datafusion::arrow::datatypes::{DataType, Field, Schema};
    use sealine_spec::{Files, OnError, Source, Span as Place, SqlText, parse};

    use super::super::catalog::Scope;
    use super::super::parse::parse as read;
    use super::super::step::analysed;
    use super::*;
    use crate::source::InputSource;
    use crate::world::World;
    use crate::{Computed, Registry};

    /// Whether the columns of a query were kept apart; the plan is the same either way.
    fn apart(text: &str) -> bool {
        let source = Source {
            path: "sealine.yaml".to_owned(),
            text: "version: 1\nlevels: [low, high]\nkeys:\n  crm: { purpose: token }\n".to_owned(),
        };
        let parsed = parse(vec![source]);
        let spec = parsed
            .spec
            .unwrap_or_else(|| panic!("{:#?}", parsed.diagnostics));
        let (computed, registry) = (
            Computed::default(),
            Registry::new(sealine_protect::catalogue()),
        );
        let world = World::new(&spec, &computed, &registry);
        let mut scope = Scope::new(&registry);
        for name in ["people", "visits", "lake.people"] {
            let fields = ["id", "email", "age", "Name"].map(|column| {
                let ty = match column {
                    "id" | "age" => DataType::Int64,
                    _ => DataType::Utf8,
                };
                Field::new(column, ty, column != "id")
            });
            let schema = Arc::new(Schema::new(fields.to_vec()));
            scope.add(name, Arc::new(InputSource::new(name, name, schema)));
        }
        let sql = SqlText::plain(text, Place::new(Files::default().insert("", ""), 0, 0));
        let bound = |ast| analysed(ast, &sql, &scope, &world, OnError::Total, &mut 0);
        let mut ast = read(&sql).unwrap();
        let whole = bound(ast.clone());
        let Some(split) = split(&mut ast) else {
            return false;
        };
        let narrow = bound(ast.clone()).ok().and_then(|rest| split.join(&rest));
        if let Some(narrow) = &narrow {
            let whole = whole.unwrap_or_else(|e| panic!("{text}: {e:?}"));
            assert_eq!(*narrow, whole, "{text}");
            // Equality leaves places out.
            assert_eq!(format!("{narrow:?}"), format!("{whole:?}"), "{text}");
            assert_eq!(narrow.schema(), whole.schema(), "{text}");
            let metadata = |plan: &LogicalPlan| plan.schema().metadata().clone();
            assert_eq!(metadata(narrow), metadata(&whole));
        }
        narrow.is_some()
    }

    #[test]
    fn the_plan_is_the_one_of_the_whole_text() {
        for text in [
            "SELECT id, email FROM people",
            "SELECT id, p.EMAIL AS contact, \"Name\" AS \"Name\", p.\"Name\" AS n FROM people p",
            "SELECT *, age + 1 AS older FROM people",
            "SELECT tokenize(email, 'crm') AS token, p.* FROM people p WHERE age / 2 > 17",
            "SELECT p.id, v.age AS seen, cast(p.email AS bigint) AS n FROM people p JOIN visits v ON v.id = p.id",
            "SELECT p.*, v.age AS seen FROM people p LEFT JOIN visits v ON v.id = p.id WHERE v.email LIKE 'a%'",
            "SELECT p.id, v.id AS other FROM people p CROSS JOIN visits v WHERE p.id IN (SELECT id FROM visits)",
            "WITH c AS (SELECT id, email AS e FROM people) SELECT e, id, upper(e) AS u FROM c",
            "SELECT q.id, 1 AS one, q.older FROM (SELECT id, age + 1 AS older FROM people) q",
            "SELECT id, (SELECT max(v.age) FROM visits v WHERE v.id = p.id) AS most FROM people p",
        ] {
            assert!(apart(text), "{text}");
        }
    }

    #[test]
    fn what_could_mean_two_things_is_planned_whole() {
        for text in [
            // Grouped, ordered, cut, counted, or over a window.
            "SELECT age, count(*) AS n FROM people GROUP BY age",
            "SELECT id, age FROM people ORDER BY email",
            "SELECT id, age FROM people LIMIT 3",
            "SELECT DISTINCT age FROM people",
            "SELECT id, row_number() OVER (ORDER BY id) AS n FROM people",
            "SELECT age FROM people UNION ALL SELECT age FROM visits",
            "SELECT q.n, q.age FROM (SELECT age, count(*) AS n FROM people GROUP BY age) q",
            // Of two tables, or of one column in both.
            "SELECT email FROM people JOIN visits USING (id)",
            "SELECT * FROM people JOIN visits USING (id)",
            "SELECT people.email FROM lake.people JOIN people ON true",
            "SELECT people.* FROM lake.people",
            // Wrong.
            "SELECT nothing FROM people",
            "SELECT id, count(*) AS n FROM people",
            "SELECT \"count(*)\", count(*) AS n FROM people",
            "SELECT v.id FROM people p",
            "SELECT id, id FROM people",
        ] {
            assert!(!apart(text), "{text}");
        }
    }
}
