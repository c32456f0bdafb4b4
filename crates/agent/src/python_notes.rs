//! Jobs that a Python agent had submitted and not yet reported when this one took its place.
//!
//! Until the server has acknowledged a job, the Python agent keeps the job's number in a file
//! `<submission>.slurm_job_id` in its `CACHE_DIR`, and never submits such a submission again.

use std::{fs, io, os::unix::fs::MetadataExt, path::Path};

use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_types::job_submissions::PendingJobSubmission;
use nix::unistd::geteuid;

use crate::{
    agent::Agent,
    journal::{Entry, FailureKind, Phase},
    setback::Setback,
    slurm::{Details, Record, SlurmError},
    tag::Tag,
};

/// A note that is so much older than its submission's script is of another server's submission.
const STALE: TimeDelta = TimeDelta::hours(1);
/// How much the clocks of the controller and of this host may differ.
const CLOCKS: TimeDelta = TimeDelta::minutes(2);

#[derive(Debug, PartialEq, Eq)]
struct Note {
    number: i64,
    written: DateTime<Utc>,
}

/// The note of a submission, or why the one that is there can't be believed.
fn read(directory: &Path, submission: i64) -> Result<Option<Note>, String> {
    let path = directory.join(file_name(submission));
    let read = || io::Result::Ok((fs::metadata(&path)?, fs::read_to_string(&path)?));
    let (metadata, text) = match read() {
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(format!("it cannot be read: {error}")),
        Ok(read) => read,
    };
    // Whoever may write notes can have any job followed, and cancelled.
    if ![0, geteuid().as_raw()].contains(&metadata.uid()) {
        return Err(format!("it belongs to the user {}", metadata.uid()));
    }
    let number = text.trim().parse().ok().filter(|number| *number > 0);
    let number = number.ok_or_else(|| "it holds no number of a job".to_owned())?;
    let written = metadata.modified().map_err(|e| e.to_string())?.into();
    Ok(Some(Note { number, written }))
}

fn file_name(submission: i64) -> String {
    format!("{submission}.slurm_job_id")
}

/// What the controller or accounting says of the job that has a note's number.
struct NotedJob {
    /// Empty if that is not known.
    user: String,
    comment: String,
    /// Unless it was queued again, which changes the time.
    submitted: Option<DateTime<Utc>>,
}

impl From<&Details> for NotedJob {
    fn from(job: &Details) -> Self {
        let requeued = job.restarts().is_some_and(|restarts| restarts > 0);
        Self {
            user: job.user().unwrap_or_default().to_owned(),
            comment: job.comment().to_owned(),
            submitted: job.submit_time().filter(|_| !requeued),
        }
    }
}

impl From<&Record> for NotedJob {
    fn from(job: &Record) -> Self {
        Self { user: job.user.clone(), comment: job.comment.clone(), submitted: job.submitted_at() }
    }
}

/// Why a job can't be the one of a note, though it has the number.
fn contradiction(note: &Note, owner: Option<&str>, job: &NotedJob) -> Option<String> {
    if let Some(owner) = owner.filter(|owner| !job.user.is_empty() && *owner != job.user) {
        return Some(format!("the job is of the user {}, not of {owner}", job.user));
    }
    if job.comment.contains("jobbergate:") {
        return Some("the job is another submission's".to_owned());
    }
    let later = job.submitted.is_some_and(|time| time > note.written + CLOCKS);
    later.then(|| "the job was submitted after it was written".to_owned())
}

impl Agent {
    /// Takes over the job that a Python agent made of a submission, if it noted one.
    ///
    /// # Errors
    /// When there is a note that can't be believed, or Slurm does not answer. Nothing must be
    /// submitted then.
    pub async fn adopt(&self, pending: &PendingJobSubmission) -> Result<Option<Phase>, Setback> {
        for directory in self.config.cache_directories() {
            let path = directory.join(file_name(pending.id));
            let why = match read(&directory, pending.id) {
                Ok(None) => continue,
                Ok(Some(note)) if is_stale(&note, pending) => {
                    tracing::warn!(submission = pending.id, note = %path.display(),
                        "the note is older than the submission's script: not believed");
                    continue;
                }
                Ok(Some(note)) => match self.account_of(pending, &note).await? {
                    Ok(account) => return self.take_over(pending, &note, &account).await.map(Some),
                    Err(why) => why,
                },
                Err(why) => why,
            };
            return self.doubt_note(pending, &path, &why).await.map(Some);
        }
        Ok(None)
    }

    /// Whether a Python agent noted a job of a submission, be it in a note that can't be believed.
    pub(crate) fn has_note(&self, pending: &PendingJobSubmission) -> bool {
        self.config.cache_directories().iter().any(|directory| match read(directory, pending.id) {
            Ok(note) => note.is_some_and(|note| !is_stale(&note, pending)),
            Err(_) => true,
        })
    }

    /// The user of the job, empty if nothing knows it any more; or why it is not the noted one.
    async fn account_of(
        &self,
        pending: &PendingJobSubmission,
        note: &Note,
    ) -> Result<Result<String, String>, Setback> {
        let jobs =
            self.noted_jobs(note.number).await.map_err(|e| Setback::Trouble(e.to_string()))?;
        let owner = match self.user_map.account(&pending.owner_email, Utc::now()).await {
            Ok(account) => Some(account.name),
            // The Python agent may have known a user.
            Err(Setback::Refusal(_)) => None,
            Err(trouble) => return Err(trouble),
        };
        let mut contradictions =
            jobs.iter().filter_map(|job| contradiction(note, owner.as_deref(), job));
        if let Some(why) = contradictions.next() {
            return Ok(Err(why));
        }
        Ok(Ok(jobs.into_iter().next().map(|job| job.user).unwrap_or_default()))
    }

    /// What is said of the job of this number: by the controller or, when it has forgotten it, by
    /// accounting.
    async fn noted_jobs(&self, number: i64) -> Result<Vec<NotedJob>, SlurmError> {
        if let Some(job) = self.slurm.details(number).await? {
            return Ok(vec![NotedJob::from(&job)]);
        }
        let accounted = self.slurm.sacct_job(number, rand::random()).await?.unwrap_or_default();
        Ok(accounted.iter().map(|job| NotedJob::from(&job.record)).collect())
    }

    async fn take_over(
        &self,
        pending: &PendingJobSubmission,
        note: &Note,
        account: &str,
    ) -> Result<Phase, Setback> {
        let (id, slurm_job_id) = (pending.id, note.number);
        let entry = Entry::of_another(pending, Tag::none(), account);
        self.journal.adopt(&entry, slurm_job_id, Utc::now()).await?;
        tracing::info!(submission = id, slurm_job_id, "took over the Python agent's job");
        Ok(Phase::Submitted { slurm_job_id })
    }

    /// A submission of which there may be a job is never submitted; its owner learns of it when
    /// nobody clears it up.
    async fn doubt_note(
        &self,
        pending: &PendingJobSubmission,
        path: &Path,
        why: &str,
    ) -> Result<Phase, Setback> {
        let words = format!(
            "The Python agent left the note {} of a job of this submission, but {why}. The \
             administrator of the cluster has to correct or remove it.",
            path.display()
        );
        self.failed(pending, FailureKind::Refused, &words).await?;
        match self.last_word(pending).await? {
            Some(message) => self.reject(pending, message).await,
            None => Err(Setback::Trouble(words)),
        }
    }

    /// Removes the note of a job that the server knows, as the Python agent does.
    pub(crate) fn remove_note(&self, submission: i64) {
        for directory in self.config.cache_directories() {
            match fs::remove_file(directory.join(file_name(submission))) {
                Err(error) if directory.join(file_name(submission)).exists() => {
                    tracing::warn!(submission, %error, "the Python agent's note is not removed");
                }
                _ => {}
            }
        }
    }
}

fn is_stale(note: &Note, pending: &PendingJobSubmission) -> bool {
    note.written + STALE < pending.job_script.script.created_at.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_in_a_file_of_the_agents_own_is_a_note() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(read(directory.path(), 7), Ok(None));
        assert_eq!(read(Path::new("/nonexistent"), 7), Ok(None));
        let path = directory.path().join("7.slurm_job_id");
        for (text, number) in
            [("4242", Some(4242)), ("4242\n", Some(4242)), ("", None), ("-1", None)]
        {
            fs::write(&path, text).unwrap();
            let read = read(directory.path(), 7).map(|note| note.map(|note| note.number));
            assert_eq!(read.ok(), number.map(Some), "{text:?}");
        }
        assert_eq!(read(directory.path(), 8), Ok(None));
        if geteuid().is_root() {
            std::os::unix::fs::chown(&path, Some(1234), None).unwrap();
            assert!(read(directory.path(), 7).unwrap_err().contains("1234"));
        }
    }
}
