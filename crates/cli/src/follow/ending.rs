//! How a job ended, in words and as an exit code.

use clap::ValueEnum;
use jobbergate_types::{
    SlurmJobState,
    job_submissions::{JobSubmissionDetailedView, JobSubmissionStatus},
    slurm::whole_number,
};
use serde_json::Value;

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Until {
    /// That the job runs, or ran to its end.
    Running,
    /// That the job has ended.
    Finished,
}

/// How a submission came to its end, or to what was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The job runs.
    Running,
    /// All processes ended well.
    Completed,
    /// The script ended with this exit code, or by this signal plus 128.
    Failed(u8),
    /// The agent or Slurm refused it.
    Rejected,
    /// Somebody cancelled it.
    Cancelled,
    /// Slurm ended it, in this state.
    Stopped(SlurmJobState),
    /// Nobody knows.
    Unknown,
    /// The submission was deleted.
    Deleted,
}

impl Ending {
    /// When nothing was reached in the time that there was, as of `timeout` (coreutils).
    pub const TIMED_OUT: u8 = 124;

    /// How a submission ended, or whether it is what is waited for.
    pub fn of(submission: &JobSubmissionDetailedView, until: Until) -> Option<Self> {
        let base = &submission.submission;
        let state = base.slurm_job_state;
        match base.status {
            JobSubmissionStatus::Created => None,
            JobSubmissionStatus::Submitted => {
                let runs = state.is_some_and(has_begun) && until == Until::Running;
                runs.then_some(Self::Running)
            }
            JobSubmissionStatus::Rejected => Some(Self::Rejected),
            JobSubmissionStatus::Done => Some(Self::Completed),
            JobSubmissionStatus::Aborted => Some(match state {
                Some(SlurmJobState::Cancelled) => Self::Cancelled,
                Some(SlurmJobState::Failed) | None => {
                    Self::Failed(exit_code(submission).unwrap_or(1))
                }
                Some(SlurmJobState::Unknown) => Self::Unknown,
                Some(state) => Self::Stopped(state),
            }),
            // Its job may run until Slurm has heard of it.
            JobSubmissionStatus::Cancelled => {
                let runs = state.is_some_and(|state| !state.is_terminal());
                (base.slurm_job_id.is_none() || !runs).then_some(Self::Cancelled)
            }
        }
    }

    /// What scripts see of it.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Running | Self::Completed => 0,
            Self::Failed(code) => code.max(1),
            Self::Rejected => 120,
            Self::Cancelled => 121,
            Self::Stopped(_) => 122,
            Self::Unknown | Self::Deleted => 123,
        }
    }

    /// In a word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed(_) => "failed",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Stopped(_) => "stopped",
            Self::Unknown => "unknown",
            Self::Deleted => "deleted",
        }
    }

    /// In words, as what is said of a submission.
    pub fn words(self) -> String {
        match self {
            Self::Running => "its job runs".to_owned(),
            Self::Completed => "its job completed".to_owned(),
            Self::Failed(code @ 129..=192) => {
                format!("its job failed: its script was ended by the signal {}", code - 128)
            }
            Self::Failed(code) => format!("its job failed with exit code {code}"),
            Self::Rejected => "it was rejected".to_owned(),
            Self::Cancelled => "it was cancelled".to_owned(),
            Self::Stopped(state) => format!("Slurm ended its job: {state}"),
            Self::Unknown => "nobody could tell how its job ended".to_owned(),
            Self::Deleted => "it was deleted".to_owned(),
        }
    }
}

/// Whether a job in this state is beyond waiting.
pub fn has_begun(state: SlurmJobState) -> bool {
    use SlurmJobState::{Completing, Resizing, Running, Signaling, StageOut, Stopped, Suspended};
    matches!(state, Running | Completing | Resizing | Signaling | StageOut | Stopped | Suspended)
        || state.is_terminal()
}

/// The exit code in what Slurm says of a job: a number as `wait` gives it or, in newer versions,
/// `{"return_code": 3, "signal": {"id": 0}, …}`; 128 and the signal, as shells have it.
pub fn exit_code(submission: &JobSubmissionDetailedView) -> Option<u8> {
    let info: Value = serde_json::from_str(submission.slurm_job_info.as_deref()?).ok()?;
    let (code, signal) = match info.get("exit_code")? {
        Value::Object(fields) if fields.contains_key("return_code") => {
            let signal = fields.get("signal");
            let signal = signal.and_then(|signal| signal.get("id").or(signal.get("signal_id")));
            (fields.get("return_code").and_then(whole_number)?, signal.and_then(whole_number))
        }
        number => {
            let status = whole_number(number)?;
            (status >> 8 & 0xff, Some(status & 0x7f))
        }
    };
    let signal = signal.filter(|signal| *signal > 0);
    u8::try_from(signal.map_or(code, |signal| 128 + signal)).ok().filter(|code| *code > 0)
}

#[cfg(test)]
pub mod tests {
    use serde_json::json;

    use super::*;

    /// A submission with these properties.
    pub fn submission(more: Value) -> JobSubmissionDetailedView {
        let mut object = json!({
            "id": 7, "name": "run1", "owner_email": "alice@example.com", "is_archived": false,
            "created_at": "2026-11-29T20:00:00Z", "updated_at": "2026-11-29T20:10:00Z",
            "client_id": "c1", "status": "SUBMITTED", "slurm_job_id": 12,
        });
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(object).unwrap()
    }

    fn code(more: Value) -> Option<u8> {
        Ending::of(&submission(more), Until::Finished).map(Ending::exit_code)
    }

    #[test]
    fn each_way_to_end_has_its_exit_code() {
        for (status, state, expected) in [
            ("CREATED", None, None),
            ("SUBMITTED", Some("RUNNING"), None),
            ("DONE", Some("COMPLETED"), Some(0)),
            ("ABORTED", Some("FAILED"), Some(1)),
            ("ABORTED", None, Some(1)),
            ("REJECTED", None, Some(120)),
            ("ABORTED", Some("CANCELLED"), Some(121)),
            ("CANCELLED", Some("CANCELLED"), Some(121)),
            ("CANCELLED", Some("COMPLETED"), Some(121)),
            ("CANCELLED", Some("RUNNING"), None),
            ("ABORTED", Some("TIMEOUT"), Some(122)),
            ("ABORTED", Some("OUT_OF_MEMORY"), Some(122)),
            ("ABORTED", Some("NODE_FAIL"), Some(122)),
            ("ABORTED", Some("UNKNOWN"), Some(123)),
        ] {
            let more = json!({"status": status, "slurm_job_state": state});
            assert_eq!(code(more), expected, "{status} {state:?}");
        }
        let never = json!({"status": "CANCELLED", "slurm_job_id": null});
        assert_eq!(code(never), Some(121));
    }

    #[test]
    fn a_script_that_failed_passes_on_its_exit_code() {
        for (written, expected) in [
            (json!(768), 3),
            (json!(9), 137),
            (json!({"return_code": 3, "status": "ERROR"}), 3),
            (json!({"return_code": {"set": true, "infinite": false, "number": 4}}), 4),
            (json!({"return_code": 0, "signal": {"signal_id": 15, "name": "Term"}}), 143),
            (
                json!({"return_code": {"set": false, "infinite": false, "number": 0},
                       "signal": {"id": {"set": false, "infinite": false, "number": 0}}}),
                1,
            ),
            (json!(0), 1),
            (json!(null), 1),
        ] {
            let info = json!({"exit_code": written}).to_string();
            let more = json!({"status": "ABORTED", "slurm_job_state": "FAILED",
                "slurm_job_info": info});
            assert_eq!(code(more), Some(expected), "{info}");
        }
    }

    #[test]
    fn whoever_waits_for_a_run_is_content_with_one_that_is_over() {
        let until = |status: &str, state: &str| {
            let more = json!({"status": status, "slurm_job_state": state});
            Ending::of(&submission(more), Until::Running)
        };
        assert_eq!(until("SUBMITTED", "PENDING"), None);
        assert_eq!(until("SUBMITTED", "CONFIGURING"), None);
        assert_eq!(until("SUBMITTED", "RUNNING"), Some(Ending::Running));
        assert_eq!(until("SUBMITTED", "SUSPENDED"), Some(Ending::Running));
        assert_eq!(until("DONE", "COMPLETED"), Some(Ending::Completed));
        assert_eq!(until("ABORTED", "FAILED"), Some(Ending::Failed(1)));
    }
}
