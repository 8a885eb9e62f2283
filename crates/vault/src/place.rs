//! Where a vault is.

use std::{fmt, path::PathBuf, sync::Arc};

use sealine_protect::crypto::Secret;

/// Where a vault is.
#[derive(Debug)]
pub enum Place {
    /// A file of this machine, in a folder that exists.
    File(PathBuf),
    /// A database that several machines share.
    Server(Arc<Server>),
}

/// A database of PostgreSQL, 13 or later.
///
/// There is no field that would turn TLS or its proof off.
#[derive(Debug)]
pub struct Server {
    /// A name, or an address that stands in the server's certificate.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The role.
    pub user: String,
    /// Its password, proved by SCRAM-SHA-256; none where the client certificate is enough.
    pub password: Option<Secret>,
    /// A PEM file of the authorities that may have issued the server's certificate; those that the system trusts if
    /// absent.
    pub authorities: Option<PathBuf>,
    /// What this client is proved by.
    pub client: Option<ClientCertificate>,
}

/// A certificate for this client and its private key.
#[derive(Debug)]
pub struct ClientCertificate {
    /// A PEM file: the certificate, then those that lead to its authority.
    pub chain: PathBuf,
    /// The private key, as PEM.
    pub key: Secret,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(path) => write!(f, "{}", path.display()),
            Place::Server(server) => write!(f, "{server}"),
        }
    }
}

/// `postgres://host:port/database`: no role, and nothing that is secret.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port, database) = (&self.host, self.port, &self.database);
        match host.contains(':') {
            true => write!(f, "postgres://[{host}]:{port}/{database}"),
            false => write!(f, "postgres://{host}:{port}/{database}"),
        }
    }
}
