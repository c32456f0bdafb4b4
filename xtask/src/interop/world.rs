//! What the clients work with: a server with a person's account, Slurm, and our agent.

use std::{
    fs::{self, DirBuilder, Permissions},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::PathBuf,
    process::Command,
    time::Duration,
};

use anyhow::Result;

use crate::{
    interrupt::Interrupt,
    lab::{
        Agent, CLUSTER, Database, Directory, EMAIL, Jobbergate, Postgres, Server, Slurm, Terminal,
        USER,
    },
};

/// The cluster of the Python agent, beside that of ours.
const PYTHON_CLUSTER: &str = "python-cluster";
/// One without an agent.
const SILENT_CLUSTER: &str = "silent-cluster";
const PASSWORD: &str = "wind tunnel, low turbulence";
/// Writes templates, and changes what others own.
const ROLES: [&str; 2] = ["expert", "maintainer"];
/// How long the checks' own token is good.
const SESSION: Duration = Duration::from_secs(3600);

/// Everything ends when this is dropped, in this order.
#[derive(Debug)]
pub(super) struct World {
    agent: Agent,
    server: Server,
    slurm: Slurm,
    _postgres: Option<Postgres>,
    token: String,
    expired_token: String,
    python_secret: String,
}

impl World {
    pub(super) fn start(
        terminal: &Terminal,
        interrupt: &Interrupt,
        directory: &Directory,
        mut jobbergate: Jobbergate,
        database: Database,
    ) -> Result<Self> {
        let postgres = database.start(interrupt, directory)?;
        jobbergate.database_url = postgres.as_ref().map(Postgres::url);
        let slurm = Slurm::start(terminal, interrupt, directory, &[])?;
        let server = Server::start(terminal, interrupt, directory, &jobbergate)?;
        let agent = Agent::start(terminal, directory, &jobbergate, &server, &slurm, &[])?;
        jobbergate.client_secret(directory, SILENT_CLUSTER)?;
        jobbergate.create_account(directory, EMAIL, &ROLES, PASSWORD)?;
        Ok(Self {
            agent,
            server,
            slurm,
            _postgres: postgres,
            token: jobbergate.access_token(directory, EMAIL, SESSION)?,
            // It has expired when a client comes to it.
            expired_token: jobbergate.access_token(directory, EMAIL, Duration::from_secs(1))?,
            python_secret: jobbergate.client_secret(directory, PYTHON_CLUSTER)?,
        })
    }

    /// Tells a story what it needs to know.
    pub(super) fn describe(
        &self,
        command: &mut Command,
        directory: &Directory,
        story: &str,
    ) -> Result<()> {
        let authority = self.server.url.trim_start_matches("http://");
        command.env("SLURM_CONF", self.slurm.configuration());
        command.env("INTEROP_DIRECTORY", self.story_directory(directory, story)?);
        command.env("INTEROP_SBATCH", self.sbatch(directory, "sbatch", "")?);
        let as_user = format!("setpriv --reuid {USER} --regid {USER} --init-groups ");
        command.env("INTEROP_SBATCH_AS_USER", self.sbatch(directory, "sbatch-as-user", &as_user)?);
        for (name, value) in [
            ("URL", self.server.url.as_str()),
            ("REALM", &format!("{authority}/realms/jobbergate")),
            ("EMAIL", EMAIL),
            ("PASSWORD", PASSWORD),
            ("TOKEN", &self.token),
            ("EXPIRED_TOKEN", &self.expired_token),
            ("CLUSTER", CLUSTER),
            ("SILENT_CLUSTER", SILENT_CLUSTER),
            ("PYTHON_CLUSTER", PYTHON_CLUSTER),
            ("PYTHON_SECRET", &self.python_secret),
            ("USER", USER),
        ] {
            command.env(format!("INTEROP_{name}"), value);
        }
        Ok(())
    }

    /// Fails when the server or our agent has ended.
    pub(super) fn check(&mut self) -> Result<()> {
        self.server.service.check()?;
        self.agent.service.check()
    }

    /// Where a story keeps its files; the jobs' user may pass.
    fn story_directory(&self, directory: &Directory, story: &str) -> Result<PathBuf> {
        let path = directory.work(USER)?.join(story);
        DirBuilder::new().mode(0o711).create(&path)?;
        Ok(path)
    }

    /// A program in sbatch's place: the Python agent runs it without any variable, and this Slurm
    /// is not the machine's own.
    fn sbatch(&self, directory: &Directory, name: &str, prefix: &str) -> Result<PathBuf> {
        let path = directory.path().join(name);
        let configuration = self.slurm.configuration();
        let configuration = configuration.display();
        let script =
            format!("#!/bin/sh\nSLURM_CONF={configuration} exec {prefix}/usr/bin/sbatch \"$@\"\n");
        fs::write(&path, script)?;
        fs::set_permissions(&path, Permissions::from_mode(0o755))?;
        Ok(path)
    }
}
