//! Every code of this crate with its explanation, for `sealine explain`.
//!
//! Invariant: every code that a diagnostic or an error of this crate carries is
//! here (a test reads the sources). Must never: promise a fix that does not work.

/// Code and explanation in Markdown: what happened, why, what to do, an example.
pub const CODES: &[(&str, &str)] = &[
    (
        "SL4001",
        r#"# The project has no policy

**What happened.** No file under `policy/` holds a statement, so nothing is permitted: not running a pipeline, not reading a dataset, not showing a protected value.

**Why.** Silence is safe. What no `permit` covers is denied.

**What to do.** Write `policy/main.cedar`. The refusal prints a first policy for the pipeline that you asked for: read it, shorten it, and put it there. It begins like this:

```cedar
permit (
  principal == Sealine::Service::"svc/daily",
  action == Sealine::Action::"run",
  resource == Sealine::Pipeline::"daily"
);
```
"#,
    ),
    (
        "SL4002",
        r#"# A policy file cannot be read

**What happened.** The text is not Cedar: a bracket, a semicolon or a word is missing or misplaced at the marked spot.

**Why.** A policy that is read in part is more dangerous than none, so the whole project stops.

**What to do.** A statement looks like this, and ends in a semicolon. Attributes are joined by `&&`:

```cedar
permit (principal, action == Sealine::Action::"declassify", resource == Sealine::Tag::"pii.age")
when { context.protection == "bucket" && context has width && context.width >= 10 };
```
"#,
    ),
    (
        "SL4003",
        r#"# A policy does not fit the schema

**What happened.** A statement names an action, a type or an attribute that does not exist, or compares things of different types.

**Why.** Policies are validated strictly before anything runs, since a `forbid` with a slip in it would forbid nothing.

**What to do.** Compare with what there is:

| actions | resource | context |
|---|---|---|
| `run`, `preview` | `Sealine::Pipeline` | empty |
| `read`, `write` | `Sealine::Dataset` | empty |
| `keys`, `administer`, `wrap`, `unwrap` | `Sealine::Key` | empty |
| `audit` | `Sealine::Log` | empty |
| `declassify`, `select`, `link`, `reveal`, `export`, `waive` | `Sealine::Tag` | `pipeline`, `dataset`, `column`, `to`, `from_level`, `to_level`, `protection` (text); optional: `key`, `form` (text), `first`, `last`, `width`, `offset`, `min_group` (numbers) |

Principals are `Sealine::Service` and `Sealine::User`, in a `Sealine::Role`. An optional attribute must be asked for first:

```cedar
when { context has first && context.first <= 6 }
```
"#,
    ),
    (
        "SL4004",
        r#"# A policy template

**What happened.** A statement uses `?principal` or `?resource`, which makes it a template.

**Why.** A template permits nothing until it is linked, and nothing in a project links one: it would look like a permission and be none.

**What to do.** Name the principal or a role, and the resource or a parent of dotted names:

```cedar
permit (principal in Sealine::Role::"analysts", action == Sealine::Action::"read", resource in Sealine::Dataset::"lake");
```
"#,
    ),
    (
        "SL4005",
        r#"# A policy id is used twice

**What happened.** Two statements carry the same `@id("…")`; or, where they carry none, begin on the same line of one file.

**Why.** Receipts and refusals name each permission by its id. With two of the same name nobody could say which one let a value through.

**What to do.** Give each its own:

```cedar
@id("card-masked-for-lake")
permit (principal, action == Sealine::Action::"declassify", resource == Sealine::Tag::"pci.pan")
when { context.protection == "mask" };
```
"#,
    ),
    (
        "SL4006",
        r#"# Too much policy

**What happened.** A policy file, a statement or the nesting in it passes a bound: 256 KiB a file, 1 MiB and 4,096 statements in all, 8 KiB, 512 operators and 32 nested brackets a statement.

**Why.** Every run reads and asks all of it; bounds keep that quick, and keep a hostile file from exhausting the parser.

**What to do.** Let one statement cover many names: `resource in Sealine::Tag::"pii"` covers every tag below `pii`, `principal in Sealine::Role::"loaders"` every identity in the role, and `["redact", "nullify"].contains(context.protection)` replaces a chain of `||`.
"#,
    ),
    (
        "SL4007",
        r#"# A statement can never apply

**What happened.** The action does not go with the principal or the resource, or the conditions exclude each other.

**Why.** A `permit` like this is dead text; a `forbid` like this leaves open what it seems to close.

**What to do.** See which goes with which in `sealine explain SL4003`. Often the resource is of the wrong type:

```cedar
// never applies: one runs a pipeline, not a dataset
permit (principal, action == Sealine::Action::"run", resource == Sealine::Dataset::"lake.customers");
```
"#,
    ),
    (
        "SL4008",
        r#"# A policy that reads otherwise than it works

**What happened.** The file holds invisible direction marks, or a name that mixes scripts, such as a Cyrillic letter in a Latin word.

**Why.** Whoever reviews the policy would see one thing and the machine another.

**What to do.** Type the marked text anew, with plain letters. In comments too.
"#,
    ),
    (
        "SL4009",
        r#"# A policy names what the project does not have

**What happened.** A statement names a pipeline, service, dataset, key or tag that stands in no file of the project. This is a warning: the policy is valid, and the statement has no effect.

**Why.** Most often it is a slip, and then a permission is missing, or a `forbid` closes nothing.

**What to do.** Correct the name (the nearest one is suggested), or remove the statement.
"#,
    ),
    (
        "SL4010",
        r#"# The shipped schema cannot be read

**What happened.** The schema that policies are checked against is part of the program, and could not be read.

**Why.** This is a defect of Sealine, not of your project. Nothing is permitted without a schema.

**What to do.** Report it with the version of the program.
"#,
    ),
    (
        "SL4101",
        r#"# A pipeline may not be run

**What happened.** No `permit` lets the identity of the pipeline (`runs_as:`) run it, or a `forbid` denies it.

**Why.** A pipeline runs with the privileges of its own service identity, and starting it is one of them.

**What to do.** Ask the owner of `policy/` for this, with the names that the refusal prints:

```cedar
permit (
  principal == Sealine::Service::"svc/daily",
  action == Sealine::Action::"run",
  resource == Sealine::Pipeline::"daily"
);
```
"#,
    ),
    (
        "SL4102",
        r#"# A dataset may not be read

**What happened.** The identity that asks has no `read` on an input, or on the dataset that is to be shown.

**Why.** Reading is granted for each dataset, or for all below a dotted prefix.

**What to do.** Ask for it:

```cedar
permit (
  principal == Sealine::Service::"svc/daily",
  action == Sealine::Action::"read",
  resource == Sealine::Dataset::"crm.customers"
);
```
"#,
    ),
    (
        "SL4103",
        r#"# A dataset may not be written

**What happened.** The identity of the pipeline has no `write` on an output.

**Why.** Writing replaces what others read. It is granted for each dataset, or for all below a dotted prefix. (A dataset that takes rejected rows needs no grant: its owner named it in `rejects:`.)

**What to do.** Ask for it:

```cedar
permit (
  principal == Sealine::Service::"svc/daily",
  action == Sealine::Action::"write",
  resource == Sealine::Dataset::"lake.customers"
);
```
"#,
    ),
    (
        "SL4104",
        r#"# A pipeline may not be previewed

**What happened.** The user has no `preview` on the pipeline.

**Why.** A preview shows, at most at `operator_clearance`, what the pipeline would write. It needs `preview` on the pipeline and `read` on its inputs.

**What to do.** Ask for it:

```cedar
permit (
  principal in Sealine::Role::"engineers",
  action == Sealine::Action::"preview",
  resource == Sealine::Pipeline::"daily"
);
```
"#,
    ),
    (
        "SL4105",
        r#"# A key may not be used, changed or listed

**What happened.** Whoever runs the command has no `keys` on the key (make, list, rotate), no `administer` (disable, limit, destroy, the passphrase of the keystore), or no `wrap` or `unwrap` (`sealine kms`).

**Why.** A key that is destroyed takes the data with it, so taking keys out of use is a permission of its own. Whoever may `unwrap` reads all that the key seals, with any tool.

**What to do.** Ask the owner of `policy/` for it:

```cedar
permit (
  principal in Sealine::Role::"security",
  action in [Sealine::Action::"keys", Sealine::Action::"administer"],
  resource
);
```
"#,
    ),
    (
        "SL4110",
        r#"# A protected value may not be shown

**What happened.** The pipeline protects a classified value, and the policy does not permit that form of it: another key, more characters, a narrower band, a lower level, or a tag that nothing covers.

**Why.** A protection leaves something visible. Whether that much may be seen, of that kind of value, is for the owner of `policy/` to say. Every tag of the column must be permitted.

**What to do.** Use a form that is permitted: the refusal prints one where there is one, and marks the statements that cover the tag but not these parameters. Or ask for this form:

```cedar
permit (principal == Sealine::Service::"svc/daily", action == Sealine::Action::"declassify", resource == Sealine::Tag::"pci.pan")
when { context.protection == "mask" && context has first && context.first <= 6 && context has last && context.last <= 4 };
```
"#,
    ),
    (
        "SL4112",
        r#"# A protected value may not be opened

**What happened.** `sealine reveal` was asked to open a protected column, and no policy permits that for its tag: `reveal` at the terminal, `export` into a file.

**Why.** Opening gives the value back as it was. It is a right of its own, beside reading the dataset: asked for each tag, with the protection, its key and the destination, and written to the log with the reason given.

**What to do.** Paste the grant into `policy/`, narrowed to who needs it, or ask whoever holds it.

```cedar
permit (
  principal == Sealine::User::"dana",
  action == Sealine::Action::"reveal",
  resource == Sealine::Tag::"pii.free_text"
)
when { context.pipeline == "reveal" && context.protection == "encrypt" };
```"#,
    ),
    (
        "SL4113",
        r#"# A waiver may not be used

**What happened.** `waivers:` of `sealine.yaml` says that the detectors may find something in a column that this pipeline writes in clear, and no policy permits that for its tag.

**Why.** While a run writes, samples of every column in clear are looked at; a card number in a column that is called public stops the commit. A waiver is the exception, so it takes two: who writes it into the project, with a reason and an end, and the owner of `policy/`, who permits `waive` for the tag.

**What to do.** Look at the values first. If they are what they look like, label the source column. If not, ask for the grant:

```cedar
permit (
  principal == Sealine::Service::"svc/orders-daily",
  action == Sealine::Action::"waive",
  resource == Sealine::Tag::"pci.pan"
)
when { context.to == "lake.orders" && context.column == "reference" };
```"#,
    ),
    (
        "SL4111",
        r#"# A select grant may not be used

**What happened.** A step filters on a classified column within the cells that the catalog offers, and the policy does not let this pipeline use the offer.

**Why.** Which rows pass the filter tells in which cell each value lies. The catalog's owner says which cells (`select:`), the policy says who.

**What to do.** Leave the filter out, use an owner's view, or ask for the grant:

```cedar
permit (principal == Sealine::Service::"svc/daily", action == Sealine::Action::"select", resource == Sealine::Tag::"pii.nationality")
when { context.to_level == "internal" };
```
"#,
    ),
    (
        "SL4430",
        r#"# Rows may not be joined by this key

**What happened.** A step joins two datasets by a key that is above the clearance of the destination. Both columns are unique and required, so that the joined rows tell no more of the key than which rows belong together; the policy does not permit that.

**Why.** Who stands in both datasets may be the secret: the patients among the insured. And what is shown of a row of either is shown about the row of the other.

**What to do.** Join by a key that the destination is cleared for, or ask for the link. It is asked of the tags of both columns, each with the other column as its `form`:

```cedar
permit (principal == Sealine::Service::"svc/daily", action == Sealine::Action::"link", resource == Sealine::Tag::"pii.ssn")
when { context.to == "lake.matched" && context has form && context.form == "hr.staff.ssn" };
```
"#,
    ),
    (
        "SL4431",
        r#"# Two pipelines show more together than is permitted

**What happened.** This pipeline and another one show one value in two forms, to datasets that the same people may read. Each form is asked for by itself; what they give together is not permitted.

**Why.** The first six digits of a card in one dataset and the last four in another are ten digits. All pipeline files of the project count, and whoever is not cleared for the value is taken to read every dataset below its level. Both pipelines are refused, so that neither comes first.

**What to do.** Show the value in one form in both, raise the clearance of one of the datasets to the level of the value, or ask for both forms together, in both pipelines. `protection` joins the names by `+`; where neither form holds the other, `form` says how they are written; sums over two populations are `populations`, with the two datasets as `form`:

```cedar
permit (principal, action == Sealine::Action::"declassify", resource == Sealine::Tag::"pci.pan")
when { context.protection == "mask+tokenize" };
```
"#,
    ),
    (
        "SL4201",
        r#"# An authorization has expired

**What happened.** More than a quarter of an hour lies between the decision and the start of the run.

**Why.** Policy, keys and labels may have changed meanwhile. A decision is used at once or not at all.

**What to do.** Run the pipeline again; it is decided anew.
"#,
    ),
    (
        "SL4202",
        r#"# An authorization from the future

**What happened.** The clock shows a time before the decision was made.

**Why.** A clock that runs back would make an expired authorization good again.

**What to do.** Set the clock right, then run the pipeline again.
"#,
    ),
    (
        "SL4203",
        r#"# The plan is not the one that was authorized

**What happened.** The digest of the plan differs from the digest in its authorization.

**Why.** Only what was proved and decided may run.

**What to do.** Run the pipeline again. If it happens again, report it: this should not be possible.
"#,
    ),
    (
        "SL4204",
        r#"# The keys changed after the decision

**What happened.** A key was made, rotated or destroyed between the decision and the run.

**Why.** The decision names the epoch of the keystore that it saw.

**What to do.** Run the pipeline again.
"#,
    ),
    (
        "SL4450",
        r#"# An owner has not signed

**What happened.** `sealine.yaml` names an owner whose signature is not in `signatures/`.

**Why.** In a project with `owners:`, `catalog/` and `policy/` count only as signed, so that whoever writes a pipeline can neither relabel a column nor widen a policy. Until every owner has signed, nothing is permitted.

**What to do.** The owner looks at the files and signs them, then commits `signatures/` beside them:

```console
$ sealine policy sign --owner privacy --key privacy.key
```
"#,
    ),
    (
        "SL4451",
        r#"# The files are not those that an owner signed

**What happened.** A file in the owner's folders, or `sealine.yaml`, was changed, added, removed or renamed after the signature. Every byte counts, line ends too.

**Why.** A signature is over exactly these paths and their SHA-256. `sealine.yaml` is among them since it says who the owners are, what the levels mean and where data lies.

**What to do.** Have the owner look at the change and sign it, or bring the files back. A tool that changes line ends on checkout is told not to: `* -text` in `.gitattributes`.

```console
$ sealine policy sign --owner privacy --key privacy.key
```
"#,
    ),
    (
        "SL4452",
        r#"# A signature of an owner does not hold

**What happened.** The file in `signatures/` is not what the owner's key signed: it was changed, is of another key, or is no signature at all.

**Why.** A signature that does not hold says nothing about the files.

**What to do.** Restore the file from version control, or have the owner sign again. If nobody knows where it comes from, look at who changed it.

```console
$ sealine policy verify
```
"#,
    ),
    (
        "SL4453",
        r#"# A signature of an owner was set back

**What happened.** This project has met a newer signature of the owner than the one that lies in `signatures/`, or another one of the same number.

**Why.** An old signature together with the files of its time would bring back a label or a permission that was taken away since. The audit log remembers the newest signature of each owner (`owners.known`).

**What to do.** Take the newest files and signatures. If the older state is meant, the owner signs it anew: a new signature has a new number.

```console
$ sealine policy sign --owner privacy --key privacy.key
```
"#,
    ),
    (
        "SL4454",
        r#"# An owner was removed or exchanged without its word

**What happened.** The audit log remembers an owner that `sealine.yaml` does not name any more, or names with another key.

**Why.** `owners:` stands in a file that others write too. So who vouched last must sign the `sealine.yaml` that says who vouches next; else anybody could make themselves the owner.

**What to do.** Bring `owners:` back, or have the old key sign the new `sealine.yaml`; a new key signs beside it. Both files in `signatures/` are needed until the next run has taken note.

```console
$ sealine policy sign --owner privacy --key old.key
$ sealine policy sign --owner privacy --key new.key
```

Where the old key is lost, begin with a new state folder: what the log remembers cannot be talked away.
"#,
    ),
    (
        "SL4455",
        r#"# A file that nobody signs

**What happened.** The project has owners, and a file in `catalog/` or `policy/` lies in no folder that one of them signs.

**Why.** A permission or a label that nobody vouches for would count like one that somebody does.

**What to do.** Add its folder to `signs:` of an owner, who then signs.

```yaml
owners:
  privacy: { key: "privacy+…", signs: [catalog/, policy/] }
```
"#,
    ),
    (
        "SL4456",
        r#"# Signatures that nobody looked at

**What happened.** The project has owners, and this part of the program decided without looking at their signatures.

**Why.** This is a defect of Sealine. Nothing is permitted then.

**What to do.** Report it with the command that led to it.
"#,
    ),
    (
        "SL4460",
        r#"# A test of the policy names no action

**What happened.** The `action:` of a test in `policy/tests/` is none of those that a policy knows.

**Why.** A question that cannot be asked must not pass for a denial that was expected.

**What to do.** Take one of those that are listed:

```yaml
- { principal: { user: eve }, action: read, resource: { dataset: lake.customers }, expect: deny }
```
"#,
    ),
    (
        "SL4461",
        r#"# A test of the policy is about the wrong kind of thing

**What happened.** The `resource:` of a test is of no known kind, or of one that the action does not go with.

**Why.** A question that cannot be asked must not pass for a denial that was expected.

**What to do.** One runs a pipeline, reads a dataset, rotates a key, declassifies a tag, and audits the log:

```yaml
- { principal: { service: svc/daily }, action: run, resource: { pipeline: daily }, expect: allow }
- { principal: { user: ada }, action: audit, resource: { log: audit }, expect: allow }
```
"#,
    ),
    (
        "SL4462",
        r#"# A test of the policy discloses something incomplete

**What happened.** `declassify`, `select`, `link`, `reveal` and `export` are asked with a context; that of a test lacks a field, or has one that does not exist or is of another type.

**Why.** A test that leaves something out could be denied for that reason alone, and pass without testing anything.

**What to do.** Put what all tests share at the top, and the rest where it differs:

```yaml
context: { pipeline: daily, dataset: crm.customers, column: card, to: lake.customers, from_level: restricted, to_level: internal }
tests:
  - principal: { service: svc/daily }
    action: declassify
    resource: { tag: pci.pan }
    context: { protection: mask, first: 7, last: 4 }
    expect: deny
```
"#,
    ),
    (
        "SL4463",
        r#"# The policy answers otherwise than expected

**What happened.** A test in `policy/tests/` expects the other answer. The statements that decided are marked beside it.

**Why.** The table says what the policy is meant to do; a change of the policy did something else, or more.

**What to do.** Read the marked statements, then change them or the table. `sealine policy test` runs all of it.
"#,
    ),
];

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::CODES;
    use std::collections::BTreeSet;

    fn codes_in(text: &str) -> BTreeSet<String> {
        text.match_indices("\"SL4")
            .filter_map(|(at, _)| text.get(at + 1..at + 7))
            .filter(|code| code.chars().skip(2).all(|c| c.is_ascii_digit()))
            .map(str::to_owned)
            .collect()
    }

    /// Every literal code in the sources, production code only.
    #[test]
    fn every_code_is_explained_once_and_every_explained_code_is_used() {
        let sources = [
            include_str!("authorize.rs"),
            include_str!("authorized.rs"),
            include_str!("cases.rs"),
            include_str!("decide.rs"),
            include_str!("error.rs"),
            include_str!("owners.rs"),
            include_str!("policy/load.rs"),
            include_str!("policy/names.rs"),
            include_str!("refusal.rs"),
            include_str!("render/renderer.rs"),
        ];
        let used: BTreeSet<String> = sources
            .iter()
            .flat_map(|source| codes_in(source.split("#[cfg(test)]").next().unwrap()))
            .collect();
        let explained: BTreeSet<String> =
            CODES.iter().map(|(code, _)| (*code).to_owned()).collect();
        assert_eq!(explained.len(), CODES.len(), "a code is explained twice");
        assert_eq!(used, explained);
    }

    #[test]
    fn explanations_say_what_why_and_what_to_do() {
        for (code, text) in CODES {
            for part in ["# ", "**What happened.**", "**Why.**", "**What to do.**"] {
                assert!(text.contains(part), "{code} lacks {part}");
            }
        }
    }
}
