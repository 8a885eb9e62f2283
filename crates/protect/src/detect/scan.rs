//! Personal data within running text, in one pass.
//!
//! Invariant: results do not overlap and stand in the order of the text; where two could, the
//! higher score wins, and of equal ones the longer. Time is linear: a block of bytes without a
//! digit, `@`, `:` or `.` is left at once, and what is tried at such a byte is bounded.
//!
//! Must never: allocate for a text in which nothing is found.

use super::{
    Kind, code, context,
    context::{Topics, topic},
    number, web,
};

/// Something found in a text.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Entity {
    /// What it is.
    pub kind: Kind,
    /// Where it begins, in characters from 0.
    pub start: usize,
    /// Where it ends, in characters; the end is not part of it.
    pub end: usize,
    /// From 0 to 1.
    pub score: f32,
}

/// Something found in a text, in bytes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// Where it begins, in bytes from 0; the border of a character.
    pub start: usize,
    /// Where it ends, in bytes; the end is not part of it.
    pub end: usize,
    /// From 0 to 1.
    pub score: f32,
}

/// Weaker candidates are not reported.
const LEAST: f32 = 0.4;
/// Bytes that are looked at together for one that matters.
const BLOCK: usize = 32;

/// Finds personal data in texts, one after another.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scanner {
    /// What is known without a word nearby, such as from the name of a column.
    known: Topics,
    /// One bit for each kind that is passed over.
    passed_over: u64,
}

const _: () = assert!(Kind::ALL.len() <= 64);

impl Scanner {
    /// A scanner of running text with all detectors.
    pub fn new() -> Scanner {
        Scanner::default()
    }

    /// The same scanner, for which this kind is nothing: it hides nothing that overlaps it.
    #[must_use]
    pub fn without(mut self, kind: Kind) -> Scanner {
        self.passed_over |= 1 << kind as u32;
        self
    }

    /// A scanner of the values of a column with this name.
    pub(super) fn of_column(words: &[u8]) -> Scanner {
        Scanner {
            // Words such as `number`, `message` or `security` say less in a name than in a text.
            known: context::topics(words) & topic::OTHER & !topic::SSN,
            passed_over: 0,
        }
    }

    /// Puts what `text` holds into `found`, in place of what was there.
    pub fn scan(&self, text: &str, found: &mut Vec<Found>) {
        found.clear();
        let mut pass = Pass {
            text,
            bytes: text.as_bytes(),
            found,
            known: self.known,
            passed_over: self.passed_over,
            url_end: 0,
            email_end: 0,
        };
        let mut at = 0;
        while let Some(next) = next_of_interest(pass.bytes, at) {
            at = pass.look(next).max(next + 1);
        }
        without_overlaps(found);
    }
}

/// Finds personal data in `text`, in time linear in its length.
pub fn scan_text(text: &str) -> Vec<Entity> {
    let mut found = Vec::new();
    Scanner::new().scan(text, &mut found);
    in_characters(text, &found)
}

/// One text while it is looked at.
pub(super) struct Pass<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    found: &'a mut Vec<Found>,
    known: Topics,
    passed_over: u64,
    /// Where the last web address and the last email address end: neither begins anew inside.
    pub(super) url_end: usize,
    pub(super) email_end: usize,
}

impl Pass<'_> {
    /// Tries what can stand at the byte `at`, and gives the place to go on.
    fn look(&mut self, at: usize) -> usize {
        match self.at(at) {
            b'@' => web::email(self, at),
            b':' => web::colon(self, at),
            b'.' => web::dot(self, at),
            _ => self.digit(at),
        }
        .unwrap_or(at + 1)
    }

    /// A digit begins a number, or stands within a word of letters and digits.
    fn digit(&mut self, at: usize) -> Option<usize> {
        let word = self.word(at);
        if word.start == at && !self.glued_before(at) {
            return Some(number::run(self, at));
        }
        code::word(self, word.start, word.end)
    }

    /// The letters and digits around `at`.
    pub(super) fn word(&self, at: usize) -> std::ops::Range<usize> {
        const LONGEST: usize = 80;
        let inside = |byte: &&u8| byte.is_ascii_alphanumeric();
        let before = self
            .bytes
            .get(at.saturating_sub(LONGEST)..at)
            .unwrap_or_default();
        let after = self.bytes.get(at..).unwrap_or_default();
        at - before.iter().rev().take_while(inside).count()
            ..at + after.iter().take(LONGEST).take_while(inside).count()
    }

    /// The byte at `at`; zero beyond the end.
    pub(super) fn at(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// The bytes of `start..end`.
    pub(super) fn part(&self, start: usize, end: usize) -> &[u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// Whether a letter, a digit or `_` stands right before `at`.
    pub(super) fn glued_before(&self, at: usize) -> bool {
        match at.checked_sub(1).map(|before| self.at(before)) {
            None => false,
            Some(byte) if byte < 0x80 => joins(char::from(byte)),
            Some(_) => self
                .text
                .get(..at)
                .and_then(|text| text.chars().next_back())
                .is_some_and(joins),
        }
    }

    /// Whether a letter, a digit or `_` stands right at `at`.
    pub(super) fn glued_after(&self, at: usize) -> bool {
        match self.bytes.get(at) {
            None => false,
            Some(byte) if *byte < 0x80 => joins(char::from(*byte)),
            Some(_) => self
                .text
                .get(at..)
                .and_then(|text| text.chars().next())
                .is_some_and(joins),
        }
    }

    /// Whether `separator` joins `at` to more of the same thing: one that ends a sentence does not.
    pub(super) fn continued(&self, at: usize, separator: u8) -> bool {
        self.at(at) == separator && self.at(at + 1).is_ascii_alphanumeric()
    }

    /// What the words around speak of.
    pub(super) fn around(&self, start: usize, end: usize) -> Topics {
        self.known | context::around(self.bytes, start, end)
    }

    /// What the words right before speak of.
    pub(super) fn close_before(&self, start: usize) -> Topics {
        self.known | context::close_before(self.bytes, start)
    }

    pub(super) fn push(&mut self, kind: Kind, start: usize, end: usize, score: f32) {
        let wanted = self.passed_over >> kind as u32 & 1 == 0;
        if wanted && score >= LEAST && start < end {
            self.found.push(Found {
                kind,
                start,
                end,
                score,
            });
        }
    }
}

/// Whether a number next to this character is a part of something else. Scripts that write no
/// spaces do not join.
fn joins(c: char) -> bool {
    c == '_' || (c.is_alphanumeric() && u32::from(c) < 0x2E80)
}

/// The next digit, `:`, `@` or `.`.
fn next_of_interest(bytes: &[u8], mut at: usize) -> Option<usize> {
    // Digits and `:` are neighbours in ASCII.
    let of_interest = |byte: u8| byte.wrapping_sub(b'0') < 11 || byte == b'@' || byte == b'.';
    let mut rest = bytes.get(at..)?;
    while let Some((block, after)) = rest.split_first_chunk::<BLOCK>() {
        // Without a branch in between, the compiler compares all bytes at once.
        if block
            .iter()
            .fold(false, |any, byte| any | of_interest(*byte))
        {
            break;
        }
        at += BLOCK;
        rest = after;
    }
    rest.iter()
        .position(|byte| of_interest(*byte))
        .map(|within| at + within)
}

/// Keeps the better of those that overlap.
fn without_overlaps(found: &mut Vec<Found>) {
    if found.len() < 2 {
        return;
    }
    if found.is_sorted_by(|one, next| one.end <= next.start) {
        return;
    }
    let length = |one: &Found| one.end - one.start;
    found.sort_by(|one, other| {
        let by_score = other.score.total_cmp(&one.score);
        by_score.then_with(|| length(other).cmp(&length(one)))
    });
    let mut kept: std::collections::BTreeMap<usize, Found> = Default::default();
    for one in found.drain(..) {
        // Those kept do not overlap, so only the nearest before its end can overlap this one.
        let before = kept.range(..one.end).next_back();
        if before.is_none_or(|(_, before)| before.end <= one.start) {
            kept.insert(one.start, one);
        }
    }
    found.extend(kept.into_values());
}

fn in_characters(text: &str, found: &[Found]) -> Vec<Entity> {
    let (mut bytes, mut characters) = (0, 0);
    let mut position = |at: usize| {
        characters += text
            .get(bytes..at)
            .map_or(0, |between| between.chars().count());
        bytes = at;
        characters
    };
    let place = |one: &Found| Entity {
        kind: one.kind,
        start: position(one.start),
        end: position(one.end),
        score: one.score,
    };
    found.iter().map(place).collect()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Kind, String)> {
        let characters: Vec<char> = text.chars().collect();
        let piece = |one: &Entity| (one.kind, characters[one.start..one.end].iter().collect());
        scan_text(text).iter().map(piece).collect()
    }

    #[test]
    fn each_kind_is_found_where_it_stands() {
        for (text, kind, value) in [
            (
                "Schreib an jürgen.o'neil+x@mail.example.co.uk, bitte",
                Kind::Email,
                "jürgen.o'neil+x@mail.example.co.uk",
            ),
            (
                "see https://example.com/a?b=c#d.",
                Kind::Url,
                "https://example.com/a?b=c#d",
            ),
            ("from 106.31.73.20.", Kind::Ip, "106.31.73.20"),
            (
                "from 6e40:4041:c617:e898:c11:40d2:c669:2eb4",
                Kind::Ip,
                "6e40:4041:c617:e898:c11:40d2:c669:2eb4",
            ),
            ("from 2001:db8::1 on", Kind::Ip, "2001:db8::1"),
            (
                "IBAN gb29 NWBK 6016 1331 9268 19 please",
                Kind::Iban,
                "gb29 NWBK 6016 1331 9268 19",
            ),
            (
                "paid with 4111 1111 1111 1111 123 today",
                Kind::Card,
                "4111 1111 1111 1111",
            ),
            ("paid with 378282246310005", Kind::Card, "378282246310005"),
            ("amex 3782-822463-10005", Kind::Card, "3782-822463-10005"),
            ("ssn 460-89-9847", Kind::Ssn, "460-89-9847"),
            (
                "ring me, +46 (0)8 928 571 38",
                Kind::Phone,
                "+46 (0)8 928 571 38",
            ),
            ("call 905-674-3793 now", Kind::Phone, "905-674-3793"),
            ("my number is 9498777106", Kind::Phone, "9498777106"),
            ("call 345-899-3560x4587", Kind::Phone, "345-899-3560x4587"),
        ] {
            assert_eq!(found(text), [(kind, value.to_owned())], "{text}");
        }
    }

    #[test]
    fn national_numbers_are_found_by_their_checks_and_words() {
        for (text, kind, value) in [
            (
                "wallet 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2.",
                Kind::Crypto,
                "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
            ),
            (
                "to bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
                Kind::Crypto,
                "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
            ),
            ("host 00:1A:2b:3C:4D:5e up", Kind::Mac, "00:1A:2b:3C:4D:5e"),
            ("host 00-1A-2B-3C-4D-5E up", Kind::Mac, "00-1A-2B-3C-4D-5E"),
            ("ITIN 912-90-3456", Kind::UsItin, "912-90-3456"),
            (
                "US passport number 912803456",
                Kind::UsPassport,
                "912803456",
            ),
            ("passport A12345678", Kind::UsPassport, "A12345678"),
            (
                "driver's license F162823540116",
                Kind::UsDriverLicense,
                "F162823540116",
            ),
            ("bank account 945456787654", Kind::UsBank, "945456787654"),
            ("routing number 042303338", Kind::UsRouting, "042303338"),
            ("DEA AB1234563", Kind::MedicalLicense, "AB1234563"),
            ("NHS number 943 476 5919", Kind::UkNhs, "943 476 5919"),
            ("NI number AB 12 34 56 C", Kind::UkNino, "AB 12 34 56 C"),
            ("mi DNI es 52387016P", Kind::EsNif, "52387016P"),
            (
                "codice fiscale RSSMRA85T10A562S",
                Kind::ItFiscalCode,
                "RSSMRA85T10A562S",
            ),
            ("PESEL 84841564486", Kind::PlPesel, "84841564486"),
            ("hetu 131052-308T", Kind::FiCode, "131052-308T"),
            ("Steuer-ID 48 065 271 002", Kind::DeTaxId, "48 065 271 002"),
            (
                "NIR 1 84 09 78 006 084 10",
                Kind::FrNir,
                "1 84 09 78 006 084 10",
            ),
            ("Aadhaar 5053 1603 8402", Kind::InAadhaar, "5053 1603 8402"),
            ("PAN ABCPD1234E", Kind::InPan, "ABCPD1234E"),
            ("ABN 51 824 753 556", Kind::AuAbn, "51 824 753 556"),
            ("ACN 004 085 616", Kind::AuAcn, "004 085 616"),
            ("TFN 402 344 834", Kind::AuTfn, "402 344 834"),
            ("Medicare 2123 45670 1", Kind::AuMedicare, "2123 45670 1"),
            ("NRIC S1234567D", Kind::SgNric, "S1234567D"),
            ("ZIP: 7412 SL", Kind::Zip, "7412 SL"),
            ("he is 47 years old", Kind::Age, "47"),
            ("on 12th of March 2020 we", Kind::Date, "12th of March 2020"),
            ("on March 12, 2020 we", Kind::Date, "March 12, 2020"),
            ("am 3. Oktober 1990", Kind::Date, "3. Oktober 1990"),
            (
                "at 2015-12-22T04:34:22.5Z",
                Kind::Date,
                "2015-12-22T04:34:22.5Z",
            ),
            ("電話0312345678です", Kind::Phone, "0312345678"),
        ] {
            // Japanese has no words here, so the digits alone do not count there.
            let expected = match text.is_ascii() || kind != Kind::Phone {
                true => vec![(kind, value.to_owned())],
                false => vec![],
            };
            assert_eq!(found(text), expected, "{text}");
        }
        // Without the word, digits that pass a check once in ten say nothing.
        for text in [
            "no 84841564486",
            "ref 6091390996",
            "item 505316038402",
            "code 042303338",
            "batch 912803456",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn nothing_is_cut_in_two_by_a_long_run_or_by_a_block() {
        for before in 0..70 {
            let text = format!("{}4111 1111 1111 1111 end", "7 ".repeat(before));
            let cards = scan_text(&text);
            assert!(
                cards
                    .iter()
                    .any(|one| one.kind == Kind::Card && one.start == before * 2),
                "{before}"
            );
            let text = format!(
                "{}a@example.com{}",
                "x ".repeat(before),
                " y".repeat(before)
            );
            assert_eq!(
                found(&text),
                [(Kind::Email, "a@example.com".to_owned())],
                "{before}"
            );
        }
    }

    #[test]
    fn any_text_is_taken_and_results_are_apart_and_on_the_borders_of_characters() {
        const PIECES: [&str; 24] = [
            "@",
            ":",
            "::",
            ".",
            "www.",
            "http://",
            "4111 1111 1111 1111",
            "1",
            "12",
            "2020-01-02",
            "GB29 NWBK",
            "é",
            "日",
            "😀",
            "a",
            "card ",
            "-",
            "(",
            "+",
            " ",
            "10.0.0.1",
            "e.com",
            "\u{301}",
            "12th",
        ];
        let mut random = crate::testing::Random::new(70);
        let mut found = Vec::new();
        for _ in 0..20_000 {
            let text: String = (0..random.below(14))
                .map(|_| PIECES[random.below(PIECES.len())])
                .collect();
            Scanner::new().scan(&text, &mut found);
            for one in &found {
                assert!(
                    text.get(one.start..one.end)
                        .is_some_and(|part| !part.is_empty()),
                    "{text:?}"
                );
                assert!((LEAST..=1.0).contains(&one.score), "{text:?}");
            }
            assert!(
                found.is_sorted_by(|one, next| one.end <= next.start),
                "{text:?}"
            );
        }
    }

    #[test]
    fn what_only_looks_like_it_is_left_alone() {
        for text in [
            "order 4111111111111112",
            "id 12345678901234567890123",
            "version 1.2.3.4.5",
            "std::fmt::Debug and a::b",
            "user@localhost, @name, a@b",
            "666-12-1234 000-12-1234",
            "x4111111111111111y",
            "GB29NWBK60161331926818",
            "999.1.1.1",
            "7 samurai, 12 monkeys, 101 dalmatians",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn offsets_count_characters() {
        let text = "日本 é a@example.com 😀 b@example.com";
        let entities = scan_text(text);
        let values: Vec<_> = entities.iter().map(|one| (one.start, one.end)).collect();
        assert_eq!(values, [(5, 18), (21, 34)]);
    }

    #[test]
    fn words_nearby_raise_the_score_and_bare_digits_stay_below_the_guards() {
        let score = |text: &str| scan_text(text)[0].score;
        assert!(score("4111111111111111") < 0.8);
        assert!(score("visa 4111111111111111") > 0.9);
        assert!(score("4111 1111 1111 1111") > 0.8);
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "measures that time stays linear")]
    fn long_and_hostile_texts_take_linear_time() {
        let texts = [
            "1 ".repeat(1 << 16),
            "1-".repeat(1 << 16),
            "a@".repeat(1 << 16),
            ":".repeat(1 << 17),
        ];
        let others = [
            "+(".repeat(1 << 16),
            "GB29 ".repeat(1 << 15),
            "www.".repeat(1 << 15),
            "a.".repeat(1 << 16),
            "http://".repeat(1 << 14),
            "4111 1111 1111 1111 ".repeat(1 << 12),
            "card 9 ".repeat(1 << 14),
            "é@é.".repeat(1 << 14),
            "12.".repeat(1 << 15),
        ];
        for text in texts.iter().chain(&others) {
            let started = std::time::Instant::now();
            let _ = scan_text(text);
            assert!(started.elapsed().as_secs() < 5, "{}", &text[..4]);
        }
    }
}
