//! A hospital as two CSV files, the columns of `examples/hospital`: `patients.csv`, in which every
//! kind of identifier that HIPAA's Safe Harbor names stands somewhere, and `visits.csv` with
//! diagnoses, dates, charges and free-text notes that mention some of them.
//!
//! Nobody in it exists: social security numbers begin with 666, which was never issued; telephone
//! numbers are 555-0100 to 555-0199; addresses on the network are those of RFC 5737; mail domains
//! are reserved. ZIP codes are real, since what Safe Harbor asks of them depends on where they are.

use super::people::{CULTURES, DOMAINS, NOBODY};
use crate::random::Random;
use std::io::{self, Write};

/// ZIP code, city, state and area code; the third and sixth lie in areas of at most 20,000 people.
const PLACES: &[(&str, &str, &str, u32)] = &[
    ("02139", "Cambridge", "MA", 617),
    ("02115", "Boston", "MA", 617),
    ("03601", "Acworth", "NH", 603),
    ("03755", "Hanover", "NH", 603),
    ("05001", "White River Junction", "VT", 802),
    ("05901", "Averill", "VT", 802),
    ("03766", "Lebanon", "NH", 603),
    ("05055", "Norwich", "VT", 802),
];
const STREETS: &[&str] = &[
    "Elm St",
    "Harbor Ave",
    "Orchard Ln",
    "Mill Rd",
    "Summer St",
    "Quarry Rd",
];
/// Ward, and the codes of ICD-10-CM that it treats.
const WARDS: &[(&str, &[&str])] = &[
    ("cardiology", &["I10", "I25.1", "I48.9"]),
    ("medicine", &["E11.9", "E78.5", "I10"]),
    ("pneumology", &["J18.9", "J44.1"]),
    ("surgery", &["S72.0", "S52.5"]),
    ("oncology", &["C50.9", "C34.9"]),
    ("psychiatry", &["F32.1", "F41.1"]),
];
/// What a ward writes down. The words in braces are filled in.
const NOTES: &[&str] = &[
    "{name} came in at night with chest pain. Daughter to be called at {phone} before discharge.",
    "Follow-up agreed for {date}; reminder goes to {email}.",
    "Transferred with the old record {mrn}. Allergic to penicillin, tolerates cefazolin.",
    "Slept well, no fever, walks without help. Letter to the family doctor.",
    "Asked for the results online, {url}; last login from {ip} was not theirs.",
    "Works nights as a welder, smokes. {name} wants no visitors but her sister, {phone}.",
    "Wound dry, sutures out on {date}. Home care informed.",
    "Refused blood products, signed. Copy mailed to {email} on {date}.",
];

/// The days since 1970 of the first day that a visit may begin on, 2024-01-01.
const FIRST_DAY: i64 = 19_723;

struct Patient {
    mrn: String,
    number: u64,
    name: String,
    mail: String,
    born: i64,
    sex: &'static str,
    place: usize,
    phone: String,
    portal: String,
    ip: String,
}

/// Writes `rows` visits of two fifths as many patients. `bad_per_mille` rows of a thousand of each
/// file break a rule of the contract.
pub(super) fn write(
    patients: &mut impl Write,
    visits: &mut impl Write,
    rows: u64,
    seed: u64,
    bad_per_mille: u64,
) -> io::Result<()> {
    let mut random = Random::new(seed);
    patients.write_all(
        b"record,mrn,name,birth_date,sex,street,city,state,zip,phone,fax,email,ssn,member,license,plate,portal,\
          last_ip,voice_print,photo\n",
    )?;
    visits.write_all(
        b"visit,patient,mrn,account,admitted,discharged,age,sex,zip,ward,diagnosis,hiv,implant,charge,note\n",
    )?;
    let count = (rows.saturating_mul(2) / 5).max(1);
    let mut people = Vec::new();
    for record in 0..count {
        let person = person(&mut random, record);
        let bad = random.chance(bad_per_mille, 1_000);
        registration(patients, &mut random, record, &person, bad)?;
        people.push(person);
    }
    for visit in 0..rows {
        // Everybody comes once; the rest come again.
        let place = if visit < count {
            visit
        } else {
            random.below(count)
        };
        let Some(person) = people.get(place as usize) else {
            continue;
        };
        let fault = random.chance(bad_per_mille, 1_000).then(|| random.below(4));
        stay(visits, &mut random, visit, person, fault)?;
    }
    Ok(())
}

fn person(random: &mut Random, record: u64) -> Patient {
    let nobody = &("", "");
    let culture = random.pick(CULTURES, &NOBODY);
    let given = random.pick(culture.given, nobody);
    let family = random.pick(culture.family, nobody);
    // Children, adults and the old, so that the open data have some of each everywhere.
    let years = match random.below(100) {
        0..18 => random.below(16),
        18..42 => 19 + random.below(20),
        42..72 => 42 + random.below(22),
        72..97 => 67 + random.below(21),
        _ => 91 + random.below(8),
    };
    let place = random.below(PLACES.len() as u64) as usize;
    let area = PLACES.get(place).map_or(617, |place| place.3);
    // Both steps share no factor with their modulus, so that no number comes twice.
    let mrn = format!("M{:07}", (record * 7_919 + 1_204_567) % 9_999_991);
    Patient {
        number: (record * 104_729 + 77) % 9_999_973,
        name: format!("{} {}", given.0, family.0),
        mail: format!("{}.{}{record}@{}", given.1, family.1, random.text(DOMAINS)),
        born: FIRST_DAY - (years * 365 + years / 4 + random.below(300)) as i64,
        sex: if random.chance(1, 2) { "F" } else { "M" },
        place,
        phone: format!("({area}) 555-01{:02}", random.below(100)),
        portal: format!(
            "https://portal.clinic.example/p/{:06x}",
            random.below(1 << 24)
        ),
        ip: format!("203.0.113.{}", random.below(256)),
        mrn,
    }
}

fn registration(
    out: &mut impl Write,
    random: &mut Random,
    record: u64,
    person: &Patient,
    bad: bool,
) -> io::Result<()> {
    let (zip, city, state, area) = PLACES.get(person.place).unwrap_or(&("", "", "", 617));
    // A ZIP code that a spreadsheet took its zero from.
    let zip = if bad {
        zip.trim_start_matches('0')
    } else {
        zip
    };
    writeln!(
        out,
        "{record},{},{},{},{},{} {},{city},{state},{zip},{},({area}) 555-01{:02},{},666-{:02}-{:04},H{:09},S{:08},{}{},{},{},\
         {:016x},faces/{:08x}.jpg",
        person.mrn,
        person.name,
        date(person.born),
        person.sex,
        1 + random.below(240),
        random.text(STREETS),
        person.phone,
        random.below(100),
        person.mail,
        1 + random.below(99),
        1 + random.below(9_999),
        random.below(1_000_000_000),
        random.below(100_000_000),
        random.text(&["KLM", "RTX", "BQD", "ZHW"]),
        100 + random.below(900),
        person.portal,
        person.ip,
        random.next(),
        random.below(1 << 32),
    )
}

fn stay(
    out: &mut impl Write,
    random: &mut Random,
    visit: u64,
    person: &Patient,
    fault: Option<u64>,
) -> io::Result<()> {
    let admitted = FIRST_DAY + random.below(700) as i64;
    let discharged = admitted + random.below(15) as i64;
    let age = ((admitted - person.born) * 100 / 36_525).max(0);
    let (ward, codes) = match (person.sex, age) {
        ("F", 18..45) if random.chance(1, 4) => ("maternity", ["O80"].as_slice()),
        _ => *random.pick(WARDS, &("medicine", &["I10"])),
    };
    let hiv = match random.below(100) {
        0..3 => "positive",
        3..20 => "negative",
        _ => "",
    };
    let implant = if random.chance(1, 10) {
        format!("PM-{:07}", random.below(10_000_000))
    } else {
        String::new()
    };
    let later = date(discharged + 7 + random.below(30) as i64);
    let note = random
        .text(NOTES)
        .replace("{name}", &person.name)
        .replace("{phone}", &person.phone)
        .replace("{email}", &person.mail)
        .replace("{date}", &later)
        .replace("{mrn}", &person.mrn)
        .replace("{url}", &person.portal)
        .replace("{ip}", &person.ip);
    writeln!(
        out,
        "{visit},{},{},A{:09},{},{},{},{},{},{ward},{},{hiv},{implant},{}.{:02},{}",
        person.number,
        person.mrn,
        random.below(1_000_000_000),
        if fault == Some(0) {
            "2025-02-30".to_owned()
        } else {
            date(admitted)
        },
        date(discharged),
        if fault == Some(1) { 214 } else { age },
        person.sex,
        PLACES.get(person.place).map_or("", |place| place.0),
        if fault == Some(2) {
            "unclear"
        } else {
            random.text(codes)
        },
        400 + random.below(60_000),
        random.below(100),
        if fault == Some(3) {
            String::new()
        } else {
            format!("\"{note}\"")
        },
    )
}

/// ISO 8601 of a day since 1970, by the proleptic Gregorian calendar.
fn date(day: i64) -> String {
    // Years begin in March here, so that the leap day is the last of one.
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let (civil, early) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    format!(
        "{:04}-{civil:02}-{:02}",
        year + era * 400 + early,
        of_year - (153 * month + 2) / 5 + 1
    )
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

    fn made(rows: u64, seed: u64, bad: u64) -> (String, String) {
        let (mut patients, mut visits) = (Vec::new(), Vec::new());
        write(&mut patients, &mut visits, rows, seed, bad).unwrap();
        (
            String::from_utf8(patients).unwrap(),
            String::from_utf8(visits).unwrap(),
        )
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (day, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (FIRST_DAY, "2024-01-01"),
            (FIRST_DAY + 59, "2024-02-29"),
            (FIRST_DAY + 366, "2025-01-01"),
            (-25_508, "1900-03-01"),
        ] {
            assert_eq!(date(day), text);
        }
    }

    #[test]
    fn every_visit_is_of_a_registered_patient_and_every_number_is_one_patients() {
        let (patients, visits) = made(2_000, 3, 0);
        let known: std::collections::BTreeSet<&str> = patients
            .lines()
            .skip(1)
            .map(|line| line.split(',').nth(1).unwrap())
            .collect();
        assert_eq!(known.len(), 800);
        let mut numbers = std::collections::BTreeMap::new();
        for line in visits.lines().skip(1) {
            let mut fields = line.split(',').skip(1);
            let (number, mrn) = (fields.next().unwrap(), fields.next().unwrap());
            assert!(known.contains(mrn), "{mrn}");
            assert_eq!(*numbers.entry(number).or_insert(mrn), mrn);
        }
        assert_eq!(numbers.len(), 800);
    }

    #[test]
    fn notes_hold_what_a_scrub_has_to_find_and_faults_appear() {
        let (patients, visits) = made(4_000, 1, 20);
        for sign in [
            "@",
            "555-01",
            "203.0.113.",
            "https://",
            "record M",
            "2025-02-30",
            ",214,",
            ",unclear,",
        ] {
            assert!(visits.contains(sign), "{sign}");
        }
        for sign in [",666-", ",2139,", "faces/"] {
            assert!(patients.contains(sign), "{sign}");
        }
        assert_eq!(made(50, 9, 3), made(50, 9, 3));
    }
    #[test]
    fn the_committed_example_is_what_the_generator_writes() {
        let folder = crate::workspace::root().join("examples/hospital/data");
        let committed = |name| std::fs::read_to_string(folder.join(name)).unwrap();
        assert!(
            (committed("patients.csv"), committed("visits.csv")) == made(1_500, 4, 3),
            "run `cargo xtask generate hospital --rows 1500 --seed 4 --out examples/hospital/data`"
        );
    }
}
