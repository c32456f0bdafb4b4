//! The program that is shown or tortured.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{directory::Directory, terminal::Terminal};
use crate::{
    interrupt::Interrupt,
    process::{Running, cargo, target_directory, tied},
};

/// The executable `jobbergate`, and the database that it is to use.
#[derive(Debug, Clone)]
pub(crate) struct Jobbergate {
    pub(crate) path: PathBuf,
    /// A PostgreSQL; without, the server has an SQLite file in its data directory.
    pub(crate) database_url: Option<String>,
    /// More settings of the server, as variables.
    pub(crate) settings: Vec<(&'static str, String)>,
}

impl Jobbergate {
    /// The program that somebody named, else one that is built now.
    pub(crate) fn named_or_built(
        program: Option<&Path>,
        terminal: &Terminal,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        match program {
            // It is started in other directories than the one that this name is meant from.
            Some(program) => program
                .canonicalize()
                .map(Self::at)
                .with_context(|| format!("there is no program {}", program.display())),
            None => Self::build(terminal, interrupt),
        }
    }

    /// Builds it, optimized, showing cargo's progress.
    fn build(terminal: &Terminal, interrupt: &Interrupt) -> Result<Self> {
        let began = Instant::now();
        terminal.passing("building jobbergate\n");
        let build = ["build", "--release", "--locked", "--package", "jobbergate"];
        Running::start(&mut cargo(&build)?)?.finish(interrupt)?;
        let path = target_directory()?.join("release/jobbergate");
        ensure!(path.is_file(), "cargo built no {}", path.display());
        terminal.done(&format!("jobbergate is built ({:.1} s)", began.elapsed().as_secs_f64()));
        Ok(Self::at(path))
    }

    /// One that is built already.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path, database_url: None, settings: Vec::new() }
    }

    /// A command that ends when this process does, and takes nothing from its environment.
    pub(crate) fn command(&self, subcommand: &str, directory: &Directory) -> Command {
        let mut command = tied(&self.path, directory.path());
        command.arg(subcommand);
        command.envs(self.database_url.iter().map(|url| ("DATABASE_URL", url)));
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The secret of a client of the built-in provider, which is created unless it is there.
    pub(crate) fn client_secret(&self, directory: &Directory, id: &str) -> Result<String> {
        let clients = self.admin(directory, &["client", "list"])?;
        let is_there = clients.lines().any(|line| line.split_whitespace().next() == Some(id));
        let verb = if is_there { "rotate" } else { "create" };
        let client = self.admin(directory, &["client", verb, id, "--json"])?;
        let client: Value = serde_json::from_str(&client)
            .with_context(|| format!("`admin client {verb}` printed no JSON"))?;
        Ok(client["client_secret"].as_str().context("the client has no secret")?.to_owned())
    }

    /// A token of a user with this address.
    pub(crate) fn access_token(
        &self,
        directory: &Directory,
        email: &str,
        good_for: Duration,
    ) -> Result<String> {
        let seconds = good_for.as_secs().to_string();
        let token =
            self.admin(directory, &["token", "--email", email, "--expires-in", &seconds])?;
        Ok(token.trim().to_owned())
    }

    /// A token with which somebody may do all that people and this cluster's agent may.
    pub(crate) fn agents_token(
        &self,
        directory: &Directory,
        email: &str,
        cluster: &str,
        good_for: Duration,
    ) -> Result<String> {
        let seconds = good_for.as_secs().to_string();
        let mut arguments = vec!["token", "--email", email, "--expires-in", &seconds];
        arguments.extend(["--client-id", cluster, "--permission", "jobbergate:admin"]);
        arguments.extend(["--permission", "jobbergate:clusters:update"]);
        Ok(self.admin(directory, &arguments)?.trim().to_owned())
    }

    /// Makes the account of a person with these roles who logs in with this password.
    pub(crate) fn create_account(
        &self,
        directory: &Directory,
        email: &str,
        roles: &[&str],
        password: &str,
    ) -> Result<()> {
        let mut command = self.command("admin", directory);
        command.args(["user", "create", email, "--password-stdin"]);
        command.args(roles.iter().flat_map(|role| ["--role", role]));
        command.arg("--data-dir").arg(directory.server());
        let mut admin = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        admin.stdin.take().context("it takes no password")?.write_all(password.as_bytes())?;
        ensure!(admin.wait()?.success(), "no account could be made for {email}");
        Ok(())
    }

    /// Makes the account of a person with these roles, unless it is there.
    pub(crate) fn invite(&self, directory: &Directory, email: &str, roles: &[&str]) -> Result<()> {
        let accounts = self.admin(directory, &["user", "list"])?;
        if accounts.lines().any(|line| line.split('\t').next() == Some(email)) {
            return Ok(());
        }
        let roles = roles.iter().flat_map(|role| ["--role", role]);
        let invite: Vec<_> = ["user", "invite", email].into_iter().chain(roles).collect();
        self.admin(directory, &invite).map(drop)
    }

    /// The address that signs a person in, once, and leads to a page.
    pub(crate) fn sign_in_link(
        &self,
        directory: &Directory,
        email: &str,
        page: &str,
    ) -> Result<String> {
        let link = self.admin(directory, &["user", "sign-in-link", email, "--next", page])?;
        Ok(link.trim().to_owned())
    }

    /// What agents have claimed, as an administrator sees it.
    pub(crate) fn claims(&self, directory: &Directory) -> Result<String> {
        self.admin(directory, &["claims", "list"])
    }

    fn admin(&self, directory: &Directory, arguments: &[&str]) -> Result<String> {
        let mut command = self.command("admin", directory);
        command.args(arguments).arg("--data-dir").arg(directory.server());
        let output = command.output().with_context(|| format!("can't run {command:?}"))?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "jobbergate admin {}: {errors}", arguments.join(" "));
        Ok(String::from_utf8(output.stdout)?)
    }
}
