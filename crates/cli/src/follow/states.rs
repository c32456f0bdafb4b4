//! The states of a submission as they happen, until what is waited for.

use jobbergate_types::job_submissions::{
    JobProgressDetail, JobSubmissionDetailedView, JobSubmissionStatus,
};
use serde_json::{Map, Value, json};

use super::{
    Follower, News,
    ending::{Ending, Until},
    screen::{Screen, instant},
};
use crate::{
    commands::{Session, read},
    failure::Result,
    output::resource::JOB_SUBMISSION,
};

/// What to follow, and where to show it.
#[derive(Debug, Clone, Copy)]
pub struct States<'a> {
    /// The server.
    pub session: &'a Session,
    /// Where to show it.
    pub screen: &'a Screen,
    /// What is waited for.
    pub until: Until,
    /// Whether there are several, so that each line has to say which it is of.
    pub are_several: bool,
    /// Whether it is known that there is such a submission.
    pub is_known: bool,
}

impl States<'_> {
    /// Follows a submission; `seen` is called with how it is each time.
    ///
    /// # Errors
    /// When it can't be followed, or nobody looks any more.
    pub async fn follow(
        &self,
        id: i64,
        seen: impl Fn(&JobSubmissionDetailedView),
    ) -> Result<Ending> {
        let mut follower = Follower::new(self.session, id, self.is_known);
        let mut told = Told { label: label(id, self.are_several), ..Told::default() };
        let mut steps = Vec::new();
        loop {
            match follower.next().await? {
                News::Step(step) => {
                    self.screen.json(&step_line(&step))?;
                    steps.push(step);
                }
                News::Submission(submission) => {
                    self.screen.json(&submission_line(&submission)?)?;
                    for line in told.lines(&steps, &submission) {
                        self.screen.line(&line)?;
                    }
                    steps.clear();
                    self.screen.wait_for(&told.now);
                    seen(&submission);
                    if let Some(ending) = Ending::of(&submission, self.until) {
                        self.screen.json(&end_line(id, ending, Some(&submission)))?;
                        return Ok(ending);
                    }
                }
                News::Deleted => {
                    self.screen.line(&format!("{}it was deleted", told.label))?;
                    self.screen.json(&end_line(id, Ending::Deleted, None))?;
                    return Ok(Ending::Deleted);
                }
                News::Away(why) => self.screen.tell(&format!("{why} (it is tried again)")),
                News::Back => self.screen.tell("The server answers again"),
            }
        }
    }
}

fn label(id: i64, are_several: bool) -> String {
    if are_several { format!("{id}: ") } else { String::new() }
}

fn step_line(step: &JobProgressDetail) -> Value {
    json!({
        "event": "progress",
        "job_submission_id": step.job_submission_id,
        "timestamp": step.timestamp,
        "slurm_job_state": step.slurm_job_state,
        "additional_info": step.additional_info,
    })
}

/// With the names that other commands show.
///
/// # Errors
/// When the submission lacks something.
pub fn submission_line(submission: &JobSubmissionDetailedView) -> Result<Value> {
    let object = serde_json::to_value(submission).unwrap_or_default();
    let mut line = Map::from_iter([("event".to_owned(), Value::from("submission"))]);
    line.extend(read("Couldn't follow the job submission", &JOB_SUBMISSION, &object)?);
    let outlook = serde_json::to_value(&submission.submission.outlook).unwrap_or_default();
    line.extend(outlook.as_object().cloned().unwrap_or_default());
    Ok(Value::Object(line))
}

fn end_line(id: i64, ending: Ending, submission: Option<&JobSubmissionDetailedView>) -> Value {
    let submission = submission.map(|submission| &submission.submission);
    json!({
        "event": "end",
        "job_submission_id": id,
        "ending": ending.as_str(),
        "exit_code": ending.exit_code(),
        "status": submission.map(|submission| submission.status),
        "slurm_job_state": submission.and_then(|submission| submission.slurm_job_state),
    })
}

/// What was told of a submission already.
#[derive(Debug, Default)]
struct Told {
    label: String,
    is_introduced: bool,
    state: String,
    detail: Option<String>,
    job: Option<i64>,
    /// How it is now.
    now: String,
}

impl Told {
    fn lines(
        &mut self,
        steps: &[JobProgressDetail],
        submission: &JobSubmissionDetailedView,
    ) -> Vec<String> {
        let base = &submission.submission;
        let mut lines = Vec::new();
        if !self.is_introduced {
            self.is_introduced = true;
            let (id, name, cluster) = (base.id, &base.name, &base.client_id);
            lines.push(format!("Submission {id} ({name}) on cluster {cluster}"));
        }
        let (state, detail) = (state(submission), detail(submission));
        for step in steps {
            let of_step = step.slurm_job_state.as_deref().unwrap_or_default();
            let is_now = of_step == state && step.id == steps.last().map_or(0, |last| last.id);
            let own = meaningful(step.additional_info.as_deref());
            let detail = if is_now { detail.clone().or(own) } else { own };
            lines.extend(self.line(step.timestamp.0, of_step, detail, base.slurm_job_id));
        }
        lines.extend(self.line(base.updated_at.0, state, detail, base.slurm_job_id));
        let start = base.outlook.slurm_expected_start.map(|start| instant(start.0));
        let start = start.map(|start| format!(", expected to start at {start}"));
        let (id, reason) = (base.id, self.detail.as_deref().unwrap_or_default());
        self.now =
            format!("submission {id}: {state} {reason}{}", start.as_deref().unwrap_or_default());
        lines
    }

    fn line(
        &mut self,
        at: chrono::DateTime<chrono::Utc>,
        state: &str,
        detail: Option<String>,
        job: Option<i64>,
    ) -> Option<String> {
        let is_news = self.state != state || (detail.is_some() && self.detail != detail);
        if !is_news {
            return None;
        }
        let number = job.filter(|_| self.job != job).map(|job| format!("job {job}"));
        self.job = job.or(self.job);
        state.clone_into(&mut self.state);
        self.detail.clone_from(&detail);
        let more: Vec<_> = number.into_iter().chain(detail).collect();
        let line = format!("{}{}  {state:<11} {}", self.label, instant(at), more.join(", "));
        Some(line.trim_end().to_owned())
    }
}

/// The state of a submission that is shown: that of its job, where it has one.
fn state(submission: &JobSubmissionDetailedView) -> &'static str {
    let base = &submission.submission;
    match (base.status, base.slurm_job_state) {
        (JobSubmissionStatus::Cancelled, _) | (_, None) => base.status.as_str(),
        (_, Some(state)) => state.as_str(),
    }
}

fn detail(submission: &JobSubmissionDetailedView) -> Option<String> {
    let base = &submission.submission;
    let reason = meaningful(base.outlook.slurm_pending_reason.as_deref());
    let report = meaningful(submission.report_message.as_deref());
    match base.status {
        JobSubmissionStatus::Created => {
            let waits = || format!("waits for the agent of cluster {}", base.client_id);
            Some(reason.unwrap_or_else(waits))
        }
        JobSubmissionStatus::Submitted => reason,
        JobSubmissionStatus::Cancelled => {
            let runs = base.slurm_job_state.is_some_and(|state| !state.is_terminal());
            runs.then(|| "waits for its job to end".to_owned())
        }
        _ => report,
    }
}

/// Slurm says `None` where it has nothing to say.
pub fn meaningful(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty() && *text != "None").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::ending::tests::submission, *};

    fn step(id: i64, state: &str, info: Option<&str>) -> JobProgressDetail {
        serde_json::from_value(json!({"id": id, "job_submission_id": 7,
            "timestamp": "2026-11-29T20:05:00Z", "slurm_job_state": state,
            "additional_info": info}))
        .unwrap()
    }

    /// What is told, without instants.
    fn told(told: &mut Told, steps: &[JobProgressDetail], more: Value) -> Vec<String> {
        let lines = told.lines(steps, &submission(more)).into_iter();
        lines.map(|line| line.split_once("  ").map_or(line.clone(), |(_, l)| l.into())).collect()
    }

    #[test]
    fn each_state_is_told_once_with_what_is_known_of_it() {
        let mut all = Told::default();
        let created = json!({"status": "CREATED", "slurm_job_id": null});
        let lines = told(&mut all, &[], created);
        let first = "Submission 7 (run1) on cluster c1";
        assert_eq!(lines, [first, "CREATED     waits for the agent of cluster c1"]);
        let pending = json!({"slurm_job_state": "PENDING", "slurm_pending_reason": "Resources"});
        let steps = [step(1, "PENDING", Some("None"))];
        let lines = told(&mut all, &steps, pending.clone());
        assert_eq!(lines, ["PENDING     job 12, Resources"]);
        assert!(told(&mut all, &[], pending).is_empty());
        let ended = json!({"status": "ABORTED", "slurm_job_state": "FAILED",
            "report_message": "NonZeroExitCode"});
        let steps = [step(2, "RUNNING", Some("None")), step(3, "FAILED", Some("NonZeroExitCode"))];
        let lines = told(&mut all, &steps, ended);
        assert_eq!(lines, ["RUNNING", "FAILED      NonZeroExitCode"]);
    }
}
