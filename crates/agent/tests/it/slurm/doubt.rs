//! A controller that hangs or is down.

use std::time::Duration;

use jobbergate_agent::{journal::Phase, reconcile::Absences, slurm::SbatchOutcome};
use jobbergate_testkit::slurm::SlurmLab;

use super::support::{Job, accepted, agent, submitted, workdir};

const HELD: &str = "#!/bin/sh\n#SBATCH --hold\nhostname\n";

#[tokio::test]
async fn an_sbatch_that_was_given_up_may_have_made_a_job_and_it_is_found() {
    let lab = SlurmLab::start_alone().unwrap();
    let (state, home) = (tempfile::tempdir().unwrap(), workdir("alice"));
    let options = ["--sbatch-timeout-seconds=3", "--slurm-timeout-seconds=3", "--doubt-seconds=5"];
    let agent = agent(&lab, &state, &options).await;
    let job = Job::new("alice", &home, HELD);
    lab.pause();
    job.intend(&agent).await;
    let outcome = job.sbatch(&agent).await;
    assert!(matches!(outcome, SbatchOutcome::Unclear(_)), "{outcome:?}");
    let mut absences = Absences::default();
    let entry = job.entry(&agent).await;
    let silent = agent.reconcile(std::slice::from_ref(&entry), &mut absences, 1).await;
    assert!(silent.is_err(), "nothing can be known while the controller hangs");
    lab.resume();
    for _ in 0..100 {
        let entry = job.entry(&agent).await;
        if !matches!(entry.phase, Phase::Attempted { .. }) {
            break;
        }
        let _ = agent.reconcile(&[entry], &mut absences, rand::random()).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let jobs = job.jobs(&agent).await;
    assert_eq!(jobs.len(), 1, "the request waited in the controller's queue");
    assert_eq!(submitted(&job.entry(&agent).await), jobs.first().copied());
    agent.slurm.scancel(&jobs).await.unwrap();
}

#[tokio::test]
async fn a_controller_that_is_down_has_no_job_and_loses_none() {
    let lab = SlurmLab::start_alone().unwrap();
    let (state, home) = (tempfile::tempdir().unwrap(), workdir("alice"));
    let agent = agent(&lab, &state, &[]).await;
    let before = accepted(Job::new("alice", &home, HELD).sbatch(&agent).await);
    lab.stop_controller();
    assert!(!agent.slurm.is_up().await.unwrap());
    let job = Job::new("alice", &home, HELD);
    let outcome = job.sbatch(&agent).await;
    assert!(matches!(outcome, SbatchOutcome::NotSent(_)), "{outcome:?}");
    assert!(agent.slurm.squeue(1).await.is_err());
    lab.up().unwrap();
    assert!(agent.slurm.is_up().await.unwrap());
    assert!(job.jobs(&agent).await.is_empty(), "what was not sent does not appear");
    let details = agent.slurm.details(before).await.unwrap();
    assert!(details.is_some(), "a job outlives its controller");
    agent.slurm.scancel(&[before]).await.unwrap();
}
