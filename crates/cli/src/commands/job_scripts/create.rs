//! `jobbergate job-scripts create`.

use std::path::{Path, PathBuf};

use clap::Args;
use jobbergate_questions::files;
use reqwest::StatusCode;
use serde_json::{Map, Value, json};

use super::{
    SCRIPTS, Session,
    asked::{self, Asking},
    download,
    parameters::{Answered, Parameters, script_name},
    read,
};
use crate::{
    api::{failed, not_understood},
    application::{WORKFLOW, config::Config, workflow_of},
    commands::{
        applications,
        job_submissions::{Submission, cluster_name, script_stays, submit},
    },
    failure::{Failure, Result},
    output::resource::{JOB_SCRIPT, JOB_SUBMISSION},
    questions::terminal::confirm,
    select::OneApplicationAmongOthers,
    workflow::Workflow,
};

const FAILED: &str = "Automatic job submission failed";

/// What a script is made of.
#[derive(Debug, Args)]
pub struct NewScript {
    #[command(flatten)]
    one: OneApplicationAmongOthers,
    /// Its name; the application's by default
    #[arg(long, short, value_name = "TEXT")]
    name: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// An argument of sbatch, for the script; may be given several times
    #[arg(long, value_name = "TEXT")]
    sbatch_params: Vec<String>,
    #[command(flatten)]
    parameters: Parameters,
}

/// A job script from an application.
#[derive(Debug, Args)]
pub struct Create {
    #[command(flatten)]
    script: NewScript,
    /// Download its files to the current directory (--no-download: don't); asked when left out, and
    /// done with --fast
    #[arg(long, overrides_with = "no_download")]
    download: bool,
    #[arg(long, hide = true, overrides_with = "download")]
    no_download: bool,
    /// Submit it at once (--no-submit: don't); asked when left out, and
    /// done with --fast
    #[arg(long, overrides_with = "no_submit")]
    submit: bool,
    #[arg(long, hide = true, overrides_with = "submit")]
    no_submit: bool,
    /// Where to submit it to
    #[arg(long, value_name = "TEXT")]
    cluster_name: Option<String>,
    /// Where the job is to run
    #[arg(long, value_name = "PATH")]
    execution_directory: Option<PathBuf>,
}

/// A script that can be made: all questions are answered.
#[derive(Debug)]
pub struct Rendering {
    application_id: String,
    body: Value,
    /// What of it is not to be shown.
    secrets: Vec<String>,
}

/// What was said of something that can be had, or not, or asked for.
fn said(yes: bool, no: bool) -> Option<bool> {
    match (yes, no) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

impl Create {
    fn check(&self) -> Result<()> {
        let names_place = self.cluster_name.is_some() || self.execution_directory.is_some();
        if names_place && self.submits().is_none() {
            return Err(Failure::new(
                "Incorrect parameters",
                "--cluster-name and --execution-directory are for submitting: please say --submit \
                 or --no-submit, too",
            ));
        }
        Ok(())
    }

    /// Whether it is to be submitted, unless that is asked.
    fn submits(&self) -> Option<bool> {
        said(self.submit, self.no_submit).or(self.script.is_fast().then_some(true))
    }

    /// Whether its files are to be downloaded, unless that is asked.
    fn downloads(&self) -> Option<bool> {
        said(self.download, self.no_download).or(self.script.is_fast().then_some(true))
    }
}

/// Makes it, and submits it if wanted.
///
/// # Errors
/// When something of it can't be done.
pub async fn create(session: &Session, arguments: &Create) -> Result<()> {
    arguments.check()?;
    if arguments.submits() == Some(true) {
        // Before anything is asked or made.
        let named = arguments.cluster_name.as_deref();
        arguments.script.check_cluster(session, named, FAILED).await?;
    }
    let rendering = arguments.script.rendering(session, arguments.cluster_name.as_deref()).await?;
    let script = rendering.make(session).await?;
    session.output.one("Created Job Script", &JOB_SCRIPT, &script)?;
    let is_submitted =
        wants(arguments.submits(), "Would you like to submit this job immediately?").await?;
    let id = script.get("job_script_id").and_then(Value::as_i64).unwrap_or_default();
    let is_on_site = session.settings.sbatch_path.is_some();
    if !(is_on_site && is_submitted) {
        let question = "Would you like to download the job script files?";
        if wants(arguments.downloads(), question).await? {
            let written = download(session, id, Path::new(".")).await?;
            session.output.wrote(&written);
        }
    }
    if !is_submitted {
        return Ok(());
    }
    let text = |name: &str| script.get(name).and_then(Value::as_str).map(str::to_owned);
    let submission = Submission {
        name: text("name").unwrap_or_default(),
        description: text("description"),
        job_script_id: id,
        cluster_name: arguments.cluster_name.clone(),
        execution_directory: arguments.execution_directory.clone(),
        sbatch_arguments: Vec::new(),
        is_downloaded: false,
        title_of_failure: FAILED,
    };
    let submitted = submit(session, &submission).await;
    let submitted = submitted.map_err(|failure| failure.adding(&script_stays(id)))?;
    session.output.one("Created Job Submission (Fast Mode)", &JOB_SUBMISSION, &submitted)
}

async fn wants(said: Option<bool>, question: &str) -> Result<bool> {
    match said {
        Some(said) => Ok(said),
        None => confirm(question).await,
    }
}

impl NewScript {
    /// Whether defaults are to be taken.
    pub fn is_fast(&self) -> bool {
        self.parameters.is_fast()
    }

    /// Fails where no cluster is named; who mistyped the application is told of that first.
    ///
    /// # Errors
    /// When there is no cluster, or no such application.
    pub async fn check_cluster(
        &self,
        session: &Session,
        named: Option<&str>,
        title_of_failure: &str,
    ) -> Result<()> {
        self.one.selected()?;
        let Err(failure) = cluster_name(session, named, title_of_failure) else { return Ok(()) };
        self.application(session).await?;
        Err(failure)
    }

    async fn application(&self, session: &Session) -> Result<Map<String, Value>> {
        applications::get(session, &self.one.selected()?).await
    }

    /// Answers the application's questions; `cluster` has the choices of some.
    ///
    /// # Errors
    /// When there is no such application, or a question has no answer.
    pub async fn rendering(&self, session: &Session, cluster: Option<&str>) -> Result<Rendering> {
        self.one.selected()?;
        // Read once: it may be a pipe.
        let supplied = self.parameters.supplied()?;
        let application = self.application(session).await?;
        let workflow = match self.parameters.skips_workflow() {
            true => None,
            false => workflow(session, &application).await?,
        };
        let mut config = config_of(&application)?;
        if workflow.is_none() {
            add_files(&mut config, &application);
            let has_workflow = !list(&application, "workflow_files").is_empty();
            let (fast, parameters) = (self.is_fast(), &self.parameters);
            let asking = Asking { cluster, fast, has_workflow, parameters };
            let asked = asked::by_server(session, &application, &config, &supplied, asking).await?;
            config.questions = Some(asked);
        }
        let answered = self.parameters.answered(session, config, supplied, workflow).await?;
        let Answered { mut config, answers, secrets } = answered;
        add_files(&mut config, &application);
        let parameters = config.parameters(answers);
        let secrets = secrets.iter().filter_map(|variable| parameters.get(variable)?.as_str());
        let secrets = secrets.map(str::to_owned).collect();
        let name = application.get("name").and_then(Value::as_str).unwrap_or_default();
        let name = script_name(&parameters, self.name.as_deref().unwrap_or(name));
        let legacy_name = session.settings.legacy_name_convention.then_some(name.as_str());
        let mapping = files::output_name_mapping(&config.jobbergate, legacy_name)
            .map_err(|problem| Failure::new("Entry point is unspecified", problem))?;
        let application_id = application.get("application_id").unwrap_or(&Value::Null).to_string();
        let sbatch_params = Some(&self.sbatch_params).filter(|parameters| !parameters.is_empty());
        let body = json!({
            "create_request": {"name": name, "description": self.description},
            "render_request": {
                "template_output_name_mapping": mapping,
                "sbatch_params": sbatch_params,
                "param_dict": {"data": parameters},
            },
        });
        Ok(Rendering { application_id, body, secrets })
    }
}

/// What a server says that is asked what a script would be.
#[derive(Debug)]
pub enum Preview {
    /// Name and content of the file that `sbatch` gets, with dots for secrets.
    Entrypoint(String, String),
    /// It is an older one, which has made the script.
    Made(Map<String, Value>),
}

impl Rendering {
    /// Asks what the script would be.
    ///
    /// # Errors
    /// When it could not be made.
    pub async fn preview(&self, session: &Session) -> Result<Preview> {
        let what = "Couldn't render job script";
        let route = [SCRIPTS, "render-from-template", &self.application_id];
        // With a key: an older server makes it.
        let request = session.api.create(&route).await?;
        let request = request.query(&[("dry_run", true)]).json(&self.body);
        let answer = session.api.answer(what, request).await?;
        let is_made = answer.status == StatusCode::CREATED;
        let object: Value = answer.decode().map_err(|error| failed(what, &error))?;
        if is_made {
            return Ok(Preview::Made(read(what, &JOB_SCRIPT, &object)?));
        }
        let files = object.get("files").and_then(Value::as_array);
        let text = |file: &Value, name: &str| file.get(name)?.as_str().map(str::to_owned);
        let entrypoint = files.into_iter().flatten().find_map(|file| {
            let is_it = file.get("file_type").and_then(Value::as_str) == Some("ENTRYPOINT");
            is_it.then(|| Some((text(file, "filename")?, text(file, "content")?))).flatten()
        });
        let (name, content) =
            entrypoint.ok_or_else(|| not_understood(what, "there is no entrypoint"))?;
        Ok(Preview::Entrypoint(name, without(&self.secrets, content)))
    }

    /// Has the server make the script; as it is shown.
    ///
    /// # Errors
    /// When it can't be made.
    pub async fn make(&self, session: &Session) -> Result<Map<String, Value>> {
        let what = "Couldn't create job script";
        let route = [SCRIPTS, "render-from-template", &self.application_id];
        let request = session.api.create(&route).await?.json(&self.body);
        let object = session.api.receive(what, request, StatusCode::CREATED).await?;
        read(what, &JOB_SCRIPT, &object)
    }
}

/// A text for somebody's screen.
fn without(secrets: &[String], text: String) -> String {
    let mut secrets: Vec<_> = secrets.iter().filter(|secret| !secret.is_empty()).collect();
    // One may be a part of another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.into_iter().fold(text, |text, secret| text.replace(secret, "••••"))
}

/// Its workflow file, if it has one.
async fn workflow(session: &Session, application: &Map<String, Value>) -> Result<Option<Workflow>> {
    if list(application, "workflow_files").is_empty() {
        return Ok(None);
    }
    let id = application.get("application_id").unwrap_or(&Value::Null);
    Ok(Some(Workflow {
        source: workflow_of(&session.api, &id.to_string()).await?,
        file: WORKFLOW.to_owned(),
        command: "create",
        selection: json!({"application_id": id}),
        is_local: false,
    }))
}

/// What the server keeps of an application's configuration.
fn config_of(application: &Map<String, Value>) -> Result<Config> {
    let section = |value: Option<&Value>| value.and_then(Value::as_object).cloned();
    let workflow = list(application, "workflow_files").into_iter().next();
    let settings = workflow.and_then(|file| section(file.get("runtime_config")));
    let variables = section(application.get("template_vars")).unwrap_or_default();
    let mut config = Config::new(variables, settings.unwrap_or_default());
    config.questions = application
        .get("questions")
        .map(|questions| serde_json::from_value(questions.clone()))
        .transpose()
        .map_err(|error| not_understood("What the application asks", &error.to_string()))?;
    Ok(config)
}

/// Adds what follows from its files, where nothing else is said.
fn add_files(config: &mut Config, application: &Map<String, Value>) {
    let templates = list(application, "template_files");
    let named = |file_type: &str| {
        templates
            .iter()
            .filter(|file| file.get("file_type").and_then(Value::as_str) == Some(file_type))
            .filter_map(|file| file.get("filename").cloned())
            .collect::<Vec<_>>()
    };
    let (entrypoints, supporting) = (named("ENTRYPOINT"), named("SUPPORT"));
    files::add(&mut config.jobbergate, &entrypoints, supporting);
}

fn list(application: &Map<String, Value>, name: &str) -> Vec<Value> {
    application.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}
