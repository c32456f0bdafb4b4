//! Python programs from PyPI, each in an environment of its own beside what cargo builds.

use std::{ffi::OsStr, path::PathBuf, process::Command};

use anyhow::Result;

use crate::{packages, process};

/// The directory `bin` of the environment `name`, in which is installed what these arguments of
/// `pip install` name.
pub(crate) fn environment(name: &str, wanted: &[&OsStr]) -> Result<PathBuf> {
    let directory = process::target_directory()?.join("python").join(name);
    let programs = directory.join("bin");
    if !programs.join("pip").exists() {
        packages::install_python_venv()?;
        process::run(Command::new("python3").args(["-m", "venv"]).arg(&directory))?;
    }
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    process::run(Command::new(programs.join("python")).args(pip).args(wanted))?;
    Ok(programs)
}
