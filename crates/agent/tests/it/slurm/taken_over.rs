//! An agent that comes back finds that another one has by now what it had begun.

use std::time::Duration;

use chrono::Utc;
use jobbergate_agent::{
    journal::{Entry, Phase},
    reconcile::Absences,
    slurm::Receipt,
};
use jobbergate_testkit::slurm::SlurmLab;

use super::{
    scene::{Running, Scene},
    support::{self, Job, accepted, eventually},
};

const HELD: &str = "#!/bin/sh\n#SBATCH --hold\nhostname\n";
/// The claim that the agent had.
const LOST: Option<i64> = Some(1);
/// Longer than any test.
const NEVER: Duration = Duration::from_hours(1);

/// A submission that this agent attempted and another one has by now.
async fn scene() -> (Scene, Job) {
    let scene = Scene::new(SlurmLab::start().unwrap(), HELD).await;
    scene.server.world().shares = true;
    let job = Job::of(1, "alice", &scene.home, HELD);
    scene.submit(1, &[]);
    scene.server.with(1, |submission| submission.is_anothers = true);
    (scene, job)
}

async fn agent(scene: &Scene) -> jobbergate_agent::Agent {
    support::open(scene.config()).await.unwrap()
}

async fn intend(agent: &jobbergate_agent::Agent, job: &Job) {
    let (tag, account) = (&job.tag, &job.account.name);
    agent.journal.attempt(1, "1@x", tag, account, LOST, Utc::now()).await.unwrap();
}

/// Makes a job under this agent's tag, and another one of the same submission under another's.
async fn two_jobs(agent: &jobbergate_agent::Agent, job: &Job, scene: &Scene) -> (i64, i64) {
    let own = accepted(job.sbatch(agent).await);
    let other = accepted(Job::of(1, "alice", &scene.home, HELD).sbatch(agent).await);
    (own, other)
}

fn is_there(scene: &Scene, job: i64) -> bool {
    let listed = scene.lab.run("squeue", &["-h", "-j", &job.to_string(), "-t", "PD,R"]);
    !listed.unwrap().stdout.is_empty()
}

fn end(scene: &Scene, job: i64) {
    scene.lab.run("scancel", &[&job.to_string()]).unwrap();
}

/// What the journal has not settled, seen from outside of a running agent.
async fn unsettled(scene: &Scene) -> Vec<Entry> {
    let agent = agent(scene).await;
    agent.journal.unsettled().await.unwrap()
}

#[tokio::test]
async fn a_second_job_is_cancelled_when_the_other_agents_is_known() {
    let (scene, job) = scene().await;
    let agent = agent(&scene).await;
    intend(&agent, &job).await;
    let (own, other) = two_jobs(&agent, &job, &scene).await;
    agent.journal.submitted(1, own, Utc::now()).await.unwrap();
    scene.server.with(1, |submission| {
        (submission.status, submission.jobs) = ("SUBMITTED", vec![other]);
    });
    agent.report(1, &Phase::Submitted { slurm_job_id: own }, LOST).await.unwrap();
    assert_eq!(agent.journal.unsettled().await.unwrap(), []);
    eventually(10, "the second is cancelled", || async { !is_there(&scene, own) }).await;
    assert!(is_there(&scene, other));
    end(&scene, other);
}

#[tokio::test]
async fn the_only_job_is_kept_until_the_other_agent_has_found_it() {
    let (scene, job) = scene().await;
    let agent = agent(&scene).await;
    intend(&agent, &job).await;
    let own = accepted(job.sbatch(&agent).await);
    agent.journal.submitted(1, own, Utc::now()).await.unwrap();
    let phase = Phase::Submitted { slurm_job_id: own };
    let refused = agent.report(1, &phase, LOST).await.unwrap_err().to_string();
    assert!(refused.contains("another agent holds the submission"), "{refused}");
    assert_eq!(agent.journal.unsettled().await.unwrap().len(), 1);
    assert!(is_there(&scene, own));
    scene.server.with(1, |submission| {
        (submission.status, submission.jobs) = ("SUBMITTED", vec![own]);
    });
    agent.report(1, &phase, LOST).await.unwrap();
    assert_eq!(agent.journal.unsettled().await.unwrap(), []);
    assert!(is_there(&scene, own), "it is the submission's job");
    end(&scene, own);
}

#[tokio::test]
async fn a_job_of_what_another_agent_rejected_or_its_owner_deleted_is_cancelled() {
    for deleted in [false, true] {
        let (scene, job) = scene().await;
        let agent = agent(&scene).await;
        intend(&agent, &job).await;
        let own = accepted(job.sbatch(&agent).await);
        agent.journal.submitted(1, own, Utc::now()).await.unwrap();
        match deleted {
            true => drop(scene.server.world().submissions.remove(&1)),
            false => scene.server.with(1, |submission| submission.status = "REJECTED"),
        }
        agent.report(1, &Phase::Submitted { slurm_job_id: own }, LOST).await.unwrap();
        assert_eq!(agent.journal.unsettled().await.unwrap(), []);
        eventually(10, "it is cancelled", || async { !is_there(&scene, own) }).await;
    }
}

#[tokio::test]
async fn a_rejection_of_what_another_agent_has_is_not_wanted() {
    let (scene, _) = scene().await;
    let agent = agent(&scene).await;
    agent.journal.rejected_because(1, "1@x", "no", LOST, Utc::now()).await.unwrap();
    agent.report(1, &Phase::Rejected { message: "no".to_owned() }, LOST).await.unwrap();
    assert_eq!(agent.journal.unsettled().await.unwrap(), []);
    assert_eq!(scene.server.status(1), "CREATED");
}

#[tokio::test]
async fn an_attempt_is_settled_when_another_agent_has_made_the_job() {
    for (status, jobs) in [("DONE", vec![4_000_000]), ("REJECTED", vec![])] {
        let (scene, job) = scene().await;
        {
            let agent = agent(&scene).await;
            intend(&agent, &job).await;
        }
        scene.server.with(1, |submission| (submission.status, submission.jobs) = (status, jobs));
        let mut config = scene.config();
        // It must not wait for its own doubt to end.
        config.doubt_seconds = NEVER;
        let running = Running::start(config);
        eventually(20, "it is asked for", || async { scene.server.world().views > 0 }).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        running.stop().await;
        assert_eq!(unsettled(&scene).await, []);
        assert_eq!(scene.server.status(1), status);
    }
}

#[tokio::test]
async fn a_job_that_only_this_agent_knows_of_is_found_though_another_one_was_made() {
    let (scene, job) = scene().await;
    let (own, other) = {
        let agent = agent(&scene).await;
        intend(&agent, &job).await;
        let jobs = two_jobs(&agent, &job, &scene).await;
        // Its receipt was lost with the machine.
        Receipt::new(&agent.state_directory, &job.tag).discard();
        jobs
    };
    scene.server.with(1, |submission| {
        (submission.status, submission.jobs) = ("SUBMITTED", vec![other]);
    });
    let running = scene.agent();
    eventually(20, "the second is cancelled", || async { !is_there(&scene, own) }).await;
    assert!(is_there(&scene, other));
    running.stop().await;
    assert_eq!(unsettled(&scene).await, []);
    end(&scene, other);
}

#[tokio::test]
async fn while_nobody_knows_what_became_of_it_the_doubt_goes_on() {
    for status in ["CREATED", "CANCELLED"] {
        let (scene, job) = scene().await;
        {
            let agent = agent(&scene).await;
            intend(&agent, &job).await;
        }
        scene.server.with(1, |submission| submission.status = status);
        let mut config = scene.config();
        config.doubt_seconds = NEVER;
        let running = Running::start(config);
        eventually(20, "it is asked for", || async { scene.server.world().views > 1 }).await;
        // What is another's is no reason to keep the rest from others.
        running.stop().await;
        assert_eq!(scene.server.world().handed_back, 1);
        let left = unsettled(&scene).await;
        assert!(matches!(left[0].phase, Phase::Attempted { .. }), "{left:?}");
    }
}

#[tokio::test]
async fn what_is_uncertain_and_still_this_agents_is_not_handed_back() {
    let (scene, job) = scene().await;
    scene.server.with(1, |submission| submission.is_anothers = false);
    let agent = agent(&scene).await;
    agent.claim().await.unwrap();
    intend(&agent, &job).await;
    agent.hand_back().await.unwrap();
    assert_eq!(scene.server.world().handed_back, 0);
    scene.server.with(1, |submission| submission.is_anothers = true);
    agent.hand_back().await.unwrap();
    assert_eq!(scene.server.world().handed_back, 1);
}

#[tokio::test]
async fn what_came_to_nothing_and_is_another_agents_is_forgotten() {
    let (scene, job) = scene().await;
    {
        let agent = agent(&scene).await;
        intend(&agent, &job).await;
        agent.journal.came_to_nothing(1, Utc::now()).await.unwrap();
    }
    let running = scene.agent();
    eventually(10, "it asks", || async { scene.server.world().asked[0] > 0 }).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    running.stop().await;
    assert_eq!(unsettled(&scene).await, []);
}

#[tokio::test]
async fn one_look_is_enough_only_where_another_agent_has_looked() {
    let (scene, job) = scene().await;
    let agent = agent(&scene).await;
    intend(&agent, &job).await;
    let mut absences = Absences::default();
    let entry = job.entry(&agent).await;
    agent.reconcile(std::slice::from_ref(&entry), &mut absences, 1).await.unwrap();
    assert_eq!(agent.journal.unsettled().await.unwrap().len(), 1);
    absences.see_to(1);
    agent.reconcile(&[entry], &mut absences, 2).await.unwrap();
    assert_eq!(agent.journal.unsettled().await.unwrap(), []);
}
