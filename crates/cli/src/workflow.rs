//! Workflow files (`jobbergate.py`): Python code that says what to ask.
//!
//! The user's Python runs them, with the package of [`package`]. What they ask is asked here.

mod ask;
mod checkbox;
mod confirm;
mod package;
mod python;
mod serve;

use std::env;

use serde_json::{Map, Value, json};

use crate::{
    application::config::Config,
    commands::Session,
    failure::{Failure, Result},
};
use python::{BROKEN, Python};
use serve::{End, Wish, fulfil};

/// A workflow file, and what it is run for.
#[derive(Debug)]
pub struct Workflow {
    /// What is in it.
    pub source: Vec<u8>,
    /// What it is called in messages.
    pub file: String,
    /// The command that runs it.
    pub command: &'static str,
    /// What of this command says for which application.
    pub selection: Value,
    /// Whether what results stays on this machine, where no JSON is made of it.
    pub is_local: bool,
}

/// Runs it; the configuration with the answers, and the variables that are not to be shown.
///
/// # Errors
/// When it fails, or nobody answers.
pub async fn run(
    session: &Session,
    workflow: &Workflow,
    config: &Config,
    supplied: &Map<String, Value>,
    is_fast: bool,
) -> Result<(Config, Vec<String>)> {
    let mut secrets = Vec::new();
    let start = start(session, workflow, config, supplied, is_fast)?;
    let prints_aside = session.output.keeps_asides_away();
    let mut python = Python::start(&session.settings.python, prints_aside).await?;
    let end = loop {
        let wish = serde_json::from_value(python.hear().await?);
        match wish.map_err(|error| Failure::new(BROKEN, error.to_string()))? {
            Wish::Started => python.say(&start).await?,
            Wish::End(end) => break end,
            Wish::Ask(question) => {
                secrets.extend(question.secret());
                let answer = ask::ask(question, is_fast)?;
                python.say(&json!({"answer": answer})).await?;
            }
            wish => {
                let answer = fulfil(session, wish).await?;
                python.say(&answer).await?;
            }
        }
    };
    python.finish().await;
    match end {
        End::Done(sections) => {
            // Files are written, and jobs run, where the workflow has gone.
            env::set_current_dir(&sections.directory).map_err(|error| {
                Failure::file("Working directory is gone", sections.directory.display(), &error)
            })?;
            let config = Config::new(sections.application_config, sections.jobbergate_config);
            Ok((config, secrets))
        }
        End::Failed { title, text } => Err(Failure::Refused { title, text }),
        End::Exit(code) => Err(Failure::Ended(code)),
        End::Interrupted => Err(Failure::Interrupted),
    }
}

fn start(
    session: &Session,
    workflow: &Workflow,
    config: &Config,
    supplied: &Map<String, Value>,
    is_fast: bool,
) -> Result<Value> {
    let source = std::str::from_utf8(&workflow.source).map_err(|_| {
        Failure::new("Invalid application module", format!("{} is not UTF-8 text", workflow.file))
    })?;
    let words: Vec<_> = env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    Ok(json!({"answer": {
        "source": source,
        "file": workflow.file,
        "command": workflow.command,
        "selection": workflow.selection,
        "is_repeated": session.is_repeated,
        "is_local": workflow.is_local,
        "is_fast": is_fast,
        "application_config": config.application,
        "jobbergate_config": config.jobbergate,
        "supplied": supplied,
        "words": words,
        "raw": session.output.is_json(),
        "full": session.output.is_full(),
        "settings": session.settings.for_workflows(),
    }}))
}

/// That a workflow can't be run.
fn needs_python(why: &str) -> Failure {
    Failure::new(
        "Workflow needs Python",
        format!(
            "The application asks its questions with a workflow file (jobbergate.py), for which \
             Python 3.8 or newer is needed; {why} -- Please load or install one, name it in \
             JOBBERGATE_PYTHON, or skip the workflow with --no-workflow: then the variables of the \
             templates are asked for, or taken from --param-file"
        ),
    )
}
