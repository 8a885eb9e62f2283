//! Protections: what each leaves of its argument, and when it counts.
//!
//! Invariant: masks, buckets and tokens count on canonical columns only; what removes or seals
//! counts on anything, in the value aspect; nulls and length stay as the declaration says.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::logical_expr::{Expr, ExprSchemable};
use sealine_label::declare::{Class, Declaration, Effect, Fails, Keeps, Nulls};
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
        // A sealed null is as long as the shortest values: longer ones are known to be no nulls.
        let alike = padded || is_fixed_width(&data_type);
        let sealed = said.named("nulls") == "sealed" && alike;
        let kept = declaration.nulls == Nulls::Kept && !sealed;
        self.may_stop(&said, (&cell, is_fixed_width(&data_type)), &beside, span);
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
                    by: Arc::from(said.declaration.name),
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
                let layer = self.layer(&said, &cell, &beside, (protection.slot(), value), span);
                let value = match (&cell.own, layer) {
                    (Some(own), Some(layer)) => {
                        let shown = self.own_as(own, &layer);
                        self.join(cell.value, shown)
                    }
                    _ => self.value(&cell),
                };
                let value = self.join(value, showing);
                let length = self.length_left(declaration, protection.returns(), value, showing);
                Cell::computed(value, cell.null, length)
            }
        };
        for (place, (other, written)) in beside.iter().enumerate() {
            let (moves, missing) = self.beside(&said, place, other, written, span);
            done.value = self.join(done.value, moves);
            done.null = self.join(done.null, missing);
        }
        done.slots.insert(protection.slot());
        done.catalogued = cell.catalogued && beside.iter().all(|(other, _)| other.catalogued);
        Ok(done)
    }

    /// What the length of a result tells: that of the value where the two are the same, else as
    /// much as the result does.
    fn length_left(
        &self,
        declaration: &Declaration,
        returned: &DataType,
        value: LabelId,
        showing: LabelId,
    ) -> LabelId {
        let same = match declaration.effect {
            Effect::Mask | Effect::Bucket => true,
            // What is redacted instead has another length.
            Effect::Tokenize => {
                declaration.keeps.contains(&Keeps::Length) && declaration.fails == Fails::Never
            }
            _ => false,
        };
        if is_fixed_width(returned) {
            self.nothing()
        } else if same {
            showing
        } else {
            value
        }
    }

    /// What a column beside the value adds to the result, and to where it is null. A seal
    /// authenticates it and does not show it. Under a key, a canonical column shows as a keyed
    /// stand-in does: the same for the same value. Without one, it shows as the part of it that the
    /// declaration cuts.
    fn beside(
        &mut self,
        said: &Said<'_>,
        place: usize,
        other: &Cell,
        written: &Expr,
        span: Span,
    ) -> (LabelId, LabelId) {
        let key = said.key();
        let name = said.declaration.name;
        if said.declaration.effect == Effect::Encrypt {
            let sealed = Layer::Sealed {
                by: Arc::from(said.declaration.name),
                key: Arc::from(key.as_str()),
            };
            let all = self.value(other);
            let value = self.labels.map(all, |_, _| View::of(sealed.clone()));
            return (value, other.null);
        }
        if !key.is_empty() {
            self.no_oracle(other.catalogued, other, written, span);
        }
        let layer = match (&other.own, said.declaration.effect) {
            (None, _) => None,
            // Equal ones show as equal, and few of them can be told by counting.
            (Some(own), _) if !key.is_empty() => {
                (!self.is_small(own, span)).then(|| Layer::Token {
                    by: Arc::from(name),
                    normal: 0,
                    key: Arc::from(key.as_str()),
                    domain: Arc::from(""),
                    form: Arc::from(""),
                })
            }
            (Some(own), Effect::Part(part)) if part.class == Class::Cut => {
                own.normal().map(|normal| Layer::Part {
                    by: Arc::from(name),
                    class: part.class,
                    normal,
                    form: Arc::from(said.form().as_str()),
                    rank: None,
                    key: None,
                    beside: Arc::from(said.column_name(place)),
                })
            }
            (Some(_), _) => None,
        };
        match (&other.own, layer) {
            (Some(own), Some(layer)) => {
                let shown = self.own_as(own, &layer);
                (self.join(other.value, shown), other.null)
            }
            _ => (self.value(other), other.null),
        }
    }

    /// A value that the protection refuses stops the run, which tells of it.
    fn may_stop(
        &mut self,
        said: &Said<'_>,
        (cell, fixed): (&Cell, bool),
        beside: &[(Cell, &Expr)],
        span: Span,
    ) {
        let name = said.declaration.name;
        if said.fails_on_values() {
            let others = self.seen_all(beside.iter().map(|(other, _)| other));
            let value = self.seen(cell);
            let all = self.join(value, others);
            let instead = match said.declaration.fails {
                Fails::Unless(_, word) => format!("`{name}` without '{word}'"),
                _ => format!("`{name}`"),
            };
            self.may_fail(all, &instead, span);
        } else if let Fails::Beyond(room) = said.declaration.fails {
            if !fixed && !self.is_within(room, cell) {
                let all = self.join(cell.value, cell.length);
                self.may_fail(
                    all,
                    &format!("`{name}` of a text without `max_length:`"),
                    span,
                );
            }
        } else if said.declaration.fails == Fails::NullBeside && !beside.is_empty() {
            let nulls = beside.iter().fold(self.nothing(), |all, (other, _)| {
                self.labels.join(all, other.null)
            });
            self.may_fail(nulls, &format!("`{name}` beside a null"), span);
        }
    }

    /// The columns that decide how a value moves under the key, as text. A date moves with a
    /// subject of its own row, or many distances of one date would give it away; none then.
    fn moved_by(&mut self, own: &Own, beside: &[(Cell, &Expr)], span: Span) -> Option<Arc<str>> {
        let mut names = Vec::new();
        for (other, written) in beside {
            let Some(subject) = other.own.as_ref().filter(|one| one.same_row(own)) else {
                let label = self.own_as(own, &Layer::Clear);
                let reason = format!(
                    "one date moved by several subjects can be averaged out: `{}` is not a column, as it is, of the rows that the date stands in",
                    shown(written)
                );
                self.worthless("SL3005", label, &reason, span);
                return None;
            };
            let columns = subject.columns.iter();
            names.extend(
                columns.map(|(dataset, column, normal)| format!("{dataset}.{column}:{normal}")),
            );
        }
        Some(Arc::from(names.join(", ").as_str()))
    }

    /// Whether every ciphertext has one length: the catalogue bounds the text below the padding.
    fn is_padded(&self, said: &Said<'_>, cell: &Cell) -> bool {
        let room = said.named("pad").parse::<u64>();
        room.is_ok_and(|room| self.is_within(room, cell))
    }

    /// Whether the catalogue bounds the texts of a column to so many bytes.
    fn is_within(&self, room: u64, cell: &Cell) -> bool {
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
        beside: &[(Cell, &Expr)],
        (slot, value): (usize, &Expr),
        span: Span,
    ) -> Option<Layer> {
        let effect = said.declaration.effect;
        let key = said.key();
        if !key.is_empty() {
            // Where one distance moves many dates, a coarse date that is known gives it away.
            let shift = matches!(effect, Effect::Part(part) if part.class == Class::Shift);
            let own = cell.catalogued && (cell.own.is_some() || !shift);
            self.no_oracle(own, cell, value, span);
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
            Effect::Part(part) => {
                let equal = said.declaration.keeps.contains(&Keeps::Equality);
                if !key.is_empty() && equal && self.is_small(own, span) {
                    return None;
                }
                let beside = if key.is_empty() {
                    Arc::from("")
                } else {
                    self.moved_by(own, beside, span)?
                };
                Some(Layer::Part {
                    by: Arc::from(said.declaration.name),
                    class: part.class,
                    normal: own.normal()?,
                    form: Arc::from(said.form().as_str()),
                    rank: if part.nests { said.rank() } else { None },
                    key: (!key.is_empty()).then(|| Arc::from(key.as_str())),
                    beside,
                })
            }
            Effect::Tokenize => {
                let own = own.clone();
                if self.is_small(&own, span) {
                    return None;
                }
                // Where nothing separates domains, the key has one.
                let domain = if said.has_domain() {
                    self.domain(&own, &said.domain(), slot)
                } else {
                    Arc::from("*")
                };
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
        for (dataset, column, normal) in own.columns.iter() {
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
    fn no_oracle(&mut self, catalogued: bool, cell: &Cell, value: &Expr, span: Span) {
        if catalogued {
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
