//! What the tests need and a fresh machine lacks.

use std::{fs, process::Command};

use anyhow::{Context, Result, bail};
use nix::unistd::geteuid;

use crate::process::{cargo, output, run};

/// The workspace's script that installs and starts Slurm; it needs root.
pub(crate) const SLURM_UP: &str = "scripts/slurm-up.sh";
/// The workspace's script that stops it again.
pub(crate) const SLURM_DOWN: &str = "scripts/slurm-down.sh";

/// Installs PostgreSQL's server unless it is there.
pub(crate) fn install_postgresql() -> Result<()> {
    if has_postgresql() {
        return Ok(());
    }
    install("postgresql").context("the tests need the PostgreSQL server")
}

fn has_postgresql() -> bool {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions.into_iter().any(|version| version.path().join("bin/postgres").is_file())
        || output(Command::new("postgres").arg("--version")).is_some()
}

/// Installs one of Debian's packages.
fn install(package: &str) -> Result<()> {
    if output(Command::new("apt-get").arg("--version")).is_none() {
        bail!(
            "{package} is missing, and this is no Debian where it could be installed: install it"
        );
    }
    if !geteuid().is_root() {
        bail!("{package} is missing: run `sudo apt-get install {package}`");
    }
    eprintln!("installing {package}");
    let mut apt = Command::new("apt-get");
    apt.args(["install", "--yes", "-qq", "--no-install-recommends", package]);
    // As if the machine were in single-user mode: Debian starts servers when it installs them, and
    // the tests start their own.
    apt.env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
    if run(&mut apt).is_err() {
        // The lists of a fresh machine are empty or old.
        run(Command::new("apt-get").args(["update", "-qq"]))?;
        run(&mut apt)?;
    }
    Ok(())
}

/// Whether cargo-nextest is there, or could be installed.
pub(crate) fn install_nextest() -> Result<bool> {
    let mut version = cargo(&["nextest", "--version"])?;
    if output(&mut version).is_some() {
        return Ok(true);
    }
    eprintln!("installing cargo-nextest, which takes a few minutes, once");
    let installed = run(&mut cargo(&["install", "--locked", "cargo-nextest"])?);
    if let Err(error) = &installed {
        eprintln!("{error:#}: the tests run with `cargo test`");
    }
    Ok(installed.is_ok())
}
