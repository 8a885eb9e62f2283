//! Inputs made to do harm, through the program as a user starts it: each ends in an error that says
//! why, or is read as what it is, within ten seconds of processor time (optimized) and 2 GiB of memory. Nothing
//! panics, nothing hangs, nothing of the bytes is printed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::{Project, SEALINE, Said, skipped, vectors};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

/// Seconds of processor time. Decoders without optimization are many times slower.
const SECONDS: &str = if cfg!(debug_assertions) { "60" } else { "10" };

/// Runs the program over a project within the bounds, and with an input.
fn bounded(project: &Project, arguments: &[&str], input: &str) -> Said {
    let mut child = Command::new("sh")
        .args([
            "-c",
            "ulimit -v 2097152; ulimit -t \"$0\"; exec timeout 300 \"$@\"",
            SECONDS,
            SEALINE,
            "-C",
        ])
        .arg(project.path())
        .args(arguments)
        .env("NO_COLOR", "1")
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_owned();
    let feeder = std::thread::spawn(move || {
        let _ = pipe.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The program ended by itself, and where it refused it said which code.
#[track_caller]
fn ended(what: &str, said: Said) -> Said {
    let all = format!("{what}:\n{}\n{}", said.out, said.err);
    // 124 and 137 are `timeout`'s and the kernel's word for what did not end.
    assert!(matches!(said.code, Some(0..=4)), "{:?} {all}", said.code);
    assert!(
        !all.contains("SL0001") && !all.contains("SL2099"),
        "a panic: {all}"
    );
    assert!(
        !all.contains("RUST_BACKTRACE") && !all.contains("panicked at"),
        "{all}"
    );
    assert!(said.code == Some(0) || all.contains("SL"), "no code: {all}");
    assert!(
        !said.err.contains(['\0', '\u{1b}']) && !said.out.contains(['\0', '\u{1b}']),
        "bytes reach the terminal: {all}"
    );
    assert!(
        all.len() < 200_000,
        "{what}: {} bytes were printed",
        all.len()
    );
    said
}

#[test]
fn yaml_bombs() {
    let mut laughs = "a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for (last, this) in "abcdefghi".chars().zip("bcdefghij".chars()) {
        laughs += &format!(
            "{this}: &{this} [{}]\n",
            vec![format!("*{last}"); 9].join(", ")
        );
    }
    let wide: String = (0..40_000).map(|at| format!("k{at}: x\n")).collect();
    let columns: String = (0..10_000)
        .map(|at| format!("      c{at}: {{ type: string, pattern: '(a{{99}}){{99}}' }}\n"))
        .collect();
    for (what, text) in [
        ("billion laughs", laughs.as_str()),
        ("brackets", &"[".repeat(1 << 20)),
        ("mappings", &"{a: ".repeat(250_000)),
        ("keys", &wide),
        ("a text of a megabyte", &"x".repeat(1 << 20)),
        ("NUL", "a: \0"),
        (
            "columns and patterns",
            &format!(
                "version: 1\ndatasets:\n  x.y:\n    at: {{ connection: files, path: x.csv, format: csv }}\n    columns:\n{columns}"
            ),
        ),
    ] {
        let project = Project::small();
        project.write("catalog/odd.yaml", text);
        assert_ne!(
            ended(what, bounded(&project, &["check"], "")).code,
            Some(0),
            "{what}"
        );
    }
}

#[test]
fn sql_bombs() {
    let parens = format!(
        "SELECT {}1{} AS a FROM customers",
        "(".repeat(10_000),
        ")".repeat(10_000)
    );
    let terms = format!("SELECT {} AS a FROM customers", vec!["1"; 30_000].join("+"));
    let ands = format!(
        "SELECT id FROM customers WHERE {}",
        vec!["true"; 10_000].join(" AND ")
    );
    let literal = format!("SELECT '{}' AS a FROM customers", "x".repeat(1_000_000));
    let short = format!("SELECT '{}' AS a FROM customers", "x".repeat(60_000));
    let columns: Vec<String> = (0..5_000).map(|at| format!("1 AS c{at}")).collect();
    let columns = format!("SELECT {} FROM customers", columns.join(","));
    let list = format!(
        "SELECT id FROM customers WHERE id IN ({})",
        vec!["1"; 30_000].join(",")
    );
    let unions = vec!["SELECT id FROM customers"; 2_000].join(" UNION ALL ");
    let cases = format!(
        "SELECT {}1{} AS a FROM customers",
        "CASE WHEN true THEN ".repeat(2_000),
        " END".repeat(2_000)
    );
    let calls = format!(
        "SELECT {}email{} AS a FROM customers",
        "lower(".repeat(5_000),
        ")".repeat(5_000)
    );
    let nots = format!(
        "SELECT id FROM customers WHERE {} true",
        "NOT ".repeat(10_000)
    );
    let minus = format!("SELECT {}1 AS a FROM customers", "- ".repeat(20_000));
    let arrays = format!(
        "SELECT {}1{} AS a FROM customers",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let from = format!(
        "SELECT id FROM {}customers{}",
        "(SELECT * FROM ".repeat(2_000),
        ")".repeat(2_000)
    );
    let mut names = "WITH a0 AS (SELECT id FROM customers)".to_owned();
    for at in 1..60 {
        names += &format!(
            ", a{at} AS (SELECT * FROM a{0} UNION ALL SELECT * FROM a{0})",
            at - 1
        );
    }
    names += " SELECT * FROM a59";
    let joins = format!("SELECT 1 AS a FROM {}", vec!["customers"; 3_000].join(", "));
    for (what, sql) in [
        ("parentheses", parens.as_str()),
        ("a sum", &terms),
        ("conditions", &ands),
        ("a literal", &literal),
        ("a shorter literal", &short),
        ("columns", &columns),
        ("a list", &list),
        ("unions", &unions),
        ("cases", &cases),
        ("calls", &calls),
        ("negations", &nots),
        ("signs", &minus),
        ("arrays", &arrays),
        ("subqueries", &from),
        ("names that double", &names),
        ("joins", &joins),
        ("a comment that does not end", "SELECT 1 /*"),
        ("a text that does not end", "SELECT '"),
        ("a dollar", "SELECT $x$"),
        (
            "repetition",
            "SELECT repeat(repeat('x', 1000000), 1000000) AS a FROM customers",
        ),
        (
            "a series",
            "SELECT value AS id FROM generate_series(1, 9223372036854775807)",
        ),
        (
            "padding",
            "SELECT lpad('x', 2147483647, 'y') AS a FROM customers",
        ),
    ] {
        let project = Project::small();
        let pipeline = format!(
            "version: 1\npipeline: customers-daily\ninputs: {{ customers: crm.customers }}\nsteps:\n  safe: {{ sql: {} }}\noutputs:\n  - {{ from: safe, to: lake.customers }}\n",
            serde_json::Value::from(sql)
        );
        project.write("pipelines/customers-daily.yaml", &pipeline);
        ended(what, bounded(&project, &["check"], ""));
    }
    // As an expectation, which the owner writes.
    for sql in [
        format!("{}true{}", "(".repeat(10_000), ")".repeat(10_000)),
        vec!["id > 0"; 3_000].join(" AND "),
    ] {
        let project = Project::small();
        let expect = format!(
            "    expect: [{{ name: a, sql: {} }}]\n    rejects: quarantine.customers ",
            serde_json::Value::from(sql)
        );
        project.edit(
            "catalog/crm.yaml",
            "    rejects: quarantine.customers ",
            &expect,
        );
        assert_eq!(
            ended("an expectation", bounded(&project, &["check"], "")).code,
            Some(2)
        );
    }
}

/// The small project with its source stored otherwise.
fn stored(at: &str) -> Project {
    let project = Project::small();
    project.edit(
        "catalog/crm.yaml",
        "{ connection: files, path: customers.csv, format: csv }",
        at,
    );
    project
}

/// RFC 8878: magic, a header without sizes, a window of 2 MiB.
const FRAME: [u8; 6] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];

/// A frame of zstd with the header of the source, and one that says `count` times 128 KiB of a byte.
fn zstd_bomb(count: usize, byte: u8) -> Vec<u8> {
    let text = b"id,email,card,age,country,nationality,comment\n";
    let mut frame = FRAME.to_vec();
    let header = u32::try_from(text.len()).unwrap() << 3 | 1;
    frame.extend_from_slice(&header.to_le_bytes()[..3]);
    frame.extend_from_slice(text);
    frame.extend_from_slice(&FRAME);
    for at in 0..count {
        let header = (1_u32 << 20) | 2 | u32::from(at + 1 == count);
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.push(byte);
    }
    frame
}

/// What `gzip` makes of so many bytes.
fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut child = Command::new("gzip")
        .args(["-9", "-c"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut pipe = child.stdin.take()?;
    let bytes = bytes.to_vec();
    let feeder = std::thread::spawn(move || drop(pipe.write_all(&bytes)));
    let output = child.wait_with_output().ok()?;
    feeder.join().ok()?;
    output.status.success().then_some(output.stdout)
}

#[test]
fn compressed_bombs() {
    let csv = "{ connection: files, path: in.csv, format: csv, compression: KIND }";
    let lines = "{ connection: files, path: in.csv, format: jsonl, compression: KIND }";
    // 512 MiB in 16 KiB: of zeros, of line ends, of digits.
    for byte in [0, b'\n', b'1'] {
        for at in [csv, lines] {
            let project = stored(&at.replace("KIND", "zstd"));
            fs::write(project.path().join("data/in.csv"), zstd_bomb(4_096, byte)).unwrap();
            let said = ended("zstd", bounded(&project, &["run"], ""));
            assert_eq!(said.code, Some(1), "{}", said.err);
            assert!(project.files("lake/customers").is_empty());
        }
    }
    // A window of terabytes.
    let project = stored(&csv.replace("KIND", "zstd"));
    fs::write(
        project.path().join("data/in.csv"),
        [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff, 0x02, 0x00, 0x10, 0x00],
    )
    .unwrap();
    assert_eq!(
        ended("a window", bounded(&project, &["run"], "")).code,
        Some(1)
    );
    let Some(member) = gzip(&vec![0; 16 << 20]) else {
        skipped("no program `gzip`");
        return;
    };
    let project = stored(&csv.replace("KIND", "gzip"));
    fs::write(project.path().join("data/in.csv"), member.repeat(4)).unwrap();
    assert_eq!(ended("gzip", bounded(&project, &["run"], "")).code, Some(1));
    // A bomb in a bomb is the bytes of the inner one: no row of anything.
    let nested = gzip(&member).unwrap();
    fs::write(project.path().join("data/in.csv"), nested).unwrap();
    assert_eq!(
        ended("nested", bounded(&project, &["run"], "")).code,
        Some(1)
    );
}

#[test]
fn rows_that_are_too_much() {
    let header = "id,email,card,age,country,nationality,comment\n";
    let wide: String = (0..200_000).map(|at| format!("c{at},")).collect();
    let texts = [
        ("a header of many names", wide),
        (
            "a row of many fields",
            format!("{header}{}\n", ",".repeat(4 << 20)),
        ),
        (
            "a field that is too long",
            format!(
                "{header}1,\"{}\"\n2,a@mail.example,,3,DE,,\n",
                "x".repeat(40 << 20)
            ),
        ),
        (
            "a quote that does not end",
            format!("{header}1,\"{}", "x\n".repeat(10 << 20)),
        ),
        ("a file of one byte", "\"".repeat(16 << 20)),
        ("NUL", "\0".repeat(16 << 20)),
        ("line ends", "\n".repeat(16 << 20)),
        (
            "an escape in a name",
            format!(
                "id,email,card,age,country,nationality,comment,\u{1b}[31m{}\n",
                "x".repeat(9_000)
            ),
        ),
    ];
    for (what, text) in texts {
        let project = Project::small();
        project.write("data/customers.csv", &text);
        ended(what, bounded(&project, &["run"], ""));
    }
    for (what, line) in [
        ("depth", "[".repeat(8 << 20)),
        ("an object in an object", "{\"a\":".repeat(2 << 20)),
        (
            "a long text",
            format!("{{\"id\":\"{}\"}}", "x".repeat(40 << 20)),
        ),
        (
            "many keys",
            format!(
                "{{{}\"id\":1}}",
                (0..500_000)
                    .map(|at| format!("\"k{at}\":0,"))
                    .collect::<String>()
            ),
        ),
        (
            "one key many times",
            format!("{{{}\"id\":1}}", "\"id\":0,".repeat(1 << 20)),
        ),
    ] {
        let project = stored("{ connection: files, path: in.jsonl, format: jsonl }");
        project.write("data/in.jsonl", &format!("{line}\n"));
        ended(what, bounded(&project, &["run"], ""));
    }
}

#[test]
fn files_of_others_that_are_damaged() {
    let Some(folder) = vectors() else {
        skipped("no vectors");
        return;
    };
    let mut paths: Vec<_> = fs::read_dir(folder.join("malformed"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() > 70);
    // Every column of every file as Parquet, in one process.
    let project = Project::small();
    let lines: String = paths
        .iter()
        .map(|path| format!("{}\n", serde_json::json!({ "path": path })))
        .collect();
    let said = ended(
        "parquet",
        bounded(&project, &["conform", "parquet-read"], &lines),
    );
    assert_eq!(said.out.lines().count(), paths.len(), "each is answered");
    assert!(
        said.out
            .lines()
            .filter(|line| line.contains("\"ok\":false"))
            .count()
            > 50
    );
    // Some of each format through a run.
    for (part, format) in [
        ("arrow-ipc-file", "arrow"),
        ("csv_fuzzing", "csv"),
        ("parquet", "parquet"),
    ] {
        let some = paths
            .iter()
            .filter(|path| path.to_string_lossy().contains(part))
            .step_by(4);
        for path in some {
            let project = stored(&format!(
                "{{ connection: files, path: in.bin, format: {format} }}"
            ));
            fs::copy(path, project.path().join("data/in.bin")).unwrap();
            let said = ended(&path.display().to_string(), bounded(&project, &["run"], ""));
            assert_eq!(said.code, Some(1), "{}: {}", path.display(), said.out);
        }
    }
}

fn made_fifo(path: &Path) -> bool {
    Command::new("mkfifo")
        .arg(path)
        .status()
        .is_ok_and(|status| status.success())
}

#[test]
fn names_and_places() {
    // In the catalog: refused before anything is opened.
    for name in [
        "../secret.csv",
        "a/../../x.csv",
        "/etc/passwd",
        "a\0b.csv",
        "a\nb.csv",
        "a\u{1b}[2Jb.csv",
        "",
        ".",
        "..",
        "a//b.csv",
        "\u{202e}vsc.x",
    ] {
        let project = stored(&format!(
            "{{ connection: files, path: {}, format: csv }}",
            serde_json::Value::from(name)
        ));
        for verb in ["check", "run"] {
            let said = ended(name, bounded(&project, &[verb], ""));
            assert!(
                said.code != Some(0) || verb == "check",
                "{name:?}: {}",
                said.out
            );
        }
    }
    // On disk: links that lead out, devices, pipes, folders, loops.
    type Make = fn(&Path) -> bool;
    let places: [(&str, Make); 7] = [
        ("a link to a device", |path| {
            symlink("/dev/zero", path).is_ok()
        }),
        ("a link out of the root", |path| {
            symlink("/etc/passwd", path).is_ok()
        }),
        ("a link to itself", |path| symlink(path, path).is_ok()),
        ("a link to nothing", |path| symlink("nowhere", path).is_ok()),
        ("a pipe", made_fifo),
        ("a folder", |path| fs::create_dir(path).is_ok()),
        ("the memory of the process", |path| {
            symlink("/proc/self/mem", path).is_ok()
        }),
    ];
    for (what, make) in places {
        let project = Project::small();
        let path = project.path().join("data/customers.csv");
        fs::remove_file(&path).unwrap();
        if !make(&path) {
            skipped(what);
            continue;
        }
        let said = ended(what, bounded(&project, &["run"], ""));
        // A folder without files is a dataset without rows.
        assert!(
            said.code == Some(1) || what == "a folder",
            "{what}: {}",
            said.out
        );
        assert!(!said.err.contains("root:x:"), "{}", said.err);
    }
    // Names inside a folder: any that the system allows.
    let project = stored("{ connection: files, path: in/, format: csv }");
    let folder = project.path().join("data/in");
    fs::create_dir(&folder).unwrap();
    for name in [
        "a\nb.csv",
        "\u{1b}[31mred.csv",
        "-rf.csv",
        "=cmd.csv",
        "\u{202e}.csv",
    ] {
        fs::write(folder.join(name), "not,the,header\n").unwrap();
    }
    assert_eq!(
        ended("names", bounded(&project, &["run"], "")).code,
        Some(1)
    );
    // The project's own files.
    for make in [
        made_fifo as Make,
        |path| symlink("/dev/zero", path).is_ok(),
        |path| symlink("/etc/shadow", path).is_ok(),
    ] {
        let project = Project::small();
        if make(&project.path().join("catalog/more.yaml")) {
            assert_ne!(
                ended("catalog/more.yaml", bounded(&project, &["check"], "")).code,
                Some(0)
            );
        }
    }
}

#[test]
fn what_the_program_wrote_itself_and_somebody_changed() {
    let settled = Project::small();
    settled.sealine(&["run"]).ends(0);
    let state = settled.path().join(".sealine");
    let bombs: [(&str, Vec<u8>); 4] = [
        ("nothing", Vec::new()),
        ("depth", "[".repeat(1 << 20).into_bytes()),
        (
            "another thing",
            b"{\"version\":18446744073709551616,\"v\":-1}".to_vec(),
        ),
        ("zeros", vec![0; 64 << 20]),
    ];
    for path in harness::below(&state) {
        let name = path.strip_prefix(&state).unwrap().display().to_string();
        let own = fs::read(&path).unwrap();
        if own.is_empty() || name.contains("lock") {
            continue;
        }
        for (what, bytes) in &bombs {
            fs::write(&path, bytes).unwrap();
            for verb in [
                &["audit", "verify"][..],
                &["read", "lake.customers", "--limit", "1"],
            ] {
                let said = ended(&format!("{name}: {what}"), bounded(&settled, verb, ""));
                let misses = verb[0] == "audit" && name.contains("log/") && said.code == Some(0);
                assert!(!misses, "{name}: {what} is not noticed\n{}", said.out);
            }
        }
        fs::write(&path, own).unwrap();
    }
    settled.sealine(&["audit", "verify"]).ends(0);
}
