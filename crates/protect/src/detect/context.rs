//! The words around a number, which tell what it is.
//!
//! Invariant: one look costs at most [`BEFORE`] and [`AFTER`] bytes, whatever the text.

use std::sync::LazyLock;

use crate::swar;

/// How many bytes before a number are looked at.
const BEFORE: usize = 56;
/// How many bytes before a short number, which much else can be.
const CLOSE: usize = 18;
/// How many bytes after it.
const AFTER: usize = 14;
/// Slots of the table of words, a power of two and more than twice the words.
const SLOTS: usize = 1 << 10;

/// What words nearby speak of: a set of [`topic`]s.
pub(super) type Topics = u64;

/// One bit for each thing that words can speak of.
pub(super) mod topic {
    macro_rules! topics {
        ($($name:ident = $bit:literal)*) => {
            $(pub(in super::super) const $name: super::Topics = 1 << $bit;)*
        };
    }
    topics! {
        PHONE = 0 CARD = 1 SSN = 2 DRIVER = 3 PASSPORT = 4 BANK = 5 ROUTING = 6 DEA = 7 NHS = 8
        ITIN = 9 AADHAAR = 10 PAN = 11 TFN = 12 ABN = 13 ACN = 14 MEDICARE = 15 NRIC = 16
        PESEL = 17 STEUER = 18 NIR = 19 NIF = 20 FISCAL = 21 NINO = 22 HETU = 23 ZIP = 24
        BIRTH = 25 VERSION = 26 NUMBER = 27 CRYPTO = 28 DESK = 29 IP = 30
    }
    /// Kinds of numbers other than a telephone's.
    pub(in super::super) const OTHER: super::Topics = CARD
        | SSN
        | DRIVER
        | PASSPORT
        | BANK
        | ROUTING
        | DEA
        | NHS
        | ITIN
        | AADHAAR
        | PAN
        | TFN
        | ABN
        | ACN
        | MEDICARE
        | NRIC
        | PESEL
        | STEUER
        | NIR
        | NIF
        | FISCAL
        | NINO
        | HETU
        | ZIP;
}

/// Words in lower case; only the first eight bytes count, so `telephon` is `telephones` too.
const WORDS: &[(&str, Topics)] = &[
    (
        "phone phones telephon call calls called calling callback tel mobile cell cellphon fax contact \
         reach reached sms whatsapp message messages answer answerin dial ring hotline landline voicemai \
         telefon telefonn telefono telefone anruf anrufen handy mobil mobilnum portable movil celular \
         llamar appeler chiamare cellular msisdn",
        topic::PHONE,
    ),
    ("office desk home work fax cell mobile direct", topic::DESK),
    (
        "card cards visa mastercard masterca amex credit debit payment paid cc creditcard creditca \
         maestro discover karte kreditkar carte tarjeta carta",
        topic::CARD,
    ),
    ("ssn ssns social security", topic::SSN),
    (
        "driver drivers driving dl permis patente conducir fuhrersc führersc",
        topic::DRIVER,
    ),
    (
        "passport passepor reisepas pasaport passapor",
        topic::PASSPORT,
    ),
    (
        "bank account accounts acct checking savings konto kontonum compte cuenta conto",
        topic::BANK,
    ),
    ("routing aba", topic::ROUTING),
    ("dea prescrib", topic::DEA),
    ("nhs", topic::NHS),
    ("itin taxpayer", topic::ITIN),
    ("aadhaar aadhar uidai uid", topic::AADHAAR),
    ("pan permanent", topic::PAN),
    ("tfn tax", topic::TFN),
    ("abn", topic::ABN),
    ("acn", topic::ACN),
    ("medicare", topic::MEDICARE),
    ("nric fin", topic::NRIC),
    ("pesel", topic::PESEL),
    (
        "steuer steueri steuerid steueride steuernu idnr tin",
        topic::STEUER,
    ),
    ("nir insee secu sécurité securite sociale", topic::NIR),
    ("nif dni nie", topic::NIF),
    ("codice fiscale fiscal", topic::FISCAL),
    ("nino ni insuranc", topic::NINO),
    ("hetu henkilö henkilot henkilöt", topic::HETU),
    ("zip zipcode postal postcode postleit plz", topic::ZIP),
    (
        "birth born dob birthday birthdat geboren geburtsd naissanc né née nacimien nascita nato nata",
        topic::BIRTH,
    ),
    ("version versions release build", topic::VERSION),
    ("number numbers num numero número nummer", topic::NUMBER),
    ("bitcoin btc wallet crypto", topic::CRYPTO),
    ("ip address host server", topic::IP),
];

static TABLE: LazyLock<Vec<(u64, Topics)>> = LazyLock::new(|| {
    let mut table = vec![(0, 0); SLOTS];
    for (words, topics) in WORDS {
        for word in words.split(' ') {
            let key = word.bytes().take(8).enumerate().fold(0, packed);
            let free = (slot(key)..slot(key) + SLOTS)
                .map(|at| at % SLOTS)
                .find(|at| {
                    table
                        .get(*at)
                        .is_some_and(|(held, _)| *held == 0 || *held == key)
                });
            if let Some(entry) = free.and_then(|at| table.get_mut(at)) {
                *entry = (key, entry.1 | topics);
            }
        }
    }
    table
});

fn packed(key: u64, (at, byte): (usize, u8)) -> u64 {
    key | u64::from(byte) << (8 * at)
}

fn slot(key: u64) -> usize {
    (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54) as usize
}

fn topics_of(key: u64, table: &[(u64, Topics)]) -> Topics {
    let mut at = slot(key);
    loop {
        match table.get(at) {
            Some((held, topics)) if *held == key => return *topics,
            Some((held, _)) if *held != 0 => at = (at + 1) % SLOTS,
            _ => return 0,
        }
    }
}

/// The topics of the words in `text`.
pub(super) fn topics(text: &[u8]) -> Topics {
    // Digits and spaces are most of what stands between numbers.
    if swar::all(text, |word| !(swar::letters(word) | word) & swar::ALL) {
        return 0;
    }
    let table: &[(u64, Topics)] = &TABLE;
    let (mut topics, mut key, mut length) = (0, 0_u64, 0_usize);
    for byte in text {
        if byte.is_ascii_alphabetic() || *byte >= 0x80 {
            if length < 8 {
                key = packed(key, (length, byte.to_ascii_lowercase()));
            }
            length += 1;
        } else if length > 0 {
            topics |= topics_of(key, table);
            (key, length) = (0, 0);
        }
    }
    if length > 0 {
        topics |= topics_of(key, table);
    }
    topics
}

/// The topics of the words shortly before and after `start..end`.
pub(super) fn around(text: &[u8], start: usize, end: usize) -> Topics {
    let mut from = start.saturating_sub(BEFORE);
    // A word that begins further back is not cut in two.
    while from > 0
        && start - from > BEFORE / 2
        && text.get(from - 1).is_some_and(u8::is_ascii_alphabetic)
    {
        from += 1;
    }
    let before = topics(text.get(from..start).unwrap_or_default()) & !topic::DESK;
    let until = (end + AFTER).min(text.len());
    let after = topics(text.get(end..until).unwrap_or_default()) & topic::DESK;
    before | if after != 0 { topic::PHONE } else { 0 }
}

/// The topics of the words right before `start`.
pub(super) fn close_before(text: &[u8], start: usize) -> Topics {
    topics(
        text.get(start.saturating_sub(CLOSE)..start)
            .unwrap_or_default(),
    )
}

/// The word that ends right before `at`, beyond one run of spaces.
pub(super) fn word_before(text: &[u8], at: usize) -> &[u8] {
    let before = text.get(at.saturating_sub(24)..at).unwrap_or_default();
    let trimmed = before.trim_ascii_end();
    let length = trimmed
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'\'')
        .count();
    trimmed.get(trimmed.len() - length..).unwrap_or_default()
}

/// Whether `word` is one of `list`, in any case.
pub(super) fn one_of(word: &[u8], list: &[&str]) -> bool {
    list.iter()
        .any(|one| word.eq_ignore_ascii_case(one.as_bytes()))
}
