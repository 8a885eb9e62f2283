//! A database of its own for a test, with a role that may use its vault.
#![allow(dead_code, reason = "each suite uses a part")]

use std::{path::PathBuf, process::Command, thread, time::Duration};

use sealine_protect::crypto::random;
use serde_json::Value;

use super::services::{require, text};

pub(crate) struct Base {
    pub(crate) facts: Value,
    /// The database, and the role as well.
    pub(crate) name: String,
    pub(crate) password: String,
}

impl Base {
    /// A database with a vault; `None` where there is no server.
    pub(crate) fn with_vault() -> Option<Base> {
        let base = Base::empty()?;
        base.owner(&sealine_vault::sql(&base.name));
        Some(base)
    }

    /// A database without one.
    pub(crate) fn empty() -> Option<Base> {
        let facts = require("postgres")?;
        let number = u64::from_be_bytes(random::array().unwrap());
        let base = Base {
            facts,
            name: format!("test_{number:016x}"),
            password: format!("hunter2-{number:x}"),
        };
        let (name, password) = (&base.name, &base.password);
        base.admin(&format!("CREATE ROLE {name} LOGIN PASSWORD '{password}'"));
        base.admin(&format!("CREATE DATABASE {name}"));
        Some(base)
    }

    pub(crate) fn port(&self) -> u16 {
        u16::try_from(self.facts["port"].as_u64().unwrap()).unwrap()
    }

    pub(crate) fn pki(&self, file: &str) -> PathBuf {
        PathBuf::from(text(&self.facts, "pki")).join(file)
    }

    /// Says something as the owner of everything, in this database.
    pub(crate) fn owner(&self, sql: &str) -> String {
        self.as_owner(sql).unwrap()
    }

    /// As [`Base::owner`], where it may fail.
    pub(crate) fn as_owner(&self, sql: &str) -> Result<String, String> {
        self.psql(
            text(&self.facts, "user"),
            text(&self.facts, "password"),
            &self.name,
            sql,
        )
    }

    /// Waits until a question about this database is answered by yes.
    pub(crate) fn until(&self, question: &str) {
        for _ in 0..300 {
            if self.owner(question) == "t" {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("never: {question}");
    }

    fn admin(&self, sql: &str) -> String {
        self.psql(
            text(&self.facts, "user"),
            text(&self.facts, "password"),
            "postgres",
            sql,
        )
        .unwrap()
    }

    /// Says something as the role that uses the vault.
    pub(crate) fn role(&self, sql: &str) -> Result<String, String> {
        self.psql(&self.name, &self.password, &self.name, sql)
    }

    fn psql(
        &self,
        user: &str,
        password: &str,
        database: &str,
        sql: &str,
    ) -> Result<String, String> {
        let output = Command::new("psql")
            .args([
                "-XqtAw",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                "127.0.0.1",
                "-U",
                user,
                "-d",
                database,
                "-c",
                sql,
            ])
            .args(["-p", &self.port().to_string()])
            .env("PGPASSWORD", password)
            .env("PGSSLMODE", "verify-full")
            .env("PGSSLROOTCERT", self.pki("ca.pem"))
            .output()
            .unwrap();
        match output.status.success() {
            true => Ok(String::from_utf8(output.stdout).unwrap().trim().to_owned()),
            false => Err(String::from_utf8(output.stderr).unwrap()),
        }
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        let name = &self.name;
        self.admin(&format!("DROP DATABASE {name} WITH (FORCE)"));
        self.admin(&format!("DROP ROLE {name}"));
    }
}
