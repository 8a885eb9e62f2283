//! The laws of the algebra, over many small random labels.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use sealine_label::declare::Class;
use sealine_label::{Aspect, Channels, Interner, Label, Layer, Level, Levels, Origin, View};

/// A small, seeded generator: splitmix64.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn layer(&mut self) -> Layer {
        match self.below(11) {
            0 => Layer::Clear,
            1 => Layer::Removed {
                by: "redact".into(),
            },
            2 => Layer::Sealed {
                by: ["encrypt", "fernet"][self.below(2) as usize].into(),
                key: ["a", "b"][self.below(2) as usize].into(),
            },
            3 | 4 => Layer::Masked {
                normal: self.below(2) as u8,
                first: self.below(4) as u32,
                last: self.below(4) as u32,
            },
            5 => Layer::bucket(
                &(1 + self.below(12)).to_string(),
                &self.below(9).to_string(),
            ),
            6 => Layer::Token {
                by: "tokenize".into(),
                form: "".into(),
                normal: u8::try_from(self.below(3)).unwrap(),
                key: ["a", "b"][self.below(2) as usize].into(),
                domain: "d".into(),
            },
            7 | 8 => Layer::Part {
                by: ["zip", "year"][self.below(2) as usize].into(),
                class: [Class::Mask, Class::Cut, Class::Text][self.below(3) as usize],
                normal: u8::try_from(self.below(2)).unwrap(),
                form: ["1", "2"][self.below(2) as usize].into(),
                rank: [None, Some(1), Some(2)][self.below(3) as usize],
                key: [None, Some("k".into())][self.below(2) as usize].clone(),
                beside: ["", "people.id"][self.below(2) as usize].into(),
            },
            9 => Layer::Linked {
                dataset: ["a", "b"][self.below(2) as usize].into(),
                column: "key".into(),
            },
            _ => Layer::Aggregated {
                function: "sum".into(),
                k: 5,
                population: self.below(3),
            },
        }
    }

    fn view(&mut self) -> View {
        let mut view = View::nothing();
        for _ in 0..self.below(4) {
            view = view.join(&View::of(self.layer()));
        }
        view
    }

    fn label(&mut self) -> Label {
        let mut label = Label::empty();
        for _ in 0..self.below(5) {
            let column = ["a", "b", "c"][self.below(3) as usize];
            let aspect = [Aspect::Value, Aspect::Null][self.below(2) as usize];
            let channels = [Channels::EXPLICIT, Channels::CORRELATED, Channels::SELECTED]
                [self.below(3) as usize];
            label = label.join(&Label::of(
                Origin::column("d", column, aspect),
                self.view(),
                channels,
            ));
        }
        label
    }
}

#[test]
fn views_are_a_join_semilattice() {
    let mut random = Seeded(7);
    for _ in 0..20_000 {
        let (a, b, c) = (random.view(), random.view(), random.view());
        assert_eq!(a.join(&b), b.join(&a));
        assert_eq!(a.join(&a), a);
        assert_eq!(
            a.join(&b).join(&c),
            a.join(&b.join(&c)),
            "{a:?} {b:?} {c:?}"
        );
        assert!(a.flows_to(&a.join(&b)));
        assert!(
            !a.is_clear() || a.join(&b).is_clear(),
            "clear is never lost: {a:?} {b:?}"
        );
        assert!(!a.mixes_families() || a.join(&b).mixes_families());
    }
}

#[test]
fn flows_to_is_a_partial_order() {
    let mut random = Seeded(8);
    for _ in 0..20_000 {
        let (a, b, c) = (random.label(), random.label(), random.label());
        assert!(a.flows_to(&a));
        if a.flows_to(&b) && b.flows_to(&a) {
            assert_eq!(a, b);
        }
        let ab = a.join(&b);
        assert!(a.flows_to(&ab) && ab.flows_to(&ab.join(&c)) && a.flows_to(&ab.join(&c)));
        assert_eq!(ab.join(&c), a.join(&b.join(&c)));
        assert_eq!(a.join(&b), b.join(&a));
    }
}

#[test]
fn more_columns_never_lower_a_verdict() {
    let levels = Levels::default();
    let internal = levels.find("internal").unwrap();
    let level = |origin: &Origin| match origin.column.as_deref() {
        Some("a") => levels.highest(),
        Some("b") => internal,
        _ => levels.lowest(),
    };
    let mut random = Seeded(9);
    let mut raised = 0;
    for _ in 0..20_000 {
        let (a, b) = (random.label(), random.label());
        let alone: Level = a.residual(level, levels.lowest());
        let both = a.join(&b).residual(level, levels.lowest());
        assert!(alone <= both);
        raised += u32::from(alone < both);
    }
    assert!(raised > 100, "the law was tried on cases that can fail");
}

#[test]
fn interning_agrees_with_the_plain_algebra() {
    let mut random = Seeded(10);
    let mut interner = Interner::new();
    for _ in 0..5_000 {
        let (a, b) = (random.label(), random.label());
        let (x, y) = (interner.intern(&a), interner.intern(&b));
        let joined = interner.join(x, y);
        assert_eq!(joined, interner.intern(&a.join(&b)));
        assert_eq!(joined, interner.join(y, x));
        assert_eq!(interner.flows_to(x, y), a.flows_to(&b));
        assert_eq!(interner.entries(x).count(), a.iter().count());
    }
}

#[test]
fn protections_are_monotone() {
    let mut random = Seeded(11);
    let mut interner = Interner::new();
    for _ in 0..5_000 {
        let (a, b) = (random.label(), random.label());
        let (x, y) = (interner.intern(&a), interner.intern(&a.join(&b)));
        let sealed = View::of(Layer::Sealed {
            by: "encrypt".into(),
            key: "k".into(),
        });
        let (sx, sy) = (
            interner.map(x, |_, _| sealed.clone()),
            interner.map(y, |_, _| sealed.clone()),
        );
        assert!(interner.flows_to(sx, sy));
    }
}

#[test]
fn two_masks_of_one_card_are_one_card() {
    let mask = |first, last| {
        View::of(Layer::Masked {
            normal: 0,
            first,
            last,
        })
    };
    assert!(!mask(6, 4).join(&mask(4, 2)).is_clear());
    assert!(mask(6, 0).join(&mask(0, 12)).is_clear());
    assert!(
        mask(6, 0)
            .join(&View::of(Layer::Masked {
                normal: 1,
                first: 0,
                last: 4
            }))
            .is_clear()
    );
}

#[test]
fn buckets_join_to_their_refinement() {
    let bucket = |w: &str, o: &str| View::of(Layer::bucket(w, o));
    assert_eq!(bucket("10", "0").join(&bucket("4", "0")), bucket("2", "0"));
    assert_eq!(bucket("10", "0").join(&bucket("10", "1")), bucket("1", "0"));
    assert_eq!(bucket("10", "25"), bucket("10", "5"));
    assert_eq!(Layer::bucket("0", "0"), Layer::Clear);
    assert_eq!(Layer::bucket("-1", "0"), Layer::Clear);
    assert_eq!(Layer::bucket("1e3", "0"), Layer::Clear);
    assert_eq!(Layer::bucket("2.5", "0.5").bucket_units(), Some((2, 1)));
}

#[test]
fn records_read_back() {
    let mut random = Seeded(12);
    for _ in 0..2_000 {
        let layer = random.layer();
        assert_eq!(Layer::parse(&layer.record()), layer);
    }
    assert_eq!(Layer::parse("what"), Layer::Clear);
    assert_eq!(Layer::parse("bucketed\u{1f}0\u{1f}0"), Layer::Clear);
}

#[test]
fn equality_is_kept_by_one_way_of_showing_that_keeps_it() {
    let token = |domain: &str, form: &str| Layer::Token {
        by: "vault_token".into(),
        normal: 0,
        key: "k".into(),
        domain: domain.into(),
        form: form.into(),
    };
    let shown = |layer: Layer| View::of(layer).keeps_equality();
    assert!(View::clear().keeps_equality() && !View::nothing().keeps_equality());
    assert!(shown(token("d", "")) && shown(token("d", "90d")));
    // A new one for each row, and what keeps the stand-ins of another value apart.
    assert!(
        !shown(token("d", "0, never")) && !shown(token("d", ", never")) && !shown(token("", ""))
    );
    assert!(!shown(Layer::Sealed {
        by: "encrypt".into(),
        key: "k".into()
    }));
    let mask = |key: Option<&str>, beside: &str| Layer::Part {
        by: "fpe_card".into(),
        class: Class::Mask,
        normal: 0,
        form: "".into(),
        rank: None,
        key: key.map(Into::into),
        beside: beside.into(),
    };
    assert!(shown(mask(Some("k"), "")));
    assert!(!shown(mask(None, "")) && !shown(mask(Some("k"), "people.id:0")));
    // Two names of one person.
    assert!(
        !View::clear()
            .join(&View::of(token("d", "")))
            .keeps_equality()
    );
    assert!(
        !View::of(token("a", ""))
            .join(&View::of(token("b", "")))
            .keeps_equality()
    );
}
