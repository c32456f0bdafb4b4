//! A program that runs for long, and can be killed, frozen and started again.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result};
use nix::sys::signal::Signal;

use crate::process::Running;

/// The server or the agent.
#[derive(Debug)]
pub(crate) struct Service {
    command: Command,
    process: Option<Running>,
}

impl Service {
    /// Starts it.
    pub(crate) fn start(mut command: Command) -> Result<Self> {
        let process = Some(Running::start(&mut command)?);
        Ok(Self { command, process })
    }

    /// Starts it as before, unless it runs.
    pub(crate) fn start_again(&mut self) -> Result<()> {
        if self.process.is_none() {
            self.process = Some(Running::start(&mut self.command)?);
        }
        Ok(())
    }

    /// Kills it; what it has started lives on.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.process.take().map_or(Ok(()), Running::kill)
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(&mut self) {
        drop(self.process.take());
    }

    /// Makes it hang.
    pub(crate) fn freeze(&self) -> Result<()> {
        self.running()?.signal(Signal::SIGSTOP)
    }

    /// Makes it go on.
    pub(crate) fn thaw(&self) -> Result<()> {
        self.running()?.signal(Signal::SIGCONT)
    }

    /// Fails when it has ended by itself.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.process.as_mut().map_or(Ok(()), Running::check)
    }

    /// Its resident memory in bytes.
    pub(crate) fn memory(&self) -> Result<u64> {
        resident_memory(self.running()?.id())
    }

    fn running(&self) -> Result<&Running> {
        self.process.as_ref().context("it does not run")
    }
}

fn resident_memory(process: u32) -> Result<u64> {
    let path = Path::new("/proc").join(process.to_string()).join("status");
    let status = fs::read_to_string(&path)?;
    parse_resident_memory(&status).with_context(|| format!("{} says nothing of it", path.display()))
}

/// Bytes, of a line such as `VmRSS:     4711 kB`.
fn parse_resident_memory(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read_in_bytes() {
        let status = "Name:\tjobbergate\nVmPeak:\t  99 kB\nVmRSS:\t   12288 kB\nThreads:\t3\n";
        assert_eq!(parse_resident_memory(status), Some(12 * 1024 * 1024));
        assert_eq!(parse_resident_memory("Name:\tzombie\n"), None);
    }
}
