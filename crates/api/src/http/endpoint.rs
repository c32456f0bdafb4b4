//! One operation: its permission, its input and its output are in its handler's type.

use std::{future::Future, pin::Pin, sync::Arc};

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use jobbergate_types::{Permission, error::ValidationError};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{
    input::{BodyKind, Input, Parts, Source},
    multipart::Form,
    output::Output,
    validation::Problems,
};
use crate::{
    app::{App, Context},
    auth::{Identity, Principal},
    error::{Error, Result},
};

/// The largest JSON body, in bytes.
const MAX_JSON_SIZE: usize = 16 * 1024 * 1024;
/// The largest body of bytes, in bytes.
const MAX_RAW_SIZE: usize = 1024 * 1024;

type Answering = Pin<Box<dyn Future<Output = Result<Response>> + Send>>;

/// A request on its way to a handler.
pub struct Incoming {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its path and query parameters.
    pub parts: Parts,
    /// Its body.
    pub body: Body,
}

/// A handler, made callable with any request, and what is to be known of it.
#[derive(Clone)]
pub struct Endpoint {
    call: Arc<dyn Fn(Arc<App>, Incoming) -> Answering + Send + Sync>,
    /// What it accepts and answers.
    pub facts: Facts,
}

/// What an operation accepts and answers.
#[derive(Clone, Copy)]
pub struct Facts {
    /// One of these permissions is needed; none of them for an open operation.
    pub permissions: &'static [Permission],
    /// The status of success.
    pub status: StatusCode,
    /// Where its input is read from, with the schemas.
    pub inputs: fn(&mut SchemaGenerator) -> Vec<(Source, Schema)>,
    /// The schema of its answer's body.
    pub output: fn(&mut SchemaGenerator) -> Option<Schema>,
    /// What else clients are told to expect, beside the answers that all operations have.
    pub others: &'static [(StatusCode, &'static str)],
}

impl Endpoint {
    /// Makes an endpoint of a handler.
    pub fn new<P, I, O, F, Fut>(handler: F) -> Self
    where
        P: Principal,
        I: Input + Send + 'static,
        O: Output + 'static,
        F: Fn(Context, P, I) -> Fut + Copy + Send + Sync + 'static,
        Fut: Future<Output = Result<O>> + Send + 'static,
    {
        let call = move |app: Arc<App>, incoming: Incoming| -> Answering {
            Box::pin(async move {
                let (context, principal, input) = prepare::<P, I>(app, incoming).await?;
                Ok(handler(context, principal, input).await?.into_answer())
            })
        };
        let facts = Facts {
            permissions: P::ANY_OF,
            status: O::STATUS,
            inputs: I::describe,
            output: O::schema,
            others: &[],
        };
        Self { call: Arc::new(call), facts }
    }

    /// The same, described with these answers, too.
    #[must_use]
    pub fn answering(mut self, others: &'static [(StatusCode, &'static str)]) -> Self {
        self.facts.others = others;
        self
    }

    /// Answers a request, in a task of its own: a client that goes away must not stop a handler
    /// half-way through a transaction.
    pub async fn answer(&self, app: Arc<App>, incoming: Incoming) -> Response {
        let span = tracing::Span::current();
        let answering = tracing::Instrument::instrument((self.call)(app, incoming), span);
        match tokio::spawn(answering).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => error.into_response(),
            Err(panic) => Error::internal(panic).into_response(),
        }
    }
}

async fn prepare<P: Principal, I: Input>(
    app: Arc<App>,
    incoming: Incoming,
) -> Result<(Context, P, I)> {
    let Incoming { headers, mut parts, mut body } = incoming;
    let claims_json = I::BODY == BodyKind::Raw && is_json(&headers);
    if I::BODY == BodyKind::Json || claims_json {
        let body = std::mem::take(&mut body);
        parts.json = read_json(&headers, body).await?;
    }
    let identity = identify(&app, &headers, P::ANY_OF).await?;
    let context = Context::for_identity(app, &identity).await?;
    let principal = P::from_identity(identity)?;
    if I::BODY == BodyKind::Form {
        parts.form = Some(Form::read(&headers, body, context.app.max_upload_file_size).await?);
    } else if I::BODY == BodyKind::Raw && !claims_json {
        parts.raw = Some(read_bytes(body, MAX_RAW_SIZE).await?);
    }
    let mut problems = Problems::default();
    match I::read(&mut parts, &mut problems) {
        Some(input) if problems.0.is_empty() => Ok((context, principal, input)),
        _ => Err(Error::Invalid(problems.0)),
    }
}

/// Who is calling; nobody in particular if no permission is needed.
async fn identify(app: &App, headers: &HeaderMap, permissions: &[Permission]) -> Result<Identity> {
    if permissions.is_empty() {
        return Ok(Identity::default());
    }
    let identity = app.verifier.authenticate(headers).await?;
    identity.require_any_of(permissions)?;
    Ok(identity)
}

async fn read_bytes(body: Body, limit: usize) -> Result<Bytes> {
    axum::body::to_bytes(body, limit)
        .await
        .map_err(|_| Error::TooLarge(format!("The body cannot be read or exceeds {limit} bytes")))
}

/// Reads a body as JSON if it says that it is, otherwise as text.
async fn read_json(headers: &HeaderMap, body: Body) -> Result<Option<Value>> {
    let bytes = read_bytes(body, MAX_JSON_SIZE).await?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Error::BadRequest("There was an error parsing the body".to_owned()))?;
    if !is_json(headers) {
        return Ok(Some(Value::String(text.to_owned())));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).map(Some).map_err(|error| malformed(text, &error))
}

/// `application/json` and everything that ends in `+json`.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get("content-type").and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence
        .strip_prefix("application/")
        .is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}

fn malformed(text: &str, error: &serde_json::Error) -> Error {
    let before: usize = text
        .lines()
        .take(error.line().saturating_sub(1))
        .map(|line| line.chars().count() + 1)
        .sum();
    let position = before + error.column();
    let reason = if error.is_eof() { "Expecting value".to_owned() } else { error.to_string() };
    Error::Invalid(vec![ValidationError {
        r#type: "json_invalid".to_owned(),
        loc: vec!["body".into(), jobbergate_types::error::Location::Index(position)],
        msg: "JSON decode error".to_owned(),
        input: json!({}),
        ctx: Map::from_iter([("error".to_owned(), Value::String(reason))]),
    }])
}
