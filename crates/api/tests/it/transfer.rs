//! `jobbergate admin export` and `jobbergate admin import`: an organization moves to another server.

mod agents;
mod damaged;
mod moving;
mod organizations;
mod refused;
mod tables;

use std::path::{Path, PathBuf};

use jobbergate_api::transfer::{self, End, TransferError};
use serde_json::{Value, json};

use crate::{
    identity::story::person,
    job_submissions::metrics,
    support::{Actor, TestApp},
};

/// Where archives of a test are.
struct Shelf(tempfile::TempDir);

impl Shelf {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

async fn export(app: &TestApp, path: &Path) -> End {
    transfer::export(&app.app, None, path).await.unwrap().end
}

async fn import(app: &TestApp, path: &Path) -> Result<End, TransferError> {
    transfer::import(&app.app, None, path).await
}

/// Why an archive is not imported.
async fn refusal(app: &TestApp, path: &Path) -> String {
    import(app, path).await.unwrap_err().to_string()
}

/// Whether there is nothing at a server: no rows and no files.
async fn is_bare(app: &TestApp) -> bool {
    let user = app.user("alice").await;
    for list in ["/job-script-templates", "/job-scripts", "/job-submissions"] {
        if user.get(&format!("{list}?include_archived=true")).await.ok()["total"] != 0 {
            return false;
        }
    }
    let accounts = app.provider().users().await.unwrap();
    accounts.is_empty() && stored(app).is_empty()
}

/// The keys of all stored files.
fn stored(app: &TestApp) -> Vec<String> {
    match &app.s3 {
        Some(s3) => s3.keys().unwrap(),
        None => below(&app.data().join("files")),
    }
}

fn below(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(below(&path)),
            false => found.push(path.display().to_string()),
        }
    }
    found
}

/// Alice, an expert, bob and an agent have worked here for a while; the agent's secret, and a token of alice's.
struct Lived {
    agent_secret: String,
    personal_token: String,
}

const AGENT: &str = "cluster";

async fn lived_in(app: &TestApp) -> Lived {
    let provider = app.provider();
    provider
        .create_role("watcher", &[jobbergate_api::permission::Permission::ClustersRead])
        .await
        .unwrap();
    let alice_account = person(app, "alice", &["user", "watcher"]).await;
    person(app, "bob", &["expert"]).await;
    let agent = app.agent(AGENT).await;
    let secret = provider.rotate_client(AGENT, &mut crate::support::random()).await.unwrap().0;
    let new = jobbergate_api::identity::NewPersonalToken {
        name: "nightly".to_owned(),
        permissions: None,
        expires_at: None,
    };
    let held = alice_account.permissions.clone();
    let mut rng = crate::support::random();
    let token =
        provider.create_personal_token(&alice_account, &held, &new, &mut rng).await.unwrap().0.0;
    works(app, &agent).await;
    Lived { agent_secret: secret, personal_token: token }
}

async fn works(app: &TestApp, agent: &Actor) {
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    agent.put("/clusters/status?interval=60", json!({})).await.expect(202);
    let files = [("job.sh.j2", "#!/bin/bash\necho {{ n }}"), ("naïve ☃ #1.txt", "x"), ("..a", "y")];
    let template = bob.has_template("heat", &files).await;
    bob.has_workflow(template, "print('x')", r#"{"a": 1, "template_files": []}"#).await.ok();
    let body = json!({"description": "d", "template_vars": {"a": 1, "bb": [null, "☃", 1.5]}});
    bob.put(&format!("/job-script-templates/{template}"), body).await.ok();
    bob.post(&format!("/job-script-templates/clone/{template}"), json!({})).await.created();
    let script = alice.has_script("job", "#!/bin/bash\nsrun x\n").await;
    let long = "long line\n".repeat(20_000);
    alice.upload(&format!("/job-scripts/{script}/upload/SUPPORT"), "data.txt", long).await.ok();
    alice.post(&format!("/job-scripts/clone/{script}"), json!({"name": "copy"})).await.created();
    let gone = alice.has_script("gone", "echo").await;
    alice.delete(&format!("/job-scripts/{gone}")).await.expect(204);
    let body = json!({"name": "run", "job_script_id": script, "client_id": AGENT,
                      "sbatch_arguments": ["--mem=1G", "--time=1:00"]});
    let run = alice.post("/job-submissions", body).await.created()["id"].as_i64().unwrap();
    let job = json!({"id": run, "slurm_job_id": 100, "slurm_job_state": "RUNNING", "slurm_job_info": "{}"});
    agent.post("/job-submissions/agent/submitted", job).await.expect(202);
    metrics::uploads(agent, run, &metrics::two_nodes()).await;
    alice.has_submission(script, AGENT).await;
}

/// All that people see, by the request that asks for it.
async fn seen(app: &TestApp) -> Vec<(String, u16, String)> {
    let user = app.user("alice").await;
    let mut paths: Vec<String> = [
        "/job-script-templates?include_archived=true&include_null_identifier=true",
        "/job-scripts?include_archived=true",
        "/job-submissions?include_archived=true",
        "/clusters/status",
        "/job-script-templates/heat",
        "/job-script-templates/1/upload/template/job.sh.j2",
        "/job-script-templates/1/upload/template/na%C3%AFve%20%E2%98%83%20%231.txt",
        "/job-script-templates/1/upload/template/..a",
        "/job-script-templates/1/upload/workflow",
        "/job-script-templates/2/upload/template/job.sh.j2",
        "/job-scripts/1/upload/run.sh",
        "/job-scripts/1/upload/data.txt",
        "/job-scripts/2/upload/run.sh",
        "/job-submissions/1/progress",
        "/job-submissions/1/metrics",
        "/job-submissions/1/metrics/timestamps",
    ]
    .map(str::to_owned)
    .to_vec();
    for list in ["job-script-templates", "job-scripts", "job-submissions"] {
        paths.extend((1..=4).map(|id| format!("/{list}/{id}")));
    }
    let mut seen = Vec::new();
    for path in paths {
        let answer = user.get(&path).await;
        seen.push((path, answer.status.as_u16(), answer.text));
    }
    seen
}

/// The lines of an archive's table, and what its other entries hold.
fn unpacked(path: &Path) -> Vec<(String, Vec<u8>)> {
    use std::io::Read;
    let gzip = flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap());
    let mut archive = tar::Archive::new(gzip);
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        (entry.path().unwrap().display().to_string(), content)
    });
    entries.collect()
}

fn as_json(content: &[u8]) -> Value {
    serde_json::from_slice(content).unwrap()
}
