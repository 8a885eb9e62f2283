//! The columns of a schema by name: the schema itself looks through all of them each time.
//!
//! Invariant: [`Names::index`] is what the schema's own look-up gives.

use datafusion::common::{Column, DFSchema, HashMap};

/// The columns of a schema by name.
pub(crate) struct Names<'s> {
    schema: &'s DFSchema,
    /// The first column of each name, and the others: mostly none.
    by_name: HashMap<&'s str, (usize, Vec<usize>)>,
}

impl<'s> Names<'s> {
    pub(crate) fn of(schema: &'s DFSchema) -> Self {
        let mut by_name: HashMap<&str, (usize, Vec<usize>)> =
            HashMap::with_capacity(schema.fields().len());
        for (index, field) in schema.fields().iter().enumerate() {
            by_name
                .entry(field.name().as_str())
                .and_modify(|(_, more)| more.push(index))
                .or_insert((index, Vec::new()));
        }
        Self { schema, by_name }
    }

    /// All columns of that name, in order.
    fn named(&self, name: &str) -> impl Iterator<Item = usize> {
        let named = self.by_name.get(name).into_iter();
        named.flat_map(|(first, more)| std::iter::once(*first).chain(more.iter().copied()))
    }

    /// The first column that a planned column can be.
    pub(crate) fn index(&self, column: &Column) -> Option<usize> {
        self.named(&column.name).find(|index| {
            let (of, _) = self.schema.qualified_field(*index);
            match (&column.relation, of) {
                (Some(table), Some(of)) => table.resolved_eq(of),
                (Some(_), None) => false,
                (None, _) => true,
            }
        })
    }

    /// The only column that a written name can mean. A table of that name in any schema counts: the
    /// planner compares less than the whole name.
    pub(crate) fn only(&self, table: Option<&str>, column: &str) -> Option<usize> {
        let mut meant = self.named(column).filter(|index| {
            let (of, _) = self.schema.qualified_field(*index);
            table.is_none_or(|table| of.is_some_and(|of| of.table() == table))
        });
        let only = meant.next()?;
        meant.next().is_none().then_some(only)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use datafusion::arrow::datatypes::{DataType, Field, Schema};
    use datafusion::common::TableReference;

    use super::*;

    #[test]
    fn the_index_is_the_schemas_own() {
        let fields = |names: &[&str]| {
            let fields: Vec<Field> = names
                .iter()
                .map(|name| Field::new(*name, DataType::Int64, true))
                .collect();
            Schema::new(fields)
        };
        let one = DFSchema::try_from_qualified_schema("t", &fields(&["a", "b", "c"])).unwrap();
        let two = DFSchema::try_from_qualified_schema("s.t", &fields(&["b", "d"])).unwrap();
        let three = DFSchema::try_from(fields(&["e", "t.a"])).unwrap();
        let schema = one.join(&two).unwrap().join(&three).unwrap();
        let names = Names::of(&schema);
        let tables = [None, Some("t"), Some("s.t"), Some("x.t"), Some("u")];
        for table in tables {
            for name in ["a", "b", "c", "d", "e", "t.a", "f"] {
                let table = table.map(TableReference::parse_str);
                let column = Column::new(table, name);
                assert_eq!(
                    names.index(&column),
                    schema.maybe_index_of_column(&column),
                    "{column}"
                );
            }
        }
    }
}
