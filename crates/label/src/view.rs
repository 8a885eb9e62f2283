//! Views: how much of an origin shows.
//!
//! A [`Layer`] is one way of showing an origin; a [`View`] is the set of ways in which an observer
//! sees it, in normal form. Joining is set union, after which buckets become their common
//! refinement.
//!
//! Invariant: the join is associative, commutative and idempotent, and [`View::is_clear`] never
//! turns false by a join.

use std::fmt;
use std::sync::Arc;

use crate::declare::Class;

/// One way in which an origin shows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Layer {
    /// As it is.
    Clear,
    /// Not at all; the name of the protection that removed it.
    Removed {
        /// `redact` or `nullify`.
        by: Arc<str>,
    },
    /// Sealed under a key, at random.
    Sealed {
        /// The protection.
        by: Arc<str>,
        /// The key's name.
        key: Arc<str>,
    },
    /// Its first and last characters.
    Masked {
        /// Which normalizers came before, as bits; masks of different texts are incomparable.
        normal: u8,
        /// How many characters at the start.
        first: u32,
        /// How many characters at the end.
        last: u32,
    },
    /// Which bucket it lies in; all in units of 10⁻⁹.
    Bucketed {
        /// The width, above zero.
        width: i128,
        /// Where buckets start, in `0..width`.
        offset: i128,
    },
    /// Whether it is this value of a permitted selection.
    Cell {
        /// The value compared with, as text.
        value: Arc<str>,
    },
    /// A part or a coarser form of it.
    Part {
        /// The protection.
        by: Arc<str>,
        /// What kind of part.
        class: Class,
        /// Which normalizers came before, as bits.
        normal: u8,
        /// The arguments other than keys, as text.
        form: Arc<str>,
        /// Where parts nest, the higher shows all that the lower shows.
        rank: Option<u32>,
        /// The key that moved it, if any.
        key: Option<Arc<str>>,
        /// What it depends on beside itself: the columns that decide how it moves under the key, or
        /// the parameter that it stood in, where it is not the value.
        beside: Arc<str>,
    },
    /// A keyed, deterministic stand-in.
    Token {
        /// The protection.
        by: Arc<str>,
        /// Which normalizers came before, as bits; tokens of different texts tell of both.
        normal: u8,
        /// The key's name.
        key: Arc<str>,
        /// The domain that separates it from other tokens of the same key; empty for a column
        /// beside the value, which only keeps stand-ins of the value apart.
        domain: Arc<str>,
        /// The arguments other than keys and domain, as text.
        form: Arc<str>,
    },
    /// Summed up over at least `k` subjects.
    Aggregated {
        /// The aggregate function.
        function: Arc<str>,
        /// The fewest distinct subjects.
        k: u32,
        /// Which population: two different ones together can tell a difference.
        population: u64,
    },
    /// Whether it stands in a column of another dataset too, and in which row there.
    Linked {
        /// The other dataset.
        dataset: Arc<str>,
        /// The other column.
        column: Arc<str>,
    },
}

/// The ways in which an observer sees one origin; empty is not at all.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct View(Vec<Layer>);

/// Units of a bucket's width and offset.
const UNIT: i128 = 1_000_000_000;

impl Layer {
    /// A bucket from decimal texts; `Clear`, the finest view, where they cannot be read.
    #[must_use]
    pub fn bucket(width: &str, offset: &str) -> Self {
        match (scaled(width), scaled(offset)) {
            (Some(width), Some(offset)) if width > 0 => Self::Bucketed {
                width,
                offset: offset.rem_euclid(width),
            },
            _ => Self::Clear,
        }
    }

    /// The name of the protection that shows an origin like this; none for `Clear`.
    #[must_use]
    pub fn protection(&self) -> Option<&str> {
        match self {
            Self::Clear => None,
            Self::Removed { by } | Self::Sealed { by, .. } => Some(by),
            Self::Masked { .. } => Some("mask"),
            Self::Bucketed { .. } => Some("bucket"),
            Self::Cell { .. } => Some("select"),
            Self::Part { by, .. } | Self::Token { by, .. } => Some(by),
            Self::Aggregated { function, .. } => Some(function),
            Self::Linked { .. } => Some("link"),
        }
    }

    /// Whether some of the value can be read without a key.
    fn is_legible(&self) -> bool {
        match self {
            Self::Clear | Self::Masked { .. } | Self::Bucketed { .. } => true,
            Self::Part { key, class, .. } => key.is_none() || *class == Class::Text,
            _ => false,
        }
    }

    /// Whether it stands for the value under a key.
    fn is_stand_in(&self) -> bool {
        match self {
            Self::Token { domain, .. } => !domain.is_empty(),
            Self::Part { key, .. } => key.is_some(),
            _ => false,
        }
    }

    /// Whether equal values show as equal ones, whatever row they stand in: as they are, or as a
    /// keyed stand-in. Different values may show as one.
    fn keeps_equality(&self) -> bool {
        match self {
            Self::Clear => true,
            // Without a domain it is what keeps the stand-ins of another value apart; one that is
            // never used again is a new one in each row.
            Self::Token { domain, form, .. } => {
                !domain.is_empty() && form.rsplit(", ").next() != Some("never")
            }
            // A mask under a key enciphers what it hides; columns beside the value would tell equal ones apart.
            Self::Part {
                class: Class::Mask,
                key: Some(_),
                beside,
                ..
            } => beside.is_empty(),
            _ => false,
        }
    }

    /// Whether something of the values shows without a key.
    #[must_use]
    pub fn tells(&self) -> bool {
        *self == Self::Clear || self.family().is_some()
    }

    /// Whether something about single values shows, so that two families tell more than one.
    fn family(&self) -> Option<u8> {
        match self {
            Self::Clear | Self::Removed { .. } | Self::Sealed { .. } => None,
            Self::Masked { .. } => Some(0),
            Self::Bucketed { .. } | Self::Cell { .. } => Some(1),
            Self::Part { class, .. } => Some(match class {
                Class::Mask => 0,
                Class::Cut => 1,
                Class::Shift => 4,
                Class::Text => 5,
            }),
            Self::Token { .. } => Some(2),
            Self::Aggregated { .. } => Some(3),
            Self::Linked { .. } => Some(6),
        }
    }
}

/// Decimal text in units of 10⁻⁹; none if it has more places or is too large.
fn scaled(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty()
        || whole.len() > 18
        || part.len() > 9
        || !all_digits(whole)
        || !all_digits(part)
    {
        return None;
    }
    let whole: i128 = whole.parse().ok()?;
    let places = u32::try_from(part.len()).ok()?;
    let part: i128 = if part.is_empty() {
        0
    } else {
        part.parse().ok()?
    };
    let value = whole * UNIT + part * 10_i128.pow(9 - places);
    Some(if negative { -value } else { value })
}

impl View {
    /// Whether equal values show as equal ones: in one way, which keeps them so.
    #[must_use]
    pub fn keeps_equality(&self) -> bool {
        matches!(self.0.as_slice(), [only] if only.keeps_equality())
    }

    /// Whether stand-ins show that are the same for the same value, so that they can be counted.
    #[must_use]
    pub fn can_be_counted(&self) -> bool {
        let counted = |layer: &Layer| *layer != Layer::Clear && layer.keeps_equality();
        self.0.iter().any(counted)
    }

    /// Nothing shows.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// All of it shows.
    #[must_use]
    pub fn clear() -> Self {
        Self(vec![Layer::Clear])
    }

    /// It shows in one way.
    #[must_use]
    pub fn of(layer: Layer) -> Self {
        Self(vec![layer])
    }

    /// The ways in which it shows, in normal form.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.0
    }

    /// What an observer of both sees.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        let mut layers: Vec<Layer> = self.0.iter().chain(&other.0).cloned().collect();
        layers.sort();
        layers.dedup();
        refine_buckets(&mut layers);
        Self(layers)
    }

    /// The ways that are wanted, still in normal form.
    #[must_use]
    pub fn only(&self, wanted: impl Fn(&Layer) -> bool) -> Self {
        Self(
            self.0
                .iter()
                .filter(|layer| wanted(layer))
                .cloned()
                .collect(),
        )
    }

    /// Whether this view shows no more than the other.
    #[must_use]
    pub fn flows_to(&self, other: &Self) -> bool {
        self.join(other) == *other
    }

    /// Whether the origin has to be taken as known: it shows as it is, or two masks, two buckets
    /// finer than can be told, or two populations together may give it away.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        let masks = self
            .0
            .iter()
            .any(|a| self.0.iter().any(|b| incomparable(a, b)));
        let mut populations = self.0.iter().filter_map(|l| match l {
            Layer::Aggregated { population, .. } => Some(population),
            _ => None,
        });
        let first = populations.next();
        let several = populations.any(|other| Some(other) != first);
        self.0.contains(&Layer::Clear) || masks || several
    }

    /// Whether several families of views meet, which only a policy that names them all permits.
    #[must_use]
    pub fn mixes_families(&self) -> bool {
        let mut families = self.0.iter().filter_map(Layer::family);
        let first = families.next();
        families.any(|other| Some(other) != first)
    }

    /// Whether values can be read here, all of them or with `partly` a part, of which there are
    /// stand-ins under a key there: together they are a dictionary of the key.
    #[must_use]
    pub fn is_dictionary_with(&self, other: &Self, partly: bool) -> bool {
        let read = |layer: &&Layer| **layer == Layer::Clear || partly && layer.is_legible();
        self.0.iter().filter(read).any(|read| {
            let mut others = other.0.iter();
            others.any(|layer| layer.is_stand_in() && layer != read)
        })
    }

    /// Whether it shows as it is.
    #[must_use]
    pub fn has_clear(&self) -> bool {
        self.0.contains(&Layer::Clear)
    }
}

/// Buckets of one origin become one: the cosets `offset + width·ℤ` of both lie in that of the
/// greatest common divisor of the widths and the distance of the offsets.
fn refine_buckets(layers: &mut Vec<Layer>) {
    let mut merged: Option<(i128, i128)> = None;
    layers.retain(|layer| match layer {
        Layer::Bucketed { width, offset } => {
            merged = Some(match merged {
                None => (*width, *offset),
                Some((w, o)) => {
                    let fine = gcd(gcd(w, *width), o - *offset);
                    (fine, o.rem_euclid(fine))
                }
            });
            false
        }
        _ => true,
    });
    if let Some((width, offset)) = merged {
        layers.push(Layer::Bucketed { width, offset });
        layers.sort();
    }
}

fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

/// Whether two ways of showing meet of which neither holds the other, so that nobody can say what
/// they tell together: two masks with different windows, two parts of one kind, a part beside a
/// mask or a bucket, running text beside anything. (A smaller mask beside a larger one stays in the
/// view: dropping it would lose that a third is incomparable to it.)
fn incomparable(one: &Layer, other: &Layer) -> bool {
    match (one, other) {
        (
            Layer::Masked {
                normal: a,
                first: f,
                last: l,
            },
            Layer::Masked {
                normal: b,
                first: g,
                last: m,
            },
        ) => a != b || (f < g && l > m) || (f > g && l < m),
        // The token of a text beside that of its lower case tells whether they are the same.
        (Layer::Token { normal: a, .. }, Layer::Token { normal: b, .. }) => a != b,
        (
            Layer::Part {
                by: a,
                normal: n,
                rank: Some(_),
                key: k,
                beside: c,
                ..
            },
            Layer::Part {
                by: b,
                normal: m,
                rank: Some(_),
                key: l,
                beside: d,
                ..
            },
        ) if a == b => n != m || k != l || c != d,
        // A granted selection is a partition that the policy has seen beside this one.
        (Layer::Part { .. }, Layer::Cell { .. }) | (Layer::Cell { .. }, Layer::Part { .. }) => {
            false
        }
        // Whatever the detectors missed stands there in clear.
        (
            Layer::Part {
                class: Class::Text, ..
            },
            layer,
        )
        | (
            layer,
            Layer::Part {
                class: Class::Text, ..
            },
        ) => one != other && layer.tells(),
        (Layer::Part { .. }, _) | (_, Layer::Part { .. }) => {
            one != other && one.family().is_some() && one.family() == other.family()
        }
        _ => false,
    }
}

impl fmt::Display for Layer {
    /// As people read it: `tokenize(crm)`, `mask(6, 4)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clear => f.write_str("clear"),
            Self::Removed { by } => write!(f, "{by}()"),
            Self::Sealed { by, key } => write!(f, "{by}({key})"),
            Self::Masked { first, last, .. } => write!(f, "mask({first}, {last})"),
            Self::Bucketed { width, offset } => {
                write!(f, "bucket({}, {})", unscaled(*width), unscaled(*offset))
            }
            Self::Cell { value } => write!(f, "select({value})"),
            Self::Part { by, form, key, .. } => match key {
                Some(key) => write!(f, "{by}({key}, {form})"),
                None => write!(f, "{by}({form})"),
            },
            Self::Token { by, key, .. } => write!(f, "{by}({key})"),
            Self::Aggregated { function, k, .. } => write!(f, "{function}(over at least {k})"),
            Self::Linked { dataset, column } => write!(f, "link({dataset}.{column})"),
        }
    }
}

/// The decimal text of a scaled number, shortest.
fn unscaled(value: i128) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let (whole, part) = (value.abs() / UNIT, value.abs() % UNIT);
    if part == 0 {
        return format!("{sign}{whole}");
    }
    let digits = format!("{part:09}");
    format!("{sign}{whole}.{}", digits.trim_end_matches('0'))
}

impl Layer {
    /// Text that [`Layer::parse`] reads back, for records.
    #[must_use]
    pub fn record(&self) -> String {
        match self {
            Self::Clear => "clear".to_owned(),
            Self::Removed { by } => format!("removed\u{1f}{by}"),
            Self::Sealed { by, key } => format!("sealed\u{1f}{by}\u{1f}{key}"),
            Self::Masked {
                normal,
                first,
                last,
            } => format!("masked\u{1f}{normal}\u{1f}{first}\u{1f}{last}"),
            Self::Bucketed { width, offset } => format!("bucketed\u{1f}{width}\u{1f}{offset}"),
            Self::Cell { value } => format!("cell\u{1f}{value}"),
            Self::Part {
                by,
                class,
                normal,
                form,
                rank,
                key,
                beside,
            } => {
                let class = class.word();
                let rank = rank.map_or_else(String::new, |rank| rank.to_string());
                let key = key.as_deref().unwrap_or_default();
                format!(
                    "part\u{1f}{by}\u{1f}{class}\u{1f}{normal}\u{1f}{form}\u{1f}{rank}\u{1f}{key}\u{1f}{beside}"
                )
            }
            Self::Token {
                by,
                normal,
                key,
                domain,
                form,
            } => format!("token\u{1f}{by}\u{1f}{normal}\u{1f}{key}\u{1f}{domain}\u{1f}{form}"),
            Self::Aggregated {
                function,
                k,
                population,
            } => {
                format!("aggregated\u{1f}{function}\u{1f}{k}\u{1f}{population}")
            }
            Self::Linked { dataset, column } => format!("linked\u{1f}{dataset}\u{1f}{column}"),
        }
    }

    /// Reads a record; what cannot be read counts as clear.
    #[must_use]
    pub fn parse(record: &str) -> Self {
        let parts: Vec<&str> = record.split('\u{1f}').collect();
        let read = match *parts.as_slice() {
            ["removed", by] => Some(Self::Removed { by: by.into() }),
            ["sealed", by, key] => Some(Self::Sealed {
                by: by.into(),
                key: key.into(),
            }),
            ["masked", normal, first, last] => {
                match (normal.parse(), first.parse(), last.parse()) {
                    (Ok(normal), Ok(first), Ok(last)) => Some(Self::Masked {
                        normal,
                        first,
                        last,
                    }),
                    _ => None,
                }
            }
            ["bucketed", width, offset] => match (width.parse::<i128>(), offset.parse::<i128>()) {
                (Ok(width), Ok(offset)) if width > 0 => Some(Self::Bucketed {
                    width,
                    offset: offset.rem_euclid(width),
                }),
                _ => None,
            },
            ["linked", dataset, column] => Some(Self::Linked {
                dataset: dataset.into(),
                column: column.into(),
            }),
            ["cell", value] => Some(Self::Cell {
                value: value.into(),
            }),
            ["part", by, class, normal, form, rank, key, beside] => {
                let ranked = if rank.is_empty() {
                    Ok(None)
                } else {
                    rank.parse().map(Some)
                };
                match (Class::of(class), normal.parse(), ranked) {
                    (Some(class), Ok(normal), Ok(rank)) => Some(Self::Part {
                        by: by.into(),
                        class,
                        normal,
                        form: form.into(),
                        rank,
                        key: (!key.is_empty()).then(|| key.into()),
                        beside: beside.into(),
                    }),
                    _ => None,
                }
            }
            ["token", by, normal, key, domain, form] => match normal.parse() {
                Ok(normal) => Some(Self::Token {
                    by: by.into(),
                    normal,
                    key: key.into(),
                    domain: domain.into(),
                    form: form.into(),
                }),
                Err(_) => None,
            },
            ["aggregated", function, k, population] => match (k.parse(), population.parse()) {
                (Ok(k), Ok(population)) => Some(Self::Aggregated {
                    function: function.into(),
                    k,
                    population,
                }),
                _ => None,
            },
            _ => None,
        };
        read.unwrap_or(Self::Clear)
    }

    /// The width and offset of a bucket in whole units: the width rounded down, the offset away
    /// from zero, so that a policy that bounds them errs on the safe side.
    #[must_use]
    pub fn bucket_units(&self) -> Option<(i64, i64)> {
        match self {
            Self::Bucketed { width, offset } => {
                let whole = width / UNIT;
                let start = offset / UNIT + i128::from(offset % UNIT != 0);
                Some((i64::try_from(whole).ok()?, i64::try_from(start).ok()?))
            }
            _ => None,
        }
    }
}
