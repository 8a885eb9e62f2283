//! Reads what a dataset as a whole must meet: `rows:`, `freshness:` and `expect:`.

use super::reader::Reader;
use super::scalar::quote;
use super::shape;
use super::tree::{Content, Node};
use crate::model::{ColumnType, Dataset, Expectation, Freshness, RowCount};
use crate::source::Spanned;

/// The most expectations of a dataset: each is computed for every row.
const EXPECTATIONS: usize = 64;

/// The longest time that `within:` may say: ten years.
const LONGEST: i64 = 3_650 * 86_400;

impl Reader<'_> {
    /// `rows: { min: 1, max: 1000 }`.
    pub(crate) fn row_count(&mut self, node: &Node) -> Option<RowCount> {
        let fields = self.fields(node, "rows", &shape::ROWS)?;
        let bound = |reader: &mut Self, key| {
            let node = fields.find(key)?;
            reader.count(node, key, 0, u64::MAX)
        };
        let (min, max) = (bound(self, "min"), bound(self, "max"));
        if fields.find("min").is_none() && fields.find("max").is_none() {
            self.error(
                "SL1520",
                node.span,
                "`rows` asks for nothing".to_owned(),
                "no bound",
                "write `min: 1`, `max: 1000000`, or both",
            );
        }
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            self.empty_range(&fields, "min", "max");
        }
        Some(RowCount {
            min,
            max,
            span: node.span,
        })
    }

    /// `freshness: { column: updated_at, within: 24h }`, of a dataset whose columns were read;
    /// `sound` says that all of them could be.
    pub(crate) fn freshness(
        &mut self,
        node: &Node,
        dataset: &Dataset,
        sound: bool,
    ) -> Option<Freshness> {
        let fields = self.fields(node, "freshness", &shape::FRESHNESS)?;
        let column = self.require(&fields, "column", node.span, "updated_at");
        let column = column.and_then(|node| self.text(node, "column"));
        let within = self.require(&fields, "within", node.span, "24h");
        let within = within.and_then(|node| self.text(node, "within"));
        let seconds = within.as_ref().and_then(|text| {
            let seconds = duration(text);
            if seconds.is_none() {
                let message = format!("`within` cannot be {}", quote(text));
                let help = "write a whole number of minutes, hours or days, such as `90m`, `24h` or `7d`, at most ten years";
                self.error("SL1521", text.span, message, "no duration", help);
            }
            seconds
        });
        let column = column?;
        if sound {
            match dataset.column(&column) {
                Some(found) if !matches!(found.ty, ColumnType::Date | ColumnType::Timestamp) => {
                    let message = format!(
                        "the freshness of a column of the type `{}` cannot be told",
                        found.ty
                    );
                    let help = "name a column of the type `timestamp` or `date`";
                    self.error("SL1050", column.span, message, "no moment", help);
                }
                Some(_) => {}
                None => self.column_of(dataset, &column),
            }
        }
        Some(Freshness {
            column,
            within: seconds?,
            written: within?.value,
        })
    }

    /// `expect: [{ name: total_is_positive, sql: "total >= 0" }]`.
    pub(crate) fn expectations(&mut self, node: &Node) -> Vec<Expectation> {
        let Content::Sequence(items) = &node.content else {
            let example = "for example `expect: [{ name: sums_up, sql: \"net + tax = gross\" }]`";
            self.wrong(node, "expect", "a list", example);
            return Vec::new();
        };
        if !self.at_most(node, "expect", EXPECTATIONS) {
            return Vec::new();
        }
        let mut all: Vec<Expectation> = Vec::new();
        for item in items {
            let Some(fields) = self.fields(item, "expect", &shape::EXPECTATION) else {
                continue;
            };
            self.description(&fields);
            let name = self.require(&fields, "name", item.span, "sums_up");
            let name = name
                .and_then(|node| self.text(node, "name"))
                .filter(|name| self.expectation_name(name, &all));
            let sql = self.require(&fields, "sql", item.span, "\"net + tax = gross\"");
            let sql = sql.and_then(|node| self.sql(node, "sql"));
            if let (Some(name), Some(sql)) = (name, sql) {
                all.push(Expectation { name, sql });
            }
        }
        all
    }

    /// A name that a report and a quarantine can carry, and that no other expectation has.
    fn expectation_name(&mut self, name: &Spanned<String>, others: &[Expectation]) -> bool {
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let good = (1..=64).contains(&name.len()) && name.bytes().all(letters);
        if !good {
            let message = format!("an expectation cannot be named {}", quote(name));
            let help = "use up to 64 letters, digits, `_` and `-`";
            self.error("SL1522", name.span, message, "not a name", help);
        } else if others.iter().any(|other| other.name.value == name.value) {
            let message = format!("two expectations are named {}", quote(name));
            let help = "rejected rows carry the name: give each its own";
            self.error("SL1522", name.span, message, "given before", help);
            return false;
        }
        good
    }
}

/// Seconds of `90m`, `24h` or `7d`; `None` where it is nothing, negative or longer than ten years.
fn duration(text: &str) -> Option<i64> {
    let unit = text.chars().next_back()?;
    let seconds = match unit {
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let digits = text.strip_suffix(unit)?;
    let plain = (1..=9).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let count = digits.parse::<i64>().ok().filter(|_| plain)?;
    let all = count.checked_mul(seconds)?;
    (1..=LONGEST).contains(&all).then_some(all)
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

    #[test]
    fn durations_have_a_unit_and_an_end() {
        assert_eq!(duration("90m"), Some(5_400));
        assert_eq!(duration("24h"), Some(86_400));
        assert_eq!(duration("7d"), Some(604_800));
        assert_eq!(duration("3650d"), Some(LONGEST));
        for bad in [
            "",
            "h",
            "24",
            "24H",
            "1s",
            "-1h",
            "+1h",
            "1.5h",
            "0h",
            "3651d",
            "1 h",
            "99999999999h",
            "1é",
            "é",
            "1w",
        ] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}
