//! The files of a proposed project, as text that a person reads first.

use super::Source;
use super::meaning::Meaning;
use super::names;
use super::propose::{Column, Proposal};
use std::fmt::Write as _;

/// All files: path and text, in the order in which they are read.
pub(super) fn render(proposal: &Proposal, source: &Source) -> Vec<(String, String)> {
    let name = &proposal.name;
    vec![
        ("sealine.yaml".to_owned(), project(proposal, source)),
        (format!("catalog/{name}.yaml"), catalog(proposal, source)),
        (format!("policy/{name}.cedar"), policy(proposal)),
        (format!("pipelines/{name}.yaml"), pipeline(proposal)),
        (
            ".gitignore".to_owned(),
            ".sealine/\n.sealine-twins-*/\n/lake/\n".to_owned(),
        ),
    ]
}

fn key(proposal: &Proposal) -> String {
    format!("{}-tokens", proposal.name)
}

fn project(proposal: &Proposal, source: &Source) -> String {
    let special = proposal
        .columns
        .iter()
        .any(|column| column.meaning == Meaning::Health);
    let tags = match special {
        true => {
            "tags: { phi.*: { special: true } }     # whether such a value is missing tells something too\n"
        }
        false => "",
    };
    let token = match tokenizes(proposal) {
        true => format!(
            "  {}: {{ purpose: token }}           # the same value, the same token\n",
            key(proposal)
        ),
        false => String::new(),
    };
    format!(
        "version: 1\n\
         levels: [public, internal, restricted]   # lowest first; a column without a level has the highest\n\
         operator_clearance: {clearance}             # a terminal, the log and a receipt may show what is at most this\n\
         {tags}\
         connections:\n\
         \x20 source: {{ kind: local, root: {root} }}\n\
         \x20 lake: {{ kind: local, root: lake }}\n\
         keys:                                    # made by the first run; one key, one purpose\n\
         {token}\
         \x20 lake: {{ purpose: file }}\n\
         \x20 quarantine: {{ purpose: file }}\n",
        clearance = proposal.clearance(),
        root = names::yaml(&source.root),
    )
}

fn tokenizes(proposal: &Proposal) -> bool {
    proposal
        .columns
        .iter()
        .any(|column| column.meaning == Meaning::Email)
}

/// The entry of the file itself in the catalogue, up to its columns.
pub(in crate::verbs) fn dataset(
    proposal: &Proposal,
    id: &str,
    connection: &str,
    path: &str,
) -> String {
    let at = format!(
        "connection: {connection}, path: {}, {}",
        names::yaml(path),
        proposal.form.at()
    );
    let mut out = format!("  {id}:\n    at: {{ {at} }}\n");
    if let Some(key) = &proposal.key {
        let key = names::yaml(key);
        let _ = write!(
            out,
            "    primary_key: [{key}]\n    subject: {key}                            # whom a row is about: check this\n"
        );
    }
    out.push_str("    columns:\n");
    for column in &proposal.columns {
        line(&mut out, column);
    }
    out
}

fn catalog(proposal: &Proposal, source: &Source) -> String {
    let name = &proposal.name;
    let entry = dataset(proposal, &format!("source.{name}"), "source", &source.file);
    let mut out = format!("version: 1\ndatasets:\n{entry}");
    let _ = write!(
        out,
        "    rejects: quarantine.{name}              # rows that break a rule, sealed; the log gets the rule, never the value\n\
         \n  quarantine.{name}:\n    at: {{ connection: lake, path: rejects/{name}/, format: parquet }}\n    \
         clearance: restricted\n    encrypt: {{ key: quarantine }}\n\
         \n  lake.{name}:\n    at: {{ connection: lake, path: {name}/, format: parquet }}\n    \
         clearance: {clearance}                     # nothing above this arrives in clear\n    encrypt: {{ key: lake }}\n",
        clearance = proposal.clearance(),
    );
    out
}

fn line(out: &mut String, column: &Column) {
    let mut parts = vec![format!("type: {}", type_text(&column.r#type))];
    parts.extend(column.rules.iter().cloned());
    parts.push(format!("level: {}", column.level));
    if !column.tags.is_empty() {
        parts.push(format!("tags: [{}]", column.tags.join(", ")));
    }
    let _ = writeln!(
        out,
        "      {}: {{ {} }}  # {}",
        names::yaml(&column.name),
        parts.join(", "),
        column.why
    );
}

/// `decimal(18,2)` has a comma, which a flow map would split at.
fn type_text(r#type: &str) -> String {
    if r#type.contains(',') {
        format!("\"{type}\"")
    } else {
        r#type.to_owned()
    }
}

fn pipeline(proposal: &Proposal) -> String {
    let name = &proposal.name;
    let key = key(proposal);
    let items: Vec<String> = proposal
        .columns
        .iter()
        .map(|column| column.meaning.item(&column.name, &key))
        .collect();
    format!(
        "version: 1\n\
         pipeline: {name}\n\
         runs_as: svc/{name}\n\
         inputs: {{ {name}: source.{name} }}\n\
         steps:\n\
         \x20 safe:\n\
         \x20   sql: |\n\
         \x20     SELECT {items}\n\
         \x20     FROM {name}\n\
         outputs:\n\
         \x20 - {{ from: safe, to: lake.{name}, mode: replace }}\n",
        items = items.join(",\n             "),
    )
}

fn policy(proposal: &Proposal) -> String {
    let name = &proposal.name;
    let mut out = format!(
        "// Who may do what. What no `permit` covers is denied; one `forbid` outweighs every `permit`.\n\
         // The proof comes first: a policy can only say which *protected* forms may go where.\n\n\
         @id(\"{name}-runs\")\n\
         permit (\n  principal == Sealine::Service::\"svc/{name}\",\n  action == Sealine::Action::\"run\",\n  \
         resource == Sealine::Pipeline::\"{name}\"\n);\n\n\
         @id(\"{name}-reads\")\n\
         permit (\n  principal == Sealine::Service::\"svc/{name}\",\n  action == Sealine::Action::\"read\",\n  \
         resource == Sealine::Dataset::\"source.{name}\"\n);\n\n\
         @id(\"{name}-writes\")\n\
         permit (\n  principal == Sealine::Service::\"svc/{name}\",\n  action == Sealine::Action::\"write\",\n  \
         resource == Sealine::Dataset::\"lake.{name}\"\n);\n"
    );
    let has = |meaning| {
        proposal
            .columns
            .iter()
            .any(|column| column.meaning == meaning)
    };
    if has(Meaning::Email) {
        let condition = format!(
            "context.protection == \"tokenize\" && context has key && context.key == \"{}\"",
            key(proposal)
        );
        declassify(
            &mut out,
            proposal,
            "An address may become a token.",
            "email-as-token",
            Some("pii.email"),
            &condition,
        );
    }
    if has(Meaning::Card) {
        let condition = "context.protection == \"mask\" &&\n  context has first && context.first <= 6 && context has last && context.last <= 4";
        declassify(
            &mut out,
            proposal,
            "Of a card the first six and last four digits may show.",
            "card-masked",
            Some("pci.pan"),
            condition,
        );
    }
    if has(Meaning::Age) {
        let condition = "context.protection == \"bucket\" &&\n  context has width && context.width >= 10 && context has offset && context.offset == 0";
        declassify(
            &mut out,
            proposal,
            "Ages in bands of ten years.",
            "age-in-bands",
            Some("pii.age"),
            condition,
        );
    }
    let condition = "[\"redact\", \"nullify\"].contains(context.protection)";
    declassify(
        &mut out,
        proposal,
        "What is gone tells nothing.",
        "anything-removed",
        None,
        condition,
    );
    let _ = write!(
        out,
        "\n// People: a terminal shows at most `operator_clearance`.\n\
         @id(\"people-preview\")\n\
         permit (\n  principal is Sealine::User,\n  action == Sealine::Action::\"preview\",\n  \
         resource == Sealine::Pipeline::\"{name}\"\n);\n\n\
         @id(\"people-read\")\n\
         permit (\n  principal is Sealine::User,\n  action == Sealine::Action::\"read\",\n  resource\n)\n\
         when\n{{\n  resource in [Sealine::Dataset::\"source.{name}\", Sealine::Dataset::\"lake.{name}\"]\n}};\n\n\
         @id(\"people-keys-and-log\")\n\
         permit (\n  principal is Sealine::User,\n  action in [Sealine::Action::\"keys\", Sealine::Action::\"audit\"],\n  resource\n);\n"
    );
    out
}

fn declassify(
    out: &mut String,
    proposal: &Proposal,
    why: &str,
    id: &str,
    tag: Option<&str>,
    condition: &str,
) {
    let resource = tag.map_or_else(
        || "resource".to_owned(),
        |tag| format!("resource == Sealine::Tag::\"{tag}\""),
    );
    let _ = write!(
        out,
        "\n// {why}\n@id(\"{id}\")\n\
         permit (\n  principal,\n  action == Sealine::Action::\"declassify\",\n  {resource}\n)\n\
         when\n{{\n  [\"{name}\", \"read\"].contains(context.pipeline) && context.to_level == \"{level}\" &&\n  {condition}\n}};\n",
        name = proposal.name,
        level = proposal.clearance(),
    );
}
