//! A submission whose job is followed, with all that is remembered of it.

use jobbergate_types::job_submissions::{ActiveJobSubmission, JobSubmissionStatus};

use super::{
    aggregate::Summary, cancel::Cancellation, ends::UnconfirmedEnd, vanished::Disappearance,
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
    pub(super) end: UnconfirmedEnd,
    pub(super) disappearance: Disappearance,
    pub(super) cancellation: Cancellation,
    /// Whether the server does not want to hear of it any more.
    pub(super) unwanted: bool,
}

impl Followed {
    pub(super) fn new(active: ActiveJobSubmission) -> Self {
        Self {
            active,
            entry: None,
            seen: None,
            end: UnconfirmedEnd::default(),
            disappearance: Disappearance::default(),
            cancellation: Cancellation::default(),
            unwanted: false,
        }
    }

    /// The number of the job that is followed for it.
    pub(super) fn number(&self) -> Option<i64> {
        self.active.slurm_job_id.filter(|_| !self.unwanted)
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

    /// What has to be reported, if the server does not know it yet.
    pub(super) fn change(&self, summary: Summary, submit_time: Option<String>) -> Option<SeenJob> {
        let Summary { state, reason, worst } = summary;
        let last = self.last_seen();
        let submit_time = submit_time.or_else(|| last.and_then(|last| last.submit_time.clone()));
        let seen = SeenJob {
            submission_id: self.active.id,
            slurm_job_id: self.number()?,
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

    /// What was seen last, with the time of submission if that was not known before.
    pub(super) fn newly_timed(&self, records: &[&Record]) -> Option<SeenJob> {
        let last = self.last_seen().filter(|last| last.submit_time.is_none())?;
        let submit_time = Some(submit_time(records)?);
        Some(SeenJob { submit_time, ..last.clone() })
    }
}

pub(super) fn submit_time(records: &[&Record]) -> Option<String> {
    records.iter().find_map(|record| record.submit_time.clone())
}
