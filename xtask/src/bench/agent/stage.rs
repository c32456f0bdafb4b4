//! A server, an agent and a Slurm that are measured.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::commands::{Commands, DEADLINE};
use crate::{
    interrupt::Interrupt,
    lab::{
        Agent, Api, CLUSTER, Directory, EMAIL, Jobbergate, Server, Slurm, Terminal, USER, make_for,
    },
};

const HOUR: Duration = Duration::from_secs(3600);

pub(super) struct Stage<'a> {
    pub(super) interrupt: &'a Interrupt,
    pub(super) terminal: &'a Terminal,
    pub(super) directory: &'a Directory,
    pub(super) jobbergate: Jobbergate,
    // The agent ends first, Slurm last.
    pub(super) agent: Agent,
    pub(super) server: Server,
    pub(super) slurm: Slurm,
    pub(super) api: Api,
    pub(super) commands: Commands,
    /// Where jobs run; it belongs to the user.
    pub(super) work: PathBuf,
}

impl<'a> Stage<'a> {
    pub(super) fn set(
        program: Option<&Path>,
        interrupt: &'a Interrupt,
        terminal: &'a Terminal,
        directory: &'a Directory,
    ) -> Result<Self> {
        let jobbergate = Jobbergate::named_or_built(program, terminal, interrupt)?;
        let slurm = Slurm::start(terminal, interrupt, directory, &[("LAB_USERS", USER)])?;
        let server = Server::start(terminal, interrupt, directory, &jobbergate)?;
        let work = directory.work(USER)?;
        let commands = Commands::new(&work)?;
        let sbatch = commands.path("sbatch");
        let sbatch = sbatch.to_str().context("the directory is no UTF-8")?;
        let settings = [("SBATCH_PATH", sbatch)];
        let agent = Agent::start(terminal, directory, &jobbergate, &server, &slurm, &settings)?;
        let api = Api::new(&server.url, &jobbergate.access_token(directory, EMAIL, HOUR)?);
        // Until everything has come to rest.
        interrupt.sleep(Duration::from_secs(3))?;
        Ok(Self {
            interrupt,
            terminal,
            directory,
            jobbergate,
            agent,
            server,
            slurm,
            api,
            commands,
            work,
        })
    }

    /// A job script of this text.
    pub(super) fn script(&self, text: &str) -> Result<i64> {
        let script = self.api.create("/job-scripts", &json!({"name": "bench"}))?;
        self.api.upload(&format!("/job-scripts/{script}/upload/ENTRYPOINT"), "job.sh", text)?;
        Ok(script)
    }

    pub(super) fn submit(&self, script: i64, directory: &Path) -> Result<i64> {
        Self::submit_with(&self.api, script, directory)
    }

    /// The same for those who have no more than the API.
    pub(super) fn submit_with(api: &Api, script: i64, directory: &Path) -> Result<i64> {
        let job = json!({"name": "bench", "job_script_id": script, "client_id": CLUSTER,
            "execution_directory": directory});
        api.create("/job-submissions", &job)
    }

    /// A directory of the user's below the one where jobs run.
    pub(super) fn directory(&self, name: &str) -> Result<PathBuf> {
        let path = self.work.join(name);
        make_for(&path, USER)?;
        Ok(path)
    }

    /// Waits until a submission has this status.
    pub(super) fn await_status(&self, id: i64, status: &str) -> Result<()> {
        let began = Instant::now();
        while self.api.get(&format!("/job-submissions/{id}"))?["status"] != status {
            ensure!(began.elapsed() < DEADLINE, "submission {id} is not {status}");
            self.interrupt.sleep(Duration::from_millis(20))?;
        }
        Ok(())
    }

    /// Ends all jobs, and waits until the agent has told the server.
    pub(super) fn cancel_all(&self, last: i64) -> Result<()> {
        self.slurm.ask("scancel", &["-u", USER]).context("scancel failed")?;
        self.await_status(last, "ABORTED")
    }
}
