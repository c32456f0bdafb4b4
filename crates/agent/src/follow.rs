//! Follows the jobs of submissions, reports their changes, and cancels what was cancelled.
//!
//! One `squeue` per tick answers for all jobs; a job that changed is asked for its details. That
//! a job is missing in the answer, let alone that there is no answer, is no end: see
//! `vanished`.

pub mod aggregate;
mod cancel;
mod detailed;
mod disappearance;
mod ends;
mod followed;
mod identity;
mod outlook;
mod pace;
mod tell;
mod turns;
mod urgency;
mod vanished;

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use chrono::Utc;
use jobbergate_types::{SlurmJobState, job_submissions::ActiveJobSubmission};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    agent::Agent,
    backoff::Backoff,
    error::JournalError,
    journal::SeenJob,
    setback::Setback,
    slurm::{Queue, Record, Slurm, SlurmError},
};
use detailed::Detailed;
use disappearance::Disappearance;
use followed::Followed;
use identity::Whose;
use pace::{Motion, Pace};
use tell::{Change, ReportOutcome};
use vanished::WhyMissing;

/// The list of active submissions is fetched at most for this part of the time.
const SHARE_OF_FETCHING: u32 = 10;
/// How long after a look there is the next at the earliest, whatever is to be cancelled.
const GAP: Duration = Duration::from_millis(200);
/// Of how many jobs that wait, as the server knows, it is told more at each look.
const OF_WAITING: usize = 16;
/// The same while submissions wait for their `sbatch`: they come first.
const OF_WAITING_IN_BURST: usize = 2;
/// How many changes are reported after one look; there is another soon.
const CHANGES: usize = 1000;
/// Of how many submissions the journal is read at once.
const AT_ONCE: usize = 1000;

#[derive(Debug)]
pub struct Follower {
    agent: Arc<Agent>,
    /// By the submission's number. Nodes of the tree are half empty, and those of boxes small.
    jobs: BTreeMap<i64, Box<Followed>>,
    fetch_at: Instant,
    pace: Pace,
}

/// What one look at the queue showed.
#[derive(Default)]
struct Look {
    changes: Vec<Change>,
    missing: Vec<(i64, WhyMissing)>,
    /// Submissions whose job is in the queue.
    listed: Vec<i64>,
    /// What is to be remembered and is no news for the server, or has to wait.
    noted: Vec<SeenJob>,
}

impl Look {
    /// Leaves the most urgent changes only: of thousands of jobs all take a lot of memory.
    fn keep_most_urgent(&mut self) {
        self.changes.sort_by_key(|change| change.urgency);
        let later = self.changes.drain(CHANGES.min(self.changes.len())..);
        self.noted.extend(later.filter(|change| !change.is_noted).map(|change| change.job));
    }
}

pub async fn run(agent: Arc<Agent>, stop: CancellationToken) {
    let usual = agent.config.task_follow_interval_seconds;
    let mut follower = Follower::new(agent);
    let mut backoff = Backoff::new(rand::random());
    while !stop.is_cancelled() {
        let looked = follower.tick(rand::random()).await;
        let awake = looked.is_ok();
        let pause = match looked {
            Ok(()) => {
                backoff = Backoff::new(rand::random());
                follower.pause(Instant::now())
            }
            Err(error) => {
                tracing::warn!(%error, "jobs cannot be followed for the moment");
                backoff.pause().max(usual)
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
            () = follower.agent.wakes.cancelled(), if awake => {
                tokio::time::sleep(follower.pace.shortest_pause(GAP, Instant::now())).await;
            }
        }
    }
}

impl Follower {
    /// Begins to follow; what was seen before is in the journal.
    pub fn new(agent: Arc<Agent>) -> Self {
        let now = Instant::now();
        let pace = Pace::new(agent.config.task_follow_interval_seconds, now);
        Self { agent, jobs: BTreeMap::new(), fetch_at: now, pace }
    }

    /// Those whose job is followed.
    fn with_job(&self) -> impl Iterator<Item = &Followed> + Clone {
        self.jobs.values().map(|job| &**job).filter(|job| job.number().is_some())
    }

    /// How long there is nothing to do.
    fn pause(&self, now: Instant) -> Duration {
        let usual = self.agent.config.task_follow_interval_seconds;
        // Also when Slurm is to be left alone for longer: the server may want something.
        if self.with_job().next().is_some() {
            self.pace.pause(now).clamp(GAP, usual.max(GAP))
        } else {
            usual
        }
    }

    /// Whether it is time to look at the queue: it is, or somebody waits for a cancellation.
    fn is_time(&self, now: Instant) -> bool {
        let waits = |job: &Followed| {
            job.is_to_be_cancelled() && job.cancellation.is_due(now) && !job.disappearance.is_on()
        };
        let mut jobs = self.with_job().peekable();
        let (usual, shortest) = (self.pace.pause(now), self.pace.shortest_pause(GAP, now));
        jobs.peek().is_some() && (usual.is_zero() || (shortest.is_zero() && jobs.any(waits)))
    }

    /// What the jobs are doing, after a look that showed so many changes of their states.
    fn motion(&self, changes: usize) -> Motion {
        let mut jobs = self.with_job();
        let moves = |job: &Followed| job.is_to_be_cancelled() || job.end.state().is_some();
        if changes > 0 || jobs.clone().any(moves) {
            return Motion::Moves;
        }
        let now = Utc::now();
        if jobs.all(|job| pace::sleeps(job, now)) { Motion::Sleeps } else { Motion::Rests }
    }

    /// Looks at all jobs, if it is time to. `mark` is random.
    ///
    /// # Errors
    /// When the server, Slurm or the journal does not answer; nothing is concluded from it.
    pub async fn tick(&mut self, mark: u64) -> Result<(), Setback> {
        // Without the server, what it wanted last is still worth watching.
        let fetched = self.fetch().await;
        let begin = Instant::now();
        if !self.is_time(begin) {
            return fetched;
        }
        let queue = self.agent.slurm.squeue(mark).await.map_err(trouble)?;
        let end = Instant::now();
        let Look { mut changes, missing, listed, noted } = self.look(&queue).await;
        drop(queue);
        // Somebody waits for this, and it waits for none of what follows.
        let cancelled = self.cancel(&listed).await;
        self.note(noted).await?;
        changes.extend(self.look_for(missing, mark).await);
        self.pace.looked(begin, end, self.motion(changes.len()));
        changes.extend(self.outlooks(&listed, &changes));
        self.tell(changes).await?;
        cancelled?;
        fetched
    }

    /// Asks the server what it wants to know about, not more often than it can well answer.
    async fn fetch(&mut self) -> Result<(), Setback> {
        let begin = Instant::now();
        let news = self.agent.wakes.take_active();
        if news {
            self.pace.hurry(begin);
        }
        if begin < self.fetch_at && !news {
            return Ok(());
        }
        // If that fails, it is asked again at the next look.
        self.fetch_at = begin;
        let active = self.agent.client.active(self.agent.lease.lists()).await?;
        let at_least = match self.agent.wakes.are_live() {
            true => self.agent.config.task_recheck_interval_seconds,
            false => self.agent.config.task_follow_interval_seconds,
        };
        self.fetch_at = begin + at_least.max(begin.elapsed() * SHARE_OF_FETCHING);
        let wanted: HashSet<i64> = active.iter().map(|submission| submission.id).collect();
        let gone: Vec<i64> = self.jobs.keys().copied().filter(|id| !wanted.contains(id)).collect();
        self.jobs.retain(|id, _| wanted.contains(id));
        self.agent.journal.unfollow(&gone).await?;
        Ok(self.remember(active).await?)
    }

    /// Takes what is known of submissions that are new here out of the journal.
    async fn remember(&mut self, active: Vec<ActiveJobSubmission>) -> Result<(), JournalError> {
        for submission in active {
            match self.jobs.get_mut(&submission.id) {
                Some(job) => (job.active, job.is_over) = (submission.into(), false),
                None => {
                    self.jobs.insert(submission.id, Followed::new(submission.into()).into());
                }
            }
        }
        let unseen = self.jobs.iter().filter(|(_, job)| job.seen.is_none());
        let unseen: Vec<i64> = unseen.map(|(id, _)| *id).collect();
        for ids in unseen.chunks(AT_ONCE) {
            for entry in self.agent.journal.with_jobs(ids).await? {
                if let Some(job) = self.jobs.get_mut(&entry.id) {
                    job.recall(entry);
                }
            }
            for seen in self.agent.journal.jobs(ids).await? {
                if let Some(job) = self.jobs.get_mut(&seen.submission_id) {
                    job.seen.get_or_insert(seen);
                }
            }
        }
        Ok(())
    }

    /// Of how many jobs that wait the server is told more now.
    fn of_waiting(&self) -> usize {
        if self.agent.sbatch_limit.is_used_up() { OF_WAITING_IN_BURST } else { OF_WAITING }
    }

    async fn look(&mut self, queue: &Queue) -> Look {
        let (slurm, mut look) = (&self.agent.slurm, Look::default());
        let (mut waiting, most) = (0, self.of_waiting());
        for (id, job) in &mut self.jobs {
            let Some(number) = job.number() else { continue };
            let records = queue.of(number);
            let records: Vec<&Record> = records.iter().collect();
            if records.is_empty() {
                look.missing.push((*id, WhyMissing::Unlisted));
                continue;
            }
            if records.iter().all(|record| record.state == Some(SlurmJobState::Revoked)) {
                // A cluster of the federation runs it. What is told to this one is passed on.
                look.listed.push(*id);
                look.missing.push((*id, WhyMissing::Elsewhere));
                continue;
            }
            let details = Detailed::new(number);
            match identity::whose(slurm, job, &records, &details).await {
                Whose::Ours => {
                    look.listed.push(*id);
                    job.is_of(records.first().map(|job| &*job.user).unwrap_or_default());
                    let seen = compare(slurm, job, &records, &details).await;
                    // The first details of those that wait can come later, if they are many.
                    let is_first = |seen: &SeenJob| !seen.reported && waits_as_before(job, seen);
                    waiting += usize::from(seen.as_ref().is_some_and(is_first));
                    if waiting > most && seen.as_ref().is_some_and(is_first) {
                        continue;
                    }
                    match seen {
                        Some(seen) if !seen.reported => {
                            look.changes.push(Change::new(job, seen, details));
                            if look.changes.len() >= 2 * CHANGES {
                                look.keep_most_urgent();
                            }
                        }
                        Some(seen) if job.seen.as_ref() != Some(&seen) => look.noted.push(seen),
                        _ => {}
                    }
                }
                Whose::Anothers => look.missing.push((*id, WhyMissing::Replaced)),
                Whose::Unsaid => {}
            }
        }
        look.keep_most_urgent();
        look
    }

    /// Reports changes; what the server does not acknowledge is reported again at the next look.
    async fn tell(&mut self, mut changes: Vec<Change>) -> Result<(), JournalError> {
        // An end that was seen is not lost even if Slurm forgets it before the server hears it.
        let new = changes.iter().filter(|change| !change.is_noted);
        self.note(new.map(|change| change.job.clone()).collect()).await?;
        changes.sort_by_key(|change| change.urgency);
        let mut acknowledged = Vec::new();
        for (seen, outlook, outcome) in tell::all(&self.agent, changes).await {
            let Some(job) = self.jobs.get_mut(&seen.submission_id) else { continue };
            job.tried_at = Some(Instant::now());
            match outcome {
                ReportOutcome::Acknowledged => {
                    job.outlook.told(outlook);
                    job.is_over = seen.state.is_terminal();
                    acknowledged.push(SeenJob { reported: true, ..seen });
                }
                ReportOutcome::NotWanted => job.unwanted = true,
                ReportOutcome::LaterAgain => {}
            }
        }
        self.note(acknowledged).await
    }

    async fn note(&mut self, seen: Vec<SeenJob>) -> Result<(), JournalError> {
        self.agent.journal.saw(&seen, Utc::now()).await?;
        for seen in seen {
            if let Some(job) = self.jobs.get_mut(&seen.submission_id) {
                job.seen = Some(seen);
            }
        }
        Ok(())
    }
}

/// What is seen of a job that is in the queue, unless it is an end that may turn out to be none.
async fn compare(
    slurm: &Slurm,
    job: &mut Followed,
    records: &[&Record],
    details: &Detailed,
) -> Option<SeenJob> {
    job.disappearance = Disappearance::default();
    let ends = job.last_seen().map(|seen| seen.ends.clone()).unwrap_or_default();
    let summary = aggregate::records(records, ends)?;
    let lasts = job.end.lasts(slurm, details, &summary, Instant::now()).await;
    lasts.then(|| job.sight(summary, job.submit_time(records))).flatten()
}

/// Whether nothing is news but why it waits.
fn waits_as_before(job: &Followed, seen: &SeenJob) -> bool {
    let pending = |seen: &SeenJob| seen.state == SlurmJobState::Pending;
    pending(seen) && job.last_seen().is_some_and(pending)
}

fn trouble(error: SlurmError) -> Setback {
    Setback::Trouble(error.to_string())
}
