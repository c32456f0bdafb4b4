//! Packages for Rocky Linux, RHEL and others.

use std::{path::Path, process::Command};

use anyhow::Result;

use super::{VARIANTS, run_quietly};
use crate::packages::install_program;

const CARGO_GENERATE_RPM: &str = "0.21.1";

/// Makes them from the files that are laid out, as of a moment.
pub(super) fn make(files: &Path, directory: &Path, moment: &str) -> Result<()> {
    let program = install_program("cargo-generate-rpm", CARGO_GENERATE_RPM, &[])?;
    for variant in [None].into_iter().chain(VARIANTS.map(Some)) {
        // Every rpm can read gzip. What the program needs is found as on any machine, with or without rpm.
        let kinds = ["--payload-compress=gzip", "--auto-req=builtin", "--output"];
        let mut rpm = Command::new(&program);
        rpm.args(kinds).arg(directory).args(variant.map(|variant| format!("--variant={variant}")));
        run_quietly(rpm.current_dir(files).env("SOURCE_DATE_EPOCH", moment))?;
    }
    Ok(())
}
