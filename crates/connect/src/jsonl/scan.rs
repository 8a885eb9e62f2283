//! A scanner for one JSON value, strict by RFC 8259 and, for surrogates, by RFC 7493.
//!
//! INVARIANT: looks at each byte a bounded number of times, allocates nothing, and recurses at
//! most [`DEPTH_MAX`] deep. The bytes are UTF-8, which the caller has ruled.

use memchr::memchr2;

use crate::rule::{self, DEPTH_MAX};

/// What a value is, and where it lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) kind: Kind,
    /// Its text: of a string what stands between its quotes.
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Absent,
    Null,
    /// A number, a truth value, an array or an object: its text is its value.
    Literal,
    /// A string that is written as it is.
    Text,
    /// A string with escapes, to be put through [`unescape`].
    Escaped,
}

/// The rule that a line breaks.
pub(super) type Fault = &'static str;

/// Scans a line that holds one object and shows each of its fields (key, then value) in order.
pub(super) fn object(
    line: &[u8],
    field: impl FnMut(Value, Value) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut cursor = Cursor { bytes: line, at: 0 };
    cursor.space();
    if cursor.peek() != Some(b'{') {
        // Told apart so that a file that is one array, or lines of numbers, can be named.
        cursor.value(1)?;
        cursor.end()?;
        return Err(rule::NOT_OBJECT);
    }
    cursor.members(1, field)?;
    cursor.end()
}

/// Whether `text` is one JSON value of RFC 8259 and nothing else, of whole characters (RFC 7493),
/// nested at most as deep as the values of JSON Lines. In time of its length, without allocation.
#[must_use]
pub fn is_json(text: &str) -> bool {
    let mut cursor = Cursor {
        bytes: text.as_bytes(),
        at: 0,
    };
    cursor.space();
    cursor.value(1).and_then(|_| cursor.end()).is_ok()
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, byte: u8) -> Result<(), Fault> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(rule::JSON)
        }
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    fn end(&mut self) -> Result<(), Fault> {
        self.space();
        if self.at == self.bytes.len() {
            Ok(())
        } else {
            Err(rule::JSON)
        }
    }

    fn value(&mut self, depth: u32) -> Result<Value, Fault> {
        let start = self.at;
        let kind = match self.peek() {
            Some(b'"') => return self.string(),
            Some(b'{') => {
                self.members(depth, |_, _| Ok(()))?;
                Kind::Literal
            }
            Some(b'[') => {
                self.elements(depth)?;
                Kind::Literal
            }
            Some(b'n') => {
                self.word(b"null")?;
                Kind::Null
            }
            Some(b't') => {
                self.word(b"true")?;
                Kind::Literal
            }
            Some(b'f') => {
                self.word(b"false")?;
                Kind::Literal
            }
            _ => {
                self.number()?;
                Kind::Literal
            }
        };
        Ok(Value {
            kind,
            start,
            end: self.at,
        })
    }

    fn members(
        &mut self,
        depth: u32,
        mut field: impl FnMut(Value, Value) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if depth > DEPTH_MAX {
            return Err(rule::TOO_DEEP);
        }
        self.take(b'{')?;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let key = self.string()?;
            self.space();
            self.take(b':')?;
            self.space();
            let value = self.value(depth + 1)?;
            field(key, value)?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => return self.take(b'}'),
            }
            self.space();
        }
    }

    fn elements(&mut self, depth: u32) -> Result<(), Fault> {
        if depth > DEPTH_MAX {
            return Err(rule::TOO_DEEP);
        }
        self.take(b'[')?;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(depth + 1)?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => return self.take(b']'),
            }
            self.space();
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Fault> {
        if self.rest().starts_with(word) {
            self.at += word.len();
            Ok(())
        } else {
            Err(rule::JSON)
        }
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let count = self
            .rest()
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        self.at += count;
        if count == 0 { Err(rule::JSON) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<(), Fault> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<Value, Fault> {
        self.take(b'"')?;
        let start = self.at;
        let mut kind = Kind::Text;
        loop {
            let rest = self.rest();
            let stop = memchr2(b'"', b'\\', rest).ok_or(rule::JSON)?;
            let plain = rest.get(..stop).unwrap_or_default();
            if plain.iter().any(|byte| *byte < 0x20) {
                return Err(rule::JSON);
            }
            self.at += stop;
            if self.peek() == Some(b'"') {
                let end = self.at;
                self.at += 1;
                return Ok(Value { kind, start, end });
            }
            kind = Kind::Escaped;
            let (_, length) = escape(self.rest()).ok_or(rule::JSON)?;
            self.at += length;
        }
    }
}

/// The character that the escape at the start of `bytes` stands for, and its length in bytes.
fn escape(bytes: &[u8]) -> Option<(char, usize)> {
    let simple = match bytes.get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let first = unit(bytes.get(2..6)?)?;
            if !(0xd800..0xe000).contains(&first) {
                return Some((char::from_u32(first)?, 6));
            }
            // A pair of surrogates is one character; half of one is none.
            let second = unit(bytes.get(6..12)?.strip_prefix(b"\\u")?)?;
            if first >= 0xdc00 || !(0xdc00..0xe000).contains(&second) {
                return None;
            }
            let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return Some((char::from_u32(code)?, 12));
        }
        _ => return None,
    };
    Some((simple, 2))
}

fn unit(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |unit, digit| {
        Some(unit << 4 | char::from(*digit).to_digit(16)?)
    })
}

/// Appends what a string with escapes stands for; the scanner has found them sound.
pub(super) fn unescape(text: &[u8], to: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        to.extend_from_slice(rest.get(..at).unwrap_or_default());
        let Some((character, length)) = rest.get(at..).and_then(escape) else {
            return;
        };
        to.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        rest = rest.get(at + length..).unwrap_or_default();
    }
    to.extend_from_slice(rest);
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

    /// The fields as `(key, text)`, a null as `None`.
    fn fields(line: &str) -> Result<Vec<(String, Option<String>)>, Fault> {
        let mut all = Vec::new();
        object(line.as_bytes(), |key, value| {
            let text = |value: Value| {
                let raw = &line.as_bytes()[value.start..value.end];
                let mut to = Vec::new();
                if value.kind == Kind::Escaped {
                    unescape(raw, &mut to);
                } else {
                    to.extend_from_slice(raw);
                }
                String::from_utf8(to).unwrap()
            };
            all.push((text(key), (value.kind != Kind::Null).then(|| text(value))));
            Ok(())
        })?;
        Ok(all)
    }

    #[test]
    fn values_are_their_texts() {
        let line = r#" { "a" : 1.50 , "b":"x\u00e9\ud83d\ude00\n\/", "c":null,"d":[1, {"e":"}"}],"f":true,"g":{} } "#;
        let found = fields(line).unwrap();
        let texts: Vec<_> = found.iter().map(|(_, text)| text.as_deref()).collect();
        assert_eq!(
            texts,
            [
                Some("1.50"),
                Some("xé😀\n/"),
                None,
                Some(r#"[1, {"e":"}"}]"#),
                Some("true"),
                Some("{}")
            ]
        );
        assert_eq!(fields("{}").unwrap(), []);
        assert_eq!(fields(r#"{"\u0061":1}"#).unwrap()[0].0, "a");
    }

    #[test]
    fn what_is_no_object_is_told_apart() {
        for line in ["[1]", "1", "\"x\"", "null", "true"] {
            assert_eq!(fields(line), Err(rule::NOT_OBJECT), "{line}");
        }
        let deep = |depth: usize| {
            format!(
                "{}{}",
                "{\"a\":".repeat(depth),
                "1".to_owned() + &"}".repeat(depth)
            )
        };
        assert!(fields(&deep(64)).is_ok());
        assert_eq!(fields(&deep(65)), Err(rule::TOO_DEEP));
        let array = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(fields(&array(63)).is_ok());
        assert_eq!(fields(&array(64)), Err(rule::TOO_DEEP));
        assert_eq!(fields(&"[".repeat(1 << 20)), Err(rule::TOO_DEEP));
    }

    #[test]
    fn it_agrees_with_serde_json_on_what_is_json() {
        let seeds = [
            r#"{"a":1,"b":-0.5e+3,"c":"x\"y\\","d":[true,false,null],"e":{"f":[]}}"#,
            r#"{"k\u00e9y":"\ud83d\ude00","n":0,"m":-1,"t":"tab\t"}"#,
            r#"{ "a" : [ 1 , 2 , [ ] , { } ] , "b" : "" }"#,
        ];
        let alphabet = b"{}[]\",:\\u0123e-+.tfnull /x\x01\r";
        let mut random = crate::testing::Random::new(7);
        let (mut sound, mut broken) = (0, 0);
        for round in 0..60_000 {
            let mut bytes = seeds[round % seeds.len()].as_bytes().to_vec();
            for _ in 0..random.below(3) {
                let at = random.below(bytes.len() as u64) as usize;
                let byte = alphabet[random.below(alphabet.len() as u64) as usize];
                match random.below(3) {
                    0 => bytes[at] = byte,
                    1 => bytes.insert(at, byte),
                    _ => drop(bytes.remove(at)),
                }
            }
            let Ok(text) = String::from_utf8(bytes) else {
                continue;
            };
            // A number out of range is a number here; the contract judges it.
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            if theirs
                .as_ref()
                .is_err_and(|e| e.to_string().contains("out of range"))
            {
                continue;
            }
            let ours = fields(&text);
            match theirs {
                Ok(serde_json::Value::Object(map)) => {
                    sound += 1;
                    let ours = ours.unwrap_or_else(|fault| panic!("{fault}: {text}"));
                    for (key, value) in &ours {
                        // Of a repeated key serde keeps the last.
                        if ours.iter().filter(|(other, _)| other == key).count() == 1
                            && let Some(known) = map[key].as_str()
                        {
                            assert_eq!(value.as_deref(), Some(known), "{text}");
                        }
                    }
                }
                Ok(_) => assert_eq!(ours, Err(rule::NOT_OBJECT), "{text}"),
                Err(_) => {
                    broken += 1;
                    assert_eq!(ours, Err(rule::JSON), "{text}");
                }
            }
        }
        assert!(sound > 10_000 && broken > 10_000, "{sound} {broken}");
    }
}
