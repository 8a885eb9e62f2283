//! Values whose halves pass 96 bits: the same rounds, one value at a time, in 32-bit limbs.
//!
//! Invariant: limbs have the least significant first; numerals have it last. The time depends on
//! the lengths alone.

use zeroize::{Zeroize, Zeroizing};

use super::{
    Ff1, Job,
    reciprocal::Divisor,
    rounds::{Direction, ROUNDS, largest_power},
};
use crate::crypto::aes::Block;

/// Bytes of the largest number of so many numerals.
pub(super) fn bytes(ff1: &Ff1, numerals: usize) -> usize {
    let largest = vec![(ff1.radix - 1) as u16; numerals];
    let number = number(ff1, &largest);
    let mut bytes = number.len() * 4;
    for limb in number.iter().rev() {
        bytes -= limb.leading_zeros() as usize / 8;
        if *limb != 0 {
            break;
        }
    }
    bytes
}

/// Enciphers or deciphers one value.
pub(super) fn run(ff1: &Ff1, job: &mut Job<'_>, direction: Direction) {
    let (left, right) = job.numerals.split_at(job.setting.left);
    // What changes, and what changes it.
    let (mut one, mut other) = match direction {
        Direction::Encrypt => (
            Zeroizing::new(left.to_vec()),
            Zeroizing::new(right.to_vec()),
        ),
        Direction::Decrypt => (
            Zeroizing::new(right.to_vec()),
            Zeroizing::new(left.to_vec()),
        ),
    };
    for step in 0..ROUNDS {
        let round = match direction {
            Direction::Encrypt => step,
            Direction::Decrypt => ROUNDS - 1 - step,
        };
        let mut mixed = round_function(ff1, job, round as u8, &number(ff1, &other));
        let mut numerals = Zeroizing::new(vec![0; one.len()]);
        write(ff1, &mut mixed, &mut numerals);
        match direction {
            Direction::Encrypt => add(ff1.radix, &mut one, &numerals),
            Direction::Decrypt => subtract(ff1.radix, &mut one, &numerals),
        }
        std::mem::swap(&mut one, &mut other);
    }
    let (first, second) = match direction {
        Direction::Encrypt => (&one, &other),
        Direction::Decrypt => (&other, &one),
    };
    for (to, from) in job
        .numerals
        .iter_mut()
        .zip(first.iter().chain(second.iter()))
    {
        *to = *from;
    }
}

/// The number that the round function makes of a half (SP 800-38G, algorithm 7, step 6).
fn round_function(ff1: &Ff1, job: &Job<'_>, round: u8, half: &[u32]) -> Zeroizing<Vec<u32>> {
    let setting = job.setting;
    let mut input = Zeroizing::new(Vec::with_capacity(32 + setting.bytes));
    input.extend(setting.head.iter().take(setting.filled));
    input.push(round);
    input.extend((0..setting.bytes).rev().map(|at| byte(half, at)));
    let mut state = Zeroizing::new(*setting.state);
    ff1.chain(&mut state, input.as_chunks().0);

    let mut output = Zeroizing::new(state.to_vec());
    let mut count = 1_u128;
    while output.len() < setting.output {
        let mut block: Block = [0; 16];
        ff1.chain(
            &mut block,
            &[(u128::from_be_bytes(*state) ^ count).to_be_bytes()],
        );
        output.extend_from_slice(&block);
        block.zeroize();
        count += 1;
    }
    output.truncate(setting.output);
    let limb = |bytes: &[u8; 4]| u32::from_be_bytes(*bytes);
    // The output is a multiple of four bytes.
    Zeroizing::new(output.as_chunks().0.iter().rev().map(limb).collect())
}

fn byte(limbs: &[u32], at: usize) -> u8 {
    limbs
        .get(at / 4)
        .map_or(0, |limb| (limb >> (8 * (at % 4))) as u8)
}

/// The number that numerals are.
fn number(ff1: &Ff1, numerals: &[u16]) -> Zeroizing<Vec<u32>> {
    let (_, grouped) = group(ff1.radix);
    let radix = u64::from(ff1.radix);
    // A numeral has at most 16 bits.
    let mut limbs = Zeroizing::new(Vec::with_capacity(numerals.len() / 2 + 2));
    for group in numerals.rchunks(grouped).rev() {
        let (mut carry, mut scale) = (0, 1);
        for numeral in group {
            carry = carry * radix + u64::from(*numeral);
            scale *= radix;
        }
        for limb in limbs.iter_mut() {
            carry += u64::from(*limb) * scale;
            *limb = carry as u32;
            carry >>= 32;
        }
        limbs.push(carry as u32);
    }
    limbs
}

/// The last numerals of a number, as many as there is room for; the number is used up.
fn write(ff1: &Ff1, limbs: &mut [u32], numerals: &mut [u16]) {
    let (power, grouped) = group(ff1.radix);
    let power = Divisor::new(u128::from(power));
    for group in numerals.rchunks_mut(grouped) {
        let mut rest = 0;
        for limb in limbs.iter_mut().rev() {
            let quotient;
            (quotient, rest) = power.divide_small(rest << 32 | u64::from(*limb));
            *limb = quotient as u32;
        }
        for place in group.iter_mut().rev() {
            let numeral;
            (rest, numeral) = ff1.numeral.divide_small(rest);
            *place = numeral as u16;
        }
    }
}

/// Numerals that are converted at once: their number fits a limb.
fn group(radix: u32) -> (u64, usize) {
    largest_power(radix, 1 << 32)
}

/// Adds numeral by numeral and drops the last carry.
fn add(radix: u32, to: &mut [u16], from: &[u16]) {
    let mut carry = 0;
    for (to, from) in to.iter_mut().zip(from).rev() {
        let sum = u32::from(*to) + u32::from(*from) + carry;
        carry = u32::from(sum >= radix);
        *to = sum.wrapping_sub(radix & 0_u32.wrapping_sub(carry)) as u16;
    }
}

/// Subtracts numeral by numeral and drops the last borrow.
fn subtract(radix: u32, to: &mut [u16], from: &[u16]) {
    let mut borrow = 0;
    for (to, from) in to.iter_mut().zip(from).rev() {
        let (one, other) = (u32::from(*to), u32::from(*from) + borrow);
        borrow = u32::from(one < other);
        *to = one
            .wrapping_sub(other)
            .wrapping_add(radix & 0_u32.wrapping_sub(borrow)) as u16;
    }
}
