//! From a job script to a submission.

use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::StatusCode;
use serde_json::{Map, Value, json};

use super::{JOB_SUBMISSION, SUBMISSIONS, Session, on_site, read};
use crate::{
    commands::job_scripts::download,
    failure::{Failure, Result},
};

/// How often, and for how long, a job that Slurm has is told of to a server that can't be reached.
const ATTEMPTS: u32 = 8;
const PATIENCE: Duration = Duration::from_secs(60);

/// What is to be submitted, and how.
#[derive(Debug)]
pub struct Submission {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What is run.
    pub job_script_id: i64,
    /// Where.
    pub cluster_name: Option<String>,
    /// In which directory.
    pub execution_directory: Option<PathBuf>,
    /// With which arguments of `sbatch`.
    pub sbatch_arguments: Vec<String>,
    /// Whether the script's files are to be there.
    pub is_downloaded: bool,
    /// Above what can't be done.
    pub title_of_failure: &'static str,
}

/// That a script was made for what could not be submitted, and what to do with it.
pub fn script_stays(id: i64) -> String {
    format!(
        " -- Job script {id} was made for it and stays: if it was not submitted, `jobbergate \
         job-submissions create {id} --name NAME --cluster-name CLUSTER` does that without asking again, `jobbergate \
         job-scripts delete {id}` deletes it"
    )
}

/// Submits; the submission, as it is shown.
///
/// # Errors
/// When it can't be done.
pub async fn submit(session: &Session, submission: &Submission) -> Result<Map<String, Value>> {
    let title = submission.title_of_failure;
    let cluster = cluster(session, submission.cluster_name.as_deref(), title).await?;
    let directory = directory(submission.execution_directory.as_deref(), title)?;
    let id = submission.job_script_id;
    let arguments = &submission.sbatch_arguments;
    let job = match &session.settings.sbatch_path {
        Some(sbatch) => Some(on_site::submit(session, sbatch, id, &directory, arguments).await?),
        None => {
            if submission.is_downloaded {
                download(session, id, &directory).await?;
            }
            None
        }
    };
    let text = directory.to_str().ok_or_else(|| {
        Failure::new(title, format!("{}: the path must be UTF-8 text", directory.display()))
    })?;
    let body = json!({
        "name": submission.name,
        "description": submission.description,
        "job_script_id": id,
        "slurm_job_id": job,
        "client_id": cluster,
        "execution_directory": text,
        "sbatch_arguments": Some(arguments).filter(|arguments| !arguments.is_empty()),
    });
    post(session, &body, job).await.map_err(|failure| match job {
        Some(job) => about_job(failure, job),
        None => failure,
    })
}

async fn post(session: &Session, body: &Value, job: Option<i64>) -> Result<Map<String, Value>> {
    let what = "Couldn't create job submission";
    let mut request = session.api.create(&[SUBMISSIONS]).await?.json(body);
    if job.is_some() {
        request = request.with_retries(session.api.more_patiently(ATTEMPTS, PATIENCE));
    }
    let object = session.api.receive(what, request, StatusCode::CREATED).await?;
    read(what, &JOB_SUBMISSION, &object)
}

/// That Slurm has a job, of which the server may know nothing.
fn about_job(failure: Failure, job: i64) -> Failure {
    failure.adding(&format!(
        " -- Slurm has the job {job} nevertheless, of which the server may not know: see `squeue \
         --jobs {job}`, and `scancel {job}` if it is not to run"
    ))
}

/// The cluster, as the server knows it: the one that was `named`, else the usual one.
///
/// # Errors
/// When there is none.
pub async fn cluster(
    session: &Session,
    named: Option<&str>,
    title_of_failure: &str,
) -> Result<String> {
    client_id(session, cluster_name(session, named, title_of_failure)?).await
}

/// The cluster, as people call it: the one that was `named`, else the usual one.
///
/// # Errors
/// When there is none.
pub fn cluster_name<'a>(
    session: &'a Session,
    named: Option<&'a str>,
    title_of_failure: &str,
) -> Result<&'a str> {
    let usual = session.settings.default_cluster_name.as_deref();
    named.or(usual).filter(|name| !name.is_empty()).ok_or_else(|| {
        Failure::new(
            title_of_failure,
            "No cluster was named -- Please name one with --cluster-name, or set \
             DEFAULT_CLUSTER_NAME",
        )
    })
}

/// A cluster's name, as the server knows it.
///
/// # Errors
/// When nobody is logged in.
pub async fn client_id(session: &Session, name: &str) -> Result<String> {
    match session.api.auth.identity().await?.organization {
        Some(organization) if !name.ends_with(&organization) => {
            Ok(format!("{name}-{organization}"))
        }
        _ => Ok(name.to_owned()),
    }
}

/// Where the job runs: what is relative begins where we are.
///
/// # Errors
/// When it is not known where that is.
pub fn directory(wanted: Option<&Path>, title_of_failure: &str) -> Result<PathBuf> {
    let wanted = wanted.unwrap_or(Path::new(""));
    if wanted.is_absolute() {
        return Ok(wanted.to_owned());
    }
    let failed = |error| Failure::file(title_of_failure, "the current directory", &error);
    let here = env::current_dir().map_err(failed)?;
    if wanted.as_os_str().is_empty() {
        return Ok(here);
    }
    Ok(resolved(&here.join(wanted)))
}

/// Without links and `..`, as far as it is there.
fn resolved(path: &Path) -> PathBuf {
    if let Ok(there) = path.canonicalize() {
        return there;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => resolved(parent).join(name),
        _ => path.to_owned(),
    }
}
