//! "Did you mean": the known name that is nearest to an unknown one.

/// Longest name that is compared, in characters; the cost grows with its square.
const MOST: usize = 48;

/// The candidate nearest to `name`, if one is near enough to be meant.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let name: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
    if name.is_empty() || name.len() > MOST {
        return None;
    }
    let allowed = (name.len() + 1) / 3;
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other: Vec<char> = candidate
                .chars()
                .flat_map(char::to_lowercase)
                .take(MOST + 1)
                .collect();
            if other.len().abs_diff(name.len()) > allowed {
                return None;
            }
            Some((distance(&name, &other), candidate))
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edits between two names: insert, remove, replace, or swap two neighbours (optimal string
/// alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX - 1);
            let mut best = (at(&last, j + 1) + 1)
                .min(at(&row, j) + 1)
                .min(at(&last, j) + usize::from(x != y));
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
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
    fn slips_of_the_pen_are_found() {
        let keys = ["clearance", "columns", "encrypt", "at", "view"];
        for (typed, meant) in [
            ("clearence", "clearance"),
            ("colums", "columns"),
            ("Columns", "columns"),
            ("veiw", "view"),
        ] {
            assert_eq!(nearest(typed, keys), Some(meant));
        }
        for typed in ["", "x", "owner", "clear", &"c".repeat(500)] {
            assert_eq!(nearest(typed, keys), None, "{typed}");
        }
    }

    #[test]
    fn distance_counts_edits() {
        let count = |a: &str, b: &str| {
            distance(
                &a.chars().collect::<Vec<_>>(),
                &b.chars().collect::<Vec<_>>(),
            )
        };
        assert_eq!(count("", "abc"), 3);
        assert_eq!(count("abc", ""), 3);
        assert_eq!(count("ab", "ba"), 1);
        assert_eq!(count("kitten", "sitting"), 3);
        assert_eq!(count("same", "same"), 0);
    }
}
