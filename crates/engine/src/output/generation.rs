//! One generation of a written dataset: part files in a staging place beside the destination.
//!
//! INVARIANT: nothing is visible at the destination until the commit; every sealed file has its own data key
//! and is bound to its dataset and name, the folders of its partitions included. A dataset of no rows still has one
//! file, which holds its columns; what is appended to others adds none without rows.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use sealine_audit::Published;
use sealine_connect::{
    ConnectError, EncryptedWriter, FileAad, FileKeys, PlainAllowed, PlainFormat, PlainWriter,
    Written,
};
use sealine_keys::OpenKeys;

use super::partitions::Partitions;
use crate::commit::FileRecord;
use crate::durable;
use crate::error::EngineError;
use crate::project::Shape;

/// In which form rows are written.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// Parquet, encrypted.
    Sealed {
        /// Name of the file key of the footer and of the columns without their own.
        key: String,
        /// Columns with a file key of their own, and its name.
        columns: BTreeMap<String, String>,
    },
    /// In clear, where that is allowed.
    Plain {
        format: PlainFormat,
        allowed: PlainAllowed,
    },
}

impl Form {
    /// The name of a part file. Names that nobody else gives tell, before the next run, what is Sealine's.
    pub(crate) fn part(&self, number: usize) -> String {
        match self {
            Self::Sealed { .. } => format!("part-{number:05}.parquet"),
            Self::Plain { format, .. } => format!("part-{number:05}.sealine{}", format.suffix()),
        }
    }
}

/// A file being written.
pub(crate) enum Part {
    Sealed(Box<EncryptedWriter>),
    Plain(Box<PlainWriter>),
}

impl Part {
    /// Begins a new file at `path`; where it is sealed, bound to what `aad` names.
    pub(crate) fn open(
        path: &Path,
        form: &Form,
        schema: &SchemaRef,
        keys: &OpenKeys,
        aad: &FileAad,
    ) -> Result<Self, ConnectError> {
        Ok(match form {
            Form::Sealed { key, columns } => {
                let keys = FileKeys::new(Arc::clone(schema), keys, key, columns)?;
                Self::Sealed(Box::new(EncryptedWriter::create(path, keys, aad)?))
            }
            Form::Plain { format, allowed } => {
                let allowed = allowed.clone();
                let writer = PlainWriter::create(path, schema, *format, allowed)?;
                Self::Plain(Box::new(writer))
            }
        })
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), ConnectError> {
        match self {
            Self::Sealed(writer) => writer.write(batch),
            Self::Plain(writer) => writer.write(batch),
        }
    }

    fn rows(&self) -> u64 {
        match self {
            Self::Sealed(writer) => writer.rows(),
            Self::Plain(writer) => writer.rows(),
        }
    }

    pub(crate) fn finish(self) -> Result<Written, ConnectError> {
        match self {
            Self::Sealed(writer) => writer.finish(),
            Self::Plain(writer) => writer.finish(),
        }
    }
}

/// Where and how a generation is staged.
#[derive(Clone, Debug)]
pub(crate) struct Staging {
    pub(crate) dataset: String,
    pub(crate) mode: Published,
    /// The place of the dataset.
    pub(crate) place: PathBuf,
    /// Of what is appended to, the newest file that is there.
    pub(crate) newest: Option<PathBuf>,
    /// What is published: the place, or what is added to it.
    pub(crate) destination: PathBuf,
    pub(crate) stage: PathBuf,
    pub(crate) shape: Shape,
    pub(crate) form: Form,
    /// Rows of a part file.
    pub(crate) part_rows: u64,
    /// Columns that name folders and are not in the files, outermost first.
    pub(crate) partition_by: Vec<String>,
    /// As many partitions may be written.
    pub(crate) most_partitions: usize,
}

impl Staging {
    /// The path of a staged file.
    pub(crate) fn staged(&self, file: &FileRecord) -> PathBuf {
        match file.name.as_str() {
            "" => self.stage.clone(),
            name => self.stage.join(name),
        }
    }
}

/// A generation being written.
pub(crate) struct Generation {
    staging: Staging,
    /// Of the files.
    schema: SchemaRef,
    keys: Arc<OpenKeys>,
    partitions: Option<Partitions>,
    /// The partition being written, with a `/` behind it, how many came before it, and the parts that it has.
    folder: String,
    folders: usize,
    parts: usize,
    part: Option<Part>,
    part_name: String,
    files: Vec<FileRecord>,
}

impl Generation {
    /// Makes the staging place. The journal already names it.
    pub(crate) fn create(
        staging: Staging,
        schema: SchemaRef,
        keys: Arc<OpenKeys>,
    ) -> Result<Self, EngineError> {
        let fault = |path: &Path| {
            let path = path.to_path_buf();
            move |source| EngineError::Stage { path, source }
        };
        if let Some(parent) = staging.destination.parent() {
            durable::create_dirs(parent).map_err(fault(parent))?;
        }
        if staging.shape == Shape::Folder {
            let made =
                durable::create_private_dir(&staging.stage).map_err(fault(&staging.stage))?;
            if !made {
                let source = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
                return Err(fault(&staging.stage)(source));
            }
        }
        let partitions = Partitions::new(&staging.dataset, &staging.partition_by, &schema)?;
        let mut generation = Self {
            schema: partitions
                .as_ref()
                .map_or_else(|| Arc::clone(&schema), |parting| parting.schema(&schema)),
            staging,
            keys,
            partitions,
            folder: String::new(),
            folders: 0,
            parts: 0,
            part: None,
            part_name: String::new(),
            files: Vec::new(),
        };
        if generation.partitions.is_none() {
            generation.open_part()?;
        }
        Ok(generation)
    }

    /// Appends rows; their columns are those of the schema, by position. Where the output is partitioned, rows of
    /// one partition come together.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        let Some(partitions) = &self.partitions else {
            return self.append(batch);
        };
        for (folder, rows) in partitions.split(batch)? {
            if self.part.is_none() || folder != self.folder {
                self.begin(folder)?;
            }
            self.append(&rows)?;
        }
        Ok(())
    }

    fn append(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        let batch = sealine_connect::compact(batch)?;
        let mut from = 0;
        while from < batch.num_rows() {
            let room = self.room();
            if room == 0 {
                self.close_part()?;
                self.open_part()?;
                continue;
            }
            let count = room.min(batch.num_rows() - from);
            let Some(part) = self.part.as_mut() else {
                break;
            };
            if from == 0 && count == batch.num_rows() {
                part.write(&batch)?;
            } else {
                part.write(&batch.slice(from, count))?;
            }
            from += count;
        }
        Ok(())
    }

    /// The dataset's id.
    pub(crate) fn dataset(&self) -> &str {
        &self.staging.dataset
    }

    /// Ends the generation: its files and its folders are durable.
    pub(crate) fn finish(mut self) -> Result<(Staging, Vec<FileRecord>), EngineError> {
        if let (None, Some(partitions)) = (&self.part, &self.partitions) {
            let folder = partitions.of_no_rows()?;
            self.begin(folder)?;
        }
        self.close_part()?;
        let fault = |source| EngineError::Stage {
            path: self.staging.stage.clone(),
            source,
        };
        if self.staging.newest.is_some() && self.files.iter().all(|file| file.rows == 0) {
            // The columns are there already, in the files of earlier runs.
            durable::remove_all(&self.staging.stage).map_err(fault)?;
            return Ok((self.staging, Vec::new()));
        }
        if self.staging.shape == Shape::Folder {
            self.sync_folders().map_err(fault)?;
        }
        // A crash right here leaves a complete generation in a place that the journal names: it is removed.
        durable::sync_parent(&self.staging.stage).map_err(fault)?;
        Ok((self.staging, self.files))
    }

    fn room(&self) -> usize {
        let rows = self.part.as_ref().map_or(0, Part::rows);
        match self.staging.shape {
            Shape::File => usize::MAX,
            Shape::Folder => {
                usize::try_from(self.staging.part_rows.saturating_sub(rows)).unwrap_or(usize::MAX)
            }
        }
    }

    /// Ends the partition being written and begins one, which was not begun before.
    fn begin(&mut self, folder: String) -> Result<(), EngineError> {
        self.close_part()?;
        self.folders += 1;
        if self.folders > self.staging.most_partitions {
            return Err(EngineError::TooManyPartitions {
                dataset: self.staging.dataset.clone(),
                limit: self.staging.most_partitions,
            });
        }
        let path = self.staging.stage.join(&folder);
        let made = std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path.parent().unwrap_or(&path))
            .and_then(|()| std::fs::DirBuilder::new().mode(0o700).create(&path));
        // A folder that is there already was begun before: the rows do not come sorted, or two values have one name.
        made.map_err(|source| EngineError::Stage { path, source })?;
        (self.folder, self.parts) = (folder, 0);
        self.open_part()
    }

    /// Makes the entries of all folders durable.
    fn sync_folders(&self) -> std::io::Result<()> {
        let stage = &self.staging.stage;
        let mut all = BTreeSet::from([stage.clone()]);
        for file in &self.files {
            let path = stage.join(&file.name);
            let above = path.ancestors().skip(1);
            all.extend(above.take_while(|path| *path != stage).map(Path::to_owned));
        }
        all.iter().try_for_each(|path| durable::sync_dir(path))
    }

    fn open_part(&mut self) -> Result<(), EngineError> {
        let (path, published_name) = match self.staging.shape {
            Shape::Folder => {
                let name = format!("{}{}", self.folder, self.staging.form.part(self.parts));
                self.part_name.clone_from(&name);
                let path = self.staging.stage.join(&name);
                // What is added is a folder in the place, and a part of the name.
                let run = self.staging.destination.file_name();
                let run = run.filter(|_| self.staging.mode == Published::Append);
                match run.and_then(|run| run.to_str()) {
                    Some(run) => (path, format!("{run}/{name}")),
                    None => (path, name),
                }
            }
            Shape::File => {
                self.part_name.clear();
                let name = self
                    .staging
                    .destination
                    .file_name()
                    .and_then(|name| name.to_str());
                (
                    self.staging.stage.clone(),
                    name.unwrap_or_default().to_owned(),
                )
            }
        };
        let aad = FileAad::new(&self.staging.dataset, &published_name)?;
        let (form, keys) = (&self.staging.form, &self.keys);
        self.part = Some(Part::open(&path, form, &self.schema, keys, &aad)?);
        self.parts += 1;
        Ok(())
    }

    fn close_part(&mut self) -> Result<(), EngineError> {
        if let Some(part) = self.part.take() {
            let written = part.finish()?;
            self.files.push(FileRecord {
                name: self.part_name.clone(),
                bytes: written.bytes,
                rows: written.rows,
                sha256: hex::encode(written.sha256),
            });
        }
        Ok(())
    }
}
