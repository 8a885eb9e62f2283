//! What holds for every mask and every generalization, tried on values of its kind and others.

use std::{collections::HashMap, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, Date32Array, Float64Array, Int64Array, StringArray,
        TimestampMicrosecondArray,
    },
    compute::{cast, concat},
    datatypes::DataType,
    util::display::array_value_to_string,
};
use sealine_label::declare::{
    Accepts, Argument, Declaration, Effect, Family, Keeps, ParamKind, Part,
};

use crate::{
    bind, catalogue,
    characters::characters,
    testing::{
        Keys, Random, assert_own_buffers, bytes_of, call, contains, every_shape_of_text, rewritten,
        said, whole,
    },
};

/// Values of the kind that a protection is made for, values near it, and others.
fn values(declaration: &Declaration, random: &mut Random) -> ArrayRef {
    const ROWS: usize = 3000;
    if declaration.accepts.contains(&Accepts::Text) {
        let name = declaration.name;
        let texts = (0..ROWS).map(|row| {
            let text = match row % 8 {
                0 => random.text_of(row / 8 % 65),
                _ => of_kind(name, random),
            };
            (row % 11 != 0).then_some(text)
        });
        return Arc::new(texts.collect::<StringArray>());
    }
    let ends = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];
    let numbers: Vec<Option<i64>> = (0..ROWS)
        .map(|row| match (row % 11, ends.get(row)) {
            (0, _) => None,
            (_, Some(end)) => Some(*end),
            (1..5, None) => Some(random.below(200) as i64 - 100),
            _ => Some(random.next() as i64 >> random.below(64)),
        })
        .collect();
    match declaration.accepts {
        [Accepts::Date] => {
            let days = numbers
                .iter()
                .map(|number| number.map(|number| number as i32));
            Arc::new(days.collect::<Date32Array>())
        }
        [Accepts::Timestamp] => Arc::new(TimestampMicrosecondArray::from(numbers)),
        [Accepts::Float, ..] => {
            let degrees = numbers.iter().enumerate().map(|(row, number)| {
                let degrees = (*number)? as f64 / 10_f64.powi((row % 9) as i32);
                Some(degrees % 400.0)
            });
            Arc::new(degrees.collect::<Float64Array>())
        }
        _ => Arc::new(Int64Array::from(numbers)),
    }
}

fn of_kind(name: &str, random: &mut Random) -> String {
    let mut some = |alphabet: &str, least: usize, most: usize| -> String {
        let all: Vec<char> = alphabet.chars().collect();
        let length = least + random.below(most - least + 1);
        (0..length).map(|_| all[random.below(all.len())]).collect()
    };
    match name {
        "mask_email" => some("abé.+", 1, 6) + "@" + &some("ab-.", 1, 4) + "." + &some("cdm", 1, 3),
        "mask_phone" => ["", "+", "+1"][random.below(3)].to_owned() + &phone(random),
        "mask_card" => card(random),
        "mask_iban" => {
            let all = [
                "GB29NWBK60161331926819",
                "DE89 3704 0044 0532 0130 00",
                "NO9386011117947",
                "MT84MALT011000012345MTLCAST001S",
                "DE893704004405320130001",
            ];
            all[random.below(all.len())].to_owned()
        }
        "mask_ip" | "ip_prefix" => match random.below(2) {
            0 => std::net::Ipv4Addr::from_bits(random.next() as u32).to_string(),
            _ => {
                let bits = u128::from(random.next()) << 64 >> (8 * random.below(16));
                std::net::Ipv6Addr::from_bits(bits).to_string()
            }
        },
        "mask_url" => some("htp", 1, 4) + "://" + &some("ab.:@1", 1, 9) + &some("/?#ab", 0, 6),
        "mask_id" => some("0123456789AZ -./", 1, 24),
        "zip_prefix" | "zip_hipaa" => some("0123456789A -", 1, 9),
        "lookup" => some("ab", 1, 2),
        _ => some("abé日 ", 0, 20),
    }
}

fn phone(random: &mut Random) -> String {
    let all = ['1', '2', '3', '4', '9', '0', ' ', '-'];
    (0..5 + random.below(12))
        .map(|_| all[random.below(all.len())])
        .collect()
}

/// Digits with a right check digit, in groups or not.
fn card(random: &mut Random) -> String {
    let length = 11 + random.below(8);
    let mut digits: Vec<u8> = (0..length).map(|_| b'0' + random.below(10) as u8).collect();
    digits.push(b'0');
    while !crate::lanes::luhn_among(&digits) {
        *digits.last_mut().unwrap() += 1;
    }
    let grouped = random.below(2) == 0;
    let mut text = String::new();
    for (at, digit) in digits.iter().enumerate() {
        if grouped && at > 0 && at % 4 == 0 {
            text.push(' ');
        }
        text.push(char::from(*digit));
    }
    text
}

fn coarse() -> impl Iterator<Item = &'static Declaration> {
    let family = |declaration: &&Declaration| {
        matches!(declaration.family, Family::Mask | Family::Generalize)
    };
    catalogue()
        .iter()
        .filter(family)
        .filter(|declaration| !declaration.opens)
}

/// Arguments that bind.
fn arguments(declaration: &Declaration) -> Vec<Argument> {
    match declaration.name {
        "mask_regex" => vec![said("(b+|é)"), said("")],
        "lookup" => vec![said("a=first, bb=second"), said("other")],
        "bands" => vec![said("-10, 0, 18.5, 65")],
        "geo_cell" => vec![Argument::Column(0), whole(5)],
        _ => {
            let params = declaration.params.iter();
            params
                .map(|param| match param.kind {
                    ParamKind::Choice(words) => said(words.last().unwrap()),
                    _ => whole(3),
                })
                .collect()
        }
    }
}

fn apply(declaration: &Declaration, arguments: Vec<Argument>, input: &ArrayRef) -> ArrayRef {
    let kernel = bind(&call(declaration.name, arguments), &Keys).unwrap();
    let columns = declaration.params.iter();
    let beside = columns
        .filter(|param| param.kind == ParamKind::Column)
        .map(|_| cast(input, &DataType::Float64).unwrap());
    kernel
        .apply_beside(input, &beside.collect::<Vec<_>>())
        .unwrap()
}

fn shown(column: &ArrayRef) -> Vec<String> {
    let rows = 0..column.len();
    rows.map(|row| array_value_to_string(column, row).unwrap())
        .collect()
}

#[test]
fn every_shape_gives_the_same_and_keeps_nothing_of_the_input() {
    let mut random = Random::new(51);
    for declaration in coarse() {
        let (name, arguments) = (declaration.name, arguments(declaration));
        // As many rows as a dictionary with keys of eight bits takes.
        let input = values(declaration, &mut random).slice(0, 120);
        let output = apply(declaration, arguments.clone(), &input);
        let expected = shown(&output);
        assert_own_buffers(&input, &output);
        assert!(
            (0..input.len()).all(|row| input.is_null(row) == output.is_null(row)),
            "{name}"
        );
        let shapes = if declaration.accepts.contains(&Accepts::Text) {
            every_shape_of_text(&input.as_string::<i32>().iter().collect::<Vec<_>>())
        } else {
            let padded = concat(&[&input.slice(1, 1), &input, &input.slice(2, 1)]).unwrap();
            let packed = DataType::Dictionary(
                Box::new(DataType::Int32),
                Box::new(input.data_type().clone()),
            );
            vec![
                ("sliced", padded.slice(1, input.len())),
                (
                    "dictionary",
                    cast(&padded, &packed).unwrap().slice(1, input.len()),
                ),
                ("empty", input.slice(0, 0)),
            ]
        };
        for (shape, input) in shapes {
            let output = apply(declaration, arguments.clone(), &input);
            let rows = output.len();
            assert_eq!(shown(&output), expected[..rows], "{name} {shape}");
            assert!(rows == expected.len() || shape == "empty", "{name} {shape}");
            assert_own_buffers(&input, &output);
            for secret in ["beside", "outside"] {
                assert!(!contains(&output, secret.as_bytes()), "{name} {shape}");
            }
        }
    }
}

#[test]
fn what_lies_under_nulls_does_not_come_through() {
    let secret = 0x5EC4_E7C4_7A11_1111_i64;
    for declaration in coarse().filter(|one| one.accepts.contains(&Accepts::Integer)) {
        let nulls = Some(vec![true, false].into());
        let input: ArrayRef = Arc::new(Int64Array::new(vec![1, secret].into(), nulls));
        let output = apply(declaration, arguments(declaration), &input);
        let bytes = bytes_of(&output);
        let mut windows = bytes.windows(4);
        assert!(
            !windows.any(|window| window == &secret.to_le_bytes()[4..]),
            "{}",
            declaration.name
        );
    }
}

/// The claim that the proof builds on: whoever sees the finer sees nothing new in the coarser.
#[test]
fn where_parts_nest_the_finer_tells_the_coarser() {
    let mut random = Random::new(52);
    let mut nesting = 0;
    for declaration in coarse() {
        let Effect::Part(Part { nests: true, .. }) = declaration.effect else {
            continue;
        };
        nesting += 1;
        let [param] = declaration.params else {
            panic!("{} has one parameter", declaration.name);
        };
        let all: Vec<Argument> = match param.kind {
            ParamKind::Count => (0..=64).map(whole).collect(),
            ParamKind::Choice(words) => words.iter().map(|word| said(word)).collect(),
            other => panic!("{other:?} has no order"),
        };
        let bound = all.into_iter().filter(|argument| {
            let call = call(declaration.name, vec![argument.clone()]);
            bind(&call, &Keys).is_ok()
        });
        let input = values(declaration, &mut random);
        let outputs: Vec<Vec<String>> = bound
            .map(|argument| shown(&apply(declaration, vec![argument], &input)))
            .collect();
        assert!(outputs.len() > 2, "{}", declaration.name);
        assert_ne!(outputs.first(), outputs.last(), "{}", declaration.name);
        for (place, coarser) in outputs.iter().enumerate() {
            for finer in outputs.iter().skip(place + 1) {
                let mut told: HashMap<&String, &String> = HashMap::new();
                for (fine, coarse) in finer.iter().zip(coarser) {
                    let known = *told.entry(fine).or_insert(coarse);
                    assert_eq!(known, coarse, "{} of `{fine}`", declaration.name);
                }
            }
        }
    }
    assert_eq!(nesting, 10);
}

#[test]
fn what_keeps_order_keeps_it() {
    let mut random = Random::new(53);
    let mut ordered = 0;
    for declaration in coarse().filter(|one| one.keeps.contains(&Keeps::Order)) {
        ordered += 1;
        let input = values(declaration, &mut random);
        let keep: Vec<bool> = shown(&input)
            .iter()
            .map(|text| match declaration.name {
                // Beyond ±360 degrees there is no coordinate to put in order.
                "coarse_coordinate" => text.parse::<f64>().is_ok_and(|value| value.abs() <= 360.0),
                _ => !text.is_empty(),
            })
            .collect();
        let input = arrow::compute::filter(&input, &keep.into()).unwrap();
        let input = arrow::compute::sort(&input, None).unwrap();
        let output = apply(declaration, arguments(declaration), &input);
        let sorted = arrow::compute::sort(&output, None).unwrap();
        assert!(
            output.len() > 2000 && output.null_count() == 0,
            "{}",
            declaration.name
        );
        assert_eq!(shown(&output), shown(&sorted), "{}", declaration.name);
    }
    assert_eq!(ordered, 6);
}

/// Whatever the text and its length, a mask shows no more than its arguments say.
#[test]
fn masks_show_no_more_than_they_say() {
    let mut random = Random::new(54);
    let digits = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).count();
    for length in 0..=64_usize {
        for round in 0..40 {
            let text = match round % 4 {
                0 => random.text_of(length),
                1 => "7".repeat(length),
                2 => (0..length)
                    .map(|_| ['1', '2', ' ', '-'][random.below(4)])
                    .collect(),
                _ => card(&mut random),
            };
            let hidden = |name, argument| rewritten(name, vec![argument], &text);
            for last in 0..=4 {
                let most = usize::try_from(last).unwrap();
                let phone = hidden("mask_phone", whole(last));
                let code = if text.starts_with('+') { 3 } else { 0 };
                assert!(digits(&phone) <= most + code, "{text} {phone}");
                assert!(digits(&hidden("mask_id", whole(last))) <= most, "{text}");
                assert!(
                    digits(&hidden("mask_iban", whole(last))) <= most + 2,
                    "{text}"
                );
            }
            for (word, most) in [
                ("last-4", 4),
                ("first-6-last-4", 10),
                ("first-8-last-4", 12),
            ] {
                let card = hidden("mask_card", said(word));
                assert!(digits(&card) <= most, "{text} {card}");
                let stars = card.matches('*').count();
                assert!(stars >= 3, "{text} {card}");
            }
            for (first, last) in [(0, 0), (1, 0), (0, 4), (6, 4)] {
                let kept = usize::try_from(first + last).unwrap();
                let all = characters(&text).count();
                let out = rewritten("mask_fixed", vec![whole(first), whole(last)], &text);
                let shown = characters(&out).count() - 8;
                assert_eq!(
                    shown,
                    if all >= kept + 3 { kept } else { 0 },
                    "{text} {out}"
                );
                assert!(out.chars().count() <= 8 + 4 * kept, "{out}");
            }
        }
    }
}
