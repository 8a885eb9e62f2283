//! Reading Arrow IPC: the messages of one file as batches.
//!
//! INVARIANT: after an error or a panic of the decoder the reader is gone. A file without its
//! footer and a stream without its end marker are cut short, which is an error. A batch handed
//! on can be made plain in bounded memory: see [`IpcSource::step`].

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatchOptions};
use arrow::buffer::{Buffer, MutableBuffer};
use arrow::compute::kernels::length::length;
use arrow::compute::{cast, max};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use arrow_ipc::convert::fb_to_schema;
use arrow_ipc::reader::FileDecoder;
use arrow_ipc::{
    Block, Endianness, MessageHeader, MetadataVersion, root_as_footer, root_as_message,
};

use super::bounds::{self, BODY_MAX, COLUMNS_MAX, Content, EXPANDED_MAX, META_MAX, Unfit};
use crate::file;
use crate::quiet::quietly;
use crate::{ConnectError, RawBatch, Rows, Source};

/// How a file of the file format begins and ends.
const MAGIC: &[u8; 6] = b"ARROW1";
/// What comes before the length of a message since version 0.15 of the format.
const CONTINUATION: [u8; 4] = [0xff; 4];
/// What the texts of one batch handed on may take once each row has its own.
const BATCH_BYTES: usize = 64 << 20;

/// An Arrow IPC file being read.
pub(crate) struct IpcSource {
    path: PathBuf,
    file: File,
    bytes: u64,
    batch_rows: usize,
    row: u64,
    /// Where the next message of a stream begins.
    at: u64,
    /// The messages of a file that its footer lists; `None` for a stream.
    listed: Option<VecDeque<Place>>,
    /// Bytes that each dictionary takes.
    dictionaries: HashMap<i64, u64>,
    decoder: Option<FileDecoder>,
    schema: SchemaRef,
    /// What is left of the batch that was decoded last.
    rest: Option<RecordBatch>,
    step: usize,
}

/// Where a message lies.
#[derive(Clone, Copy)]
struct Place {
    at: u64,
    /// Its metadata, the length before it included, and its body.
    meta: u64,
    body: u64,
    dictionary: bool,
}

/// Opens an Arrow IPC file, of the file format or the stream format. `columns` are the columns
/// wanted, in the order wanted; the file must have each once, as a plain column.
pub(crate) fn open_ipc(
    path: &Path,
    columns: &[String],
    batch_rows: usize,
) -> Result<IpcSource, ConnectError> {
    let (file, bytes, opened) = look(path)?;
    let wanted = project(&opened.schema, columns, path)?;
    let fields: Vec<Field> = wanted
        .iter()
        .filter_map(|index| opened.schema.fields().get(*index))
        .map(|field| Field::new(field.name(), field.data_type().clone(), true))
        .collect();
    // It gives the projected columns in the order of the projection.
    let decoder = FileDecoder::new(Arc::new(opened.schema), opened.version).with_projection(wanted);
    Ok(IpcSource {
        path: path.to_owned(),
        file,
        bytes,
        batch_rows: batch_rows.max(1),
        row: 1,
        at: opened.next,
        listed: opened.listed,
        dictionaries: HashMap::new(),
        decoder: Some(decoder),
        schema: Arc::new(Schema::new(fields)),
        rest: None,
        step: 1,
    })
}

/// The columns of an Arrow IPC file, of any type.
pub(crate) fn ipc_columns(path: &Path) -> Result<Schema, ConnectError> {
    look(path).map(|(_, _, opened)| opened.schema)
}

fn look(path: &Path) -> Result<(File, u64, Opened), ConnectError> {
    let (file, identity) = file::open(path)?;
    let bytes = identity.bytes();
    let mut head = [0_u8; 6];
    let damaged = |part| Unfit::Damaged.of(path, part);
    if bytes < 8 {
        return Err(damaged("length"));
    }
    file.read_exact_at(&mut head, 0)
        .map_err(|e| ConnectError::io("read", path, e))?;
    if head.starts_with(b"FEA1") {
        return Err(Unfit::Unsupported("Feather version 1").of(path, "beginning"));
    }
    let opened = if &head == MAGIC {
        footer(&file, bytes, path)?
    } else {
        beginning(&file, bytes, path)?
    };
    Ok((file, bytes, opened))
}

/// What the beginning or the end of a file says.
struct Opened {
    schema: Schema,
    version: MetadataVersion,
    listed: Option<VecDeque<Place>>,
    next: u64,
}

fn footer(file: &File, bytes: u64, path: &Path) -> Result<Opened, ConnectError> {
    const PART: &str = "footer";
    let damaged = || Unfit::Damaged.of(path, PART);
    if bytes < 18 {
        return Err(damaged());
    }
    let mut tail = [0_u8; 10];
    read_at(file, &mut tail, bytes - 10, path)?;
    let (length, magic) = tail.split_first_chunk().ok_or_else(damaged)?;
    let length = u64::try_from(i32::from_le_bytes(*length)).map_err(|_| damaged())?;
    if magic != MAGIC || length > bytes - 18 {
        return Err(damaged());
    }
    let footer = take(file, bytes - 10 - length, length, META_MAX, path)?;
    let parsed = quietly(|| {
        let footer = root_as_footer(&footer).map_err(|_| Unfit::Damaged)?;
        let schema = schema(footer.schema().ok_or(Unfit::Damaged)?)?;
        let mut listed = VecDeque::new();
        let mut total = 0_u64;
        let blocks = |dictionary, blocks: Option<_>| {
            blocks
                .into_iter()
                .flatten()
                .map(move |block| (dictionary, block))
        };
        for (dictionary, block) in
            blocks(true, footer.dictionaries()).chain(blocks(false, footer.recordBatches()))
        {
            let block: &Block = block;
            let place = Place {
                at: u64::try_from(block.offset()).map_err(|_| Unfit::Damaged)?,
                meta: u64::try_from(block.metaDataLength()).map_err(|_| Unfit::Damaged)?,
                body: u64::try_from(block.bodyLength()).map_err(|_| Unfit::Damaged)?,
                dictionary,
            };
            // Together no larger than the file: one message listed a million times is no dataset.
            total = [place.meta, place.body]
                .into_iter()
                .try_fold(total, u64::checked_add)
                .filter(|total| *total <= bytes && place.meta >= 8)
                .ok_or(Unfit::Damaged)?;
            listed.push_back(place);
        }
        Ok(Opened {
            schema,
            version: footer.version(),
            listed: Some(listed),
            next: 0,
        })
    });
    parsed
        .unwrap_or(Err(Unfit::Damaged))
        .map_err(|unfit| unfit.of(path, PART))
}

fn beginning(file: &File, bytes: u64, path: &Path) -> Result<Opened, ConnectError> {
    const PART: &str = "beginning";
    let damaged = || Unfit::Damaged.of(path, PART);
    let (prefix, length) = announced(file, 0, bytes, path)?.ok_or_else(damaged)?;
    let meta = take(file, prefix, length, META_MAX, path)?;
    let parsed = quietly(|| {
        let message = root_as_message(&meta).map_err(|_| Unfit::Damaged)?;
        if message.header_type() != MessageHeader::Schema || message.bodyLength() != 0 {
            return Err(Unfit::Damaged);
        }
        Ok(Opened {
            schema: schema(message.header_as_schema().ok_or(Unfit::Damaged)?)?,
            version: message.version(),
            listed: None,
            next: prefix + length,
        })
    });
    parsed
        .unwrap_or(Err(Unfit::Damaged))
        .map_err(|unfit| unfit.of(path, PART))
}

fn schema(schema: arrow_ipc::Schema<'_>) -> Result<Schema, Unfit> {
    if schema.endianness() != Endianness::Little {
        return Err(Unfit::Unsupported("big-endian values"));
    }
    if schema
        .fields()
        .is_some_and(|fields| fields.len() > COLUMNS_MAX)
    {
        return Err(Unfit::Beyond("columns", COLUMNS_MAX as u64));
    }
    Ok(fb_to_schema(schema))
}

/// The positions of the named columns.
fn project(schema: &Schema, names: &[String], path: &Path) -> Result<Vec<usize>, ConnectError> {
    let shown = || path.display().to_string();
    let (mut wanted, mut missing) = (Vec::with_capacity(names.len()), Vec::new());
    for name in names {
        let mut found = schema
            .fields()
            .iter()
            .enumerate()
            .filter(|(_, field)| field.name() == name);
        let Some((index, field)) = found.next() else {
            missing.push(name.clone());
            continue;
        };
        let column = name.clone();
        if found.next().is_some() {
            return Err(ConnectError::DuplicateColumn {
                path: shown(),
                column,
            });
        }
        if field.data_type().is_nested() {
            return Err(ConnectError::Nested {
                path: shown(),
                column,
            });
        }
        wanted.push(index);
    }
    if missing.is_empty() {
        Ok(wanted)
    } else {
        Err(ConnectError::MissingColumns {
            path: shown(),
            columns: missing,
        })
    }
}

/// The length of the metadata of the message at `at` and where it begins; `None` at the end marker.
fn announced(
    file: &File,
    at: u64,
    bytes: u64,
    path: &Path,
) -> Result<Option<(u64, u64)>, ConnectError> {
    let damaged = || Unfit::Damaged.of(path, "message");
    let mut word = [0_u8; 4];
    if bytes.saturating_sub(at) < 4 {
        return Err(damaged());
    }
    read_at(file, &mut word, at, path)?;
    let mut begins = at + 4;
    if word == CONTINUATION {
        if bytes - begins < 4 {
            return Err(damaged());
        }
        read_at(file, &mut word, begins, path)?;
        begins += 4;
    }
    match u64::try_from(i32::from_le_bytes(word)).map_err(|_| damaged())? {
        0 if begins == bytes => Ok(None),
        0 => Err(damaged()),
        length if length > bytes - begins => Err(damaged()),
        length => Ok(Some((begins, length))),
    }
}

fn read_at(file: &File, buffer: &mut [u8], at: u64, path: &Path) -> Result<(), ConnectError> {
    file.read_exact_at(buffer, at)
        .map_err(|source| ConnectError::io("read", path, source))
}

/// Some bytes of the file, at most `most`; the caller knows that they lie in it.
fn take(file: &File, at: u64, count: u64, most: u64, path: &Path) -> Result<Buffer, ConnectError> {
    if count > most {
        return Err(Unfit::Beyond("a message, in bytes", most).of(path, "message"));
    }
    let mut buffer = MutableBuffer::from_len_zeroed(usize::try_from(count).unwrap_or_default());
    read_at(file, buffer.as_slice_mut(), at, path)?;
    Ok(buffer.into())
}

impl IpcSource {
    fn pull(&mut self) -> Result<Option<RawBatch>, ConnectError> {
        loop {
            if let Some(rest) = self.rest.take() {
                let count = rest.num_rows().min(self.step);
                if count < rest.num_rows() {
                    self.rest = Some(rest.slice(count, rest.num_rows() - count));
                }
                let rows = Rows::contiguous(self.row, count);
                self.row = self.row.saturating_add(count as u64);
                return Ok(Some(RawBatch {
                    batch: rest.slice(0, count),
                    rows,
                    malformed: Vec::new(),
                }));
            }
            let Some(place) = self.place()? else {
                return Ok(None);
            };
            self.message(place)?;
        }
    }

    /// Where the next message lies.
    fn place(&mut self) -> Result<Option<Place>, ConnectError> {
        if let Some(listed) = &mut self.listed {
            return Ok(listed.pop_front());
        }
        let Some((begins, length)) = announced(&self.file, self.at, self.bytes, &self.path)? else {
            return Ok(None);
        };
        let meta = take(&self.file, begins, length, META_MAX, &self.path)?;
        let body = quietly(|| {
            let message = root_as_message(&meta).ok()?;
            let dictionary = message.header_type() == MessageHeader::DictionaryBatch;
            Some((u64::try_from(message.bodyLength()).ok()?, dictionary))
        });
        let (body, dictionary) = body.ok().flatten().ok_or_else(|| self.damaged())?;
        let place = Place {
            at: self.at,
            meta: begins + length - self.at,
            body,
            dictionary,
        };
        self.at = begins
            .checked_add(length)
            .and_then(|end| end.checked_add(body))
            .filter(|end| *end <= self.bytes)
            .ok_or_else(|| self.damaged())?;
        Ok(Some(place))
    }

    /// Checks and decodes one message.
    fn message(&mut self, place: Place) -> Result<(), ConnectError> {
        let length = place.meta + place.body;
        if place
            .at
            .checked_add(length)
            .is_none_or(|end| end > self.bytes)
        {
            return Err(self.damaged());
        }
        let whole = take(
            &self.file,
            place.at,
            length,
            META_MAX + BODY_MAX,
            &self.path,
        )?;
        // Taken out of `self`: where this fails, the decoder is dropped.
        let mut decoder = self.decoder.take().ok_or_else(|| self.damaged())?;
        let dictionaries = &mut self.dictionaries;
        let outcome = quietly(|| {
            let meta = usize::try_from(place.meta).map_err(|_| Unfit::Damaged)?;
            let (head, body) = whole
                .as_slice()
                .split_at_checked(meta)
                .ok_or(Unfit::Damaged)?;
            let prefix = if head.starts_with(&CONTINUATION) {
                8
            } else {
                4
            };
            let message = root_as_message(head.get(prefix..).unwrap_or_default())
                .map_err(|_| Unfit::Damaged)?;
            if u64::try_from(message.bodyLength()) != Ok(place.body) {
                return Err(Unfit::Damaged);
            }
            let block = Block::new(
                0,
                i32::try_from(meta).map_err(|_| Unfit::Damaged)?,
                message.bodyLength(),
            );
            match bounds::check(&message, body)? {
                Content::Dictionary(id, bytes) if place.dictionary => {
                    dictionaries.insert(id, bytes);
                    if dictionaries.values().sum::<u64>() > EXPANDED_MAX {
                        return Err(Unfit::Beyond("bytes of dictionaries", EXPANDED_MAX));
                    }
                    decoder
                        .read_dictionary(&block, &whole)
                        .map_err(|_| Unfit::Damaged)?;
                    Ok((decoder, None))
                }
                Content::Rows if !place.dictionary => {
                    let batch = decoder
                        .read_record_batch(&block, &whole)
                        .map_err(|_| Unfit::Damaged)?;
                    Ok((decoder, batch))
                }
                _ => Err(Unfit::Damaged),
            }
        });
        let (decoder, batch) = outcome
            .unwrap_or(Err(Unfit::Damaged))
            .map_err(|unfit| unfit.of(&self.path, "message"))?;
        self.decoder = Some(decoder);
        if let Some(batch) = batch.filter(|batch| batch.num_rows() > 0) {
            let batch = self.arranged(&batch)?;
            self.step = self.step(&batch)?;
            self.rest = Some(batch);
        }
        Ok(())
    }

    /// The batch under our own schema: names and types, and nothing else of the file's.
    fn arranged(&self, batch: &RecordBatch) -> Result<RecordBatch, ConnectError> {
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let columns = batch.columns().to_vec();
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(|_| self.damaged())
    }

    /// How many rows are handed on at once. In a dictionary or a view a million rows can share one
    /// long text: the next to touch them gives each row its own.
    fn step(&self, batch: &RecordBatch) -> Result<usize, ConnectError> {
        let mut step = self.batch_rows;
        for column in batch.columns() {
            let longest = quietly(|| longest(column)).map_err(|_| self.damaged())?;
            step = step.min((BATCH_BYTES / longest.max(1)).max(1));
        }
        Ok(step)
    }

    fn damaged(&self) -> ConnectError {
        Unfit::Damaged.of(&self.path, "message")
    }
}

/// The longest value, in bytes, of a column whose rows can share values; otherwise 0.
fn longest(column: &ArrayRef) -> usize {
    let values = match column.data_type() {
        DataType::Utf8View | DataType::BinaryView => column,
        DataType::Dictionary(_, _) => match column.as_any_dictionary_opt() {
            Some(dictionary) => dictionary.values(),
            None => return 0,
        },
        _ => return 0,
    };
    let Ok(lengths) = length(values).and_then(|lengths| cast(&lengths, &DataType::Int64)) else {
        return 0;
    };
    let most = lengths
        .as_primitive_opt::<Int64Type>()
        .and_then(max)
        .unwrap_or(0);
    usize::try_from(most).unwrap_or(0)
}

impl Source for IpcSource {
    fn next(&mut self) -> Result<Option<RawBatch>, ConnectError> {
        if self.decoder.is_none() {
            return Ok(None);
        }
        let result = self.pull();
        if !matches!(result, Ok(Some(_))) {
            self.decoder = None;
        }
        result
    }

    fn bytes_read(&self) -> u64 {
        match &self.listed {
            None => self.at,
            Some(listed) => {
                let waiting: u64 = listed.iter().map(|place| place.meta + place.body).sum();
                self.bytes.saturating_sub(waiting)
            }
        }
    }

    fn bytes_total(&self) -> Option<u64> {
        Some(self.bytes)
    }
}
