//! Policies at load: what is refused, where, and that several errors come at once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use sealine_access::{Action, Disclosure, Policy, Principal, Resource, permitted};
use sealine_spec::{Diagnostics, Files, Source};

fn load(text: &str) -> (Files, Result<Policy, Diagnostics>) {
    let sources = support::replace_policy(support::sources("examples/customers"), text);
    let (files, spec) = support::parse(sources);
    let policy = Policy::load(&files, &spec);
    (files, policy)
}

fn policy(text: &str) -> Policy {
    let (_, policy) = load(text);
    policy.unwrap_or_else(|found| panic!("{found:?}"))
}

/// Codes with line and column of the main mark.
fn faults(text: &str) -> Vec<(&'static str, u32, u32)> {
    let (files, policy) = load(text);
    let found = policy.expect_err("this policy must not load");
    found
        .iter()
        .map(|found| {
            assert!(
                !found.help.is_empty(),
                "{} says nothing to do: {}",
                found.code,
                found.message
            );
            assert!(!found.message.ends_with('.'), "{}", found.message);
            assert!(!found.message.contains("for policy"), "{}", found.message);
            let (line, column) = files.line_column(found.span().expect("a place"));
            (found.code, line, column)
        })
        .collect()
}

fn ask(policy: &Policy, action: Action, resource: Resource) -> bool {
    permitted(
        policy,
        &Principal::service("svc/x"),
        action,
        &resource,
        None,
    )
    .permitted()
}

#[test]
fn what_is_wrong_has_a_code_and_a_place() {
    for (text, expected) in [
        (
            "permit (principal, action, resource)",
            vec![("SL4002", 1, 37)],
        ),
        (
            "permit (principal, action, resource);\npermitt (principal, action, resource);",
            vec![("SL4002", 2, 1)],
        ),
        (
            "permit (principal, action == Sealine::Action::\"runn\", resource);",
            vec![("SL4003", 1, 30)],
        ),
        (
            "permit (principal is Sealine::Servise, action, resource);",
            vec![("SL4003", 1, 22)],
        ),
        (
            "permit (principal, action == Sealine::Action::\"declassify\", resource) when { context.colour == 1 };",
            vec![("SL4003", 1, 78)],
        ),
        (
            "permit (principal, action == Sealine::Action::\"declassify\", resource) when { context.first <= 6 };",
            vec![("SL4003", 1, 78)],
        ),
        (
            "permit (principal, action == Sealine::Action::\"declassify\", resource) when { context.protection < 6 };",
            vec![("SL4003", 1, 78)],
        ),
        (
            "permit (principal == ?principal, action, resource);",
            vec![("SL4004", 1, 1)],
        ),
        (
            "@id(\"a\") permit (principal, action, resource);\n@id(\"a\") permit (principal, action, resource);",
            vec![("SL4005", 2, 1)],
        ),
        (
            "permit (principal, action == Sealine::Action::\"run\", resource == Sealine::Dataset::\"crm.customers\");",
            vec![("SL4007", 1, 1)],
        ),
        (
            "forbid (principal, action == Sealine::Action::\"read\", resource == Sealine::Tag::\"pii\");",
            vec![("SL4007", 1, 1)],
        ),
        (
            "// \u{202e} hidden\npermit (principal, action, resource);",
            vec![("SL4008", 1, 4)],
        ),
        (
            "permit (principal, action, resource == Sealine::Dataset::\"crm.\u{0441}ustomers\");",
            vec![("SL4008", 1, 1)],
        ),
    ] {
        assert_eq!(faults(text), expected, "{text}");
    }
}

#[test]
fn several_errors_come_at_once_over_several_files() {
    let mut sources = support::replace_policy(
        support::sources("examples/customers"),
        "permit (principal, action == Sealine::Action::\"runn\", resource);\n\
         permit (principal, action == Sealine::Action::\"reed\", resource);",
    );
    sources.push(Source {
        path: "policy/zebra.cedar".to_owned(),
        text: "permit (".to_owned(),
    });
    let (files, spec) = support::parse(sources);
    let found = Policy::load(&files, &spec).unwrap_err();
    let codes: Vec<_> = found
        .iter()
        .map(|found| (found.code, files.path(found.span().unwrap().file)))
        .collect();
    assert_eq!(
        codes,
        [
            ("SL4003", "policy/test.cedar"),
            ("SL4003", "policy/test.cedar"),
            ("SL4002", "policy/zebra.cedar"),
        ]
    );
}

#[test]
fn a_slip_in_an_action_is_answered_with_the_right_one() {
    let (_, found) =
        load("permit (principal, action == Sealine::Action::\"declasify\", resource);");
    let found = found.unwrap_err();
    let help = found.iter().next().unwrap().help.join(" ");
    assert!(help.contains("declassify"), "{help}");
}

#[test]
fn unknown_names_are_warned_about_with_the_nearest() {
    let (files, policy) = load(
        "permit (principal, action == Sealine::Action::\"declassify\", resource == Sealine::Tag::\"pii.emial\");",
    );
    let policy = policy.unwrap();
    let warning = policy.warnings().iter().next().expect("a warning");
    assert_eq!(warning.code, "SL4009");
    assert_eq!(files.slice(warning.span().unwrap()), "\"pii.emial\"");
    assert!(warning.help[0].contains("pii.email"), "{:?}", warning.help);
    assert!(!policy.warnings().has_errors());
}

#[test]
fn the_examples_name_only_what_they_have() {
    for project in ["examples/customers", "examples/leaks", "corpus/leaks"] {
        let (_, _, policy) = support::load(project);
        assert!(
            policy.warnings().is_empty(),
            "{project}: {:?}",
            policy.warnings()
        );
    }
}

#[test]
fn no_policy_permits_nothing() {
    let policy = policy("// nothing yet");
    assert!(policy.is_empty());
    for action in [Action::Run, Action::Preview] {
        assert!(!ask(
            &policy,
            action,
            Resource::Pipeline("customers-daily".to_owned())
        ));
    }
    assert!(!ask(
        &policy,
        Action::Read,
        Resource::Dataset("crm.customers".to_owned())
    ));
}

#[test]
fn dotted_names_form_a_tree() {
    let policy = policy(
        "permit (principal, action == Sealine::Action::\"read\", resource in Sealine::Dataset::\"crm\");",
    );
    let read = |id: &str| ask(&policy, Action::Read, Resource::Dataset(id.to_owned()));
    assert!(read("crm"));
    assert!(read("crm.customers"));
    assert!(read("crm.a.b"));
    assert!(!read("crmx.customers"));
    assert!(!read("lake.crm"));
    assert!(!read(""));
}

#[test]
fn roles_are_those_of_the_principal() {
    let policy = policy(
        "permit (principal in Sealine::Role::\"auditors\", action == Sealine::Action::\"audit\", resource);",
    );
    let asked = |principal: &Principal| {
        permitted(&policy, principal, Action::Audit, &Resource::Log, None).permitted()
    };
    let mut ada = Principal::user("ada");
    assert!(!asked(&ada));
    ada.roles = vec!["auditors".to_owned(), "auditors".to_owned()];
    assert!(asked(&ada));
    assert!(!asked(&Principal::user("auditors")));
    assert!(!asked(&Principal::service("ada")));
}

#[test]
fn a_forbid_outweighs_every_permit_and_is_named() {
    let policy = policy(
        "@id(\"all\") permit (principal, action, resource);\n\
         @id(\"not-the-lake\") forbid (principal, action == Sealine::Action::\"write\", resource in Sealine::Dataset::\"lake\");",
    );
    let write = |id: &str| {
        let resource = Resource::Dataset(id.to_owned());
        permitted(
            &policy,
            &Principal::service("svc/x"),
            Action::Write,
            &resource,
            None,
        )
    };
    assert!(write("crm.customers").permitted());
    assert!(!write("lake.customers").permitted());
    assert_eq!(write("lake.customers").by(), ["not-the-lake"]);
}

#[test]
fn a_failed_evaluation_denies() {
    // The forbid overflows; Cedar alone would skip it and allow.
    let policy = policy(
        "permit (principal, action, resource);\n\
         forbid (principal, action == Sealine::Action::\"declassify\", resource) when { context has first && context.first + 9223372036854775807 > 0 };",
    );
    let asked = |first: i64| {
        let disclosure = Disclosure {
            first: Some(first),
            ..Disclosure::default()
        };
        permitted(
            &policy,
            &Principal::service("svc/x"),
            Action::Declassify,
            &Resource::untagged(),
            Some(&disclosure),
        )
    };
    assert!(!asked(6).permitted());
    assert!(asked(6).failed().is_some());
    // Without the overflow the forbid decides, and does not apply.
    assert!(asked(-9_223_372_036_854_775_807).permitted());
}

#[test]
fn what_the_schema_does_not_know_is_denied() {
    let policy = policy("permit (principal, action, resource);");
    let principal = Principal::service("svc/x");
    let wrong = permitted(
        &policy,
        &principal,
        Action::Run,
        &Resource::Dataset("crm.customers".to_owned()),
        None,
    );
    assert!(!wrong.permitted() && wrong.failed().is_some());
    let bare = permitted(
        &policy,
        &principal,
        Action::Declassify,
        &Resource::untagged(),
        None,
    );
    assert!(!bare.permitted() && bare.failed().is_some());
    let extra = permitted(
        &policy,
        &principal,
        Action::Audit,
        &Resource::Log,
        Some(&Disclosure::default()),
    );
    assert!(!extra.permitted() && extra.failed().is_some());
    assert!(permitted(&policy, &principal, Action::Audit, &Resource::Log, None).permitted());
}

#[test]
fn names_cannot_break_out_of_an_entity() {
    let policy = policy(
        "permit (principal == Sealine::User::\"ada\", action == Sealine::Action::\"audit\", resource);",
    );
    for id in [
        "ada\"",
        "ada\\",
        "\" || true || \"",
        "ada\u{0}",
        "ADA",
        "ada ",
    ] {
        assert!(
            !permitted(
                &policy,
                &Principal::user(id),
                Action::Audit,
                &Resource::Log,
                None
            )
            .permitted(),
            "{id:?}"
        );
    }
}

#[test]
fn the_digest_is_over_every_file() {
    let text = "permit (principal, action, resource);";
    let digest = policy(text).digest();
    assert_eq!(policy(text).digest(), digest);
    assert_ne!(
        policy("permit (principal, action, resource); ").digest(),
        digest
    );
    let with_more = |path: &str, more: &str| {
        let mut sources = support::replace_policy(support::sources("examples/customers"), text);
        sources.push(Source {
            path: path.to_owned(),
            text: more.to_owned(),
        });
        support::with_policy(sources).2.digest()
    };
    let more = with_more("policy/more.cedar", "");
    assert_ne!(more, digest);
    // A path counts, since permits without an `@id` are named by it.
    assert_ne!(with_more("policy/moro.cedar", ""), more);
    assert_ne!(with_more("policy/more.cedar", " "), more);
}

#[test]
fn the_worst_that_the_budget_passes_ends_in_an_answer() {
    let wrap = |condition: &str| {
        format!(
            "permit (principal, action == Sealine::Action::\"declassify\", resource) when {{ {condition} }};"
        )
    };
    let ands = format!("{}true", "true && ".repeat(250));
    let ors = format!("{}true", "false || ".repeat(250));
    let plus = format!("{}1 > 0", "1 + ".repeat(500));
    let brackets = format!("{}true{}", "(".repeat(31), ")".repeat(31));
    let chain = format!("{}true", "if true then true else ".repeat(160));
    let dots = format!("context{}", ".a".repeat(500));
    let sets = format!("{}1{} == 1", "[".repeat(31), "]".repeat(31));
    for condition in [&ands, &ors, &plus, &brackets, &chain, &dots, &sets] {
        let (_, loaded) = load(&wrap(condition));
        if let Ok(policy) = loaded {
            let _ = permitted(
                &policy,
                &Principal::service("svc/x"),
                Action::Declassify,
                &Resource::untagged(),
                Some(&Disclosure::default()),
            );
        }
    }
    assert!(load(&wrap(&ands)).1.is_ok());
}

#[test]
fn hostile_text_is_refused_quickly() {
    let begin = std::time::Duration::from_secs(20);
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for text in [
            "(".repeat(250_000),
            "permit(principal,action,resource)when{".to_owned() + &"!".repeat(200_000),
            "permit(principal,action,resource)when{".to_owned() + &"1+".repeat(100_000) + "1>0};",
            "permit(principal,action,resource)when{".to_owned() + &"if true then ".repeat(18_000),
            "@a".repeat(100_000),
            "\"".to_owned() + &"\\".repeat(200_000),
            "\u{0}".repeat(1000),
            "permit".to_owned(),
            "a".repeat(300_000),
        ] {
            assert!(load(&text).1.is_err());
        }
        send.send(()).unwrap();
    });
    receive.recv_timeout(begin).expect("an answer in time");
}
