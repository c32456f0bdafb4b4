//! A submission whose job is followed, with all that is remembered of it.

use jobbergate_types::job_submissions::{ActiveJobSubmission, JobSubmissionStatus};
use tokio::time::Instant;

use super::{
    aggregate::Summary, cancel::Cancellation, disappearance::Disappearance, ends::UnconfirmedEnd,
    outlook::Outlook,
};
use crate::{
    journal::{Entry, Phase, SeenJob},
    slurm::Record,
};

/// A submission that the server wants to know about.
#[derive(Debug)]
pub struct Followed {
    pub(super) active: ActiveJobSubmission,
    /// What the journal says of it, if this agent submitted it.
    pub(super) entry: Option<Entry>,
    /// What was last seen of its job.
    pub(super) seen: Option<SeenJob>,
    pub(super) outlook: Outlook,
    pub(super) end: UnconfirmedEnd,
    pub(super) disappearance: Disappearance,
    pub(super) cancellation: Cancellation,
    /// Whose job it is, as Slurm says.
    pub(super) user: String,
    /// When it was last tried to tell the server of it.
    pub(super) tried_at: Option<Instant>,
    /// Whether the server was told that it ended, and has not asked for it since.
    pub(super) is_over: bool,
    /// Whether the server does not want to hear of it any more.
    pub(super) unwanted: bool,
}

impl Followed {
    pub(super) fn new(active: ActiveJobSubmission) -> Self {
        Self {
            active,
            entry: None,
            seen: None,
            outlook: Outlook::default(),
            end: UnconfirmedEnd::default(),
            disappearance: Disappearance::default(),
            cancellation: Cancellation::default(),
            user: String::new(),
            tried_at: None,
            is_over: false,
            unwanted: false,
        }
    }

    /// The number of the job that is followed for it.
    pub(super) fn number(&self) -> Option<i64> {
        self.active.slurm_job_id.filter(|_| !self.is_over && !self.unwanted)
    }

    /// The journal's entry, if this agent submitted this very job.
    pub(super) fn own(&self) -> Option<&Entry> {
        let submitted = Phase::Submitted { slurm_job_id: self.number()? };
        self.entry.as_ref().filter(|entry| entry.phase == submitted)
    }

    pub(super) fn last_seen(&self) -> Option<&SeenJob> {
        let number = self.number()?;
        self.seen.as_ref().filter(|seen| seen.slurm_job_id == number)
    }

    /// Whether its owner does not want the job and nobody has seen it end.
    pub(super) fn is_to_be_cancelled(&self) -> bool {
        let ended = self.seen.as_ref().is_some_and(|seen| seen.state.is_terminal());
        self.active.status == JobSubmissionStatus::Cancelled && !ended
    }

    /// What is seen of the job now, and whether the server knows it.
    pub(super) fn sight(
        &mut self,
        summary: Summary,
        submit_time: Option<String>,
    ) -> Option<SeenJob> {
        let Summary { state, reason, ends, outlook } = summary;
        self.outlook.now = outlook;
        let last = self.last_seen();
        let same = |last: &SeenJob| last.state == state && last.reason == reason;
        Some(SeenJob {
            submission_id: self.active.id,
            slurm_job_id: self.number()?,
            submit_time: submit_time.or_else(|| last?.submit_time.clone()),
            reported: last.is_some_and(|last| last.reported && same(last)),
            state,
            reason,
            ends,
        })
    }

    /// The time of submission in records; of several tasks the one that was seen before.
    pub(super) fn submit_time(&self, records: &[&Record]) -> Option<String> {
        let known = self.last_seen().and_then(|last| last.submit_time.as_ref());
        let mut times = records.iter().filter_map(|record| record.submit_time.as_ref());
        known.filter(|known| times.clone().any(|time| time == *known)).or(times.next()).cloned()
    }
}
