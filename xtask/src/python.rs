//! Python programs from PyPI, each in an environment of its own beside what cargo builds.

use std::{path::PathBuf, process::Command};

use anyhow::Result;

use crate::{packages, process};

/// The directory `bin` of the environment `name`, in which `requirement` is installed.
pub(crate) fn environment(name: &str, requirement: &str) -> Result<PathBuf> {
    let directory = process::target_directory()?.join("python").join(name);
    let programs = directory.join("bin");
    if !programs.join("pip").exists() {
        packages::install_python_venv()?;
        process::run(Command::new("python3").args(["-m", "venv"]).arg(&directory))?;
    }
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement];
    process::run(Command::new(programs.join("python")).args(pip))?;
    Ok(programs)
}
