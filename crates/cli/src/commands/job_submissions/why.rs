//! `jobbergate job-submissions why`.

use std::time::SystemTime;

use jobbergate_client::Error;
use jobbergate_types::job_submissions::JobSubmissionDetailedView;
use serde_json::{Value, json};

use super::Session;
use crate::{
    api::failed,
    failure::Result,
    follow::explain::{Cluster, Explanation},
    output::{print, printable},
};

/// Says why a submission is as it is, and what to do.
///
/// # Errors
/// When it can't be had.
pub async fn explain(session: &Session, id: i64) -> Result<()> {
    let client = session.api.persistent().await?;
    let submission =
        session.api.noted(&format!("GET job-submissions/{id}"), client.submission(id)).await;
    let submission = submission.map_err(|error| {
        failed(&format!("Couldn't retrieve job submission {id} from API"), &error)
    })?;
    let name = submission.submission.client_id.as_str();
    let status = client.cluster_status(name);
    let status = session.api.noted(&format!("GET clusters/status/{name}"), status).await;
    let cluster = cluster(status);
    let explanation = Explanation::of(&submission, &cluster, SystemTime::now().into());
    if session.output.follows_as_json()? {
        return print(&format!("{:#}\n", raw(&submission, &cluster, &explanation)));
    }
    print(&printable(&text(&submission, &explanation)))
}

fn cluster(
    status: std::result::Result<jobbergate_types::clusters::ClusterStatusView, Error>,
) -> Cluster {
    match status {
        Ok(status) => Cluster::Known(status),
        Err(error) if error.status().is_some_and(|status| status.as_u16() == 404) => {
            Cluster::Silent
        }
        Err(Error::Status { detail, .. }) => Cluster::Hidden(detail.to_string()),
        Err(error) => Cluster::Hidden(error.to_string()),
    }
}

fn text(submission: &JobSubmissionDetailedView, explanation: &Explanation) -> String {
    let base = &submission.submission;
    let (id, name, status) = (base.id, &base.name, base.status);
    let mut text = format!("Submission {id} ({name}) on cluster {} is {status}.\n", base.client_id);
    for sentence in &explanation.because {
        text.push_str(&format!("{sentence}\n"));
    }
    if !explanation.advice.is_empty() {
        text.push_str(&format!("\nWhat to do:\n  {}\n", explanation.advice.join("\n  ")));
    }
    text
}

fn raw(
    submission: &JobSubmissionDetailedView,
    cluster: &Cluster,
    explanation: &Explanation,
) -> Value {
    let base = &submission.submission;
    let status = match cluster {
        Cluster::Known(status) => json!(status),
        Cluster::Silent | Cluster::Hidden(_) => Value::Null,
    };
    json!({
        "job_submission_id": base.id,
        "status": base.status,
        "slurm_job_id": base.slurm_job_id,
        "slurm_job_state": base.slurm_job_state,
        "slurm_pending_reason": base.outlook.slurm_pending_reason,
        "slurm_expected_start": base.outlook.slurm_expected_start,
        "report_message": submission.report_message,
        "because": explanation.because,
        "advice": explanation.advice,
        "cluster_status": status,
    })
}
