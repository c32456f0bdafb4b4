//! Details of a single job, and whether the controller answers.

use chrono::{DateTime, Utc};
use jobbergate_types::SlurmJobState;
use serde_json::{Map, Value};

use super::{
    JobFiles, Slurm, SlurmError, command, job_files::exact_names, squeue, time::local_time,
};

/// What Slurm says of a single job.
#[derive(Debug, Clone, PartialEq)]
pub struct Details {
    /// The state of each task (of the job itself, if it is no array) whose name is known.
    pub states: Vec<SlurmJobState>,
    /// The job as Slurm describes it; of an array, one of its tasks.
    pub info: Map<String, Value>,
    /// The exit code of each task that failed, 0 after a signal; none where Slurm does not say it.
    pub failures: Vec<Option<i64>>,
    /// Where each task (or the job itself, if it is no array) writes.
    pub files: Vec<JobFiles>,
}

impl Details {
    fn of(jobs: Vec<Map<String, Value>>) -> Option<Self> {
        let states = jobs.iter().filter_map(state_of).collect();
        let failed = jobs.iter().filter(|job| state_of(job) == Some(SlurmJobState::Failed));
        let failures = failed.map(exit_code).collect();
        let files = jobs.iter().filter_map(JobFiles::of).collect();
        let info = jobs.into_iter().next()?;
        Some(Self { states, info, failures, files })
    }

    /// The partition that it was last to run in.
    pub fn partition(&self) -> Option<&str> {
        self.info.get("Partition").or_else(|| self.info.get("partition"))?.as_str()
    }

    pub fn reason(&self) -> Option<String> {
        let reason = self.info.get("Reason").or_else(|| self.info.get("state_reason"))?;
        reason.as_str().filter(|reason| *reason != "None" && !reason.is_empty()).map(str::to_owned)
    }

    /// The name of the user that it runs as: `alice(1000)` in text.
    pub fn user(&self) -> Option<&str> {
        let user = self.info.get("UserId").or_else(|| self.info.get("user_name"))?.as_str()?;
        user.split('(').next().filter(|name| !name.is_empty())
    }

    pub fn comment(&self) -> &str {
        let comment = self.info.get("Comment").or_else(|| self.info.get("comment"));
        comment.and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether Slurm may queue it again by itself.
    pub fn requeue(&self) -> Option<bool> {
        match self.info.get("Requeue").or_else(|| self.info.get("requeue"))? {
            Value::Bool(requeue) => Some(*requeue),
            other => whole_number(other).map(|number| number != 0),
        }
    }

    /// When it was submitted, or queued again. Text has the time of this host's zone.
    pub fn submit_time(&self) -> Option<DateTime<Utc>> {
        if let Some(time) = self.info.get("submit_time") {
            return DateTime::from_timestamp(whole_number(time)?, 0);
        }
        local_time(self.info.get("SubmitTime")?.as_str()?)
    }

    /// How often it was queued again.
    pub fn restarts(&self) -> Option<i64> {
        whole_number(self.info.get("Restarts").or_else(|| self.info.get("restart_cnt"))?)
    }
}

/// A number as text, as a number or, in newer versions, as `{"set": true, "number": 7}`.
pub(super) fn whole_number(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Object(fields) => fields.get("number")?.as_i64(),
        other => other.as_i64(),
    }
}

impl Slurm {
    /// What Slurm says of a job; none if it says that there is no such job.
    pub async fn details(&self, job: i64) -> Result<Option<Details>, SlurmError> {
        self.describe(&job.to_string()).await
    }

    /// What Slurm says of one task of an array; none if it says that there is no such task.
    pub async fn task_details(&self, job: i64, task: u32) -> Result<Option<Details>, SlurmError> {
        self.describe(&format!("{job}_{task}")).await
    }

    async fn describe(&self, job: &str) -> Result<Option<Details>, SlurmError> {
        if self.shows_json().await {
            let shown = self.scontrol(&["--json", "show", "job", job]).await;
            if let Some(details) = shown.ok().and_then(|text| from_json(&text)) {
                return Ok(Some(details));
            }
        }
        match self.scontrol(&["show", "job", job]).await {
            Ok(text) => Ok(from_text(&text)),
            Err(SlurmError::Failed { words, .. }) if is_unknown(&words) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// What a node calls itself, which need not be its name.
    pub async fn host_name(&self, node: &str) -> Result<Option<String>, SlurmError> {
        let text = self.scontrol(&["show", "node", node]).await?;
        let name = pairs(&text).get("NodeHostName").and_then(Value::as_str).map(str::to_owned);
        Ok(name.filter(|name| !name.is_empty()))
    }

    pub async fn is_up(&self) -> Result<bool, SlurmError> {
        match self.scontrol(&["ping"]).await {
            Ok(answer) => Ok(answer.contains(" is UP")),
            Err(SlurmError::Failed { .. }) => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// `scontrol show job --json` came with version 23.02.
    async fn shows_json(&self) -> bool {
        let ask = || async { Ok(version(&self.version().await?) >= (23, 2)) };
        let known: Result<&bool, SlurmError> = self.shows_json.get_or_try_init(ask).await;
        known.is_ok_and(|shows| *shows)
    }

    /// What Slurm's commands call themselves, such as `slurm-wlm 22.05.8`.
    pub async fn version(&self) -> Result<String, SlurmError> {
        Ok(self.scontrol(&["--version"]).await?.trim().to_owned())
    }

    pub(super) async fn scontrol(&self, arguments: &[&str]) -> Result<String, SlurmError> {
        let mut scontrol = command::as_agent(&self.paths.scontrol);
        scontrol.args(arguments);
        let finished = command::run(scontrol, self.deadline).await?;
        if finished.code == Some(0) {
            if arguments != ["--version"] {
                self.heard();
            }
            return Ok(finished.stdout);
        }
        let mut words = finished.complaints("scontrol");
        if words.is_empty() {
            // That there is no such task is said there.
            finished.stdout.trim().clone_into(&mut words);
        }
        Err(SlurmError::Failed { program: "scontrol", words })
    }
}

/// `Job 24_9 not found` is said of a task.
fn is_unknown(words: &str) -> bool {
    words.contains("Invalid job id specified") || words.ends_with(" not found")
}

/// `slurm-wlm 22.05.8` → (22, 5)
fn version(text: &str) -> (u32, u32) {
    let number = text.split_whitespace().nth(1).unwrap_or_default();
    let mut parts = number.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

/// Reads `{"jobs": [{"job_state": "RUNNING" or ["RUNNING"], …}]}`.
pub(super) fn from_json(text: &str) -> Option<Details> {
    let Value::Object(mut answer) = serde_json::from_str(text).ok()? else { return None };
    let Some(Value::Array(jobs)) = answer.remove("jobs") else { return None };
    let objects = jobs.into_iter().filter_map(|job| match job {
        Value::Object(job) => Some(job),
        _ => None,
    });
    Details::of(objects.collect())
}

/// Reads the text of `scontrol show job`, whose values may contain spaces.
pub(super) fn from_text(text: &str) -> Option<Details> {
    let blocks = text.trim().split("\n\n").filter(|block| !block.trim().is_empty());
    let job = |block: &str| {
        let mut job = pairs(block);
        job.extend(exact_names(block).map(|(key, name)| (key.to_owned(), name.into())));
        job
    };
    Details::of(blocks.map(job).filter(|job| job.contains_key("JobId")).collect())
}

/// A newer Slurm lists the state and its flags: `["CANCELLED", "COMPLETING"]`. A job that is
/// completing has not ended.
pub(super) fn state_of(job: &Map<String, Value>) -> Option<SlurmJobState> {
    let names = match job.get("JobState").or_else(|| job.get("job_state"))? {
        Value::String(name) => vec![name.as_str()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let states: Vec<_> = names.into_iter().filter_map(squeue::state).collect();
    let active = states.iter().find(|state| !state.is_terminal());
    active.or(states.first()).copied()
}

/// The exit code in `3:0` (with the signal after it) or, in JSON, in `{"return_code": 3, …}` or the
/// number that `wait` gave.
fn exit_code(job: &Map<String, Value>) -> Option<i64> {
    match job.get("ExitCode").or_else(|| job.get("exit_code"))? {
        Value::String(text) => text.split_once(':')?.0.parse().ok(),
        Value::Object(fields) if fields.contains_key("return_code") => {
            whole_number(fields.get("return_code")?)
        }
        number => whole_number(number).map(|status| status >> 8 & 0xff),
    }
}

/// `JobId=7 JobName=two words Power=` → three pairs. A word that is no pair belongs to the value
/// before it; the first of several equal keys counts.
pub(super) fn pairs(block: &str) -> Map<String, Value> {
    let mut pairs: Vec<(&str, String)> = Vec::new();
    for line in block.lines() {
        for word in line.split_whitespace() {
            match (word.split_once('='), pairs.last_mut()) {
                (Some((key, value)), _) if is_key(key) => pairs.push((key, value.to_owned())),
                (_, Some((_, value))) => {
                    value.push(' ');
                    value.push_str(word);
                }
                (_, None) => {}
            }
        }
    }
    let mut map = Map::new();
    for (key, value) in pairs {
        map.entry(key).or_insert(Value::String(value));
    }
    map
}

fn is_key(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "/:*_-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(name: &str) -> String {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/");
        std::fs::read_to_string(format!("{directory}{name}")).unwrap()
    }

    #[test]
    fn a_job_of_slurm_22_is_read_from_text() {
        let failed =
            from_text(&sample("scontrol.failed_exit1.FAILED.NonZeroExitCode.txt")).unwrap();
        assert_eq!(failed.states, [SlurmJobState::Failed]);
        assert_eq!(failed.info["Reason"], "NonZeroExitCode");
        assert_eq!(failed.info["ExitCode"], "1:0");
        assert_eq!(failed.info["ReqB:S:C:T"], "0:0:*:*");
        assert_eq!(failed.info["Power"], "");
    }

    #[test]
    fn whose_a_job_is_and_whether_it_may_come_back_is_read_in_all_forms() {
        let text = from_text(&sample("scontrol.failed_exit1.FAILED.NonZeroExitCode.txt")).unwrap();
        assert_eq!((text.requeue(), text.restarts()), (Some(true), Some(0)));
        assert!(text.user().is_some_and(|user| !user.contains('(')), "{:?}", text.user());
        let json = r#"{"jobs":[{"job_state":"RUNNING","user_name":"alice","comment":"c",
            "requeue":false,"restart_cnt":{"set":true,"number":2}}]}"#;
        let json = from_json(json).unwrap();
        assert_eq!((json.user(), json.comment()), (Some("alice"), "c"));
        assert_eq!((json.requeue(), json.restarts()), (Some(false), Some(2)));
        let plain = from_json(r#"{"jobs":[{"requeue":1,"restart_cnt":0}]}"#).unwrap();
        assert_eq!((plain.requeue(), plain.restarts(), plain.user()), (Some(true), Some(0), None));
    }

    #[test]
    fn the_exit_code_of_each_failed_task_is_read_in_all_forms() {
        let array = "JobId=8 JobState=FAILED ExitCode=3:0\n\nJobId=9 JobState=COMPLETED \
                     ExitCode=0:0\n\nJobId=10 JobState=FAILED ExitCode=0:9\n";
        assert_eq!(from_text(array).unwrap().failures, [Some(3), Some(0)]);
        for (written, code) in [
            ("768", Some(3)),
            ("9", Some(0)),
            (r#"{"set":true,"infinite":false,"number":768}"#, Some(3)),
            (r#"{"status":["ERROR"],"return_code":{"set":true,"number":3}}"#, Some(3)),
            (r#"{"status":"ERROR","return_code":3}"#, Some(3)),
            ("null", None),
        ] {
            let text = format!(r#"{{"jobs":[{{"job_state":"FAILED","exit_code":{written}}}]}}"#);
            assert_eq!(from_json(&text).unwrap().failures, [code], "{written}");
        }
    }

    #[test]
    fn each_task_of_an_array_counts() {
        let array = from_text(&sample("scontrol.array.RUNNING.txt")).unwrap();
        assert!(array.states.len() > 1);
        assert_eq!(array.info["ArrayJobId"], "24");
    }

    #[test]
    fn names_may_contain_spaces() {
        let info = pairs("JobId=7 JobName=two words a=b\n   Comment=1 = 2\n   Power=\n");
        assert_eq!(info["JobName"], "two words a=b");
        assert_eq!(info["Comment"], "1 = 2");
        assert_eq!(info["Power"], "");
    }

    #[test]
    fn newer_versions_write_states_as_they_like() {
        for (written, read) in [
            (r#""RUNNING""#, vec![SlurmJobState::Running]),
            (r#"["CANCELLED","COMPLETING"]"#, vec![SlurmJobState::Completing]),
            (r#"["COMPLETED"]"#, vec![SlurmJobState::Completed]),
            (r#"["HIBERNATING"]"#, vec![]),
            ("null", vec![]),
        ] {
            let text = format!(
                r#"{{"jobs":[{{"job_state":{written},"job_id":{{"set":true,"number":7}}}}],"errors":[]}}"#
            );
            assert_eq!(from_json(&text).unwrap().states, read, "{written}");
        }
    }

    #[test]
    fn an_answer_without_jobs_says_nothing() {
        for text in [r#"{"jobs":[],"errors":[{"error":"x"}]}"#, "{}", "null", "not JSON"] {
            assert_eq!(from_json(text), None, "{text}");
        }
        assert_eq!(from_text("No jobs in the system\n"), None);
    }

    #[test]
    fn the_version_is_read() {
        assert_eq!(version("slurm-wlm 22.05.8\n"), (22, 5));
        assert_eq!(version("slurm 23.02.0-0rc1\n"), (23, 2));
        assert!(version("garbage") < (23, 2));
    }
}
