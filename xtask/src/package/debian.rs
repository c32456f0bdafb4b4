//! Packages for Debian and Ubuntu.

use std::path::Path;

use anyhow::Result;

use super::{VARIANTS, run_quietly};
use crate::{packages::install_cargo_command, process::cargo};

const CARGO_DEB: &str = "3.8.0";

/// Makes them from the files that are laid out, as of a moment.
pub(super) fn make(files: &Path, directory: &Path, moment: &str) -> Result<()> {
    install_cargo_command("deb", "cargo-deb", CARGO_DEB)?;
    for variant in [None].into_iter().chain(VARIANTS.map(Some)) {
        let mut deb = cargo(&["deb", "--no-build", "--no-strip", "--quiet", "--output"])?;
        deb.arg(directory).args(variant.map(|variant| format!("--variant={variant}")));
        run_quietly(deb.current_dir(files).env("SOURCE_DATE_EPOCH", moment))?;
    }
    Ok(())
}
