//! Pictures of the pages, for the documentation.

use anyhow::Result;

use crate::{
    packages,
    process::{cargo, run as run_command},
};

const DIRECTORY: &str = "docs/screenshots";

/// Makes them anew.
pub(crate) fn run() -> Result<()> {
    packages::install_browser()?;
    packages::install_smtp()?;
    let directory = crate::workspace()?.join(DIRECTORY);
    let mut test =
        cargo(&["test", "-p", "jobbergate-api", "--test", "it", "browser::screenshots"])?;
    run_command(test.env("JOBBERGATE_SCREENSHOTS", directory))
}
