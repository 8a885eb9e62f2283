//! The bounds of an execution: memory, temporary files, partitions, batch size.
//!
//! INVARIANT: what does not fit into memory reaches a disk sealed, or not at all.

use std::sync::Arc;

use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};

use super::pool::Pool;
use super::spill::Spills;

/// Bounds of an execution.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes that sorts, joins and aggregates may hold together.
    pub memory: usize,
    /// Bytes that sealed temporary files may take.
    pub spill: u64,
    /// Bytes that an input may take for the values of its `unique` columns, before they are spilled.
    pub unique: usize,
    /// Partitions of parallel steps.
    pub partitions: usize,
    /// Rows of a batch.
    pub batch_rows: usize,
    /// Rows of a part file.
    pub part_rows: u64,
    /// Partitions that a run may write of one output, each a folder.
    pub folders: usize,
    /// Bytes that the tables of an output's anonymity may hold.
    pub anonymity: usize,
}

/// What one input may take for `unique`, of the memory that operators may take.
const UNIQUE_SHARE: usize = 16;
/// Beyond this a filter before the spilled values gains nothing.
const UNIQUE_MAX: usize = 512 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 1 << 30,
            spill: 20 << 30,
            unique: (1 << 30) / UNIQUE_SHARE,
            partitions: 2,
            batch_rows: 8192,
            part_rows: 4_000_000,
            folders: 10_000,
            anonymity: sealine_protect::anonymity::MEMORY,
        }
    }
}

impl Limits {
    /// The defaults, with what a project says.
    pub fn of(declared: &sealine_spec::Limits) -> Self {
        let mut limits = Self::default();
        if let Some(memory) = declared.memory {
            limits.memory = usize::try_from(memory).unwrap_or(usize::MAX);
            limits.unique = (limits.memory / UNIQUE_SHARE).min(UNIQUE_MAX);
        }
        if let Some(spill) = declared.spill {
            limits.spill = spill;
        }
        if let Some(partitions) = declared.partitions {
            limits.partitions = usize::try_from(partitions).unwrap_or(limits.partitions);
        }
        if let Some(folders) = declared.folders {
            limits.folders = usize::try_from(folders).unwrap_or(limits.folders);
        }
        limits
    }

    /// A runtime with a bounded pool and sealed temporary files.
    pub(super) fn runtime(&self, spills: &Arc<Spills>) -> Option<Arc<RuntimeEnv>> {
        let spills = Arc::clone(spills);
        RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(Pool::new(self.memory)))
            .with_disk_manager_builder(DiskManagerBuilder::default().with_temp_file_factory(spills))
            .build_arc()
            .ok()
    }
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
    fn a_project_says_what_a_run_may_take() {
        let limits = Limits::of(&sealine_spec::Limits {
            memory: Some(64 << 20),
            spill: Some(7),
            partitions: Some(3),
            folders: Some(9),
        });
        assert_eq!((limits.memory, limits.unique), (64 << 20, 4 << 20));
        assert_eq!(limits.folders, 9);
        assert_eq!((limits.spill, limits.partitions), (7, 3));
        let (default, absent) = (
            Limits::default(),
            Limits::of(&sealine_spec::Limits::default()),
        );
        assert_eq!(absent.memory, default.memory);
        assert_eq!(
            (absent.spill, absent.unique),
            (default.spill, default.unique)
        );
        let huge = sealine_spec::Limits {
            memory: Some(u64::MAX),
            ..Default::default()
        };
        assert_eq!(Limits::of(&huge).unique, UNIQUE_MAX);
    }
}
