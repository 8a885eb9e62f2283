//! What the protections are held to, and how far the machine itself would let them go.

/// A row of the table: a bench, its peers and what it must reach.
pub(super) struct Goal {
    pub(super) what: &'static str,
    /// The name that the bench prints.
    pub(super) bench: &'static str,
    /// The name of the same primitive at OpenSSL and in Python.
    pub(super) peer: &'static str,
    /// In the unit of the bench.
    pub(super) goal: f64,
}

const fn goal(what: &'static str, bench: &'static str, peer: &'static str, goal: f64) -> Goal {
    Goal {
        what,
        bench,
        peer,
        goal,
    }
}

/// In the order of the table.
pub(super) const GOALS: &[Goal] = &[
    goal(
        "HMAC-SHA-256 token, `tokenize`",
        "tokenize Utf8",
        "hmac",
        150.0,
    ),
    goal(
        "AES-256-GCM, `encrypt`",
        "encrypt Utf8",
        "aes-256-gcm",
        150.0,
    ),
    goal("AES-256-SIV, `siv`", "siv Utf8", "aes-256-siv", 250.0),
    goal("FF1, 16 digits, `fpe`", "fpe Utf8", "", 600.0),
    goal("`mask`", "mask Utf8", "", 15.0),
    goal("`mask_fixed`", "mask_fixed Utf8", "", 15.0),
    goal("`mask_email`", "mask_email Utf8", "", 15.0),
    goal("`mask_phone`", "mask_phone Utf8", "", 15.0),
    goal("`mask_card`", "mask_card Utf8", "", 15.0),
    goal("`mask_iban`", "mask_iban Utf8", "", 15.0),
    goal("`mask_ip`", "mask_ip Utf8", "", 15.0),
    goal("`mask_url`", "mask_url Utf8", "", 15.0),
    goal("`mask_id`", "mask_id Utf8", "", 15.0),
    goal("`bucket`", "bucket Int64", "", 15.0),
    goal("`bands`", "bands Int64", "", 15.0),
    goal("`round_to`", "round_to Int64", "", 15.0),
    goal("`coarse_date`", "coarse_date Date32", "", 15.0),
    goal("`zip_prefix`", "zip_prefix Utf8", "", 15.0),
    goal("`geo_cell`", "geo_cell Float64", "", 15.0),
    goal("`ip_prefix`", "ip_prefix Utf8", "", 15.0),
    goal("`lookup`", "lookup Utf8", "", 15.0),
    goal("free text, labelled", "labelled, joined", "", 200.0),
    goal("free text, short rows", "short rows, numbers", "", 200.0),
    goal("free text, digits only", "digits only", "", 200.0),
];

/// A figure with as many places as it deserves.
pub(super) fn shown(number: f64) -> String {
    match number {
        0.0..100.0 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

/// The arithmetic of the hardware's limit. It holds for cores with AES-NI, VAES and the SHA
/// extensions; cycles are those of AMD's Zen 4, where an AES round and two rounds of SHA-256 each
/// take four cycles until the next can use them.
pub(super) const LIMITS: &str = "
## How far the hardware would go

The arithmetic below is an estimate, not a measurement: instructions that depend on each other, times their latency on AMD's Zen 4, at 3.5 GHz. It leaves out loads, stores and calls.

| what | what cannot be avoided | limit |
|---|---|---:|
| HMAC-SHA-256 | two blocks, inner and outer, with the key's two states kept. A block is 64 rounds, two by each `sha256rnds2`, which waits 4 cycles for the one before: 128 cycles. The second block needs the first: 256 cycles. Two values side by side would hide half of it | 73 ns, or 37 in pairs |
| AES-256-GCM | three AES blocks side by side, of 14 rounds at 4 cycles: 56, and about 10 for the others; GHASH over three or four blocks, about 40: 106 cycles | 30 ns |
| AES-256-SIV | four AES blocks, two for the synthetic IV one after the other, two for the counter. 64 values side by side fill the pipeline, where VAES does four rounds a cycle: 4 × 14 / 4 = 14 cycles | 4 ns |
| FF1 | ten AES blocks one after the other, again 64 values side by side: 10 × 14 / 4 = 35 cycles; ten reductions modulo a power of ten, each of two multiplications and six additions: about 50 cycles; reading and writing 16 digits: about 60 | 41 ns |
| masks | 28 bytes in and as many out, four each for the place: a cache line and a half, within the second cache: 64 bytes a cycle in, 32 out | 1 ns |
| free text | one comparison of 32 bytes for four characters, about three cycles: 37 GB/s, where nothing is found | 37 GB/s |

Why we are above:

- **HMAC**: the rest is the message schedule, of which this arithmetic counts nothing, the token written as text, and the column read and written. Pairs are not done: a second implementation of the compression for at most half of the time.
- **AES-256-GCM**: every value is a call into AWS-LC, which hashes the same associated data each time, copies the key's tables into a context and takes one message at a time; about three quarters of the time are in there, the rest is the nonce, the head of the cell and the copy.
- **SIV**: the key's schedule and the doubling of the CMAC are shared, but copying values in and out of the 64 lanes is not free.
- **FF1**: the numerals are read and written one at a time, in constant time. `fpe_card` enciphers ten times on average, until the number passes the Luhn check: fewer than ten would need a domain below one million, which SP 800-38G forbids.
- **Masks that know a kind** read every byte to check it before anything shows, sixteen at a time, of a text where it lies, and write into room that is there: no branch on a length. A card, a phone number and an IBAN take about 200 instructions, near four in each cycle: three or four sets of bytes told apart, the check, the hidden places made into bytes again. Shuffles of bytes would save some of them, but SSSE3 is not on every machine.
- **Free text**: digits are what the detectors look at; a text of digits alone has no place that can be passed over. Groups are told apart thirty-two bytes at a time, each is read once, and one that begins nothing without a word is not tried where no word stands. Groups of four are slowest: they are how cards are written, so that every three and every four of them with the prefix of a card have their check digits computed.
";
