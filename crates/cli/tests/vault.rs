//! The token vault as a person meets it: counted, purged, lost, given up.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::Project;
use std::fs;

/// The flagship with random tokens in place of computed ones, whose people may administer.
fn project() -> Project {
    let project = Project::small();
    let pipeline = "pipelines/customers-daily.yaml";
    project.edit(
        pipeline,
        "tokenize(email, 'crm')",
        "vault_token(email, 'crm', 'people', '90d')",
    );
    project.write(
        "policy/vault.cedar",
        "permit (principal is Sealine::User, action == Sealine::Action::\"administer\", resource);\n\
         permit (principal, action == Sealine::Action::\"declassify\", resource)\n\
         when { context.protection == \"vault_token\" && context has key && context.key == \"crm\" };\n",
    );
    project
}

#[test]
fn a_vault_is_counted_purged_and_missed() {
    let project = project();
    project
        .sealine(&["vault", "show"])
        .ends(0)
        .says("has used no token vault yet");
    project.sealine(&["run"]).ends(0);
    let shown = project
        .sealine(&["vault", "show", "--format", "json"])
        .ends(0)
        .json();
    assert_eq!(shown["place"], ".sealine/vault.db");
    assert_eq!(shown["spaces"][0]["key"], "crm");
    assert_eq!(shown["spaces"][0]["domain"], "people");
    assert!(shown["spaces"][0]["alive"].as_u64().unwrap() > 0);
    assert_eq!(shown["spaces"][0]["expired"], 0);
    let shown = project.sealine(&["vault", "show"]).ends(0);
    assert!(shown.out.contains("crm  people"), "{}", shown.out);
    let purged = project
        .sealine(&["vault", "purge", "--format", "json"])
        .ends(0)
        .json();
    assert_eq!(purged["removed"], 0);

    fs::remove_file(project.path().join(".sealine/vault.db")).unwrap();
    for verb in [&["run"][..], &["vault", "show"], &["vault", "purge"]] {
        project.sealine(verb).ends(1).says("SL8504");
    }
    project
        .sealine(&["vault", "forget"])
        .ends(2)
        .says("--reason");
    project
        .sealine(&["vault", "forget", "--reason", "disk lost"])
        .ends(0)
        .says("given up");
    project.sealine(&["run"]).ends(0);
    let log = project
        .sealine(&["audit", "show", "--limit", "50"])
        .ends(0)
        .out;
    for said in [
        "vault.known",
        "vault.forgotten",
        "reason=disk lost",
        "vault.purged",
    ] {
        assert!(log.contains(said), "{log}");
    }
    project.sealine(&["audit", "verify"]).ends(0);
}

#[test]
fn who_may_not_is_refused_and_told_what_would_permit_it() {
    let project = project();
    project.sealine(&["run"]).ends(0);
    project.write(
        "policy/vault.cedar",
        "forbid (principal, action, resource == Sealine::Key::\"sealine/vault\");\n",
    );
    for verb in [
        &["vault", "show"][..],
        &["vault", "purge"],
        &["vault", "forget", "--reason", "x"],
    ] {
        project
            .sealine(verb)
            .ends(3)
            .says("SL4105")
            .says("sealine/vault");
    }
}

#[test]
fn a_password_in_the_file_is_refused_and_shown_nowhere() {
    let project = project();
    let yaml = project.read("sealine.yaml");
    let vault = "vault:\n  kind: postgres\n  host: localhost\n  database: d\n  user: tokens-of-us\n  password: hunter2\n";
    project.write("sealine.yaml", &format!("{yaml}{vault}"));
    for format in ["text", "json", "sarif"] {
        let said = project.sealine(&["check", "--format", format]).ends(2);
        let text = format!("{}{}", said.out, said.err);
        assert!(
            text.contains("SL1500") && text.contains("sealine.yaml:"),
            "{text}"
        );
        assert!(!text.contains("hunter2"), "{text}");
    }
    project.write(
        "sealine.yaml",
        &format!(
            "{yaml}{}",
            vault.replace("hunter2", "${env:NO_SUCH_VARIABLE_HERE}")
        ),
    );
    let sql = project.sealine(&["vault", "sql"]).ends(0).out;
    assert!(
        sql.contains("CREATE SCHEMA sealine_vault") && sql.contains("TO \"tokens-of-us\";"),
        "{sql}"
    );
    project
        .sealine(&["run"])
        .ends(1)
        .says("SL8505")
        .says("NO_SUCH_VARIABLE_HERE");
    project.write("sealine.yaml", &yaml);
    project
        .sealine(&["vault", "sql"])
        .ends(2)
        .says("has no `vault:`");
}
