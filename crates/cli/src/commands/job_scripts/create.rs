//! `jobbergate job-scripts create`.

use std::path::{Path, PathBuf};

use clap::Args;
use reqwest::StatusCode;
use serde_json::{Map, Value, json};

use super::{
    SCRIPTS, Session,
    asked::{self, Asking},
    download,
    parameters::{Parameters, script_name},
    read,
};
use crate::{
    api::not_understood,
    application::config::Config,
    commands::{
        applications,
        job_submissions::{Submission, submit},
    },
    failure::{Failure, Result},
    output::resource::{JOB_SCRIPT, JOB_SUBMISSION},
    questions::terminal::confirm,
    select::OneApplicationAmongOthers,
};

/// A job script from an application.
#[derive(Debug, Args)]
pub struct Create {
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
    /// Download its files to the current directory (--no-download: don't); asked when left out
    #[arg(long, overrides_with = "no_download")]
    download: bool,
    #[arg(long, hide = true, overrides_with = "download")]
    no_download: bool,
    /// Submit it at once (--no-submit: don't); asked when left out
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
        if names_place && said(self.submit, self.no_submit).is_none() {
            return Err(Failure::new(
                "Incorrect parameters",
                "--cluster-name and --execution-directory are for submitting: please say --submit \
                 or --no-submit, too",
            ));
        }
        Ok(())
    }

    async fn wants(&self, said: Option<bool>, question: &str) -> Result<bool> {
        match said {
            Some(said) => Ok(said),
            None if self.parameters.is_fast() => Ok(true),
            None => confirm(question).await,
        }
    }
}

/// Makes it, and submits it if wanted.
///
/// # Errors
/// When something of it can't be done.
pub async fn create(session: &Session, arguments: &Create) -> Result<()> {
    arguments.check()?;
    let selected = arguments.one.selected()?;
    // Read once: it may be a pipe.
    let supplied = arguments.parameters.supplied()?;
    let application = applications::get(session, &selected).await?;
    let has_workflow =
        application.get("workflow_files").and_then(Value::as_array).is_some_and(|f| !f.is_empty());
    arguments.parameters.check_workflow(&selected.locator, has_workflow)?;
    let config = configured(session, arguments, &application, &supplied, has_workflow).await?;
    let script = render(session, arguments, (&application, &config), supplied).await?;
    session.output.one("Created Job Script", &JOB_SCRIPT, &script)?;
    let submit_question = "Would you like to submit this job immediately?";
    let is_submitted =
        arguments.wants(said(arguments.submit, arguments.no_submit), submit_question).await?;
    let id = script.get("job_script_id").and_then(Value::as_i64).unwrap_or_default();
    let is_on_site = session.settings.sbatch_path.is_some();
    if !(is_on_site && is_submitted) {
        let question = "Would you like to download the job script files?";
        if arguments.wants(said(arguments.download, arguments.no_download), question).await? {
            download(session, id, Path::new(".")).await?;
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
        title_of_failure: "Automatic job submission failed",
    };
    let submitted = submit(session, &submission).await?;
    session.output.one("Created Job Submission (Fast Mode)", &JOB_SUBMISSION, &submitted)
}

/// The configuration, with what is asked if no workflow is to be run.
async fn configured(
    session: &Session,
    arguments: &Create,
    application: &Map<String, Value>,
    supplied: &Map<String, Value>,
    has_workflow: bool,
) -> Result<Config> {
    let mut config = config_of(application)?;
    if !has_workflow || arguments.parameters.skips_workflow() {
        let asking = Asking {
            cluster: arguments.cluster_name.as_deref(),
            fast: arguments.parameters.is_fast(),
            has_workflow,
        };
        let asked = asked::by_server(session, application, &config, supplied, asking).await?;
        config.questions = Some(asked);
    }
    Ok(config)
}

async fn render(
    session: &Session,
    arguments: &Create,
    (application, config): (&Map<String, Value>, &Config),
    supplied: Map<String, Value>,
) -> Result<Map<String, Value>> {
    let parameters = arguments.parameters.answered(session, config, supplied)?;
    let name = application.get("name").and_then(Value::as_str).unwrap_or_default();
    let name = script_name(&parameters, arguments.name.as_deref().unwrap_or(name));
    let legacy_name = session.settings.legacy_name_convention.then_some(name.as_str());
    let mapping = config
        .output_name_mapping(legacy_name)
        .map_err(|problem| Failure::new("Entry point is unspecified", problem))?;
    let id = application.get("application_id").unwrap_or(&Value::Null).to_string();
    let sbatch_params = Some(&arguments.sbatch_params).filter(|parameters| !parameters.is_empty());
    let body = json!({
        "create_request": {"name": name, "description": arguments.description},
        "render_request": {
            "template_output_name_mapping": mapping,
            "sbatch_params": sbatch_params,
            "param_dict": {"data": parameters},
        },
    });
    let what = "Couldn't create job script";
    let route = [SCRIPTS, "render-from-template", &id];
    let request = session.api.create(&route).await?.json(&body);
    let object = session.api.receive(what, request, StatusCode::CREATED).await?;
    read(what, &JOB_SCRIPT, &object)
}

/// What the server keeps of an application's configuration, with what follows from its files.
fn config_of(application: &Map<String, Value>) -> Result<Config> {
    let list = |name: &str| application.get(name).and_then(Value::as_array).cloned();
    let section = |value: Option<&Value>| value.and_then(Value::as_object).cloned();
    let workflow = list("workflow_files").unwrap_or_default().into_iter().next();
    let settings = workflow.and_then(|file| section(file.get("runtime_config")));
    let variables = section(application.get("template_vars")).unwrap_or_default();
    let mut config = Config::new(variables, settings.unwrap_or_default());
    let files = list("template_files").unwrap_or_default();
    let named = |file_type: &str| {
        files
            .iter()
            .filter(|file| file.get("file_type").and_then(Value::as_str) == Some(file_type))
            .filter_map(|file| file.get("filename").cloned())
            .collect::<Vec<_>>()
    };
    let entrypoints = named("ENTRYPOINT");
    let has_default = config.default_template().is_ok_and(|name| name.is_some());
    if let ([only], false) = (entrypoints.as_slice(), has_default) {
        config.jobbergate.insert("default_template".to_owned(), only.clone());
    }
    if config.jobbergate.get("supporting_files").is_none_or(Value::is_null) {
        config.jobbergate.insert("supporting_files".to_owned(), named("SUPPORT").into());
    }
    config.questions = application
        .get("questions")
        .map(|questions| serde_json::from_value(questions.clone()))
        .transpose()
        .map_err(|error| not_understood("What the application asks", &error.to_string()))?;
    Ok(config)
}
