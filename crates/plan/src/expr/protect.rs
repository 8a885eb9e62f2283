//! Protections: what each leaves of its argument, and when it counts.
//!
//! Invariant: masks, buckets and tokens count on canonical columns only; what removes or seals
//! counts on anything, in the value aspect; nulls and length stay as the declaration says.

use std::sync::Arc;

use datafusion::logical_expr::{Expr, ExprSchemable};
use sealine_label::declare::{Effect, Keeps, Nulls};
use sealine_label::{Aspect, LabelId, Layer, Origin, View};
use sealine_spec::Span;

use super::cast::is_fixed_width;
use super::cell::{Cell, DIGITS, Own};
use super::evaluate::Env;
use super::said::Said;
use super::span::{shown, span_of};
use crate::error::{Bound, planning};
use crate::flow::{Found, Prover};
use crate::protection::Protection;
use crate::world::LEAST_DOMAIN;

impl Prover<'_> {
    pub(crate) fn protect(
        &mut self,
        protection: &Protection,
        value: &Expr,
        beside: &[&Expr],
        expr: &Expr,
        env: &Env<'_>,
    ) -> Bound<Cell> {
        let cell = self.evaluate(value, env)?;
        let beside: Vec<(Cell, &Expr)> = beside
            .iter()
            .map(|other| Ok((self.evaluate(other, env)?, *other)))
            .collect::<Bound<_>>()?;
        let call = protection.call();
        let Some(declaration) = self.world.registry.find(call.name) else {
            return Err(self.no_rule(expr, "a protection that is not in the registry"));
        };
        let data_type = value
            .get_type(env.schema)
            .map_err(|error| planning(&error, &self.step.sql))?;
        let span = span_of(expr, &self.step.sql);
        let said = Said { declaration, call };
        // How much a normalizer took away depends on the value; a mask of digits is known to show
        // how many there are, a sealed text is not.
        let normalized = cell.own.as_ref().is_some_and(|own| own.normal() != Some(0));
        let length = if is_fixed_width(&data_type) {
            self.nothing()
        } else if normalized && declaration.effect == Effect::Encrypt {
            self.seen(&cell)
        } else {
            cell.length
        };
        let keeps_length =
            declaration.keeps.contains(&Keeps::Length) || declaration.effect == Effect::Encrypt;
        let padded = self.is_padded(&said, &cell);
        let showing = if keeps_length && !padded {
            length
        } else {
            self.nothing()
        };
        let kept = declaration.nulls == Nulls::Kept && said.named("nulls") != "sealed";
        let mut done = match declaration.effect {
            Effect::Redact | Effect::Nullify => {
                let all = self.whole(&cell);
                let removed = Layer::Removed {
                    by: Arc::from(call.name),
                };
                let value = self.labels.map(all, |_, _| View::of(removed.clone()));
                Cell::computed(value, self.nothing(), self.nothing())
            }
            Effect::Encrypt => {
                let sealed = Layer::Sealed {
                    key: Arc::from(said.key().as_str()),
                };
                let all = if kept {
                    self.value(&cell)
                } else {
                    self.seen(&cell)
                };
                let value = self.labels.map(all, |_, _| View::of(sealed.clone()));
                let null = if kept { cell.null } else { self.nothing() };
                let value = self.join(value, showing);
                Cell::computed(value, null, showing)
            }
            Effect::Mask | Effect::Bucket | Effect::Tokenize | Effect::Part(_) => {
                let layer = self.layer(&said, &cell, protection.slot(), value, span);
                let value = match (&cell.own, layer) {
                    (Some(own), Some(layer)) => {
                        let shown = self.own_as(own, &layer);
                        self.join(cell.value, shown)
                    }
                    _ => self.value(&cell),
                };
                let value = self.join(value, showing);
                Cell::computed(value, cell.null, showing)
            }
        };
        for (other, written) in &beside {
            let (moves, missing) = self.beside(&said, other, written, span);
            done.value = self.join(done.value, moves);
            done.null = self.join(done.null, missing);
        }
        done.slots.insert(protection.slot());
        done.catalogued = cell.catalogued && beside.iter().all(|(other, _)| other.catalogued);
        Ok(done)
    }

    /// What a column beside the value adds to the result, and to where it is null. Under a key, a
    /// canonical column shows as a keyed stand-in does: the same for the same value.
    fn beside(
        &mut self,
        said: &Said<'_>,
        other: &Cell,
        written: &Expr,
        span: Span,
    ) -> (LabelId, LabelId) {
        let key = said.key();
        if key.is_empty() {
            return (self.value(other), other.null);
        }
        self.no_oracle(other, written, span);
        let Some(own) = &other.own else {
            return (self.value(other), other.null);
        };
        let layer = Layer::Token {
            by: Arc::from(said.declaration.name),
            normal: 0,
            key: Arc::from(key.as_str()),
            domain: Arc::from("beside"),
            form: Arc::from(""),
        };
        let shown = self.own_as(own, &layer);
        (self.join(other.value, shown), other.null)
    }

    /// Whether every ciphertext has one length: the catalogue bounds the text below the padding.
    fn is_padded(&self, said: &Said<'_>, cell: &Cell) -> bool {
        let Ok(room) = said.named("pad").parse::<u64>() else {
            return false;
        };
        // A character takes at most four bytes.
        let fits = |dataset: &str, column: &str| {
            self.world
                .column(dataset, column)
                .and_then(|column| column.rules.max_length)
                .is_some_and(|longest| u64::from(longest).saturating_mul(4) <= room)
        };
        cell.own.as_ref().is_some_and(|own| {
            let mut columns = own.columns.iter();
            columns.all(|(dataset, column, _)| fits(dataset, column))
        })
    }

    /// Everything that reached a cell, in every aspect.
    fn whole(&mut self, cell: &Cell) -> LabelId {
        self.seen(cell)
    }

    /// What a mask, a coarser form or a token leaves of a canonical column; none if it is worth
    /// nothing.
    fn layer(
        &mut self,
        said: &Said<'_>,
        cell: &Cell,
        slot: usize,
        value: &Expr,
        span: Span,
    ) -> Option<Layer> {
        let effect = said.declaration.effect;
        let key = said.key();
        if !key.is_empty() {
            self.no_oracle(cell, value, span);
        }
        let Some(own) = &cell.own else {
            let label = self.value(cell);
            let reason = format!(
                "a protection counts on a column as it is, behind `trim`, `lower` or `digits` at most; `{}` is computed",
                shown(value)
            );
            self.worthless("SL3005", label, &reason, span);
            return None;
        };
        match effect {
            Effect::Mask => {
                let (first, last) = (said.at(0).parse().ok()?, said.at(1).parse().ok()?);
                Some(Layer::Masked {
                    normal: own.normal()?,
                    first,
                    last,
                })
            }
            Effect::Bucket => Some(Layer::bucket(&said.at(0), &said.at(1))),
            Effect::Part(part) => Some(Layer::Part {
                by: Arc::from(said.declaration.name),
                class: part.class,
                normal: own.normal()?,
                form: Arc::from(said.form().as_str()),
                rank: if part.nests { said.rank() } else { None },
                key: (!key.is_empty()).then(|| Arc::from(key.as_str())),
            }),
            Effect::Tokenize => {
                let own = own.clone();
                if self.is_small(&own, span) {
                    return None;
                }
                let domain = self.domain(&own, &said.domain(), slot);
                Some(Layer::Token {
                    by: Arc::from(said.declaration.name),
                    normal: 0,
                    key: Arc::from(key.as_str()),
                    domain,
                    form: Arc::from(said.form().as_str()),
                })
            }
            Effect::Redact | Effect::Nullify | Effect::Encrypt => None,
        }
    }

    /// Whether tokens of the columns can be told by counting.
    fn is_small(&mut self, own: &Own, span: Span) -> bool {
        let mut small = false;
        for (dataset, column, normal) in &own.columns {
            // How many different digits texts have is not what their domain says.
            let size = if normal & DIGITS == 0 {
                self.world.domain_size(dataset, column)
            } else {
                0
            };
            // A recorded pass-through keeps the catalogued column's own domain beside it.
            let elsewhere = self.world.writable(dataset) && own.columns.len() > 1;
            if size < LEAST_DOMAIN && !elsewhere {
                small = true;
                let known = if size == 0 {
                    "is not known".to_owned()
                } else {
                    format!("is {size}")
                };
                let reason = format!(
                    "deterministic tokens of `{dataset}.{column}` can be told by counting: the number of its values {known}, and less than 1,048,576 is too few; say `domain_size:` if there are more, or encrypt"
                );
                self.note(
                    "SL3006",
                    Origin::column(dataset, column, Aspect::Value),
                    reason,
                    span,
                );
            }
        }
        small
    }

    /// The domain of tokens: as written, else the first tag, else the column's own name.
    fn domain(&mut self, own: &Own, written: &str, slot: usize) -> Arc<str> {
        if !written.is_empty() {
            return Arc::from(written);
        }
        // The catalogued source speaks for a written dataset that handed its column on.
        let source = own
            .columns
            .iter()
            .find(|(dataset, _, _)| !self.world.writable(dataset))
            .or_else(|| own.columns.first());
        let domain = source.map_or_else(String::new, |(dataset, column, _)| {
            let tags = self
                .world
                .tags(&Origin::column(dataset, column, Aspect::Value));
            tags.first()
                .map_or_else(|| format!("{dataset}.{column}"), ToString::to_string)
        });
        self.domains.insert(slot, domain.clone());
        Arc::from(domain.as_str())
    }

    /// A keyed, deterministic function of what an author can choose answers guesses.
    fn no_oracle(&mut self, cell: &Cell, value: &Expr, span: Span) {
        if cell.catalogued {
            return;
        }
        let label = self.value(cell);
        let world = self.world;
        let origin = self
            .labels
            .entries(label)
            .map(|(origin, _, _)| origin.clone())
            .max_by_key(|origin| world.level(origin))
            .unwrap_or_else(|| Origin::rows("constant"));
        let level = self.world.level(&origin);
        self.report(Found {
            code: "SL3007",
            reason: format!(
                "whoever writes this pipeline could have guesses tokenized and compare: `{}` is not a catalogued column as it is",
                shown(value)
            ),
            origin,
            level,
            span,
            step: self.step.index,
        });
    }

    fn worthless(&mut self, code: &'static str, label: LabelId, reason: &str, span: Span) {
        let clear: Vec<Origin> = self
            .labels
            .entries(label)
            .filter(|(_, view, _)| view.is_clear())
            .map(|(origin, _, _)| origin.clone())
            .collect();
        for origin in clear {
            self.note(code, origin, reason.to_owned(), span);
        }
    }
}
