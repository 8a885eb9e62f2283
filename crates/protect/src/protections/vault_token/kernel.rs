//! The kernel of `vault_token`.
//!
//! Invariant: every token in an output was durably kept before the output left the kernel. A run
//! that fails afterwards leaves tokens that stand in no table; they tell nothing, and serve the
//! same values in the next run.

use std::{
    collections::{HashMap, hash_map},
    fmt,
    sync::Arc,
};

use arrow::{
    array::{Array, ArrayRef},
    datatypes::DataType,
};

use super::seal::{Domain, LENGTH, write};
use crate::{
    Kernel, KeySource, ProtectError, TokenVault,
    argument::Arguments,
    column::{Layout, fresh_nulls, is_valid, unpack},
    crypto::random,
    subject::{self, Texts, texts},
    vault::{Entry, Subject, Token},
};

pub(super) const NAME: &str = "vault_token";
/// The words of the parameter `reuse`.
pub(super) const REUSE: &[&str] = &["value", "never"];
/// Bytes of the longest value that a vault takes.
const LONGEST: usize = 65_536;
/// A hundred years.
const LONGEST_TTL: u64 = 36_500 * 86_400;

/// `vault_token`, bound.
pub(crate) struct VaultToken {
    domain: Domain,
    vault: Arc<dyn TokenVault>,
    ttl: Option<u64>,
    reuse: bool,
}

impl fmt::Debug for VaultToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultToken")
            .field("domain", &self.domain.name)
            .finish_non_exhaustive()
    }
}

pub(super) fn kernel(
    arguments: &Arguments<'_>,
    keys: &dyn KeySource,
) -> Result<VaultToken, ProtectError> {
    let ttl = arguments.text(2)?;
    let ttl = ttl_seconds(ttl).ok_or_else(|| {
        arguments
            .wrong("argument 3 must be how long a token lives, such as 90d or 12h, or 0 for ever")
    })?;
    let reuse = arguments.choice(3, REUSE)? == 0;
    let (key, domain) = (arguments.text(0)?, subject::domain(arguments, 1)?);
    Ok(VaultToken {
        domain: Domain::new(&keys.token_key(key)?, domain)?,
        vault: keys.vault(key)?,
        ttl,
        reuse,
    })
}

/// Seconds of `90d`, `12h`; none for `0` and for nothing written.
fn ttl_seconds(text: &str) -> Option<Option<u64>> {
    if matches!(text, "" | "0") {
        return Some(None);
    }
    let (count, unit) = match (text.strip_suffix('d'), text.strip_suffix('h')) {
        (Some(days), _) => (days, 86_400),
        (_, Some(hours)) => (hours, 3_600),
        _ => return None,
    };
    if count.len() > 7 || !count.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let seconds = count.parse::<u64>().ok()? * unit;
    (1..=LONGEST_TTL)
        .contains(&seconds)
        .then_some(Some(seconds))
}

impl Kernel for VaultToken {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        subject::takes(NAME, input)?;
        Ok(DataType::Utf8)
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        subject::takes(NAME, input.data_type())?;
        let plain = unpack(NAME, input)?;
        let texts = texts(NAME, &plain)?;
        let nulls = fresh_nulls(&plain);
        let rows = (0..plain.len()).filter(|row| is_valid(nulls.as_ref(), *row));
        let tokens = if self.reuse {
            self.of_values(texts, rows)?
        } else {
            self.of_rows(texts, rows)?
        };
        let mut tokens = tokens.iter();
        let layout = Layout::measure(NAME, plain.len(), nulls, |_| LENGTH)?;
        let bytes = layout.fill(|_, cell| match tokens.next() {
            Some(token) => write(token, cell),
            None => Err(answer()),
        })?;
        Ok(Arc::new(layout.text(bytes)?))
    }
}

impl VaultToken {
    /// A token for every row with a value, the same for the same value.
    fn of_values(
        &self,
        texts: &dyn Texts,
        rows: impl Iterator<Item = usize>,
    ) -> Result<Vec<Token>, ProtectError> {
        let mut places: HashMap<Subject, usize> = HashMap::new();
        let (mut subjects, mut first) = (Vec::new(), Vec::new());
        let mut place_of_row = Vec::new();
        for row in rows {
            let subject = self.domain.subjects.sign(texts.text(row, &mut [0; 32]));
            place_of_row.push(match places.entry(subject) {
                hash_map::Entry::Occupied(place) => *place.get(),
                hash_map::Entry::Vacant(place) => {
                    subjects.push(subject);
                    first.push(row);
                    *place.insert(first.len() - 1)
                }
            });
        }
        let mut found = self.vault.find(&self.domain.name, &subjects)?;
        if found.len() != subjects.len() {
            return Err(answer());
        }
        let missing = found.iter().zip(subjects.iter().zip(&first));
        let entries = missing
            .filter(|(token, _)| token.is_none())
            .map(|(_, (subject, row))| self.entry(Some(*subject), texts, *row))
            .collect::<Result<Vec<Entry>, _>>()?;
        let mut kept = self.keep(&entries)?.into_iter();
        for token in found.iter_mut().filter(|token| token.is_none()) {
            *token = kept.next();
        }
        place_of_row
            .into_iter()
            .map(|place| found.get(place).copied().flatten().ok_or_else(answer))
            .collect()
    }

    /// A token for every row with a value.
    fn of_rows(
        &self,
        texts: &dyn Texts,
        rows: impl Iterator<Item = usize>,
    ) -> Result<Vec<Token>, ProtectError> {
        let entries = rows.map(|row| self.entry(None, texts, row));
        self.keep(&entries.collect::<Result<Vec<Entry>, _>>()?)
    }

    fn entry(
        &self,
        subject: Option<Subject>,
        texts: &dyn Texts,
        row: usize,
    ) -> Result<Entry, ProtectError> {
        let mut scratch = [0; 32];
        let text = texts.text(row, &mut scratch);
        if text.len() > LONGEST {
            return Err(ProtectError::Value {
                protection: NAME,
                row,
                reason: "is longer than the 65,536 bytes that a token vault takes; encrypt it instead",
            });
        }
        let token = random::array()?;
        let sealed = self.domain.seal(&token, text)?;
        Ok(Entry {
            subject,
            token,
            sealed,
        })
    }

    fn keep(&self, entries: &[Entry]) -> Result<Vec<Token>, ProtectError> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let kept = self.vault.keep(&self.domain.name, entries, self.ttl)?;
        if kept.len() == entries.len() {
            Ok(kept)
        } else {
            Err(answer())
        }
    }
}

/// A vault that breaks its contract.
pub(super) fn answer() -> ProtectError {
    ProtectError::Vault {
        step: "answering",
        reason: "its answer is not as long as what was asked",
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    use crate::testing::{Sample, said};

    let arguments = vec![said("token"), said("domain"), said(""), said("value")];
    Sample::texts(arguments)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use arrow::array::{AsArray, Int16Array, Int64Array, StringArray};
    use sealine_label::declare::Call;

    use super::*;
    use crate::{
        bind,
        testing::{Keys, assert_own_buffers, call, contains, every_shape_of_text, said},
    };

    fn written(domain: &str, ttl: &str, reuse: &str) -> Call {
        call(NAME, vec![said("k"), said(domain), said(ttl), said(reuse)])
    }

    fn tokens(input: &ArrayRef, domain: &str, reuse: &str) -> Vec<Option<String>> {
        let kernel = bind(&written(domain, "", reuse), &Keys).unwrap();
        let output = kernel.apply(input).unwrap();
        let texts = output.as_string::<i32>().iter();
        texts.map(|text| text.map(str::to_owned)).collect()
    }

    #[test]
    fn a_value_keeps_its_token_in_every_shape_and_run() {
        let values = [
            Some("CANARY-4111-SECRET"),
            None,
            Some(""),
            Some("CANARY-4111-SECRET"),
        ];
        let plain: ArrayRef = Arc::new(StringArray::from(values.to_vec()));
        let expected = tokens(&plain, "shapes", "value");
        assert_eq!(expected[0], expected[3]);
        assert_eq!(expected[1], None);
        assert!(expected[2].is_some() && expected[2] != expected[0]);
        let kernel = bind(&written("shapes", "", "value"), &Keys).unwrap();
        for (shape, input) in every_shape_of_text(&values) {
            assert_eq!(tokens(&input, "shapes", "value"), expected, "{shape}");
            let output = kernel.apply(&input).unwrap();
            assert_own_buffers(&input, &output);
            for secret in ["CANARY", "SECRET", "beside", "outside"] {
                assert!(!contains(&output, secret.as_bytes()), "{shape} {secret}");
            }
        }
        assert_ne!(tokens(&plain, "other", "value")[0], expected[0]);
        assert!(tokens(&plain.slice(0, 0), "shapes", "value").is_empty());
    }

    #[test]
    fn widths_share_a_token_and_it_cannot_be_computed() {
        let small: ArrayRef = Arc::new(Int16Array::from(vec![7]));
        let wide: ArrayRef = Arc::new(Int64Array::from(vec![7]));
        let token = tokens(&small, "width", "value");
        assert_eq!(token, tokens(&wide, "width", "value"));
        let mut arguments = vec![said("k"), said("width"), said("text")];
        arguments.push(sealine_label::declare::Argument::Integer(0));
        let computed = bind(&call("tokenize", arguments), &Keys)
            .unwrap()
            .apply(&small)
            .unwrap();
        assert_ne!(
            token[0].as_deref(),
            Some(computed.as_string::<i32>().value(0))
        );
    }

    #[test]
    fn never_gives_every_row_a_token_of_its_own() {
        let input: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), Some("a"), None]));
        let (one, two) = (
            tokens(&input, "never", "never"),
            tokens(&input, "never", "never"),
        );
        assert_ne!(one[0], one[1]);
        assert_ne!(one[0], two[0]);
        assert_eq!(one[2], None);
    }

    #[test]
    fn times_to_live_are_read_strictly() {
        assert_eq!(ttl_seconds("90d"), Some(Some(90 * 86_400)));
        assert_eq!(ttl_seconds("12h"), Some(Some(43_200)));
        assert_eq!(ttl_seconds("0"), Some(None));
        for bad in [
            "d",
            "90",
            "0d",
            "-1d",
            "1w",
            "36501d",
            "99999999h",
            "1.5d",
            " 1d",
        ] {
            assert_eq!(ttl_seconds(bad), None, "{bad}");
            let error = bind(&written("d", bad, "value"), &Keys).unwrap_err();
            assert_eq!(error.code(), "SL8011", "{bad}");
        }
    }

    #[test]
    fn a_value_too_long_is_refused_by_row() {
        let long = "x".repeat(LONGEST + 1);
        let input: ArrayRef = Arc::new(StringArray::from(vec!["a", long.as_str()]));
        let error = bind(&written("long", "", "value"), &Keys)
            .unwrap()
            .apply(&input)
            .unwrap_err();
        assert!(
            matches!(error, ProtectError::Value { row: 1, .. }),
            "{error}"
        );
    }
}
