//! What can't be run on a slurm cluster is rejected with cause and remedy.

use jobbergate_types::job_submissions::JobSubmissionStatus;

use crate::support::{AgentOptions, Site, script_of};

async fn rejection(site: &Site, id: i64) -> String {
    let rejected = site.wait_for_status(id, JobSubmissionStatus::Rejected).await;
    assert_eq!(rejected.submission.slurm_job_id, None);
    rejected.report_message.unwrap()
}

#[tokio::test]
async fn slurm_rejects_a_script_in_its_own_words() {
    let site = Site::open();
    let _agent = site.agent(AgentOptions::default());
    let id = site.submit(&script_of("#SBATCH --partition=nosuch\ntrue")).await;
    let message = rejection(&site, id).await;
    assert!(message.contains("invalid partition specified: nosuch"), "{message}");

    let id = site.submit("echo no interpreter\n").await;
    let message = rejection(&site, id).await;
    assert!(message.contains("This does not look like a batch script"), "{message}");
}

#[tokio::test]
async fn a_directory_that_is_missing_or_not_writable_keeps_a_job_from_slurm() {
    let site = Site::open();
    let _agent = site.agent(AgentOptions::default());
    for directory in ["/nonexistent/dir", "/etc"] {
        let script = script_of("true");
        let id = site.submit_in(&script, Some(directory.to_owned()), &[]).await;
        let message = rejection(&site, id).await;
        assert!(message.contains(directory), "{message}");
        assert!(message.contains("alice") || message.contains("exist"), "{message}");
    }
    assert!(!std::path::Path::new("/etc/job.sh").exists());
}

#[tokio::test]
async fn an_address_without_a_user_keeps_a_job_from_slurm() {
    let site = Site::open();
    let _agent = site.agent(AgentOptions::default());
    let stranger = site.somebody("nobody-here@example.com");
    let id = site.submit_by(&stranger, &script_of("true"), None, &[]).await;
    let message = rejection(&site, id).await;
    assert!(message.contains("nobody-here@example.com"), "{message}");
}
