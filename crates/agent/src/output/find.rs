//! Which file a request is about: Slurm says it, or the journal where Slurm has forgotten the job.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jobbergate_types::output::{OutputRefusalKind as Kind, OutputRequest, OutputStream};
use tokio::time::{Instant, timeout};

use super::{
    hosts::Hosts,
    noted::{has_begun, remembered},
    place::Place,
    refusal::{Refused, refuse, which_task},
    whose::require_own,
};
use crate::{
    agent::Agent,
    run_as::Account,
    slurm::{Details, JobFiles, SlurmError},
};

/// How long it is believed where a job writes.
const FRESH: Duration = Duration::from_secs(5);
/// How long while Slurm does not answer.
const FRESH_ALONE: Duration = Duration::from_secs(30);
/// How long Slurm is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long if the job has not begun.
const FRESH_WAITING: Duration = Duration::from_secs(1);

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

    fn keep(&self, key: Key, place: Place, fresh: Duration) {
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
    let asked = timeout(PATIENCE, ask_slurm(agent, job, task)).await;
    let asked = asked.map_err(|late| late.to_string());
    let (place, fresh) = match asked.and_then(|answer| answer.map_err(|error| error.to_string())) {
        Ok(Some(details)) => {
            let place = described(agent, request, account, task, &details).await?;
            let fresh = if place.waits { FRESH_WAITING } else { FRESH };
            (place, fresh)
        }
        Ok(None) => (remembered(agent, request, account, task).await?, FRESH),
        // What is known need not wait for Slurm.
        Err(why) => match remembered(agent, request, account, task).await {
            Ok(place) => (Place { ended: false, ..place }, FRESH_ALONE),
            Err(refused) if refused.kind == Kind::NotThere => {
                let words = format!("Slurm did not say where job {job} writes: {why}");
                return Err(refuse(Kind::NoAnswer, words));
            }
            Err(refused) => return Err(refused),
        },
    };
    known.keep(key, place.clone(), fresh);
    Ok(place)
}

async fn ask_slurm(
    agent: &Agent,
    job: i64,
    task: Option<u32>,
) -> Result<Option<Details>, SlurmError> {
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
    let path = Hosts::default().resolve(agent, name, files, account.name.as_str()).await;
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
        let note = agent
            .note_files(submission, job, account.name.as_str(), std::slice::from_ref(files))
            .await;
        if let Err(error) = note {
            tracing::debug!(submission, %error, "not noted where its job writes");
        }
    }
    Ok(Place { path, waits, ended })
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
