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

/// The most digits that are one number.
const DIGITS: usize = 19;
/// The most groups.
const PARTS: usize = 8;

/// A kind by its number of digits and the ways they are grouped (bare digits always count): its
/// check, the topic that names it, its score without that when grouped, and with it.
struct Rule {
    kind: Kind,
    digits: usize,
    groups: &'static [&'static [usize]],
    holds: fn(&[u8]) -> bool,
    topic: Topics,
    alone: f32,
    beside: f32,
}

const fn rule(
    kind: Kind,
    digits: usize,
    groups: &'static [&'static [usize]],
    holds: fn(&[u8]) -> bool,
    topic: Topics,
    alone: f32,
    beside: f32,
) -> Rule {
    Rule {
        kind,
        digits,
        groups,
        holds,
        topic,
        alone,
        beside,
    }
}

static RULES: [Rule; 14] = [
    rule(
        Kind::UsItin,
        9,
        &[&[3, 2, 4]],
        national::us_itin,
        topic::ITIN,
        0.5,
        0.9,
    ),
    rule(
        Kind::UsRouting,
        9,
        &[],
        national::us_routing,
        topic::ROUTING,
        0.0,
        0.85,
    ),
    rule(
        Kind::UsPassport,
        9,
        &[],
        anything,
        topic::PASSPORT,
        0.0,
        0.6,
    ),
    rule(
        Kind::AuAcn,
        9,
        &[&[3, 3, 3]],
        national::au_acn,
        topic::ACN,
        0.0,
        0.9,
    ),
    rule(
        Kind::AuTfn,
        9,
        &[&[3, 3, 3]],
        national::au_tfn,
        topic::TFN,
        0.0,
        0.9,
    ),
    rule(
        Kind::UkNhs,
        10,
        &[&[3, 3, 4]],
        national::uk_nhs,
        topic::NHS,
        0.0,
        0.95,
    ),
    rule(
        Kind::AuMedicare,
        10,
        &[&[4, 5, 1]],
        national::au_medicare,
        topic::MEDICARE,
        0.45,
        0.95,
    ),
    rule(
        Kind::AuMedicare,
        11,
        &[&[4, 5, 1, 1]],
        national::au_medicare,
        topic::MEDICARE,
        0.45,
        0.95,
    ),
    rule(
        Kind::PlPesel,
        11,
        &[],
        national::pl_pesel,
        topic::PESEL,
        0.0,
        0.95,
    ),
    rule(
        Kind::DeTaxId,
        11,
        &[&[2, 3, 3, 3]],
        national::de_tax_id,
        topic::STEUER,
        0.45,
        0.95,
    ),
    rule(
        Kind::AuAbn,
        11,
        &[&[2, 3, 3, 3]],
        national::au_abn,
        topic::ABN,
        0.5,
        0.95,
    ),
    rule(
        Kind::InAadhaar,
        12,
        &[&[4, 4, 4]],
        national::in_aadhaar,
        topic::AADHAAR,
        0.45,
        0.95,
    ),
    rule(
        Kind::FrNir,
        15,
        &[&[1, 2, 2, 2, 3, 3, 2], &[13, 2]],
        national::fr_nir,
        topic::NIR,
        0.85,
        0.95,
    ),
    rule(
        Kind::UsPassport,
        8,
        &[],
        anything,
        topic::PASSPORT,
        0.0,
        0.5,
    ),
];

fn anything(_: &[u8]) -> bool {
    true
}

/// Tries what can begin at the group `first`. Gives how many groups a certain finding took, or 0.
pub(super) fn from(pass: &mut Pass<'_>, run: &mut Run, first: usize) -> usize {
    let mut text = [0_u8; DIGITS];
    let mut lengths = [0_usize; PARTS];
    let (mut total, mut separator) = (0, 0);
    let mut card = None;
    let start = run.start(first);
    let joined = |at: u8| b"-.".contains(&at);
    let free_before =
        start == 0 || !joined(pass.at(start - 1)) || (start > 1 && pass.at(start - 2) == b' ');
    if free_before && run.digits(first) == 6 {
        code::finnish(pass, start);
    }
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
        let (from, to) = (run.start(group), run.end(group));
        text.iter_mut()
            .skip(total)
            .zip(pass.part(from, to))
            .for_each(|(place, byte)| *place = *byte);
        if let Some(place) = lengths.get_mut(parts - 1) {
            *place = digits;
        }
        total += digits;
        let window = Window {
            text: text.get(..total).unwrap_or_default(),
            groups: lengths.get(..parts).unwrap_or_default(),
            separator,
            start,
            end: to,
        };
        if let Some(score) = window.card(pass, run) {
            card = Some((to, parts, score));
        }
        let goes_on = joined(pass.at(to)) && pass.at(to + 1).is_ascii_alphanumeric();
        if free_before && !goes_on {
            window.others(pass, run);
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

/// Some groups of a run, taken together.
struct Window<'a> {
    text: &'a [u8],
    groups: &'a [usize],
    /// What stands between the groups; zero for one group.
    separator: u8,
    start: usize,
    end: usize,
}

impl Window<'_> {
    /// The score as a card number.
    fn card(&self, pass: &Pass<'_>, run: &mut Run) -> Option<f32> {
        let grouped = match self.groups {
            [12..=19] => false,
            [4, 6, 5 | 4] | [4, 4, 4] | [4, 4, 4, 1..=4] | [4, 4, 4, 4, 1..=3] => true,
            _ => return None,
        };
        if !checksum::luhn(self.text)
            || self
                .text
                .iter()
                .all(|digit| Some(digit) == self.text.first())
        {
            return None;
        }
        let named = run.around(pass) & topic::CARD != 0;
        match (checksum::issued(self.text), grouped, named) {
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
        let (total, bare) = (self.text.len(), self.groups.len() == 1);
        if self.groups == [2, 2, 2] && self.separator == b' ' {
            code::british(pass, self.start, self.end);
        }
        if (total == 9) && (bare || self.groups == [3, 2, 4]) && checksum::ssn(self.text) {
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
        let rules = match total {
            8..=15 => &RULES[..],
            _ => &[],
        };
        for rule in rules.iter().filter(|rule| rule.digits == total) {
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
            if score > 0.0 && (rule.holds)(self.text) {
                pass.push(rule.kind, self.start, self.end, score);
            }
        }
        self.by_word(pass, run);
    }

    /// What only a word nearby can name.
    fn by_word(&self, pass: &mut Pass<'_>, run: &mut Run) {
        let (total, bare) = (self.text.len(), self.groups.len() == 1);
        let postal = matches!(self.groups, [3..=6] | [5, 3 | 4] | [4, 3] | [3, 2] | [2, 3]);
        let counted = pass.at(run.start(0).wrapping_sub(1)) == b'#';
        if postal && !counted && pass.close_before(run.start(0)) & topic::ZIP != 0 {
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
