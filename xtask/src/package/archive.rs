//! An archive for every other Linux.

use std::{env, path::Path, process::Command};

use anyhow::Result;

use super::run_quietly;

/// What is in it of the files that are laid out.
const CONTENT: [&str; 8] =
    ["bin", "sbin", "man", "completions", "etc", "systemd", "LICENSE", "install.md"];

/// Makes it, the same bytes from the same files.
pub(super) fn make(files: &Path, version: &str, directory: &Path, moment: &str) -> Result<()> {
    let name = format!("jobbergate-{version}-linux-{}", env::consts::ARCH);
    let tar = directory.join(format!("{name}.tar"));
    let mut command = Command::new("tar");
    command.args(["--create", "--sort=name", "--owner=0", "--group=0", "--numeric-owner"]);
    command.args(["--mode=go-w", "--format=gnu", &format!("--mtime=@{moment}")]);
    command.arg(format!("--transform=s,^,{name}/,")).arg("--file").arg(&tar);
    run_quietly(command.arg("--directory").arg(files).args(CONTENT))?;
    run_quietly(Command::new("gzip").arg("-9n").arg(&tar))?;
    Ok(())
}
