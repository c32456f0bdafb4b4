//! What a doctor found, for a person and for a script.

use anyhow::bail;

use crate::output::say;

/// Prints a line for each check; fails if one failed.
pub fn conclude(found: impl IntoIterator<Item = (String, bool)>) -> anyhow::Result<()> {
    let mut failed = 0;
    for (line, good) in found {
        say!("{line}");
        failed += usize::from(!good);
    }
    match failed {
        0 => Ok(()),
        1 => bail!("1 check failed"),
        failed => bail!("{failed} checks failed"),
    }
}
