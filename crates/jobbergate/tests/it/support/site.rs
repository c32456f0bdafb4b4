//! A site and what alice does there.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, Instant},
};

use jobbergate_client::{Client, ClientCredentials, Secret, TokenSource};
use jobbergate_testkit::slurm::SlurmLab;
use jobbergate_types::{
    FileType, SlurmJobState,
    job_script_templates::JobTemplateCreateRequest,
    job_scripts::{JobScriptCreateRequest, RenderFromTemplateBody, RenderFromTemplateRequest},
    job_submissions::{JobSubmissionCreateRequest, JobSubmissionDetailedView, JobSubmissionStatus},
    list::Paging,
};
use nix::unistd::User;
use serde_json::Value;
use tempfile::TempDir;

use super::process::{Process, program};

pub const CLUSTER: &str = "test-cluster";

/// A server with its data, a Slurm, and the credentials of everybody.
pub struct Site {
    pub slurm: SlurmLab,
    pub alice: Client,
    pub work: TempDir,
    pub address: String,
    pub server: Process,
    secret: String,
    data: TempDir,
}

/// How an agent differs from the usual one.
#[derive(Default)]
pub struct AgentOptions {
    pub sbatch: Option<PathBuf>,
    pub environment: Vec<(&'static str, String)>,
}

/// A script that runs these commands.
pub fn script_of(commands: &str) -> String {
    format!("#!/bin/bash\n#SBATCH --time=1 --mem=20\n{commands}\n")
}

impl Site {
    pub fn open() -> Self {
        Self::with_slurm(SlurmLab::start().unwrap())
    }

    pub fn with_slurm(slurm: SlurmLab) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut serve = program();
        serve.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--data-dir"]);
        serve.arg(data.path());
        let server = Process::start(serve, &data.path().join("server.log"));
        let address = server.said("listening")["address"].as_str().unwrap().to_owned();
        let created = admin(data.path(), &["client", "create", CLUSTER, "--json"]);
        let created: Value = serde_json::from_slice(&created.stdout).unwrap();
        Self {
            slurm,
            alice: client(data.path(), &address, "alice@example.com"),
            work: directory_of("alice"),
            server,
            address,
            secret: created["client_secret"].as_str().unwrap().to_owned(),
            data,
        }
    }

    /// Somebody else who uses the server.
    pub fn somebody(&self, email: &str) -> Client {
        client(self.data.path(), &self.address, email)
    }

    /// What `jobbergate admin` prints.
    pub fn admin(&self, arguments: &[&str]) -> String {
        String::from_utf8(admin(self.data.path(), arguments).stdout).unwrap()
    }

    /// With what a user calls the server.
    pub fn token_of(&self, email: &str) -> String {
        token(self.data.path(), email)
    }

    /// The server, as the cluster's agents see it.
    pub fn as_cluster(&self) -> Client {
        let secret = Secret::from(self.secret.as_str());
        let domain = format!("{}/realms/jobbergate", self.address);
        let cluster = ClientCredentials::new(&domain, false, CLUSTER.to_owned(), secret).unwrap();
        let token = TokenSource::ClientCredentials(cluster);
        Client::new(&format!("http://{}", self.address), token).unwrap()
    }

    /// Starts another agent of the cluster, which has this name.
    pub fn agent_called(&self, name: &str, mut options: AgentOptions) -> Process {
        let state = self.state_of(name);
        options
            .environment
            .push(("JOBBERGATE_AGENT_STATE_DIR", state.to_str().unwrap().to_owned()));
        Process::start(self.agent_program(options), &self.log_of(name))
    }

    /// Where such an agent has its state.
    pub fn state_of(&self, name: &str) -> PathBuf {
        self.data.path().join(name)
    }

    /// Where such an agent writes its log.
    pub fn log_of(&self, name: &str) -> PathBuf {
        self.data.path().join(format!("{name}.log"))
    }

    /// Starts the agent, the first one or the next.
    pub fn agent(&self, options: AgentOptions) -> Process {
        Process::start(self.agent_program(options), &self.data.path().join("agent.log"))
    }

    /// The agent with its settings.
    pub fn agent_program(&self, options: AgentOptions) -> Command {
        let mut agent = program();
        let set = |name: &str| format!("JOBBERGATE_AGENT_{name}");
        let slurm = |name| self.slurm.command(name);
        agent
            .args(["agent", "--log-format", "json"])
            .env(set("BASE_API_URL"), format!("http://{}", self.address))
            .env(set("OIDC_DOMAIN"), format!("{}/realms/jobbergate", self.address))
            .env(set("OIDC_USE_HTTPS"), "false")
            .env(set("OIDC_CLIENT_ID"), CLUSTER)
            .env(set("OIDC_CLIENT_SECRET"), &self.secret)
            .env(set("STATE_DIR"), self.data.path().join("agent"))
            .env(set("SLURM_USER_MAPPER"), "local-part")
            .env(set("USER_MAP_DOMAIN"), "example.com")
            .env(set("SBATCH_PATH"), options.sbatch.unwrap_or_else(|| slurm("sbatch")))
            .env(set("SQUEUE_PATH"), slurm("squeue"))
            .env(set("SCANCEL_PATH"), slurm("scancel"))
            .env(set("SACCT_PATH"), slurm("sacct"))
            .env(set("SCONTROL_PATH"), slurm("scontrol"))
            .env(set("SSTAT_PATH"), slurm("sstat"))
            .env(set("SACCTMGR_PATH"), slurm("sacctmgr"))
            .envs(options.environment);
        agent
    }

    /// A program in sbatch's place that runs the real one and then `after`, where `$out` is what
    /// it printed.
    pub fn sbatch_then(&self, after: &str) -> PathBuf {
        self.sbatch_of(&format!("out=$($real \"$@\") || exit\n{after}\necho \"$out\""))
    }

    /// A program in sbatch's place, in which `$real "$@"` is the real one.
    pub fn sbatch_of(&self, lines: &str) -> PathBuf {
        let path = self.work.path().join("sbatch");
        let real = self.slurm.command("sbatch");
        let text = format!("#!/bin/bash\nreal={}\n{lines}\n", real.display());
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Alice renders a script from a template of her own and submits it.
    pub async fn submit(&self, script: &str) -> i64 {
        let directory = self.work.path().to_str().unwrap().to_owned();
        self.submit_in(script, Some(directory), &[]).await
    }

    pub async fn submit_in(
        &self,
        script: &str,
        directory: Option<String>,
        arguments: &[&str],
    ) -> i64 {
        self.submit_by(&self.alice, script, directory, arguments).await
    }

    pub async fn submit_by(
        &self,
        user: &Client,
        script: &str,
        directory: Option<String>,
        arguments: &[&str],
    ) -> i64 {
        let template = JobTemplateCreateRequest { name: "job".to_owned(), ..Default::default() };
        let template = user.create_template(&template).await.unwrap().template.id.to_string();
        let upload = user.upload_template_file(
            &template,
            FileType::Entrypoint,
            "job.sh.j2",
            script.as_bytes(),
        );
        upload.await.unwrap();
        let render = RenderFromTemplateBody {
            create_request: JobScriptCreateRequest { name: "job".to_owned(), description: None },
            render_request: RenderFromTemplateRequest {
                template_output_name_mapping: [("job.sh.j2".to_owned(), "job.sh".to_owned())]
                    .into(),
                ..Default::default()
            },
        };
        let rendered = user.render_from_template(&template, &render).await.unwrap();
        let request = JobSubmissionCreateRequest {
            name: "job".to_owned(),
            job_script_id: rendered.script.id,
            client_id: Some(CLUSTER.to_owned()),
            execution_directory: directory,
            sbatch_arguments: Some(arguments.iter().map(|a| (*a).to_owned()).collect()),
            ..Default::default()
        };
        user.create_submission(&request).await.unwrap().submission.id
    }

    /// Waits until the submission is as wanted.
    pub async fn wait(
        &self,
        id: i64,
        limit: Duration,
        wanted: impl Fn(&JobSubmissionDetailedView) -> bool,
    ) -> JobSubmissionDetailedView {
        let end = Instant::now() + limit;
        loop {
            let submission = self.alice.submission(id).await.unwrap();
            if wanted(&submission) {
                return submission;
            }
            assert!(Instant::now() < end, "still not after {limit:?}: {submission:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub async fn wait_for_status(
        &self,
        id: i64,
        status: JobSubmissionStatus,
    ) -> JobSubmissionDetailedView {
        self.wait(id, Duration::from_secs(45), |submission| submission.submission.status == status)
            .await
    }

    pub async fn wait_for_state(&self, id: i64, state: SlurmJobState) -> JobSubmissionDetailedView {
        let there = |submission: &JobSubmissionDetailedView| {
            submission.submission.slurm_job_state == Some(state)
        };
        self.wait(id, Duration::from_secs(45), there).await
    }

    /// The states that the submission went through.
    pub async fn progress(&self, id: i64) -> Vec<String> {
        let page = self.alice.submission_progress(id, &Paging::default()).await.unwrap();
        page.items.into_iter().filter_map(|step| step.slurm_job_state).collect()
    }

    /// The numbers of all jobs in Slurm that carry the submission's tag.
    pub fn jobs_of(&self, submission: i64) -> Vec<String> {
        let listed =
            self.slurm.run("squeue", &["-h", "-a", "-t", "all", "-o", "%A|%k|%Z"]).unwrap();
        let (text, mark) =
            (String::from_utf8(listed.stdout).unwrap(), format!("jobbergate:{submission}:"));
        let here = self.work.path().to_str().unwrap();
        text.lines()
            .filter(|line| line.contains(&mark) && line.ends_with(here))
            .filter_map(|line| Some(line.split('|').next()?.to_owned()))
            .collect()
    }
}

fn client(data: &Path, address: &str, email: &str) -> Client {
    let source = TokenSource::Fixed(Secret::from(token(data, email).as_str()));
    Client::new(&format!("http://{address}"), source).unwrap()
}

fn token(data: &Path, email: &str) -> String {
    let token = String::from_utf8(admin(data, &["token", "--email", email]).stdout).unwrap();
    token.trim().to_owned()
}

pub fn admin(data: &Path, arguments: &[&str]) -> Output {
    let mut command = program();
    let output = command.arg("admin").args(arguments).arg("--data-dir").arg(data).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// A directory that belongs to a user.
pub fn directory_of(name: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let user = User::from_name(name).unwrap().expect("Slurm's lab makes the users");
    chown(directory.path(), Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
    directory
}
