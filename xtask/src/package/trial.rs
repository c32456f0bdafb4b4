//! Whether packages can be made again, installed, updated, removed and purged.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, ensure};
use nix::unistd::geteuid;

use super::{VERSION, check, make, program};
use crate::{
    packages,
    process::{run, target_directory},
};

/// What is installed over the packages that are tried.
const LATER: &str = "999.0.0";
/// In which Debians, with their versions of glibc.
const SUITES: [(&str, (u32, u32)); 2] = [("bullseye", (2, 31)), ("bookworm", (2, 36))];

/// Tries the packages of this program that are in the directory.
pub(super) fn try_them(program: &Path, made: &Path) -> Result<()> {
    ensure!(geteuid().is_root(), "a small Debian needs root: run it as root");
    packages::install_package_trial()?;
    check::all()?;
    let trial = target_directory()?.join("package-trial");
    same_again(program, made, &trial.join("again"))?;
    let later = trial.join("later");
    make(program, LATER, &later)?;
    let needed = program::version(&program::least_glibc(program)?);
    for (suite, glibc) in SUITES {
        if needed <= Some(glibc) {
            try_in(&small_debian(&trial, suite)?, made, &later)?;
        } else {
            println!("left out: the glibc of {suite} is older than the program needs");
        }
    }
    fs::remove_dir_all(later)?;
    println!("the packages hold what they promise");
    Ok(())
}

/// What administrators do, in a copy of this Debian.
fn try_in(debian: &Path, made: &Path, later: &Path) -> Result<()> {
    let mut trying = Command::new("unshare");
    trying.args(["--mount", "--net", "--pid", "--fork", "--kill-child", "sh"]);
    trying.arg(crate::workspace()?.join("packaging/trial/run")).args([debian, made, later]);
    run(&mut trying)
}

/// The smallest Debian there is, which is fetched once.
fn small_debian(directory: &Path, suite: &str) -> Result<PathBuf> {
    let debian = directory.join(suite);
    if !debian.exists() {
        fs::create_dir_all(directory)?;
        let begun = directory.join("begun");
        let mut debootstrap = Command::new("debootstrap");
        debootstrap.args(["--variant=minbase", "--include=ca-certificates", suite]).arg(&begun);
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
