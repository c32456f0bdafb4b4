//! The server and the agent.

use std::{
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::{
    CLUSTER, EMAIL, api, directory::Directory, executable::Jobbergate, service::Service,
    slurm::Slurm, terminal::Terminal,
};
use crate::interrupt::Interrupt;

const PORT: u16 = 8000;
/// How long the server may take to answer at all.
const START_DEADLINE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) start_to_answer: Duration,
    pub(crate) authority: String,
    pub(crate) service: Service,
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
        let mut service = Service::start(command)?;
        let url = format!("http://{authority}");
        while !api::is_healthy(&url) {
            interrupt.check()?;
            service.check()?;
            if began.elapsed() > START_DEADLINE {
                bail!("the server does not answer");
            }
            thread::sleep(Duration::from_millis(1));
        }
        let start_to_answer = began.elapsed();
        terminal.done(&format!("The server answers on {url} ({} ms)", start_to_answer.as_millis()));
        Ok(Self { url, start_to_answer, authority, service })
    }
}

/// Which of the cluster's agents it is, and how it gets to the server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// What its state directory and its log are called.
    pub(crate) name: &'a str,
    pub(crate) authority: &'a str,
    pub(crate) secret: &'a str,
}

#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) service: Service,
}

impl Agent {
    /// Registers the cluster and starts its agent, with these settings (`JOBBERGATE_AGENT_…`)
    /// besides the necessary ones.
    pub(crate) fn start(
        terminal: &Terminal,
        directory: &Directory,
        jobbergate: &Jobbergate,
        server: &Server,
        slurm: &Slurm,
        settings: &[(&str, &str)],
    ) -> Result<Self> {
        let secret = jobbergate.client_secret(directory, CLUSTER)?;
        let place = Place { name: "agent", authority: &server.authority, secret: &secret };
        Self::start_at(&place, terminal, directory, jobbergate, slurm, settings)
    }

    /// Starts one of the agents of the cluster, which is registered.
    pub(crate) fn start_at(
        place: &Place<'_>,
        terminal: &Terminal,
        directory: &Directory,
        jobbergate: &Jobbergate,
        slurm: &Slurm,
        settings: &[(&str, &str)],
    ) -> Result<Self> {
        let Place { name, authority, secret } = *place;
        let domain = EMAIL.rsplit('@').next().context("an e-mail has a domain")?;
        let mut command = jobbergate.command("agent", directory);
        command.env("SLURM_CONF", slurm.configuration());
        let (url, realm) =
            (format!("http://{authority}"), format!("{authority}/realms/jobbergate"));
        let state = directory.private(name)?;
        let necessary = [
            ("BASE_API_URL", url.as_str()),
            ("OIDC_DOMAIN", &realm),
            ("OIDC_USE_HTTPS", "false"),
            ("OIDC_CLIENT_ID", CLUSTER),
            ("OIDC_CLIENT_SECRET", secret),
            ("STATE_DIR", state.to_str().context("the state directory is no UTF-8")?),
            ("SLURM_USER_MAPPER", "local-part"),
            ("USER_MAP_DOMAIN", domain),
        ];
        for (name, value) in necessary.iter().chain(settings) {
            command.env(format!("JOBBERGATE_AGENT_{name}"), value);
        }
        command.stdout(directory.log(&format!("{name}-output"))?);
        command.stderr(directory.log(name)?);
        let service = Service::start(command)?;
        terminal.done(&format!("The agent of {CLUSTER} runs"));
        Ok(Self { service })
    }
}

fn free_port() -> Result<u16> {
    let free = (PORT..PORT + 100).find(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok());
    free.with_context(|| format!("no port from {PORT} on is free"))
}
