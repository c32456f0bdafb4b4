//! Whether packages can be made again, installed, updated, removed and purged.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, ensure};
use nix::unistd::geteuid;

use super::{VERSION, make};
use crate::{
    packages,
    process::{run, target_directory},
    python,
};

/// What is installed over the packages that are tried.
const LATER: &str = "999.0.0";
const SUITE: &str = "bookworm";

/// Tries the packages of this program that are in the directory.
pub(super) fn try_them(program: &Path, made: &Path) -> Result<()> {
    ensure!(geteuid().is_root(), "a small Debian needs root: run it as root");
    packages::install_package_trial()?;
    check_manifests()?;
    let trial = target_directory()?.join("package-trial");
    let debian = small_debian(&trial)?;
    same_again(program, made, &trial.join("again"))?;
    let later = trial.join("later");
    make(program, LATER, &later)?;
    let mut trying = Command::new("unshare");
    trying.args(["--mount", "--net", "--pid", "--fork", "--kill-child", "sh"]);
    trying.arg(crate::workspace()?.join("packaging/trial/run")).args([&debian, made, &later]);
    run(&mut trying)?;
    fs::remove_dir_all(later)?;
    println!("the packages hold what they promise");
    Ok(())
}

/// Checks what describes containers, as far as that goes without any.
fn check_manifests() -> Result<()> {
    let programs = python::environment("manifests", &["kubernetes-validate".as_ref()])?;
    let check = crate::workspace()?.join("packaging/trial/manifests.py");
    run(Command::new(programs.join("python")).arg(check))
}

/// The smallest Debian there is, which is fetched once.
fn small_debian(directory: &Path) -> Result<PathBuf> {
    let debian = directory.join(SUITE);
    if !debian.exists() {
        fs::create_dir_all(directory)?;
        let begun = directory.join("begun");
        let mut debootstrap = Command::new("debootstrap");
        debootstrap.args(["--variant=minbase", "--include=ca-certificates", SUITE]).arg(&begun);
        run(&mut debootstrap)?;
        fs::rename(begun, &debian)?;
    }
    Ok(debian)
}

/// Made again, the packages must have the same bytes.
fn same_again(program: &Path, made: &Path, again: &Path) -> Result<()> {
    make(program, VERSION, again)?;
    let sums = |directory: &Path| fs::read_to_string(directory.join("SHA256SUMS"));
    let (first, second) = (sums(made)?, sums(again)?);
    let differs = first.lines().filter(|line| !second.contains(line)).collect::<Vec<_>>();
    ensure!(differs.is_empty(), "made again, these differ: {differs:?}");
    fs::remove_dir_all(again)?;
    Ok(())
}
