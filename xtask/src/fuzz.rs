//! `cargo xtask fuzz [--seconds N] [--seed S] [TARGET …]`: seeded mutations through every decoder,
//! all of them together for N seconds (60). The targets are those of `fuzz/`.
//!
//! It must never be the only fuzzing of a decoder that guards a secret: libFuzzer, which follows
//! coverage, runs the same targets from `fuzz/libfuzzer`.

use std::process::Command;

use crate::workspace::root;

pub(crate) fn main(words: Vec<&str>) -> Result<(), String> {
    let mut command = Command::new("cargo");
    command
        .current_dir(root())
        .args(["run", "--quiet", "-p", "sealine-fuzz", "--"])
        .args(words);
    let status = command
        .status()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err("a decoder did not survive; run the input again with `cargo xtask fuzz --input FILE TARGET`".to_owned())
    }
}
