//! Reads `waivers:`: what the detectors may find in a written column, and until when.

use super::bound;
use super::reader::Reader;
use super::scalar::quote;
use super::shape;
use super::together::Together;
use super::tree::{Content, Node};
use crate::model::Waiver;
use crate::source::Spanned;

/// More than this are no exceptions.
const MOST: usize = 256;
/// Characters of a reason.
const REASON: usize = 500;

impl Reader<'_> {
    pub(crate) fn waivers(&mut self, node: &Node) -> Vec<Waiver> {
        let Content::Sequence(items) = &node.content else {
            let help = "write `- { dataset: …, column: …, tag: …, until: …, because: … }` below it";
            self.wrong(node, "waivers", "a list", help);
            return Vec::new();
        };
        if !self.at_most(node, "waivers", MOST) {
            return Vec::new();
        }
        items.iter().filter_map(|item| self.waiver(item)).collect()
    }

    fn waiver(&mut self, node: &Node) -> Option<Waiver> {
        let fields = self.fields(node, "waivers", &shape::WAIVER)?;
        let mut text = |name, example| {
            let node = self.require(&fields, name, node.span, example)?;
            self.text(node, name)
        };
        let dataset = text("dataset", "lake.orders");
        let column = text("column", "reference");
        let tag = text("tag", "pci.pan");
        let until = text("until", "2027-03-31");
        let because = text("because", "order numbers that pass the check of a card");
        let tag = tag.and_then(|tag| self.tag(&tag, false));
        let until = until.and_then(|until| Some((self.day(&until)?, until.value)));
        let because = because.and_then(|because| self.reason(because));
        let (until_day, until) = until?;
        Some(Waiver {
            dataset: dataset?,
            column: column?.value,
            tag: tag?,
            until,
            until_day,
            because: because?,
        })
    }

    fn day(&mut self, text: &Spanned<String>) -> Option<i32> {
        let day = bound::date(text);
        if day.is_none() {
            let message = format!("{} is no day", quote(text));
            let help = "a waiver ends: write its last day, such as `until: 2027-03-31`";
            self.error("SL1551", text.span, message, "not a day", help);
        }
        day
    }

    fn reason(&mut self, text: Spanned<String>) -> Option<String> {
        let length = text.chars().count();
        if (1..=REASON).contains(&length) && !text.chars().any(char::is_control) {
            return Some(text.value);
        }
        let message = format!("`because` has to be one line of 1 to {REASON} characters");
        let help = "say why what is found there is not what it looks like";
        self.error("SL1027", text.span, message, "not a reason", help);
        None
    }
}

impl Together<'_> {
    /// A waiver is for a dataset that a pipeline writes: one that names nothing would be believed to hold.
    pub(crate) fn waived(&self, reader: &mut Reader<'_>, written: impl Fn(&str) -> bool) {
        if !self.catalog_complete || !self.pipelines_complete {
            return;
        }
        for waiver in &self.project.waivers {
            let found = self
                .datasets
                .iter()
                .find(|read| read.dataset.id == waiver.dataset.value);
            let declared = found.map(|read| &read.dataset.columns);
            let message = match declared {
                None => format!("there is no dataset {}", quote(&waiver.dataset)),
                Some(_) if !written(&waiver.dataset) => {
                    format!("no pipeline writes {}", quote(&waiver.dataset))
                }
                Some(columns)
                    if !columns.is_empty()
                        && !columns.iter().any(|column| column.name == waiver.column) =>
                {
                    format!(
                        "{} has no column {}",
                        quote(&waiver.dataset),
                        quote(&waiver.column)
                    )
                }
                Some(_) => continue,
            };
            let help = "a waiver names a column of a dataset that a pipeline writes";
            reader.error(
                "SL1550",
                waiver.dataset.span,
                message,
                "nothing to waive",
                help,
            );
        }
    }
}
