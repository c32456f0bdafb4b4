//! Whatever is killed or hangs: each submission has exactly one job in slurm.

use std::{path::Path, time::Duration};

use jobbergate_testkit::slurm::SlurmLab;
use jobbergate_types::job_submissions::JobSubmissionStatus;

use crate::support::{AgentOptions, Site, script_of};

async fn until_exists(path: &Path) {
    for _ in 0..1200 {
        if path.exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{} never appeared", path.display());
}

fn impatient() -> Vec<(&'static str, String)> {
    vec![("JOBBERGATE_AGENT_DOUBT_SECONDS", "5".to_owned())]
}

#[tokio::test]
async fn an_agent_killed_between_sbatch_and_its_note_finds_the_job_in_slurm() {
    let site = Site::open();
    let flag = site.work.path().join("submitted");
    let after = format!("touch {}; sleep 30", flag.display());
    let sbatch = Some(site.sbatch_then(&after));
    let agent = site.agent(AgentOptions { sbatch, environment: impatient() });
    let id = site.submit(&script_of("sleep 5")).await;
    until_exists(&flag).await;
    agent.kill_9();
    assert_eq!(site.jobs_of(id).len(), 1);

    let _next = site.agent(AgentOptions { sbatch: None, environment: impatient() });
    let done = site.wait_for_status(id, JobSubmissionStatus::Done).await;
    assert_eq!(site.jobs_of(id), [done.submission.slurm_job_id.unwrap().to_string()]);
}

#[tokio::test]
async fn an_agent_killed_again_and_again_makes_one_slurm_job_of_each_submission() {
    let site = Site::open();
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(site.submit(&script_of("sleep 1")).await);
    }
    for pause in [150, 300, 450, 600, 750] {
        let agent = site.agent(AgentOptions { sbatch: None, environment: impatient() });
        tokio::time::sleep(Duration::from_millis(pause)).await;
        agent.kill_9();
    }
    let _last = site.agent(AgentOptions { sbatch: None, environment: impatient() });
    for id in ids {
        let done = site.wait_for_status(id, JobSubmissionStatus::Done).await;
        assert_eq!(site.jobs_of(id), [done.submission.slurm_job_id.unwrap().to_string()]);
    }
}

#[tokio::test]
async fn a_slurm_controller_that_hangs_while_the_agent_is_killed_makes_one_job() {
    let site = Site::with_slurm(SlurmLab::start_alone().unwrap());
    let options = || AgentOptions { sbatch: None, environment: impatient() };
    let agent = site.agent(options());
    site.slurm.pause();
    let id = site.submit(&script_of("sleep 3; echo done > done")).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    agent.kill_9();
    let _next = site.agent(options());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(
        site.alice.submission(id).await.unwrap().submission.status,
        JobSubmissionStatus::Created
    );
    site.slurm.resume();

    let done = site.wait_for_status(id, JobSubmissionStatus::Done).await;
    let counted = std::fs::read_dir(site.work.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("slurm-"))
        .count();
    assert_eq!(counted, 1, "each job leaves an output file");
    assert!(done.submission.slurm_job_id.is_some());
}

#[tokio::test]
async fn a_slurm_that_does_not_answer_aborts_nothing() {
    let site = Site::with_slurm(SlurmLab::start_alone().unwrap());
    let _agent = site.agent(AgentOptions::default());
    let id = site.submit(&script_of("sleep 8")).await;
    site.wait_for_status(id, JobSubmissionStatus::Submitted).await;
    site.slurm.pause();
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(
        site.alice.submission(id).await.unwrap().submission.status,
        JobSubmissionStatus::Submitted
    );
    site.slurm.resume();
    site.wait_for_status(id, JobSubmissionStatus::Done).await;
}
