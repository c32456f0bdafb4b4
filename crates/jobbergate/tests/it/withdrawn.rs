//! Owners who cancel or delete what an agent has begun and not reported: no job runs on for nobody,
//! whatever becomes of the agent.

use std::time::{Duration, Instant};

use jobbergate_types::{SlurmJobState, job_submissions::JobSubmissionStatus};

use crate::support::{AgentOptions, Gate, Hold, Process, Site, script_of, until_exists};

/// By when the job has ended: a lease is over, the next agent has looked, and `scancel` has worked.
const ENDED: Duration = Duration::from_secs(60);

/// What an owner does who does not want a submission any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Cancels,
    Deletes,
    DeletesScript,
}

const WAYS: [Way; 3] = [Way::Cancels, Way::Deletes, Way::DeletesScript];

struct Scene {
    site: Site,
    gate: Gate,
}

impl Scene {
    fn new() -> Self {
        let site = Site::open();
        let gate = Gate::before(&site.address);
        Self { site, gate }
    }

    fn agent(&self, name: &str, lines: Option<&str>) -> Process {
        let environment = vec![
            ("JOBBERGATE_AGENT_DOUBT_SECONDS", "2".to_owned()),
            ("JOBBERGATE_AGENT_BASE_API_URL", format!("http://{}", self.gate.address)),
        ];
        let sbatch = lines.map(|lines| self.site.sbatch_of(lines));
        self.site.agent_called(name, AgentOptions { sbatch, environment })
    }

    async fn submit(&self) -> i64 {
        self.site.submit(&script_of("sleep 300")).await
    }

    /// Of an agent that is killed when Slurm has a job of its and the server does not know it.
    async fn unreported(&self) -> i64 {
        self.gate.close("agent/submitted", Hold::Request);
        let agent = self.agent("a", None);
        let id = self.submit().await;
        self.gate.holds().await;
        agent.kill_9();
        self.gate.open();
        assert_eq!(self.site.jobs_of(id).len(), 1);
        id
    }

    async fn withdraw(&self, id: i64, way: Way) {
        let alice = &self.site.alice;
        match way {
            Way::Cancels => drop(alice.cancel_submission(id).await.unwrap()),
            Way::Deletes => alice.delete_submission(id).await.unwrap(),
            Way::DeletesScript => {
                let script = alice.submission(id).await.unwrap().submission.job_script_id.unwrap();
                alice.delete_script(script).await.unwrap();
            }
        }
    }

    /// Its one job was cancelled, and the server knows if there is anything to know.
    async fn has_ended(&self, id: i64, way: Way) {
        let [job] = &self.site.jobs_of(id)[..] else { panic!("{:?}", self.site.jobs_of(id)) };
        let end = Instant::now() + ENDED;
        loop {
            let shown = self.site.slurm.run("squeue", &["-h", "-t", "all", "-j", job, "-o", "%T"]);
            let state = String::from_utf8(shown.unwrap().stdout).unwrap();
            if state.trim() == "CANCELLED" {
                break;
            }
            assert!(Instant::now() < end, "{way:?}: the job is {state}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        if way == Way::Cancels {
            let known = self.site.wait_for_state(id, SlurmJobState::Cancelled).await.submission;
            assert_eq!(known.status, JobSubmissionStatus::Cancelled);
            assert_eq!(known.slurm_job_id.unwrap().to_string(), *job);
        }
    }

    /// Nobody is to look into anything any more.
    async fn all_is_settled(&self, names: &[&str]) {
        let end = Instant::now() + ENDED;
        for name in names {
            let state = self.site.state_of(name);
            let instance = std::fs::read_to_string(state.join("instance")).unwrap();
            while !self.site.as_cluster().withdrawn(&instance).await.unwrap().is_empty() {
                assert!(Instant::now() < end, "agent {name} never came to an end");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

#[tokio::test]
async fn the_next_agent_ends_the_job_that_a_killed_one_had_not_reported() {
    for way in WAYS {
        let scene = Scene::new();
        let id = scene.unreported().await;
        scene.withdraw(id, way).await;
        let _next = scene.agent("b", None);
        scene.has_ended(id, way).await;
        scene.all_is_settled(&["a", "b"]).await;
    }
}

#[tokio::test]
async fn an_agent_that_begins_again_ends_the_job_that_it_had_not_reported() {
    for way in WAYS {
        let scene = Scene::new();
        let id = scene.unreported().await;
        scene.withdraw(id, way).await;
        let _again = scene.agent("a", None);
        scene.has_ended(id, way).await;
        scene.all_is_settled(&["a"]).await;
    }
}

/// The journal knows of the attempt only, and `sbatch` has not even written the number.
#[tokio::test]
async fn a_job_is_ended_whose_number_nobody_wrote_down() {
    for successor in ["a", "b"] {
        let scene = Scene::new();
        let lines = "out=$($real \"$@\"); echo $$ > pid; mv pid begun; sleep 60; echo $out";
        let agent = scene.agent("a", Some(lines));
        let id = scene.submit().await;
        let begun = scene.site.work.path().join("begun");
        until_exists(&begun).await;
        agent.kill_9();
        let group = std::fs::read_to_string(&begun).unwrap().trim().parse().unwrap();
        let group = nix::unistd::Pid::from_raw(group);
        nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL).unwrap();
        scene.withdraw(id, Way::Cancels).await;
        let _next = scene.agent(successor, None);
        scene.has_ended(id, Way::Cancels).await;
        scene.all_is_settled(&["a", "b"][..=usize::from(successor == "b")]).await;
    }
}

#[tokio::test]
async fn what_was_withdrawn_before_sbatch_began_makes_no_job_and_is_soon_settled() {
    for (kill, way) in [(true, Way::Cancels), (true, Way::Deletes), (false, Way::DeletesScript)] {
        let scene = Scene::new();
        scene.gate.close("/upload/job.sh", Hold::Request);
        let agent = scene.agent("a", None);
        let id = scene.submit().await;
        scene.gate.holds().await;
        if kill {
            agent.kill_9();
            scene.withdraw(id, way).await;
            scene.gate.open();
            let next = scene.agent("b", None);
            next.said("nobody wants it: looking for another agent's job");
            next.said("no other agent made a job of it");
            scene.all_is_settled(&["a", "b"]).await;
        } else {
            scene.withdraw(id, way).await;
            // Its request stays at the gate for good: the agent gives it up.
            scene.gate.open();
            scene.all_is_settled(&["a"]).await;
            drop(agent);
        }
        assert!(scene.site.jobs_of(id).is_empty());
    }
}

#[tokio::test]
async fn what_is_cancelled_while_sbatch_runs_is_ended_by_the_agent_that_runs_it() {
    let scene = Scene::new();
    let agent = scene.agent("a", Some("touch begun; sleep 3; exec $real \"$@\""));
    let id = scene.submit().await;
    until_exists(&scene.site.work.path().join("begun")).await;
    scene.withdraw(id, Way::Cancels).await;
    agent.said("submitted");
    scene.has_ended(id, Way::Cancels).await;
    scene.all_is_settled(&["a"]).await;
}
