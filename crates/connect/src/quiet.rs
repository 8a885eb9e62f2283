//! Runs foreign decoders so that a panic in one becomes a plain failure.
//!
//! INVARIANT: the message of such a panic, which may quote the data being decoded, is never
//! printed, returned or kept. Must never be put around code of this project: there a panic is a
//! bug that has to be seen.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static DECODING: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// The decoder panicked. There is nothing more to say that would be safe to say.
pub(crate) struct Panicked;

/// Runs `work`; a panic inside ends in [`Panicked`] and leaves no text anywhere. What `work`
/// borrowed mutably must be dropped by the caller afterwards.
pub(crate) fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if !DECODING.get() {
                before(info);
            }
        }));
    });
    let outer = DECODING.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    DECODING.set(outer);
    result.map_err(|payload| {
        // A payload whose own drop panics must not get out either.
        std::mem::forget(payload);
        Panicked
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_value_and_later_panics_are_seen() {
        assert!(quietly(|| panic!("4111111111111111")).is_err());
        assert_eq!(quietly(|| 7).ok(), Some(7));
        assert!(!DECODING.get());
    }

    /// In a process of its own, where standard error can be read.
    #[test]
    fn nothing_of_a_payload_is_printed() {
        const CHILD: &str = "SEALINE_QUIET_CHILD";
        if std::env::var_os(CHILD).is_some() {
            assert!(quietly(|| panic!("4111111111111111")).is_err());
            let thread = std::thread::spawn(|| panic!("a bug that has to be seen"));
            assert!(thread.join().is_err());
            return;
        }
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg("quiet::tests::nothing_of_a_payload_is_printed")
            .env(CHILD, "1")
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(output.status.success() && !said.contains("4111"), "{said}");
        assert!(said.contains("a bug that has to be seen"), "{said}");
    }
}
