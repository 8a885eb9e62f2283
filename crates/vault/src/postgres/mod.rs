//! A vault in a database of PostgreSQL, for several machines.
//!
//! Invariant: what is said to the server is said over TLS to a server that was proved, and a password is proved by
//! SCRAM bound to that connection; there is no way to say less. The database sees what the file of SQLite sees: HMACs,
//! random tokens and ciphertexts. Two sessions agree on the token of a subject, whoever of them is first.
//!
//! Must never: make or change tables (their owner does, with [`sql`]); hand on a text of the server's.

mod connect;
mod fault;
mod session;
mod store;
mod tls;

pub(crate) use store::Database;

/// The SQL that makes a vault in a database and lets `role` use it: for the owner of the database to run, once.
#[must_use]
pub fn sql(role: &str) -> String {
    let quoted = format!("\"{}\"", role.replace('"', "\"\""));
    include_str!("vault.sql").replace("{role}", &quoted)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_role_is_an_identifier_whatever_it_is_called() {
        let text = super::sql("a\"; DROP SCHEMA x; --");
        assert!(text.contains("TO \"a\"\"; DROP SCHEMA x; --\";"), "{text}");
        assert!(!text.contains("{role}"));
    }
}
