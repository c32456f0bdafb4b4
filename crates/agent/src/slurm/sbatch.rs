//! Submits a job.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use super::{CommandError, Slurm, command, directives};
use crate::{run_as::Account, slurm::SbatchArguments, tag::Tag};

/// A job to submit.
#[derive(Debug)]
pub struct Submission<'a> {
    /// The user that it runs as.
    pub account: &'a Account,
    /// Where it runs.
    pub directory: &'a Path,
    /// The user's options.
    pub arguments: &'a SbatchArguments,
    /// What it is found again by.
    pub tag: &'a Tag,
    /// The script.
    pub script: &'a [u8],
    /// Where the script is; without, `sbatch` is given its content.
    pub script_path: Option<PathBuf>,
}

/// What `sbatch` made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Slurm has the job of this number.
    Accepted(i64),
    /// Slurm refused, in these words; it has no job.
    Refused(String),
    /// The request did not reach Slurm; it has no job.
    NotSent(String),
    /// Slurm may have the job, or get it later.
    Unclear(String),
}

/// The file that `sbatch` writes the number of the job to.
///
/// It is locked as long as `sbatch` has it open, even if the agent is gone: so a new agent can
/// wait for an `sbatch` that outlived the old one, and read what came of it.
#[derive(Debug)]
pub struct Receipt(PathBuf);

impl Receipt {
    /// The receipt of a submission, in the agent's state directory.
    pub fn new(state_directory: &Path, tag: &Tag) -> Self {
        Self(state_directory.join(format!("{tag}.sbatch")))
    }

    fn create(&self) -> io::Result<File> {
        let file = File::create(&self.0)?;
        file.try_lock().map_err(io::Error::from)?;
        Ok(file)
    }

    /// The number that `sbatch` wrote, if it wrote one; none while `sbatch` may still write.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn read(&self) -> io::Result<Option<Option<i64>>> {
        let mut file = match File::open(&self.0) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Some(None)),
            opened => opened?,
        };
        match file.try_lock_shared() {
            Err(fs::TryLockError::WouldBlock) => return Ok(None),
            locked => locked.map_err(io::Error::from)?,
        }
        number_in(&mut file).map(Some)
    }

    /// The number that an `sbatch` wrote that has ended. A program that is just being started
    /// may hold the lock for a moment, so it is not asked for here.
    fn read_after_end(&self) -> io::Result<Option<i64>> {
        number_in(&mut File::open(&self.0)?)
    }

    /// Removes the file; the journal has what it said.
    pub fn discard(&self) {
        // One that stays is small and is removed with the state directory.
        let _ = fs::remove_file(&self.0);
    }
}

fn number_in(file: &mut File) -> io::Result<Option<i64>> {
    let mut bytes = Vec::new();
    file.take(1024).read_to_end(&mut bytes)?;
    Ok(job_number(&String::from_utf8_lossy(&bytes)))
}

impl Slurm {
    /// Runs `sbatch`. If the caller dies, it runs on; its outcome is in the receipt.
    pub async fn sbatch(&self, job: &Submission<'_>, receipt: &Receipt) -> Outcome {
        let prepared = receipt.create().and_then(|file| {
            let mut sbatch = job.account.command(&self.paths.sbatch, job.directory)?;
            sbatch.args(arguments(job)).stdout(file);
            Ok(sbatch)
        });
        let sbatch = match prepared {
            Ok(sbatch) => sbatch,
            Err(e) => return Outcome::NotSent(format!("sbatch cannot be prepared: {e}")),
        };
        let stdin = job.script_path.is_none().then(|| job.script.to_vec());
        match command::run(sbatch, stdin, self.sbatch_deadline).await {
            Err(e @ CommandError::NotStarted { .. }) => Outcome::NotSent(e.to_string()),
            Err(e) => Outcome::Unclear(e.to_string()),
            Ok(finished) => match finished.code {
                Some(0) => match receipt.read_after_end() {
                    Ok(Some(job)) => Outcome::Accepted(job),
                    other => Outcome::Unclear(format!("sbatch wrote no number: {other:?}")),
                },
                Some(code) => judge(code, &finished.stderr),
                None => Outcome::Unclear("sbatch was ended by a signal".to_owned()),
            },
        }
    }
}

/// Our comment stands last, where it overrules others, and first, where it counts even if the
/// user's options end the list of options.
fn arguments(job: &Submission<'_>) -> Vec<String> {
    let own = job.arguments.comment.clone().or_else(|| directives::comment(job.script));
    let comment = format!("--comment={}", job.tag.beside(own.as_deref()));
    let mut arguments = vec!["--parsable".to_owned(), comment.clone()];
    arguments.extend_from_slice(&job.arguments.given);
    arguments.push(comment);
    arguments.extend(job.script_path.as_ref().map(|path| path.to_string_lossy().into_owned()));
    arguments
}

/// `7` or `7;cluster`
fn job_number(text: &str) -> Option<i64> {
    let line = text.lines().find(|line| !line.trim().is_empty())?;
    line.split(';').next()?.trim().parse().ok().filter(|id| *id > 0)
}

/// Before Slurm's own reason in the last line of a failure.
const REASON: &str = "Batch job submission failed: ";

/// The request did not leave this host.
const NOT_SENT: &[&str] = &["Unable to contact slurm controller (connect failure)"];

/// Nothing is known of what became of the request (Slurm's list of error texts).
const UNCLEAR: &[&str] = &[
    "Unable to contact slurm controller",
    "Socket timed out",
    "Slurm temporarily unable",
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

/// The same, in lines that Slurm writes before it could ask the controller.
const UNCLEAR_EARLY: &[&str] = &[
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

fn judge(code: i32, stderr: &str) -> Outcome {
    let words = command::without_prefixes("sbatch", stderr);
    let any = |text: &str, list: &[&str]| list.iter().any(|part| text.contains(part));
    // Slurm's own reason; only other lines may quote the user.
    if let Some(reason) = words.lines().find_map(|line| line.strip_prefix(REASON)) {
        return match reason {
            reason if any(reason, NOT_SENT) => Outcome::NotSent(words),
            reason if any(reason, UNCLEAR) => Outcome::Unclear(words),
            _ => Outcome::Refused(words),
        };
    }
    if code == BAD_OPTIONS && !words.is_empty() {
        return Outcome::Refused(words);
    }
    if words.is_empty() || any(&words, UNCLEAR) || any(&words, UNCLEAR_EARLY) {
        return Outcome::Unclear(format!("sbatch failed: {words}"));
    }
    Outcome::Refused(words)
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
        assert_eq!(judge(1, text), Outcome::Refused(words.to_owned()));
        let usage = "sbatch: unrecognized option '--bogus'\nTry \"sbatch --help\" for more\n";
        assert!(matches!(judge(255, usage), Outcome::Refused(words) if words.contains("--bogus")));
    }

    #[test]
    fn trouble_on_the_way_is_no_refusal() {
        for reason in [
            "Socket timed out on send/recv operation",
            "Zero Bytes were transmitted or received",
            "Protocol authentication error",
            "Slurm temporarily unable to accept job, sleeping and retrying",
            "Unable to contact slurm controller (send failure)",
        ] {
            let text = format!("sbatch: error: Batch job submission failed: {reason}\n");
            assert!(matches!(judge(1, &text), Outcome::Unclear(_)), "{reason}");
        }
        let munge = "sbatch: error: Munge encode failed: Failed to access \"/run/munge\"\n";
        assert!(matches!(judge(1, munge), Outcome::Unclear(_)));
        assert!(matches!(judge(1, ""), Outcome::Unclear(_)));
    }

    #[test]
    fn a_controller_that_is_down_was_not_asked() {
        let text = "sbatch: error: Batch job submission failed: \
                    Unable to contact slurm controller (connect failure)\n";
        assert!(matches!(judge(1, text), Outcome::NotSent(_)));
    }

    #[test]
    fn a_user_cannot_make_a_refusal_look_like_trouble() {
        let text = "sbatch: error: invalid partition specified: munge Socket timed out\n\
                    sbatch: error: Batch job submission failed: Invalid partition name specified\n";
        assert!(matches!(judge(1, text), Outcome::Refused(_)));
    }

    #[test]
    fn the_number_is_read_with_or_without_a_cluster() {
        assert_eq!(job_number("17\n"), Some(17));
        assert_eq!(job_number("17;lab\n"), Some(17));
        for text in ["", "\n", "Submitted batch job 17", "-1", "0"] {
            assert_eq!(job_number(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_receipt_is_read_only_when_nobody_writes_it_any_more() {
        let directory = tempfile::tempdir().unwrap();
        let receipt = Receipt::new(directory.path(), &Tag::restore("jobbergate:1:ff".to_owned()));
        assert_eq!(receipt.read().unwrap(), Some(None));
        let writer = receipt.create().unwrap();
        assert_eq!(receipt.read().unwrap(), None);
        fs::write(&receipt.0, "17\n").unwrap();
        drop(writer);
        assert_eq!(receipt.read().unwrap(), Some(Some(17)));
        receipt.discard();
        assert_eq!(receipt.read().unwrap(), Some(None));
    }
}
