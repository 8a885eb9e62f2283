//! ISO 3166-1 alpha-2: the 249 officially assigned codes, capital letters.

const CODES: &str = "\
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS \
BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE \
EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM \
HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC \
LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA \
NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW \
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO \
TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW ";

/// One bit for each second letter, by first letter.
const ASSIGNED: [u32; 26] = {
    let mut bits = [0_u32; 26];
    let codes = CODES.as_bytes();
    let mut at = 0;
    // A constant function cannot iterate; the text is checked by the tests.
    #[allow(clippy::indexing_slicing)]
    while at + 2 < codes.len() {
        bits[(codes[at] - b'A') as usize] |= 1 << (codes[at + 1] - b'A');
        at += 3;
    }
    bits
};

/// Whether `text` is an assigned code.
pub(super) fn is_country(text: &str) -> bool {
    let [first, second] = text.as_bytes() else {
        return false;
    };
    let row = usize::from(first.wrapping_sub(b'A'));
    let column = second.wrapping_sub(b'A');
    column < 26
        && ASSIGNED
            .get(row)
            .is_some_and(|bits| bits >> column & 1 == 1)
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
    fn all_of_them_and_no_others() {
        let listed: Vec<&str> = CODES.split_whitespace().collect();
        assert_eq!(listed.len(), 249);
        let assigned = (b'A'..=b'Z')
            .flat_map(|a| (b'A'..=b'Z').map(move |b| String::from_utf8(vec![a, b]).unwrap()))
            .filter(|code| is_country(code))
            .collect::<Vec<_>>();
        assert_eq!(assigned, listed);
        for bad in [
            "", "D", "DEU", "de", "UK", "EU", "XX", "D\u{c9}", "ZZ", "A[", "@A",
        ] {
            assert!(!is_country(bad), "{bad}");
        }
    }
}
