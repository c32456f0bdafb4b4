//! Submissions that another agent may have begun: its job is looked for in Slurm first.
//!
//! The other agent's `sbatch` ended with its lease, but what it sent may arrive late, as after any
//! `sbatch` without a clear outcome. So no job must carry a tag of the submission, whichever agent
//! gave it, for as long as in [`reconcile`](crate::reconcile), while the controller answers.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_types::{claims::WithdrawnJobSubmission, job_submissions::PendingJobSubmission};
use tokio::time::Instant;

use crate::{
    agent::Agent,
    journal::Entry,
    reconcile::{Absences, Finding},
    setback::Setback,
    slurm::Record,
    tag::Tag,
};

/// How far back accounting is asked at most.
const LONG_AGO: TimeDelta = TimeDelta::days(7);

#[derive(Debug, Default)]
pub struct Inherited(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    sought: HashMap<i64, Sought>,
    /// Those that certainly have no job, and under which claim that was found out.
    cleared: HashMap<i64, i64>,
}

/// What is looked for.
#[derive(Debug, Clone)]
struct Sought {
    /// The user who must have the job stands here, too.
    entry: Entry,
    /// Under which claim.
    claim: Option<i64>,
    /// When the job may have been made, at the earliest.
    since: DateTime<Utc>,
}

impl Inherited {
    /// Whether another agent's job has to be looked for first.
    pub fn is_doubtful(&self, pending: &PendingJobSubmission) -> bool {
        pending.inherited == Some(true) && !self.is_cleared(pending.id, pending.claim)
    }

    /// Whether it was found out, under this claim, that a submission has no job.
    pub fn is_cleared(&self, submission: i64, claim: Option<i64>) -> bool {
        claim.is_some() && self.state().cleared.get(&submission).copied() == claim
    }

    /// Whether its job is being looked for.
    pub fn is_sought(&self, submission: i64) -> bool {
        self.state().sought.contains_key(&submission)
    }

    /// Looks for a job of a submission.
    fn seek(&self, sought: Sought) {
        self.state().sought.insert(sought.entry.id, sought);
    }

    /// Keeps only what is still this agent's.
    pub fn keep(&self, submissions: &HashSet<i64>) {
        let mut state = self.state();
        state.sought.retain(|id, _| submissions.contains(id));
        state.cleared.retain(|id, _| submissions.contains(id));
    }

    /// Forgets all that was found out: it may be otherwise by now.
    pub fn forget(&self) {
        *self.state() = State::default();
    }

    fn all_sought(&self) -> Vec<Sought> {
        self.state().sought.values().cloned().collect()
    }

    fn found(&self, submission: i64) {
        self.state().sought.remove(&submission);
    }

    fn clear(&self, submission: i64, claim: Option<i64>) {
        let mut state = self.state();
        state.sought.remove(&submission);
        state.cleared.extend(claim.map(|claim| (submission, claim)));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Agent {
    /// Has a submission's job looked for that another agent may have made.
    ///
    /// # Errors
    /// When it can't be said for the moment whose job it would be.
    pub async fn doubt_inherited(
        &self,
        pending: &PendingJobSubmission,
        inherited: &Inherited,
    ) -> Result<(), Setback> {
        let account = self.account_of_owner(&pending.owner_email).await?;
        tracing::info!(submission = pending.id, account, "looking for another agent's job");
        let entry = Entry::of_another(pending, Tag::none(), &account);
        let since = pending.job_script.script.created_at.0;
        inherited.seek(Sought { entry, claim: pending.claim, since });
        Ok(())
    }

    /// The same for one that nobody wants any more. The job is reported without a claim: that which
    /// the server has of the submission is its maker's.
    ///
    /// # Errors
    /// When it can't be said for the moment whose job it would be.
    pub async fn doubt_withdrawn(
        &self,
        withdrawn: &WithdrawnJobSubmission,
        inherited: &Inherited,
    ) -> Result<(), Setback> {
        let WithdrawnJobSubmission { id, owner_email, job_script_created_at: since, claim, .. } =
            withdrawn;
        let account = self.account_of_owner(owner_email).await?;
        tracing::info!(
            submission = id,
            account,
            "nobody wants it: looking for another agent's job"
        );
        let origin = Entry::origin(withdrawn.job_script_id, *since);
        let entry = Entry::unknown(*id, origin, &account);
        inherited.seek(Sought { entry, claim: Some(*claim), since: since.0 });
        Ok(())
    }

    /// The user whose job an owner's is; no agent makes a job for nobody.
    async fn account_of_owner(&self, owner: &str) -> Result<String, Setback> {
        match self.user_map.account(owner, Utc::now()).await {
            Ok(account) => Ok(account.name),
            Err(Setback::Refusal(_)) => Ok(String::new()),
            Err(trouble) => Err(trouble),
        }
    }

    /// Looks once for the jobs that are sought; whether there are any to look for.
    ///
    /// # Errors
    /// When Slurm does not answer: then nothing is known, and the doubt begins anew.
    pub async fn look_for_inherited(
        &self,
        inherited: &Inherited,
        absences: &mut Absences,
        mark: u64,
    ) -> Result<(), Setback> {
        let all = inherited.all_sought();
        let Some(since) = all.iter().map(|sought| sought.since).min() else { return Ok(()) };
        let asked_at = Instant::now();
        let now = Utc::now();
        let users: HashSet<&str> = all.iter().map(|sought| sought.entry.account.as_str()).collect();
        let records = self.jobs_of(&users, (now - since).min(LONG_AGO), mark).await;
        let records = records.map_err(|error| {
            absences.forget();
            Setback::Trouble(error.to_string())
        })?;
        for Sought { entry, claim, .. } in all {
            if let Some((job, tag)) = any_tagged(&records, &entry) {
                inherited.found(entry.id);
                absences.settle(entry.id);
                tracing::info!(
                    submission = entry.id,
                    slurm_job_id = job,
                    "found another agent's job"
                );
                self.journal.adopt(&Entry { tag, ..entry }, job, now).await?;
            } else if absences.conclude(
                entry.id,
                Duration::ZERO,
                self.config.doubt_seconds,
                asked_at,
            ) == Finding::Nothing
            {
                inherited.clear(entry.id, claim);
                absences.settle(entry.id);
                tracing::info!(submission = entry.id, "no other agent made a job of it");
            }
        }
        Ok(())
    }
}

/// The job that carries any tag of a submission, of the user who must have it, and the tag.
fn any_tagged(records: &[Record], entry: &Entry) -> Option<(i64, Tag)> {
    let of_user = records.iter().filter(|record| record.user == entry.account);
    let tagged =
        of_user.filter_map(|r| Some((r.job, Tag::any_of(entry.id, &entry.origin, &r.comment)?)));
    tagged.min_by_key(|(job, _)| *job)
}
