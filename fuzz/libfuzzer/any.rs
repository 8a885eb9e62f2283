//! A target of `sealine-fuzz` under libFuzzer: which one, the name of the program says.
#![no_main]
#![allow(clippy::expect_used)]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use sealine_fuzz::{Prepared, TARGETS};

thread_local! {
    static READY: RefCell<Prepared> = RefCell::new({
        let name = env!("CARGO_BIN_NAME");
        let target = TARGETS.iter().find(|target| target.name == name);
        (target.expect("a target of this name").make)()
    });
}

fuzz_target!(|bytes: &[u8]| READY.with_borrow_mut(|ready| (ready.run)(bytes)));
