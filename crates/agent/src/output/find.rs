//! Which file a request is about: Slurm says it, or the journal where Slurm has forgotten the job.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::Utc;
use jobbergate_types::{
    SlurmJobState,
    output::{OutputRefusalKind as Kind, OutputRequest, OutputStream},
};
use tokio::time::Instant;

use super::{
    pattern,
    refusal::{Refused, refuse},
};
use crate::{
    agent::Agent,
    error::JournalError,
    journal::{OutputFiles, Phase, SeenJob},
    run_as::Account,
    slurm::{Details, FileName, JobFiles},
    tag::Tag,
    user_map::UserMap,
};

/// How long it is believed where a job writes.
const FRESH: Duration = Duration::from_secs(5);
/// How long if the job has not begun.
const FRESH_WAITING: Duration = Duration::from_secs(1);
/// Of how many tasks of an array it is noted where they write.
const MOST_TASKS: usize = 1000;

/// Where a job writes, or a task of an array.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) path: String,
    /// Whether the script has not begun; the file may be another one then.
    pub(super) waits: bool,
    pub(super) ended: bool,
}

/// What was found out a moment ago.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<Key, (Instant, Place)>>);

type Key = (i64, i64, Option<i64>, OutputStream, String);

impl Known {
    fn get(&self, key: &Key) -> Option<Place> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        known.retain(|_, (until, _)| *until > now);
        known.get(key).map(|(_, place)| place.clone())
    }

    fn keep(&self, key: Key, place: Place) {
        let fresh = if place.waits { FRESH_WAITING } else { FRESH };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(key, (Instant::now() + fresh, place));
    }
}

/// Where the job of a request writes, if it is its owner's job.
pub(super) async fn find(
    agent: &Agent,
    known: &Known,
    request: &OutputRequest,
    account: &Account,
) -> Result<Place, Refused> {
    let (submission, job, query) =
        (request.job_submission_id, request.slurm_job_id, &request.query);
    let key = (submission, job, query.task, query.stream, account.name.clone());
    if let Some(place) = known.get(&key) {
        return Ok(place);
    }
    let task = match query.task.map(u32::try_from) {
        None => None,
        Some(Ok(task)) => Some(task),
        Some(Err(_)) => return Err(refuse(Kind::NotThere, format!("Job {job} has no such task"))),
    };
    let place = match ask_slurm(agent, job, task).await {
        Ok(Some(details)) => described(agent, request, account, task, &details).await?,
        Ok(None) => remembered(agent, request, account, task).await?,
        // What is known need not wait for Slurm.
        Err(error) => match remembered(agent, request, account, task).await {
            Ok(place) => Place { ended: false, ..place },
            Err(refused) if refused.kind == Kind::Forbidden => return Err(refused),
            Err(_) => {
                let words = format!("Slurm did not say where job {job} writes: {error}");
                return Err(refuse(Kind::NoAnswer, words));
            }
        },
    };
    known.keep(key, place.clone());
    Ok(place)
}

async fn ask_slurm(
    agent: &Agent,
    job: i64,
    task: Option<u32>,
) -> Result<Option<Details>, crate::slurm::SlurmError> {
    let Some(task) = task else { return agent.slurm.details(job).await };
    match agent.slurm.task_details(job, task).await? {
        Some(details) => Ok(Some(details)),
        // It may be that there is such a job and no such task.
        None => agent.slurm.details(job).await,
    }
}

async fn described(
    agent: &Agent,
    request: &OutputRequest,
    account: &Account,
    task: Option<u32>,
    details: &Details,
) -> Result<Place, Refused> {
    let job = request.slurm_job_id;
    require_own(agent, request, account, details).await?;
    let files = pick(job, task, &details.files)?;
    let stream = request.query.stream;
    let name = match stream {
        OutputStream::Stdout => &files.stdout,
        OutputStream::Stderr => &files.stderr,
    };
    let Some(name) = name else {
        let words = format!("Slurm names no file for the {} of job {job}", stream.as_str());
        return Err(refuse(Kind::Unsuitable, words));
    };
    let waits = !has_begun(files.state);
    let path = resolve(agent, name, files, account.name.as_str()).await;
    let path = path.map_err(|why| {
        let words = format!(
            "It cannot be told for sure which file has the {} of job {job}: {why}. Look for it on \
             the cluster",
            stream.as_str()
        );
        let kind = if waits { Kind::NotYet } else { Kind::Unsuitable };
        refuse(kind, words)
    })?;
    let ended = files.state.is_some_and(|state| state.is_terminal());
    if !waits {
        let submission = request.job_submission_id;
        let note = agent.note_files(submission, job, account.name.as_str(), &[files.clone()]).await;
        if let Err(error) = note {
            tracing::debug!(submission, %error, "not noted where its job writes");
        }
    }
    Ok(Place { path, waits, ended })
}

fn has_begun(state: Option<SlurmJobState>) -> bool {
    use SlurmJobState as State;
    !matches!(state, Some(State::Pending | State::Configuring | State::Requeued))
}

/// The files of the job that was asked for.
fn pick(job: i64, task: Option<u32>, files: &[JobFiles]) -> Result<&JobFiles, Refused> {
    let of_array: Vec<_> = files.iter().filter(|files| files.array == Some(job)).collect();
    let Some(task) = task else {
        if !of_array.is_empty() {
            let tasks = of_array.iter().filter_map(|files| files.task);
            return Err(which_task(job, tasks));
        }
        let own = files.iter().find(|files| files.job == job);
        return own.ok_or_else(|| refuse(Kind::NotThere, format!("Slurm does not know job {job}")));
    };
    if of_array.is_empty() && files.iter().any(|files| files.job == job) {
        let words = format!("Job {job} is no array: leave the task out");
        return Err(refuse(Kind::Unsuitable, words));
    }
    let found = of_array.into_iter().find(|files| files.task == Some(task));
    found.ok_or_else(|| refuse(Kind::NotThere, format!("Job {job} has no task {task}")))
}

fn which_task(job: i64, tasks: impl Iterator<Item = u32>) -> Refused {
    let mut tasks: Vec<_> = tasks.collect();
    tasks.sort_unstable();
    let some: Vec<_> = tasks.iter().take(20).map(u32::to_string).collect();
    let more = if tasks.len() > some.len() { ", …" } else { "" };
    let known = match some.is_empty() {
        true => String::new(),
        false => format!(" (such as {}{more})", some.join(", ")),
    };
    let words =
        format!("Job {job} is an array, each task of which writes on its own: say which{known}");
    refuse(Kind::Unsuitable, words)
}

/// Refuses a job that is not the submission's. The number of a submission's job may have been made up
/// by its owner, and controllers give numbers away again.
async fn require_own(
    agent: &Agent,
    request: &OutputRequest,
    account: &Account,
    details: &Details,
) -> Result<(), Refused> {
    let (submission, job) = (request.job_submission_id, request.slurm_job_id);
    let anothers = |why: &str| {
        refuse(Kind::Forbidden, format!("Job {job} is not that of submission {submission}: {why}"))
    };
    if details.user() != Some(account.name.as_str()) {
        return Err(anothers(&format!("it does not run as {}, whom its owner is", account.name)));
    }
    let entry = agent.journal.entry(submission).await.map_err(|error| unusable(&error))?;
    let own = entry.filter(|entry| entry.phase == Phase::Submitted { slurm_job_id: job });
    let comment = details.comment();
    match (own, Tag::is_of(submission, comment)) {
        (Some(own), _) if own.tag.contradicts(comment) => {
            Err(anothers("the number was given away again"))
        }
        (Some(_), _) | (None, Some(true)) => Ok(()),
        (None, Some(false)) => Err(anothers("it is that of another one")),
        // Everybody's jobs run as the same user.
        (None, None) if matches!(agent.user_map, UserMap::Single(_)) => {
            Err(anothers("nothing says that it is"))
        }
        (None, None) => Ok(()),
    }
}

fn unusable(error: &JournalError) -> Refused {
    refuse(Kind::NoAnswer, format!("The agent's journal cannot be used: {error}"))
}

/// Where the journal says that a job wrote.
async fn remembered(
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

async fn resolve(
    agent: &Agent,
    name: &FileName,
    files: &JobFiles,
    user: &str,
) -> Result<String, String> {
    let host = match &files.node {
        Some(node) if pattern::needs_host(name) => {
            agent.slurm.host_name(node).await.map_err(|error| error.to_string())?
        }
        _ => None,
    };
    pattern::resolve(name, files, user, host.as_deref())
}

impl Agent {
    /// Notes where a followed job writes, as Slurm describes it.
    pub(crate) async fn note_outputs(&self, job: &SeenJob, details: &Details) {
        let Some(user) = details.user() else { return };
        let submission = job.submission_id;
        let noted = self.note_files(submission, job.slurm_job_id, user, &details.files).await;
        if let Err(error) = noted {
            tracing::warn!(submission, %error, "not noted where its job writes");
        }
    }

    async fn note_files(
        &self,
        submission_id: i64,
        slurm_job_id: i64,
        user: &str,
        all: &[JobFiles],
    ) -> Result<(), JournalError> {
        let begun = |files: &&JobFiles| {
            has_begun(files.state) && files.array.is_some() == files.task.is_some()
        };
        let mut noted = Vec::new();
        for files in all.iter().filter(begun).take(MOST_TASKS) {
            let mut paths = [None, None];
            for (path, name) in paths.iter_mut().zip([&files.stdout, &files.stderr]) {
                if let Some(name) = name {
                    *path = resolve(self, name, files, user).await.ok();
                }
            }
            let [stdout, stderr] = paths;
            let (task, account) = (files.task, user.to_owned());
            noted.push(OutputFiles { submission_id, slurm_job_id, task, account, stdout, stderr });
        }
        self.journal.write_to(&noted, Utc::now()).await
    }
}
