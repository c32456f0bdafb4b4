//! Packages for Debian and Ubuntu.

use std::{path::Path, process::Command};

use anyhow::Result;

use super::{VARIANTS, run_quietly};
use crate::packages::install_program;

const CARGO_DEB: &str = "3.8.0";

/// Makes them from the files that are laid out, as of a moment.
pub(super) fn make(files: &Path, directory: &Path, moment: &str) -> Result<()> {
    let program = install_program("cargo-deb", CARGO_DEB, &[])?;
    for variant in [None].into_iter().chain(VARIANTS.map(Some)) {
        let mut deb = Command::new(&program);
        deb.args(["--no-build", "--no-strip", "--quiet", "--output"]).arg(directory);
        deb.args(variant.map(|variant| format!("--variant={variant}")));
        run_quietly(deb.current_dir(files).env("SOURCE_DATE_EPOCH", moment))?;
    }
    Ok(())
}
