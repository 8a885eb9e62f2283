//! Numbers that hold letters: what a word of letters and digits can be.
//!
//! Invariant: a word is looked at once; only an IBAN reads on, at most 34 characters of its own.

use super::{
    Kind, bitcoin, checksum,
    context::{Topics, topic},
    national,
    scan::Pass,
    web,
};

/// A kind with a check of its own: the topic that speaks for it, its score without and with that.
type Rule = (Kind, fn(&[u8]) -> bool, Topics, f32, f32);

/// By their length: nine, ten, eleven, fifteen and sixteen characters.
const RULES: [(usize, &[Rule]); 5] = [
    (
        9,
        &[
            (Kind::EsNif, national::es_nif, topic::NIF, 0.5, 0.9),
            (Kind::SgNric, national::sg_nric, topic::NRIC, 0.5, 0.9),
            (Kind::UkNino, national::uk_nino, topic::NINO, 0.5, 0.9),
            (
                Kind::MedicalLicense,
                national::medical_license,
                topic::DEA,
                0.45,
                0.9,
            ),
            (Kind::UsPassport, us_passport, topic::PASSPORT, 0.1, 0.6),
        ],
    ),
    (
        10,
        &[(Kind::InPan, national::in_pan, topic::PAN, 0.5, 0.85)],
    ),
    (
        11,
        &[(Kind::FiCode, national::fi_code, topic::HETU, 0.6, 0.9)],
    ),
    (15, &[(Kind::FrNir, national::fr_nir, topic::NIR, 0.6, 0.9)]),
    (
        16,
        &[(
            Kind::ItFiscalCode,
            national::it_fiscal_code,
            topic::FISCAL,
            0.85,
            1.0,
        )],
    ),
];

fn us_passport(word: &[u8]) -> bool {
    matches!(word, [letter, rest @ ..] if letter.is_ascii_alphabetic() && rest.iter().all(u8::is_ascii_digit))
}

/// Tries the word `start..end`, which holds a digit and a letter; gives its end, or more.
pub(super) fn word(pass: &mut Pass<'_>, start: usize, end: usize) -> Option<usize> {
    let length = end - start;
    if length == 2 && pass.at(end) == b'-' {
        return mac(pass, start).or(Some(end));
    }
    if pass.glued_before(start) {
        return Some(end);
    }
    if let Some(after) = iban(pass, start) {
        return Some(after);
    }
    if pass.glued_after(end) || length < 5 {
        return Some(end);
    }
    if length >= 26 {
        if bitcoin::address(pass.part(start, end)) {
            pass.push(Kind::Crypto, start, end, 1.0);
        }
        return Some(end);
    }
    let rules = RULES
        .iter()
        .find(|(of, _)| *of == length)
        .map_or(&[][..], |(_, rules)| rules);
    check(pass, rules, start, end, start, end);
    let digits = pass
        .part(start, end)
        .iter()
        .filter(|byte| byte.is_ascii_digit())
        .count();
    if length <= 18 && digits > 3 && pass.around(start, end) & topic::DRIVER != 0 {
        pass.push(Kind::UsDriverLicense, start, end, 0.6);
    }
    Some(end)
}

/// Applies `rules` to the bytes of `from..to` and claims `start..end` for those that hold.
fn check(pass: &mut Pass<'_>, rules: &[Rule], from: usize, to: usize, start: usize, end: usize) {
    for (kind, holds, topic, alone, beside) in rules {
        if holds(pass.part(from, to)) {
            let named = pass.around(start, end) & topic != 0;
            pass.push(*kind, start, end, if named { *beside } else { *alone });
        }
    }
}

/// A Finnish code: six digits, a sign, three digits and a character, of which the digits at `start`
/// are the first.
pub(super) fn finnish(pass: &mut Pass<'_>, start: usize) {
    let end = start + 11;
    if b"-+".contains(&pass.at(start + 6))
        && !pass.glued_after(end)
        && national::fi_code(pass.part(start, end))
    {
        let named = pass.around(start, end) & topic::HETU != 0;
        pass.push(Kind::FiCode, start, end, if named { 0.9 } else { 0.6 });
    }
}

/// A British number with spaces: `AB 12 34 56 C` around the three pairs of digits.
pub(super) fn british(pass: &mut Pass<'_>, start: usize, end: usize) {
    let (Some(from), to) = (start.checked_sub(3), end + 2) else {
        return;
    };
    if pass.at(start - 1) != b' '
        || pass.at(end) != b' '
        || pass.glued_before(from)
        || pass.glued_after(to)
    {
        return;
    }
    let mut compact = [0_u8; 9];
    let kept = pass.part(from, to).iter().filter(|byte| **byte != b' ');
    compact
        .iter_mut()
        .zip(kept)
        .for_each(|(place, byte)| *place = *byte);
    if national::uk_nino(&compact) {
        let named = pass.around(from, to) & topic::NINO != 0;
        pass.push(Kind::UkNino, from, to, if named { 0.95 } else { 0.8 });
    }
}

/// A MAC address with dashes that begins at `start`.
pub(super) fn mac(pass: &mut Pass<'_>, start: usize) -> Option<usize> {
    let end = start + 17;
    let whole = web::mac(pass.part(start, end), b'-');
    let alone = !pass.glued_before(start) && !pass.glued_after(end) && !pass.continued(end, b'-');
    (whole && alone).then(|| {
        pass.push(Kind::Mac, start, end, 0.8);
        end
    })
}

/// An IBAN that begins at `start`, with or without spaces between its groups.
fn iban(pass: &mut Pass<'_>, start: usize) -> Option<usize> {
    let [a, b, c, d] = *pass.part(start, start + 4).first_chunk::<4>()?;
    if !(a.is_ascii_alphabetic()
        && b.is_ascii_alphabetic()
        && c.is_ascii_digit()
        && d.is_ascii_digit())
    {
        return None;
    }
    let length = checksum::iban_length(&[a.to_ascii_uppercase(), b.to_ascii_uppercase()])?;
    let mut compact = [0_u8; 34];
    let (mut at, mut taken) = (start, 0);
    while taken < length {
        let byte = match pass.at(at) {
            b' ' | b'-' if taken >= 4 && pass.at(at + 1).is_ascii_alphanumeric() => {
                at += 1;
                pass.at(at)
            }
            byte => byte,
        };
        if !byte.is_ascii_alphanumeric() {
            return None;
        }
        *compact.get_mut(taken)? = byte;
        taken += 1;
        at += 1;
    }
    let valid = !pass.glued_after(at) && checksum::iban(compact.get(..length)?);
    valid.then(|| {
        pass.push(Kind::Iban, start, at, 1.0);
        at
    })
}
