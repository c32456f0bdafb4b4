//! What a doctor found, for a person and for a script.

use anyhow::bail;
use jobbergate_doctor::Finding;

use crate::output::say;

/// Prints a line for each check; fails if one failed.
pub fn conclude(found: &[Finding]) -> anyhow::Result<()> {
    let mut failed = 0;
    for finding in found {
        say!("{finding}");
        failed += usize::from(finding.outcome.is_err());
    }
    match failed {
        0 => Ok(()),
        1 => bail!("1 check failed"),
        failed => bail!("{failed} checks failed"),
    }
}
