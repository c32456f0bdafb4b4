//! The `sbatch` that the agent calls: the real one, unless a fault lies ready for it.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::plan;
use crate::lab::{USER, make_for};

const SCRIPT: &str = include_str!("sbatch.sh");
/// The agent looks for them beside `sbatch`.
const OTHERS: [&str; 4] = ["sacct", "scancel", "scontrol", "squeue"];

/// Its directory. It belongs to the user, who runs it.
#[derive(Debug)]
pub(super) struct FaultySbatch {
    directory: PathBuf,
    laid: u32,
}

impl FaultySbatch {
    pub(super) fn new(work: &Path) -> Result<Self> {
        let directory = work.join("sbatch");
        for path in ["", "bin", "ready", "taken"] {
            make_for(&directory.join(path), USER)?;
        }
        let sbatch = Self { directory, laid: 0 };
        fs::write(sbatch.path(), SCRIPT)?;
        fs::set_permissions(sbatch.path(), Permissions::from_mode(0o755))?;
        for name in OTHERS {
            symlink(Path::new("/usr/bin").join(name), sbatch.path().with_file_name(name))?;
        }
        Ok(sbatch)
    }

    pub(super) fn path(&self) -> PathBuf {
        self.directory.join("bin/sbatch")
    }

    /// A line for each call.
    pub(super) fn calls(&self) -> PathBuf {
        self.directory.join("calls")
    }

    /// Lays a fault ready for the next call that has none.
    pub(super) fn lay(&mut self, fault: plan::Sbatch) -> Result<()> {
        self.laid += 1;
        let name = format!("{:06}.{fault:?}", self.laid);
        fs::write(self.directory.join("ready").join(name), "").context("can't lay a fault ready")
    }

    /// Takes back the faults that nobody called for.
    pub(super) fn clear(&self) -> Result<()> {
        for entry in fs::read_dir(self.directory.join("ready"))? {
            // A late caller may take it.
            let _ = fs::remove_file(entry?.path());
        }
        Ok(())
    }
}
