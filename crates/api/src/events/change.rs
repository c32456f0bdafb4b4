//! What can be told of a submission that has just come to a status.

use jobbergate_types::{job_submissions::JobSubmissionStatus, slurm::SlurmJobState};

/// A submission that has just come to its status.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) job_submission_id: i32,
    pub(crate) name: String,
    pub(crate) owner_email: String,
    /// The cluster that it is for.
    pub(crate) client_id: String,
    pub(crate) status: JobSubmissionStatus,
    pub(crate) slurm_job_state: Option<SlurmJobState>,
    /// Why it was rejected, or how its job ended.
    pub(crate) report_message: Option<String>,
}
