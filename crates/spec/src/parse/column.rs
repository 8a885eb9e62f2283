//! Reads a column: its type, and rules that fit the type.

use std::collections::BTreeMap;

use super::bound;
use super::project::Draft;
use super::reader::{Fields, Reader};
use super::scalar::quote;
use super::shape;
use super::tree::{Entry, Node};
use crate::diagnostic::Diagnostic;
use crate::model::{Column, ColumnType, Frequency, Kind, Rules, Select};
use crate::source::Spanned;

/// Types without parameters.
pub(crate) const TYPES: [(&str, ColumnType); 12] = [
    ("string", ColumnType::String),
    ("boolean", ColumnType::Boolean),
    ("int8", ColumnType::Int8),
    ("int16", ColumnType::Int16),
    ("int32", ColumnType::Int32),
    ("int64", ColumnType::Int64),
    ("float32", ColumnType::Float32),
    ("float64", ColumnType::Float64),
    ("date", ColumnType::Date),
    ("timestamp", ColumnType::Timestamp),
    ("time", ColumnType::Time),
    ("binary", ColumnType::Binary),
];

/// Names that other systems use.
const SYNONYMS: [(&str, &str); 27] = [
    ("text", "string"),
    ("str", "string"),
    ("varchar", "string"),
    ("char", "string"),
    ("utf8", "string"),
    ("uuid", "string"),
    ("json", "string"),
    ("email", "string"),
    ("bool", "boolean"),
    ("byte", "int8"),
    ("tinyint", "int8"),
    ("smallint", "int16"),
    ("short", "int16"),
    ("int", "int64"),
    ("integer", "int64"),
    ("bigint", "int64"),
    ("long", "int64"),
    ("number", "int64"),
    ("real", "float32"),
    ("float", "float64"),
    ("double", "float64"),
    ("numeric", "decimal(18,2)"),
    ("decimal", "decimal(18,2)"),
    ("money", "decimal(18,2)"),
    ("datetime", "timestamp"),
    ("bytes", "binary"),
    ("blob", "binary"),
];

impl Reader<'_> {
    /// Reads one entry of `columns:`.
    pub(crate) fn column(&mut self, entry: &Entry, project: &Draft) -> Column {
        let levels = project.levels.as_ref();
        let highest =
            levels.map_or_else(sealine_label::Level::bottom, sealine_label::Levels::highest);
        let mut column = Column {
            name: entry.key.value.clone(),
            ty: ColumnType::String,
            level: highest,
            level_declared: false,
            tags: Vec::new(),
            rules: Rules::default(),
            select: None,
            domain_size: None,
            frequency: Frequency::default(),
            quasi: false,
            sensitive: false,
            span: entry.key.span,
        };
        self.column_name(&entry.key);
        let Some(fields) = self.fields(&entry.value, &entry.key, &shape::COLUMN) else {
            return column;
        };
        self.description(&fields);
        let ty = self
            .require(&fields, "type", entry.key.span, "string")
            .and_then(|node| self.column_type(node));
        if let Some(node) = fields.find("level") {
            column.level_declared = true;
            column.level = self.level(node, "level", levels).unwrap_or(highest);
        }
        if let Some(node) = fields.find("tags") {
            let tags = self.texts(node, "tags", "[pii.email]").unwrap_or_default();
            column.tags = tags.iter().filter_map(|tag| self.tag(tag, false)).collect();
        }
        column.domain_size = fields
            .find("domain_size")
            .and_then(|node| self.count(node, "domain_size", 1, u64::MAX));
        if let Some(node) = fields.find("frequency") {
            column.frequency = self.frequency(node);
        }
        column.quasi = self.flag(&fields, "quasi", false);
        column.sensitive = self.flag(&fields, "sensitive", false);
        self.one_role(&fields, column.quasi, column.sensitive);
        if let Some(ty) = ty {
            column.ty = ty;
            column.rules = self.rules(&fields, ty);
        }
        column.select = fields
            .find("select")
            .and_then(|node| self.select(node, &column, ty.is_some(), project));
        column
    }

    fn frequency(&mut self, node: &Node) -> Frequency {
        let Some(fields) = self.fields(node, "frequency", &shape::FREQUENCY) else {
            return Frequency::default();
        };
        let (share, distinct) = (fields.find("max_share"), fields.find("min_distinct"));
        Frequency {
            max_share: share.and_then(|node| self.between(node, "max_share", 0.01, 1.0)),
            min_distinct: distinct.and_then(|node| self.count(node, "min_distinct", 1, 10_000)),
        }
    }

    fn column_type(&mut self, node: &Node) -> Option<ColumnType> {
        let text = self.text(node, "type")?;
        if let Some((_, ty)) = TYPES.iter().find(|(name, _)| *name == text.value) {
            return Some(*ty);
        }
        if let Some(rest) = text.strip_prefix("decimal(") {
            return self.decimal(&text, rest);
        }
        let lower = text.to_ascii_lowercase();
        let word = lower.split('(').next().unwrap_or_default();
        let synonym = SYNONYMS
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(_, meant)| *meant);
        let names = TYPES.iter().map(|(name, _)| *name);
        let meant = synonym.or_else(|| self.suggest(&text, names.clone()));
        let mut found = Diagnostic::error("SL1026", format!("there is no type {}", quote(&text)))
            .mark(text.span, "unknown type");
        match meant {
            Some(meant) => {
                let pasted = if meant.contains(',') {
                    format!("\"{meant}\"")
                } else {
                    meant.to_owned()
                };
                found = found.help(format!("did you mean `{meant}`?"));
                found = found.fix(format!("write `{meant}`"), Some(text.span), pasted);
            }
            None => {
                let list: Vec<&str> = names.collect();
                found = found.help(format!(
                    "the types are `{}`, `decimal(p,s)`",
                    list.join("`, `")
                ));
            }
        }
        self.out.push(found);
        None
    }

    /// `decimal(precision,scale)`, from after the bracket.
    fn decimal(&mut self, text: &Spanned<String>, rest: &str) -> Option<ColumnType> {
        let Some(inner) = rest.strip_suffix(')') else {
            let help = "inside of `{ … }` the comma ends the value: quote it, as in `type: \"decimal(10,2)\"`";
            self.error(
                "SL1026",
                text.span,
                format!("{} is no type", quote(text)),
                "cut at the comma",
                help,
            );
            return None;
        };
        let (precision, scale) = inner.split_once(',').unwrap_or((inner, "0"));
        let (precision, scale) = (precision.trim().parse::<u8>(), scale.trim().parse::<u8>());
        if let (Ok(precision @ 1..=38), Ok(scale)) = (precision, scale)
            && scale <= precision
            && let Ok(scale) = i8::try_from(scale)
        {
            return Some(ColumnType::Decimal { precision, scale });
        }
        let help = "write `decimal(precision,scale)`: 1 to 38 digits in all, of them 0 to all after the point";
        self.error(
            "SL1026",
            text.span,
            format!("{} is no type", quote(text)),
            "not a decimal",
            help,
        );
        None
    }

    fn rules(&mut self, fields: &Fields<'_>, ty: ColumnType) -> Rules {
        let mut rules = Rules {
            required: self.flag(fields, "required", false),
            unique: self.flag(fields, "unique", false),
            strict: self.flag(fields, "strict", false),
            ..Rules::default()
        };
        let text = ty == ColumnType::String;
        let moment = matches!(
            ty,
            ColumnType::Date | ColumnType::Timestamp | ColumnType::Time
        );
        let float = matches!(ty, ColumnType::Float32 | ColumnType::Float64);
        let range = ty.is_integer() || float || moment || matches!(ty, ColumnType::Decimal { .. });
        let fits: BTreeMap<&str, (bool, &str)> = BTreeMap::from([
            (
                "min",
                (
                    range,
                    "numbers, dates and times; for texts there is `min_length`",
                ),
            ),
            (
                "max",
                (
                    range,
                    "numbers, dates and times; for texts there is `max_length`",
                ),
            ),
            ("min_length", (text, "texts; for numbers there is `min`")),
            ("max_length", (text, "texts; for numbers there is `max`")),
            ("pattern", (text, "texts")),
            ("is", (text, "texts")),
            ("enum", (text || ty.is_integer(), "texts and whole numbers")),
            ("format", (moment, "dates and times")),
        ]);
        let find = |reader: &mut Self, key: &str| {
            let entry = fields.entry(key)?;
            match fits.get(key) {
                Some((false, what)) => {
                    let message = format!("`{key}` does not fit the type `{ty}`");
                    let help = format!("`{key}` is for {what}");
                    reader.error("SL1050", entry.key.span, message, "does not fit", help);
                    None
                }
                _ => Some(&entry.value),
            }
        };
        rules.min = find(self, "min").and_then(|node| self.bound(node, "min", ty));
        rules.max = find(self, "max").and_then(|node| self.bound(node, "max", ty));
        if let (Some(min), Some(max)) = (rules.min, rules.max)
            && bound::is_above(min, max)
        {
            self.empty_range(fields, "min", "max");
        }
        rules.min_length =
            find(self, "min_length").and_then(|node| self.count32(node, "min_length", 0, u32::MAX));
        rules.max_length =
            find(self, "max_length").and_then(|node| self.count32(node, "max_length", 0, u32::MAX));
        if let (Some(min), Some(max)) = (rules.min_length, rules.max_length)
            && min > max
        {
            self.empty_range(fields, "min_length", "max_length");
        }
        rules.pattern = find(self, "pattern").and_then(|node| self.pattern(node));
        rules.is = find(self, "is")
            .and_then(|node| self.choice(node, "is", &Kind::ALL.map(|kind| (kind.name(), kind))));
        rules.format = find(self, "format").and_then(|node| self.notation(node, ty));
        rules.one_of = find(self, "enum").and_then(|node| {
            let values = self.texts(node, "enum", "[DE, FR]")?;
            values
                .iter()
                .for_each(|value| self.value_of(value, "enum", ty));
            Some(values.into_iter().map(|value| value.value).collect())
        });
        rules
    }

    pub(crate) fn empty_range(&mut self, fields: &Fields<'_>, min: &str, max: &str) {
        let mut found =
            Diagnostic::error("SL1051", format!("no value fits: `{min}` is above `{max}`"));
        for key in [max, min] {
            if let Some(node) = fields.find(key) {
                found = found.mark(node.span, format!("`{key}`"));
            }
        }
        self.out.push(found.help("swap them, or remove one"));
    }

    fn pattern(&mut self, node: &Node) -> Option<Spanned<String>> {
        const LONGEST: usize = 1024;
        // As the crate's own limit: `^[\p{L} .-]{1,80}$` needs more than a fifth of it.
        const COMPILED: usize = 10 << 20;
        // What compiles to less takes no time worth counting; of larger ones a project has a few.
        const SMALL: usize = 64 << 10;
        const LARGE_MAX: usize = 32;
        // Compiling up to the limit takes long; after so many bad patterns the rest waits.
        const BAD: usize = 8;
        let text = self.text(node, "pattern")?;
        if self.out.count("SL1053") >= BAD {
            return Some(text);
        }
        let compiled = |limit| {
            regex::RegexBuilder::new(&text)
                .size_limit(limit)
                .nest_limit(64)
                .build()
        };
        let problem = if text.len() > LONGEST {
            format!("it is longer than {LONGEST} bytes")
        } else if compiled(SMALL).is_ok() {
            return Some(text);
        } else if self.out.large_patterns == LARGE_MAX {
            format!("{LARGE_MAX} patterns of the project grow large already; lower its repetitions")
        } else {
            self.out.large_patterns += 1;
            match compiled(COMPILED) {
                Ok(_) => return Some(text),
                Err(regex::Error::CompiledTooBig(_)) => {
                    "it grows too large; lower the repetitions".to_owned()
                }
                Err(error) => {
                    let text = error.to_string();
                    let reason = text.lines().last().unwrap_or_default();
                    reason.strip_prefix("error: ").unwrap_or(reason).to_owned()
                }
            }
        };
        let message = format!("the pattern cannot be used: {problem}");
        let help = "the syntax is that of the Rust crate `regex`: no look-around, no back-references; in double quotes \
                    YAML reads `\\` itself, so use single quotes";
        self.error("SL1053", text.span, message, "not a pattern", help);
        None
    }

    fn select(
        &mut self,
        node: &Node,
        column: &Column,
        typed: bool,
        project: &Draft,
    ) -> Option<Select> {
        let fields = self.fields(node, "select", &shape::SELECT)?;
        let to = self.require(&fields, "to", node.span, "internal");
        let to_span = to.map_or(node.span, |node| node.span);
        let to = to.and_then(|node| self.level(node, "to", project.levels.as_ref()));
        if let Some(to) = to
            && to >= column.level
        {
            let help = "a grant lowers the level of a filter; name a level below the column's, or remove the grant";
            let message = format!("the grant does not go below the level of `{}`", column.name);
            self.error("SL1054", to_span, message, "not lower", help);
        }
        let domain = self.require(&fields, "domain", node.span, "[DE, FR]");
        let domain = domain.and_then(|node| self.texts(node, "domain", "[DE, FR]"))?;
        if typed {
            domain
                .iter()
                .for_each(|value| self.value_of(value, "domain", column.ty));
        }
        // Every value of the domain, and all others together.
        let all = u32::try_from(domain.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let max_cells = match fields.find("max_cells") {
            Some(node) => self.count32(node, "max_cells", 2, 65_536)?,
            None => all,
        };
        let domain = domain.into_iter().map(|value| value.value).collect();
        Some(Select {
            to: to?,
            domain,
            max_cells,
            span: node.span,
        })
    }
}
