//! `jobbergate job-scripts create-locally`.

use std::path::PathBuf;

use clap::Args;
use jobbergate_jinja::{Environment, ErrorKind, Limits};
use jobbergate_questions::{
    complete,
    files::{default_template, output_name_mapping},
};
use jobbergate_types::questions::Question;
use serde_json::{Map, Value, json};

use super::{
    Session, asked,
    parameters::{Answered, Parameters, script_name},
};
use crate::{
    application::{Application, Template, WORKFLOW, not_a_directory},
    failure::{Failure, Result},
    files::{NewFile, write_all},
    injection::{AT_RENDERING, inject},
    workflow::Workflow,
};

/// A job script from an application on disk.
#[derive(Debug, Args)]
pub struct CreateLocally {
    /// The directory of the application
    #[arg(value_name = "PATH", default_value = ".")]
    application_path: PathBuf,
    /// The script's name
    #[arg(long, value_name = "TEXT", default_value = "job_script")]
    name: String,
    /// Where to write its files
    #[arg(long, value_name = "PATH", default_value = ".")]
    output_path: PathBuf,
    /// An argument of sbatch, for the script; may be given several times
    #[arg(long, value_name = "TEXT")]
    sbatch_params: Vec<String>,
    #[command(flatten)]
    parameters: Parameters,
}

impl CreateLocally {
    fn workflow(&self, source: Vec<u8>) -> Workflow {
        let path = &self.application_path;
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        Workflow {
            source,
            file: path.join(WORKFLOW).display().to_string(),
            command: "create-locally",
            selection: json!({"application_path": absolute.to_string_lossy()}),
            is_local: true,
        }
    }
}

/// Makes it.
///
/// # Errors
/// When something of it can't be done; then nothing is written.
pub async fn create(session: &Session, arguments: &CreateLocally) -> Result<()> {
    let application = Application::read(&arguments.application_path)?;
    if !arguments.output_path.is_dir() {
        let text = not_a_directory(&arguments.output_path);
        return Err(Failure::new("File could not be written", text));
    }
    let supplied = arguments.parameters.supplied()?;
    let workflow = application.workflow.as_ref().filter(|_| !arguments.parameters.skips_workflow());
    let workflow = workflow.map(|source| arguments.workflow(source.clone()));
    let mut config = application.config.clone();
    if workflow.is_none() {
        let fast = arguments.parameters.is_fast();
        config.questions = Some(asked::on_disk(&application, &supplied, fast)?);
    }
    let answered = arguments.parameters.answered(session, config, supplied, workflow).await?;
    let Answered { mut config, answers, .. } = answered;
    if let (None, [only]) =
        (default_template(&config.jobbergate).ok().flatten(), &*application.templates)
    {
        config.jobbergate.insert("default_template".to_owned(), only.path.as_str().into());
    }
    let unspecified = |problem: String| Failure::new("Entry point is unspecified", problem);
    let default = default_template(&config.jobbergate)
        .map_err(unspecified)?
        .map(base_name)
        .map(str::to_owned);
    let written = application.config.questions.as_deref().unwrap_or_default();
    let parameters = completed(written, config.parameters(answers))?;
    let name = script_name(&parameters, &arguments.name);
    let legacy_name = session.settings.legacy_name_convention.then_some(name.as_str());
    let mapping = output_name_mapping(&config.jobbergate, legacy_name).map_err(unspecified)?;
    let mut files = Vec::new();
    for (template, output) in chosen(&application.templates, &mapping)? {
        let mut text = render(template, &parameters)?;
        if Some(&template.name) == default.as_ref() {
            text = inject(&text, AT_RENDERING, &arguments.sbatch_params);
        }
        files.push(NewFile { name: output.to_owned(), content: text.into_bytes() });
    }
    let written = write_all(&arguments.output_path, &files)?;
    session.output.wrote(&written);
    let places: Vec<_> = written.iter().map(|path| path.display().to_string()).collect();
    let text = format!(
        "The job script was successfully rendered locally.\n\nWritten:\n{}",
        places.join("\n")
    );
    session.output.message("Job script render succeeded", &text, None)
}

/// The parameters with the defaults of questions that they don't answer.
fn completed(questions: &[Question], parameters: Map<String, Value>) -> Result<Map<String, Value>> {
    complete(questions, parameters).map_err(|problems| {
        let lines =
            problems.iter().map(|problem| format!("{}: {}", problem.variable, problem.message));
        Failure::new("Invalid answers", lines.collect::<Vec<_>>().join("\n"))
    })
}

/// The templates that are rendered, each with the name of what results.
fn chosen<'a>(
    templates: &'a [Template],
    mapping: &'a Map<String, Value>,
) -> Result<Vec<(&'a Template, &'a str)>> {
    let mut chosen = Vec::new();
    for (path, output) in mapping {
        let found = templates.iter().find(|template| template.name == base_name(path));
        let template = found.ok_or_else(|| {
            let text = format!("jobbergate.yaml names the template {path}, which is not there");
            Failure::new("Invalid application", text)
        })?;
        chosen.push((template, output.as_str().unwrap_or_default()));
    }
    Ok(chosen)
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Renders with the parameters at top level and, if one is not defined there, once more with all
/// of them under `data`.
fn render(template: &Template, parameters: &Map<String, Value>) -> Result<String> {
    let unable = |to_do: &str, error: &dyn std::fmt::Display| {
        Failure::new(
            format!("Unable to {to_do} jinja template"),
            format!("{}: {error}", template.path),
        )
    };
    let source = std::str::from_utf8(&template.content)
        .map_err(|_| unable("process", &"it is not UTF-8 text"))?;
    let parsed = Environment::new(Limits::default()).parse(source);
    let parsed = parsed.map_err(|error| unable("process", &error))?;
    match parsed.render(parameters) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::Undefined => {
            let nested = [("data".to_owned(), Value::Object(parameters.clone()))];
            parsed.render(&Map::from_iter(nested)).map_err(|error| unable("render", &error))
        }
        Err(error) if error.kind() == ErrorKind::Syntax => Err(unable("process", &error)),
        Err(error) => Err(unable("render", &error)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rendered(source: &str) -> Result<String> {
        let template =
            Template { path: "x.j2".to_owned(), name: "x.j2".to_owned(), content: source.into() };
        render(&template, json!({"a": 1}).as_object().unwrap())
    }

    #[test]
    fn parameters_are_at_top_level_or_under_data() {
        assert_eq!(rendered("{{ a }}").unwrap(), "1");
        assert_eq!(rendered("{{ data.a }}").unwrap(), "1");
        assert_eq!(rendered("A{{ a }}B{{ data.a }}").unwrap(), "AB1");
        for (source, title) in [
            ("{% if %}", "Unable to process jinja template"),
            ("{{ a | nope }}", "Unable to process jinja template"),
            ("{{ x.y.z }}", "Unable to render jinja template"),
            ("{{ 1 / 0 }}", "Unable to render jinja template"),
        ] {
            let failure = rendered(source);
            assert!(
                matches!(&failure, Err(Failure::Refused { title: found, .. }) if found == title)
            );
        }
    }
}
