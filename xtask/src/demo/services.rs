//! The server and the agent.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::{
    CLUSTER, EMAIL, api, directory::Directory, executable::Jobbergate, slurm::Slurm,
    terminal::Terminal,
};
use crate::{interrupt::Interrupt, process::Running};

const PORT: u16 = 8000;
/// How long the server may take to answer at all.
const START_DEADLINE: Duration = Duration::from_secs(30);

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) start_to_answer: Duration,
    authority: String,
    process: Running,
}

impl Server {
    /// Starts it on the usual port, or on the next one that is free, and waits for its first
    /// answer.
    pub(crate) fn start(
        terminal: &Terminal,
        interrupt: &Interrupt,
        directory: &Directory,
        jobbergate: &Jobbergate,
    ) -> Result<Self> {
        let port = free_port()?;
        if port != PORT {
            terminal.say(&format!("  port {PORT} is taken, so the server listens on {port}"));
        }
        let authority = format!("127.0.0.1:{port}");
        let mut command = jobbergate.command("serve", directory);
        command.args(["--listen", &authority]).arg("--data-dir").arg(directory.server());
        command.stdout(directory.log("server-output")?).stderr(directory.log("server")?);
        let began = Instant::now();
        let mut process = Running::start(&mut command)?;
        let url = format!("http://{authority}");
        while !api::is_healthy(&url) {
            interrupt.check()?;
            process.check()?;
            if began.elapsed() > START_DEADLINE {
                bail!("the server does not answer");
            }
            thread::sleep(Duration::from_millis(1));
        }
        let start_to_answer = began.elapsed();
        terminal.done(&format!("The server answers on {url} ({} ms)", start_to_answer.as_millis()));
        Ok(Self { url, start_to_answer, authority, process })
    }

    /// Fails when it has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.process.check()
    }

    /// Its resident memory in bytes.
    pub(crate) fn memory(&self) -> Result<u64> {
        resident_memory(self.process.id())
    }
}

/// A running agent.
#[derive(Debug)]
pub(crate) struct Agent {
    process: Running,
}

impl Agent {
    /// Registers the cluster and starts its agent.
    pub(crate) fn start(
        terminal: &Terminal,
        directory: &Directory,
        jobbergate: &Jobbergate,
        server: &Server,
        slurm: &Slurm,
    ) -> Result<Self> {
        let secret = jobbergate.client_secret(directory, CLUSTER)?;
        let domain = EMAIL.rsplit('@').next().context("an e-mail has a domain")?;
        let mut command = jobbergate.command("agent", directory);
        command
            .env("SLURM_CONF", slurm.configuration())
            .env("JOBBERGATE_AGENT_BASE_API_URL", &server.url)
            .env("JOBBERGATE_AGENT_OIDC_DOMAIN", format!("{}/realms/jobbergate", server.authority))
            .env("JOBBERGATE_AGENT_OIDC_USE_HTTPS", "false")
            .env("JOBBERGATE_AGENT_OIDC_CLIENT_ID", CLUSTER)
            .env("JOBBERGATE_AGENT_OIDC_CLIENT_SECRET", secret)
            .env("JOBBERGATE_AGENT_STATE_DIR", directory.agent())
            .env("JOBBERGATE_AGENT_SLURM_USER_MAPPER", "local-part")
            .env("JOBBERGATE_AGENT_USER_MAP_DOMAIN", domain);
        command.stdout(directory.log("agent-output")?).stderr(directory.log("agent")?);
        let process = Running::start(&mut command)?;
        terminal.done(&format!("The agent of {CLUSTER} runs"));
        Ok(Self { process })
    }

    /// Fails when it has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.process.check()
    }

    /// Its resident memory in bytes.
    pub(crate) fn memory(&self) -> Result<u64> {
        resident_memory(self.process.id())
    }
}

fn free_port() -> Result<u16> {
    let free = (PORT..PORT + 100).find(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok());
    free.with_context(|| format!("no port from {PORT} on is free"))
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
