//! What somebody waits for, and what ended last.

use askama::Template;
use chrono::{DateTime, Utc};
use jobbergate_types::{
    job_submissions::{JobSubmissionBaseView, JobSubmissionStatus},
    slurm::meaning,
};

use crate::{
    db::Db,
    error::Result,
    resources::job_submissions::recent::{self, Recent},
    web::portal::words::{Moment, State},
};

/// How many of each are shown.
const SHOWN: i64 = 10;

#[derive(Template)]
#[template(path = "portal/home_jobs.html")]
pub(super) struct Jobs {
    base: String,
    under_way: Vec<Job>,
    total: i64,
    settled: Vec<Job>,
}

struct Job {
    id: i64,
    name: String,
    cluster: String,
    slurm_job: Option<i64>,
    state: State,
    /// Why it waits.
    reason: Option<String>,
    start: Option<Moment>,
    submitted: Moment,
    changed: Moment,
}

impl Jobs {
    pub(super) async fn of(db: &Db, owner: &str, base: &str, now: DateTime<Utc>) -> Result<Self> {
        let Recent { under_way, total, settled } = recent::of(db, owner, SHOWN).await?;
        let all = |found: Vec<JobSubmissionBaseView>| {
            found.into_iter().map(|it| Job::new(it, now)).collect()
        };
        let (under_way, settled) = (all(under_way), all(settled));
        Ok(Self { base: base.to_owned(), under_way, total, settled })
    }

    /// Whether there is none at all.
    pub(super) fn is_empty(&self) -> bool {
        self.under_way.is_empty() && self.settled.is_empty()
    }
}

impl Job {
    fn new(submission: JobSubmissionBaseView, now: DateTime<Utc>) -> Self {
        let waits = submission.status == JobSubmissionStatus::Created
            || submission.slurm_job_state == Some(jobbergate_types::SlurmJobState::Pending);
        let outlook = submission.outlook;
        Self {
            id: submission.id,
            state: State::of(submission.status, submission.slurm_job_state),
            reason: outlook.slurm_pending_reason.filter(|_| waits).map(because),
            start: outlook.slurm_expected_start.filter(|_| waits).map(|at| Moment::new(now, at.0)),
            submitted: Moment::new(now, submission.created_at.0),
            changed: Moment::new(now, submission.updated_at.0),
            slurm_job: submission.slurm_job_id,
            cluster: submission.client_id,
            name: submission.name,
        }
    }
}

/// Slurm's word in a sentence; what is not known, as it is.
fn because(reason: String) -> String {
    meaning(&reason).map_or(reason, |meaning| meaning.because.to_owned())
}
