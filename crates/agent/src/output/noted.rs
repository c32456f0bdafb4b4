//! Where jobs wrote, noted in the journal for when Slurm has forgotten them.

use chrono::Utc;
use jobbergate_types::{
    SlurmJobState,
    output::{OutputRefusalKind as Kind, OutputRequest, OutputStream},
};

use super::{
    hosts::Hosts,
    place::Place,
    refusal::{Refused, refuse, unusable, which_task},
};
use crate::{
    agent::Agent,
    error::JournalError,
    journal::{OutputFiles, SeenJob},
    run_as::Account,
    slurm::{Details, JobFiles},
    tag::Tag,
};

/// Of how many tasks of an array it is noted where they write.
const MOST_TASKS: usize = 1000;

/// Whether a job's script runs or ran, so that its files have their last names.
pub(super) fn has_begun(state: Option<SlurmJobState>) -> bool {
    use SlurmJobState as State;
    !matches!(state, Some(State::Pending | State::Configuring | State::Requeued))
}

/// Where the journal says that a job wrote.
pub(super) async fn remembered(
    agent: &Agent,
    request: &OutputRequest,
    account: &Account,
    task: Option<u32>,
) -> Result<Place, Refused> {
    let (submission, job) = (request.job_submission_id, request.slurm_job_id);
    let noted = agent.journal.outputs(submission, job).await.map_err(|error| unusable(&error))?;
    if task.is_none() && noted.iter().any(|files| files.task.is_some()) {
        return Err(which_task(job, noted.iter().filter_map(|files| files.task)));
    }
    let Some(files) = noted.into_iter().find(|files| files.task == task) else {
        let of_task = task.map(|task| format!("task {task} of ")).unwrap_or_default();
        let words = format!(
            "Slurm no longer knows {of_task}job {job}, and it was not noted where it wrote. Look \
             for its files on the cluster"
        );
        return Err(refuse(Kind::NotThere, words));
    };
    if files.account != account.name {
        let words = format!(
            "Job {job} ran as {}, and its owner is now {}: ask the administrators of the cluster",
            files.account, account.name
        );
        return Err(refuse(Kind::Forbidden, words));
    }
    let path = match request.query.stream {
        OutputStream::Stdout => files.stdout,
        OutputStream::Stderr => files.stderr,
    };
    let words = || format!("It is not known for sure where job {job} wrote");
    let path = path.ok_or_else(|| refuse(Kind::NotThere, words()))?;
    Ok(Place { path, waits: false, ended: true })
}

impl Agent {
    /// Notes where a followed job writes, as Slurm describes it.
    pub(crate) async fn note_outputs(&self, job: &SeenJob, details: &Details) {
        let submission = job.submission_id;
        let anothers = Tag::is_anothers(submission, details.comment());
        let Some(user) = details.user().filter(|_| !anothers) else { return };
        let noted = self.note_files(submission, job.slurm_job_id, user, &details.files).await;
        if let Err(error) = noted {
            tracing::warn!(submission, %error, "not noted where its job writes");
        }
    }

    /// Notes where tasks that have begun write.
    pub(super) async fn note_files(
        &self,
        submission_id: i64,
        slurm_job_id: i64,
        user: &str,
        all: &[JobFiles],
    ) -> Result<(), JournalError> {
        let begun = |files: &&JobFiles| {
            has_begun(files.state) && files.array.is_some() == files.task.is_some()
        };
        let (mut hosts, mut noted) = (Hosts::default(), Vec::new());
        for files in all.iter().filter(begun).take(MOST_TASKS) {
            let mut paths = [None, None];
            for (path, name) in paths.iter_mut().zip([&files.stdout, &files.stderr]) {
                if let Some(name) = name {
                    *path = hosts.resolve(self, name, files, user).await.ok();
                }
            }
            let [stdout, stderr] = paths;
            let (task, account) = (files.task, user.to_owned());
            noted.push(OutputFiles { submission_id, slurm_job_id, task, account, stdout, stderr });
        }
        self.journal.write_to(&noted, Utc::now()).await
    }
}
