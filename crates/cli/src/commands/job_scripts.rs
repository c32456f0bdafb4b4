//! `jobbergate job-scripts`.

mod alone;
mod asked;
mod create;
mod files;
mod locally;
mod parameters;

use clap::{Args, Subcommand};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value};

use super::{Session, given, read};
use crate::{
    failure::Result,
    output::resource::JOB_SCRIPT,
    paging::{List, ListArguments, Query},
    select::One,
};

pub use create::{NewScript, Preview, Rendering};
pub use files::{download, entrypoints};

/// The API's name of them.
const SCRIPTS: &str = "job-scripts";

/// What to do with job scripts.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum JobScriptsCommand {
    /// Show available job scripts
    List(ListJobScripts),
    /// Get a single job script
    GetOne(One),
    /// Create a job script from an application
    Create(Box<create::Create>),
    /// Create a job script from an application on disk, without the server
    CreateLocally(locally::CreateLocally),
    /// Create a job script from files
    CreateStandAlone(alone::CreateStandAlone),
    /// Update an existing job script
    Update(Update),
    /// Delete an existing job script
    Delete(One),
    /// Show the files of a job script
    ShowFiles(files::ShowFiles),
    /// Download the files of a job script to the current directory
    DownloadFiles(One),
    /// Clone a job script, so that the copy is yours
    Clone(CloneJobScript),
}

/// Which job scripts to list.
#[derive(Debug, Args)]
pub struct ListJobScripts {
    /// Those of everybody, not only yours
    #[arg(long)]
    all: bool,
    /// Only those made from this application
    #[arg(long, value_name = "INTEGER")]
    from_application_id: Option<i64>,
    #[command(flatten)]
    list: ListArguments,
}

/// What changes.
#[derive(Debug, Args)]
pub struct Update {
    #[command(flatten)]
    one: One,
    /// Its name
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Hide it from lists
    #[arg(long)]
    is_archived: bool,
}

/// What the copy has otherwise.
#[derive(Debug, Args)]
pub struct CloneJobScript {
    #[command(flatten)]
    one: One,
    /// The name of the copy
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// What the copy is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

/// Does it.
///
/// # Errors
/// When it can't be done.
pub async fn run(session: &Session, command: JobScriptsCommand) -> Result<()> {
    match command {
        JobScriptsCommand::List(arguments) => list(session, &arguments).await,
        JobScriptsCommand::GetOne(one) => {
            let script = get(session, one.selected()?).await?;
            session.output.one("Job Script", &JOB_SCRIPT, &script)
        }
        JobScriptsCommand::Create(arguments) => create::create(session, &arguments).await,
        JobScriptsCommand::CreateLocally(arguments) => locally::create(session, &arguments).await,
        JobScriptsCommand::CreateStandAlone(arguments) => alone::create(session, &arguments).await,
        JobScriptsCommand::Update(arguments) => update(session, &arguments).await,
        JobScriptsCommand::Delete(one) => delete(session, one.selected()?).await,
        JobScriptsCommand::ShowFiles(arguments) => files::show(session, &arguments).await,
        JobScriptsCommand::DownloadFiles(one) => {
            let id = one.selected()?;
            let written = download(session, id, ".".as_ref()).await?;
            session.output.wrote(&written);
            let text = format!(
                "A total of {} job script files were successfully downloaded.",
                written.len()
            );
            session.output.message("Job script download succeeded", &text, None)
        }
        JobScriptsCommand::Clone(arguments) => clone(session, &arguments).await,
    }
}

async fn list(session: &Session, arguments: &ListJobScripts) -> Result<()> {
    let what = "Couldn't retrieve job scripts list from API";
    let list = List {
        title: "Job Scripts List",
        what,
        resource: &JOB_SCRIPT,
        first: vec![("user_only", (!arguments.all).to_string())],
        extra: arguments.from_application_id.map(|id| ("from_job_script_template_id", id)),
        adapt: &|_| {},
    };
    let fetch = async |query: Query| {
        let request = session.api.request(Method::GET, &[SCRIPTS]).await?.query(&query);
        session.api.receive(what, request, StatusCode::OK).await
    };
    arguments.list.show(&session.output, &list, fetch).await
}

/// A job script, as it is shown.
///
/// # Errors
/// When it can't be had.
async fn get(session: &Session, id: i64) -> Result<Map<String, Value>> {
    let what = format!("Couldn't retrieve job script ({id}) from API");
    let request = session.api.request(Method::GET, &[SCRIPTS, &id.to_string()]).await?;
    let object = session.api.receive(&what, request, StatusCode::OK).await?;
    read(&what, &JOB_SCRIPT, &object)
}

async fn update(session: &Session, arguments: &Update) -> Result<()> {
    let id = arguments.one.selected()?;
    let what = "Couldn't update job script";
    let body = given([
        ("name", arguments.name.as_deref().map(Value::from)),
        ("description", arguments.description.as_deref().map(Value::from)),
        ("is_archived", arguments.is_archived.then_some(Value::Bool(true))),
    ]);
    let request = session.api.request(Method::PUT, &[SCRIPTS, &id.to_string()]).await?;
    let object = session.api.receive(what, request.json(&body), StatusCode::OK).await?;
    session.output.one("Updated Job Script", &JOB_SCRIPT, &read(what, &JOB_SCRIPT, &object)?)
}

async fn delete(session: &Session, id: i64) -> Result<()> {
    let what = "Request to delete job script was not accepted by the API";
    let request = session.api.request(Method::DELETE, &[SCRIPTS, &id.to_string()]).await?;
    session.api.send(what, request, StatusCode::NO_CONTENT).await?;
    let text = "The job script was successfully deleted.";
    session.output.message("Job script delete succeeded", text, None)
}

async fn clone(session: &Session, arguments: &CloneJobScript) -> Result<()> {
    let id = arguments.one.selected()?;
    let what = "Couldn't clone job script";
    let body = given([
        ("name", arguments.name.as_deref().map(Value::from)),
        ("description", arguments.description.as_deref().map(Value::from)),
    ]);
    let request = session.api.create(&[SCRIPTS, "clone", &id.to_string()]).await?;
    let object = session.api.receive(what, request.json(&body), StatusCode::CREATED).await?;
    session.output.one("Cloned Job Script", &JOB_SCRIPT, &read(what, &JOB_SCRIPT, &object)?)
}
