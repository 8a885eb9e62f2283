//! Unnesting: the list says how often each row is repeated, which every column then shows.

use datafusion::logical_expr::Unnest;
use sealine_label::Channels;

use super::node::Node;
use super::prover::Prover;
use super::relation::Relation;
use crate::error::Bound;
use crate::expr::Cell;

impl Prover<'_> {
    pub(crate) fn unnest(&mut self, node: &Unnest, input: &Node) -> Bound<Relation> {
        let mut lists = self.nothing();
        for (index, _) in &node.list_type_columns {
            let Some(cell) = input.relation.columns.get(*index) else {
                return Err(self.unsupported("an unnest of an unknown column"));
            };
            let cell = cell.clone();
            let seen = self.seen(&cell);
            lists = self.join(lists, seen);
        }
        let lists = self.labels.through(lists, Channels::CORRELATED);
        let taken = |index: &usize| {
            node.list_type_columns.iter().any(|(list, _)| list == index)
                || node.struct_type_columns.contains(index)
        };
        let mut columns = Vec::new();
        for index in &node.dependency_indices {
            let Some(cell) = input.relation.columns.get(*index).cloned() else {
                return Err(self.unsupported("an unnest of an unknown column"));
            };
            let cell = if taken(index) {
                let seen = self.seen(&cell);
                self.all_of(seen)
            } else {
                cell
            };
            let cell: Cell = self.tainted(&cell, lists);
            columns.push(cell);
        }
        let fans_out = !node.list_type_columns.is_empty();
        let mut relation = input.relation.with_columns(columns, Vec::new());
        if fans_out {
            relation = relation.fanned();
            relation.single = false;
        }
        relation.correlated = self.join(relation.correlated, lists);
        relation.order = self.join(relation.order, lists);
        relation.total = false;
        Ok(relation)
    }
}
