//! Filters: a comparison of one column with literals selects; any other predicate correlates, and
//! is then explicit on all columns.

use datafusion::logical_expr::Filter;
use sealine_label::Channels;

use super::node::Node;
use super::prover::Prover;
use super::relation::Relation;
use crate::error::Bound;
use crate::expr::Env;

impl Prover<'_> {
    pub(crate) fn filter(
        &mut self,
        node: &Filter,
        input: &Node,
        endorsed: bool,
    ) -> Bound<Relation> {
        let verdict = self.predicate(&node.predicate, &Env::of(input))?;
        let mut relation = input.relation.clone();
        relation.total = false;
        if endorsed {
            // The owner's word: which rows a view has is a fact of the view.
            return Ok(relation);
        }
        let correlated = self
            .labels
            .through(verdict.correlated, Channels::CORRELATED);
        let columns = relation
            .columns
            .iter()
            .map(|cell| self.tainted(cell, correlated))
            .collect();
        relation.columns = columns;
        relation.selected = self.join(relation.selected, verdict.selected);
        relation.correlated = self.join(relation.correlated, correlated);
        let decided = self.row(&relation);
        relation.order = self.join(relation.order, decided);
        Ok(relation)
    }
}
