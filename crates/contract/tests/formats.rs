//! The checks of `is:` against what independent implementations say of the same texts
//! (`formats.py` wrote `formats.jsonl`, and names them), and what they leave out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::collections::BTreeMap;

use support::{contract, raw, texts};

/// Which of the texts pass, checked together.
fn pass(declared: &str, values: &[&str]) -> Vec<bool> {
    let values: Vec<Option<&str>> = values.iter().map(|text| Some(*text)).collect();
    let mut contract = contract(&format!("c: {{ type: string, {declared} }}")).unwrap();
    let checked = contract.check(raw(vec![("c", texts(&values))], 1)).unwrap();
    let mut pass = vec![true; values.len()];
    let rows = checked.rejected["row"].clone();
    let rows = arrow::array::AsArray::as_primitive::<arrow::datatypes::UInt64Type>(&rows);
    for row in rows.values() {
        pass[usize::try_from(*row).unwrap() - 1] = false;
    }
    pass
}

#[test]
fn independent_implementations_agree() {
    let mut by_rule: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
    for line in include_str!("formats.jsonl").lines() {
        let known: serde_json::Value = serde_json::from_str(line).unwrap();
        let declared = format!(
            "is: {}, strict: {}",
            known["is"].as_str().unwrap(),
            known["strict"]
        );
        let text = known["text"].as_str().unwrap().to_owned();
        let holds = known["holds"].as_bool().unwrap();
        by_rule.entry(declared).or_default().push((text, holds));
    }
    assert_eq!(by_rule.len(), 10);
    let mut wrong = Vec::new();
    for (declared, known) in &by_rule {
        let values: Vec<&str> = known.iter().map(|(text, _)| text.as_str()).collect();
        assert!(known.iter().any(|(_, holds)| *holds) && known.iter().any(|(_, holds)| !holds));
        for ((text, holds), passed) in known.iter().zip(pass(declared, &values)) {
            if *holds != passed {
                wrong.push(format!("{declared}: {text:?} should be {holds}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn all(declared: &str, expected: bool, values: &[&str]) {
    for (value, passed) in values.iter().zip(pass(declared, values)) {
        assert_eq!(passed, expected, "{declared}: {value:?}");
    }
}

#[test]
fn uuids() {
    // RFC 9562, appendix A, and its nil and max values.
    let good = [
        "c232ab00-9414-11ec-b3c8-9f6bdeced846",
        "5df41881-3aed-3515-88a7-2f4a814cf09e",
        "919108f7-52d1-4320-9bac-f847db4148a8",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ];
    all("is: uuid", true, &good);
    all("is: uuid, strict: true", true, &good);
    let capital = ["C232AB00-9414-11EC-B3C8-9F6BDECED846"];
    all("is: uuid", true, &capital);
    all("is: uuid, strict: true", false, &capital);
    let bad = [
        "",
        "c232ab00941411ecb3c89f6bdeced846",
        "{c232ab00-9414-11ec-b3c8-9f6bdeced846}",
        "urn:uuid:c232ab00-9414-11ec-b3c8-9f6bdeced846",
        "c232ab00-9414-11ec-b3c8-9f6bdeced84",
        "c232ab00-9414-11ec-b3c8-9f6bdeced8466",
        "c232ab0-09414-11ec-b3c8-9f6bdeced846",
        "g232ab00-9414-11ec-b3c8-9f6bdeced846",
        "c232ab00-9414-11ec-b3c8-9f6bdeced84\u{e9}",
        "\u{ff11}232ab00-9414-11ec-b3c8-9f6bdeced8",
    ];
    all("is: uuid", false, &bad);
}

#[test]
fn phone_numbers() {
    // Country codes as libphonenumber 9.0.43 has them; the numbers are reserved for fiction.
    let good = [
        "+12025550143",
        "+442079460958",
        "+4930901820",
        "+6834000",
        "+882123456789012",
        "+999",
    ];
    all("is: phone", true, &good[..5]);
    all("is: phone, strict: true", true, &good[..5]);
    let written = ["+1 202-555-0143", "+44 20 7946 0958", "+49.30.901820"];
    all("is: phone", true, &written);
    all("is: phone, strict: true", false, &written);
    let bad = [
        "",
        "+",
        "+1",
        "12025550143",
        "0012025550143",
        "+0 2025550143",
        "+01 2025550143",
        "+9991234567",
        "+2101234567",
        "+1202555",
        "+1234567890123456",
        "+1  2025550143",
        "+1 (202) 555-0143",
        "+ 12025550143",
        "+12025550143 ",
        "+1202555014x",
        "+\u{661}2025550143",
    ];
    all("is: phone", false, &bad[..9]);
    all("is: phone", false, &bad[10..]);
    assert_eq!(
        pass("is: phone", &["+1202555"]),
        [true],
        "seven digits in all"
    );
}

#[test]
fn ibans_as_people_write_them() {
    // The examples of the SWIFT registry; `DE…` is Wikipedia's.
    let good = [
        "DE89370400440532013000",
        "GB29NWBK60161331926819",
        "MT84MALT011000012345MTLCAST001S",
    ];
    all("is: iban", true, &good);
    all("is: iban, strict: true", true, &good);
    let written = ["DE89 3704 0044 0532 0130 00", "gb29 nwbk 6016 1331 9268 19"];
    all("is: iban", true, &written);
    all("is: iban, strict: true", false, &written);
    let bad = [
        "DE89  370400440532013000",
        " DE89370400440532013000",
        "DE89370400440532013000 ",
        "DE88370400440532013000",
        "DE8937040044053201300",
        "DE89-3704-0044-0532-0130-00",
        "ZZ89370400440532013000",
        "D",
        "",
        "DE89370400440532013000DE89370400440532013000",
    ];
    all("is: iban", false, &bad);
    all("is: iban, strict: true", false, &bad);
}

#[test]
fn bounds_of_what_is_read() {
    let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    all("is: json", true, &[&deep(64)]);
    all("is: json", false, &[&deep(65), &"[".repeat(1_000_000)]);
    let long = format!("https://example.com/{}", "a".repeat(2_028));
    assert_eq!(long.len(), 2_048);
    all("is: url", true, &[&long]);
    all("is: url", false, &[&format!("{long}a")]);
    // Texts of any length are looked at, in time of their length.
    let huge = "1".repeat(1 << 20);
    for kind in ["ip", "cidr", "iban", "phone", "uuid", "currency", "url"] {
        all(
            &format!("is: {kind}"),
            false,
            &[
                &huge,
                &format!("+{huge}"),
                &format!("::/{huge}"),
                "\0",
                "\u{202e}",
            ],
        );
    }
}
