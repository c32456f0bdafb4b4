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
    tag::Tag,
};

/// A submission that the server wants to know about, as small as can be: there are thousands.
#[derive(Debug)]
pub struct Followed {
    pub(super) active: Active,
    /// The job that this agent made of it.
    own: Option<SubmittedJob>,
    /// What was last seen of its job.
    pub(super) seen: Option<SeenJob>,
    pub(super) outlook: Outlook,
    pub(super) end: UnconfirmedEnd,
    pub(super) disappearance: Disappearance,
    pub(super) cancellation: Cancellation,
    /// Whose job it is that another agent made of it, as Slurm says.
    user: Box<str>,
    /// When it was last tried to tell the server of it.
    pub(super) tried_at: Option<Instant>,
    /// Whether the server was told that it ended, and has not asked for it since.
    pub(super) is_over: bool,
    /// Whether the server does not want to hear of it any more.
    pub(super) unwanted: bool,
}

/// What the server said last of a submission.
#[derive(Debug, Clone, Copy)]
pub(super) struct Active {
    pub(super) id: i64,
    status: JobSubmissionStatus,
    slurm_job_id: Option<i64>,
    pub(super) claim: Option<i64>,
}

impl From<ActiveJobSubmission> for Active {
    fn from(said: ActiveJobSubmission) -> Self {
        let ActiveJobSubmission { id, status, slurm_job_id, claim, .. } = said;
        Self { id, status, slurm_job_id, claim }
    }
}

/// What the journal says of a job that this agent made.
#[derive(Debug)]
pub(super) struct SubmittedJob {
    pub(super) slurm_job_id: i64,
    /// What it carries in the comment.
    pub(super) tag: Tag,
    /// The user that it runs as.
    pub(super) account: Box<str>,
}

impl SubmittedJob {
    pub(super) fn of(entry: Entry) -> Option<Self> {
        let Entry { phase, tag, account, .. } = entry;
        let Phase::Submitted { slurm_job_id } = phase else { return None };
        Some(Self { slurm_job_id, tag, account: account.into() })
    }
}

impl Followed {
    pub(super) fn new(active: Active) -> Self {
        Self {
            active,
            own: None,
            seen: None,
            outlook: Outlook::default(),
            end: UnconfirmedEnd::default(),
            disappearance: Disappearance::default(),
            cancellation: Cancellation::default(),
            user: Box::default(),
            tried_at: None,
            is_over: false,
            unwanted: false,
        }
    }

    /// The number of the job that is followed for it.
    pub(super) fn number(&self) -> Option<i64> {
        self.active.slurm_job_id.filter(|_| !self.is_over && !self.unwanted)
    }

    /// What the journal says of the submission, if it knows it.
    pub(super) fn recall(&mut self, entry: Entry) {
        self.own = SubmittedJob::of(entry);
    }

    /// The job, if this agent submitted this very one.
    pub(super) fn own(&self) -> Option<&SubmittedJob> {
        let number = self.number()?;
        self.own.as_ref().filter(|own| own.slurm_job_id == number)
    }

    /// Whose job it is.
    pub(super) fn user(&self) -> &str {
        self.own().map_or(&*self.user, |own| &*own.account)
    }

    /// Slurm says so of a job that is this submission's.
    pub(super) fn is_of(&mut self, user: &str) {
        // What this agent made is of the account that it was made for, or it is another's.
        if self.user() != user {
            self.user = user.into();
        }
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
        self.outlook.see(outlook);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_take_little_memory() {
        // The allocator's next size is 384.
        assert!(size_of::<Followed>() <= 320, "{}", size_of::<Followed>());
    }
}
