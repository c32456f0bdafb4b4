//! The agent is killed at each transition of a submission, and begins again: there is exactly one
//! job in slurm, and the server knows it.

use std::{fs, path::Path, time::Duration};

use jobbergate_testkit::slurm::SlurmLab;
use jobbergate_types::job_submissions::JobSubmissionStatus;
use nix::sys::signal::Signal;

use crate::support::{AgentOptions, Gate, Hold, Process, Site, script_of, until_exists};

const DOUBT: &str = "2";

/// A site whose agent comes to the server through a gate.
struct Scene {
    site: Site,
    gate: Gate,
}

impl Scene {
    fn new() -> Self {
        let site = Site::with_slurm(SlurmLab::start().unwrap());
        let gate = Gate::before(&site.address);
        Self { site, gate }
    }

    fn agent(&self, lines: Option<&str>) -> Process {
        self.agent_with(lines, &[])
    }

    fn agent_with(&self, lines: Option<&str>, more: &[(&'static str, String)]) -> Process {
        let sbatch = lines.map(|lines| self.site.sbatch_of(lines));
        let usual = [
            ("JOBBERGATE_AGENT_BASE_API_URL", format!("http://{}", self.gate.address)),
            ("JOBBERGATE_AGENT_DOUBT_SECONDS", DOUBT.to_owned()),
        ];
        let environment = usual.into_iter().chain(more.iter().cloned()).collect();
        self.site.agent(AgentOptions { sbatch, environment })
    }

    /// Each run of the script leaves a line.
    async fn submit(&self) -> i64 {
        self.site.submit(&script_of("echo $SLURM_JOB_ID >> ran; sleep 1")).await
    }

    fn flag(&self, name: &str) -> std::path::PathBuf {
        self.site.work.path().join(name)
    }

    /// The job runs, once, and the server knows its number.
    async fn runs_once(&self, id: i64) {
        let done = self.site.wait_for_status(id, JobSubmissionStatus::Done).await;
        let number = done.submission.slurm_job_id.unwrap().to_string();
        // Long enough for a second job to begin.
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(self.site.jobs_of(id), std::slice::from_ref(&number));
        assert_eq!(fs::read_to_string(self.flag("ran")).unwrap(), format!("{number}\n"));
    }

    /// The agent that is killed when the gate holds something, and the next one.
    async fn killed_at_the_gate(&self, agent: Process) -> Process {
        self.gate.holds().await;
        agent.kill_9();
        self.gate.open();
        self.agent(None)
    }
}

#[tokio::test]
async fn killed_before_the_attempt_is_noted() {
    let scene = Scene::new();
    scene.gate.close("/upload/job.sh", Hold::Request);
    let agent = scene.agent(None);
    let id = scene.submit().await;
    let _next = scene.killed_at_the_gate(agent).await;
    scene.runs_once(id).await;
}

/// From `attempted`, before slurm was asked: its `sbatch` goes on without the agent.
#[tokio::test]
async fn killed_when_sbatch_is_about_to_ask() {
    let scene = Scene::new();
    let agent = scene.agent(Some("touch begun; sleep 2; exec $real \"$@\""));
    let id = scene.submit().await;
    until_exists(&scene.flag("begun")).await;
    agent.kill_9();
    let _next = scene.agent(None);
    scene.runs_once(id).await;
}

/// The same, where `sbatch` dies as well: it comes to nothing, and is attempted again.
#[tokio::test]
async fn killed_with_sbatch_before_it_asked() {
    let scene = Scene::new();
    let agent = scene.agent(Some("echo $$ > pid; mv pid begun; sleep 60; exec $real \"$@\""));
    let id = scene.submit().await;
    until_exists(&scene.flag("begun")).await;
    agent.kill_9();
    kill_program(&scene.flag("begun"));
    let _next = scene.agent(None);
    scene.runs_once(id).await;
}

fn kill_program(noted: &Path) {
    let pid: i32 = fs::read_to_string(noted).unwrap().trim().parse().unwrap();
    nix::sys::signal::killpg(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL).unwrap();
}

/// From `attempted`, when slurm has the job and nobody wrote its number: it is found by its tag.
#[tokio::test]
async fn killed_with_sbatch_after_slurm_took_the_job() {
    let scene = Scene::new();
    let lines = "out=$($real \"$@\"); echo $$ > pid; mv pid begun; sleep 60; echo $out";
    let agent = scene.agent(Some(lines));
    let id = scene.submit().await;
    until_exists(&scene.flag("begun")).await;
    agent.kill_9();
    kill_program(&scene.flag("begun"));
    let _next = scene.agent(None);
    scene.runs_once(id).await;
}

/// From `attempted`, when the number stands on the receipt only.
#[tokio::test]
async fn killed_when_sbatch_has_written_the_number() {
    let scene = Scene::new();
    let lines = "touch begun; until [ -e go ]; do sleep 0.1; done; $real \"$@\"; touch written";
    let agent = scene.agent(Some(lines));
    let id = scene.submit().await;
    until_exists(&scene.flag("begun")).await;
    agent.signal(Signal::SIGSTOP);
    fs::write(scene.flag("go"), "").unwrap();
    until_exists(&scene.flag("written")).await;
    agent.kill_9();
    let _next = scene.agent(None);
    scene.runs_once(id).await;
}

/// From `submitted`: the server does not know.
#[tokio::test]
async fn killed_before_the_job_is_reported() {
    let scene = Scene::new();
    scene.gate.close("agent/submitted", Hold::Request);
    let agent = scene.agent(None);
    let id = scene.submit().await;
    let _next = scene.killed_at_the_gate(agent).await;
    scene.runs_once(id).await;
}

/// From `submitted`: the server knows, and the agent does not know that.
#[tokio::test]
async fn killed_before_the_report_is_acknowledged() {
    let scene = Scene::new();
    scene.gate.close("agent/submitted", Hold::Answer);
    let agent = scene.agent(None);
    let id = scene.submit().await;
    let _next = scene.killed_at_the_gate(agent).await;
    scene.runs_once(id).await;
}

/// From `reported`: nothing is left to do but to follow the job.
#[tokio::test]
async fn killed_when_the_server_knows_the_job() {
    let scene = Scene::new();
    let agent = scene.agent(None);
    let id = scene.submit().await;
    scene.site.wait_for_status(id, JobSubmissionStatus::Submitted).await;
    agent.kill_9();
    let _next = scene.agent(None);
    scene.runs_once(id).await;
}

/// From `attempted` to `submitted` by a job that was found, unreported.
#[tokio::test]
async fn killed_again_after_the_job_was_found() {
    let scene = Scene::new();
    let lines = "out=$($real \"$@\"); echo $$ > pid; mv pid begun; sleep 60; echo $out";
    let agent = scene.agent(Some(lines));
    let id = scene.submit().await;
    until_exists(&scene.flag("begun")).await;
    agent.kill_9();
    kill_program(&scene.flag("begun"));
    scene.gate.close("agent/submitted", Hold::Request);
    let second = scene.agent(None);
    let _third = scene.killed_at_the_gate(second).await;
    scene.runs_once(id).await;
}

/// From `planned`: an attempt that certainly came to nothing.
#[tokio::test]
async fn killed_after_an_attempt_came_to_nothing() {
    let scene = Scene::new();
    let refused = "echo 'sbatch: error: Batch job submission failed: Unable to contact slurm \
                   controller (connect failure)' >&2; exit 1";
    let agent = scene.agent(Some(refused));
    let id = scene.submit().await;
    agent.said("tried again later");
    agent.kill_9();
    let _next = scene.agent(None);
    scene.runs_once(id).await;
}

/// A submission that is refused, whichever way; the agent is killed there.
async fn is_rejected_though_killed(arguments: &[&str], lines: Option<&str>, hold: Hold) {
    let scene = Scene::new();
    scene.gate.close("agent/rejected", hold);
    let agent = scene.agent(lines);
    let directory = Some(scene.site.work.path().to_str().unwrap().to_owned());
    let id = scene.site.submit_in(&script_of("true"), directory, arguments).await;
    let _next = scene.killed_at_the_gate(agent).await;
    let rejected = scene.site.wait_for_status(id, JobSubmissionStatus::Rejected).await;
    assert!(!rejected.report_message.unwrap().is_empty());
    assert!(scene.site.jobs_of(id).is_empty());
}

/// From `rejected`, which came from `unknown` and from `attempted`.
#[tokio::test]
async fn killed_before_a_rejection_is_reported_or_acknowledged() {
    for hold in [Hold::Request, Hold::Answer] {
        is_rejected_though_killed(&["--uid=root"], None, hold).await;
        is_rejected_though_killed(&["--partition=nosuch"], None, hold).await;
    }
}

/// From `unknown` to `submitted`, by a Python agent's note.
#[tokio::test]
async fn killed_before_the_job_of_a_python_agent_is_reported() {
    let scene = Scene::new();
    let id = scene.submit().await;
    let directory = scene.site.work.path().to_str().unwrap();
    let wrap = ["--parsable", "--uid=alice", "-p", "compute", "-D", directory, "-o", "/dev/null"];
    let submitted = scene.site.slurm.run("sbatch", &[&wrap[..], &["--wrap=sleep 5"]].concat());
    let number = String::from_utf8(submitted.unwrap().stdout).unwrap().trim().to_owned();
    let notes = tempfile::tempdir().unwrap();
    fs::write(notes.path().join(format!("{id}.slurm_job_id")), &number).unwrap();
    let cache = [("JOBBERGATE_AGENT_CACHE_DIR", notes.path().to_str().unwrap().to_owned())];
    scene.gate.close("agent/submitted", Hold::Request);
    let agent = scene.agent_with(None, &cache);
    scene.gate.holds().await;
    agent.kill_9();
    scene.gate.open();
    let _next = scene.agent_with(None, &cache);
    let done = scene.site.wait_for_status(id, JobSubmissionStatus::Done).await;
    assert_eq!(done.submission.slurm_job_id.unwrap().to_string(), number);
    assert!(scene.site.jobs_of(id).is_empty(), "no other one was made");
}

/// An agent of another name finds the job that a killed one made, or finds that there is none.
async fn taken_over(unreported: bool) {
    let scene = Scene::new();
    scene.gate.close(if unreported { "agent/submitted" } else { "/upload/job.sh" }, Hold::Request);
    let first = scene.agent(None);
    let id = scene.submit().await;
    scene.gate.holds().await;
    first.kill_9();
    let second = || {
        let environment = vec![
            ("JOBBERGATE_AGENT_BASE_API_URL", format!("http://{}", scene.gate.address)),
            ("JOBBERGATE_AGENT_DOUBT_SECONDS", DOUBT.to_owned()),
        ];
        scene.site.agent_called("other", AgentOptions { sbatch: None, environment })
    };
    let other = second();
    if unreported {
        // From `unknown` to `submitted`, by the job that was found.
        other.said("found another agent's job");
    } else {
        other.said("looking for another agent's job");
        other.kill_9();
        let other = second();
        // Looked for anew, and then attempted.
        other.said("no other agent made a job of it");
        scene.gate.holds().await;
        other.kill_9();
        scene.gate.open();
        let _last = second();
        return scene.runs_once(id).await;
    }
    scene.gate.holds().await;
    other.kill_9();
    scene.gate.open();
    let _last = second();
    scene.runs_once(id).await;
}

#[tokio::test]
async fn killed_before_the_job_of_another_agent_is_reported() {
    taken_over(true).await;
}

#[tokio::test]
async fn killed_while_the_job_of_another_agent_is_looked_for() {
    taken_over(false).await;
}
