//! DuckDB from PyPI, in an environment of its own below `target/bench`, doing the nearest thing it
//! can to the flagship: a salted hash for the token, a regular expression for the mask, integer
//! arithmetic for the bucket, and Parquet encrypted with one footer key.

use super::measure::{self, Measured};
use crate::{report, workspace};
use std::fs;
use std::path::Path;
use std::process::Command;

const SCRIPT: &str = r#"
import sys, duckdb
data, out = sys.argv[1], sys.argv[2]
con = duckdb.connect()
try:
    con.execute("LOAD httpfs")
except duckdb.Error:
    # Without its OpenSSL extension DuckDB writes encrypted files only when told that its own
    # generator will do; for a measurement it will.
    con.execute("SET force_mbedtls_unsafe = 'true'")
con.execute("PRAGMA add_parquet_key('lake', '0123456789abcdef')")
con.execute(f"""
COPY (
  SELECT id,
         sha256('a salt of sixteen' || email) AS email,
         regexp_replace(card, '^(\\d{{6}})\\d+(\\d{{4}})$', '\\1******\\2') AS card,
         age // 10 * 10 AS age_band,
         '[redacted]' AS comment
  FROM read_csv('{data}', header = true, quote = '"', escape = '"', ignore_errors = true, columns = {{
    'id': 'BIGINT', 'email': 'VARCHAR', 'card': 'VARCHAR', 'age': 'INTEGER', 'country': 'VARCHAR',
    'nationality': 'VARCHAR', 'comment': 'VARCHAR'}})
) TO '{out}' (FORMAT parquet, COMPRESSION zstd, ENCRYPTION_CONFIG {{footer_key: 'lake'}})
""")
"#;

/// The version and what the run took, or why there is no figure.
pub(super) fn run(folder: &Path, data: &Path, runs: u64) -> Result<(String, Measured), String> {
    let environment = folder.join("venv");
    let python = environment.join("bin/python");
    if !python.is_file() {
        report::line("installing DuckDB from PyPI into target/bench/venv …");
        workspace::output(
            Command::new("python3")
                .args(["-m", "venv"])
                .arg(&environment),
        )?;
    }
    let version = Command::new(&python)
        .args(["-c", "import duckdb; print(duckdb.__version__)"])
        .output();
    let version = match version {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        _ => {
            workspace::output(
                Command::new(&python).args(["-m", "pip", "install", "--quiet", "duckdb"]),
            )?;
            workspace::output(
                Command::new(&python).args(["-c", "import duckdb; print(duckdb.__version__)"]),
            )?
            .trim()
            .to_owned()
        }
    };
    let script = folder.join("query.py");
    fs::write(&script, SCRIPT)
        .map_err(|error| format!("cannot write `{}`: {error}", script.display()))?;
    let out = folder.join("duckdb.parquet");
    let measured = super::best(runs, || {
        measure::run(Command::new(&python).arg(&script).arg(data).arg(&out))
    })?;
    Ok((format!("duckdb {version}"), measured))
}
