//! The list of all that the program is made of (CycloneDX).

use std::{fs, path::Path};

use anyhow::{Context, Result};

use super::run_quietly;
use crate::{packages::install_cargo_command, process::cargo};

const CARGO_CYCLONEDX: &str = "0.5.9";
/// What it writes beside the manifest of each crate of the workspace.
const WRITTEN: &str = "parts";

/// Writes it, as of a moment.
pub(super) fn list(version: &str, directory: &Path, moment: &str) -> Result<()> {
    install_cargo_command("cyclonedx", "cargo-cyclonedx", CARGO_CYCLONEDX)?;
    let workspace = crate::workspace()?;
    let mut list = cargo(&["cyclonedx", "--format=json", "--override-filename", WRITTEN])?;
    list.args(["--manifest-path", "crates/jobbergate/Cargo.toml"]);
    run_quietly(list.env("SOURCE_DATE_EPOCH", moment))?;
    let written = workspace.join(format!("crates/jobbergate/{WRITTEN}.json"));
    let text = fs::read_to_string(&written).context("cargo cyclonedx wrote nothing")?;
    fs::write(directory.join(format!("jobbergate-{version}.cdx.json")), text)?;
    Ok(())
}
