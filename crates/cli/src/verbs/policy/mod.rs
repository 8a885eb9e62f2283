//! `sealine policy`: who vouches for catalog and policy, and what the policy says.

mod owners;
mod tables;

use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use std::path::Path;

/// Signs, verifies, makes a key, asks.
pub(crate) fn run(directory: &Path, verb: &args::Policy, screen: &Screen) -> Result<Exit, Failure> {
    match verb {
        args::Policy::Keygen {
            owner,
            out,
            pem,
            new_passphrase_file,
        } => owners::keygen(owner, out, *pem, new_passphrase_file.as_deref(), screen),
        args::Policy::Sign { owner, key } => owners::sign(directory, owner, key, screen),
        args::Policy::Verify { key } => owners::verify(directory, key, screen),
        args::Policy::Test => tables::test(directory, screen),
        args::Policy::Matrix => tables::matrix(directory, screen),
    }
}
