//! The list of all that the program is made of (CycloneDX).

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result};

use super::run_quietly;
use crate::packages::install_program;

const CARGO_CYCLONEDX: &str = "0.5.9";
/// What it writes beside the manifest of each crate of the workspace.
const WRITTEN: &str = "parts.cdx";

/// Writes it, as of a moment.
pub(super) fn list(version: &str, directory: &Path, moment: &str) -> Result<()> {
    let workspace = crate::workspace()?;
    have_all_written(&workspace, moment)?;
    let written = format!("{WRITTEN}.json");
    let text = fs::read_to_string(workspace.join("crates/jobbergate").join(&written));
    let text = text.context("cargo cyclonedx wrote nothing")?;
    let mut crates = vec![workspace.join("xtask")];
    for entry in fs::read_dir(workspace.join("crates"))? {
        crates.push(entry?.path());
    }
    for list in crates.iter().map(|directory| directory.join(&written)).filter(|list| list.exists())
    {
        fs::remove_file(list)?;
    }
    // Where the clone is changes nothing.
    let text = text.replace(&format!("file://{}", workspace.display()), "file://.");
    Ok(fs::write(directory.join(format!("jobbergate-{version}.cdx.json")), text)?)
}

fn have_all_written(workspace: &Path, moment: &str) -> Result<()> {
    let mut list = Command::new(install_program("cargo-cyclonedx", CARGO_CYCLONEDX, &[])?);
    // It runs as a command of cargo only.
    list.args(["cyclonedx", "--manifest-path", "crates/jobbergate/Cargo.toml", "--format=json"]);
    list.args(["--spec-version=1.5", "--no-build-deps", "--override-filename", WRITTEN]);
    run_quietly(list.current_dir(workspace).env("SOURCE_DATE_EPOCH", moment))?;
    Ok(())
}
