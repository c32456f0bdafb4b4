//! How much the server does at once.

use clap::Args;

use super::ServeConfig;

/// What a form may have beside its file, in bytes.
const BESIDE_A_FILE: usize = 2 << 20;

/// The least memory for answers, in bytes.
const LEAST_READ: usize = 16 << 20;

/// How much the server does at once: all of it together fits into 512 MiB of memory by default.
#[derive(Debug, Clone, Args)]
pub struct MemoryConfig {
    /// How much memory rendering templates and checking files may take together, in MiB, 160 or more
    #[arg(long, env = "JOBBERGATE_COMPUTE_MEMORY_MIB", default_value_t = 320, value_parser = clap::value_parser!(u32).range(160..=1_048_576), value_name = "MIB")]
    pub compute_memory_mib: u32,

    /// How much memory the bodies of requests may take together, in MiB, 32 or more
    #[arg(long, env = "JOBBERGATE_BODY_MEMORY_MIB", default_value_t = 32, value_parser = clap::value_parser!(u32).range(32..=1_048_576), value_name = "MIB")]
    pub body_memory_mib: u32,

    /// How many connections there are at most; others wait
    #[arg(long, env = "JOBBERGATE_MAX_CONNECTIONS", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=1_000_000), value_name = "N")]
    pub max_connections: u32,
}

impl MemoryConfig {
    /// For rendering and checking, in bytes.
    pub(crate) fn compute_memory(&self) -> usize {
        (self.compute_memory_mib as usize) << 20
    }
}

impl ServeConfig {
    /// For bodies, in bytes: the largest file fits in whatever is set.
    pub(crate) fn body_memory(&self) -> usize {
        let bytes = (self.memory.body_memory_mib as usize) << 20;
        bytes.max(self.max_upload_file_size.saturating_add(BESIDE_A_FILE))
    }

    /// For answers until they are sent, and as much again for files that are read, in bytes.
    pub(crate) fn read_memory(&self) -> usize {
        Ord::max(self.body_memory() / 4, LEAST_READ)
    }
}
