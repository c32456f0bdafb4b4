//! What tells a submission from another of the same number.

use jobbergate_types::job_submissions::PendingJobSubmission;

/// Differs between submissions of the same number of a server and of one that was set up anew.
pub fn origin(pending: &PendingJobSubmission) -> String {
    let script = &pending.job_script.script;
    format!("{}@{}", script.id, script.created_at)
}
