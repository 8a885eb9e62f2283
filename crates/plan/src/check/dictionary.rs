//! Readable values beside their stand-ins under a key.

use std::collections::HashMap;

use sealine_label::{Aspect, Channels, Level, Origin};

use super::Shown;
use super::judge::Checking;
use super::ledger::ways;

impl Checking<'_, '_> {
    /// Values and their stand-ins in one dataset are a dictionary of the key; and a column that can be
    /// read tells what stands for its values, and how far its dates move, in any other column too.
    pub(super) fn dictionaries(&mut self) {
        let shown = self.shown.clone();
        let value = |one: &&Shown| one.origin.aspect == Aspect::Value;
        let direct = |one: &&Shown| value(one) && one.channels.contains(Channels::EXPLICIT);
        // Wide outputs show thousands of origins: each is held against itself only.
        let mut of: HashMap<&Origin, Vec<&Shown>> = HashMap::new();
        for one in shown.iter().filter(direct) {
            of.entry(&one.origin).or_default().push(one);
        }
        for clear in shown.iter().filter(value) {
            let level = self.prover.world.level(&clear.origin);
            let cleared = level <= self.clearance(clear.trail);
            // Rows picked by a value tell as much as a column of it does, and so does its order.
            let column = clear.trail.column.is_some();
            if !(cleared || column && direct(&clear)) {
                continue;
            }
            let token = of.get(&clear.origin).into_iter().flatten().find(|other| {
                // In one dataset, or where all who read the token may read the value.
                // A part that is above the clearance is the policy's to permit.
                clear
                    .view
                    .is_dictionary_with(&other.view, column && cleared)
                    && (other.trail.output == clear.trail.output
                        || column && self.clearance(clear.trail) <= self.clearance(other.trail))
            });
            if token.is_some() {
                let reason = format!(
                    "`{}` stands beside its own tokens: together they are a dictionary of the key",
                    clear.origin
                );
                self.push_violation(clear, level, "SL3008", reason);
            }
        }
        for secret in shown.iter().filter(value) {
            let level = self.prover.world.level(&secret.origin);
            if level <= self.clearance(secret.trail) || ways(secret).is_empty() {
                continue;
            }
            let known = shown.iter().filter(value).find(|other| {
                let clearance = self.clearance(secret.trail);
                self.is_known(other, clearance)
                    && self.clearance(other.trail) <= clearance
                    && alike(secret, other)
            });
            if let Some(known) = known {
                let reason = format!(
                    "`{}` can be read, and like values of `{}` have the same stand-ins: together they give it away; use another key, domain or parameters",
                    known.origin, secret.origin
                );
                self.push_violation(secret, level, "SL3008", reason);
            }
        }
    }
}

impl Checking<'_, '_> {
    /// Whether it can be read at a clearance. What a pipeline wrote has no level of its own: the
    /// catalogued columns that it was passed on from stand beside it.
    pub(super) fn is_known(&self, one: &Shown, at: Level) -> bool {
        self.prover.world.level(&one.origin) <= at
            && !self.prover.world.writable(&one.origin.dataset)
    }
}

/// Whether like values of both have the same stand-ins.
fn alike(one: &Shown, other: &Shown) -> bool {
    ways(one).iter().any(|way| ways(other).contains(way))
}
