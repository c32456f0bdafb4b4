//! A server, and a person with a terminal.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Process, program};

pub const CLUSTER: &str = "c1";

/// A server with a cluster, and a home.
pub struct World {
    pub address: String,
    pub home: TempDir,
    server: Option<Process>,
    pub data: TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Outcome {
    /// What was printed, if all went well.
    #[track_caller]
    pub fn well(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// The same, as JSON.
    #[track_caller]
    pub fn json(self) -> Value {
        let out = self.well();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// What was complained of on standard error, if it failed with this code and printed nothing.
    #[track_caller]
    pub fn failed(self, code: i32) -> String {
        assert_eq!((self.code, self.out.as_str()), (Some(code), ""), "{}", self.err);
        self.err
    }
}

impl World {
    /// Where alice has logged in.
    pub fn open() -> Self {
        let world = Self::of_strangers();
        world.become_owner_of(&world.token(&["--email", "alice@example.com"]));
        world
    }

    /// Where nobody has logged in.
    pub fn of_strangers() -> Self {
        let data = tempfile::tempdir().unwrap();
        let (server, address) = serve(&data, "127.0.0.1:0");
        let home = tempfile::tempdir().unwrap();
        let world = Self { address, home, server: Some(server), data };
        world.admin(&["client", "create", CLUSTER, "--json"]);
        world
    }

    /// Kills the server; what is done then happens before it is there again.
    pub fn restart(&mut self, then: impl FnOnce(&Path)) {
        self.server.take().unwrap().kill_9();
        then(self.data.path());
        self.server = Some(serve(&self.data, &self.address).0);
    }

    /// What an administrator's command prints.
    pub fn admin(&self, arguments: &[&str]) -> String {
        let mut command = program();
        command.arg("admin").args(arguments).arg("--data-dir").arg(self.data.path());
        Outcome::from(command.output().unwrap()).well()
    }

    pub fn admin_command(&self) -> Command {
        let mut command = program();
        command.arg("admin").arg("--data-dir").arg(self.data.path());
        command
    }

    pub fn token(&self, arguments: &[&str]) -> String {
        self.admin(&[&["token"], arguments].concat()).trim().to_owned()
    }

    pub fn cache(&self) -> PathBuf {
        self.home.path().join("cache")
    }

    pub fn token_file(&self, name: &str) -> PathBuf {
        self.cache().join("token").join(name)
    }

    /// From now on, who calls has this access token.
    pub fn become_owner_of(&self, token: &str) {
        fs::create_dir_all(self.cache().join("token")).unwrap();
        fs::write(self.token_file("access.token"), token).unwrap();
    }

    /// The command line, in the person's home.
    pub fn command(&self, arguments: &[&str]) -> Command {
        command(&self.address, self.home.path(), arguments)
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.command(arguments).output().unwrap().into()
    }

    pub fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
        self.command(arguments).envs(variables.iter().copied()).output().unwrap().into()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn write(&self, name: &str, content: &str) {
        write(&self.path(name), content);
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The directory `wind`: an application without a workflow.
    pub fn wind(&self) {
        self.write(
            "wind/jobbergate.yaml",
            "application_config: {partition: short, ranks: 4, restart: no}\n\
             jobbergate_config:\n  default_template: templates/wind.sh.j2\n  \
             supporting_files: [templates/mesh.txt.j2]\n",
        );
        let script = "#!/bin/bash\n#SBATCH -p {{ data.partition }}\n#SBATCH -n {{ data.ranks }}\n\n\
                      srun solver{% if data.restart %} --restart{% endif %}\n";
        self.write("wind/templates/wind.sh.j2", script);
        self.write("wind/templates/mesh.txt.j2", "cells {{ data.ranks }}\n");
    }

    /// The application on the server, called `wind`.
    pub fn with_wind(self) -> Self {
        self.wind();
        let create = ["applications", "create", "-n", "Wind tunnel", "--identifier", "wind"];
        self.run(&[&create[..], &["-a", "wind"]].concat()).well();
        self
    }

    /// Job script 1, made of it.
    pub fn with_script(self) -> Self {
        let world = self.with_wind();
        let create = ["job-scripts", "create", "wind", "-n", "run1", "-f", "--no-submit"];
        world.run(&[&create[..], &["--no-download"]].concat()).well();
        world
    }
}

fn serve(data: &TempDir, address: &str) -> (Process, String) {
    let mut serve = program();
    serve.args(["serve", "--listen", address, "--log-format", "json", "--data-dir"]);
    serve.arg(data.path());
    let server = Process::start(serve, &data.path().join("server.log"));
    let address = server.said("listening")["address"].as_str().unwrap().to_owned();
    (server, address)
}

/// The command line with a server, in somebody's home.
pub fn command(address: &str, home: &Path, arguments: &[&str]) -> Command {
    let mut command = program();
    command
        .args(arguments)
        .current_dir(home)
        .env("HOME", home)
        .env("BASE_API_URL", format!("http://{address}"))
        .env("OIDC_DOMAIN", format!("{address}/realms/jobbergate"))
        .env("OIDC_USE_HTTPS", "false")
        .env("JOBBERGATE_CACHE_DIR", home.join("cache"))
        .env("DEFAULT_CLUSTER_NAME", CLUSTER);
    command
}

fn write(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}
