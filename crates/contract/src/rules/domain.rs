//! Names of hosts as the DNS has them: labels of letters, digits and inner hyphens (RFC 1123).

/// How many labels `name` has; `None` where it is no name of a host, or could be read as an IPv4
/// address, since its last label is a number.
pub(super) fn labels(name: &[u8]) -> Option<usize> {
    let mut count = 0;
    let mut last: &[u8] = &[];
    for label in name.split(|byte| *byte == b'.') {
        let inner = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        let fits = (1..=63).contains(&label.len())
            && label.iter().all(inner)
            && label.first() != Some(&b'-')
            && label.last() != Some(&b'-');
        if !fits {
            return None;
        }
        count += 1;
        last = label;
    }
    (name.len() <= 253 && !last.iter().all(u8::is_ascii_digit)).then_some(count)
}
