//! What an application asks where no workflow does.

use jobbergate_jinja::{Environment, Limits};
use jobbergate_questions::derive::{from_variables, from_workflow, used_by};
use jobbergate_types::questions::{Question, QuestionsSource, TemplateQuestions};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value};

use super::{Session, parameters::Parameters};
use crate::{
    application::{Application, TEMPLATES, config::Config},
    failure::Result,
    questions::{check_supplied, live, terminal},
};

/// How somebody wants to be asked.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The cluster that the job is for.
    pub cluster: Option<&'a str>,
    /// Whether defaults are taken without asking.
    pub fast: bool,
    /// Whether there is a workflow, which is not to be run.
    pub has_workflow: bool,
    /// What was answered on the command line.
    pub parameters: &'a Parameters,
}

/// The questions of an application of the server: those that its expert wrote, else those that the
/// server derives, with what is to be chosen from the cluster.
///
/// # Errors
/// When they can't be had, or `supplied` has something that is no answer to one of them.
pub async fn by_server(
    session: &Session,
    application: &Map<String, Value>,
    config: &Config,
    supplied: &Map<String, Value>,
    asking: Asking<'_>,
) -> Result<Vec<Question>> {
    let asks_nobody = asking.fast || !terminal::is_there();
    let mut questions = match &config.questions {
        Some(written) => {
            check_supplied(written, supplied)?;
            written.clone()
        }
        // The server knows no more of it.
        None if asks_nobody && !asking.has_workflow => config.asked(),
        None => without_optional(derived(session, application).await?, config, asking.fast),
    };
    let is_answered = |name: &str| supplied.contains_key(name) || asking.parameters.answer(name);
    live::resolve(session, &mut questions, asking.cluster, is_answered).await?;
    Ok(questions)
}

async fn derived(session: &Session, application: &Map<String, Value>) -> Result<TemplateQuestions> {
    let id = application.get("application_id").unwrap_or(&Value::Null).to_string();
    let what = format!("Couldn't retrieve the questions of application ({id}) from API");
    let route = [TEMPLATES, &id, "questions"];
    let request = session.api.request(Method::GET, &route).await?;
    match session.api.find(&what, request, StatusCode::OK).await? {
        Some(found) => Ok(found),
        // A server that does not know of questions.
        None => Ok(of_variables(application.get("template_vars").and_then(Value::as_object))),
    }
}

fn of_variables(variables: Option<&Map<String, Value>>) -> TemplateQuestions {
    let questions = variables.map(|variables| from_variables(variables, &[])).unwrap_or_default();
    TemplateQuestions { source: QuestionsSource::Variables, questions }
}

/// The questions of an application on disk. What a cluster has is to be typed: no server is asked.
///
/// # Errors
/// When `supplied` has something that is no answer to one of them.
pub fn on_disk(
    application: &Application,
    supplied: &Map<String, Value>,
    fast: bool,
) -> Result<Vec<Question>> {
    let config = &application.config;
    if let Some(written) = &config.questions {
        check_supplied(written, supplied)?;
        return Ok(written.clone());
    }
    let workflow = application.workflow.as_deref().and_then(|text| str::from_utf8(text).ok());
    if let Some(questions) = workflow.and_then(from_workflow) {
        let derived = TemplateQuestions { source: QuestionsSource::Workflow, questions };
        return Ok(without_optional(derived, config, fast));
    }
    let environment = Environment::new(Limits::default());
    let mut names: Vec<String> = Vec::new();
    for template in &application.templates {
        let parsed = str::from_utf8(&template.content).ok();
        let parsed = parsed.and_then(|source| environment.parse(source).ok());
        for name in parsed.iter().flat_map(used_by) {
            if !names.contains(&name) && !config.jobbergate.contains_key(&name) {
                names.push(name);
            }
        }
    }
    let questions = from_variables(&config.application, &names);
    let derived = TemplateQuestions { source: QuestionsSource::Variables, questions };
    Ok(without_optional(derived, config, fast))
}

/// What templates use and nobody gave a default is asked for where somebody is there to answer: a
/// template may do without it. What a workflow asks without a default is asked for in any case, as
/// it would be if it was run.
fn without_optional(found: TemplateQuestions, config: &Config, fast: bool) -> Vec<Question> {
    let mut questions = found.questions;
    if found.source == QuestionsSource::Workflow && fast {
        questions.iter_mut().for_each(|question| question.required |= question.default.is_none());
    }
    if found.source == QuestionsSource::Variables && (fast || !terminal::is_there()) {
        questions.retain(|question| config.application.contains_key(&question.variable));
    }
    questions
}
