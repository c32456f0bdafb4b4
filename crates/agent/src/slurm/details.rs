//! What Slurm says of a single job, by the names of its JSON.

use chrono::{DateTime, Utc};
use jobbergate_types::{
    SlurmJobState::{self, Revoked},
    slurm::whole_number,
};
use serde_json::{Map, Value};

use super::{JobFiles, job_text, python_json, squeue};

/// What Slurm says of a single job.
#[derive(Debug, Clone, PartialEq)]
pub struct Details {
    /// The state of each task or component (of the job itself, if it has none) whose name is known.
    pub states: Vec<SlurmJobState>,
    /// The job as Slurm describes it; of an array, one of its tasks.
    pub info: Map<String, Value>,
    /// The exit code of each task that failed, 0 after a signal; none where Slurm does not say it.
    pub failures: Vec<Option<i64>>,
    /// Where each task or component (or the job itself, if it has none) writes.
    pub files: Vec<JobFiles>,
}

impl Details {
    /// Reads `{"jobs": [{"job_state": "RUNNING" or ["RUNNING"], …}]}`.
    pub(super) fn from_json(number: i64, text: &str) -> Option<Self> {
        let Value::Object(mut answer) = serde_json::from_str(text).ok()? else { return None };
        let Some(Value::Array(jobs)) = answer.remove("jobs") else { return None };
        let objects = jobs.into_iter().filter_map(|job| match job {
            Value::Object(job) => Some(job),
            _ => None,
        });
        Self::of(number, objects.collect())
    }

    /// Reads the text of `scontrol show job`.
    pub(super) fn from_text(number: i64, text: &str) -> Option<Self> {
        Self::of(number, job_text::jobs(text))
    }

    /// The details of the job of this number, made up of these.
    pub(super) fn of(number: i64, mut jobs: Vec<Map<String, Value>>) -> Option<Self> {
        // What another cluster of the federation says counts more than that it is not here.
        if jobs.iter().any(|job| !is_revoked(job)) {
            jobs.retain(|job| !is_revoked(job));
        }
        let states = jobs.iter().filter_map(state_of).collect();
        let failed = jobs.iter().filter(|job| state_of(job) == Some(SlurmJobState::Failed));
        let failures = failed.map(exit_code).collect();
        let files = jobs.iter().filter_map(JobFiles::of).collect();
        // Of components it is the first that all belong to.
        let leads = |job: &Map<String, Value>| {
            let of = |key| job.get(key).and_then(whole_number);
            of("het_job_id") == Some(number) && of("job_id") == Some(number)
        };
        let described = jobs.iter().position(leads).unwrap_or(0);
        let info = (described < jobs.len()).then(|| jobs.swap_remove(described))?;
        Some(Self { states, info, failures, files })
    }

    /// The job as JSON text, written as by the Python agent.
    pub fn info_text(&self) -> String {
        python_json::text(&self.info)
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.info.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// The partition that it was last to run in.
    pub fn partition(&self) -> Option<&str> {
        self.text("partition")
    }

    pub fn reason(&self) -> Option<String> {
        self.text("state_reason").filter(|reason| *reason != "None").map(str::to_owned)
    }

    /// The name of the user that it runs as.
    pub fn user(&self) -> Option<&str> {
        self.text("user_name")
    }

    pub fn comment(&self) -> &str {
        self.text("comment").unwrap_or_default()
    }

    /// Whether Slurm may queue it again by itself.
    pub fn requeue(&self) -> Option<bool> {
        match self.info.get("requeue")? {
            Value::Bool(requeue) => Some(*requeue),
            other => whole_number(other).map(|number| number != 0),
        }
    }

    /// When it was submitted, or queued again.
    pub fn submit_time(&self) -> Option<DateTime<Utc>> {
        let seconds = whole_number(self.info.get("submit_time")?).filter(|seconds| *seconds > 0);
        DateTime::from_timestamp(seconds?, 0)
    }

    /// How often it was queued again.
    pub fn restarts(&self) -> Option<i64> {
        whole_number(self.info.get("restart_cnt")?)
    }
}

/// A newer Slurm lists the state and its flags: `["CANCELLED", "COMPLETING"]`. A job that is
/// completing has not ended.
pub(super) fn state_of(job: &Map<String, Value>) -> Option<SlurmJobState> {
    let names = match job.get("job_state")? {
        Value::String(name) => vec![name.as_str()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let states: Vec<_> = names.into_iter().filter_map(squeue::state).collect();
    let ended = states.iter().find(|state| state.is_terminal() && **state != Revoked);
    if states.contains(&Revoked) {
        // What it was before is of no interest, how it ended elsewhere is.
        return Some(ended.copied().unwrap_or(Revoked));
    }
    let active = states.iter().find(|state| !state.is_terminal());
    active.or(states.first()).copied()
}

fn is_revoked(job: &Map<String, Value>) -> bool {
    state_of(job) == Some(Revoked)
}

/// The exit code in `{"return_code": 3, …}` or in the number that `wait` gave.
fn exit_code(job: &Map<String, Value>) -> Option<i64> {
    match job.get("exit_code")? {
        Value::Object(fields) if fields.contains_key("return_code") => {
            whole_number(fields.get("return_code")?)
        }
        number => whole_number(number).map(|status| status >> 8 & 0xff),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(name: &str) -> String {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/slurm-22.05/");
        std::fs::read_to_string(format!("{directory}{name}")).unwrap()
    }

    fn from_json(text: &str) -> Option<Details> {
        Details::from_json(7, text)
    }

    #[test]
    fn a_job_of_slurm_22_is_read_from_text() {
        let text = sample("scontrol.failed_exit1.FAILED.NonZeroExitCode.txt");
        let failed = Details::from_text(13, &text).unwrap();
        assert_eq!(
            (failed.states.as_slice(), failed.failures.as_slice()),
            (&[SlurmJobState::Failed][..], &[Some(1)][..])
        );
        assert_eq!(failed.reason().as_deref(), Some("NonZeroExitCode"));
        assert_eq!((failed.requeue(), failed.restarts()), (Some(true), Some(0)));
        assert_eq!((failed.user(), failed.partition()), (Some("root"), Some("debug")));
        assert!(
            failed.info_text().starts_with(r#"{"account": "", "accrue_time": "#),
            "{}",
            failed.info_text()
        );
        assert!(failed.info_text().contains(r#", "exit_code": 256, "#), "{}", failed.info_text());
    }

    #[test]
    fn whose_a_job_is_and_whether_it_may_come_back_is_read_in_all_forms() {
        let json = r#"{"jobs":[{"job_state":"RUNNING","user_name":"alice","comment":"c",
            "requeue":false,"restart_cnt":{"set":true,"number":2}}]}"#;
        let json = from_json(json).unwrap();
        assert_eq!((json.user(), json.comment()), (Some("alice"), "c"));
        assert_eq!((json.requeue(), json.restarts()), (Some(false), Some(2)));
        let plain = from_json(r#"{"jobs":[{"requeue":1,"restart_cnt":0}]}"#).unwrap();
        assert_eq!((plain.requeue(), plain.restarts(), plain.user()), (Some(true), Some(0), None));
    }

    #[test]
    fn numbers_are_read_in_all_forms() {
        for (written, read) in [
            ("7", Some(7)),
            (r#"{"set":true,"infinite":false,"number":7}"#, Some(7)),
            (r#"{"set":false,"infinite":false,"number":0}"#, None),
            (r#"{"set":false,"infinite":true,"number":0}"#, None),
            (r#"{"set":true,"infinite":true,"number":0}"#, None),
            ("null", None),
            ("{}", None),
        ] {
            let text = format!(r#"{{"jobs":[{{"restart_cnt":{written}}}]}}"#);
            assert_eq!(from_json(&text).unwrap().restarts(), read, "{written}");
        }
        let submitted = |text: &str| from_json(text).unwrap().submit_time();
        assert_eq!(submitted(r#"{"jobs":[{"submit_time":0}]}"#), None);
        let known = submitted(r#"{"jobs":[{"submit_time":{"set":true,"number":1795330826}}]}"#);
        assert_eq!(known.unwrap().timestamp(), 1_795_330_826);
    }

    #[test]
    fn the_exit_code_of_each_failed_task_is_read_in_all_forms() {
        let array = "JobId=8\n   JobState=FAILED ExitCode=3:0\n\nJobId=9\n   JobState=COMPLETED \
                     ExitCode=0:0\n\nJobId=10\n   JobState=FAILED ExitCode=0:9\n";
        assert_eq!(Details::from_text(8, array).unwrap().failures, [Some(3), Some(0)]);
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
        let array = Details::from_text(24, &sample("scontrol.array.RUNNING.txt")).unwrap();
        assert!(array.states.len() > 1);
        assert!(array.info_text().contains(r#""array_job_id": 24, "#), "{}", array.info_text());
    }

    #[test]
    fn of_the_components_of_a_job_the_first_describes_it() {
        let component = |number: i64, state: &str| {
            format!(
                r#"{{"job_id":{number},"het_job_id":{{"set":true,"number":27}},"job_state":["{state}"]}}"#
            )
        };
        let jobs = [component(28, "FAILED"), component(27, "RUNNING")].join(",");
        let details = Details::from_json(27, &format!(r#"{{"jobs":[{jobs}]}}"#)).unwrap();
        assert_eq!(details.states, [SlurmJobState::Failed, SlurmJobState::Running]);
        assert!(details.info_text().starts_with(r#"{"job_id": 27, "#), "{}", details.info_text());
    }

    #[test]
    fn of_a_federation_the_cluster_counts_that_has_the_job() {
        let here = r#"{"job_id":67108865,"cluster":"a","job_state":["REVOKED"]}"#;
        let there = r#"{"job_id":67108865,"cluster":"b","job_state":["RUNNING"]}"#;
        let both = Details::from_json(67_108_865, &format!(r#"{{"jobs":[{here},{there}]}}"#));
        let both = both.unwrap();
        assert_eq!(
            (both.states.as_slice(), &both.info["cluster"]),
            (&[SlurmJobState::Running][..], &"b".into())
        );
        let one = Details::from_json(67_108_865, &format!(r#"{{"jobs":[{here}]}}"#)).unwrap();
        assert_eq!(one.states, [Revoked]);
    }

    #[test]
    fn newer_versions_write_states_as_they_like() {
        for (written, read) in [
            (r#""RUNNING""#, vec![SlurmJobState::Running]),
            (r#"["CANCELLED","COMPLETING"]"#, vec![SlurmJobState::Completing]),
            (r#"["COMPLETED"]"#, vec![SlurmJobState::Completed]),
            (r#"["PENDING","REVOKED"]"#, vec![Revoked]),
            (r#"["COMPLETED","REVOKED"]"#, vec![SlurmJobState::Completed]),
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
    fn what_is_told_of_a_job_is_what_slurm_said_in_pythons_hand() {
        let text = "{\"jobs\": [\n{ \"job_id\": 7, \"name\": \"Zürich\", \"command\": \"\\/a\",\n\
                    \"billable_tres\": {\"set\": true, \"number\": 1.0}, \"job_state\": [\"RUNNING\"], \
                    \"gres_detail\": [\n] }, {\"job_id\": 8}]}";
        assert_eq!(
            from_json(text).unwrap().info_text(),
            r#"{"job_id": 7, "name": "Z\u00fcrich", "command": "/a", "billable_tres": {"set": true, "number": 1.0}, "job_state": ["RUNNING"], "gres_detail": []}"#
        );
    }

    /// Answers of Slurm 24.11.5 and what Python's `json.dumps` made of their first jobs.
    #[test]
    fn what_a_newer_slurm_says_is_told_word_for_word() {
        let newer = |name: &str| sample(&format!("../slurm-24.11/{name}.json"));
        let read = |number, case: &str| {
            Details::from_json(number, &newer(&format!("scontrol-json.{case}"))).unwrap()
        };
        for (number, case) in [(1, "failed"), (5, "heterogeneous")] {
            let told = newer(&format!("job-info.{case}"));
            assert_eq!(read(number, case).info_text(), told.trim_end());
        }
        let failed = read(1, "failed");
        assert_eq!(
            (failed.states.as_slice(), failed.failures.as_slice()),
            (&[SlurmJobState::Failed][..], &[Some(3)][..])
        );
        assert_eq!(
            (failed.reason().as_deref(), failed.user()),
            (Some("NonZeroExitCode"), Some("root"))
        );
        assert_eq!(failed.submit_time().unwrap().timestamp(), 1_795_970_971);
        let held = read(3, "held");
        assert_eq!(
            (held.comment(), held.reason().as_deref()),
            ("Zürich \"x\"", Some("JobHeldUser"))
        );
        assert_eq!(read(4, "running").restarts(), Some(0));
        let array = read(2, "array");
        assert_eq!(
            array.states,
            [SlurmJobState::Pending, SlurmJobState::Running, SlurmJobState::Running]
        );
        assert_eq!(read(5, "heterogeneous").states, [SlurmJobState::Pending; 2]);
        assert_eq!(Details::from_json(99_999, &newer("scontrol-json.unknown")), None);
    }

    #[test]
    fn an_answer_without_jobs_says_nothing() {
        for text in [r#"{"jobs":[],"errors":[{"error":"x"}]}"#, "{}", "null", "not JSON"] {
            assert_eq!(from_json(text), None, "{text}");
        }
        assert_eq!(from_json(&sample("squeue-json.CONTROLLER_DOWN.json")), None);
        assert_eq!(Details::from_text(7, "No jobs in the system\n"), None);
    }
}
