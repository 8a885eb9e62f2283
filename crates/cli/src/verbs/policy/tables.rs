//! What the policy says: the tables of `policy/tests/` asked, and the matrix of all that can be asked.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::project;
use crate::screen::{Paint, Screen};
use crate::show::{self, count};
use sealine_access::{Answer, Matrix, Row, answer};
use sealine_spec::{Diagnostics, Files, policy_cases};
use serde_json::json;
use std::path::Path;

/// Asks what the tables expect.
pub(crate) fn test(directory: &Path, screen: &Screen) -> Result<Exit, Failure> {
    let opened = project::open_quietly(directory)?;
    let sources = opened.project().dir().policy_tests();
    let sources = sources.map_err(|error| project::failed(&error, Exit::Broken))?;
    let policy = opened.project().policy();
    let mut files = opened.files().clone();
    let mut broken = Diagnostics::new();
    let mut cases = Vec::new();
    for source in sources {
        let file = files.insert(source.path, source.text);
        let (found, diagnostics) = policy_cases(&files, file);
        broken.extend(diagnostics);
        cases.extend(found.unwrap_or_default());
    }
    let answers = match answer(policy, &cases) {
        Ok(answers) if !broken.has_errors() => answers,
        Ok(_) => return Err(findings(files, broken)),
        Err(found) => {
            broken.extend(found);
            return Err(findings(files, broken));
        }
    };
    if answers.is_empty() {
        return Err(Failure::NoTests);
    }
    let failed = answers.iter().filter(|answer| !answer.passed()).count();
    let exit = if failed == 0 {
        Exit::Done
    } else {
        Exit::Failed
    };
    if screen.is_json() {
        let all: Vec<_> = answers.iter().map(|one| as_json(&files, one)).collect();
        screen.json(&json!({
            "ok": failed == 0,
            "exit": exit.number(),
            "passed": answers.len() - failed,
            "failed": failed,
            "tests": all,
        }));
        return Ok(exit);
    }
    table(&answers, screen);
    let wrong: Vec<_> = answers
        .iter()
        .filter_map(|one| one.finding(policy))
        .collect();
    show::people(screen, &files, &wrong.into());
    let passed = count((answers.len() - failed) as u64, "answer");
    screen.line(&match failed {
        0 => format!(
            "{} {passed} as expected",
            screen.paint(Paint::Good, "passed")
        ),
        _ => format!(
            "{} {} otherwise, {passed} as expected",
            screen.paint(Paint::Bad, "failed"),
            count(failed as u64, "answer")
        ),
    });
    Ok(exit)
}

fn findings(files: Files, diagnostics: Diagnostics) -> Failure {
    Failure::Findings {
        files: Box::new(files),
        diagnostics,
        exit: Exit::Broken,
    }
}

/// A line for each question.
fn table(answers: &[Answer], screen: &Screen) {
    let cells: Vec<[String; 3]> = answers
        .iter()
        .map(|one| {
            let form = one.disclosure.as_ref();
            let form = form.map(|form| format!(" {}", form.protection_text().replace('`', "")));
            [
                format!("{} {}", one.principal.kind.type_name(), one.principal.id),
                one.action.to_string(),
                format!(
                    "{} {}{}",
                    one.resource.type_name(),
                    one.resource.id(),
                    form.unwrap_or_default()
                ),
            ]
        })
        .collect();
    let width = |at: usize| {
        let cells = cells.iter().filter_map(|row| row.get(at));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let (first, second, third) = (width(0), width(1), width(2));
    for (answer, [who, action, resource]) in answers.iter().zip(&cells) {
        let (word, paint) = match answer.passed() {
            true => ("ok  ", Paint::Good),
            false => ("FAIL", Paint::Bad),
        };
        let by = match answer.decision.by() {
            [] => String::new(),
            by => format!("  by {}", by.join(", ")),
        };
        let found = if answer.decision.permitted() {
            "allow"
        } else {
            "deny "
        };
        screen.line(&format!(
            "{}  {found}  {who:<first$}  {action:<second$}  {resource:<third$}{}",
            screen.paint(paint, word),
            screen.paint(Paint::Dim, &by)
        ));
    }
}

fn as_json(files: &Files, answer: &Answer) -> serde_json::Value {
    let (line, _) = files.line_column(answer.span);
    let word = |allow: bool| if allow { "allow" } else { "deny" };
    json!({
        "name": answer.name,
        "file": files.path(answer.span.file),
        "line": line,
        "principal": answer.principal,
        "action": answer.action.name(),
        "resource": { "type": answer.resource.type_name(), "id": answer.resource.id() },
        "context": answer.disclosure,
        "expected": word(answer.allow),
        "found": word(answer.decision.permitted()),
        "passed": answer.passed(),
        "by": answer.decision.by(),
    })
}

/// Prints all that can be asked.
pub(crate) fn matrix(directory: &Path, screen: &Screen) -> Result<Exit, Failure> {
    let opened = project::open_quietly(directory)?;
    // What cannot be planned yet is named as such; `check` says why.
    let names = opened.pipelines();
    let plans: Vec<_> = names
        .iter()
        .filter_map(|name| opened.prove(name).ok())
        .collect();
    let matrix = Matrix::of(opened.project().spec(), opened.project().policy(), &plans);
    if screen.is_json() {
        let rows: Vec<_> = matrix.rows().iter().map(row_as_json).collect();
        screen.json(&json!({ "ok": true, "principals": matrix.principals(), "unplanned": matrix.unplanned(), "rows": rows }));
    } else {
        screen.line(matrix.to_string().trim_end());
    }
    Ok(Exit::Done)
}

fn row_as_json(row: &Row) -> serde_json::Value {
    let who = row.permitted.iter();
    let who: Vec<_> = who
        .map(|(principal, by)| json!({ "principal": principal, "by": by }))
        .collect();
    json!({
        "action": row.action.name(),
        "resource": { "type": row.resource.type_name(), "id": row.resource.id() },
        "context": row.disclosure,
        "permitted": who,
    })
}
