//! `jobbergate applications`.

mod change;
mod meant;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value};

use meant::meant;

use super::{Session, given, read, text};
use crate::{
    application::{TEMPLATES, download},
    failure::Result,
    output::resource::APPLICATION,
    paging::{List, ListArguments},
    select::{OneApplication, Selected},
};

/// What to do with applications.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum ApplicationsCommand {
    /// Show available applications
    List(ListApplications),
    /// Get a single application
    GetOne(OneApplication),
    /// Create a new application from a directory
    Create(Create),
    /// Update an existing application
    Update(Update),
    /// Delete an existing application
    Delete(OneApplication),
    /// Download the files of an application to the current directory
    DownloadFiles(OneApplication),
    /// Clone an application, so that the copy is yours
    Clone(CloneApplication),
}

/// Which applications to list.
#[derive(Debug, Args)]
pub struct ListApplications {
    /// Also those without identifier
    #[arg(long)]
    all: bool,
    /// Only those that you own
    #[arg(long)]
    user: bool,
    #[command(flatten)]
    list: ListArguments,
}

/// A new application.
#[derive(Debug, Args)]
pub struct Create {
    /// Its name
    #[arg(long, short, value_name = "TEXT")]
    name: String,
    /// The directory with its files
    #[arg(long, short = 'a', value_name = "PATH")]
    application_path: PathBuf,
    /// A name to call it by, instead of its id
    #[arg(long, value_name = "TEXT")]
    identifier: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    application_desc: Option<String>,
}

/// What changes.
#[derive(Debug, Args)]
pub struct Update {
    #[command(flatten)]
    one: OneApplication,
    /// The directory with its new files
    #[arg(long, short = 'a', value_name = "PATH")]
    application_path: Option<PathBuf>,
    /// Another name to call it by
    #[arg(long, value_name = "TEXT")]
    update_identifier: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    application_desc: Option<String>,
    /// Its name
    #[arg(long, value_name = "TEXT")]
    application_name: Option<String>,
    /// Hide it from lists
    #[arg(long)]
    is_archived: bool,
}

/// What the copy has otherwise.
#[derive(Debug, Args)]
pub struct CloneApplication {
    #[command(flatten)]
    one: OneApplication,
    /// A name to call the copy by
    #[arg(long, value_name = "TEXT")]
    application_identifier: Option<String>,
    /// What the copy is for
    #[arg(long, value_name = "TEXT")]
    application_desc: Option<String>,
    /// The name of the copy
    #[arg(long, value_name = "TEXT")]
    application_name: Option<String>,
}

/// Does it.
///
/// # Errors
/// When it can't be done.
pub async fn run(session: &Session, command: ApplicationsCommand) -> Result<()> {
    match command {
        ApplicationsCommand::List(arguments) => list(session, &arguments).await,
        ApplicationsCommand::GetOne(one) => {
            let application = get(session, &one.selected()?).await?;
            session.output.one("Application", &APPLICATION, &application)
        }
        ApplicationsCommand::Create(arguments) => change::create(session, &arguments).await,
        ApplicationsCommand::Update(arguments) => change::update(session, &arguments).await,
        ApplicationsCommand::Delete(one) => delete(session, &one.selected()?).await,
        ApplicationsCommand::DownloadFiles(one) => {
            let application = get(session, &one.selected()?).await?;
            let written = download(&session.api, &application, Path::new(".")).await?;
            session.output.wrote(&written);
            let text = format!(
                "A total of {} application files were successfully downloaded.",
                written.len()
            );
            session.output.message("Application download succeeded", &text, None)
        }
        ApplicationsCommand::Clone(arguments) => clone(session, &arguments).await,
    }
}

async fn list(session: &Session, arguments: &ListApplications) -> Result<()> {
    let what = "Couldn't retrieve applications list from API";
    let list = List {
        title: "Applications List",
        what,
        resource: &APPLICATION,
        first: vec![
            ("include_null_identifier", arguments.all.to_string()),
            ("user_only", arguments.user.to_string()),
        ],
        extra: None,
        adapt: &|_| {},
    };
    let fetch = async |query: crate::paging::Query| {
        let request = session.api.request(Method::GET, &[TEMPLATES]).await?.query(&query);
        session.api.receive(what, request, StatusCode::OK).await
    };
    arguments.list.show(&session.output, &list, fetch).await
}

/// An application, as it is shown.
///
/// # Errors
/// When it can't be had.
pub async fn get(session: &Session, selected: &Selected) -> Result<Map<String, Value>> {
    let locator = &selected.locator;
    let kind = if selected.is_identifier { "identifier" } else { "id" };
    let what = format!("Couldn't retrieve application {kind}={locator} from API");
    let request = session.api.request(Method::GET, &[TEMPLATES, locator]).await?;
    let received = session.api.receive(&what, request, StatusCode::OK).await;
    let object = meant(session, selected, received).await?;
    read(&what, &APPLICATION, &object)
}

async fn delete(session: &Session, selected: &Selected) -> Result<()> {
    let locator = &selected.locator;
    let what = "Request to delete application was not accepted by the API";
    let request = session.api.request(Method::DELETE, &[TEMPLATES, locator]).await?;
    let sent = session.api.send(what, request, StatusCode::NO_CONTENT).await;
    meant(session, selected, sent).await?;
    let text = "The application was successfully deleted.";
    session.output.message("Application delete succeeded", text, None)
}

async fn clone(session: &Session, arguments: &CloneApplication) -> Result<()> {
    let selected = arguments.one.selected()?;
    let locator = &selected.locator;
    let what = format!("Couldn't clone application {locator} from API");
    let body = given([
        ("identifier", text(&arguments.application_identifier)),
        ("description", text(&arguments.application_desc)),
        ("name", text(&arguments.application_name)),
    ]);
    let request = session.api.create(&[TEMPLATES, "clone", locator]).await?;
    let received = session.api.receive(&what, request.json(&body), StatusCode::CREATED).await;
    let object = meant(session, &selected, received).await?;
    session.output.one("Cloned Application", &APPLICATION, &read(&what, &APPLICATION, &object)?)
}
