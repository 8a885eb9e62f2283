//! What is wrong, in words of our own: a server's may quote what is stored.

use std::{error::Error as _, io};

use rustls::CertificateError;
use sealine_protect::VaultFault;
use tokio_postgres::{Error, error::SqlState};

/// Why there is no session.
pub(super) fn connecting(error: &Error, password: bool) -> (VaultFault, &'static str) {
    use VaultFault::{Refused, Unfit, Unproven, Unreachable};
    if let Some(state) = error.code() {
        return match *state {
            SqlState::INVALID_PASSWORD => (Refused, "the role or its password is wrong"),
            SqlState::INVALID_AUTHORIZATION_SPECIFICATION => (
                Refused,
                "the role is not known, may not connect from here over TLS, or needs a client certificate that it \
                 accepts; `pg_hba.conf` of the server decides",
            ),
            SqlState::INVALID_CATALOG_NAME => (Refused, "there is no such database"),
            SqlState::INSUFFICIENT_PRIVILEGE => {
                (Refused, "the role may not connect to this database")
            }
            SqlState::TOO_MANY_CONNECTIONS => (Unreachable, "it takes no more connections now"),
            SqlState::CANNOT_CONNECT_NOW | SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN => {
                (Unreachable, "it is starting up or shutting down")
            }
            SqlState::INVALID_PARAMETER_VALUE | SqlState::FEATURE_NOT_SUPPORTED => {
                (Unfit, "it is no PostgreSQL of version 13 or later")
            }
            _ => (
                Refused,
                "it refused for a reason of its own, which its log knows",
            ),
        };
    }
    if let Some(tls) = tls(error) {
        return proving(tls);
    }
    // The library's own words, of which it has a fixed list.
    match error.to_string().as_str() {
        "error performing TLS handshake" => (
            Unproven,
            "it does not speak TLS; Sealine speaks to no server in clear",
        ),
        "authentication error" => (
            Refused,
            "it did not prove by SCRAM-SHA-256, bound to the TLS connection, that it knows the password; a server or \
             a proxy that asks for the password itself is not given it",
        ),
        "invalid configuration" if password => (
            Refused,
            "it asks for a proof that this client does not give; SCRAM-SHA-256 is what it gives",
        ),
        "invalid configuration" => (Refused, "it asks for a password; name one with `password:`"),
        _ => match io(error).map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => {
                (Unreachable, "nothing listens at this host and port")
            }
            Some(io::ErrorKind::TimedOut) => (Unreachable, "it does not answer"),
            Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) => {
                (Unreachable, "it closed the connection; is it a PostgreSQL")
            }
            Some(_) => (Unreachable, "the host is not known, or no way leads to it"),
            None => (Unreachable, "it closed the connection"),
        },
    }
}

/// What TLS found.
fn proving(error: &rustls::Error) -> (VaultFault, &'static str) {
    use VaultFault::{Refused, Unproven};
    match error {
        rustls::Error::InvalidCertificate(certificate) => (
            Unproven,
            match certificate {
                CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                    "its certificate was issued by none of the authorities of `ca:`, or of the system where there is \
                     no `ca:`"
                }
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => {
                    "its certificate is for another host; connect by a name that stands in it"
                }
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    "its certificate has expired, or the clock of this machine is wrong"
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    "its certificate is not valid yet, or the clock of this machine is wrong"
                }
                CertificateError::Revoked => "its certificate was revoked",
                _ => "its certificate cannot be used",
            },
        ),
        rustls::Error::AlertReceived(_) => (
            Refused,
            "it did not accept the client certificate, or there is none to show",
        ),
        _ => (
            Unproven,
            "TLS failed: it speaks no version or cipher that is safe",
        ),
    }
}

/// Why the tables of a vault cannot be read.
pub(super) fn reading(error: &Error) -> &'static str {
    match error.code() {
        Some(
            &SqlState::UNDEFINED_TABLE
            | &SqlState::INVALID_SCHEMA_NAME
            | &SqlState::UNDEFINED_COLUMN,
        ) => {
            "the database has no vault; its owner makes one with the SQL that `sealine vault sql` prints"
        }
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            "the role may not use the vault; the SQL that `sealine vault sql` prints has the grants"
        }
        _ => working(error),
    }
}

/// What stopped a session under way.
pub(super) fn working(error: &Error) -> &'static str {
    let Some(state) = error.code() else {
        return match error.is_closed() || io(error).is_some() {
            true => "the connection to the server was lost",
            false => "the server's answer was not understood",
        };
    };
    match *state {
        SqlState::QUERY_CANCELED => "the server took too long",
        SqlState::LOCK_NOT_AVAILABLE | SqlState::T_R_DEADLOCK_DETECTED => {
            "another session has held it for too long"
        }
        SqlState::DISK_FULL => "the server's disk is full",
        SqlState::READ_ONLY_SQL_TRANSACTION => "the server is read-only; name the primary",
        SqlState::INSUFFICIENT_PRIVILEGE => {
            "the role may not use the vault; the SQL that `sealine vault sql` prints has the grants"
        }
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN | SqlState::CANNOT_CONNECT_NOW => {
            "the server was shut down"
        }
        _ => "the database refused",
    }
}

fn io(error: &Error) -> Option<&io::Error> {
    error.source()?.downcast_ref()
}

fn tls(error: &Error) -> Option<&rustls::Error> {
    io(error)?.get_ref()?.downcast_ref()
}
