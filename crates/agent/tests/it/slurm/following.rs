//! What is known of jobs, and their end.

use jobbergate_agent::{follow::aggregate, journal::TaskEnds, slurm::Slurm};
use jobbergate_testkit::slurm::SlurmLab;
use jobbergate_types::SlurmJobState;

use super::support::{Job, accepted, agent, eventually, workdir};

async fn state(slurm: &Slurm, job: i64) -> Option<SlurmJobState> {
    let records = slurm.squeue(rand::random()).await.unwrap().of(job);
    aggregate::records(&records.iter().collect::<Vec<_>>(), TaskEnds::default())
        .map(|summary| summary.state)
}

#[tokio::test]
async fn jobs_end_as_slurm_says() {
    let lab = SlurmLab::start().unwrap();
    let (state_dir, home) = (tempfile::tempdir().unwrap(), workdir("alice"));
    let agent = agent(&lab, &state_dir, &[]).await;
    for (script, end) in [
        ("#!/bin/sh\n#SBATCH -p compute\ntrue\n", SlurmJobState::Completed),
        ("#!/bin/sh\n#SBATCH -p compute\nexit 3\n", SlurmJobState::Failed),
        (
            "#!/bin/sh\n#SBATCH -p compute -a 0-2\nexit $SLURM_ARRAY_TASK_ID\n",
            SlurmJobState::Failed,
        ),
    ] {
        let job = accepted(Job::new("alice", &home, script).sbatch(&agent).await);
        eventually(30, script, || async { state(&agent.slurm, job).await == Some(end) }).await;
        let details = agent.slurm.details(job).await.unwrap().unwrap();
        assert_eq!(aggregate::states(&details.states), Some(end));
    }
}

#[tokio::test]
async fn a_cancelled_job_ends_and_an_unknown_one_is_denied() {
    let lab = SlurmLab::start().unwrap();
    let (state_dir, home) = (tempfile::tempdir().unwrap(), workdir("alice"));
    let agent = agent(&lab, &state_dir, &[]).await;
    let script = "#!/bin/sh\n#SBATCH -p compute\nsleep 100\n";
    let job = accepted(Job::new("alice", &home, script).sbatch(&agent).await);
    agent.slurm.scancel(&[job, 999_999]).await.unwrap();
    let cancelled = Some(SlurmJobState::Cancelled);
    eventually(20, "cancelled", || async { state(&agent.slurm, job).await == cancelled }).await;
    assert_eq!(agent.slurm.details(999_999).await.unwrap(), None);
    assert_eq!(agent.slurm.sacct_job(job, 7).await.unwrap(), None, "there is no accounting here");
}
