//! Email addresses, web addresses, and addresses of machines.
//!
//! Invariant: what is read before the byte that gave it away is bounded; what is read after it is
//! not read again.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Kind, context::topic, scan::Pass};

/// The longest local part of an email address (RFC 5321), in bytes.
const LOCAL: usize = 64;
/// The longest domain.
const DOMAIN: usize = 255;

/// The address whose `@` stands at `at`.
pub(super) fn email(pass: &mut Pass<'_>, at: usize) -> Option<usize> {
    let floor = pass.email_end.max(at.saturating_sub(LOCAL));
    let mut start = at;
    while start > floor {
        match pass.at(start - 1) {
            byte if byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-".contains(&byte) => {
                start -= 1
            }
            byte if byte >= 0x80 => {
                let last = pass.text.get(..start)?.chars().next_back()?;
                if !last.is_alphanumeric() || start < floor + last.len_utf8() {
                    break;
                }
                start -= last.len_utf8();
            }
            _ => break,
        }
    }
    while start < at && b".'*=&|{/".contains(&pass.at(start)) {
        start += 1;
    }
    if start == at {
        return None;
    }
    let end = domain(pass, at + 1)?;
    pass.email_end = end;
    pass.push(Kind::Email, start, end, 0.95);
    None
}

/// Where the domain that begins at `start` ends: two labels or more, of which the last begins and
/// ends with a letter.
fn domain(pass: &Pass<'_>, start: usize) -> Option<usize> {
    let limit = pass.bytes.len().min(start + DOMAIN);
    let (mut at, mut end, mut labels) = (start, None, 0);
    while at < limit {
        let label = at;
        let mut last_letter = None;
        let mut lettered = false;
        while at < limit {
            let byte = pass.at(at);
            let width = match byte {
                b'-' => 1,
                _ if byte.is_ascii_alphanumeric() => 1,
                0x80.. => {
                    let c = pass.text.get(at..)?.chars().next()?;
                    if !c.is_alphanumeric() {
                        break;
                    }
                    c.len_utf8()
                }
                _ => break,
            };
            let letter = byte.is_ascii_alphabetic() || byte >= 0x80;
            lettered |= at == label && letter;
            at += width;
            if letter {
                last_letter = Some(at);
            }
        }
        if at == label {
            break;
        }
        labels += 1;
        if labels > 1 && lettered {
            end = last_letter.filter(|last| last - label > 1).or(end);
        }
        if pass.at(at) != b'.' {
            break;
        }
        at += 1;
    }
    end
}

/// A web address, an IPv6 address or a MAC address around the `:` at `at`.
pub(super) fn colon(pass: &mut Pass<'_>, at: usize) -> Option<usize> {
    if pass.at(at + 1) == b'/' && pass.at(at + 2) == b'/' {
        let word = pass.word(at.checked_sub(1)?);
        let scheme = pass.part(word.start, at);
        let known = [&b"http"[..], b"https", b"ftp", b"ftps"];
        if known.iter().any(|one| scheme.eq_ignore_ascii_case(one))
            && !pass.glued_before(word.start)
        {
            url(pass, word.start, at + 3);
        }
        return Some(at + 3);
    }
    let start = at
        - pass
            .part(at.saturating_sub(4), at)
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_hexdigit())
            .count();
    if start > 0 && (pass.at(start - 1) == b':' || pass.glued_before(start)) {
        return None;
    }
    let in_address = |byte: &&u8| byte.is_ascii_hexdigit() || **byte == b':' || **byte == b'.';
    let mut end = at
        + pass
            .part(at, pass.bytes.len().min(at + 48))
            .iter()
            .take_while(in_address)
            .count();
    while end > at + 1
        && (pass.at(end - 1) == b'.' || (pass.at(end - 1) == b':' && pass.at(end - 2) != b':'))
    {
        end -= 1;
    }
    if pass.glued_after(end) {
        return None;
    }
    let found = machine(pass.text.get(start..end)?)?;
    pass.push(found, start, end, 0.8);
    Some(end)
}

/// What kind of address the whole text is.
fn machine(text: &str) -> Option<Kind> {
    if mac(text.as_bytes(), b':') {
        return Some(Kind::Mac);
    }
    // `a::b` in source code and times such as 11:34:35 are no addresses.
    let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
    let shape = text.contains("::") && digits >= 4 || text.matches(':').count() >= 6;
    (shape && text.parse::<Ipv6Addr>().is_ok()).then_some(Kind::Ip)
}

/// Six pairs of hexadecimal digits.
pub(super) fn mac(text: &[u8], separator: u8) -> bool {
    text.len() == 17
        && text.iter().enumerate().all(|(at, byte)| match at % 3 {
            2 => *byte == separator,
            _ => byte.is_ascii_hexdigit(),
        })
}

/// An address that begins with `www.` before the dot at `at`.
pub(super) fn dot(pass: &mut Pass<'_>, at: usize) -> Option<usize> {
    let start = at.checked_sub(3)?;
    if pass.part(start, at).eq_ignore_ascii_case(b"www") && !pass.glued_before(start) {
        url(pass, start, at + 1);
    }
    None
}

/// Takes the rest of a web address from `at`, three characters at least.
fn url(pass: &mut Pass<'_>, start: usize, at: usize) {
    // Behind `@` it is the domain of an email address.
    if start < pass.url_end || (start > 0 && pass.at(start - 1) == b'@') {
        return;
    }
    let mut end = at;
    let mut characters = 0;
    for c in pass.text.get(at..).unwrap_or_default().chars() {
        if c.is_whitespace() || c.is_control() || "<>\"'`{}|\\^".contains(c) {
            break;
        }
        end += c.len_utf8();
        characters += 1;
    }
    pass.url_end = end;
    if characters < 3 {
        return;
    }
    while end > at && b".,;:!?)]".contains(&pass.at(end - 1)) {
        end -= 1;
    }
    // Certain, so that it is not left in pieces around an address or a number that it holds.
    pass.push(Kind::Url, start, end, 1.0);
}

/// Whether four groups with dots between are an IPv4 address, with what speaks for it.
pub(super) fn ipv4(pass: &mut Pass<'_>, start: usize, end: usize) -> bool {
    let valid = pass
        .text
        .get(start..end)
        .is_some_and(|text| text.parse::<Ipv4Addr>().is_ok());
    if valid {
        let version = pass.around(start, end) & (topic::VERSION | topic::IP) == topic::VERSION;
        pass.push(Kind::Ip, start, end, if version { 0.3 } else { 0.8 });
    }
    valid
}
