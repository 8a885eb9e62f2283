//! What a column means, from its name and from its values: its level, its tags and the protection
//! that the proposed pipeline gives it.
//!
//! INVARIANT: only a surrogate key and a column whose every value is a country code get less than
//! the highest level; a wrong guess protects too much, never too little.

use super::names;
use sealine_protect::detect::{self, Kind};

/// What a column is taken for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::verbs) enum Meaning {
    Key,
    Country,
    Email,
    Card,
    Age,
    Iban,
    Phone,
    NationalId,
    Ip,
    Url,
    BirthDate,
    PersonName,
    Address,
    PostalCode,
    Nationality,
    Gender,
    Health,
    Money,
    Secret,
    FreeText,
    Unknown,
}

/// Words in names of columns, and what they say. The first that fits counts, so the narrow ones
/// come first.
const WORDS: &[(&[&str], Meaning)] = &[
    (
        &[
            "password", "passwd", "pwd", "secret", "token", "apikey", "api_key", "pin",
        ],
        Meaning::Secret,
    ),
    (
        &[
            "email",
            "e_mail",
            "mail",
            "emailaddress",
            "courriel",
            "correo",
        ],
        Meaning::Email,
    ),
    (&["iban"], Meaning::Iban),
    (
        &["card", "pan", "creditcard", "cardnumber", "ccnumber", "cc"],
        Meaning::Card,
    ),
    (
        &[
            "phone",
            "mobile",
            "tel",
            "telephone",
            "fax",
            "msisdn",
            "cell",
            "telefon",
            "handy",
        ],
        Meaning::Phone,
    ),
    (
        &[
            "ssn",
            "sin",
            "nino",
            "passport",
            "taxid",
            "nationalid",
            "personnummer",
            "nif",
            "dni",
            "cpf",
        ],
        Meaning::NationalId,
    ),
    (
        &["ip", "ipaddress", "ip_address", "ipv4", "ipv6"],
        Meaning::Ip,
    ),
    (&["url", "website", "homepage", "link"], Meaning::Url),
    (
        &[
            "dob",
            "birth",
            "birthdate",
            "birthday",
            "born",
            "geburtsdatum",
        ],
        Meaning::BirthDate,
    ),
    (&["age", "alter"], Meaning::Age),
    (
        &[
            "nationality",
            "citizenship",
            "ethnicity",
            "religion",
            "race",
        ],
        Meaning::Nationality,
    ),
    (&["gender", "sex", "geschlecht"], Meaning::Gender),
    (
        &[
            "diagnosis",
            "diag",
            "icd",
            "icd10",
            "disease",
            "medication",
            "allergy",
            "blood",
            "symptom",
            "treatment",
        ],
        Meaning::Health,
    ),
    (
        &[
            "salary", "income", "wage", "balance", "amount", "price", "revenue", "credit", "debt",
            "gehalt",
        ],
        Meaning::Money,
    ),
    (
        &[
            "street",
            "address",
            "addr",
            "addresse",
            "strasse",
            "straße",
            "city",
            "town",
            "lat",
            "lon",
            "latitude",
            "longitude",
        ],
        Meaning::Address,
    ),
    (
        &["zip", "zipcode", "postcode", "postal", "plz"],
        Meaning::PostalCode,
    ),
    (
        &[
            "comment",
            "comments",
            "note",
            "notes",
            "remark",
            "description",
            "text",
            "message",
            "body",
            "memo",
        ],
        Meaning::FreeText,
    ),
    (
        &[
            "name",
            "firstname",
            "lastname",
            "surname",
            "forename",
            "fullname",
            "given",
            "family",
            "vorname",
            "nachname",
            "username",
        ],
        Meaning::PersonName,
    ),
    (&["country", "land", "pays"], Meaning::Country),
];

/// How a decision was come to, for people.
pub(in crate::verbs) struct Guess {
    /// The meaning.
    pub(in crate::verbs) meaning: Meaning,
    /// Why, in a few words.
    pub(in crate::verbs) why: String,
}

/// Guesses from name and values. `key` where the column can be a primary key.
pub(in crate::verbs) fn guess(name: &str, values: &[String], r#type: &str) -> Guess {
    let present: Vec<&str> = values
        .iter()
        .map(|value| value.trim())
        .filter(|value| !value.is_empty())
        .collect();
    let by_name = by_name(name);
    if let Some(guess) = by_detection(name, &present) {
        return guess;
    }
    match by_name {
        Some(Meaning::Country) if country_codes(&present) => Guess {
            meaning: Meaning::Country,
            why: "its values are country codes".to_owned(),
        },
        // A country by name only may be free text.
        Some(Meaning::Country) | None => Guess {
            meaning: Meaning::Unknown,
            why: "not recognised".to_owned(),
        },
        Some(Meaning::Secret) => Guess {
            meaning: Meaning::Secret,
            why: "by its name a secret: better not to read it at all".to_owned(),
        },
        Some(Meaning::Age) if !r#type.starts_with("int") => Guess {
            meaning: Meaning::Unknown,
            why: "named like an age, but not whole numbers".to_owned(),
        },
        Some(meaning) => Guess {
            meaning,
            why: format!("by its name {}", described(meaning)),
        },
    }
}

fn by_name(name: &str) -> Option<Meaning> {
    let words = words(name);
    let whole = words.join("");
    WORDS.iter().find_map(|(known, meaning)| {
        let hit = known
            .iter()
            .any(|known| words.iter().any(|word| word == known) || whole == known.replace('_', ""));
        hit.then_some(*meaning)
    })
}

/// `customerEmail` and `customer_email` are both `customer` and `email`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in name.chars() {
        let border = !letter.is_alphanumeric() || (letter.is_uppercase() && before.is_lowercase());
        if border && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What the detectors take the column for, by name and values together.
fn by_detection(name: &str, values: &[&str]) -> Option<Guess> {
    let found = detect::classify_column(name, values.iter().copied())?;
    if found.confidence < 0.5 {
        // Name and values disagree: the name's meaning below protects it just as well.
        return None;
    }
    let meaning = match found.kind {
        Kind::Email => Meaning::Email,
        Kind::Card => Meaning::Card,
        Kind::Iban => Meaning::Iban,
        Kind::Phone => Meaning::Phone,
        Kind::Ip | Kind::Mac => Meaning::Ip,
        Kind::Url => Meaning::Url,
        Kind::DateOfBirth => Meaning::BirthDate,
        // No column is taken for one by its values alone.
        Kind::Date | Kind::Age | Kind::Zip => return None,
        // The others are numbers that stand for a person or an account.
        _ => Meaning::NationalId,
    };
    Some(Guess {
        meaning,
        why: format!("looks like {}", described(meaning)),
    })
}

fn country_codes(values: &[&str]) -> bool {
    let code =
        |value: &&&str| value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_uppercase());
    let good = values.iter().filter(code).count();
    // A few rows may be for the quarantine.
    good > 0 && good * 100 >= values.len() * 90
}

fn described(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Key => "a key",
        Meaning::Country => "a country code",
        Meaning::Email => "an email address",
        Meaning::Card => "a card number",
        Meaning::Age => "an age",
        Meaning::Iban => "an IBAN",
        Meaning::Phone => "a phone number",
        Meaning::NationalId => "a national identifier",
        Meaning::Ip => "an IP address",
        Meaning::Url => "a URL",
        Meaning::BirthDate => "a date of birth",
        Meaning::PersonName => "a person's name",
        Meaning::Address => "an address",
        Meaning::PostalCode => "a postal code",
        Meaning::Nationality => "a nationality or creed",
        Meaning::Gender => "a gender",
        Meaning::Health => "a matter of health",
        Meaning::Money => "an amount of money",
        Meaning::Secret => "a secret",
        Meaning::FreeText => "free text",
        Meaning::Unknown => "nothing known",
    }
}

impl Meaning {
    /// The tags of the catalogue.
    pub(in crate::verbs) fn tags(self) -> &'static [&'static str] {
        match self {
            Meaning::Key | Meaning::Country | Meaning::Unknown => &[],
            Meaning::Email => &["pii.email"],
            Meaning::Card => &["pci.pan"],
            Meaning::Age => &["pii.age"],
            Meaning::Iban => &["pii.iban"],
            Meaning::Phone => &["pii.phone"],
            Meaning::NationalId => &["pii.national_id"],
            Meaning::Ip => &["pii.ip"],
            Meaning::Url => &["pii.url"],
            Meaning::BirthDate => &["pii.birth_date"],
            Meaning::PersonName => &["pii.name"],
            Meaning::Address => &["pii.address"],
            Meaning::PostalCode => &["pii.postal_code"],
            Meaning::Nationality => &["pii.nationality"],
            Meaning::Gender => &["pii.gender"],
            Meaning::Health => &["phi.health"],
            Meaning::Money => &["fin.amount"],
            Meaning::Secret => &["secret.credential"],
            Meaning::FreeText => &["pii.free_text"],
        }
    }

    /// Whether the values are text although they may look like numbers.
    pub(in crate::verbs) fn is_text(self) -> bool {
        matches!(
            self,
            Meaning::Card
                | Meaning::Iban
                | Meaning::Phone
                | Meaning::NationalId
                | Meaning::PostalCode
                | Meaning::Email
        )
    }

    /// Whether it may be shown at `internal` as it is.
    pub(in crate::verbs) fn is_internal(self) -> bool {
        matches!(self, Meaning::Key | Meaning::Country)
    }

    /// The select item of the proposed step.
    pub(in crate::verbs) fn item(self, column: &str, key: &str) -> String {
        let column = names::sql(column);
        match self {
            Meaning::Key | Meaning::Country => column,
            Meaning::Email => format!("tokenize({column}, '{key}') AS {column}"),
            Meaning::Card => format!("mask({column}, 6, 4) AS {column}"),
            Meaning::Age => format!("bucket({column}, 10) AS {column}"),
            _ => format!("redact({column}) AS {column}"),
        }
    }

    /// What happens to it, in a word.
    pub(in crate::verbs) fn treatment(self) -> &'static str {
        match self {
            Meaning::Key | Meaning::Country => "kept",
            Meaning::Email => "tokenized",
            Meaning::Card => "masked",
            Meaning::Age => "in bands of ten",
            _ => "redacted",
        }
    }
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

    fn meaning(name: &str, values: &[&str], r#type: &str) -> Meaning {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        guess(name, &values, r#type).meaning
    }

    #[test]
    fn names_tell() {
        for (name, expected) in [
            ("customerEmail", Meaning::Email),
            ("E-Mail", Meaning::Email),
            ("date_of_birth", Meaning::BirthDate),
            ("FirstName", Meaning::PersonName),
            ("home_phone", Meaning::Phone),
            ("notes", Meaning::FreeText),
            ("salary_eur", Meaning::Money),
            ("flavour", Meaning::Unknown),
            // `page` holds `age`, and is none.
            ("page", Meaning::Unknown),
        ] {
            assert_eq!(
                meaning(name, &["x", "y", "z"], "string"),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn values_tell_more_than_names() {
        let emails = [
            "a@mail.example",
            "b@mail.example",
            "c@mail.example",
            "d@mail.example",
        ];
        assert_eq!(meaning("kontakt", &emails, "string"), Meaning::Email);
        let cards = [
            "4111111111111111",
            "5555555555554444",
            "378282246310005",
            "4012888888881881",
        ];
        assert_eq!(meaning("number", &cards, "int64"), Meaning::Card);
    }

    #[test]
    fn a_country_is_only_one_if_its_values_are_codes() {
        assert_eq!(
            meaning("country", &["DE", "FR", "IT"], "string"),
            Meaning::Country
        );
        assert_eq!(
            meaning("country", &["he moved to", "x", "y"], "string"),
            Meaning::Unknown
        );
    }

    #[test]
    fn ages_are_whole_numbers() {
        assert_eq!(meaning("age", &["4", "5", "6"], "int64"), Meaning::Age);
        assert_eq!(
            meaning("age", &["old", "5", "6"], "string"),
            Meaning::Unknown
        );
    }
}
