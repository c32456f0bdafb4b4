//! Finds out whether Slurm has a job when the outcome of its `sbatch` is not known.
//!
//! That is so when the agent was killed, when `sbatch` was, or when it gave up waiting. A job
//! may then appear late: a controller that hangs takes up the waiting requests when it goes on,
//! and a network that was cut delivers what was on its way. The rule, in this order:
//!
//! 1. If `sbatch` wrote a number, that is the job. One that still runs may yet make a job: only a
//!    job that is found ends the doubt then.
//! 2. If a job carries the tag, that is the job.
//! 3. If the controller answers and no job carries the tag, the same must be found once more
//!    after a pause ([`doubt`]); if the controller falls silent in between, all begins anew. Only
//!    then is it certain that there is no job, and the submission may be submitted again.
//! 4. Where another agent took the submission over and the server knows what it made of it, that
//!    agent has waited out the pause: one look is enough, and nothing is submitted again.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

use crate::{
    agent::Agent,
    journal::{Entry, Phase},
    private_copy::PrivateCopy,
    setback::Setback,
    slurm::{Receipt, Record},
};

/// How long Munge's credentials are valid: a request that is older is refused by the controller,
/// however late it arrives (munged's default; Slurm can't lengthen it).
const CREDENTIAL_LIFE: Duration = Duration::from_secs(300);

/// How much longer than its agent would have let it an `sbatch` may run that outlived the agent.
const OVERDUE: Duration = Duration::from_secs(10);

/// How long no job must carry the tag, counted from the first answer of the controller.
///
/// `silence` is the time from the start of `sbatch` to that answer. A request that got stuck is
/// delivered after at most as long again (that is how TCP repeats itself), but not after its
/// credential expired; a controller that goes on takes up the requests that wait within
/// `at_least`.
pub fn doubt(silence: Duration, at_least: Duration) -> Duration {
    silence.min(CREDENTIAL_LIFE.saturating_sub(silence)).max(at_least)
}

/// Since when no job carries the tag of each submission in doubt.
#[derive(Debug, Default)]
pub struct Absences {
    since: HashMap<i64, Absence>,
    /// Submissions that another agent has seen to.
    seen_to: HashSet<i64>,
}

#[derive(Debug)]
struct Absence {
    since: Instant,
    /// From the attempt until then.
    silence: Duration,
    doubt: Duration,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    Job(i64),
    Nothing,
    NotYetKnown,
}

impl Absences {
    /// Draws a conclusion from the fact that no job carries the tag.
    pub fn conclude(
        &mut self,
        id: i64,
        silence: Duration,
        at_least: Duration,
        now: Instant,
    ) -> Finding {
        if self.is_seen_to(id) {
            return Finding::Nothing;
        }
        let doubt = doubt(silence, at_least);
        let absence = self.since.entry(id).or_insert(Absence { since: now, silence, doubt });
        if now > absence.since && now.duration_since(absence.since) >= absence.doubt {
            return Finding::Nothing;
        }
        Finding::NotYetKnown
    }

    /// How long after the attempt no job carried the tag for the first time.
    pub(crate) fn silence(&self, id: i64) -> Duration {
        self.since.get(&id).map(|absence| absence.silence).unwrap_or_default()
    }

    /// Begins anew: the controller did not answer.
    pub fn forget(&mut self) {
        self.since.clear();
    }

    /// What became of a submission is known.
    pub fn settle(&mut self, id: i64) {
        self.since.remove(&id);
    }

    /// The server has another agent's word on a submission. That agent looked for this one's job
    /// for long enough, so that a single look more is.
    pub fn see_to(&mut self, id: i64) {
        self.seen_to.insert(id);
    }

    pub(crate) fn is_seen_to(&self, id: i64) -> bool {
        self.seen_to.contains(&id)
    }

    /// Keeps of what other agents have seen to what is still open here.
    pub(crate) fn keep_seen_to(&mut self, is_open: impl Fn(i64) -> bool) {
        self.seen_to.retain(|id| is_open(*id));
    }
}

impl Agent {
    /// Looks for the jobs of attempts without a known outcome, and notes what is found.
    ///
    /// None of them may be in the middle of an attempt by this agent.
    pub async fn reconcile(
        &self,
        attempts: &[Entry],
        absences: &mut Absences,
        mark: u64,
    ) -> Result<(), Setback> {
        let attempts = self.read_receipts(attempts).await?;
        let Some(oldest) = attempts.iter().map(|(_, at, _)| *at).min() else { return Ok(()) };
        let asked_at = Instant::now();
        let now = Utc::now();
        let records = match self.all_jobs(now - oldest, mark).await {
            Ok(records) => records,
            Err(error) => {
                absences.forget();
                return Err(Setback::Trouble(error.to_string()));
            }
        };
        for (entry, at, runs) in attempts {
            let finding = match tagged(&records, entry) {
                Some(job) => Finding::Job(job),
                None if runs => Finding::NotYetKnown,
                None => {
                    let silence = (now - at).to_std().unwrap_or_default();
                    let at_least = self.config.doubt_seconds;
                    absences.conclude(entry.id, silence, at_least, asked_at)
                }
            };
            self.note(entry, finding, absences).await?;
        }
        Ok(())
    }

    /// Notes the numbers that `sbatch` wrote down; the attempts that have to be looked for, and
    /// whether their `sbatch` still runs.
    async fn read_receipts<'a>(
        &self,
        attempts: &'a [Entry],
    ) -> Result<Vec<(&'a Entry, DateTime<Utc>, bool)>, Setback> {
        let mut unknown = Vec::new();
        for entry in attempts {
            let Phase::Attempted { at } = entry.phase else { continue };
            let receipt = Receipt::new(&self.state_directory, &entry.tag);
            match receipt.read() {
                Ok(Some(Some(job))) => {
                    self.note(entry, Finding::Job(job), &mut Absences::default()).await?;
                }
                Ok(Some(None)) => unknown.push((entry, at, false)),
                Ok(None) => {
                    let late = (Utc::now() - at).to_std().unwrap_or_default();
                    let overdue = late > self.config.sbatch_timeout_seconds + OVERDUE;
                    let gone = overdue && receipt.give_up(&entry.account, entry.id).await;
                    unknown.push((entry, at, !gone));
                }
                Err(error) => {
                    tracing::warn!(submission = entry.id, %error, "the receipt can't be read");
                    unknown.push((entry, at, false));
                }
            }
        }
        Ok(unknown)
    }

    async fn all_jobs(
        &self,
        period: TimeDelta,
        mark: u64,
    ) -> Result<Vec<Record>, crate::slurm::SlurmError> {
        self.slurm.check_sight().await?;
        let mut records: Vec<_> = self.slurm.squeue(mark).await?.records().collect();
        records.extend(self.slurm.sacct_since(period, mark).await?.into_iter().flatten());
        Ok(records)
    }

    /// The jobs of these users.
    pub(crate) async fn jobs_of(
        &self,
        users: &HashSet<&str>,
        period: TimeDelta,
        mark: u64,
    ) -> Result<Vec<Record>, crate::slurm::SlurmError> {
        self.slurm.check_sight().await?;
        let mut records: Vec<_> = self.slurm.squeue(mark).await?.records().collect();
        records.extend(self.slurm.sacct_of(users, period, mark).await?.into_iter().flatten());
        Ok(records)
    }

    async fn note(
        &self,
        entry: &Entry,
        finding: Finding,
        absences: &mut Absences,
    ) -> Result<(), Setback> {
        match finding {
            Finding::NotYetKnown => return Ok(()),
            Finding::Job(slurm_job_id) => {
                self.journal.submitted(entry.id, slurm_job_id, Utc::now()).await?;
                tracing::info!(submission = entry.id, slurm_job_id, "found its job");
            }
            Finding::Nothing if absences.is_seen_to(entry.id) => {
                self.journal.came_to_nothing(entry.id, Utc::now()).await?;
                self.journal.reopen(entry.id).await?;
                tracing::info!(submission = entry.id, "another agent has seen to it");
            }
            Finding::Nothing if self.may_be_forgotten(entry, absences).await? => {
                self.give_up(entry).await?;
            }
            Finding::Nothing => {
                self.journal.came_to_nothing(entry.id, Utc::now()).await?;
                let said = Receipt::new(&self.state_directory, &entry.tag).said();
                tracing::info!(submission = entry.id, ?said, "Slurm certainly has no job of it");
            }
        }
        absences.settle(entry.id);
        Receipt::new(&self.state_directory, &entry.tag).discard();
        let copies = PrivateCopy::noted(&self.state_directory, &entry.tag);
        copies.unwrap_or_default().into_iter().for_each(PrivateCopy::remove);
        Ok(())
    }
}

/// The job that carries the tag of a submission. A tag can be read by everybody, so the user
/// counts, too. Of several components the first is the job.
fn tagged(records: &[Record], entry: &Entry) -> Option<i64> {
    let ours = records.iter().filter(|record| entry.tag.is_in(&record.comment));
    ours.filter(|record| record.user == entry.account).map(|record| record.job).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::Tag;

    const LEAST: Duration = Duration::from_secs(15);

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_longer_the_silence_the_longer_the_doubt_until_the_credential_expires() {
        assert_eq!(doubt(seconds(0), LEAST), LEAST);
        assert_eq!(doubt(seconds(60), LEAST), seconds(60));
        assert_eq!(doubt(seconds(150), LEAST), seconds(150));
        assert_eq!(doubt(seconds(200), LEAST), seconds(100));
        assert_eq!(doubt(seconds(3600), LEAST), LEAST);
    }

    #[tokio::test]
    async fn one_look_is_never_enough() {
        let (mut absences, now) = (Absences::default(), Instant::now());
        let mut look = |at| absences.conclude(7, seconds(60), LEAST, at);
        assert_eq!(look(now), Finding::NotYetKnown);
        assert_eq!(look(now + seconds(59)), Finding::NotYetKnown);
        assert_eq!(look(now + seconds(60)), Finding::Nothing);
        let mut absences = Absences::default();
        let look = absences.conclude(7, seconds(0), Duration::ZERO, now);
        assert_eq!(look, Finding::NotYetKnown);
    }

    #[test]
    fn a_tag_in_somebody_elses_job_is_no_proof() {
        let entry = Entry {
            id: 7,
            origin: String::new(),
            tag: Tag::restore("jobbergate:7:ff".to_owned()),
            account: "ann".to_owned(),
            phase: Phase::Planned,
            settled: false,
            claim: None,
        };
        let record = |job, user: &str| Record {
            job,
            task: None,
            tasks: None,
            state: None,
            reason: None,
            user: user.to_owned(),
            submit_time: None,
            start_time: None,
            comment: "x jobbergate:7:ff".to_owned(),
        };
        assert_eq!(tagged(&[record(3, "eve")], &entry), None);
        assert_eq!(
            tagged(&[record(3, "eve"), record(5, "ann"), record(4, "ann")], &entry),
            Some(4)
        );
    }
}
