//! The ten rounds, over many values side by side.
//!
//! Invariant: a value is checked before any value of its batch is changed.

use std::fmt;

use super::{Setting, long, narrow, reciprocal::Divisor, setting, setting::SHORT_HALF};
use crate::{
    ProtectError,
    crypto::{
        Secret,
        aes::{Aes, Block, LANES, xor},
        stack,
    },
};

/// Rounds of the Feistel network (SP 800-38G, 5.1).
pub(super) const ROUNDS: usize = 10;

/// A key for numerals of one radix.
pub struct Ff1 {
    pub(super) cipher: Aes,
    pub(super) radix: u32,
    /// The radix as a divisor.
    pub(super) numeral: Divisor,
    /// The largest power of the radix below 2^64, and its exponent.
    group: Divisor,
    grouped: usize,
    /// The powers of the radix that a short half can have, from the first.
    powers: Vec<Divisor>,
}

/// A value to be enciphered or deciphered in place.
pub struct Job<'a> {
    /// For its length and its tweak.
    pub setting: &'a Setting,
    /// The numerals, each below the radix, the most significant first.
    pub numerals: &'a mut [u16],
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Encrypt,
    Decrypt,
}

impl Ff1 {
    /// Expands a key of 16, 24 or 32 bytes for a radix from 2 to 65536.
    ///
    /// # Errors
    /// [`ProtectError::KeyLength`]; [`ProtectError::Unsupported`] for another radix.
    pub fn new(key: &Secret, radix: u32) -> Result<Ff1, ProtectError> {
        if !(2..=65_536).contains(&radix) {
            return Err(ProtectError::unsupported("an FF1 radix outside 2 to 65536"));
        }
        let (power, grouped) = largest_power(radix, u64::MAX);
        let powers = std::iter::successors(Some(u128::from(radix)), |power| {
            let next = power * u128::from(radix);
            (next <= SHORT_HALF).then_some(next)
        });
        Ok(Ff1 {
            cipher: Aes::new("FF1", key.expose())?,
            radix,
            numeral: Divisor::new(u128::from(radix)),
            group: Divisor::new(u128::from(power)),
            grouped,
            powers: powers.map(Divisor::new).collect(),
        })
    }

    /// Whether values of this many numerals can be enciphered: not those of fewer than 1,000,000
    /// possible values, nor those above 4096 numerals.
    pub fn takes(&self, length: usize) -> bool {
        setting::takes(self.radix, length)
    }

    /// Enciphers every value, 64 side by side. One at a time is many times slower.
    ///
    /// # Errors
    /// [`ProtectError::Numerals`], before any value is changed.
    pub fn encrypt_each(&self, jobs: &mut [Job<'_>]) -> Result<(), ProtectError> {
        self.run(jobs, Direction::Encrypt)
    }

    /// Deciphers every value.
    ///
    /// # Errors
    /// As [`Ff1::encrypt_each`].
    pub fn decrypt_each(&self, jobs: &mut [Job<'_>]) -> Result<(), ProtectError> {
        self.run(jobs, Direction::Decrypt)
    }

    /// Enciphers one value.
    ///
    /// # Errors
    /// As [`Setting::new`] and [`Ff1::encrypt_each`].
    pub fn encrypt(&self, tweak: &[u8], numerals: &mut [u16]) -> Result<(), ProtectError> {
        let setting = &Setting::new(self, numerals.len(), tweak)?;
        self.encrypt_each(&mut [Job { setting, numerals }])
    }

    /// Deciphers one value.
    ///
    /// # Errors
    /// As [`Ff1::encrypt`].
    pub fn decrypt(&self, tweak: &[u8], numerals: &mut [u16]) -> Result<(), ProtectError> {
        let setting = &Setting::new(self, numerals.len(), tweak)?;
        self.decrypt_each(&mut [Job { setting, numerals }])
    }

    /// The radix to so many numerals, where a half of as many is short.
    pub(super) fn power(&self, numerals: usize) -> Option<&Divisor> {
        self.powers.get(numerals.checked_sub(1)?)
    }

    /// radix^u and radix^v where the halves are short.
    pub(super) fn moduli(&self, setting: &Setting) -> Option<[&Divisor; 2]> {
        let right = self.power(setting.length - setting.left)?;
        Some([self.power(setting.left)?, right])
    }

    fn run(&self, jobs: &mut [Job<'_>], direction: Direction) -> Result<(), ProtectError> {
        let done = self.run_all(jobs, direction);
        // The cipher laid its round keys out on the stack.
        stack::wipe();
        done
    }

    #[inline(never)]
    fn run_all(&self, jobs: &mut [Job<'_>], direction: Direction) -> Result<(), ProtectError> {
        for job in jobs.iter() {
            let fits = |numeral: &u16| u32::from(*numeral) < self.radix;
            if job.numerals.len() != job.setting.length || !job.numerals.iter().all(fits) {
                return Err(ProtectError::Numerals { radix: self.radix });
            }
        }
        let mut lanes = Vec::with_capacity(LANES.min(jobs.len()));
        for jobs in jobs.chunks_mut(LANES) {
            if jobs.iter().all(|job| narrow::fits(job.setting)) {
                narrow::run(self, jobs, direction);
                continue;
            }
            for job in jobs.iter_mut() {
                match self.moduli(job.setting) {
                    Some(moduli) => lanes.push(self.lane(job, moduli)),
                    None => long::run(self, job, direction),
                }
            }
            self.feistel(&mut lanes, direction);
            let short = jobs.iter_mut().filter(|job| job.setting.short);
            for (job, lane) in short.zip(&lanes) {
                let (left, right) = job.numerals.split_at_mut(job.setting.left);
                self.write(lane.left, left);
                self.write(lane.right, right);
            }
            lanes.clear();
        }
        Ok(())
    }

    fn lane<'a>(&'a self, job: &Job<'_>, moduli: [&'a Divisor; 2]) -> Lane<'a> {
        let setting = job.setting;
        let mut base = *setting.state;
        xor(&mut base, &setting.head);
        let (left, right) = job.numerals.split_at(setting.left);
        Lane {
            base: u128::from_be_bytes(base),
            left: self.read(left),
            right: self.read(right),
            // The number of the round stands just before the half, and at least one byte is free.
            place: 8 * setting.bytes as u32,
            unused: 8 * (16 - setting.output as u32),
            moduli,
        }
    }

    /// All rounds of all lanes: one block a lane and round.
    fn feistel(&self, lanes: &mut [Lane<'_>], direction: Direction) {
        let mut blocks = [[0; 16]; LANES];
        let (blocks, _) = blocks.split_at_mut(lanes.len().min(LANES));
        for step in 0..ROUNDS {
            let round = match direction {
                Direction::Encrypt => step,
                Direction::Decrypt => ROUNDS - 1 - step,
            };
            for (block, lane) in blocks.iter_mut().zip(lanes.iter()) {
                let half = match direction {
                    Direction::Encrypt => lane.right,
                    Direction::Decrypt => lane.left,
                };
                *block = (lane.base ^ ((round as u128) << lane.place) ^ half).to_be_bytes();
            }
            self.cipher.encrypt_each(blocks);
            for (block, lane) in blocks.iter().zip(lanes.iter_mut()) {
                let [of_left, of_right] = lane.moduli;
                let modulus = if round % 2 == 0 { of_left } else { of_right };
                let (_, number) = modulus.divide(u128::from_be_bytes(*block) >> lane.unused);
                (lane.left, lane.right) = match direction {
                    Direction::Encrypt => (lane.right, modulus.add(lane.left, number)),
                    Direction::Decrypt => (modulus.subtract(lane.right, number), lane.left),
                };
            }
        }
    }

    /// The number that numerals are.
    fn read(&self, numerals: &[u16]) -> u128 {
        let value = |numerals: &[u16]| {
            numerals.iter().fold(0_u64, |sum, numeral| {
                sum.wrapping_mul(u64::from(self.radix))
                    .wrapping_add(u64::from(*numeral))
            })
        };
        let (upper, lower) = numerals.split_at(numerals.len().saturating_sub(self.grouped));
        u128::from(value(upper)) * self.group.value + u128::from(value(lower))
    }

    /// The numerals of a number, which has no more of them.
    fn write(&self, number: u128, numerals: &mut [u16]) {
        let write = |mut number: u64, numerals: &mut [u16]| {
            for place in numerals.iter_mut().rev() {
                let numeral;
                (number, numeral) = self.numeral.divide_small(number);
                *place = numeral as u16;
            }
        };
        let (upper, lower) = numerals.split_at_mut(numerals.len().saturating_sub(self.grouped));
        if upper.is_empty() {
            return write(number as u64, lower);
        }
        // At most 96 bits by more than 48: the quotient has one group, too.
        let (first, second) = self.group.divide(number);
        write(first as u64, upper);
        write(second as u64, lower);
    }

    /// CBC-MAC: chains `blocks` onto `state`.
    pub(super) fn chain(&self, state: &mut Block, blocks: &[Block]) {
        for block in blocks {
            xor(state, block);
            self.cipher.encrypt_each(std::slice::from_mut(state));
        }
    }
}

impl fmt::Debug for Ff1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ff1(radix {})", self.radix)
    }
}

impl fmt::Debug for Job<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ff1::Job({} numerals)", self.numerals.len())
    }
}

/// A value on its way.
struct Lane<'a> {
    /// The block of a round without the round's number and half.
    base: u128,
    left: u128,
    right: u128,
    /// Bits right of the round's number.
    place: u32,
    /// Bits of the block that the round function leaves out.
    unused: u32,
    moduli: [&'a Divisor; 2],
}

/// The largest power of `radix` that is at most `bound`, and its exponent.
pub(super) fn largest_power(radix: u32, bound: u64) -> (u64, usize) {
    let (mut power, mut exponent) = (u64::from(radix), 1);
    while let Some(next) = power
        .checked_mul(u64::from(radix))
        .filter(|next| *next <= bound)
    {
        (power, exponent) = (next, exponent + 1);
    }
    (power, exponent)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use aes::{Aes128, Aes192, Aes256};
    use fpe::ff1::{FF1, FlexibleNumeralString};

    use super::*;
    use crate::testing::Random;

    const KEY: &str = "2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f7f036d6f04fc6a94";

    /// The samples that NIST publishes with SP 800-38G.
    #[test]
    fn known_answers() {
        let (ten, long) = ("39383736353433323130", "3737373770717273373737");
        let (digits, letters) = ("0123456789", "0123456789abcdefghi");
        for (bytes, radix, tweak, plain, cipher) in [
            (16, 10, "", digits, "2433477484"),
            (16, 10, ten, digits, "6124200773"),
            (16, 36, long, letters, "a9tv40mll9kdu509eum"),
            (24, 10, "", digits, "2830668132"),
            (24, 10, ten, digits, "2496655549"),
            (24, 36, long, letters, "xbj3kv35jrawxv32ysr"),
            (32, 10, "", digits, "6657667009"),
            (32, 10, ten, digits, "1001623463"),
            (32, 36, long, letters, "xs8a0azh2avyalyzuwd"),
        ] {
            let numerals = |text: &str| -> Vec<u16> {
                text.chars()
                    .map(|c| c.to_digit(36).unwrap() as u16)
                    .collect()
            };
            let key = Secret::new(hex::decode(&KEY[..2 * bytes]).unwrap());
            let ff1 = Ff1::new(&key, radix).unwrap();
            let tweak = hex::decode(tweak).unwrap();
            let mut value = numerals(plain);
            ff1.encrypt(&tweak, &mut value).unwrap();
            assert_eq!(value, numerals(cipher));
            ff1.decrypt(&tweak, &mut value).unwrap();
            assert_eq!(value, numerals(plain));
        }
    }

    fn theirs(key: &[u8], radix: u32, tweak: &[u8], numerals: &[u16]) -> Vec<u16> {
        let string = FlexibleNumeralString::from(numerals.to_vec());
        match key.len() {
            16 => FF1::<Aes128>::new(key, radix)
                .unwrap()
                .encrypt(tweak, &string),
            24 => FF1::<Aes192>::new(key, radix)
                .unwrap()
                .encrypt(tweak, &string),
            _ => FF1::<Aes256>::new(key, radix)
                .unwrap()
                .encrypt(tweak, &string),
        }
        .unwrap()
        .into()
    }

    /// The crate `fpe` is the other implementation: every radix, short and long halves, extreme
    /// and random numerals, tweaks of every length modulo a block, mixed in one batch.
    #[test]
    fn agrees_with_the_crate() {
        let mut random = Random::new(91);
        let radixes = [
            2, 3, 10, 16, 26, 36, 62, 95, 255, 256, 1000, 4095, 32_768, 65_535, 65_536,
        ];
        for radix in radixes {
            let key: Vec<u8> = (0..[16, 24, 32][random.below(3)])
                .map(|_| random.next() as u8)
                .collect();
            let ff1 = Ff1::new(&Secret::new(key.clone()), radix).unwrap();
            let least = (2..).find(|length| ff1.takes(*length)).unwrap();
            let mut values = Vec::new();
            for at in 0..150 {
                let length = least + if at < 80 { at } else { random.below(250) };
                let tweak: Vec<u8> = (0..at % 40).map(|_| random.next() as u8).collect();
                let plain: Vec<u16> = (0..length)
                    .map(|_| match at % 5 {
                        0 => 0,
                        1 => radix - 1,
                        _ => random.below(radix as usize) as u32,
                    } as u16)
                    .collect();
                values.push((Setting::new(&ff1, length, &tweak).unwrap(), tweak, plain));
            }
            let mut numerals: Vec<_> = values.iter().map(|value| value.2.clone()).collect();
            fn jobs<'a>(
                values: &'a [(Setting, Vec<u8>, Vec<u16>)],
                numerals: &'a mut [Vec<u16>],
            ) -> Vec<Job<'a>> {
                let each = values.iter().zip(numerals);
                each.map(|((setting, ..), numerals)| Job { setting, numerals })
                    .collect()
            }
            ff1.encrypt_each(&mut jobs(&values, &mut numerals)).unwrap();
            for ((_, tweak, plain), ours) in values.iter().zip(&numerals) {
                assert_eq!(
                    ours,
                    &theirs(&key, radix, tweak, plain),
                    "{radix} {}",
                    plain.len()
                );
            }
            ff1.decrypt_each(&mut jobs(&values, &mut numerals)).unwrap();
            for ((_, _, plain), ours) in values.iter().zip(&numerals) {
                assert_eq!(ours, plain, "{radix} {}", plain.len());
            }
        }
    }

    #[test]
    fn small_domains_and_odd_parameters_are_unsupported() {
        let key = || Secret::new(vec![7; 32]);
        for radix in [0, 1, 65_537] {
            assert!(Ff1::new(&key(), radix).unwrap_err().is_unsupported());
        }
        assert!(
            Ff1::new(&Secret::new(vec![7; 20]), 10)
                .unwrap_err()
                .is_unsupported()
        );
        for (radix, least) in [(2, 20), (10, 6), (999, 3), (1000, 2), (65_536, 2)] {
            let ff1 = Ff1::new(&key(), radix).unwrap();
            assert!(ff1.takes(least) && !ff1.takes(least - 1), "{radix}");
            for length in [0, 1, least - 1, 4097] {
                let error = ff1.encrypt(b"", &mut vec![0; length]).unwrap_err();
                assert!(error.is_unsupported(), "{radix} {length}");
            }
        }
        let ff1 = Ff1::new(&key(), 10).unwrap();
        assert!(Setting::new(&ff1, 10, &[0; 4096]).is_ok());
        assert!(
            Setting::new(&ff1, 10, &[0; 4097])
                .unwrap_err()
                .is_unsupported()
        );
        ff1.encrypt(b"", &mut [9; 4096]).unwrap();
    }

    #[test]
    fn a_wrong_numeral_changes_nothing() {
        let ff1 = Ff1::new(&Secret::new(vec![7; 32]), 10).unwrap();
        let setting = &Setting::new(&ff1, 6, b"").unwrap();
        let (mut good, mut bad) = ([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 10]);
        let mut jobs = [
            Job {
                setting,
                numerals: &mut good,
            },
            Job {
                setting,
                numerals: &mut bad,
            },
        ];
        assert_eq!(ff1.encrypt_each(&mut jobs).unwrap_err().code(), "SL8007");
        assert_eq!(good, [1, 2, 3, 4, 5, 6]);
        let mut jobs = [Job {
            setting,
            numerals: &mut [1; 7],
        }];
        assert_eq!(ff1.encrypt_each(&mut jobs).unwrap_err().code(), "SL8007");
    }
}
