//! The programs that are measured, and what measures beside them.

use std::path::PathBuf;

use anyhow::Result;

use crate::{
    interrupt::Interrupt,
    process::{Running, cargo, target_directory},
};

/// Builds `jobbergate` and `jobbergate-bench` at once, optimized, so that what they have in common is
/// built once; gives their directory.
pub(crate) fn build(interrupt: &Interrupt) -> Result<PathBuf> {
    let packages = ["--package", "jobbergate", "--package", "jobbergate-bench"];
    let mut build = cargo(&["build", "--release", "--locked"])?;
    Running::start(build.args(packages))?.finish(interrupt)?;
    Ok(target_directory()?.join("release"))
}
