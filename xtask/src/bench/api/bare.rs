//! HTTP's part of an operation: a bare handler that gives the same answer out of memory.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use ureq::{Agent, http::Request};

use super::{load::Target, operations::Operation};
use crate::process::{Running, tied};

/// Also a list of millions is counted by then.
const DEADLINE: Duration = Duration::from_secs(60);

/// What a server answered.
#[derive(Debug)]
pub(super) struct Answer {
    status: u16,
    content_type: Option<String>,
    pub(super) body: Vec<u8>,
}

/// It ends when this is dropped.
pub(super) struct Bare {
    pub(super) url: String,
    _process: Running,
}

/// Keeps its connection.
pub(super) fn client() -> Agent {
    let config = Agent::config_builder().timeout_global(Some(DEADLINE));
    config.http_status_as_error(false).max_redirects(0).build().into()
}

/// Asks once; fails unless that succeeds.
pub(super) fn ask(client: &Agent, target: Target<'_>, what: &Operation) -> Result<Answer> {
    ask_with(client, target, what, &what.one_body())
}

/// The same with another body.
pub(super) fn ask_with(
    client: &Agent,
    target: Target<'_>,
    what: &Operation,
    body: &[u8],
) -> Result<Answer> {
    let mut request = Request::builder().method(what.method);
    request = request.uri(format!("{}{}", target.url, what.path));
    let token = target.tokens.first().context("there is no token")?;
    request = request.header("Authorization", format!("Bearer {token}"));
    let content_type = what.body.as_ref().map(|body| body.content_type);
    if let Some(content_type) = content_type {
        request = request.header("Content-Type", content_type);
    }
    let mut answer = client.run(request.body(body)?)?;
    let status = answer.status();
    let content_type = answer.headers().get("content-type");
    let content_type = content_type.map(|value| value.to_str().map(str::to_owned)).transpose()?;
    let body = answer.body_mut().read_to_vec()?;
    ensure!(
        status.is_success(),
        "{} at {} is answered {status}: {}",
        what.name,
        target.url,
        String::from_utf8_lossy(&body)
    );
    Ok(Answer { status: status.as_u16(), content_type, body })
}

impl Answer {
    /// How many rows a list says that there are.
    pub(super) fn total(&self) -> Option<u64> {
        let answer: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        answer["total"].as_u64()
    }
}

impl Bare {
    pub(super) fn start(program: &Path, directory: &Path, answer: &Answer) -> Result<Self> {
        let file = directory.join("answer");
        std::fs::write(&file, &answer.body)?;
        let mut command = tied(program, directory);
        command.args(["answer", "--status", &answer.status.to_string()]);
        if let Some(content_type) = &answer.content_type {
            command.args(["--content-type", content_type]);
        }
        let (process, address) = Running::start_and_hear(command.arg(&file))
            .context("the bare handler does not start")?;
        Ok(Self { url: format!("http://{address}"), _process: process })
    }
}
