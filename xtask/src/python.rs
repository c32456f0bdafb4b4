//! Python programs from PyPI, each in an environment of its own beside what cargo builds.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{packages, process};

/// The directory `bin` of the environment `name`, in which `requirement` is installed.
pub(crate) fn environment(name: &str, requirement: &str) -> Result<PathBuf> {
    let directory = target_directory()?.join("python").join(name);
    let programs = directory.join("bin");
    if !programs.join("pip").exists() {
        packages::install_python_venv()?;
        process::run(Command::new("python3").args(["-m", "venv"]).arg(&directory))?;
    }
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement];
    process::run(Command::new(programs.join("python")).args(pip))?;
    Ok(programs)
}

/// Where cargo puts what it builds.
pub(crate) fn target_directory() -> Result<PathBuf> {
    let metadata = ["metadata", "--format-version", "1", "--no-deps"];
    let metadata = process::cargo(&metadata)?.output()?;
    let metadata: Value = serde_json::from_slice(&metadata.stdout)?;
    let directory = metadata["target_directory"].as_str().context("cargo metadata said nothing")?;
    Ok(Path::new(directory).to_path_buf())
}
