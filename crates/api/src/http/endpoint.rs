//! One operation: its permission, its input and its output are in its handler's type.

use std::{future::Future, pin::Pin, sync::Arc};

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use jobbergate_types::Permission;
use schemars::{Schema, SchemaGenerator};
use tokio_util::sync::CancellationToken;

use super::{
    answer::Answer,
    body,
    input::{BodyKind, Input, Parts, Source},
    json,
    multipart::Form,
    output::Output,
    validation::Problems,
};
use crate::budget::Room;
use crate::{
    app::{App, Context},
    auth::{Claim, Identity, Principal, require_claims},
    error::{Error, Result},
    workers::Customer,
};

/// The largest body of bytes, in bytes.
const MAX_RAW_SIZE: usize = 1024 * 1024;
/// What each byte of such a body takes at most until it is answered, in bytes: it may be a value.
const RAW_COST: usize = 40;

type Answering = Pin<Box<dyn Future<Output = Result<Response>> + Send>>;

/// A request on its way to a handler.
pub struct Incoming {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its path and query parameters.
    pub parts: Parts,
    /// Its body.
    pub body: Body,
    /// Says that the client went away.
    pub gone: CancellationToken,
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
    /// Whether its answer's body is sent as text.
    pub is_text: bool,
    /// What else clients are told to expect, beside the answers that all operations have.
    pub others: &'static [Answer],
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
            is_text: O::IS_TEXT,
            others: &[],
        };
        Self { call: Arc::new(call), facts }
    }

    /// The same, described with these answers, too.
    #[must_use]
    pub fn answering(mut self, others: &'static [Answer]) -> Self {
        self.facts.others = others;
        self
    }

    /// Answers a request, in a task of its own: a client that goes away must not stop a handler
    /// half-way through a transaction. What is only computed for it ends.
    pub async fn answer(&self, app: Arc<App>, incoming: Incoming) -> Response {
        let _gone = incoming.gone.clone().drop_guard();
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
    let Incoming { headers, mut parts, mut body, gone } = incoming;
    let claims_json = I::BODY == BodyKind::Raw && json::is_json(&headers);
    let identity = identify(&app, &headers, P::ANY_OF).await;
    let caller = identity.as_ref().map_or_else(|_| "".into(), Identity::caller);
    let mut room = Room { body: app.bodies.share(&caller), values: app.values.share(&caller) };
    if I::BODY == BodyKind::Json || claims_json {
        let body = std::mem::take(&mut body);
        parts.json = match &identity {
            Ok(_) => json::read(&headers, body, json::MAX_SIZE, &mut room).await?,
            Err(_) => json::read_from_stranger(&headers, body, &mut room).await?,
        };
    }
    let identity = identity?;
    require_claims(&identity, needed_claims::<P>(&app))?;
    let mut context = Context::for_identity(app, &identity).await?;
    context.customer = Customer { caller, gone };
    let principal = P::from_identity(identity)?;
    if I::BODY == BodyKind::Form {
        let limit = context.app.max_upload_file_size;
        parts.form = Some(Form::read(&headers, body, limit, &mut room.body).await?);
    } else if I::BODY == BodyKind::Raw && !claims_json {
        parts.raw = Some(read_raw(&headers, body, &mut room).await?);
    }
    context.room = Some(Arc::new(room));
    let mut problems = Problems::default();
    match I::read(&mut parts, &mut problems) {
        Some(input) if problems.0.is_empty() => Ok((context, principal, input)),
        _ => Err(Error::Invalid(problems.0)),
    }
}

async fn read_raw(headers: &HeaderMap, body: Body, room: &mut Room) -> Result<Bytes> {
    let bytes = body::read_bytes(headers, body, MAX_RAW_SIZE, &mut room.body).await?;
    room.values.grow_to(bytes.len().saturating_mul(RAW_COST)).await?;
    Ok(bytes)
}

/// What the token must say. Without a token there is nobody who could be in an organization.
fn needed_claims<P: Principal>(app: &App) -> impl Iterator<Item = Claim> {
    let separate = app.tenants.are_separate() && P::NEEDS_ORGANIZATION && !P::ANY_OF.is_empty();
    P::CLAIMS.iter().copied().chain(separate.then_some(Claim::Organization))
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
