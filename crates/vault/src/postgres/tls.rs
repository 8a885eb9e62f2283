//! How a server is proved, and this client to it: certificates, by rustls on aws-lc-rs.
//!
//! Invariant: the certificate leads to an authority that was named, or that the system trusts; it is for the host that
//! was named, and it is valid now. Files are read up to a bound.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::place::Server;

/// Bytes of the longest file of certificates.
const LONGEST: u64 = 1 << 20;

/// What a connection to `server` insists on, or why it cannot be said.
pub(super) fn config(server: &Server) -> Result<ClientConfig, &'static str> {
    // Given by hand: a default of the process could be another's, or not be there.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| "TLS cannot be set up; this is a bug in Sealine")?
        .with_root_certificates(roots(server.authorities.as_deref())?);
    let Some(client) = &server.client else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = certificates(&client.chain)
        .map_err(|()| "the file of `certificate:` cannot be read as certificates in PEM")?;
    let key = PrivateKeyDer::from_pem_slice(client.key.expose())
        .map_err(|_| "the secret of `key:` is not a private key in PEM")?;
    builder
        .with_client_auth_cert(chain, key)
        .map_err(|_| "the private key of `key:` is not that of `certificate:`, or of a kind that is not known")
}

fn roots(file: Option<&Path>) -> Result<RootCertStore, &'static str> {
    let mut roots = RootCertStore::empty();
    match file {
        Some(file) => {
            let unfit = "the file of `ca:` cannot be read as certificates in PEM";
            for authority in certificates(file).map_err(|()| unfit)? {
                roots.add(authority).map_err(|_| unfit)?;
            }
        }
        // A system's store may hold what cannot be read; the rest of it serves.
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                return Err("this system trusts no authority; name the server's with `ca:`");
            }
        }
    }
    Ok(roots)
}

/// All certificates of a PEM file; at least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ()> {
    let text = bounded(path).map_err(drop)?;
    let all = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
    all.ok().filter(|all| !all.is_empty()).ok_or(())
}

fn bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(LONGEST + 1)
        .read_to_end(&mut bytes)?;
    match bytes.len() as u64 > LONGEST {
        true => Err(io::ErrorKind::FileTooLarge.into()),
        false => Ok(bytes),
    }
}
