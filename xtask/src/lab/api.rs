//! The server's API, as any client with an access token uses it.

use std::{fmt, time::Duration};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use ureq::{
    Agent, Body,
    http::Response,
    unversioned::multipart::{Form, Part},
};

const DEADLINE: Duration = Duration::from_secs(10);

/// A user's way to the server.
#[derive(Debug)]
pub(crate) struct Api {
    http: Agent,
    url: String,
    authorization: String,
}

/// An answer that is no success.
#[derive(Debug)]
pub(crate) struct Refused {
    path: String,
    pub(crate) status: u16,
    body: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, status, body } = self;
        write!(f, "the server answers {path} with {status}: {body}")
    }
}

impl std::error::Error for Refused {}

/// Whether a server answers there.
pub(crate) fn is_healthy(url: &str) -> bool {
    let answer = http(Duration::from_secs(1)).get(format!("{url}/jobbergate/health")).call();
    answer.is_ok_and(|answer| answer.status() == 204)
}

impl Api {
    pub(crate) fn new(url: &str, access_token: &str) -> Self {
        Self {
            http: http(DEADLINE),
            url: format!("{url}/jobbergate"),
            authorization: format!("Bearer {access_token}"),
        }
    }

    /// One that makes a connection for each request, as many people do.
    pub(crate) fn of_many(url: &str, access_token: &str) -> Self {
        let config = Agent::config_builder().timeout_global(Some(DEADLINE));
        let http = config.http_status_as_error(false).max_idle_connections(0).build().into();
        Self { http, ..Self::new(url, access_token) }
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value> {
        let request = self.http.get(format!("{}{path}", self.url));
        read(path, request.header("Authorization", &self.authorization).call())
    }

    /// What is no JSON.
    pub(crate) fn text(&self, path: &str) -> Result<String> {
        let request = self.http.get(format!("{}{path}", self.url));
        read_text(path, request.header("Authorization", &self.authorization).call())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.http.post(format!("{}{path}", self.url));
        read(path, request.header("Authorization", &self.authorization).send_json(body))
    }

    /// Has something done once, however often it is sent with this key.
    pub(crate) fn post_once(&self, path: &str, body: &Value, key: &str) -> Result<Value> {
        let request = self.http.post(format!("{}{path}", self.url));
        let request = request.header("Authorization", &self.authorization);
        read(path, request.header("Idempotency-Key", key).send_json(body))
    }

    /// Says something to which the answer is only that it was heard.
    pub(crate) fn tell(&self, path: &str, body: &Value) -> Result<()> {
        let request = self.http.post(format!("{}{path}", self.url));
        read_text(path, request.header("Authorization", &self.authorization).send_json(body))
            .map(drop)
    }

    pub(crate) fn put(&self, path: &str) -> Result<Value> {
        let request = self.http.put(format!("{}{path}", self.url));
        read(path, request.header("Authorization", &self.authorization).send_empty())
    }

    /// Creates something; gives its number.
    pub(crate) fn create(&self, path: &str, body: &Value) -> Result<i64> {
        let created = self.post(path, body)?;
        created["id"].as_i64().with_context(|| format!("there is no id in {created}"))
    }

    /// Uploads a file as a form does it.
    pub(crate) fn upload(&self, path: &str, name: &str, content: &str) -> Result<Value> {
        let form = Form::new().part("upload_file", Part::text(content).file_name(name));
        let request = self.http.put(format!("{}{path}", self.url));
        read(path, request.header("Authorization", &self.authorization).send(form))
    }
}

fn http(deadline: Duration) -> Agent {
    Agent::config_builder()
        .timeout_global(Some(deadline))
        .http_status_as_error(false)
        .build()
        .into()
}

fn read(path: &str, answer: Result<Response<Body>, ureq::Error>) -> Result<Value> {
    let body = read_text(path, answer)?;
    serde_json::from_str(&body).with_context(|| format!("{path} is answered with no JSON: {body}"))
}

fn read_text(path: &str, answer: Result<Response<Body>, ureq::Error>) -> Result<String> {
    let mut answer = answer.with_context(|| format!("can't ask the server for {path}"))?;
    let (status, body) = (answer.status(), answer.body_mut().read_to_string()?);
    if !status.is_success() {
        bail!(Refused { path: path.to_owned(), status: status.as_u16(), body });
    }
    Ok(body)
}
