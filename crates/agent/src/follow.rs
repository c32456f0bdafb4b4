//! Follows the jobs of submissions, reports their changes, and cancels what was cancelled.
//!
//! One `squeue` per tick answers for all jobs; a job that changed is asked for its details. That
//! a job is missing in the answer, let alone that there is no answer, is no end: see
//! `vanished`.

pub mod aggregate;
mod cancel;
mod ends;
mod identity;
mod tell;
mod vanished;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::Utc;
use jobbergate_types::job_submissions::ActiveJobSubmission;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    Agent,
    backoff::Backoff,
    error::JournalError,
    journal::{Entry, SeenJob},
    setback::Setback,
    slurm::Record,
};
use aggregate::Summary;
use cancel::Cancellations;
use ends::Ends;
use identity::Whose;
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
    ends: Ends,
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
            ends: Ends::default(),
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
        let (mut changes, mut missing, mut listed) = (Vec::new(), Vec::new(), Vec::new());
        for job in jobs {
            let Some(records) = by_job.get(&job.number) else {
                missing.push((job, Absence::Unlisted));
                continue;
            };
            match self.whose(job, records).await {
                Whose::Ours => {
                    listed.push(job);
                    changes.extend(self.compare(job, records).await);
                }
                Whose::Anothers => missing.push((job, Absence::Replaced)),
                Whose::Unsaid => {}
            }
        }
        self.note(self.newly_timed(&listed, &by_job)).await?;
        for (job, summary) in self.look_for(missing).await {
            changes.extend(self.change(job, summary, None));
        }
        self.tell(changes).await?;
        self.cancel(&listed).await?;
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
            self.ends.forget(*id);
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

    /// What has to be reported of a job that is in the queue.
    async fn compare(&mut self, job: Job, records: &[&Record]) -> Option<SeenJob> {
        self.vanished.forget(job.submission);
        let worst = self.last_seen(job).and_then(|seen| seen.worst);
        let summary = aggregate::records(records, worst)?;
        let lasts = self.ends.lasts(&self.agent, job, &summary, Instant::now()).await;
        lasts.then(|| self.change(job, summary, submit_time(records))).flatten()
    }

    /// What has to be reported, if the server does not know it yet.
    fn change(&self, job: Job, summary: Summary, submit_time: Option<String>) -> Option<SeenJob> {
        let Summary { state, reason, worst } = summary;
        let last = self.last_seen(job);
        let submit_time = submit_time.or_else(|| last.and_then(|last| last.submit_time.clone()));
        let seen = SeenJob {
            submission_id: job.submission,
            slurm_job_id: job.number,
            state,
            reason,
            worst,
            submit_time,
            reported: false,
        };
        let same = |last: &SeenJob| {
            SeenJob { reported: false, submit_time: seen.submit_time.clone(), ..last.clone() }
                == seen
        };
        (!last.is_some_and(|last| last.reported && same(last))).then_some(seen)
    }

    /// The jobs whose time of submission was not known before.
    fn newly_timed(&self, listed: &[Job], by_job: &HashMap<i64, Vec<&Record>>) -> Vec<SeenJob> {
        let timed = |job: &Job| {
            let last = self.last_seen(*job).filter(|last| last.submit_time.is_none())?;
            let submit_time = Some(submit_time(by_job.get(&job.number)?)?);
            Some(SeenJob { submit_time, ..last.clone() })
        };
        listed.iter().filter_map(timed).collect()
    }

    async fn note(&mut self, jobs: Vec<SeenJob>) -> Result<(), JournalError> {
        self.agent.journal.saw(&jobs, Utc::now()).await?;
        self.seen.extend(jobs.into_iter().map(|job| (job.submission_id, job)));
        Ok(())
    }
}

fn submit_time(records: &[&Record]) -> Option<String> {
    records.iter().find_map(|record| record.submit_time.clone())
}
