//! Why a submission is as it is, in sentences, and what to do.

use std::time::Duration;

use chrono::{DateTime, Utc};
use jobbergate_types::{
    SlurmJobState, Timestamp,
    clusters::ClusterStatusView,
    job_submissions::{JobSubmissionDetailedView, JobSubmissionStatus},
    slurm::meaning,
};
use serde_json::Value;

use super::{
    ending::exit_code,
    screen::{instant, span},
    states::meaningful,
};

/// How long an agent may take to take a submission up, and Slurm to answer it.
const SOON: Duration = Duration::from_mins(1);
/// How the message begins that an agent leaves with what may have run.
const UNCERTAIN: &str = "It is uncertain whether Slurm ran this job";

/// What is known of the cluster that a submission is for.
#[derive(Debug)]
pub enum Cluster {
    /// This.
    Known(ClusterStatusView),
    /// Its agent never reported.
    Silent,
    /// Nothing can be had, and why.
    Hidden(String),
}

/// Sentences about a submission.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// How it is and why.
    pub because: Vec<String>,
    /// What to do.
    pub advice: Vec<String>,
}

impl Explanation {
    /// Of a submission, as it is `now`.
    pub fn of(
        submission: &JobSubmissionDetailedView,
        cluster: &Cluster,
        now: DateTime<Utc>,
    ) -> Self {
        let mut explanation = Self::default();
        let base = &submission.submission;
        match base.status {
            JobSubmissionStatus::Created => explanation.created(submission, cluster, now),
            JobSubmissionStatus::Submitted => explanation.submitted(submission, cluster, now),
            JobSubmissionStatus::Rejected => explanation.rejected(submission),
            JobSubmissionStatus::Done => {
                let at = instant(base.updated_at.0);
                explanation.say(format!("Its job completed: Slurm reported so at {at}."));
            }
            JobSubmissionStatus::Aborted => explanation.aborted(submission),
            JobSubmissionStatus::Cancelled => explanation.cancelled(submission, cluster, now),
        }
        explanation
    }

    fn say(&mut self, sentence: impl Into<String>) {
        self.because.push(sentence.into());
    }

    fn advise(&mut self, sentence: impl Into<String>) {
        self.advice.push(sentence.into());
    }

    fn created(
        &mut self,
        submission: &JobSubmissionDetailedView,
        cluster: &Cluster,
        now: DateTime<Utc>,
    ) {
        let base = &submission.submission;
        self.say(format!(
            "It waits for the agent of cluster {} to submit it to Slurm, since {} ({}).",
            base.client_id,
            instant(base.created_at.0),
            span(since(base.created_at, now))
        ));
        if !self.is_well(&base.client_id, cluster, now) {
            return;
        }
        let reason = meaningful(base.outlook.slurm_pending_reason.as_deref());
        match reason.as_deref().map(|reason| (reason, meaning(reason))) {
            Some((reason, Some(meaning))) => {
                self.say(format!("Slurm does not let it in yet: {} ({reason}).", meaning.because));
                self.advise(meaning.advice);
                return;
            }
            Some((words, None)) => {
                let words = words.trim_end_matches('.');
                self.say(format!("In the words of the cluster's agent: {words}."));
                self.advise("Wait: the agent goes on by itself when that has passed.");
            }
            None if since(base.created_at, now) < SOON => {
                self.advise("Wait a moment: agents take submissions up within seconds.");
                return;
            }
            None if is_of_an_old_agent(cluster) => self.say(
                "The agent is there and has not submitted it. It does not say why submissions wait: \
                 it is the Python agent, or an old one.",
            ),
            None => self.say("The agent is there, and has neither submitted it nor said why."),
        }
        self.advise(format!(
            "If it stays so, ask the cluster's administrators: the agent's log names submission {}, \
             and `jobbergate agent doctor` says what is wrong.",
            base.id
        ));
    }

    /// Says what is wrong with the cluster; whether nothing is.
    fn is_well(&mut self, name: &str, cluster: &Cluster, now: DateTime<Utc>) -> bool {
        let status = match cluster {
            Cluster::Known(status) => status,
            Cluster::Silent => {
                self.say(format!("The agent of cluster {name} has never reported to this server."));
                self.advise("Ask the cluster's administrators whether its agent runs.");
                return false;
            }
            Cluster::Hidden(why) => {
                self.say(format!("How the cluster is can't be seen: {why}."));
                return true;
            }
        };
        let last = status.last_reported;
        if !status.is_healthy {
            self.say(format!(
                "The agent of cluster {name} is away: it last reported at {} ({} ago) and reports \
                 every {} when it is well. What it is to do, it does when it is back.",
                instant(last.0),
                span(since(last, now)),
                span(Duration::from_secs(status.interval.unsigned_abs()))
            ));
            self.advise(
                "Wait for it to come back, or ask the cluster's administrators about its agent.",
            );
            return false;
        }
        let problem = status.slurm_problem.as_ref();
        let is_silent = |at: &Timestamp| problem.is_some() || since(*at, now) > SOON;
        let silent = status.slurm_answered_at.filter(is_silent);
        if let Some(at) = silent {
            self.say(format!(
                "The agent is there, but the Slurm of cluster {name} has not answered it since {} \
                 ({} ago){}.",
                instant(at.0),
                span(since(at, now)),
                problem.map(|why| format!(": {}", why.trim_end_matches('.'))).unwrap_or_default()
            ));
            self.advise(
                "Wait for Slurm to come back, or ask the cluster's administrators about it.",
            );
        }
        silent.is_none()
    }

    fn submitted(
        &mut self,
        submission: &JobSubmissionDetailedView,
        cluster: &Cluster,
        now: DateTime<Utc>,
    ) {
        let base = &submission.submission;
        let state = base.slurm_job_state;
        let job = base.slurm_job_id.map(|job| job.to_string()).unwrap_or_default();
        if let Some(state) = state {
            self.say(format!("Its job {job} is {state}. {}", state.description()));
        } else {
            self.say(format!("Slurm has it as job {job}; its state was not reported yet."));
        }
        if let Some(counts) = base.outlook.slurm_task_counts.as_ref().filter(|all| !all.is_empty())
        {
            let counts = counts.iter().map(|(state, count)| format!("{count} {state}"));
            self.say(format!("Its tasks: {}.", counts.collect::<Vec<_>>().join(", ")));
        }
        if state.is_none_or(is_waiting) {
            self.waits(submission, cluster, &job);
        }
        if !self.is_well(&base.client_id, cluster, now) {
            self.say("So the above may be out of date.");
        }
    }

    fn waits(&mut self, submission: &JobSubmissionDetailedView, cluster: &Cluster, job: &str) {
        let outlook = &submission.submission.outlook;
        let reason = meaningful(outlook.slurm_pending_reason.as_deref());
        let reason = reason.or_else(|| reason_in_info(submission));
        match &reason {
            Some(reason) => {
                self.say(match meaning(reason) {
                    Some(meaning) => format!("It waits because {} ({reason}).", meaning.because),
                    None => format!("It waits, in Slurm's words: {reason}."),
                });
                self.advise(advice(reason));
            }
            None if is_of_an_old_agent(cluster) => {
                self.say(
                    "The cluster's agent does not say why jobs wait: it is the Python agent, or \
                     an old one.",
                );
                self.advise(format!("On the cluster, `squeue --start --jobs {job}` says it."));
            }
            None => self.say("Slurm has not said why it waits."),
        }
        if let Some(start) = outlook.slurm_expected_start {
            self.say(format!("Slurm expects it to start at {}.", instant(start.0)));
        }
    }

    fn rejected(&mut self, submission: &JobSubmissionDetailedView) {
        let words = submission.report_message.as_deref().unwrap_or_default();
        if words.starts_with(UNCERTAIN) {
            self.say(words);
            let script = submission.submission.job_script_id;
            let script = script.map_or("ID".to_owned(), |id| id.to_string());
            self.advise(format!(
                "Look into the execution directory first ({}). If the job did not run, submit its \
                 script again: `jobbergate job-submissions create {script} --name …`.",
                submission.execution_directory.as_deref().unwrap_or("the agent's default")
            ));
            return;
        }
        let words = if words.is_empty() { "the agent gave no reason" } else { words };
        self.say(format!("It was rejected and never ran: {}.", words.trim_end_matches('.')));
        self.advise(crate::commands::job_submissions::suggestion(words));
    }

    fn aborted(&mut self, submission: &JobSubmissionDetailedView) {
        let base = &submission.submission;
        let (id, state) = (base.id, base.slurm_job_state.unwrap_or(SlurmJobState::Failed));
        let job = base.slurm_job_id.map(|job| format!(" {job}")).unwrap_or_default();
        self.say(format!("Its job{job} ended as {state}. {}", state.description()));
        match exit_code(submission) {
            Some(code @ 129..=192) => {
                self.say(format!("Its script was ended by the signal {}.", code - 128));
            }
            Some(code) => self.say(format!("Its script ended with exit code {code}.")),
            None => {}
        }
        let report = meaningful(submission.report_message.as_deref());
        if let Some(report) = report.filter(|report| report != state.description()) {
            self.say(format!("The reason that was reported: {}.", report.trim_end_matches('.')));
        }
        self.advise(after(state));
        self.advise(format!("See what it wrote: `jobbergate job-submissions logs {id}`."));
    }

    fn cancelled(
        &mut self,
        submission: &JobSubmissionDetailedView,
        cluster: &Cluster,
        now: DateTime<Utc>,
    ) {
        let base = &submission.submission;
        let Some(job) = base.slurm_job_id else {
            return self.say("It was cancelled before it had a job in Slurm.");
        };
        match base.slurm_job_state.filter(|state| !state.is_terminal()) {
            Some(state) => {
                self.say(format!("It was cancelled; its job {job} is still {state}."));
                if self.is_well(&base.client_id, cluster, now) {
                    self.advise("Wait a moment: the agent has Slurm end it, within seconds.");
                }
            }
            None => self.say(format!("It was cancelled, and its job {job} has ended.")),
        }
    }
}

fn since(then: Timestamp, now: DateTime<Utc>) -> Duration {
    (now - then.0).to_std().unwrap_or_default()
}

fn is_waiting(state: SlurmJobState) -> bool {
    use SlurmJobState::{
        Pending, RequeueFederation, RequeueHold, Requeued, ReservationDeletedHold, SpecialExit,
    };
    matches!(
        state,
        Pending | RequeueFederation | RequeueHold | Requeued | ReservationDeletedHold | SpecialExit
    )
}

/// Agents that say why jobs wait also say when Slurm answered them.
fn is_of_an_old_agent(cluster: &Cluster) -> bool {
    matches!(cluster, Cluster::Known(status) if status.slurm_answered_at.is_none())
}

/// The reason in what a Python agent tells of a job.
fn reason_in_info(submission: &JobSubmissionDetailedView) -> Option<String> {
    let info: Value = serde_json::from_str(submission.slurm_job_info.as_deref()?).ok()?;
    meaningful(info.get("state_reason")?.as_str())
}

fn advice(reason: &str) -> &'static str {
    meaning(reason).map_or(
        "`man squeue` explains Slurm's words under JOB REASON CODES; the cluster's administrators \
         know what is meant.",
        |meaning| meaning.advice,
    )
}

/// What to do after a job ended like that.
fn after(state: SlurmJobState) -> &'static str {
    match state {
        SlurmJobState::Timeout | SlurmJobState::Deadline => {
            "Submit it with more time (`--time`), or have it go on from where it was."
        }
        SlurmJobState::OutOfMemory => "Submit it with more memory (`--mem`, `--mem-per-cpu`).",
        SlurmJobState::NodeFail | SlurmJobState::BootFail => {
            "It was not its fault: submit it again; if that happens again, tell the cluster's \
             administrators."
        }
        SlurmJobState::Preempted => "It was not its fault: submit it again.",
        SlurmJobState::Cancelled => {
            "If it was not you: ask the cluster's administrators who cancelled it, and why."
        }
        SlurmJobState::Unknown => {
            "Ask the cluster's administrators, or look into the execution directory for what it \
             wrote."
        }
        _ => "The script, or a program in it, failed: its output says at what.",
    }
}

#[cfg(test)]
mod tests;
