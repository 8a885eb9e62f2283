//! What is looked at before the decoder gets a message: it reserves what the message announces.
//!
//! INVARIANT: what passes here makes the decoder hold at most [`BODY_MAX`] of stored and
//! [`EXPANDED_MAX`] of decompressed bytes, and every buffer lies inside the body.

use std::io::Read;
use std::path::Path;

use arrow_ipc::{BodyCompression, CompressionType, Message, MessageHeader, RecordBatch};

use crate::ConnectError;

/// The largest metadata of a message, and the largest footer.
pub(super) const META_MAX: u64 = 64 << 20;
/// The largest body of a message.
pub(super) const BODY_MAX: u64 = 256 << 20;
/// The most that a body expands to, and all dictionaries of a file together.
pub(super) const EXPANDED_MAX: u64 = 512 << 20;
/// How much a compressed buffer may expand by, beyond the first MiB.
const RATIO_MAX: u64 = 1_000;
const RATIO_FREE: u64 = 1 << 20;
/// The most rows of one record batch.
const ROWS_MAX: i64 = 1 << 30;
/// The most columns.
pub(super) const COLUMNS_MAX: usize = 20_000;

/// What a message is, as far as this reader tells messages apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Rows,
    /// The values of the dictionary with this id, and the bytes they take.
    Dictionary(i64, u64),
}

/// Why a message does not pass.
pub(super) enum Unfit {
    Damaged,
    Beyond(&'static str, u64),
    Unsupported(&'static str),
}

impl Unfit {
    pub(super) fn of(self, path: &Path, part: &'static str) -> ConnectError {
        let path = path.display().to_string();
        match self {
            Unfit::Damaged => ConnectError::Decode { path, part },
            Unfit::Beyond(what, limit) => ConnectError::Bound { path, what, limit },
            Unfit::Unsupported(what) => ConnectError::Unsupported { path, what },
        }
    }
}

/// Checks a message with its `body`.
pub(super) fn check(message: &Message<'_>, body: &[u8]) -> Result<Content, Unfit> {
    match message.header_type() {
        MessageHeader::RecordBatch => {
            let batch = message.header_as_record_batch().ok_or(Unfit::Damaged)?;
            buffers(&batch, body).map(|_| Content::Rows)
        }
        MessageHeader::DictionaryBatch => {
            let dictionary = message.header_as_dictionary_batch().ok_or(Unfit::Damaged)?;
            if dictionary.isDelta() {
                return Err(Unfit::Unsupported(
                    "dictionaries that grow (delta dictionaries)",
                ));
            }
            let batch = dictionary.data().ok_or(Unfit::Damaged)?;
            let bytes = buffers(&batch, body)?;
            Ok(Content::Dictionary(dictionary.id(), bytes))
        }
        MessageHeader::Tensor | MessageHeader::SparseTensor => Err(Unfit::Unsupported("tensors")),
        _ => Err(Unfit::Damaged),
    }
}

/// Checks the buffers of a batch and gives the bytes that they take once decompressed.
fn buffers(batch: &RecordBatch<'_>, body: &[u8]) -> Result<u64, Unfit> {
    if !(0..=ROWS_MAX).contains(&batch.length()) {
        return Err(Unfit::Beyond(
            "rows of a record batch",
            ROWS_MAX.unsigned_abs(),
        ));
    }
    let mut total = 0_u64;
    for buffer in batch.buffers().into_iter().flatten() {
        let from = usize::try_from(buffer.offset()).map_err(|_| Unfit::Damaged)?;
        let length = usize::try_from(buffer.length()).map_err(|_| Unfit::Damaged)?;
        let end = from.checked_add(length).ok_or(Unfit::Damaged)?;
        let bytes = body.get(from..end).ok_or(Unfit::Damaged)?;
        let taken = match batch.compression() {
            Some(compression) if !bytes.is_empty() => expanded(&compression, bytes)?,
            _ => bytes.len() as u64,
        };
        total = total.saturating_add(taken);
        if total > EXPANDED_MAX {
            return Err(Unfit::Beyond("bytes of a record batch", EXPANDED_MAX));
        }
    }
    Ok(total)
}

/// The bytes that a compressed buffer expands to: it announces them in its first eight.
fn expanded(compression: &BodyCompression<'_>, bytes: &[u8]) -> Result<u64, Unfit> {
    let (announced, packed) = bytes.split_first_chunk().ok_or(Unfit::Damaged)?;
    let announced = i64::from_le_bytes(*announced);
    if announced == -1 {
        return Ok(packed.len() as u64);
    }
    let announced = u64::try_from(announced).map_err(|_| Unfit::Damaged)?;
    let most = (packed.len() as u64)
        .saturating_mul(RATIO_MAX)
        .saturating_add(RATIO_FREE);
    if announced > most {
        return Err(Unfit::Beyond("bytes for each compressed byte", RATIO_MAX));
    }
    if announced > EXPANDED_MAX {
        return Err(Unfit::Beyond("bytes of a record batch", EXPANDED_MAX));
    }
    // The decoder gives zstd exactly the room announced, but reads lz4 to its end whatever it
    // announced: so it is counted first.
    if compression.codec() == CompressionType::LZ4_FRAME && announced > 0 {
        let mut decoder = lz4_flex::frame::FrameDecoder::new(packed).take(announced + 1);
        let count =
            std::io::copy(&mut decoder, &mut std::io::sink()).map_err(|_| Unfit::Damaged)?;
        if count != announced {
            return Err(Unfit::Damaged);
        }
    }
    Ok(announced)
}
