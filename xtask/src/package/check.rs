//! What can be checked of packages without making any.

use std::{fs, process::Command};

use anyhow::Result;

use crate::{process::run, python};

/// Where scripts are, below `packaging`.
const SCRIPTS: [&str; 5] = ["deb/agent", "deb/server", "rpm", "sbin", "trial"];

/// Checks scripts, and what describes containers.
pub(super) fn all() -> Result<()> {
    scripts()?;
    manifests()
}

/// Whether a shell understands them.
fn scripts() -> Result<()> {
    let packaging = crate::workspace()?.join("packaging");
    for directory in SCRIPTS {
        for entry in fs::read_dir(packaging.join(directory))? {
            let script = entry?.path();
            if script.extension().is_none_or(|kind| kind == "sh") {
                run(Command::new("sh").arg("-n").arg(script))?;
            }
        }
    }
    Ok(())
}

/// What describes containers, as far as that goes without any.
fn manifests() -> Result<()> {
    let programs = python::environment("manifests", &["kubernetes-validate==1.37.0".as_ref()])?;
    let check = crate::workspace()?.join("packaging/trial/manifests.py");
    run(Command::new(programs.join("python")).arg(check))
}
