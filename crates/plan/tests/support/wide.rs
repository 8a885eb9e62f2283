//! A pipeline of many columns through many steps.
#![allow(unreachable_pub)]

use std::fmt::Write as _;

const PROJECT: &str = "version: 1
levels: [public, internal, restricted]
operator_clearance: internal
connections:
  files: { kind: local, root: data/ }
  lake: { kind: local, root: lake/ }
keys:
  crm: { purpose: token }
  lake: { purpose: value }
  lake-files: { purpose: file }
";

/// Its files. Of ten columns one is restricted and sealed on its way in. A step names every
/// column and computes some anew, so that each is computed once; every fifth filters; every tenth
/// joins what came before with the source and hands it on by a star. A file may have 1 MiB: the
/// names are short.
pub fn files(columns: usize, steps: usize) -> Vec<(&'static str, String)> {
    let mut catalog = String::from(
        "version: 1\ndatasets:\n  wide:\n    at: { connection: files, path: wide.csv, format: csv }\n    primary_key: [id]\n    columns:\n      id: { type: int64, level: internal }\n",
    );
    for column in 0..columns {
        let level = if column % 10 == 0 {
            "restricted"
        } else {
            "internal"
        };
        let _ = writeln!(
            catalog,
            "      c{column}: {{ type: int64, level: {level} }}"
        );
    }
    catalog.push_str("  lake.out:\n    at: { connection: lake, path: out/, format: parquet }\n    clearance: internal\n    encrypt: { key: lake-files }\n");
    let mut pipeline = String::from("version: 1\npipeline: wide\ninputs: { wide: wide }\nsteps:\n");
    for step in 0..steps {
        let from = match step {
            0 => "wide".to_owned(),
            _ => format!("s{}", step - 1),
        };
        let joins = step % 10 == 9;
        let mut items = vec!["id".to_owned()];
        for column in 0..columns {
            items.push(match (step, column) {
                (0, c) if c % 10 == 0 => format!("encrypt(c{c}, 'lake') AS c{c}"),
                (s, c) if c % 10 != 0 && c % steps == s => format!("c{c} + 1 AS c{c}"),
                (_, c) => format!("c{c}"),
            });
        }
        let list = match joins {
            true => "t.*".to_owned(),
            false => items.join(","),
        };
        let _ = write!(pipeline, "  s{step}:\n    sql: SELECT {list} FROM {from} t");
        if joins {
            pipeline.push_str(" JOIN wide w ON w.id = t.id");
        }
        if step % 5 == 4 {
            pipeline.push_str(" WHERE t.c1 > 0");
        }
        pipeline.push('\n');
    }
    let _ = write!(
        pipeline,
        "outputs:\n  - {{ from: s{}, to: lake.out }}\n",
        steps - 1
    );
    vec![
        ("sealine.yaml", PROJECT.to_owned()),
        ("catalog/wide.yaml", catalog),
        ("pipelines/wide.yaml", pipeline),
    ]
}
