//! `sealine schema`: the JSON Schema of each file that users write, so that editors complete.

use crate::args;
use crate::exit::Exit;
use crate::failure::{Failure, suggestion};
use crate::screen::Screen;

/// Prints one schema.
pub(crate) fn run(arguments: &args::Schema, screen: &Screen) -> Result<Exit, Failure> {
    let schemas = sealine_spec::schemas();
    let Some((_, schema)) = schemas.iter().find(|(name, _)| *name == arguments.name) else {
        return Err(Failure::Unknown {
            what: "schema",
            name: arguments.name.clone(),
            suggestion: suggestion(&arguments.name, schemas.iter().map(|(name, _)| *name)),
        });
    };
    let schema = schema();
    screen.line(&serde_json::to_string_pretty(&schema).unwrap_or_else(|_| schema.to_string()));
    Ok(Exit::Done)
}
