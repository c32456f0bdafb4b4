//! Pages that the code tells: settings, commands, the API.

mod api;
mod commands;
mod help;
mod settings;
mod types;

use std::{
    env,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

/// A page of the site.
#[derive(Debug)]
pub(crate) struct Page {
    /// The page below which it stands in the table of contents.
    pub(crate) parent: &'static str,
    pub(crate) title: String,
    pub(crate) path: String,
    pub(crate) text: String,
}

pub(crate) fn pages(workspace: &Path, program: &Path) -> Result<Vec<Page>> {
    let mut pages = settings::pages(program)?;
    pages.extend(commands::pages(program)?);
    pages.extend(api::pages(workspace)?);
    Ok(pages)
}

/// What the program prints to somebody who has no settings and a wide terminal.
fn printed(program: &Path, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("COLUMNS", "10000");
    command.env("PATH", env::var_os("PATH").unwrap_or_default());
    // No file `.env` is there.
    let output = command.current_dir("/").stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("can't run {}", program.display()))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "jobbergate {}: {errors}", arguments.join(" "));
    Ok(String::from_utf8(output.stdout)?)
}
