//! The states of a Slurm job (`man squeue`, JOB STATE CODES) and what each means here.

mod reasons;

use std::{convert::Infallible, fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use reasons::{Meaning, explain, meaning};

/// What a state of a Slurm job means for its submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The job may still change.
    Active,
    /// The job ended well.
    Done,
    /// The job ended otherwise and won't come back.
    Aborted,
}

macro_rules! states {
    ($($variant:ident $name:literal $code:literal $outcome:ident $description:literal;)*) => {
        /// The state of a Slurm job.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum SlurmJobState {
            $(#[doc = $description] #[serde(rename = $name)] $variant,)*
        }

        impl SlurmJobState {
            /// Every state.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name in full, as Slurm, the API and the database write it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// Slurm's abbreviation, as in `squeue -o %t`.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The state in words.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => $description),* }
            }

            /// What it means for the submission.
            pub const fn outcome(self) -> Outcome {
                match self { $(Self::$variant => Outcome::$outcome),* }
            }
        }
    };
}

states! {
    BootFail "BOOT_FAIL" "BF" Aborted "A node failed to boot, so the job could not start.";
    Cancelled "CANCELLED" "CA" Aborted "The job was cancelled by its user or an administrator.";
    Completed "COMPLETED" "CD" Done "All processes of the job ended with exit code zero.";
    Configuring "CONFIGURING" "CF" Active "The job has its nodes and waits for them to be ready.";
    Completing "COMPLETING" "CG" Active "The job is ending; some processes may still be running.";
    Deadline "DEADLINE" "DL" Aborted "The job was ended because of its deadline.";
    Failed "FAILED" "F" Aborted "The job ended with a non-zero exit code or another failure.";
    NodeFail "NODE_FAIL" "NF" Aborted "A node of the job failed.";
    OutOfMemory "OUT_OF_MEMORY" "OOM" Aborted "The job used more memory than it was given.";
    Pending "PENDING" "PD" Active "The job waits for resources.";
    Preempted "PREEMPTED" "PR" Aborted "The job was ended in favour of another.";
    Running "RUNNING" "R" Active "The job is running.";
    ReservationDeletedHold "RESV_DEL_HOLD" "RD" Active "The job is held: its reservation was deleted.";
    RequeueFederation "REQUEUE_FED" "RF" Active "The job is being queued again by its federation.";
    RequeueHold "REQUEUE_HOLD" "RH" Active "The job is queued again and held.";
    Requeued "REQUEUED" "RQ" Active "The job is being queued again.";
    Resizing "RESIZING" "RS" Active "The job is about to change its size.";
    Revoked "REVOKED" "RV" Aborted "The job was started on another cluster of the federation.";
    Signaling "SIGNALING" "SI" Active "A signal is being sent to the job.";
    SpecialExit "SPECIAL_EXIT" "SE" Active "The job was queued again in a special state and is held.";
    StageOut "STAGE_OUT" "SO" Active "The job's files are being staged out.";
    Stopped "STOPPED" "ST" Active "The job was stopped by a signal and keeps its resources.";
    Suspended "SUSPENDED" "S" Active "The job is suspended and gave its processors to others.";
    Timeout "TIMEOUT" "TO" Aborted "The job reached its time limit.";
    Unknown "UNKNOWN" "UK" Aborted "Slurm no longer knows the job and nobody could tell how it ended.";
}

impl SlurmJobState {
    /// Whether the job can't change any more.
    pub fn is_terminal(self) -> bool {
        self.outcome() != Outcome::Active
    }
}

/// Whether a job with this reason is held: it does not start until somebody releases it
/// (`JobHeldUser`, `launch failed requeued held`, `job_requeued_in_held_state`; `man squeue`, JOB
/// REASON CODES).
pub fn is_held(reason: &str) -> bool {
    reason.to_ascii_lowercase().contains("held")
}

/// A number of Slurm's JSON: plain or, in newer versions, `{"set": true, "infinite": false,
/// "number": 7}`.
pub fn whole_number(value: &Value) -> Option<i64> {
    let Value::Object(fields) = value else { return value.as_i64() };
    let is = |key: &str| fields.get(key).and_then(Value::as_bool);
    let says = is("set") != Some(false) && is("infinite") != Some(true);
    fields.get("number").filter(|_| says)?.as_i64()
}

impl fmt::Display for SlurmJobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads a state by name or abbreviation, as any version of Slurm prints it
/// (`CANCELLED by 1000`, `CANCELLED+`); what is new to this table is [`SlurmJobState::Unknown`].
impl FromStr for SlurmJobState {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let word = text.split_whitespace().next().unwrap_or_default().trim_end_matches('+');
        let found = Self::ALL
            .iter()
            .find(|s| s.as_str().eq_ignore_ascii_case(word) || s.code().eq_ignore_ascii_case(word));
        Ok(found.copied().unwrap_or(Self::Unknown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_as_slurm_prints_them() {
        for state in SlurmJobState::ALL {
            assert_eq!(state.as_str().parse(), Ok(*state));
            assert_eq!(state.code().parse(), Ok(*state));
        }
        assert_eq!("CANCELLED by 1000".parse(), Ok(SlurmJobState::Cancelled));
        assert_eq!("CANCELLED+".parse(), Ok(SlurmJobState::Cancelled));
        assert_eq!("NEVER_HEARD_OF".parse(), Ok(SlurmJobState::Unknown));
    }

    /// The manual's abbreviations, and whether a job in that state comes back.
    const MANUAL: &[(&str, &str, Outcome)] = &[
        ("BOOT_FAIL", "BF", Outcome::Aborted),
        ("CANCELLED", "CA", Outcome::Aborted),
        ("COMPLETED", "CD", Outcome::Done),
        ("CONFIGURING", "CF", Outcome::Active),
        ("COMPLETING", "CG", Outcome::Active),
        ("DEADLINE", "DL", Outcome::Aborted),
        ("FAILED", "F", Outcome::Aborted),
        ("NODE_FAIL", "NF", Outcome::Aborted),
        ("OUT_OF_MEMORY", "OOM", Outcome::Aborted),
        ("PENDING", "PD", Outcome::Active),
        ("PREEMPTED", "PR", Outcome::Aborted),
        ("RUNNING", "R", Outcome::Active),
        ("RESV_DEL_HOLD", "RD", Outcome::Active),
        ("REQUEUE_FED", "RF", Outcome::Active),
        ("REQUEUE_HOLD", "RH", Outcome::Active),
        ("REQUEUED", "RQ", Outcome::Active),
        ("RESIZING", "RS", Outcome::Active),
        ("REVOKED", "RV", Outcome::Aborted),
        ("SIGNALING", "SI", Outcome::Active),
        ("SPECIAL_EXIT", "SE", Outcome::Active),
        ("STAGE_OUT", "SO", Outcome::Active),
        ("STOPPED", "ST", Outcome::Active),
        ("SUSPENDED", "S", Outcome::Active),
        ("TIMEOUT", "TO", Outcome::Aborted),
        ("UNKNOWN", "UK", Outcome::Aborted),
    ];

    #[test]
    fn every_state_has_its_abbreviation_its_meaning_and_words_of_its_own() {
        let found: Vec<_> = SlurmJobState::ALL
            .iter()
            .map(|state| (state.as_str(), state.code(), state.outcome()))
            .collect();
        assert_eq!(found, MANUAL);
        for state in SlurmJobState::ALL {
            let words = state.description();
            assert!(words.ends_with('.') && words.len() > 15, "{state}: {words}");
            let same = SlurmJobState::ALL.iter().filter(|other| other.description() == words);
            assert_eq!(same.count(), 1, "{words}");
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
            assert_eq!(state.is_terminal(), state.outcome() != Outcome::Active);
        }
    }
}
