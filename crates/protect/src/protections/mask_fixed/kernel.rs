//! The kernel of `mask_fixed`.
//!
//! Invariant: what stands between the shown ends does not depend on what it hides.

use crate::{ProtectError, argument::Arguments, protections::mask::Window, rewrite::Rewrite};

/// Stars in place of the hidden characters, however many they were.
const STARS: usize = 8;

/// `mask_fixed`, bound.
#[derive(Debug)]
pub(crate) struct MaskFixed(Window);

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<MaskFixed, ProtectError> {
    Window::of(arguments).map(MaskFixed)
}

impl Rewrite for MaskFixed {
    const NAME: &'static str = "mask_fixed";

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        self.0.write(text, |_| STARS, out);
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    use sealine_label::declare::Argument;

    crate::testing::Sample::texts(vec![Argument::Integer(2), Argument::Integer(1)])
}

#[cfg(test)]
mod tests {
    use crate::testing::{rewritten, whole};

    #[test]
    fn length_does_not_show() {
        for (text, out) in [
            ("4111111111111111", "41********1"),
            ("alice@example.com", "al********m"),
            ("alice", "********"),
            ("alicea", "al********a"),
            ("", "********"),
            ("søren holm", "sø********m"),
        ] {
            assert_eq!(rewritten("mask_fixed", vec![whole(2), whole(1)], text), out);
        }
    }
}
