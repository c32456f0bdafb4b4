//! Packages from npm and PyPI, which peers and client libraries are.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use crate::directory;

/// The directory with the packages of this `package.json` and its lock file, in `node_modules`.
pub(crate) fn npm(name: &str, package: &str, lock: &str) -> Result<PathBuf> {
    directory::installed(name, lock, |directory| {
        fs::write(directory.join("package.json"), package)?;
        fs::write(directory.join("package-lock.json"), lock)?;
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]);
        install(npm.arg("--fetch-retries=1").current_dir(directory))
    })
}

/// Runs what installs something.
pub(crate) fn install(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("can't run {name}; is it installed?"))?;
    ensure!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
