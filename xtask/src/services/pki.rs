//! Certificates for tests: an authority with a server, a client and an expired server; a rogue one with a client.
//!
//! P-256 with SHA-256, made by `openssl`. Names: `ca`, `server` (localhost, 127.0.0.1), `alice`, `expired`, `rogue` (an
//! authority), `mallory` (of the rogue one); each as `NAME.pem` and `NAME.key`.

use super::cannot;
use crate::workspace::output;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const EC: [&str; 5] = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
];

/// The folder of the certificates, which are made where they are not.
pub(super) fn make(folder: &Path) -> Result<PathBuf, String> {
    let done = folder.join("done");
    if done.is_file() {
        return Ok(folder.to_path_buf());
    }
    // Without the stamp, what a crash right here leaves behind is made anew.
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).map_err(|error| cannot("make", folder, &error))?;
    authority(folder, "ca")?;
    authority(folder, "rogue")?;
    for (name, issuer, days) in [
        ("server", "ca", "3650"),
        ("alice", "ca", "3650"),
        ("expired", "ca", "0"),
        ("mallory", "rogue", "3650"),
    ] {
        leaf(folder, name, issuer, days)?;
    }
    fs::write(&done, "").map_err(|error| cannot("write", &done, &error))?;
    Ok(folder.to_path_buf())
}

fn authority(folder: &Path, name: &str) -> Result<(), String> {
    let mut command = openssl(folder, "req");
    command
        .args([
            "-x509",
            "-days",
            "3650",
            "-subj",
            &format!("/CN=Sealine tests {name}"),
        ])
        .args(["-addext", "keyUsage=critical,keyCertSign,cRLSign"])
        .args(EC)
        .args([
            "-keyout",
            &format!("{name}.key"),
            "-out",
            &format!("{name}.pem"),
        ]);
    output(&mut command).map(drop)
}

fn leaf(folder: &Path, name: &str, issuer: &str, days: &str) -> Result<(), String> {
    let (request, wanted) = (format!("{name}.csr"), format!("{name}.ext"));
    let names = match name {
        "server" | "expired" => "subjectAltName=DNS:localhost,IP:127.0.0.1\n",
        _ => "",
    };
    let text = format!(
        "{names}basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n\
         extendedKeyUsage=serverAuth,clientAuth\n"
    );
    let path = folder.join(&wanted);
    fs::write(&path, text).map_err(|error| cannot("write", &path, &error))?;
    let mut command = openssl(folder, "req");
    command
        .args(["-new", "-subj", &format!("/CN={name}")])
        .args(EC)
        .args(["-keyout", &format!("{name}.key"), "-out", &request]);
    output(&mut command)?;
    let mut command = openssl(folder, "x509");
    command
        .args(["-req", "-in", &request, "-CA", &format!("{issuer}.pem")])
        .args(["-CAkey", &format!("{issuer}.key"), "-CAcreateserial"])
        .args(["-days", days, "-extfile", &wanted])
        .args(["-out", &format!("{name}.pem")]);
    output(&mut command).map(drop)
}

fn openssl(folder: &Path, verb: &str) -> Command {
    let mut command = Command::new("openssl");
    command.current_dir(folder).arg(verb);
    command
}
