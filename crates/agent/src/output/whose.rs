//! Whether a job is the submission's that a request is about.

use jobbergate_types::output::{OutputRefusalKind as Kind, OutputRequest};

use super::refusal::{Refused, refuse, unusable};
use crate::{
    agent::Agent, journal::Phase, run_as::Account, slurm::Details, tag::Tag, user_map::Mapping,
};

/// Refuses a job that is not the submission's. The number of a submission's job may have been made up
/// by its owner, and controllers give numbers away again.
pub(super) async fn require_own(
    agent: &Agent,
    request: &OutputRequest,
    account: &Account,
    details: &Details,
) -> Result<(), Refused> {
    let (submission, job) = (request.job_submission_id, request.slurm_job_id);
    let anothers = |why: &str| {
        refuse(Kind::Forbidden, format!("Job {job} is not that of submission {submission}: {why}"))
    };
    if details.user() != Some(account.name.as_str()) {
        return Err(anothers(&format!("it does not run as {}, whom its owner is", account.name)));
    }
    let entry = agent.journal.entry(submission).await.map_err(|error| unusable(&error))?;
    let own = entry.filter(|entry| entry.phase == Phase::Submitted { slurm_job_id: job });
    let comment = details.comment();
    match (own, Tag::names(submission, comment)) {
        (Some(own), _) if own.tag.contradicts(comment) => {
            Err(anothers("the number was given away again"))
        }
        (Some(_), _) | (None, Some(true)) => Ok(()),
        (None, Some(false)) => Err(anothers("it is that of another one")),
        // Everybody's jobs run as the same user.
        (None, None) if matches!(agent.user_map.mapping(), Mapping::Single(_)) => {
            Err(anothers("nothing says that it is"))
        }
        (None, None) => Ok(()),
    }
}
