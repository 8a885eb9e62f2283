//! The texts of many steps, read on a thread of their own while those before are bound.
//!
//! Invariant: they come in their order, a few at a time, so that the trees of all are never held at
//! once; what is wrong with one is told when its turn comes.

use std::sync::mpsc::sync_channel;

use sealine_spec::SqlText;

use super::parse::STACK;
use super::step::{Read, read};
use crate::error::Bound;

/// So few texts are read sooner than a thread is there.
const FEW: usize = 8;
/// How many texts are held that were read and not taken.
const HELD: usize = 4;

/// Hands each text to `each` as it was read, with its place, until one fails.
pub(crate) fn ahead(
    texts: Vec<&SqlText>,
    mut each: impl FnMut(usize, Bound<Read>) -> Bound<()>,
) -> Bound<()> {
    if texts.len() <= FEW {
        return in_turn(&texts, each);
    }
    std::thread::scope(|scope| {
        let (send, receive) = sync_channel(HELD);
        let texts = &texts;
        let reading = move || {
            // Nobody takes it any more where one has failed.
            let _ = texts.iter().try_for_each(|text| send.send(read(text)));
        };
        match std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, reading)
        {
            Ok(_) => receive
                .into_iter()
                .enumerate()
                .try_for_each(|(at, query)| each(at, query)),
            Err(_) => in_turn(texts, each),
        }
    })
}

fn in_turn(texts: &[&SqlText], mut each: impl FnMut(usize, Bound<Read>) -> Bound<()>) -> Bound<()> {
    let mut texts = texts.iter().enumerate();
    texts.try_for_each(|(at, text)| each(at, read(text)))
}
