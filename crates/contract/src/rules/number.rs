//! Numbers and codes of one written form: UUIDs, phone numbers, IBANs.
//!
//! Where a rule is not strict, the separators that people write are taken too; never anything that
//! would make two readings possible.

/// Whether `text` is a UUID as RFC 9562 writes it: 32 hexadecimal digits in groups of 8, 4, 4, 4
/// and 12. Every version and variant is taken. Strict: small letters only.
pub(super) fn is_uuid(text: &str, strict: bool) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f') || !strict && byte.is_ascii_hexdigit(),
        })
}

/// Country codes of ITU-T E.164 that are in use, ascending: of one, two and three digits. No code
/// begins another. As libphonenumber 9.0.43 has them.
const CALLING: &[u16] = &[
    1, 7, 20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54,
    55, 56, 57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98, 211,
    212, 213, 216, 218, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234,
    235, 236, 237, 238, 239, 240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253,
    254, 255, 256, 257, 258, 260, 261, 262, 263, 264, 265, 266, 267, 268, 269, 290, 291, 297, 298,
    299, 350, 351, 352, 353, 354, 355, 356, 357, 358, 359, 370, 371, 372, 373, 374, 375, 376, 377,
    378, 380, 381, 382, 383, 385, 386, 387, 389, 420, 421, 423, 500, 501, 502, 503, 504, 505, 506,
    507, 508, 509, 590, 591, 592, 593, 594, 595, 596, 597, 598, 599, 670, 672, 673, 674, 675, 676,
    677, 678, 679, 680, 681, 682, 683, 685, 686, 687, 688, 689, 690, 691, 692, 800, 808, 850, 852,
    853, 855, 856, 870, 878, 880, 881, 882, 883, 886, 888, 960, 961, 962, 963, 964, 965, 966, 967,
    968, 970, 971, 972, 973, 974, 975, 976, 977, 979, 992, 993, 994, 995, 996, 998,
];

/// Whether `text` is an international phone number of ITU-T E.164: `+`, a country code in use, 7
/// to 15 digits in all. When not strict, single spaces, hyphens and dots may stand between digits.
/// Not looked at: whether the country has given the number out.
pub(super) fn is_phone(text: &str, strict: bool) -> bool {
    let Some(rest) = text.strip_prefix('+') else {
        return false;
    };
    // `gap` holds at the start of the text and behind another separator.
    let (mut digits, mut code, mut known, mut gap) = (0_usize, 0_u16, false, true);
    let mut least = 1;
    for byte in rest.bytes() {
        match byte {
            b'0'..=b'9' => {
                digits += 1;
                gap = false;
                if digits <= 3 {
                    code = code * 10 + u16::from(byte - b'0');
                    // A leading zero begins no code, although `+01` counts to one.
                    known |= code >= least && CALLING.binary_search(&code).is_ok();
                    least *= 10;
                }
            }
            b' ' | b'-' | b'.' if !strict && !gap => gap = true,
            _ => return false,
        }
    }
    known && !gap && (7..=15).contains(&digits)
}

/// Whether `text` is an IBAN (ISO 13616): a country of the registry, its length, the check digits.
/// Strict: capital letters and digits only. When not strict, in either case, and single spaces may
/// stand between characters.
pub(super) fn is_iban(text: &str, strict: bool) -> bool {
    if strict {
        return sealine_connect::is_iban(text.as_bytes())
            && !text.bytes().any(|byte| byte.is_ascii_lowercase());
    }
    // The longest has 34 characters, and at most a space between each two of them.
    let mut compact = [0_u8; 34];
    let mut slots = compact.iter_mut();
    let (mut length, mut gap) = (0, true);
    for byte in text.bytes() {
        if byte == b' ' {
            if gap {
                return false;
            }
            gap = true;
            continue;
        }
        let Some(slot) = slots.next() else {
            return false;
        };
        *slot = byte;
        length += 1;
        gap = false;
    }
    !gap && compact.get(..length).is_some_and(sealine_connect::is_iban)
}
