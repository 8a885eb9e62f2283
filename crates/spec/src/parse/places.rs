//! Where datasets lie: none that is written may share bytes with another, with the files of the
//! project or with its state. Otherwise a written copy could be read again under the weaker labels
//! of another name.

use super::catalog::Draughted;
use super::project::Draft;
use super::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::model::{ConnectionKind, Location, is_pattern};
use crate::source::Span;

/// Folders of the project, and its file, that no run may write.
const PROJECT: [&str; 4] = ["catalog", "pipelines", "policy", "sealine.yaml"];

/// A dataset and the parts of its full path; `/` comes first where that is absolute.
struct Place<'d> {
    parts: Vec<&'d str>,
    id: &'d str,
    span: Span,
    written: bool,
}

/// Checks the places of all datasets; `written` tells those that a run writes.
pub(crate) fn check(
    reader: &mut Reader<'_>,
    project: &Draft,
    datasets: &[Draughted],
    written: impl Fn(&str) -> bool,
) {
    let mut places: Vec<Place<'_>> = Vec::new();
    for read in datasets {
        let Some(at) = &read.dataset.at else { continue };
        let Some(parts) = parts(project, at) else {
            continue;
        };
        let id = read.dataset.id.as_str();
        places.push(Place {
            parts,
            id,
            span: at.span,
            written: written(id),
        });
    }
    for place in &places {
        reserved(reader, project, place);
    }
    places.sort_by(|a, b| a.parts.cmp(&b.parts));
    // Sorted, everything below a folder follows it: the open folders form a stack. Each entry
    // knows the nearest written one at or above itself.
    let mut open: Vec<(&Place<'_>, Option<&Place<'_>>)> = Vec::new();
    for place in &places {
        while open
            .last()
            .is_some_and(|(above, _)| !place.parts.starts_with(&above.parts))
        {
            open.pop();
        }
        let above = open.last().copied();
        let clash = match above {
            Some((_, Some(writer))) => Some(writer),
            Some((other, None)) if place.written => Some(other),
            _ => None,
        };
        if let Some(other) = clash {
            shared(reader, place, other);
        }
        let writer = if place.written {
            Some(place)
        } else {
            above.and_then(|(_, writer)| writer)
        };
        open.push((place, writer));
    }
}

fn parts<'d>(project: &'d Draft, at: &'d Location) -> Option<Vec<&'d str>> {
    let connection = project
        .connections
        .as_ref()?
        .get(&at.connection)?
        .as_ref()?;
    let ConnectionKind::Local { root } = &connection.kind;
    let absolute = root.starts_with('/').then_some("/");
    let named = |part: &&str| !part.is_empty() && *part != ".";
    // Of a pattern, the folder in which everything that it can match lies.
    let fixed = at.path.split('/').take_while(|part| !is_pattern(part));
    Some(
        absolute
            .into_iter()
            .chain(root.split('/').chain(fixed).filter(named))
            .collect(),
    )
}

fn reserved(reader: &mut Reader<'_>, project: &Draft, place: &Place<'_>) {
    let first = place.parts.first().copied().unwrap_or_default();
    if place.written && PROJECT.contains(&first) {
        let message = format!(
            "`{}` would be written over `{first}` of the project",
            place.id
        );
        let help = "choose a folder of its own, such as `lake/`";
        reader.error(
            "SL1041",
            place.span,
            message,
            "belongs to the project",
            help,
        );
        return;
    }
    let Some(state) = &project.state else { return };
    let absolute = state.starts_with('/').then_some("/");
    let state: Vec<&str> = absolute
        .into_iter()
        .chain(state.split('/').filter(|part| !part.is_empty()))
        .collect();
    if place.parts.starts_with(&state) || state.starts_with(&place.parts) {
        let message = format!("`{}` and the state of the project share a folder", place.id);
        let help = "data may not stand beside keys and log; choose another folder";
        reader.error("SL1041", place.span, message, "the state lies here", help);
    }
}

fn shared(reader: &mut Reader<'_>, place: &Place<'_>, other: &Place<'_>) {
    let message = if place.parts == other.parts {
        format!("`{}` and `{}` lie at the same place", place.id, other.id)
    } else {
        format!("`{}` lies inside of `{}`", place.id, other.id)
    };
    let writer = if place.written { place } else { other };
    reader.out.push(
        Diagnostic::error("SL1042", message)
            .mark(place.span, format!("`{}`", place.id))
            .mark(other.span, format!("`{}`", other.id))
            .help(format!(
                "`{}` is written by a run, so it needs a place of its own: change one `path`",
                writer.id
            )),
    );
}
