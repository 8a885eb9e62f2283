//! Nanoseconds a value for each protection, and for the primitives below them, on texts of 28 bytes.
//!
//! `cargo bench -p sealine-protect --bench protect -- [NAME…]`: those alone, where some are named.

#![allow(clippy::unwrap_used, clippy::print_stdout)]
#![allow(clippy::disallowed_methods, reason = "a measurement")]

use std::{hint::black_box, sync::Arc, time::Instant};

use arrow::array::{
    ArrayRef, Date32Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use sealine_label::declare::{Argument, Call, Context};
use sealine_protect::{
    KeySource, ProtectError, bind,
    crypto::{
        Secret, TokenKey, ValueKey,
        ff1::{Ff1, Job, Setting},
        hmac, siv,
    },
};

const ROWS: usize = 8192;
/// A machine that does other work too leaves some of many rounds alone.
const ROUNDS: usize = 300;

struct Keys;

impl KeySource for Keys {
    fn token_key(&self, _: &str) -> Result<TokenKey, ProtectError> {
        TokenKey::new(&Secret::new(vec![7; 32]))
    }

    fn value_key(&self, _: &str) -> Result<ValueKey, ProtectError> {
        ValueKey::new(1, Secret::new(vec![7; 32]))
    }

    fn sealed_at(&self) -> Option<u64> {
        Some(1_700_000_000)
    }
}

fn main() {
    // What a run has given back before it comes to a protection. Without it the memory of every
    // array would be asked of the system again, and given back.
    drop(black_box(vec![1_u8; 16 << 20]));
    let texts: ArrayRef = Arc::new(
        (0..ROWS)
            .map(|row| Some(format!("customer{row:06}@example.com..")))
            .collect::<StringArray>(),
    );
    let numbers: ArrayRef = Arc::new(
        (0..ROWS as i64)
            .map(|row| row * 7919)
            .collect::<Int64Array>(),
    );
    let column = |value: &dyn Fn(usize) -> String| -> ArrayRef {
        Arc::new(
            (0..ROWS)
                .map(|row| Some(value(row)))
                .collect::<StringArray>(),
        )
    };
    let emails = column(&|row| format!("customer{row:08}@example.com"));
    let accents = column(&|row| format!("søren{row:06}@example.com...."));
    let cards = column(&|row| {
        if row % 2 == 0 {
            "4111 1111 1111 1111"
        } else {
            "5555555555554444"
        }
        .to_owned()
    });
    let phones = column(&|row| format!("+1 (415) 555-{row:04}"));
    let addresses = column(&|row| format!("10.7.{}.{}", row / 256, row % 256));
    let urls = column(&|row| format!("https://example.com/u/{row:06}"));
    let ibans = column(&|_| "DE89 3704 0044 0532 0130 00".to_owned());
    let lettered = column(&|row| {
        match row % 2 {
            0 => "GB29 NWBK 6016 1331 9268 19",
            _ => "FR14 2004 1010 0505 0001 3M02 606",
        }
        .to_owned()
    });
    let zips = column(&|row| format!("{:05}", row * 11));
    let degrees: ArrayRef = Arc::new(
        (0..ROWS)
            .map(|row| row as f64 * 0.01 - 40.0)
            .collect::<Float64Array>(),
    );
    let dates: ArrayRef = Arc::new(
        (0..ROWS as i32)
            .map(|row| Some(row * 3 - 9000))
            .collect::<Date32Array>(),
    );
    let instants: ArrayRef = Arc::new(
        (0..ROWS as i64)
            .map(|row| Some(row * 86_399_123_457 - 9_000_000_000_000))
            .collect::<TimestampMicrosecondArray>(),
    );
    let text = |value: &str| Argument::Text(value.to_owned());
    let encrypt = |pad: &str, cipher: &str| {
        let options = [text("k"), text(pad), text("kept"), text(cipher)];
        options.into_iter().chain([Argument::Absent]).collect()
    };
    let accounts: ArrayRef = Arc::new(
        (0..ROWS)
            .map(|row| Some(format!("{:016}", row * 998_244_353)))
            .collect::<StringArray>(),
    );
    let tokenize =
        |domain, output| vec![text("k"), text(domain), text(output), Argument::Integer(0)];
    let surrogate = |kind| vec![text(kind), text("k"), text("person")];
    let pans = column(&|row| card(row));
    let whole = Argument::Integer;
    let cases: Vec<(&'static str, Vec<Argument>, &ArrayRef)> = vec![
        ("redact", vec![], &texts),
        ("nullify", vec![], &texts),
        ("mask", vec![whole(6), whole(4)], &texts),
        ("mask", vec![whole(6), whole(4)], &accents),
        ("mask_fixed", vec![whole(6), whole(4)], &texts),
        ("mask_regex", vec![text("^(.+)@"), text("")], &texts),
        ("mask_email", vec![text("domain")], &emails),
        ("mask_phone", vec![whole(4)], &phones),
        ("mask_card", vec![text("first-6-last-4")], &cards),
        ("mask_iban", vec![whole(4)], &ibans),
        ("mask_iban", vec![whole(4)], &lettered),
        ("mask_ip", vec![whole(2)], &addresses),
        ("mask_url", vec![], &urls),
        ("mask_id", vec![whole(4)], &cards),
        ("bucket", vec![whole(10), whole(0)], &numbers),
        ("bucket", vec![whole(7), whole(4)], &instants),
        ("round_to", vec![whole(5)], &numbers),
        ("top_code", vec![whole(90)], &numbers),
        ("bands", vec![text("18, 40, 65")], &numbers),
        ("coarse_date", vec![text("month")], &dates),
        ("coarse_time", vec![text("hour")], &instants),
        ("zip_prefix", vec![whole(3)], &zips),
        ("zip_hipaa", vec![], &zips),
        ("geo_cell", vec![Argument::Column(0), whole(5)], &degrees),
        ("coarse_coordinate", vec![whole(2)], &degrees),
        ("ip_prefix", vec![whole(24), whole(48)], &addresses),
        (
            "lookup",
            vec![text("00011=a, 00022=b"), text("other")],
            &zips,
        ),
        (
            "date_shift",
            vec![text("k"), Argument::Column(0), whole(100)],
            &dates,
        ),
        ("tokenize", tokenize("pii.email", "text"), &texts),
        ("tokenize", tokenize("pii.email", "integer"), &texts),
        ("tokenize", tokenize("id", "text"), &numbers),
        ("surrogate", surrogate("name"), &texts),
        ("surrogate", surrogate("email"), &texts),
        ("surrogate", surrogate("address"), &texts),
        ("surrogate", surrogate("card"), &texts),
        ("surrogate", surrogate("iban"), &texts),
        ("surrogate", surrogate("uuid"), &texts),
        ("encrypt", encrypt("none", "gcm"), &texts),
        ("encrypt", encrypt("64", "gcm"), &texts),
        ("encrypt", encrypt("none", "gcm-siv"), &texts),
        ("fernet", vec![text("k")], &texts),
        ("tink_aead", vec![text("k"), text("")], &texts),
        ("tink_daead", vec![text("k"), text("")], &texts),
        ("siv", vec![text("k"), text("pii.email")], &texts),
        ("siv", vec![text("k"), text("id")], &numbers),
        (
            "fpe",
            vec![text("k"), text("digits"), text("stop"), Argument::Absent],
            &accounts,
        ),
        (
            "fpe_card",
            vec![text("k"), text("stop"), Argument::Absent],
            &pans,
        ),
    ];
    let named: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |name: &str| {
        let mut names = named.iter().filter(|one| !one.starts_with('-')).peekable();
        names.peek().is_none() || names.any(|one| one == name)
    };
    for (name, arguments, input) in cases {
        if !wanted(name) {
            continue;
        }
        let context = Context {
            dataset: "lake.customers".to_owned(),
            column: "email".to_owned(),
        };
        let kernel = bind(
            &Call {
                name,
                arguments,
                context,
            },
            &Keys,
        )
        .unwrap();
        let beside: Vec<ArrayRef> = match name {
            "geo_cell" => vec![Arc::clone(&degrees)],
            "date_shift" => vec![Arc::clone(&texts)],
            _ => vec![],
        };
        let best = best(|| {
            black_box(kernel.apply_beside(black_box(input), &beside).unwrap());
        });
        let of = match input {
            input if Arc::ptr_eq(input, &accents) => "accents".to_owned(),
            input if Arc::ptr_eq(input, &lettered) => "letters".to_owned(),
            input => short(input),
        };
        println!("{name:17} {of:8} {best:8.1} ns/value");
    }
    if wanted("primitives") {
        primitives();
        peer();
    }
}

/// A card number of 16 digits.
fn card(row: usize) -> String {
    let body = format!("{:015}", 411_111_000_000_000 + row * 7919);
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let times = u32::from(digit - b'0') * (2 - at as u32 % 2);
            times / 10 + times % 10
        })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// The least of all rounds, in nanoseconds a row.
fn best(mut round: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        round();
        best = best.min(started.elapsed().as_nanos() as f64 / ROWS as f64);
    }
    best
}

/// The same values without the reading and writing of arrays.
fn primitives() {
    let row =
        |name: &str, size: &str, best: f64| println!("{name:10} {size:8} {best:8.1} ns/value");
    let texts: Vec<String> = (0..ROWS)
        .map(|row| format!("customer{row:06}@example.com.."))
        .collect();

    let tokens = hmac::Prefixed::new(&[7; 32], b"pii.email\0");
    let each = best(|| {
        for text in &texts {
            black_box(tokens.sign(black_box(text.as_bytes())));
        }
    });
    row("  hmac", "28 B", each);

    let key = siv::Key::new(&Secret::new(vec![7; 64]), &[b"siv", b"pii.email"]).unwrap();
    let mut cells: Vec<Vec<u8>> = texts
        .iter()
        .map(|text| [&[0; siv::IV_LEN], text.as_bytes()].concat())
        .collect();
    let mut each = |work: &dyn Fn(&mut [&mut [u8]])| {
        best(|| {
            for cells in cells.chunks_mut(64) {
                let mut cells: Vec<&mut [u8]> = cells.iter_mut().map(Vec::as_mut_slice).collect();
                work(black_box(&mut cells));
            }
        })
    };
    row("  siv seal", "28 B", each(&|cells| key.seal_each(cells)));
    let opening = each(&|cells| {
        key.open_each(cells);
    });
    row("  siv open", "28 B", opening);

    for (name, size, length) in [
        ("  ff1", "16 digit", 16),
        ("  ff1", "9 digit", 9),
        ("  ff1", "40 digit", 40),
    ] {
        let ff1 = Ff1::new(&Secret::new(vec![7; 32]), 10).unwrap();
        let setting = Setting::new(&ff1, length, b"pii.card").unwrap();
        let mut values: Vec<u16> = (0..ROWS * length).map(|at| (at * 7 % 10) as u16).collect();
        let each = best(|| {
            let mut jobs: Vec<Job<'_>> = values
                .chunks_mut(length)
                .map(|numerals| Job {
                    setting: &setting,
                    numerals,
                })
                .collect();
            ff1.encrypt_each(black_box(&mut jobs)).unwrap();
        });
        row(name, size, each);
    }
}

/// The crate `fpe`, which the tests compare with, on 16 digits: one value at a time.
fn peer() {
    let key: fpe::ff1::FF1<aes::Aes256> = fpe::ff1::FF1::new(&[7; 32], 10).unwrap();
    let values: Vec<fpe::ff1::FlexibleNumeralString> = (0..ROWS)
        .map(|row| {
            (0..16)
                .map(|at| ((row * 16 + at) * 7 % 10) as u16)
                .collect::<Vec<_>>()
        })
        .map(Into::into)
        .collect();
    let best = best(|| {
        for value in &values {
            black_box(key.encrypt(b"pii.card", black_box(value)).unwrap());
        }
    });
    println!("{:10} {:8} {best:8.1} ns/value", "  crate fpe", "16 digit");
}

/// The type without its parameters.
fn short(input: &ArrayRef) -> String {
    let name = input.data_type().to_string();
    name.split('(').next().unwrap_or_default().to_owned()
}
