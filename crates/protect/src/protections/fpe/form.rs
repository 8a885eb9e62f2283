//! The forms of values: which characters are enciphered, which stay, and which results count.
//!
//! Invariant: a form reads what it writes, and what it writes has the length of what was read.
//!
//! The characters are looked up in a table of 256 bytes, so timing within the processor's cache
//! may depend on them; on the numerals, which are what is secret of a result, nothing does.

const NONE: u8 = 0xFF;

/// A form of values.
pub(super) struct Form {
    /// Its name, or the characters themselves: what its key is derived with.
    name: String,
    /// The character of each numeral.
    symbols: Vec<u8>,
    /// The numeral of each character.
    numerals: [u8; 256],
    /// Characters that stay where they are.
    separators: &'static [u8],
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Card,
    Ssn,
}

/// What stays of a value, as far as its check needs it.
pub(super) struct Staying {
    /// Its part of the sum of a check digit.
    sum: u32,
    /// How many numerals stand behind those that are enciphered.
    behind: usize,
}

impl Form {
    /// Reads a name or an alphabet; the empty text is `digits`.
    pub(super) fn parse(text: &str) -> Option<Form> {
        let (digits, lower, upper) = (
            "0123456789",
            "abcdefghijklmnopqrstuvwxyz",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        );
        let plain = |symbols: &str| Form::of(text, symbols, b"", Kind::Plain);
        match text {
            "" => Form::of("digits", digits, b"", Kind::Plain),
            "digits" => plain(digits),
            "lower" => plain(lower),
            "upper" => plain(upper),
            "alnum" => plain(&[digits, upper, lower].concat()),
            "hex" => plain("0123456789abcdef"),
            "phone" => Form::of(text, digits, b"+ -.()/", Kind::Plain),
            "ssn" => Form::of(text, digits, b" -", Kind::Ssn),
            own => plain(own),
        }
    }

    /// Card numbers.
    pub(super) fn card() -> Form {
        let mut numerals = [NONE; 256];
        for (place, numeral) in numerals.iter_mut().skip(usize::from(b'0')).zip(0..10) {
            *place = numeral;
        }
        Form {
            name: "card".to_owned(),
            symbols: b"0123456789".to_vec(),
            numerals,
            separators: b" -",
            kind: Kind::Card,
        }
    }

    fn of(name: &str, symbols: &str, separators: &'static [u8], kind: Kind) -> Option<Form> {
        let mut numerals = [NONE; 256];
        for (numeral, symbol) in symbols.bytes().enumerate() {
            let place = numerals.get_mut(usize::from(symbol))?;
            if !(b' '..=b'~').contains(&symbol) || *place != NONE {
                return None;
            }
            *place = u8::try_from(numeral).ok()?;
        }
        (symbols.len() >= 2).then(|| Form {
            name: name.to_owned(),
            symbols: symbols.as_bytes().to_vec(),
            numerals,
            separators,
            kind,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn radix(&self) -> u32 {
        self.symbols.len() as u32
    }

    fn numeral(&self, symbol: u8) -> Option<u16> {
        let numeral = self.numerals.get(usize::from(symbol));
        numeral
            .filter(|numeral| **numeral != NONE)
            .map(|numeral| u16::from(*numeral))
    }

    /// Appends the numerals of a text; false where it has another form.
    pub(super) fn read(&self, text: &[u8], numerals: &mut Vec<u16>) -> bool {
        let start = numerals.len();
        for symbol in text {
            match self.numeral(*symbol) {
                Some(numeral) => numerals.push(numeral),
                None if self.separators.contains(symbol) => {}
                None => return false,
            }
        }
        numerals.get(start..).is_some_and(|all| self.counts(all))
    }

    /// Writes a text with its characters replaced by those of `numerals`, in order.
    pub(super) fn write(&self, text: &[u8], numerals: &[u16], place: &mut [u8]) {
        let mut numerals = numerals.iter();
        for (to, from) in place.iter_mut().zip(text) {
            *to = match self.numerals.get(usize::from(*from)) {
                Some(&NONE) | None => *from,
                Some(_) => {
                    let numeral = numerals.next().copied().unwrap_or_default();
                    self.symbols
                        .get(usize::from(numeral))
                        .copied()
                        .unwrap_or(b'?')
                }
            };
        }
    }

    /// How many of so many numerals stay at the start and at the end.
    pub(super) fn stay(&self, count: usize) -> (usize, usize) {
        match self.kind {
            // At least six are hidden: fewer would have less than 1,000,000 values.
            Kind::Card => (count.saturating_sub(10).min(6), 4),
            Kind::Plain | Kind::Ssn => (0, 0),
        }
    }

    /// What the numerals that stay, around so many that are enciphered, tell of whether a value is
    /// one of the form.
    pub(super) fn staying(&self, first: &[u16], hidden: usize, last: &[u16]) -> Staying {
        let sum = match self.kind {
            Kind::Card => luhn(last, 0) + luhn(first, last.len() + hidden),
            Kind::Plain | Kind::Ssn => 0,
        };
        Staying {
            sum,
            behind: last.len(),
        }
    }

    /// Whether the numerals between those that stay make a value of this form.
    pub(super) fn completes(&self, staying: &Staying, hidden: &[u16]) -> bool {
        match self.kind {
            Kind::Card => (staying.sum + luhn(hidden, staying.behind)).is_multiple_of(10),
            Kind::Plain | Kind::Ssn => self.counts(hidden),
        }
    }

    /// Whether the numerals are a value of this form.
    pub(super) fn counts(&self, numerals: &[u16]) -> bool {
        match self.kind {
            Kind::Plain => true,
            Kind::Card => {
                (13..=19).contains(&numerals.len()) && luhn(numerals, 0).is_multiple_of(10)
            }
            Kind::Ssn => ssn(numerals),
        }
    }
}

/// What digits add to the sum of ISO/IEC 7812, with so many others behind them.
fn luhn(digits: &[u16], behind: usize) -> u32 {
    let of = |(at, digit): (usize, &u16)| {
        let digit = u32::from(*digit);
        match at % 2 {
            0 => digit,
            _ => 2 * digit - if digit > 4 { 9 } else { 0 },
        }
    };
    digits
        .iter()
        .rev()
        .zip(behind..)
        .map(|(digit, at)| of((at, digit)))
        .sum()
}

/// Whether nine digits are a number that the US Social Security Administration could issue: an
/// area from 001 to 899 without 666, a group and a serial that are not zero.
fn ssn(digits: &[u16]) -> bool {
    let number = |digits: &[u16]| {
        digits
            .iter()
            .fold(0, |sum, digit| sum * 10 + u32::from(*digit))
    };
    let (Some(area), Some(group), Some(serial)) =
        (digits.get(..3), digits.get(3..5), digits.get(5..9))
    else {
        return false;
    };
    let area = number(area);
    digits.len() == 9
        && (1..=899).contains(&area)
        && area != 666
        && number(group) > 0
        && number(serial) > 0
}
