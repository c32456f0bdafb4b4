//! The program that is shown.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{directory::Directory, terminal::Terminal};
use crate::{
    interrupt::Interrupt,
    process::{Running, cargo, tied},
};

/// The executable `jobbergate`, optimized.
#[derive(Debug)]
pub(crate) struct Jobbergate {
    pub(crate) path: PathBuf,
}

impl Jobbergate {
    /// Builds it, showing cargo's progress.
    pub(crate) fn build(terminal: &Terminal, interrupt: &Interrupt) -> Result<Self> {
        let began = Instant::now();
        terminal.passing("building jobbergate\n");
        let build = ["build", "--release", "--locked", "--package", "jobbergate"];
        Running::start(&mut cargo(&build)?)?.finish(interrupt)?;
        let path = target_directory()?.join("release/jobbergate");
        ensure!(path.is_file(), "cargo built no {}", path.display());
        terminal.done(&format!("jobbergate is built ({:.1} s)", began.elapsed().as_secs_f64()));
        Ok(Self { path })
    }

    /// A command that ends when the demo does.
    pub(crate) fn service(&self, subcommand: &str) -> Command {
        let mut command = tied(&self.path);
        command.arg(subcommand);
        command
    }

    /// A new client of the built-in provider: its id and its secret.
    pub(crate) fn create_client(&self, directory: &Directory, id: &str) -> Result<Value> {
        let client = self.admin(directory, &["client", "create", id, "--json"])?;
        serde_json::from_str(&client).context("`admin client create` printed no JSON")
    }

    /// A token of a user with this address.
    pub(crate) fn access_token(&self, directory: &Directory, email: &str) -> Result<String> {
        let token = self.admin(directory, &["token", "--email", email])?;
        Ok(token.trim().to_owned())
    }

    fn admin(&self, directory: &Directory, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.path);
        command.arg("admin").args(arguments).arg("--data-dir").arg(directory.server());
        let output = command.output().with_context(|| format!("can't run {command:?}"))?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "jobbergate admin {}: {errors}", arguments.join(" "));
        Ok(String::from_utf8(output.stdout)?)
    }
}

fn target_directory() -> Result<PathBuf> {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps"])?.output()?;
    let metadata: Value = serde_json::from_slice(&metadata.stdout)?;
    let directory = metadata["target_directory"].as_str().context("cargo metadata said nothing")?;
    Ok(Path::new(directory).to_path_buf())
}
