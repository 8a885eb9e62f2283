//! Key bytes are gone from the process's memory once their keys are dropped.
//!
//! The whole writable memory of this process is read through `/proc/self/mem` and searched for the
//! key. The test itself keeps only a masked copy, so that it does not find its own.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::{
    fs::File,
    hint::black_box,
    io::{Read, Seek, SeekFrom},
};

use sealine_protect::crypto::{
    Secret, TokenKey, ValueKey, aead, ecdsa, ed25519, fernet, ff1, hkdf, hmac, kwp, siv, tink,
};

const MASK: u8 = 0xA5;

/// How often the key stands in memory, in either direction: big numbers are kept with the last byte
/// first. Half of it counts too: some ciphers take halves.
fn found(masked: &[u8], buffer: &mut [u8]) -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut memory = File::open("/proc/self/mem").unwrap();
    let mut count = 0;
    let half = masked.len() / 2;
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, mode) = (words.next().unwrap(), words.next().unwrap());
        if !mode.starts_with("rw") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let [start, end] = [start, end].map(|address| u64::from_str_radix(address, 16).unwrap());
        let mut at = start;
        while at < end {
            let length = buffer.len().min((end - at) as usize);
            memory.seek(SeekFrom::Start(at)).unwrap();
            if memory.read_exact(&mut buffer[..length]).is_err() {
                break;
            }
            for piece in masked.chunks(half) {
                let places = buffer[..length].windows(half);
                let is = |byte: &u8, key: &u8| byte ^ MASK == *key;
                count += places
                    .filter(|place| {
                        let mut forwards = place.iter().zip(piece);
                        let mut backwards = place.iter().rev().zip(piece);
                        forwards.all(|(byte, key)| is(byte, key))
                            || backwards.all(|(byte, key)| is(byte, key))
                    })
                    .count();
            }
            // Pieces overlap, or a key on their edge would be missed.
            at += (length.saturating_sub(half - 1)).max(1) as u64;
            if length < half {
                break;
            }
        }
    }
    // What was copied here to be searched must not be found by the next search.
    buffer.fill(0);
    black_box(buffer);
    count
}

/// The key, put together byte by byte in its own place on the heap.
fn unmasked(masked: &[u8]) -> Secret {
    let mut bytes = Vec::with_capacity(masked.len());
    for byte in masked {
        bytes.push(byte ^ black_box(MASK));
    }
    Secret::new(bytes)
}

#[test]
fn no_key_is_left_after_use() {
    type Use = fn(Secret);
    let uses: [(&str, usize, Use); 13] = [
        ("Secret", 32, |key| {
            assert!(black_box(key.duplicate()).equals(&key));
        }),
        ("TokenKey", 32, |key| {
            black_box(TokenKey::new(&key).unwrap());
        }),
        ("ValueKey", 32, |key| {
            let key = ValueKey::new(1, key).unwrap();
            let keyset = tink::Keyset::derive_aead(&[key]).unwrap();
            black_box(keyset.seal(b"", b"message").unwrap());
        }),
        ("aead::Key", 32, |key| {
            for algorithm in [aead::Algorithm::Aes256Gcm, aead::Algorithm::Aes256GcmSiv] {
                let key = aead::Key::new(algorithm, &key).unwrap();
                let sealed = key.seal(b"", b"message").unwrap();
                black_box(key.open(b"", &sealed).unwrap());
            }
        }),
        ("hmac::Key", 32, |key| {
            let key = hmac::Key::new(hmac::Algorithm::Sha256, key.expose());
            black_box(key.sign(&[b"message"]));
        }),
        ("hmac::Prefixed", 32, |key| {
            let key = hmac::Prefixed::new(key.expose(), b"domain");
            black_box(key.sign(b"message"));
        }),
        ("hkdf", 32, |key| {
            black_box(hkdf::subkey(&key, b"salt", "info").unwrap());
        }),
        ("kwp", 32, |key| {
            let wrapped = kwp::wrap(key.expose(), b"a key of another").unwrap();
            black_box(kwp::unwrap(key.expose(), &wrapped).unwrap());
        }),
        ("ed25519", 32, |key| {
            let key = ed25519::SigningKey::from_seed(&key).unwrap();
            black_box(key.sign(b"message").unwrap());
        }),
        ("ecdsa", 32, |key| {
            // RFC 5915, with the curve's name behind the number.
            let mut der = Vec::with_capacity(51);
            der.extend_from_slice(b"\x30\x31\x02\x01\x01\x04\x20");
            der.extend_from_slice(key.expose());
            der.extend_from_slice(b"\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07");
            let key = ecdsa::SigningKey::from_pkcs8(&Secret::new(der)).unwrap();
            for encoding in [ecdsa::Encoding::Der, ecdsa::Encoding::Fixed] {
                black_box(key.sign(b"message", encoding).unwrap());
            }
        }),
        ("siv::Key", 64, |key| {
            let key = siv::Key::new(&key, &[b"here"]).unwrap();
            let sealed = key.seal(b"message").unwrap();
            black_box(key.open(&sealed).unwrap());
        }),
        ("ff1::Ff1", 32, |key| {
            let key = ff1::Ff1::new(&key, 10).unwrap();
            let mut numerals = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0];
            key.encrypt(b"tweak", &mut numerals).unwrap();
            key.decrypt(b"tweak", &mut numerals).unwrap();
            black_box(numerals);
        }),
        ("fernet::Key", 32, |key| {
            let key = fernet::Key::new(&key).unwrap();
            let token = key.seal(1, b"message").unwrap();
            black_box(key.open(&token, None).unwrap());
        }),
    ];
    let mut buffer = vec![0; 1 << 20];
    let mut left = Vec::new();
    for (name, length, use_it) in uses {
        let random = Secret::random(length).unwrap();
        let masked: Vec<u8> = random.expose().iter().map(|byte| byte ^ MASK).collect();
        drop(random);
        assert_eq!(found(&masked, &mut buffer), 0, "{name}: before");
        let key = unmasked(&masked);
        // The search has to be able to find: else the test could not fail.
        assert!(found(&masked, &mut buffer) >= 2, "{name}: while it is held");
        use_it(key);
        let after = found(&masked, &mut buffer);
        if after > 0 {
            left.push((name, after));
        }
    }
    assert!(left.is_empty(), "key bytes are left: {left:?}");
}
