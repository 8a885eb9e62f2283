//! The bounds of an execution: memory, partitions, batch size. Nothing spills: nothing plain reaches a disk.

use std::sync::Arc;

use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};

/// Bounds of an execution.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes that sorts, joins and aggregates may hold together.
    pub memory: usize,
    /// Partitions of parallel steps.
    pub partitions: usize,
    /// Rows of a batch.
    pub batch_rows: usize,
    /// Rows of a part file.
    pub part_rows: u64,
    /// Bytes that the tables of an output's anonymity may hold.
    pub anonymity: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 1 << 30,
            partitions: 2,
            batch_rows: 8192,
            part_rows: 4_000_000,
            anonymity: sealine_protect::anonymity::MEMORY,
        }
    }
}

impl Limits {
    /// A runtime with a bounded pool and no temporary files.
    pub(crate) fn runtime(&self) -> Option<Arc<RuntimeEnv>> {
        RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(GreedyMemoryPool::new(self.memory)))
            .with_disk_manager_builder(
                DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled),
            )
            .build_arc()
            .ok()
    }
}
