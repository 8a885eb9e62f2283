//! What owners signed, held against what is there: every way in which it can differ is a fault of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "support/proofs.rs"]
mod proofs;
mod support;

use proofs::decide;
use sealine_access::{
    Action, FileDigests, Principal, Resource, Signature, Signatures, Signed, Signer, Vouched,
    permitted,
};
use sealine_spec::{Source, Spec};

const KEY: &str = "privacy+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const OTHER: &str = "privacy+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2l";

/// The flagship with these owners.
fn sources(owners: &str) -> Vec<Source> {
    let mut sources = support::sources("examples/customers");
    let project = sources
        .iter_mut()
        .find(|source| source.path == "sealine.yaml");
    project.unwrap().text.push_str(owners);
    sources
}

fn owner(key: &str) -> String {
    format!("\nowners: {{ privacy: {{ key: \"{key}\", signs: [catalog/, policy/] }} }}\n")
}

/// A digest for each text; what they are does not matter here.
fn digests(sources: &[Source]) -> FileDigests {
    let mut all = FileDigests::new();
    for source in sources {
        let mut digest = [0_u8; 32];
        for (at, byte) in source.text.bytes().enumerate() {
            digest[at % 32] = digest[at % 32].wrapping_mul(31) ^ byte;
        }
        all.insert(source.path.clone(), digest);
    }
    all
}

fn signed(files: &FileDigests, sequence: u64) -> Signed {
    let owned = |path: &str| !path.starts_with("pipelines/");
    let files = files.iter().filter(|(path, _)| owned(path));
    Signed {
        owner: "privacy".to_owned(),
        sequence,
        digest: [7; 32],
        files: files
            .map(|(path, digest)| (path.clone(), *digest))
            .collect(),
    }
}

fn sound(key: &str, signed: Signed) -> Signatures {
    Signatures::from([(key.to_owned(), Signature::Sound(signed))])
}

fn known(key: &str, sequence: u64, digest: u8) -> Vec<Signer> {
    vec![Signer {
        owner: "privacy".to_owned(),
        key: key.to_owned(),
        sequence,
        signature: [digest; 32],
    }]
}

fn codes(vouched: &Vouched) -> Vec<&'static str> {
    vouched.faults().iter().map(|fault| fault.code).collect()
}

fn project(owners: &str) -> (Vec<Source>, Spec, FileDigests) {
    let sources = sources(owners);
    let (_, spec) = support::parse(sources.clone());
    let files = digests(&sources);
    (sources, spec, files)
}

#[test]
fn the_exact_files_pass_and_each_difference_does_not() {
    let (_, spec, files) = project(&owner(KEY));
    let judge = |signed: Signed, known: &[Signer]| {
        codes(&Vouched::judge(&spec, &files, &sound(KEY, signed), known))
    };
    let good = || signed(&files, 5);
    assert!(judge(good(), &[]).is_empty());
    let with = |change: &dyn Fn(&mut Signed)| {
        let mut changed = good();
        change(&mut changed);
        judge(changed, &[])
    };
    assert_eq!(with(&|s| s.owner = "legal".to_owned()), ["SL4452"]);
    for path in good().files.keys() {
        assert_eq!(
            with(&|s| s.files.get_mut(path).unwrap()[0] ^= 1),
            ["SL4451"]
        );
        assert_eq!(
            with(&|s| {
                s.files.remove(path);
            }),
            ["SL4451"]
        );
    }
    let more = |s: &mut Signed| {
        s.files.insert("policy/gone.cedar".to_owned(), [0; 32]);
    };
    assert_eq!(with(&more), ["SL4451"]);
    // Pipelines are not the owner's.
    let more = |s: &mut Signed| {
        s.files.insert("pipelines/x.yaml".to_owned(), [0; 32]);
    };
    assert_eq!(with(&more), ["SL4451"]);
    assert!(judge(good(), &known(KEY, 5, 7)).is_empty());
    assert!(judge(good(), &known(KEY, 4, 1)).is_empty());
    assert_eq!(judge(good(), &known(KEY, 6, 7)), ["SL4453"]);
    assert_eq!(judge(good(), &known(KEY, 5, 8)), ["SL4453"]);
    let missing = Vouched::judge(&spec, &files, &Signatures::new(), &[]);
    assert_eq!(codes(&missing), ["SL4450"]);
    let broken = Signature::Broken("why".to_owned());
    let broken = Signatures::from([(KEY.to_owned(), broken)]);
    assert_eq!(
        codes(&Vouched::judge(&spec, &files, &broken, &[])),
        ["SL4452"]
    );
    // Signed with another key, and lying at that one's place, is not there for the owner.
    let stray = sound(OTHER, good());
    assert_eq!(
        codes(&Vouched::judge(&spec, &files, &stray, &[])),
        ["SL4450"]
    );
}

#[test]
fn who_left_must_have_signed_the_project_file_that_says_so() {
    let (_, spec, files) = project(&owner(OTHER));
    let mut both = sound(OTHER, signed(&files, 9));
    let judge = |both: &Signatures| codes(&Vouched::judge(&spec, &files, both, &known(KEY, 5, 7)));
    assert_eq!(judge(&both), ["SL4454"]);
    let mut leave = signed(&files, 6);
    leave.files.retain(|path, _| path == "sealine.yaml");
    both.extend(sound(KEY, leave.clone()));
    assert!(judge(&both).is_empty());
    // The signature that it left the project with is not an agreement, nor one of another project file.
    for change in [
        (&|s: &mut Signed| s.sequence = 5) as &dyn Fn(&mut Signed),
        &|s| s.files.get_mut("sealine.yaml").unwrap()[3] ^= 1,
        &|s| s.files.clear(),
        &|s| s.owner = "legal".to_owned(),
    ] {
        let mut changed = leave.clone();
        change(&mut changed);
        both.extend(sound(KEY, changed));
        assert_eq!(judge(&both), ["SL4454"]);
    }
    let (_, none, files) = project("");
    let judged = Vouched::judge(&none, &files, &Signatures::new(), &known(KEY, 5, 7));
    assert_eq!(codes(&judged), ["SL4454"]);
    assert!(Vouched::judge(&none, &files, &Signatures::new(), &[]).is_sound());
}

#[test]
fn a_policy_that_nobody_vouches_for_permits_nothing_and_says_the_rest_too() {
    let (files, spec, mut policy) = support::with_policy(sources(&owner(KEY)));
    let pipeline = "customers-daily";
    let service = Principal::service("svc/customers-daily");
    let run = Resource::Pipeline(pipeline.to_owned());
    // Nobody looked yet: closed.
    let asked = permitted(&policy, &service, Action::Run, &run, None);
    assert!(!asked.permitted() && asked.failed().is_some());
    let refusal = decide(&files, &spec, &policy, pipeline).unwrap_err();
    assert_eq!(refusal.findings[0].code, "SL4456");
    let all = digests(&sources(&owner(KEY)));
    policy.vouch(Vouched::judge(&spec, &all, &Signatures::new(), &[]));
    let refusal = decide(&files, &spec, &policy, pipeline).unwrap_err();
    let codes: Vec<_> = refusal.findings.iter().map(|one| one.code).collect();
    assert_eq!(codes, ["SL4450"], "all else is in order, and is not blamed");
    policy.vouch(Vouched::judge(
        &spec,
        &all,
        &sound(KEY, signed(&all, 5)),
        &[],
    ));
    let authorized = decide(&files, &spec, &policy, pipeline).unwrap();
    assert_eq!(authorized.signers(), known(KEY, 5, 7));
    assert!(permitted(&policy, &service, Action::Run, &run, None).permitted());
}

#[test]
fn a_file_of_nobody_is_named() {
    let one = format!("\nowners: {{ privacy: {{ key: \"{KEY}\", signs: [policy/] }} }}\n");
    let (_, spec, files) = project(&one);
    let mut owned = signed(&files, 5);
    owned.files.retain(|path, _| !path.starts_with("catalog/"));
    let judged = Vouched::judge(&spec, &files, &sound(KEY, owned), &[]);
    assert_eq!(codes(&judged), ["SL4455"]);
    let text = &judged.faults().iter().next().unwrap().message;
    assert_eq!(text, "nobody signs `catalog/crm.yaml`");
}

#[test]
fn roles_are_given_by_the_project_to_whom_it_names_and_to_nobody_else() {
    let mut sources = sources("\nroles: { auditors: { users: [ada], services: [svc/report] } }\n");
    let grant = "permit (principal in Sealine::Role::\"auditors\", action == Sealine::Action::\"administer\", resource);";
    sources.push(Source {
        path: "policy/roles.cedar".to_owned(),
        text: grant.to_owned(),
    });
    let without: Vec<Source> = sources
        .iter()
        .cloned()
        .map(|mut source| {
            source.text = source.text.replace("users: [ada]", "users: [eve]");
            source
        })
        .collect();
    let (_, _, policy) = support::with_policy(sources);
    let key = Resource::Key("lake".to_owned());
    let may = |principal| permitted(&policy, &principal, Action::Administer, &key, None);
    for (principal, expected) in [
        (Principal::user("ada"), true),
        (Principal::service("svc/report"), true),
        (Principal::user("svc/report"), false),
        (Principal::service("ada"), false),
        (Principal::user("Ada"), false),
        (Principal::user("auditors"), false),
    ] {
        assert_eq!(
            may(principal.clone()).permitted(),
            expected,
            "{principal:?}"
        );
    }
    assert!(
        policy.warnings().is_empty(),
        "the role is one of the project's"
    );
    // Who is in a role is part of what decided.
    let (_, _, other) = support::with_policy(without);
    assert_ne!(policy.digest(), other.digest());
    // A role that is not listed where roles are is probably a slip.
    let mut slip = self::sources("\nroles: { auditor: { users: [ada] } }\n");
    slip.push(Source {
        path: "policy/roles.cedar".to_owned(),
        text: grant.to_owned(),
    });
    let (_, _, policy) = support::with_policy(slip);
    let warnings: Vec<_> = policy.warnings().iter().map(|one| one.code).collect();
    assert_eq!(warnings, ["SL4009"]);
}
