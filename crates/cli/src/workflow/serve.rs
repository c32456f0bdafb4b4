//! What a workflow has this program do.

use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::ask::Ask;
use crate::{
    application::TEMPLATES,
    command_line,
    commands::Session,
    failure::{Failure, Result},
};

/// Something that it wants done.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// To be told what it is to do.
    Started,
    /// A question.
    Ask(Ask),
    /// A message to the person.
    Message { title: String, text: String, footer: Option<String> },
    /// A table.
    Entries(Entries),
    /// A table beside the result.
    Aside(Entries),
    /// A command.
    Command { words: Vec<String>, is_repeated: bool },
    /// Something of the server.
    Request(Request),
    /// A token for the server.
    Token,
    /// It is done.
    End(End),
}

/// What is shown as a table.
#[derive(Debug, Deserialize)]
pub struct Entries {
    title: String,
    values: Map<String, Value>,
}

/// How it ended.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Well.
    Done(Sections),
    /// By what it raised.
    Failed { title: String, text: String },
    /// By its own will.
    Exit(u8),
    /// By Ctrl-C.
    Interrupted,
}

/// Both sections of the configuration, with answers.
#[derive(Debug, Deserialize)]
pub struct Sections {
    /// Variables of templates.
    pub application_config: Map<String, Value>,
    /// Settings, answers among them.
    pub jobbergate_config: Map<String, Value>,
    /// Where it has gone.
    pub directory: PathBuf,
}

/// A request.
#[derive(Debug, Deserialize)]
pub struct Request {
    method: String,
    path: Vec<String>,
    expected: u16,
    query: Vec<(String, String)>,
    body: Value,
    file: Option<PathBuf>,
    runtime_config: Value,
}

/// Does it.
///
/// # Errors
/// When the whole command is to end.
pub async fn fulfil(session: &Session, wish: Wish) -> Result<Value> {
    match wish {
        Wish::Message { title, text, footer } => {
            session.output.message(&title, &text, footer.as_deref()).map(|()| json!({}))
        }
        Wish::Entries(Entries { title, values }) => {
            session.output.entries(&title, &values).map(|()| json!({}))
        }
        Wish::Aside(Entries { title, values }) => {
            session.output.aside(&title, &values).map(|()| json!({}))
        }
        Wish::Command { words, is_repeated } => command(session, words, is_repeated).await,
        Wish::Request(wanted) => {
            answered(request(session, &wanted).await, |answer| json!({"answer": answer}))
        }
        Wish::Token => answered(
            session.api.auth.access().await,
            |token| json!({"answer": token.text.reveal()}),
        ),
        Wish::Started | Wish::Ask(_) | Wish::End(_) => Ok(json!({})),
    }
}

async fn command(session: &Session, words: Vec<String>, is_repeated: bool) -> Result<Value> {
    let words = std::iter::once("jobbergate".to_owned()).chain(words).map(Into::into).collect();
    let cli = match command_line::parse(words, false) {
        Ok(cli) => cli,
        Err(error) => return answered(Err(Failure::Usage(error.to_string())), |()| json!({})),
    };
    let Some(command) = cli.command else { return Ok(json!({})) };
    let own = session.within(&cli.appearance, is_repeated);
    // Pinned, as it may come to a workflow again.
    let work: std::pin::Pin<Box<dyn Future<Output = _>>> = Box::pin(crate::execute(&own, command));
    let done = work.await;
    answered(
        done,
        |()| json!({"answer": {"shown": own.output.shown(), "paths": own.output.written()}}),
    )
}

/// What a workflow may go on after, as an answer for it.
fn answered<T>(done: Result<T>, answer: impl FnOnce(T) -> Value) -> Result<Value> {
    match done {
        Ok(done) => Ok(answer(done)),
        Err(Failure::Interrupted) => Err(Failure::Interrupted),
        Err(Failure::Ended(code)) => Ok(json!({"exit": code})),
        Err(Failure::Refused { title, text }) => {
            Ok(json!({"failed": {"title": title, "text": text}}))
        }
        Err(Failure::Usage(text)) => Ok(json!({"failed": {"title": "Usage", "text": text}})),
        Err(Failure::Aborted) => Ok(json!({"failed": {"title": "", "text": "Aborted."}})),
    }
}

async fn request(session: &Session, wanted: &Request) -> Result<Value> {
    let wrong = |what: &dyn std::fmt::Display| Failure::new("REQUEST FAILED", what.to_string());
    let method = Method::from_bytes(wanted.method.as_bytes()).map_err(|error| wrong(&error))?;
    let expected = StatusCode::from_u16(wanted.expected).map_err(|error| wrong(&error))?;
    let segments: Vec<_> = wanted.path.iter().flat_map(|part| part.split('/')).collect();
    let fields = match &wanted.runtime_config {
        Value::Null => Vec::new(),
        config => vec![("runtime_config", config.to_string())],
    };
    let content;
    let request = if let Some(path) = &wanted.file {
        content = std::fs::read(path)
            .map_err(|error| Failure::file("File could not be read", path.display(), &error))?;
        let name = Path::file_name(path).unwrap_or_default().to_str();
        let name = name.ok_or_else(|| wrong(&"the name of the file is not UTF-8 text"))?;
        session.api.upload(&segments).await?.form(&fields, name, &content)
    } else if method == Method::POST {
        session.api.create(&segments).await?
    } else {
        session.api.request(method.clone(), &segments).await?.query(&wanted.query)
    };
    let request = if is_done_once(wanted) { request.not_idempotent() } else { request };
    let request = if wanted.body.is_null() { request } else { request.json(&wanted.body) };
    let problem = |text: String, status: Option<StatusCode>| json!({"problem": text, "status": status.map(|status| status.as_u16())});
    // What an earlier attempt has deleted is not found by the next, which is as well.
    let is_deleted = |status| method == Method::DELETE && status == StatusCode::NO_CONTENT;
    Ok(match session.api.attempt(&request).await {
        Ok(answer) if answer.status == expected || is_deleted(answer.status) => {
            json!({"content": STANDARD.encode(answer.body)})
        }
        Ok(answer) => problem(format!("{request:?}: {}", answer.status), Some(answer.status)),
        Err((text, status)) => problem(text, status),
    })
}

/// Whether it finds nothing to do a second time: what is cancelled can't be cancelled once more, and
/// what has another identifier is not found by the old one.
fn is_done_once(wanted: &Request) -> bool {
    let path: Vec<_> = wanted.path.iter().map(String::as_str).collect();
    match (wanted.method.as_str(), path.as_slice()) {
        ("PUT", ["job-submissions", "cancel", _]) => true,
        ("PUT", [TEMPLATES, which]) => {
            which.parse::<i64>().is_err() && wanted.body.get("identifier").is_some()
        }
        _ => false,
    }
}
