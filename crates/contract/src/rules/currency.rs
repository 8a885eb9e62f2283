//! ISO 4217: the alphabetic codes of list one as published on 2026-01-01, capital letters. It has
//! the codes of funds, metals and tests too; withdrawn ones (`DEM`, `HRK`, `BGN`) are on list three.

const CODES: &str = "\
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD \
CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP \
GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR \
KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN \
MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD \
SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX \
USD USN UYI UYU UYW UZS VED VES VND VUV WST XAD XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD \
XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWG ";

/// One bit for each third letter, by the first two.
const ASSIGNED: [u32; 26 * 26] = {
    let mut bits = [0_u32; 26 * 26];
    let codes = CODES.as_bytes();
    let mut at = 0;
    // A constant function cannot iterate; the text is checked by the tests.
    #[allow(clippy::indexing_slicing)]
    while at + 3 < codes.len() {
        let row = (codes[at] - b'A') as usize * 26 + (codes[at + 1] - b'A') as usize;
        bits[row] |= 1 << (codes[at + 2] - b'A');
        at += 4;
    }
    bits
};

/// Whether `text` is a code of the list.
pub(super) fn is_currency(text: &str) -> bool {
    let [first, second, third] = text.as_bytes() else {
        return false;
    };
    let [first, second, third] = [first, second, third].map(|byte| byte.wrapping_sub(b'A'));
    let row = usize::from(first) * 26 + usize::from(second);
    second < 26 && third < 26 && ASSIGNED.get(row).is_some_and(|bits| bits >> third & 1 == 1)
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
        assert_eq!(listed.len(), 178);
        let letters = || (b'A'..=b'Z').map(char::from);
        let mut assigned = Vec::new();
        for a in letters() {
            for b in letters() {
                assigned.extend(
                    letters()
                        .map(|c| format!("{a}{b}{c}"))
                        .filter(|code| is_currency(code)),
                );
            }
        }
        assert_eq!(assigned, listed);
        for bad in [
            "", "EU", "EURO", "eur", "DEM", "HRK", "BGN", "ZWL", "A[A", "@AA", "EU\u{e9}",
        ] {
            assert!(!is_currency(bad), "{bad}");
        }
    }
}
