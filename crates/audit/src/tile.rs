//! Where the parts of the tree lie: paths and widths of C2SP `tlog-tiles`.
//!
//! INVARIANT: a tree of one size has exactly one set of tiles and bundles, and
//! this module alone says which. Must never touch a file.

use crate::merkle::{self, Hash};

/// Hashes in a full tile and entries in a full bundle.
pub(crate) const WIDTH: u64 = 256;
/// Levels that a tree of 2⁶⁴ entries can have.
pub(crate) const LEVELS: u32 = 8;

/// A tile, full or partial, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tile {
    /// `None` for an entry bundle, else the level of the hashes.
    pub(crate) level: Option<u32>,
    /// Index within the level.
    pub(crate) index: u64,
    /// 1 to 256; 256 is a full one.
    pub(crate) width: u64,
}

impl Tile {
    /// The path below the log's folder, for instance `tile/0/x001/234.p/7`.
    pub(crate) fn path(&self) -> String {
        let stem = self.stem();
        if self.width == WIDTH {
            stem
        } else {
            format!("{stem}.p/{}", self.width)
        }
    }

    /// The folder that holds the partial forms of this tile.
    pub(crate) fn partials(&self) -> String {
        format!("{}.p", self.stem())
    }

    fn stem(&self) -> String {
        let kind = self
            .level
            .map_or_else(|| "entries".to_owned(), |level| level.to_string());
        let mut path = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            path = format!("x{:03}/{path}", rest % 1000);
            rest /= 1000;
        }
        format!("tile/{kind}/{path}")
    }
}

/// How many hashes stand at `level` in a tree of `size`.
pub(crate) fn hashes_at(level: u32, size: u64) -> u64 {
    size.checked_shr(8 * level).unwrap_or(0)
}

/// The rightmost tile of a level where it holds anything; a full one where the
/// level just became full.
pub(crate) fn edge(level: Option<u32>, size: u64) -> Option<Tile> {
    let count = hashes_at(level.unwrap_or(0), size);
    let last = count.checked_sub(1)?;
    Some(Tile {
        level,
        index: last / WIDTH,
        width: last % WIDTH + 1,
    })
}

/// Every tile of one level (or every bundle) of a tree of `size`.
pub(crate) fn tiles(level: Option<u32>, size: u64) -> impl Iterator<Item = Tile> {
    let count = hashes_at(level.unwrap_or(0), size);
    (0..count.div_ceil(WIDTH)).map(move |index| Tile {
        level,
        index,
        width: (count - index * WIDTH).min(WIDTH),
    })
}

/// Hash of a full tile: the root of the subtree that it spans.
pub(crate) fn tile_root(hashes: &[Hash]) -> Hash {
    merkle::root(hashes)
}

/// Root of a tree from the partial tile of each level, level 0 first; what lies
/// left of them is in the hashes of the levels above.
pub(crate) fn root_from_edges(edges: &[Vec<Hash>]) -> Hash {
    let mut right: Option<Hash> = None;
    for level in edges {
        // Complete subtrees of this level, smallest (rightmost) first.
        let mut rest = level.as_slice();
        while !rest.is_empty() {
            let subtree = 1_usize << rest.len().trailing_zeros();
            let Some((before, last)) = rest.split_at_checked(rest.len() - subtree) else {
                break;
            };
            let left = merkle::root(last);
            right = Some(right.map_or(left, |right| merkle::node_hash(&left, &right)));
            rest = before;
        }
    }
    right.unwrap_or_else(merkle::empty_root)
}

/// Splits a bundle into its entries, as far as its length prefixes make sense,
/// and says whether they did to the end.
pub(crate) fn split_bundle(bytes: &[u8]) -> (Vec<&[u8]>, bool) {
    let mut entries = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() && entries.len() as u64 <= WIDTH {
        let Some((length, tail)) = rest.split_first_chunk::<2>() else {
            return (entries, false);
        };
        let length = usize::from(u16::from_be_bytes(*length));
        let Some((entry, tail)) = tail.split_at_checked(length) else {
            return (entries, false);
        };
        entries.push(entry);
        rest = tail;
    }
    let whole = rest.is_empty() && entries.len() as u64 <= WIDTH;
    (entries, whole)
}

/// Appends an entry to a bundle; `None` where it is longer than 65,535 bytes.
pub(crate) fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Option<()> {
    let length = u16::try_from(entry.len()).ok()?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Some(())
}

/// Splits a tile into hashes; `None` where it is not a whole number of them.
pub(crate) fn split_tile(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    rest.is_empty().then(|| hashes.to_vec())
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
    fn paths_are_those_of_the_specification() {
        let tile = |level, index, width| {
            Tile {
                level,
                index,
                width,
            }
            .path()
        };
        assert_eq!(tile(Some(0), 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(tile(None, 0, 17), "tile/entries/000.p/17");
        assert_eq!(tile(Some(2), 999, 1), "tile/2/999.p/1");
        assert_eq!(tile(Some(1), 1000, 255), "tile/1/x001/000.p/255");
        assert_eq!(tile(None, 1_000_000, 256), "tile/entries/x001/x000/000");
    }

    #[test]
    fn the_example_of_the_specification_70_000() {
        let at = |level| tiles(Some(level), 70_000).collect::<Vec<_>>();
        assert_eq!(at(0).len(), 274);
        assert_eq!(at(0).last().unwrap().width, 112);
        assert_eq!(at(1).len(), 2);
        assert_eq!(at(1).last().unwrap().width, 17);
        assert_eq!(
            at(2),
            [Tile {
                level: Some(2),
                index: 0,
                width: 1
            }]
        );
        assert!(at(3).is_empty());
        assert_eq!(tiles(None, 70_000).count(), 274);
        assert_eq!(
            edge(Some(0), 256),
            Some(Tile {
                level: Some(0),
                index: 0,
                width: 256
            })
        );
        assert_eq!(
            edge(Some(1), 256),
            Some(Tile {
                level: Some(1),
                index: 0,
                width: 1
            })
        );
        assert_eq!(edge(Some(1), 255), None);
        assert_eq!(hashes_at(8, u64::MAX), 0);
    }

    #[test]
    fn the_root_from_the_edges_is_the_root() {
        let leaves: Vec<Hash> = (0..66_000_u32)
            .map(|i| merkle::leaf_hash(&i.to_be_bytes()))
            .collect();
        for size in [
            0, 1, 2, 3, 5, 7, 255, 256, 257, 511, 512, 600, 65_535, 65_536, 65_999,
        ] {
            let mut edges = Vec::new();
            let mut level: Vec<Hash> = leaves[..size].to_vec();
            while !level.is_empty() {
                let full = level.len() / 256 * 256;
                edges.push(level[full..].to_vec());
                level = level[..full].chunks(256).map(tile_root).collect();
            }
            assert_eq!(
                root_from_edges(&edges),
                merkle::root(&leaves[..size]),
                "{size}"
            );
        }
    }

    #[test]
    fn bundles_split_only_where_they_fit() {
        let mut bundle = Vec::new();
        push_entry(&mut bundle, b"one").unwrap();
        push_entry(&mut bundle, b"").unwrap();
        push_entry(&mut bundle, &vec![9; 65_535]).unwrap();
        let (entries, whole) = split_bundle(&bundle);
        assert_eq!((entries.len(), whole), (3, true));
        assert_eq!(push_entry(&mut bundle.clone(), &vec![9; 65_536]), None);
        for cut in [1, 2, 3, 4, 6, 8, bundle.len() - 1] {
            assert!(!split_bundle(&bundle[..cut]).1, "{cut}");
        }
        assert!(split_bundle(&[0; 512]).1);
        assert!(!split_bundle(&[0; 514]).1);
        assert_eq!(split_tile(&[0; 33]), None);
        assert_eq!(split_tile(&[0; 64]).unwrap().len(), 2);
    }
}
