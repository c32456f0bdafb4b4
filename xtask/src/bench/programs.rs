//! The programs that are measured, and what measures beside them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::{
    interrupt::Interrupt,
    process::{Running, cargo, target_directory},
};

/// The programs that are measured, or measure.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(crate) jobbergate: PathBuf,
    pub(crate) bench: PathBuf,
}

impl Programs {
    /// Builds what was not named.
    pub(crate) fn named_or_built(
        program: Option<&Path>,
        bench: Option<&Path>,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let jobbergate = program.map(named).transpose()?;
        let bench = bench.map(named).transpose()?;
        if let (Some(jobbergate), Some(bench)) = (&jobbergate, &bench) {
            return Ok(Self { jobbergate: jobbergate.clone(), bench: bench.clone() });
        }
        let built = build(interrupt)?;
        Ok(Self {
            jobbergate: jobbergate.unwrap_or_else(|| built.join("jobbergate")),
            bench: bench.unwrap_or_else(|| built.join("jobbergate-bench")),
        })
    }
}

/// A program that is there already.
pub(crate) fn named(file: &Path) -> Result<PathBuf> {
    file.canonicalize().with_context(|| format!("there is no program {}", file.display()))
}

/// Builds `jobbergate` and `jobbergate-bench` as packages contain them, at once, so that what they have in
/// common is built once; gives their directory.
pub(crate) fn build(interrupt: &Interrupt) -> Result<PathBuf> {
    let packages = ["--package", "jobbergate", "--package", "jobbergate-bench"];
    let mut build = cargo(&["build", "--profile", "dist", "--locked"])?;
    Running::start(build.args(packages))?.finish(interrupt)?;
    Ok(target_directory()?.join("dist"))
}
