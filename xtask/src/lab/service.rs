//! A program that runs for long, and can be killed, frozen and started again.

use std::{fs, path::Path, process::Command, time::Duration};

use anyhow::{Context, Result};
use nix::{sys::signal::Signal, time::clock_getcpuclockid, unistd::Pid};

use crate::process::Running;

#[derive(Debug)]
pub(crate) struct Service {
    command: Command,
    process: Option<Running>,
}

impl Service {
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

    pub(crate) fn freeze(&self) -> Result<()> {
        self.running()?.signal(Signal::SIGSTOP)
    }

    pub(crate) fn thaw(&self) -> Result<()> {
        self.running()?.signal(Signal::SIGCONT)
    }

    /// Fails when it has ended by itself.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.process.as_mut().map_or(Ok(()), Running::check)
    }

    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        self.process.as_mut().map_or(Ok(true), Running::has_ended)
    }

    pub(crate) fn id(&self) -> Result<u32> {
        Ok(self.running()?.id())
    }

    /// Its resident memory in bytes.
    pub(crate) fn memory(&self) -> Result<u64> {
        memory(self.running()?.id(), "VmRSS:")
    }

    /// The most of it, in bytes, since it was forgotten or the program began.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        memory(self.running()?.id(), "VmHWM:")
    }

    /// Its memory in bytes, what it shares with others counted in part (PSS).
    pub(crate) fn proportional_memory(&self) -> Result<u64> {
        let path = format!("/proc/{}/smaps_rollup", self.running()?.id());
        let rollup = fs::read_to_string(&path)?;
        parse_memory(&rollup, "Pss:").with_context(|| format!("{path} says nothing of it"))
    }

    /// How long the processors have worked for it, without what it started.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        let process = Pid::from_raw(i32::try_from(self.running()?.id())?);
        Ok(clock_getcpuclockid(process)?.now()?.into())
    }

    pub(crate) fn forget_peak_memory(&self) -> Result<()> {
        let path = format!("/proc/{}/clear_refs", self.running()?.id());
        fs::write(&path, "5").with_context(|| format!("can't write {path}"))
    }

    fn running(&self) -> Result<&Running> {
        self.process.as_ref().context("it does not run")
    }
}

fn memory(process: u32, name: &str) -> Result<u64> {
    let path = Path::new("/proc").join(process.to_string()).join("status");
    let status = fs::read_to_string(&path)?;
    parse_memory(&status, name).with_context(|| format!("{} says nothing of it", path.display()))
}

/// Bytes, of a line such as `VmRSS:     4711 kB`.
fn parse_memory(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        let status = "Name:\tjobbergate\nVmPeak:\t  99 kB\nVmRSS:\t   12288 kB\nThreads:\t3\n";
        assert_eq!(parse_memory(status, "VmRSS:"), Some(12 * 1024 * 1024));
        assert_eq!(parse_memory("Name:\tzombie\n", "VmRSS:"), None);
    }
}
