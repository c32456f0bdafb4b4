//! The agent is killed between any two steps and begins again.

use jobbergate_agent::{Agent, error::AgentError, journal::Phase, reconcile::Absences};
use jobbergate_testkit::slurm::SlurmLab;
use tempfile::TempDir;

use super::support::{Job, accepted, agent, config, eventually, submitted, workdir};

const HELD: &str = "#!/bin/sh\n#SBATCH --hold\nhostname\n";
const HASTE: &[&str] = &["--doubt-seconds=1"];

/// A restarted agent looks for what is in doubt until it knows.
async fn settle(lab: &SlurmLab, state: &TempDir, job: &Job) -> Phase {
    let agent = agent(lab, state, HASTE).await;
    let mut absences = Absences::default();
    for _ in 0..100 {
        let entry = job.entry(&agent).await;
        if !matches!(entry.phase, Phase::Attempted { .. }) {
            return entry.phase;
        }
        agent.reconcile(&[entry], &mut absences, rand::random()).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("in doubt for ever")
}

#[tokio::test]
async fn killed_before_sbatch_there_is_certainly_no_job() {
    let lab = SlurmLab::start().unwrap();
    let (state, home) = (tempfile::tempdir().unwrap(), workdir("alice"));
    let job = Job::new("alice", &home, HELD);
    {
        let agent = agent(&lab, &state, HASTE).await;
        job.intend(&agent).await;
    }
    assert_eq!(settle(&lab, &state, &job).await, Phase::Planned);
}

#[tokio::test]
async fn killed_after_sbatch_the_job_is_found_by_its_receipt() {
    let lab = SlurmLab::start().unwrap();
    let (state, home) = (tempfile::tempdir().unwrap(), workdir("alice"));
    let job = Job::new("alice", &home, HELD);
    let number = {
        let agent = agent(&lab, &state, HASTE).await;
        job.intend(&agent).await;
        accepted(job.sbatch(&agent).await)
    };
    // The receipt is enough even if Slurm can't be asked.
    let agent = agent(&lab, &state, &["--squeue-path=/bin/false"]).await;
    let entry = job.entry(&agent).await;
    agent.reconcile(&[entry], &mut Absences::default(), 1).await.unwrap();
    assert_eq!(submitted(&job.entry(&agent).await), Some(number));
    agent.slurm.scancel(&[number]).await.unwrap();
}

#[tokio::test]
async fn killed_with_the_whole_host_the_job_is_found_by_its_tag() {
    let lab = SlurmLab::start().unwrap();
    let (state, home) = (tempfile::tempdir().unwrap(), workdir("alice"));
    let job = Job::new("alice", &home, HELD);
    let number = {
        let agent = agent(&lab, &state, HASTE).await;
        job.intend(&agent).await;
        let number = accepted(job.sbatch(&agent).await);
        let receipt = state.path().join(format!("{}.sbatch", job.tag));
        std::fs::remove_file(receipt).unwrap();
        number
    };
    assert_eq!(settle(&lab, &state, &job).await, Phase::Submitted { slurm_job_id: number });
    let agent = agent(&lab, &state, HASTE).await;
    assert_eq!(job.jobs(&agent).await, [number]);
    agent.slurm.scancel(&[number]).await.unwrap();
}

#[tokio::test]
async fn what_can_not_be_known_is_left_to_its_owner_and_not_submitted_again() {
    let lab = SlurmLab::start().unwrap();
    let (state, home) = (tempfile::tempdir().unwrap(), workdir("alice"));
    let job = Job::new("alice", &home, HELD);
    {
        // The host was down for longer than Slurm remembers.
        let agent = agent(&lab, &state, HASTE).await;
        let long_ago = chrono::Utc::now() - chrono::TimeDelta::minutes(10);
        agent.journal.attempt(job.id, "1@x", &job.tag, "alice", None, long_ago).await.unwrap();
    }
    let Phase::Rejected { message } = settle(&lab, &state, &job).await else {
        panic!("it may have run")
    };
    assert!(message.starts_with("It is uncertain whether Slurm ran this job"), "{message}");
    assert!(message.contains(job.tag.as_str()) && message.contains("submit it again"), "{message}");
}

#[tokio::test]
async fn what_was_noted_is_there_after_a_restart() {
    let lab = SlurmLab::start().unwrap();
    let (state, home) = (tempfile::tempdir().unwrap(), workdir("alice"));
    let job = Job::new("alice", &home, HELD);
    {
        let agent = agent(&lab, &state, HASTE).await;
        job.intend(&agent).await;
        agent.journal.submitted(7, 12, chrono::Utc::now()).await.unwrap();
        agent.journal.rejected_because(8, "1@x", "no", None, chrono::Utc::now()).await.unwrap();
    }
    let agent = agent(&lab, &state, HASTE).await;
    let unsettled = agent.journal.unsettled().await.unwrap();
    let phases: Vec<&Phase> = unsettled.iter().map(|entry| &entry.phase).collect();
    let rejected = Phase::Rejected { message: "no".to_owned() };
    assert_eq!(phases, [&Phase::Submitted { slurm_job_id: 12 }, &rejected]);
    for entry in unsettled {
        agent.journal.settle(entry.id, chrono::Utc::now()).await.unwrap();
    }
    assert_eq!(agent.journal.unsettled().await.unwrap(), []);
    assert_eq!(agent.journal.rejected().await.unwrap(), [8]);
}

#[tokio::test]
async fn two_agents_never_share_a_journal() {
    let lab = SlurmLab::start().unwrap();
    let state = tempfile::tempdir().unwrap();
    let first = agent(&lab, &state, &[]).await;
    let Err(error) = Agent::open(config(&lab, state.path(), &[])).await else {
        panic!("both have it")
    };
    assert!(matches!(error, AgentError::Journal { .. }));
    assert!(error.to_string().contains("--state-dir"), "{error}");
    drop(first);
    eventually(5, "the lock is free", || async {
        Agent::open(config(&lab, state.path(), &[])).await.is_ok()
    })
    .await;
}
