//! An agent with the settings of the Python agent that it takes the place of.

use jobbergate_agent::journal::Phase;
use jobbergate_testkit::slurm::SlurmLab;
use jobbergate_types::job_submissions::PendingJobSubmission;
use serde_json::json;

use super::support::{agent, workdir};

fn with_support_file(directory: &str) -> PendingJobSubmission {
    let at = "2026-01-02T03:04:05Z";
    let file = |name: &str, kind: &str| {
        json!({"parent_id": 1, "filename": name, "file_type": kind, "created_at": at,
            "updated_at": at})
    };
    let script = json!({"id": 1, "name": "s", "owner_email": "alice@lab.org",
        "created_at": at, "updated_at": at, "is_archived": false, "description": null,
        "parent_template_id": null, "cloned_from_id": null,
        "files": [file("data.in", "SUPPORT"), file("job.sh", "ENTRYPOINT")]});
    serde_json::from_value(json!({"id": 7, "name": "n", "owner_email": "Alice@Lab.org",
        "job_script": script, "execution_directory": directory, "execution_parameters": {},
        "sbatch_arguments": []}))
    .unwrap()
}

#[tokio::test]
async fn a_script_never_runs_without_its_data() {
    let lab = SlurmLab::start().unwrap();
    let (state_dir, home) = (tempfile::tempdir().unwrap(), workdir("alice"));
    let agent = agent(&lab, &state_dir, &["--write-submission-files=False"]).await;
    let pending = with_support_file(&home.path().display().to_string());
    agent.submit(&pending, 1).await.unwrap();
    let entry = agent.journal.entry(7).await.unwrap().unwrap();
    let Phase::Rejected { message } = entry.phase else { panic!("not rejected: {entry:?}") };
    assert!(message.contains("data.in") && message.contains("WRITE_SUBMISSION_FILES"), "{message}");
}
