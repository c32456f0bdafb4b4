//! The ways in which a job of a slurm cluster ends.

use std::{fs, time::Duration};

use jobbergate_types::{SlurmJobState, job_submissions::JobSubmissionStatus};

use crate::support::{AgentOptions, Site, script_of};

#[tokio::test]
async fn slurm_runs_the_job_as_alice_and_nothing_of_the_agent_leaks_into_it() {
    let site = Site::open();
    let _agent = site.agent(AgentOptions::default());
    let commands = "id -un > who; env > environment; srun -N2 -n2 echo here > where";
    let id = site.submit(&script_of(&format!("#SBATCH -p compute -N2\n{commands}"))).await;
    let done = site.wait_for_status(id, JobSubmissionStatus::Done).await;

    assert_eq!(done.submission.slurm_job_state, Some(SlurmJobState::Completed));
    let read = |name| fs::read_to_string(site.work.path().join(name)).unwrap();
    assert_eq!(read("who"), "alice\n");
    assert_eq!(read("where"), "here\nhere\n");
    assert!(!read("environment").contains("JOBBERGATE_AGENT"), "{}", read("environment"));
    let info: serde_json::Value = serde_json::from_str(&done.slurm_job_info.unwrap()).unwrap();
    assert!(info.is_object(), "{info}");
    assert_eq!(site.progress(id).await.last().map(String::as_str), Some("COMPLETED"));
}

#[tokio::test]
async fn scripts_of_one_name_in_one_directory_do_not_take_each_others_place_in_slurm() {
    let site = Site::open();
    let mut ids = Vec::new();
    for number in 0..8 {
        ids.push(site.submit(&script_of(&format!("touch ran-{number}"))).await);
    }
    let _agent = site.agent(AgentOptions::default());
    for id in ids {
        site.wait_for_status(id, JobSubmissionStatus::Done).await;
    }
    for number in 0..8 {
        assert!(site.work.path().join(format!("ran-{number}")).exists(), "script {number}");
    }
}

#[tokio::test]
async fn a_job_that_fails_in_slurm_is_aborted_with_the_reason() {
    let site = Site::open();
    let _agent = site.agent(AgentOptions::default());
    let id = site.submit(&script_of("exit 3")).await;
    let ended = site.wait_for_status(id, JobSubmissionStatus::Aborted).await;
    assert_eq!(ended.submission.slurm_job_state, Some(SlurmJobState::Failed));
    assert_eq!(ended.report_message.as_deref(), Some("NonZeroExitCode"));
}

#[tokio::test]
async fn a_running_job_is_cancelled_in_slurm() {
    let site = Site::open();
    let _agent = site.agent(AgentOptions::default());
    let id = site.submit(&script_of("sleep 300")).await;
    site.wait_for_state(id, SlurmJobState::Running).await;
    let cancelled = site.alice.cancel_submission(id).await.unwrap();
    assert_eq!(cancelled.submission.status, JobSubmissionStatus::Cancelled);
    let ended = site.wait_for_state(id, SlurmJobState::Cancelled).await;
    assert_eq!(ended.submission.status, JobSubmissionStatus::Cancelled);
}

#[tokio::test]
async fn a_job_that_waits_in_slurm_is_cancelled() {
    let site = Site::open();
    let _agent = site.agent(AgentOptions::default());
    let directory = site.work.path().to_str().unwrap().to_owned();
    let id = site.submit_in(&script_of("true"), Some(directory), &["--hold"]).await;
    site.wait_for_state(id, SlurmJobState::Pending).await;
    site.alice.cancel_submission(id).await.unwrap();
    site.wait_for_state(id, SlurmJobState::Cancelled).await;
}

#[tokio::test]
async fn what_is_cancelled_before_an_agent_comes_never_reaches_slurm() {
    let site = Site::open();
    let (cancelled, other) =
        (site.submit(&script_of("true")).await, site.submit(&script_of("true")).await);
    site.alice.cancel_submission(cancelled).await.unwrap();
    let _agent = site.agent(AgentOptions::default());
    site.wait_for_status(other, JobSubmissionStatus::Done).await;
    assert!(site.jobs_of(cancelled).is_empty());
    assert_eq!(site.alice.submission(cancelled).await.unwrap().submission.slurm_job_id, None);
}

#[tokio::test]
async fn slurm_ends_a_job_at_its_time_limit() {
    let site = Site::open();
    let _agent = site.agent(AgentOptions::default());
    let id = site.submit(&script_of("sleep 300")).await;
    let aborted = |s: &jobbergate_types::job_submissions::JobSubmissionDetailedView| {
        s.submission.status == JobSubmissionStatus::Aborted
    };
    let ended = site.wait(id, Duration::from_secs(150), aborted).await;
    assert_eq!(ended.submission.slurm_job_state, Some(SlurmJobState::Timeout));
    assert_eq!(ended.report_message.as_deref(), Some("TimeLimit"));
}
