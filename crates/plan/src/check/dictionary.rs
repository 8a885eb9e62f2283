//! A clear value beside its token.

use sealine_label::{Aspect, Channels};

use super::Shown;
use super::judge::Checking;

impl Checking<'_, '_> {
    /// A clear value and its token in one dataset are a dictionary.
    pub(super) fn dictionaries(&mut self) {
        let shown = self.shown.clone();
        let direct = |one: &&Shown| {
            one.channels.contains(Channels::EXPLICIT) && one.origin.aspect == Aspect::Value
        };
        for clear in shown
            .iter()
            .filter(direct)
            .filter(|one| one.view.has_clear() && one.trail.column.is_some())
        {
            let token = shown.iter().filter(direct).find(|other| {
                // In one dataset, or where all who read the token may read the value.
                other.origin == clear.origin
                    && other.view.has_token()
                    && (other.trail.output == clear.trail.output
                        || self.clearance(clear.trail) <= self.clearance(other.trail))
            });
            if token.is_some() {
                let level = self.prover.world.level(&clear.origin);
                let reason = format!(
                    "`{}` stands beside its own tokens: together they are a dictionary of the key",
                    clear.origin
                );
                self.push_violation(clear, level, "SL3008", reason);
            }
        }
    }
}
