//! Follows the jobs of submissions, reports their changes, and cancels what was cancelled.
//!
//! One `squeue` per tick answers for all jobs; a job that changed is asked for its details. That
//! a job is missing in the answer, let alone that there is no answer, is no end: see
//! `vanished`.

pub mod aggregate;
mod cancel;
mod tell;
mod vanished;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::Utc;
use jobbergate_types::{SlurmJobState, job_submissions::ActiveJobSubmission};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    Agent,
    backoff::Backoff,
    error::JournalError,
    journal::{Entry, Phase, SeenJob},
    setback::Setback,
    slurm::Record,
};
use aggregate::Summary;
use cancel::Cancellations;
use vanished::{Absence, Vanished};

/// The list of active submissions is fetched at most for this part of the time.
const SHARE_OF_FETCHING: u32 = 10;

/// The jobs that are followed.
#[derive(Debug)]
pub struct Follower {
    agent: Arc<Agent>,
    /// The jobs that this agent submitted.
    own: HashMap<i64, Entry>,
    /// What the server wants to know about.
    active: Vec<ActiveJobSubmission>,
    fetch_at: Instant,
    /// What was last seen of each submission's job.
    seen: HashMap<i64, SeenJob>,
    /// Ends that may turn out to be none, when the job is queued again.
    unconfirmed: HashMap<i64, SlurmJobState>,
    /// Submissions of which the server does not want to hear any more.
    unwanted: HashSet<i64>,
    vanished: Vanished,
    cancellations: Cancellations,
}

/// A followed job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Job {
    submission: i64,
    number: i64,
}

/// Follows jobs until `stop`.
pub async fn run(agent: Arc<Agent>, stop: CancellationToken) {
    let usual = agent.config.task_follow_interval_seconds;
    let mut follower = Follower::new(agent);
    let mut backoff = Backoff::new(rand::random());
    while !stop.is_cancelled() {
        let pause = match follower.tick(rand::random()).await {
            Ok(()) => {
                backoff = Backoff::new(rand::random());
                usual
            }
            Err(error) => {
                tracing::warn!(%error, "jobs cannot be followed for the moment");
                backoff.pause().max(usual)
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

impl Follower {
    /// Begins to follow; what was seen before is in the journal.
    pub fn new(agent: Arc<Agent>) -> Self {
        let vanished = Vanished::new(agent.config.vanished_seconds);
        Self {
            agent,
            own: HashMap::new(),
            active: Vec::new(),
            fetch_at: Instant::now(),
            seen: HashMap::new(),
            unconfirmed: HashMap::new(),
            unwanted: HashSet::new(),
            vanished,
            cancellations: Cancellations::default(),
        }
    }

    /// Looks once at all jobs. `mark` is random.
    ///
    /// # Errors
    /// When the server, Slurm or the journal does not answer; nothing is concluded from it.
    pub async fn tick(&mut self, mark: u64) -> Result<(), Setback> {
        // Without the server, what it wanted last is still worth watching.
        let fetched = self.fetch().await;
        let jobs = self.jobs();
        if jobs.is_empty() {
            return fetched;
        }
        let trouble = |e: crate::slurm::SlurmError| Setback::Trouble(e.to_string());
        let records = self.agent.slurm.squeue(mark).await.map_err(trouble)?;
        let mut by_job: HashMap<i64, Vec<&Record>> = HashMap::new();
        for record in &records {
            by_job.entry(record.job).or_default().push(record);
        }
        let mut changes = Vec::new();
        let mut missing = Vec::new();
        for job in jobs {
            match by_job.get(&job.number) {
                Some(records) if self.is_another(job, records) => {
                    missing.push((job, Absence::Replaced));
                }
                Some(records) => changes.extend(self.compare(job, records)),
                None => missing.push((job, Absence::Unlisted)),
            }
        }
        for (job, summary) in self.look_for(missing).await {
            changes.extend(self.change(job, summary));
        }
        self.tell(changes).await?;
        self.cancel().await?;
        fetched
    }

    /// Asks the server what it wants to know about, not more often than it can well answer.
    async fn fetch(&mut self) -> Result<(), Setback> {
        let begin = Instant::now();
        if begin < self.fetch_at {
            return Ok(());
        }
        let active = self.agent.client.active().await?;
        self.fetch_at = begin + begin.elapsed() * SHARE_OF_FETCHING;
        let wanted: HashSet<i64> = active.iter().map(|submission| submission.id).collect();
        let gone: Vec<i64> =
            self.active.iter().map(|s| s.id).filter(|id| !wanted.contains(id)).collect();
        for id in &gone {
            self.own.remove(id);
            self.seen.remove(id);
            self.unconfirmed.remove(id);
            self.unwanted.remove(id);
            self.vanished.forget(*id);
            self.cancellations.forget(*id);
        }
        self.agent.journal.unfollow(&gone).await?;
        self.remember(&active).await?;
        self.active = active;
        Ok(())
    }

    /// Takes what is known of submissions that are new here out of the journal.
    async fn remember(&mut self, active: &[ActiveJobSubmission]) -> Result<(), JournalError> {
        if active.iter().all(|submission| self.seen.contains_key(&submission.id)) {
            return Ok(());
        }
        for entry in self.agent.journal.with_jobs().await? {
            self.own.insert(entry.id, entry);
        }
        for job in self.agent.journal.jobs().await? {
            self.seen.entry(job.submission_id).or_insert(job);
        }
        Ok(())
    }

    fn jobs(&self) -> Vec<Job> {
        let wanted = self.active.iter().filter(|s| !self.unwanted.contains(&s.id));
        wanted.filter_map(|s| Some(Job { submission: s.id, number: s.slurm_job_id? })).collect()
    }

    fn last_seen(&self, job: Job) -> Option<&SeenJob> {
        self.seen.get(&job.submission).filter(|seen| seen.slurm_job_id == job.number)
    }

    /// Whether the number now belongs to another job: a controller that loses its memory gives
    /// numbers away again. Owners may change comments, so the lack of a tag proves nothing.
    fn is_another(&self, job: Job, records: &[&Record]) -> bool {
        let Some(own) = self.own.get(&job.submission) else { return false };
        let is_own = own.phase == Phase::Submitted { slurm_job_id: job.number };
        is_own
            && records
                .iter()
                .any(|record| record.user != own.account || own.tag.contradicts(&record.comment))
    }

    /// What has to be reported of a job that is in the queue.
    fn compare(&mut self, job: Job, records: &[&Record]) -> Option<SeenJob> {
        self.vanished.forget(job.submission);
        let worst = self.last_seen(job).and_then(|seen| seen.worst);
        let summary = aggregate::records(records, worst)?;
        if may_be_queued_again(summary.state)
            && self.unconfirmed.insert(job.submission, summary.state) != Some(summary.state)
        {
            return None;
        }
        self.change(job, summary)
    }

    /// What has to be reported, if the server does not know it yet.
    fn change(&self, job: Job, summary: Summary) -> Option<SeenJob> {
        let Summary { state, reason, worst } = summary;
        let seen = SeenJob {
            submission_id: job.submission,
            slurm_job_id: job.number,
            state,
            reason,
            worst,
            reported: false,
        };
        let known = self.last_seen(job).is_some_and(|last| {
            last.reported && SeenJob { reported: false, ..last.clone() } == seen
        });
        (!known).then_some(seen)
    }

    async fn note(&mut self, jobs: Vec<SeenJob>) -> Result<(), JournalError> {
        self.agent.journal.saw(&jobs, Utc::now()).await?;
        self.seen.extend(jobs.into_iter().map(|job| (job.submission_id, job)));
        Ok(())
    }
}

/// Slurm shows such an end for a moment before it queues a job again under the same number
/// (after a failed node, a preemption, or an exit code that the site queues again): it counts
/// when it is still there at the next look.
const fn may_be_queued_again(state: SlurmJobState) -> bool {
    use SlurmJobState::{BootFail, Failed, NodeFail, Preempted};
    matches!(state, BootFail | Failed | NodeFail | Preempted)
}
