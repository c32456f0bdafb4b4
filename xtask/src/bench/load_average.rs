//! How busy the machine is that measures.

use std::fs;

use anyhow::{Context, Result};

/// How many processes wanted to run, on average of the last minute.
pub(crate) fn load() -> Result<f64> {
    let text = fs::read_to_string("/proc/loadavg")?;
    Ok(text.split(' ').next().context("/proc/loadavg is empty")?.parse()?)
}
