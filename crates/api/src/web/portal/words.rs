//! How figures and states are put into words.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use jobbergate_types::{SlurmJobState, job_submissions::JobSubmissionStatus, slurm::Outcome};

/// An instant, as `<time>` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    /// For programs.
    pub(super) at: String,
    /// For people: how long ago, or the day.
    pub(super) words: String,
}

impl Moment {
    pub(super) fn new(now: DateTime<Utc>, at: DateTime<Utc>) -> Self {
        Self { at: at.to_rfc3339_opts(SecondsFormat::Secs, true), words: ago(now, at) }
    }
}

/// How long ago something was, or how long it takes until it is; the day if that is a month.
pub(super) fn ago(now: DateTime<Utc>, at: DateTime<Utc>) -> String {
    let passed = now - at;
    let span = passed.abs();
    if span >= TimeDelta::days(30) {
        return at.format("%-d %b %Y").to_string();
    }
    if span < TimeDelta::minutes(1) {
        return "just now".to_owned();
    }
    let span = largest_unit(span);
    if passed < TimeDelta::zero() { format!("in {span}") } else { format!("{span} ago") }
}

fn largest_unit(span: TimeDelta) -> String {
    match (span.num_days(), span.num_hours(), span.num_minutes()) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, _) => format!("{hours} h"),
        (1, ..) => "1 day".to_owned(),
        (days, ..) => format!("{days} days"),
    }
}

/// How large something is, in bytes.
pub(super) fn bytes(size: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if size < 1024 {
        return format!("{size} bytes");
    }
    let mut amount = size as f64 / 1024.0;
    let mut unit = 0;
    while amount >= 1023.95 && unit < UNITS.len() - 1 {
        amount /= 1024.0;
        unit += 1;
    }
    format!("{amount:.1} {}", UNITS.get(unit).unwrap_or(&"TB"))
}

/// Where a submission stands: a class of the style sheet, and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub(super) look: &'static str,
    pub(super) words: String,
}

impl State {
    pub(super) fn of(status: JobSubmissionStatus, job: Option<SlurmJobState>) -> Self {
        let (look, words) = match (status, job) {
            (JobSubmissionStatus::Created, _) => ("", "Waiting for its cluster".to_owned()),
            (JobSubmissionStatus::Submitted, None) => ("busy", "Submitted".to_owned()),
            (JobSubmissionStatus::Submitted, Some(SlurmJobState::Pending)) => {
                ("warn", "Pending".to_owned())
            }
            (JobSubmissionStatus::Submitted, Some(job)) => ("busy", of_job(job)),
            (JobSubmissionStatus::Done, _) => ("good", "Done".to_owned()),
            (JobSubmissionStatus::Rejected, _) => ("bad", "Rejected".to_owned()),
            (JobSubmissionStatus::Cancelled, _) => ("", "Cancelled".to_owned()),
            (JobSubmissionStatus::Aborted, Some(job)) if job.outcome() == Outcome::Aborted => {
                ("bad", of_job(job))
            }
            (JobSubmissionStatus::Aborted, _) => ("bad", "Failed".to_owned()),
        };
        Self { look, words }
    }
}

/// Slurm's name of a state, as a word: `OUT_OF_MEMORY` is `Out of memory`.
fn of_job(job: SlurmJobState) -> String {
    let lower = job.as_str().replace('_', " ").to_lowercase();
    let mut letters = lower.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_told_as_people_do() {
        let now = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
        for (seconds, words) in [
            (0, "just now"),
            (59, "just now"),
            (60, "1 min ago"),
            (3_599, "59 min ago"),
            (7_200, "2 h ago"),
            (86_400, "1 day ago"),
            (86_400 * 29, "29 days ago"),
            (86_400 * 31, "1 Dec 2025"),
            (-300, "in 5 min"),
        ] {
            assert_eq!(ago(now, now - TimeDelta::seconds(seconds)), words, "{seconds}");
        }
    }

    #[test]
    fn sizes_have_the_unit_that_fits() {
        for (size, words) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1536, "1.5 KB"),
            ((1 << 20) - 1, "1.0 MB"),
            (5 << 30, "5.0 GB"),
            (u64::MAX, "16777216.0 TB"),
        ] {
            assert_eq!(bytes(size), words);
        }
    }

    #[test]
    fn states_say_what_slurm_says() {
        let words = |status, job| State::of(status, job).words;
        assert_eq!(words(JobSubmissionStatus::Created, None), "Waiting for its cluster");
        let (running, memory) = (SlurmJobState::Running, SlurmJobState::OutOfMemory);
        assert_eq!(words(JobSubmissionStatus::Submitted, Some(running)), "Running");
        assert_eq!(words(JobSubmissionStatus::Aborted, Some(memory)), "Out of memory");
        assert_eq!(words(JobSubmissionStatus::Aborted, Some(running)), "Failed");
    }
}
