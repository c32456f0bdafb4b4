//! What became of an `sbatch`, judged by its exit code and its words.

use super::{Room, command, limits};

/// What `sbatch` made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SbatchOutcome {
    /// Slurm has the job of this number.
    Accepted(i64),
    /// Slurm refused, in these words; it has no job.
    Refused(String),
    /// Slurm took no more for now, in these words; it has no job. There is room when others' end.
    Limited(Room, String),
    /// `sbatch` waited for room, in these words, and was ended at that. Slurm may have the job.
    Sleeping(String),
    /// The request did not reach Slurm; it has no job.
    NotSent(String),
    /// `sbatch` was not even started, for a reason that is neither its nor Slurm's and passes; there is
    /// no job.
    NotStarted(String),
    /// `sbatch`, or what the site has in its place, failed in words that are not Slurm's refusal,
    /// or hung while the controller answered. If there is no job, that is the reason.
    Failed(String),
    /// Slurm may have the job, or get it later.
    Unclear(String),
}

impl SbatchOutcome {
    /// The same where it is not certain that Slurm has no job.
    pub(super) fn in_doubt(self) -> Self {
        match self {
            Self::Refused(words) => Self::Failed(words),
            Self::Limited(_, words) => Self::Sleeping(words),
            Self::NotSent(words) | Self::NotStarted(words) => Self::Unclear(words),
            other => other,
        }
    }
}

/// Before Slurm's own reason in the last line of a failure.
const REASON: &str = "Batch job submission failed: ";

/// The request did not leave this host.
const NOT_SENT: &[&str] = &["Unable to contact slurm controller (connect failure)"];

/// Nothing is known of what became of the request (Slurm's list of error texts).
const UNCLEAR: &[&str] = &[
    "Unable to contact slurm controller",
    "Socket timed out",
    "Resource temporarily unavailable",
    "Zero Bytes were transmitted",
    "Unexpected message received",
    "Message send failure",
    "Message receive failure",
    "Communication connection failure",
    "Communication shutdown failure",
    "Protocol authentication error",
    "Protocol version has changed",
    "Insane message length",
    "Header lengths are longer",
    "backup controller",
    "standby mode",
    "Connection refused",
    "Connection reset",
    "Connection timed out",
    "Transport endpoint",
    "Broken pipe",
    "No route to host",
    "Network is unreachable",
];

/// What Slurm writes before it could ask the controller. It is no refusal at once, but it is one
/// if it stays so while the controller answers others.
const FAILED_EARLY: &[&str] = &[
    "slurm_load",
    "munge",
    "Munge",
    "auth_g_",
    "configuration source",
    "resolve_ctls",
    "slurm.conf",
    "slurmctld",
];

/// The exit code of an `sbatch` that did not understand its options.
const BAD_OPTIONS: i32 = 255;

/// Judges an `sbatch` that ended by itself and wrote no number.
pub(super) fn judge(code: i32, stderr: &str, stdout: &str) -> SbatchOutcome {
    let words = command::without_prefixes("sbatch", stderr);
    let any = |text: &str, list: &[&str]| list.iter().any(|part| text.contains(part));
    // Slurm's own reason; only other lines may quote the user.
    if let Some(reason) = words.lines().find_map(|line| line.strip_prefix(REASON)) {
        if let Some(room) = limits::limit(&words, reason) {
            return SbatchOutcome::Limited(room, words);
        }
        return match reason {
            reason if any(reason, NOT_SENT) => SbatchOutcome::NotSent(words),
            reason if any(reason, UNCLEAR) => SbatchOutcome::Unclear(words),
            _ => SbatchOutcome::Refused(words),
        };
    }
    let says = |beginning: &str| stderr.lines().any(|line| line.starts_with(beginning));
    // The C library writes the path before what it has to say of options.
    let of_options = |line: &str| line.split(' ').next().is_some_and(|w| w.ends_with("sbatch:"));
    if code == BAD_OPTIONS && stderr.lines().any(of_options) {
        return SbatchOutcome::Refused(words);
    }
    let errors = errors(stderr);
    if any(&errors, UNCLEAR) {
        return SbatchOutcome::Unclear(format!("sbatch failed: {words}"));
    }
    // Words that are not its own are those of a site's program around it, or of the system.
    let own = says("sbatch: error: ") || says("sbatch: fatal: ");
    if own && code != 0 && !any(&errors, FAILED_EARLY) {
        return SbatchOutcome::Refused(words);
    }
    SbatchOutcome::Failed(complete(code, &words, stdout))
}

/// The lines that say what is wrong: with `--verbose` there are others.
fn errors(stderr: &str) -> String {
    let is_error = |line: &&str| line.contains(": error: ") || line.contains(": fatal: ");
    let errors: Vec<&str> = stderr.lines().filter(is_error).collect();
    if errors.is_empty() { stderr.to_owned() } else { errors.join("\n") }
}

fn complete(code: i32, words: &str, stdout: &str) -> String {
    let said = [words, stdout.trim()].into_iter().filter(|part| !part.is_empty());
    let said = said.collect::<Vec<_>>().join("\n");
    match (said.is_empty(), code) {
        (true, _) => format!("sbatch ended with exit code {code} and without a word"),
        (false, 0) => format!("sbatch gave no number of a job: {said}"),
        (false, _) => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_given_in_slurms_own_words() {
        let text = "sbatch: error: invalid partition specified: nosuch\n\
                    sbatch: error: Batch job submission failed: Invalid partition name specified\n";
        let words = "invalid partition specified: nosuch\n\
                     Batch job submission failed: Invalid partition name specified";
        assert_eq!(judge(1, text, ""), SbatchOutcome::Refused(words.to_owned()));
        let usage =
            "/usr/bin/sbatch: unrecognized option '--bogus'\nTry \"sbatch --help\" for more\n";
        let refused = judge(255, usage, "");
        assert!(matches!(refused, SbatchOutcome::Refused(words) if words.contains("--bogus")));
    }

    #[test]
    fn trouble_on_the_way_is_no_refusal() {
        for reason in [
            "Socket timed out on send/recv operation",
            "Zero Bytes were transmitted or received",
            "Protocol authentication error",
            "Unable to contact slurm controller (send failure)",
        ] {
            let text = format!("sbatch: error: Batch job submission failed: {reason}\n");
            assert!(matches!(judge(1, &text, ""), SbatchOutcome::Unclear(_)), "{reason}");
        }
    }

    #[test]
    fn a_controller_that_is_down_was_not_asked() {
        let text = "sbatch: error: Batch job submission failed: \
                    Unable to contact slurm controller (connect failure)\n";
        assert!(matches!(judge(1, text, ""), SbatchOutcome::NotSent(_)));
    }

    #[test]
    fn words_that_are_not_slurms_refusal_are_kept() {
        for (code, stderr, stdout, words) in [
            (1, "", "Your project is out of hours.\n", "Your project is out of hours."),
            (0, "", "Come back later\n", "sbatch gave no number of a job: Come back later"),
            (3, "", "", "sbatch ended with exit code 3 and without a word"),
            (1, "sbatch: error: Munge encode failed: x\n", "", "Munge encode failed: x"),
            (1, "sbatch: fatal: slurm.conf: x\n", "and y", "slurm.conf: x\nand y"),
            (1, "quota server unreachable\n", "", "quota server unreachable"),
            (127, "sbatch: no libslurm.so\n", "", "sbatch: no libslurm.so"),
            (255, "ssh: kex_exchange: closed\n", "", "ssh: kex_exchange: closed"),
        ] {
            assert_eq!(judge(code, stderr, stdout), SbatchOutcome::Failed(words.to_owned()));
        }
    }

    #[test]
    fn a_user_cannot_make_a_refusal_look_like_trouble() {
        let text = "sbatch: error: invalid partition specified: munge Socket timed out\n\
                    sbatch: error: Batch job submission failed: Invalid partition name specified\n";
        assert!(matches!(judge(1, text, ""), SbatchOutcome::Refused(_)));
        let verbose = "sbatch: debug: auth/munge: init\nsbatch: error: Invalid generic resource\n";
        assert!(matches!(judge(1, verbose, ""), SbatchOutcome::Refused(_)));
    }
}
