//! Just enough of Thrift's compact protocol to look at sizes before the decoder acts on them.
//!
//! INVARIANT: total on every input, bounded in depth, and never allocates. It decides nothing
//! but whether something is too large; what it cannot follow is left to the decoder to refuse.

/// How deep structures may nest.
const DEPTH_MAX: u32 = 64;

/// A reader over bytes. Every method gives `None` where the bytes end or make no sense.
pub(super) struct Compact<'a> {
    rest: &'a [u8],
    length: usize,
}

/// A field's number and type.
pub(super) struct Header {
    pub(super) id: i16,
    pub(super) kind: u8,
}

pub(super) const I32: u8 = 5;
pub(super) const LIST: u8 = 9;
pub(super) const STRUCT: u8 = 12;

impl<'a> Compact<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Compact<'a> {
        Compact {
            rest: bytes,
            length: bytes.len(),
        }
    }

    /// How many bytes have been read.
    pub(super) fn position(&self) -> usize {
        self.length - self.rest.len()
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn pass(&mut self, count: usize) -> Option<()> {
        self.rest = self.rest.get(count..)?;
        Some(())
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    pub(super) fn integer(&mut self) -> Option<i64> {
        let raw = self.varint()?;
        Some((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
    }

    /// The next field of a structure whose last field was `last`; `None` also at its end.
    pub(super) fn field(&mut self, last: i16) -> Option<Header> {
        let byte = self.byte()?;
        let kind = byte & 0x0f;
        if kind == 0 {
            return None;
        }
        let id = match byte >> 4 {
            0 => i16::try_from(self.integer()?).ok()?,
            delta => last.checked_add(i16::from(delta))?,
        };
        Some(Header { id, kind })
    }

    /// The length and the type of a list's elements.
    pub(super) fn list(&mut self) -> Option<(u64, u8)> {
        let byte = self.byte()?;
        let length = match byte >> 4 {
            15 => self.varint()?,
            short => u64::from(short),
        };
        Some((length, byte & 0x0f))
    }

    /// Passes over a value; `within` says how deep it lies.
    pub(super) fn skip(&mut self, kind: u8, within: u32) -> Option<()> {
        if within >= DEPTH_MAX {
            return None;
        }
        match kind {
            1 | 2 => Some(()),
            3 => self.pass(1),
            4..=6 => self.varint().map(|_| ()),
            7 => self.pass(8),
            8 => {
                let length = self.varint()?;
                self.pass(usize::try_from(length).ok()?)
            }
            LIST | 10 => {
                let (length, element) = self.list()?;
                for _ in 0..length {
                    self.skip_element(element, within + 1)?;
                }
                Some(())
            }
            11 => {
                let length = self.varint()?;
                if length == 0 {
                    return Some(());
                }
                let kinds = self.byte()?;
                for _ in 0..length {
                    self.skip_element(kinds >> 4, within + 1)?;
                    self.skip_element(kinds & 0x0f, within + 1)?;
                }
                Some(())
            }
            STRUCT => {
                let mut last = 0;
                // The end of a structure is a byte of zero, which `field` gives as `None`.
                while let Some(header) = self.field(last) {
                    self.skip(header.kind, within + 1)?;
                    last = header.id;
                }
                Some(())
            }
            _ => None,
        }
    }

    /// As `skip`, for an element of a list or map: there a boolean takes a byte, so that every
    /// element takes one and a length that lies cannot keep the loop busy.
    fn skip_element(&mut self, kind: u8, within: u32) -> Option<()> {
        match kind {
            1 | 2 => self.pass(1),
            other => self.skip(other, within),
        }
    }
}

/// Sizes from a page header: bytes of the header, of the page uncompressed and compressed.
pub(super) struct Page {
    pub(super) header: usize,
    pub(super) uncompressed: i64,
    pub(super) compressed: i64,
}

/// Reads the page header at the start of `bytes`.
pub(super) fn page(bytes: &[u8]) -> Option<Page> {
    let mut compact = Compact::new(bytes);
    let (mut last, mut uncompressed, mut compressed) = (0, None, None);
    while let Some(header) = compact.field(last) {
        match (header.id, header.kind) {
            (2, I32) => uncompressed = compact.integer(),
            (3, I32) => compressed = compact.integer(),
            (_, kind) => compact.skip(kind, 0)?,
        }
        last = header.id;
    }
    Some(Page {
        header: compact.position(),
        uncompressed: uncompressed?,
        compressed: compressed?,
    })
}

/// How deep the schema in a plain footer nests, as far as it can be followed, and how many
/// elements it has.
pub(super) fn schema_depth(footer: &[u8]) -> (usize, usize) {
    let mut compact = Compact::new(footer);
    let mut last = 0;
    while let Some(header) = compact.field(last) {
        if header.id == 2 && header.kind == LIST {
            return follow(&mut compact).unwrap_or((0, 0));
        }
        if compact.skip(header.kind, 0).is_none() {
            break;
        }
        last = header.id;
    }
    (0, 0)
}

fn follow(compact: &mut Compact<'_>) -> Option<(usize, usize)> {
    let (length, kind) = compact.list()?;
    if kind != STRUCT {
        return None;
    }
    // How many children each open group still expects.
    let mut open: Vec<i64> = Vec::new();
    let (mut deepest, mut elements) = (0, 0);
    for _ in 0..length {
        let Some(children) = element(compact) else {
            break;
        };
        elements += 1;
        while open.last().is_some_and(|left| *left <= 0) {
            open.pop();
        }
        if let Some(left) = open.last_mut() {
            *left -= 1;
        }
        if children > 0 {
            open.push(children);
            deepest = deepest.max(open.len());
        }
        if deepest > 10_000 {
            break;
        }
    }
    Some((deepest, elements))
}

/// The number of children of the schema element that comes next.
fn element(compact: &mut Compact<'_>) -> Option<i64> {
    let (mut last, mut children) = (0, 0);
    while let Some(header) = compact.field(last) {
        if header.id == 5 && header.kind == I32 {
            children = compact.integer()?;
        } else {
            compact.skip(header.kind, 0)?;
        }
        last = header.id;
    }
    Some(children)
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
    fn a_page_header_gives_its_sizes() {
        // type = 0, uncompressed = 300, compressed = 20, then a struct of one integer, then stop.
        let bytes = [
            0x15, 0x00, 0x15, 0xd8, 0x04, 0x15, 0x28, 0x2c, 0x15, 0x02, 0x00, 0x00,
        ];
        let found = page(&bytes).unwrap();
        assert_eq!(
            (found.header, found.uncompressed, found.compressed),
            (12, 300, 20)
        );
    }

    #[test]
    fn nothing_makes_it_panic_or_hang() {
        let mut state = 7_u64;
        for _ in 0..20_000 {
            let bytes: Vec<u8> = (0..40)
                .map(|_| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    (state >> 33) as u8
                })
                .collect();
            let _ = page(&bytes);
            let _ = schema_depth(&bytes);
        }
        // A map of 2^56 pairs of booleans, which take no room in a field.
        let map = [
            0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x11, 0x00, 0x00,
        ];
        assert!(page(&map).is_none());
        // A list of lists of lists: depth is bounded.
        assert!(page(&[0x19_u8; 4096]).is_none());
        // A list that says it has 2^63 elements of no size.
        assert!(
            page(&[
                0x19, 0xf0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f
            ])
            .is_none()
        );
    }

    #[test]
    fn a_deep_schema_is_seen() {
        // Field 2, a list of 200 structures with one child each.
        let mut footer = vec![0x29, 0xfc, 0xc8, 0x01];
        for _ in 0..200 {
            footer.extend([0x55, 0x02, 0x00]);
        }
        assert_eq!(schema_depth(&footer), (200, 200));
    }
}
