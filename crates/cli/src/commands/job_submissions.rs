//! `jobbergate job-submissions`.

mod logs;
mod on_site;
mod submit;
mod wait;
mod watch;
mod why;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value};

use super::{Session, read};
use crate::{
    failure::Result,
    output::resource::{CLUSTER_NAME, JOB_SUBMISSION},
    paging::{List, ListArguments, Query},
    select::{One, one_id},
};

pub use on_site::suggestion;
pub use submit::{Submission, client_id, cluster, cluster_name, directory, script_stays, submit};
pub use watch::{advice, concluded, how_to_go_on};

const SUBMISSIONS: &str = "job-submissions";

/// What to do with job submissions.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum JobSubmissionsCommand {
    /// Create a job submission from a job script
    Create(Create),
    /// Show available job submissions
    List(ListJobSubmissions),
    /// Get a single job submission
    GetOne(One),
    /// Delete an existing job submission
    Delete(One),
    /// Submit the same once more
    Clone(One),
    /// Cancel a job submission
    Cancel(One),
    /// Show the states of job submissions as they happen, until their jobs have ended
    Watch(watch::Watch),
    /// Wait until jobs have ended, or run
    Wait(wait::Wait),
    /// Show what a job writes
    Logs(logs::Logs),
    /// Say why a job submission is as it is, and what to do
    Why(One),
}

/// A new submission.
#[derive(Debug, Args)]
pub struct Create {
    /// The job script
    #[arg(value_name = "JOB_SCRIPT_ID")]
    positional_id: Option<i64>,
    /// The job script
    #[arg(long, short = 'i', value_name = "INTEGER")]
    job_script_id: Option<i64>,
    /// The submission's name
    #[arg(long, short, value_name = "TEXT")]
    name: String,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Where to submit it to
    #[arg(long, value_name = "TEXT")]
    cluster_name: Option<String>,
    /// Where the job is to run; the current directory by default
    #[arg(long, value_name = "PATH")]
    execution_directory: Option<PathBuf>,
    /// An argument of sbatch; may be given several times
    #[arg(long, short, value_name = "TEXT")]
    sbatch_arguments: Vec<String>,
    /// Download the job script's files to the execution directory
    #[arg(long, overrides_with = "no_download")]
    download: bool,
    #[arg(long, hide = true, overrides_with = "download")]
    no_download: bool,
}

/// Which submissions to list.
#[derive(Debug, Args)]
pub struct ListJobSubmissions {
    /// Those of everybody, not only yours
    #[arg(long)]
    all: bool,
    /// Only those of this job script
    #[arg(long, value_name = "INTEGER")]
    from_job_script_id: Option<i64>,
    #[command(flatten)]
    list: ListArguments,
}

/// Does it.
///
/// # Errors
/// When it can't be done.
pub async fn run(session: &Session, command: JobSubmissionsCommand) -> Result<()> {
    match command {
        JobSubmissionsCommand::Create(arguments) => create(session, arguments).await,
        JobSubmissionsCommand::List(arguments) => list(session, &arguments).await,
        JobSubmissionsCommand::GetOne(one) => get_one(session, one.selected()?).await,
        JobSubmissionsCommand::Delete(one) => delete(session, one.selected()?).await,
        JobSubmissionsCommand::Clone(one) => {
            let id = one.selected()?;
            let what = "Couldn't clone job submission";
            let shown = call(session, what, Method::POST, &["clone", &id.to_string()]).await?;
            session.output.one("Cloned Job Submission", &JOB_SUBMISSION, &shown)
        }
        JobSubmissionsCommand::Cancel(one) => {
            let id = one.selected()?;
            let what = "Couldn't cancel job submission";
            let shown = call(session, what, Method::PUT, &["cancel", &id.to_string()]).await?;
            session.output.one("Cancelled Job Submission", &JOB_SUBMISSION, &shown)
        }
        JobSubmissionsCommand::Watch(arguments) => watch::watch(session, &arguments).await,
        JobSubmissionsCommand::Wait(arguments) => wait::wait(session, &arguments).await,
        JobSubmissionsCommand::Logs(arguments) => logs::show(session, &arguments).await,
        JobSubmissionsCommand::Why(one) => why::explain(session, one.selected()?).await,
    }
}

/// A submission that answers a request without a body.
async fn call(
    session: &Session,
    what: &str,
    method: Method,
    route: &[&str],
) -> Result<Map<String, Value>> {
    let route: Vec<_> = [&[SUBMISSIONS], route].concat();
    let (request, expected) = match method {
        Method::POST => (session.api.create(&route).await?, StatusCode::CREATED),
        // What is cancelled can't be cancelled once more.
        Method::PUT => {
            (session.api.request(method, &route).await?.not_idempotent(), StatusCode::OK)
        }
        _ => (session.api.request(method, &route).await?, StatusCode::OK),
    };
    let object = session.api.receive(what, request, expected).await?;
    read(what, &JOB_SUBMISSION, &object)
}

async fn create(session: &Session, arguments: Create) -> Result<()> {
    let job_script_id =
        one_id(arguments.positional_id, arguments.job_script_id, "--job-script-id")?;
    let submission = Submission {
        name: arguments.name,
        description: arguments.description,
        job_script_id,
        cluster_name: arguments.cluster_name,
        execution_directory: arguments.execution_directory,
        sbatch_arguments: arguments.sbatch_arguments,
        is_downloaded: arguments.download,
        title_of_failure: "Job submission failed",
    };
    let submitted = submit(session, &submission).await?;
    session.output.one("Created Job Submission", &JOB_SUBMISSION, &submitted)
}

async fn list(session: &Session, arguments: &ListJobSubmissions) -> Result<()> {
    let organization = session.api.auth.identity().await?.organization;
    let what = "Couldn't retrieve job submissions list from API";
    let list = List {
        title: "Job Submission List",
        what,
        resource: &JOB_SUBMISSION,
        first: vec![("user_only", (!arguments.all).to_string())],
        extra: arguments.from_job_script_id.map(|id| ("from_job_script_id", id)),
        adapt: &|row| shorten_cluster(row, organization.as_deref()),
    };
    let fetch = async |query: Query| {
        let request = session.api.request(Method::GET, &[SUBMISSIONS]).await?.query(&query);
        session.api.receive(what, request, StatusCode::OK).await
    };
    arguments.list.show(&session.output, &list, fetch).await
}

async fn get_one(session: &Session, id: i64) -> Result<()> {
    let organization = session.api.auth.identity().await?.organization;
    let what = format!("Couldn't retrieve job submission {id} from API");
    let mut shown = call(session, &what, Method::GET, &[&id.to_string()]).await?;
    shorten_cluster(&mut shown, organization.as_deref());
    session.output.one("Job Submission", &JOB_SUBMISSION, &shown)
}

async fn delete(session: &Session, id: i64) -> Result<()> {
    let what = "Request to delete job submission was not accepted by the API";
    let request = session.api.request(Method::DELETE, &[SUBMISSIONS, &id.to_string()]).await?;
    session.api.send(what, request, StatusCode::NO_CONTENT).await?;
    let text = "The job submission was successfully deleted.";
    session.output.message("Job submission delete succeeded", text, None)
}

/// Within an organization everybody knows which it is.
fn shorten_cluster(shown: &mut Map<String, Value>, organization: Option<&str>) {
    let (Some(organization), Some(Value::String(name))) =
        (organization, shown.get_mut(CLUSTER_NAME))
    else {
        return;
    };
    if let Some(short) = name.strip_suffix(&format!("-{organization}")) {
        *name = short.to_owned();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_organization_is_cut_off_the_name_of_the_cluster() {
        for (name, organization, expected) in [
            (json!("c-42"), Some("42"), json!("c")),
            (json!("c42"), Some("42"), json!("c42")),
            (json!("c-42"), None, json!("c-42")),
            (json!(null), Some("42"), json!(null)),
        ] {
            let mut shown = Map::from_iter([(CLUSTER_NAME.to_owned(), name)]);
            shorten_cluster(&mut shown, organization);
            assert_eq!(shown[CLUSTER_NAME], expected);
        }
    }
}
