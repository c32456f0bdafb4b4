//! Why a submission is as it is, in sentences, and what to do.

use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_types::{
    SlurmJobState,
    clusters::ClusterStatusView,
    job_submissions::{JobSubmissionDetailedView, JobSubmissionStatus},
    slurm::meaning,
};

use crate::web::portal::words::{Moment, ago};

/// How long an agent may take to take a submission up.
const SOON: TimeDelta = TimeDelta::minutes(1);

#[derive(Debug, Default)]
pub(super) struct Explanation {
    pub(super) because: Vec<String>,
    pub(super) advice: Vec<String>,
    /// When Slurm expects it to start.
    pub(super) start: Option<Moment>,
}

/// Why a submission stands as it does; `cluster` is none for who may not see clusters.
pub(super) fn explain(
    submission: &JobSubmissionDetailedView,
    cluster: Option<Option<&ClusterStatusView>>,
    now: DateTime<Utc>,
) -> Explanation {
    let mut explanation = Explanation::default();
    match submission.submission.status {
        JobSubmissionStatus::Created => explanation.created(submission, cluster, now),
        JobSubmissionStatus::Submitted => explanation.submitted(submission, cluster, now),
        JobSubmissionStatus::Rejected => explanation.rejected(submission),
        JobSubmissionStatus::Done => {}
        JobSubmissionStatus::Aborted => explanation.aborted(submission),
        JobSubmissionStatus::Cancelled => explanation.cancelled(submission),
    }
    explanation
}

impl Explanation {
    fn say(&mut self, sentence: impl Into<String>) {
        self.because.push(sentence.into());
    }

    fn advise(&mut self, sentence: impl Into<String>) {
        self.advice.push(sentence.into());
    }

    fn created(
        &mut self,
        submission: &JobSubmissionDetailedView,
        cluster: Option<Option<&ClusterStatusView>>,
        now: DateTime<Utc>,
    ) {
        let base = &submission.submission;
        self.say(format!("It waits for the agent of cluster {} to submit it.", base.client_id));
        if !self.is_well(&base.client_id, cluster, now) {
            return;
        }
        let reason = base.outlook.slurm_pending_reason.as_deref().filter(|it| !it.is_empty());
        match reason.map(|reason| (reason, meaning(reason))) {
            Some((reason, Some(meaning))) => {
                self.say(format!("Slurm does not let it in yet: {} ({reason}).", meaning.because));
                self.advise(meaning.advice);
            }
            Some((words, None)) => {
                self.say(format!("The agent says: {}.", words.trim_end_matches('.')));
            }
            None if now - base.created_at.0 < SOON => {
                self.advise("Wait a moment: agents take submissions up within seconds.");
            }
            None => self.advise(
                "The agent is there and has not submitted it. If it stays so, ask the cluster's \
                 administrators.",
            ),
        }
    }

    /// Says what is wrong with the cluster; whether nothing is.
    fn is_well(
        &mut self,
        name: &str,
        cluster: Option<Option<&ClusterStatusView>>,
        now: DateTime<Utc>,
    ) -> bool {
        let status = match cluster {
            None => return true,
            Some(None) => {
                self.say(format!("The agent of cluster {name} has never reported."));
                self.advise("Ask the cluster's administrators whether its agent runs.");
                return false;
            }
            Some(Some(status)) => status,
        };
        if !status.is_healthy {
            self.say(format!(
                "The agent of cluster {name} is away: it last reported {}.",
                ago(now, status.last_reported.0)
            ));
            self.advise("What it is to do, it does when it is back.");
            return false;
        }
        if let Some(problem) = &status.slurm_problem {
            self.say(format!("The Slurm of cluster {name} does not answer its agent: {problem}"));
            self.advise("What is to be done there, is done when Slurm is back.");
            return false;
        }
        let silent = status.slurm_answered_at.filter(|at| now - at.0 > SOON);
        if let Some(at) = silent {
            self.say(format!(
                "The Slurm of cluster {name} has not answered its agent since {}.",
                ago(now, at.0)
            ));
        }
        silent.is_none()
    }

    fn submitted(
        &mut self,
        submission: &JobSubmissionDetailedView,
        cluster: Option<Option<&ClusterStatusView>>,
        now: DateTime<Utc>,
    ) {
        let base = &submission.submission;
        let state = base.slurm_job_state;
        let reason = base.outlook.slurm_pending_reason.as_deref().filter(|it| !it.is_empty());
        if let Some(reason) = reason {
            match meaning(reason) {
                Some(meaning) => {
                    self.say(format!("It waits because {} ({reason}).", meaning.because));
                    self.advise(meaning.advice);
                }
                None => self.say(format!("It waits, in Slurm's words: {reason}.")),
            }
        } else if let Some(state) = state.filter(|state| *state != SlurmJobState::Running) {
            self.say(state.description());
        }
        self.start = base.outlook.slurm_expected_start.map(|at| Moment::new(now, at.0));
        if !self.is_well(&base.client_id, cluster, now) {
            self.say("So what is shown may be out of date.");
        }
    }

    fn rejected(&mut self, submission: &JobSubmissionDetailedView) {
        let words = submission.report_message.as_deref().filter(|words| !words.is_empty());
        let words = words.unwrap_or("the agent gave no reason").trim_end_matches('.');
        self.say(format!("It never ran: {words}."));
        self.advise("Run it again with other parameters.");
    }

    fn aborted(&mut self, submission: &JobSubmissionDetailedView) {
        let state = submission.submission.slurm_job_state.unwrap_or(SlurmJobState::Failed);
        self.say(state.description());
        let report = submission.report_message.as_deref().filter(|report| !report.is_empty());
        if let Some(report) = report.filter(|report| *report != state.description()) {
            self.say(format!("Slurm's reason: {}.", report.trim_end_matches('.')));
        }
        self.advise(after(state));
    }

    fn cancelled(&mut self, submission: &JobSubmissionDetailedView) {
        let base = &submission.submission;
        match (base.slurm_job_id, base.slurm_job_state) {
            (None, _) => self.say("It was cancelled before it had a job in Slurm."),
            (Some(_), Some(state)) if state.is_terminal() => {}
            (Some(job), _) => {
                self.say(format!("The agent has Slurm end its job {job}, within seconds."));
            }
        }
    }
}

/// What to do after a job ended like that.
const fn after(state: SlurmJobState) -> &'static str {
    match state {
        SlurmJobState::Timeout | SlurmJobState::Deadline => {
            "Run it again with more time, or have it go on from where it was."
        }
        SlurmJobState::OutOfMemory => "Run it again with more memory.",
        SlurmJobState::NodeFail | SlurmJobState::BootFail | SlurmJobState::Preempted => {
            "It was not its fault: run it again."
        }
        SlurmJobState::Cancelled => {
            "If it was not you: ask the cluster's administrators who cancelled it, and why."
        }
        SlurmJobState::Unknown => {
            "Look at its output, or into its directory on the cluster, for what it wrote."
        }
        _ => "The script, or a program in it, failed: its output says at what.",
    }
}
