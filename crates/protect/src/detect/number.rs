//! Numbers of digits: runs of groups between separators, and what each part of them can be.
//!
//! Invariant: a run is at most [`GROUPS`] groups; a longer one is read on from its eighth, so that
//! nothing of at most eight groups is cut in two.

use super::{
    Kind, checksum, code, context,
    context::{Topics, topic},
    date, identity,
    scan::Pass,
    web,
};
use crate::{
    lanes::{self, Lanes},
    swar,
};

/// Groups that are read together.
const GROUPS: usize = 16;
/// Groups after which a run that is longer is read again.
const AGAIN: usize = 8;
/// Bytes that may stand between two groups.
const GAP: usize = 3;

/// Groups of digits with little between them.
pub(super) struct Run {
    groups: [(usize, usize); GROUPS],
    pub(super) length: usize,
    /// Where the next group begins.
    more: Option<usize>,
    around: Option<Topics>,
    before: Option<Topics>,
}

impl Run {
    /// A run that begins at `at` and of which nothing is read.
    fn at(at: usize) -> Run {
        Run {
            groups: [(0, 0); GROUPS],
            length: 0,
            more: Some(at),
            around: None,
            before: None,
        }
    }

    /// Reads on, as many groups as there is room for.
    #[inline(always)]
    fn read(&mut self, pass: &Pass<'_>) {
        // Most runs are short.
        let mut seen = match (self.length, self.more) {
            (0, Some(start)) => Seen::from::<1>(pass, start),
            (_, Some(start)) => Seen::from::<2>(pass, start),
            (_, None) => return,
        };
        while let (Some(start), Some(place)) = (self.more, self.groups.get_mut(self.length)) {
            let (end, next) = match seen.group(start) {
                Some(group) => group,
                None => {
                    seen = Seen::from::<2>(pass, start);
                    seen.group(start).unwrap_or_else(|| group(pass, start))
                }
            };
            *place = (start, end);
            self.length += 1;
            self.more = next;
        }
    }

    /// The same run from its group [`AGAIN`] on.
    fn again(&mut self) {
        self.groups.copy_within(AGAIN.., 0);
        self.length = GROUPS - AGAIN;
        (self.around, self.before) = (None, None);
    }

    pub(super) fn start(&self, at: usize) -> usize {
        self.groups.get(at).map_or(0, |(start, _)| *start)
    }

    pub(super) fn end(&self, at: usize) -> usize {
        self.groups.get(at).map_or(0, |(_, end)| *end)
    }

    pub(super) fn digits(&self, at: usize) -> usize {
        self.end(at) - self.start(at)
    }

    /// What stands between the group `at` and the one before it.
    pub(super) fn gap<'a>(&self, pass: &'a Pass<'_>, at: usize) -> &'a [u8] {
        match at.checked_sub(1) {
            Some(before) => pass.part(self.end(before), self.start(at)),
            None => &[],
        }
    }

    /// What the words around the run speak of; found out once.
    pub(super) fn around(&mut self, pass: &Pass<'_>) -> Topics {
        let (start, end) = (self.start(0), self.end(self.length.saturating_sub(1)));
        *self.around.get_or_insert_with(|| pass.around(start, end))
    }

    /// What the words right before the run speak of; found out once.
    pub(super) fn close_before(&mut self, pass: &Pass<'_>) -> Topics {
        let start = self.start(0);
        *self.before.get_or_insert_with(|| pass.close_before(start))
    }
}

/// Where a group of digits ends, and where the next one of the run begins.
type Group = (usize, Option<usize>);

/// The group that begins at `start`.
fn group(pass: &Pass<'_>, start: usize) -> Group {
    let rest = pass.bytes.get(start..).unwrap_or_default();
    let others = swar::find(rest, |word| !swar::digits(word) & swar::ALL);
    let end = start + others.unwrap_or(rest.len());
    let gap = pass.part(end, pass.bytes.len().min(end + GAP + 1));
    let between = gap
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'('..=b')' | b'-'..=b'/'))
        .count();
    let digit = gap.get(between).is_some_and(u8::is_ascii_digit);
    (end, (between > 0 && digit).then_some(end + between))
}

/// Some bytes of a text from one on, in which groups are told apart all at once.
struct Seen {
    from: usize,
    length: usize,
    digits: u64,
    /// What may stand between two groups.
    gaps: u64,
}

impl Seen {
    /// Sixteen bytes, so many times.
    #[inline(always)]
    fn from<const N: usize>(pass: &Pass<'_>, from: usize) -> Seen {
        let lanes = Lanes::<N>::of(pass.bytes.get(from..).unwrap_or_default());
        let gap = |block| {
            let signs = lanes::range(block, b'(', b')') | lanes::range(block, b'-', b'/');
            signs | lanes::equal(block, b' ')
        };
        Seen {
            from,
            length: 16 * N,
            digits: lanes.places(lanes::digits),
            gaps: lanes.places(gap),
        }
    }

    /// As [`group`]; `None` where what follows the group is beyond these bytes.
    #[inline(always)]
    fn group(&self, start: usize) -> Option<Group> {
        let first = start - self.from;
        if first >= self.length {
            return None;
        }
        let end = first + (!(self.digits >> first)).trailing_zeros() as usize;
        if end + GAP >= self.length {
            return None;
        }
        let between = (!(self.gaps >> end)).trailing_zeros() as usize;
        let digit = self.digits >> (end + between) & 1 == 1;
        let next = (1..=GAP).contains(&between) && digit;
        Some((
            self.from + end,
            next.then_some(start + end + between - first),
        ))
    }
}

/// Tries the run of groups that begins at `at`, and gives the place to go on.
pub(super) fn run(pass: &mut Pass<'_>, at: usize) -> usize {
    let mut run = Run::at(at);
    loop {
        run.read(pass);
        let next = tried(pass, &mut run);
        // Nothing that was found reaches into what is read again.
        if run.length < GROUPS || next != run.start(AGAIN) {
            return next;
        }
        run.again();
    }
}

/// Tries what has been read of a run, and gives the place to go on.
fn tried(pass: &mut Pass<'_>, run: &mut Run) -> usize {
    let last = run.length - 1;
    let (last_start, last_end) = (run.start(last), run.end(last));
    let mut next = last_end;
    let whole = run.length < GROUPS;
    let extended = whole.then(|| extension(pass, last_end)).flatten();
    if !whole {
        next = run.start(AGAIN);
    } else if extended.is_none() && pass.glued_after(last_end) {
        // The last group begins a word, such as `12th` or `12345678Z`.
        run.length = last;
        next = match date::at(pass, last_start) {
            Some(end) => end,
            None => {
                let word = pass.word(last_start);
                code::word(pass, last_start, word.end)
                    .unwrap_or(last_end)
                    .max(last_end)
            }
        };
    }
    // What begins in the second half of a run that is cut is tried with what follows it.
    let starts = if last + 1 == GROUPS {
        AGAIN
    } else {
        run.length
    };
    let (mut from, mut group) = (0, 0);
    while group < starts {
        let used = match date_at(pass, run, group) {
            Some(end) => {
                next = next.max(end);
                (group..run.length)
                    .take_while(|at| run.start(*at) < end)
                    .count()
            }
            None if addresses(pass, run, group) => 4,
            None => {
                age(pass, run, group);
                identity::from(pass, run, group)
            }
        };
        if used > 0 {
            phone(pass, run, from, group, None);
            group += used;
            from = group;
        } else {
            group += 1;
        }
    }
    phone(pass, run, from, starts.max(from), extended);
    next
}

/// Where the date ends that begins with the group `at`: none begins with another number of digits.
fn date_at(pass: &mut Pass<'_>, run: &Run, at: usize) -> Option<usize> {
    matches!(run.digits(at), 1 | 2 | 4)
        .then(|| date::at(pass, run.start(at)))
        .flatten()
}

/// Where an extension of a telephone number ends: `x123`, ` ext. 123`.
fn extension(pass: &Pass<'_>, end: usize) -> Option<usize> {
    let rest = pass.part(end, pass.bytes.len().min(end + 12));
    let trimmed = rest.strip_prefix(b" ").unwrap_or(rest);
    let after = [&b"ext. "[..], b"ext.", b"ext ", b"ext", b"x"]
        .into_iter()
        .find_map(|mark| trimmed.strip_prefix(mark))?;
    let digits = after
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let at = end + rest.len() - after.len() + digits;
    ((1..=5).contains(&digits) && !pass.glued_after(at)).then_some(at)
}

/// An IPv4 address, or a MAC address with dashes, from the group `at` on.
fn addresses(pass: &mut Pass<'_>, run: &Run, at: usize) -> bool {
    if run.digits(at) == 2 && pass.at(run.end(at)) == b'-' {
        return code::mac(pass, run.start(at)).is_some();
    }
    let dotted = |at| run.gap(pass, at) == b".";
    if at + 4 > run.length || !(at + 1..at + 4).all(dotted) {
        return false;
    }
    let (start, end) = (run.start(at), run.end(at + 3));
    let joined = start > 0 && pass.at(start - 1) == b'.' || pass.continued(end, b'.');
    !joined && web::ipv4(pass, start, end)
}

/// An age, by the words around it.
fn age(pass: &mut Pass<'_>, run: &Run, at: usize) {
    let (start, end) = (run.start(at), run.end(at));
    if run.digits(at) > 3 {
        return;
    }
    let years = checksum::value(pass.part(start, end));
    if !(1..=120).contains(&years) || pass.continued(end, b'.') {
        return;
    }
    let after = pass.part(end, pass.bytes.len().min(end + 10));
    let says = [
        "-year-old",
        "-years-ol",
        " year old",
        " years old",
        " year-old",
        " y/o",
        " y.o.",
    ];
    let said = |one: &&str| {
        after
            .get(..one.len())
            .is_some_and(|part| part.eq_ignore_ascii_case(one.as_bytes()))
    };
    let before = context::word_before(pass.bytes, start);
    let ends = matches!(
        after.first(),
        None | Some(b'.' | b',' | b'!' | b'?' | b';' | b'\n')
    );
    let preceded = |by: &[u8]| {
        pass.part(start.saturating_sub(by.len()), start)
            .eq_ignore_ascii_case(by)
    };
    let named = context::one_of(before, &["aged", "turned", "turn"])
        || (ends && context::one_of(before, &["i'm"]))
        || preceded(b"age of ")
        || preceded(b"age: ");
    if named || says.iter().any(said) {
        pass.push(Kind::Age, start, end, 0.6);
    }
}

/// A telephone number of the groups `from..to`.
fn phone(pass: &mut Pass<'_>, run: &mut Run, from: usize, to: usize, extended: Option<usize>) {
    let total: usize = (from..to).map(|at| run.digits(at)).sum();
    if !(7..=15).contains(&total) {
        return;
    }
    let mut start = run.start(from);
    let opened = start > 0 && pass.at(start - 1) == b'(';
    start -= usize::from(opened);
    let plus = start > 0 && pass.at(start - 1) == b'+';
    start -= usize::from(plus);
    let main_end = run.end(to - 1);
    let money = "$€£¥".chars().any(|sign| {
        pass.text
            .get(..start)
            .unwrap_or_default()
            .trim_end()
            .ends_with(sign)
    });
    if pass.glued_before(start) || money || pass.at(main_end) == b'%' {
        return;
    }
    let main = pass.part(start, main_end);
    let count = |wanted: u8| main.iter().filter(|byte| **byte == wanted).count();
    let groups = to - from;
    let separated = groups > 1 || opened;
    let balanced = count(b'(') == count(b')');
    let shaped =
        balanced && groups <= 7 && (from + 1..to).all(|at| (2..=8).contains(&run.digits(at)));
    let thousands = groups > 1
        && run.digits(from) <= 3
        && (from + 1..to).all(|at| run.digits(at) == 3 && run.gap(pass, at) == b".");
    // The end of something longer, such as `10.1016/j.tcs.2013.06.013`.
    let joined = start > 1
        && b".-/".contains(&pass.at(start - 1))
        && pass.at(start - 2).is_ascii_alphanumeric();
    let base = match (plus, separated) {
        (true, _) => 0.75,
        _ if count(b'/') > 0 || thousands || joined => 0.1,
        // Two numbers side by side are mostly a house number and a street's.
        (false, true) if shaped && groups == 2 && !opened => 0.2,
        (false, true) if shaped => 0.4,
        // Bare digits are anything; only a word beside them makes a telephone number of them.
        (false, false) if total <= 12 => 0.1,
        _ => return,
    };
    let around = run.around(pass);
    let other = around & topic::OTHER != 0;
    let score = match around & topic::PHONE != 0 || (around & topic::NUMBER != 0 && !other) {
        true => f32::min(base + 0.35, 1.0),
        false if other && !plus => base - 0.15,
        false => base,
    };
    pass.push(Kind::Phone, start, extended.unwrap_or(main_end), score);
}
