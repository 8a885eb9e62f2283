//! Values whose halves have at most 32 bits, such as 18 digits: the same rounds in machine words.
//!
//! Invariant: the round function then gives 8 bytes, so that every number of a round is one word;
//! nothing branches on a numeral.

use super::{
    Ff1, Job, Setting,
    reciprocal::Divisor,
    rounds::{Direction, ROUNDS},
};
use crate::crypto::aes::{Block, LANES, xor};

/// Bytes of a half and of the round function's number.
const BYTES: usize = 4;
const OUTPUT: usize = 8;

/// Whether values of this setting can be run here.
pub(super) fn fits(setting: &Setting) -> bool {
    setting.short && setting.bytes <= BYTES && setting.output == OUTPUT
}

/// A value on its way.
#[derive(Clone, Copy)]
struct Lane<'a> {
    /// The block of a round without the round's number and half: its first and last eight bytes.
    first: u64,
    last: u64,
    left: u64,
    right: u64,
    /// Bits right of the round's number.
    place: u32,
    moduli: [&'a Divisor; 2],
}

/// Enciphers or deciphers at most [`LANES`] values that [`fits`] takes.
pub(super) fn run(ff1: &Ff1, jobs: &mut [Job<'_>], direction: Direction) {
    let mut lanes: Vec<Lane<'_>> = jobs.iter().filter_map(|job| lane(ff1, job)).collect();
    let mut blocks = [[0; 16]; LANES];
    let (blocks, _) = blocks.split_at_mut(lanes.len().min(LANES));
    for step in 0..ROUNDS {
        match direction {
            Direction::Encrypt => encrypt(ff1, step, &mut lanes, blocks),
            Direction::Decrypt => decrypt(ff1, ROUNDS - 1 - step, &mut lanes, blocks),
        }
    }
    for (job, lane) in jobs.iter_mut().zip(&lanes) {
        let (left, right) = job.numerals.split_at_mut(job.setting.left);
        write(&ff1.numeral, lane.left, left);
        write(&ff1.numeral, lane.right, right);
    }
}

fn lane<'a>(ff1: &'a Ff1, job: &Job<'_>) -> Option<Lane<'a>> {
    let setting = job.setting;
    let mut base = *setting.state;
    xor(&mut base, &setting.head);
    let base = u128::from_be_bytes(base);
    let (left, right) = job.numerals.split_at(setting.left);
    let number = |numerals: &[u16]| {
        numerals.iter().fold(0, |sum: u64, numeral| {
            sum.wrapping_mul(u64::from(ff1.radix))
                .wrapping_add(u64::from(*numeral))
        })
    };
    Some(Lane {
        first: (base >> 64) as u64,
        last: base as u64,
        left: number(left),
        right: number(right),
        place: 8 * setting.bytes as u32,
        moduli: ff1.moduli(setting)?,
    })
}

fn encrypt(ff1: &Ff1, round: usize, lanes: &mut [Lane<'_>], blocks: &mut [Block]) {
    for (block, lane) in blocks.iter_mut().zip(lanes.iter()) {
        *block = lane.block(round, lane.right);
    }
    ff1.cipher.encrypt_each(blocks);
    for (block, lane) in blocks.iter().zip(lanes.iter_mut()) {
        let (modulus, number) = lane.number(round, block);
        (lane.left, lane.right) = (lane.right, modulus.add_small(lane.left, number));
    }
}

fn decrypt(ff1: &Ff1, round: usize, lanes: &mut [Lane<'_>], blocks: &mut [Block]) {
    for (block, lane) in blocks.iter_mut().zip(lanes.iter()) {
        *block = lane.block(round, lane.left);
    }
    ff1.cipher.encrypt_each(blocks);
    for (block, lane) in blocks.iter().zip(lanes.iter_mut()) {
        let (modulus, number) = lane.number(round, block);
        (lane.left, lane.right) = (modulus.subtract_small(lane.right, number), lane.left);
    }
}

impl Lane<'_> {
    /// The block of a round.
    #[inline(always)]
    fn block(&self, round: usize, half: u64) -> Block {
        let last = self.last ^ ((round as u64) << self.place) ^ half;
        (u128::from(self.first) << 64 | u128::from(last)).to_be_bytes()
    }

    /// The modulus of a round, and the number that its block gives.
    #[inline(always)]
    fn number(&self, round: usize, block: &Block) -> (&Divisor, u64) {
        let [of_left, of_right] = self.moduli;
        let modulus = if round.is_multiple_of(2) {
            of_left
        } else {
            of_right
        };
        let number = (u128::from_be_bytes(*block) >> 64) as u64;
        let (_, number) = modulus.divide_small(number);
        (modulus, number)
    }
}

/// The numerals of a number, which has no more of them.
fn write(radix: &Divisor, mut number: u64, numerals: &mut [u16]) {
    for place in numerals.iter_mut().rev() {
        let numeral;
        (number, numeral) = radix.divide_small(number);
        *place = numeral as u16;
    }
}
