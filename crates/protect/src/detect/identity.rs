//! Cards and national numbers: digits with a check among them, in the groups they are written in.
//!
//! Invariant: what random digits pass once in ten is reported only with a word that names it, or
//! with the grouping of its own.

use super::{
    Kind, checksum, code,
    context::{Topics, topic},
    national,
    number::Run,
    scan::Pass,
};
use crate::lanes;

/// The most digits that are one number.
const DIGITS: usize = 19;
/// The most groups.
const PARTS: usize = 8;

/// A kind by the ways its digits are grouped (bare digits always count): its
/// check, the topic that names it, its score without that when grouped, and with it.
struct Rule {
    kind: Kind,
    groups: &'static [&'static [usize]],
    holds: fn(&[u8]) -> bool,
    topic: Topics,
    alone: f32,
    beside: f32,
}

const fn rule(
    kind: Kind,
    groups: &'static [&'static [usize]],
    holds: fn(&[u8]) -> bool,
    topic: Topics,
    alone: f32,
    beside: f32,
) -> Rule {
    Rule {
        kind,
        groups,
        holds,
        topic,
        alone,
        beside,
    }
}

/// The kinds of so many digits.
fn rules(digits: usize) -> &'static [Rule] {
    match digits {
        8 => &EIGHT,
        9 => &NINE,
        10 => &TEN,
        11 => &ELEVEN,
        12 => &TWELVE,
        15 => &FIFTEEN,
        _ => &[],
    }
}

static EIGHT: [Rule; 1] = [rule(
    Kind::UsPassport,
    &[],
    anything,
    topic::PASSPORT,
    0.0,
    0.5,
)];

static NINE: [Rule; 5] = [
    rule(
        Kind::UsItin,
        &[&[3, 2, 4]],
        national::us_itin,
        topic::ITIN,
        0.5,
        0.9,
    ),
    rule(
        Kind::UsRouting,
        &[],
        national::us_routing,
        topic::ROUTING,
        0.0,
        0.85,
    ),
    rule(Kind::UsPassport, &[], anything, topic::PASSPORT, 0.0, 0.6),
    rule(
        Kind::AuAcn,
        &[&[3, 3, 3]],
        national::au_acn,
        topic::ACN,
        0.0,
        0.9,
    ),
    rule(
        Kind::AuTfn,
        &[&[3, 3, 3]],
        national::au_tfn,
        topic::TFN,
        0.0,
        0.9,
    ),
];

static TEN: [Rule; 2] = [
    rule(
        Kind::UkNhs,
        &[&[3, 3, 4]],
        national::uk_nhs,
        topic::NHS,
        0.0,
        0.95,
    ),
    rule(
        Kind::AuMedicare,
        &[&[4, 5, 1]],
        national::au_medicare,
        topic::MEDICARE,
        0.45,
        0.95,
    ),
];

static ELEVEN: [Rule; 4] = [
    rule(
        Kind::AuMedicare,
        &[&[4, 5, 1, 1]],
        national::au_medicare,
        topic::MEDICARE,
        0.45,
        0.95,
    ),
    rule(
        Kind::PlPesel,
        &[],
        national::pl_pesel,
        topic::PESEL,
        0.0,
        0.95,
    ),
    rule(
        Kind::DeTaxId,
        &[&[2, 3, 3, 3]],
        national::de_tax_id,
        topic::STEUER,
        0.45,
        0.95,
    ),
    rule(
        Kind::AuAbn,
        &[&[2, 3, 3, 3]],
        national::au_abn,
        topic::ABN,
        0.5,
        0.95,
    ),
];

static TWELVE: [Rule; 1] = [rule(
    Kind::InAadhaar,
    &[&[4, 4, 4]],
    national::in_aadhaar,
    topic::AADHAAR,
    0.45,
    0.95,
)];

static FIFTEEN: [Rule; 1] = [rule(
    Kind::FrNir,
    &[&[1, 2, 2, 2, 3, 3, 2], &[13, 2]],
    national::fr_nir,
    topic::NIR,
    0.85,
    0.95,
)];

fn anything(_: &[u8]) -> bool {
    true
}

/// Tries what can begin at the group `first`. Gives how many groups a certain finding took, or 0.
pub(super) fn from(pass: &mut Pass<'_>, run: &mut Run, first: usize) -> usize {
    let start = run.start(first);
    let joined = |at: u8| b"-.".contains(&at);
    let is_free = |pass: &Pass<'_>| {
        start == 0 || !joined(pass.at(start - 1)) || (start > 1 && pass.at(start - 2) == b' ')
    };
    if run.digits(first) == 6 && is_free(pass) {
        code::finnish(pass, start);
    }
    // Without a word, most groups begin nothing. A run of a few is as quickly tried.
    let begins = begins_unnamed(run.digits(first), run.digits(first + 1));
    if !begins && run.length > 2 && (run.around(pass) | run.close_before(pass)) == 0 {
        return 0;
    }
    let free_before = is_free(pass);
    let mut lengths = [0_usize; PARTS];
    let (mut total, mut separator) = (0, 0);
    let mut card = None;
    for parts in 1..=PARTS.min(run.length - first) {
        let group = first + parts - 1;
        if parts > 1 {
            match run.gap(pass, group) {
                [one @ (b' ' | b'-')] if separator == 0 || separator == *one => separator = *one,
                _ => break,
            }
        }
        let digits = run.digits(group);
        if total + digits > DIGITS {
            break;
        }
        let to = run.end(group);
        if let Some(place) = lengths.get_mut(parts - 1) {
            *place = digits;
        }
        total += digits;
        let window = Window {
            total,
            groups: lengths.get(..parts).unwrap_or_default(),
            separator,
            start,
            end: to,
        };
        // A word nearby makes a driver's licence of digits in any groups.
        let any = parts == 1 || run.around(pass) & topic::DRIVER != 0;
        if any || is_shape(window.groups) {
            if let Some(score) = window.card(pass, run) {
                card = Some((to, parts, score));
            }
            let goes_on = joined(pass.at(to)) && pass.at(to + 1).is_ascii_alphanumeric();
            if free_before && !goes_on {
                window.others(pass, run);
            }
        }
        if !begins_shape(window.groups) && run.around(pass) & topic::DRIVER == 0 {
            break;
        }
    }
    match card {
        Some((end, parts, score)) => {
            pass.push(Kind::Card, start, end, score);
            if score >= 0.9 { parts } else { 0 }
        }
        None => 0,
    }
}

/// Whether more than one group is how anything is written that a check or a word can name.
fn is_shape(groups: &[usize]) -> bool {
    matches!(
        groups,
        [2, 2, 2]
            | [2, 3]
            | [2, 3, 3, 3]
            | [3, 2]
            | [3, 2, 4]
            | [3, 3, 3 | 4]
            | [4, 3]
            | [4, 4, 4]
            | [4, 4, 4, 1..=4]
            | [4, 4, 4, 4, 1..=3]
            | [4, 5, 1]
            | [4, 5, 1, 1]
            | [4, 6, 4 | 5]
            | [5, 3 | 4]
            | [1, 2, 2, 2, 3, 3, 2]
            | [13, 2]
    )
}

/// Whether one of these begins with the groups and goes on.
fn begins_shape(groups: &[usize]) -> bool {
    matches!(
        groups,
        [1..=5 | 13]
            | [1 | 2, 2]
            | [2, 3]
            | [3, 2 | 3]
            | [4, 4..=6]
            | [1, 2, 2]
            | [2, 3, 3]
            | [4, 4, 4]
            | [4, 5, 1]
            | [1, 2, 2, 2]
            | [4, 4, 4, 4]
            | [1, 2, 2, 2, 3]
            | [1, 2, 2, 2, 3, 3]
    )
}

/// Whether a group of so many digits, before one of so many, begins what is found without a word
/// that names it.
fn begins_unnamed(first: usize, second: usize) -> bool {
    matches!(
        (first, second),
        (12..=19, _) | (1, 2) | (2, 2 | 3) | (3, 2) | (4, 4..=6)
    )
}

/// Some groups of a run, taken together.
struct Window<'a> {
    /// How many digits there are.
    total: usize,
    groups: &'a [usize],
    /// What stands between the groups; zero for one group.
    separator: u8,
    start: usize,
    end: usize,
}

impl Window<'_> {
    /// Whether the digits alone, put together, pass this.
    fn digits(&self, pass: &Pass<'_>, hold: impl Fn(&[u8]) -> bool) -> bool {
        let mut digits = [0_u8; DIGITS];
        let all = pass.part(self.start, self.end).iter();
        let all = all.filter(|byte| byte.is_ascii_digit());
        digits
            .iter_mut()
            .zip(all)
            .for_each(|(place, byte)| *place = *byte);
        digits.get(..self.total).is_some_and(hold)
    }

    /// The score as a card number.
    fn card(&self, pass: &Pass<'_>, run: &mut Run) -> Option<f32> {
        let grouped = match self.groups {
            [12..=19] => false,
            [4, 6, 5 | 4] | [4, 4, 4] | [4, 4, 4, 1..=4] | [4, 4, 4, 4, 1..=3] => true,
            _ => return None,
        };
        let text = pass.part(self.start, self.end);
        let first = text.first();
        let repeated = || {
            text.iter()
                .all(|byte| Some(byte) == first || !byte.is_ascii_digit())
        };
        let named = run.around(pass) & topic::CARD != 0;
        // The first group is long enough to have the prefix.
        let issued = checksum::issued(text, self.total);
        if !(issued || named) || !lanes::luhn_among(text) || repeated() {
            return None;
        }
        match (issued, grouped, named) {
            (true, true, false) => Some(0.9),
            (true, true, true) => Some(1.0),
            // Random digits pass the check digit once in ten, and a known prefix often enough.
            (true, false, false) => Some(0.6),
            (true, false, true) => Some(0.95),
            // Schemes give out new prefixes: there the word decides.
            (false, _, true) => Some(0.85),
            (false, _, false) => None,
        }
    }

    fn others(&self, pass: &mut Pass<'_>, run: &mut Run) {
        let (total, bare) = (self.total, self.groups.len() == 1);
        if self.groups == [2, 2, 2] && self.separator == b' ' {
            code::british(pass, self.start, self.end);
        }
        if total == 9 && (bare || self.groups == [3, 2, 4]) && self.digits(pass, checksum::ssn) {
            let named = run.around(pass) & topic::SSN != 0;
            let score = match (self.separator, named) {
                (b'-', false) => 0.8,
                (b'-', true) => 1.0,
                (b' ', false) => 0.3,
                (_, true) => 0.7,
                _ => 0.0,
            };
            pass.push(Kind::Ssn, self.start, self.end, score);
        }
        for rule in rules(total) {
            let grouped = rule.groups.contains(&self.groups);
            if !bare && !grouped {
                continue;
            }
            let named = run.around(pass) & rule.topic != 0;
            let score = match (named, grouped) {
                (true, _) => rule.beside,
                (false, true) => rule.alone,
                (false, false) => 0.0,
            };
            if score > 0.0 && self.digits(pass, rule.holds) {
                pass.push(rule.kind, self.start, self.end, score);
            }
        }
        self.by_word(pass, run);
    }

    /// What only a word nearby can name.
    fn by_word(&self, pass: &mut Pass<'_>, run: &mut Run) {
        let (total, bare) = (self.total, self.groups.len() == 1);
        let postal = matches!(self.groups, [3..=6] | [5, 3 | 4] | [4, 3] | [3, 2] | [2, 3]);
        let counted = pass.at(run.start(0).wrapping_sub(1)) == b'#';
        if postal && !counted && run.close_before(pass) & topic::ZIP != 0 {
            // The Netherlands write two letters behind.
            let letters = pass.part(self.end, self.end + 3);
            let dutch = total == 4
                && matches!(letters, [b' ', one, other] if one.is_ascii_uppercase() && other.is_ascii_uppercase())
                && !pass.glued_after(self.end + 3);
            pass.push(
                Kind::Zip,
                self.start,
                self.end + if dutch { 3 } else { 0 },
                0.55,
            );
        }
        if !(7..=17).contains(&total) {
            return;
        }
        let around = run.around(pass);
        if around & topic::DRIVER != 0 && total <= 16 {
            pass.push(Kind::UsDriverLicense, self.start, self.end, 0.6);
        }
        if around & topic::BANK != 0 && bare && total >= 8 {
            pass.push(Kind::UsBank, self.start, self.end, 0.45);
        }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    /// Every way to write something is tried, and what it begins with is read on.
    #[test]
    fn shapes_are_those_of_the_rules_and_of_cards() {
        let mut shapes: Vec<Vec<usize>> = (8..=15)
            .flat_map(rules)
            .flat_map(|rule| rule.groups)
            .map(|groups| groups.to_vec())
            .collect();
        for last in 1..=4 {
            shapes.push(vec![4, 4, 4, last]);
            shapes.push(vec![4, 4, 4, 4, last.min(3)]);
        }
        for others in [
            &[4, 6, 4][..],
            &[4, 6, 5],
            &[4, 4, 4],
            &[2, 2, 2],
            &[3, 2, 4],
            &[5, 4],
        ] {
            shapes.push(others.to_vec());
        }
        for others in [[5, 3], [4, 3], [3, 2], [2, 3]] {
            shapes.push(others.to_vec());
        }
        assert_eq!(shapes.len(), 29);
        for shape in shapes {
            assert!(is_shape(&shape), "{shape:?}");
            for length in 1..shape.len() {
                assert!(begins_shape(&shape[..length]), "{shape:?}");
            }
        }
    }
}
