//! How pages say things: instants, spans, sizes, states.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use jobbergate_types::{SlurmJobState, job_submissions::JobSubmissionStatus};

/// An instant: for programs, and in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) at: String,
    pub(super) words: String,
}

impl Moment {
    pub(super) fn new(now: DateTime<Utc>, at: DateTime<Utc>) -> Self {
        Self { at: at.to_rfc3339_opts(SecondsFormat::Secs, true), words: ago(now, at) }
    }
}

/// How far an instant is from now.
pub(super) fn ago(now: DateTime<Utc>, at: DateTime<Utc>) -> String {
    let distance = now - at;
    match distance.num_seconds() {
        -4..=4 => "now".to_owned(),
        5.. => format!("{} ago", duration(distance)),
        _ => format!("in {}", duration(-distance)),
    }
}

/// A span of time in its largest unit.
pub(super) fn duration(span: TimeDelta) -> String {
    let seconds = span.num_seconds().max(0);
    let (count, unit) = match seconds {
        0..60 => (seconds, "s"),
        60..3600 => (seconds / 60, "min"),
        3600..172_800 => (seconds / 3600, "h"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{count} {unit}")
}

/// A number of bytes with three digits.
pub(super) fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if count < 1024 {
        return format!("{count} bytes");
    }
    let mut scaled = count as f64 / 1024.0;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    while scaled >= 999.5 {
        let Some(larger) = units.next() else { break };
        scaled /= 1024.0;
        unit = Some(larger);
    }
    let digits = if scaled < 9.995 { 2 } else { usize::from(scaled < 99.95) };
    format!("{scaled:.digits$} {}", unit.unwrap_or(&""))
}

/// What state something is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    /// The class of its chip.
    pub(super) look: &'static str,
    pub(super) words: String,
}

impl State {
    /// What state a submission is in, of which its job in Slurm has a state of its own.
    pub(super) fn of(status: JobSubmissionStatus, job: Option<SlurmJobState>) -> Self {
        use JobSubmissionStatus::{Aborted, Cancelled, Created, Done, Rejected, Submitted};
        let (look, words) = match (status, job) {
            (Created, _) => ("warn", "Waiting for its cluster".to_owned()),
            (Submitted, None) => ("warn", "Submitted".to_owned()),
            (Submitted, Some(SlurmJobState::Pending)) => {
                ("warn", "Waiting in the queue".to_owned())
            }
            (Submitted, Some(job)) => ("busy", plain(job.as_str())),
            (Rejected, _) => ("bad", "Rejected".to_owned()),
            (Done, _) => ("good", "Done".to_owned()),
            (Aborted, None | Some(SlurmJobState::Failed | SlurmJobState::Unknown)) => {
                ("bad", "Failed".to_owned())
            }
            (Aborted, Some(job)) => ("bad", plain(job.as_str())),
            (Cancelled, Some(job)) if !job.is_terminal() => ("warn", "Being cancelled".to_owned()),
            (Cancelled, _) => ("", "Cancelled".to_owned()),
        };
        Self { look, words }
    }
}

/// A name of Slurm's as a word: `OUT_OF_MEMORY` is `Out of memory`.
pub(super) fn plain(name: &str) -> String {
    let mut word = name.replace('_', " ").to_lowercase();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_told_by_their_distance() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        for (seconds, words) in [
            (0, "now"),
            (5, "5 s ago"),
            (119, "1 min ago"),
            (7200, "2 h ago"),
            (172_800, "2 days ago"),
            (-90, "in 1 min"),
        ] {
            assert_eq!(ago(now, now - TimeDelta::seconds(seconds)), words);
        }
        assert_eq!(Moment::new(now, now).at, "2023-11-14T22:13:20Z");
    }

    #[test]
    fn sizes_have_three_digits() {
        for (count, words) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1024, "1.00 KiB"),
            (1_048_575, "1.00 MiB"),
            (2_147_483_648, "2.00 GiB"),
            (52_428_800, "50.0 MiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(bytes(count), words);
        }
    }

    #[test]
    fn states_are_words() {
        use JobSubmissionStatus::{Aborted, Cancelled, Submitted};
        let word = |status, job| State::of(status, job).words;
        assert_eq!(word(Submitted, Some(SlurmJobState::Running)), "Running");
        assert_eq!(word(Aborted, Some(SlurmJobState::OutOfMemory)), "Out of memory");
        assert_eq!(word(Cancelled, Some(SlurmJobState::Completing)), "Being cancelled");
        assert_eq!(word(Cancelled, Some(SlurmJobState::Cancelled)), "Cancelled");
        assert_eq!(plain(""), "");
    }
}
