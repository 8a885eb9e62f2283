//! The labelled flow of a plan, for people: boxes in the terminal, a picture as SVG. Both are
//! projections of the same `Drawing`; neither knows anything that the plan does not.

mod layout;
mod svg;
mod text;

pub(crate) use svg::render as svg;
pub(crate) use text::render as text;

use sealine_plan::DrawnColumn;

/// What a picture needs beside the drawing.
pub(crate) struct Legend<'a> {
    /// The pipeline.
    pub(crate) title: &'a str,
    /// The names of the levels, lowest first.
    pub(crate) levels: Vec<&'a str>,
}

impl Legend<'_> {
    /// The rank of a level by its name; an unknown name counts as the highest.
    fn rank(&self, level: &str) -> usize {
        let highest = self.levels.len().saturating_sub(1);
        self.levels
            .iter()
            .position(|name| *name == level)
            .unwrap_or(highest)
    }

    /// Where the rank stands between the lowest (0) and the highest (1).
    fn height(&self, level: &str) -> f64 {
        match self.levels.len() {
            0 | 1 => 1.0,
            levels => self.rank(level) as f64 / (levels - 1) as f64,
        }
    }
}

/// The protections of a column as one text.
fn protections(column: &DrawnColumn) -> String {
    column.protections.join(" + ")
}

/// A type as the catalogue names it, where it has a name there.
fn type_name(arrow: &str) -> String {
    let name = match arrow {
        "Utf8" | "LargeUtf8" | "Utf8View" => "string",
        "Int8" => "int8",
        "Int16" => "int16",
        "Int32" => "int32",
        "Int64" => "int64",
        "Float32" => "float32",
        "Float64" => "float64",
        "Boolean" => "boolean",
        "Date32" => "date",
        "Binary" | "LargeBinary" | "BinaryView" => "binary",
        other if other.starts_with("Timestamp") => "timestamp",
        other if other.starts_with("Time64") => "time",
        other if other.starts_with("Decimal128") => {
            return other.replacen("Decimal128", "decimal", 1).replace(' ', "");
        }
        other => other,
    };
    name.to_owned()
}
