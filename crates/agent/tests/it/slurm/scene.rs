//! An agent as a whole, between a server and a Slurm.

use std::path::Path;

use jobbergate_agent::{config::AgentConfig, error::AgentError};
use jobbergate_testkit::slurm::SlurmLab;
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

use super::{
    server::Server,
    support::{self, eventually, workdir},
};

/// An agent that runs.
pub struct Running {
    stop: oneshot::Sender<()>,
    end: JoinHandle<Result<(), AgentError>>,
}

impl Running {
    pub fn start(config: AgentConfig) -> Self {
        support::help(&config);
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            let _ = stopped.await;
        };
        Self { stop, end: tokio::spawn(jobbergate_agent::run(config, shutdown)) }
    }

    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        self.end.await.unwrap().unwrap();
    }
}

/// Settings of an agent of this server.
pub fn config(lab: &SlurmLab, state: &Path, server: &str) -> AgentConfig {
    let mut config = support::config(lab, state, &["--task-heartbeat-interval-seconds=2"]);
    config.base_api_url = format!("http://{server}");
    config.oidc_domain = format!("{server}/realms/r");
    config
}

/// A Slurm, a server and the state of an agent.
pub struct Scene {
    pub lab: SlurmLab,
    pub state: TempDir,
    pub home: TempDir,
    pub server: Server,
}

impl Scene {
    pub async fn new(lab: SlurmLab, script: &str) -> Self {
        let (state, home) = (tempfile::tempdir().unwrap(), workdir("alice"));
        Self { lab, state, home, server: Server::start(script).await }
    }

    pub fn agent(&self) -> Running {
        Running::start(self.config())
    }

    pub fn config(&self) -> AgentConfig {
        config(&self.lab, self.state.path(), &self.server.address)
    }

    pub fn submit(&self, id: i64, arguments: &[&str]) {
        self.server.add(id, self.home.path().to_str().unwrap(), arguments);
    }

    pub async fn becomes(&self, id: i64, status: &str) {
        eventually(30, status, || async { self.server.status(id) == status }).await;
    }

    /// Cancels all that was submitted here, and nothing else: others use the same Slurm, as the same
    /// users.
    pub fn cancel_jobs(&self) {
        let world = self.server.world();
        let jobs = world.submissions.values().flat_map(|submission| &submission.jobs);
        let numbers: Vec<String> = jobs.map(i64::to_string).collect();
        let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
        if !numbers.is_empty() {
            self.lab.run("scancel", &numbers).unwrap();
        }
    }

    pub fn jobs_in(&self, directory: &Path) -> usize {
        let list = self.lab.run("squeue", &["-h", "-a", "-t", "all", "-o", "%Z"]).unwrap();
        let list = String::from_utf8(list.stdout).unwrap();
        list.lines().filter(|line| *line == directory.to_str().unwrap()).count()
    }
}
