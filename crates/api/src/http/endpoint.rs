//! One operation: its permission, its input and its output are in its handler's type.

use std::{pin::Pin, sync::Arc};

use axum::{
    body::{Body, HttpBody},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use schemars::{Schema, SchemaGenerator};
use tokio_util::sync::CancellationToken;

use super::{
    body,
    handler::{Handler, Inputs},
    input::{InputSource, Parts},
    json,
    multipart::Form,
    output::Output,
    place::Place,
    request_head::RequestHead,
    response_doc::ResponseDoc,
    validation::Problems,
};
use crate::{
    app::{App, Context, SMALL_ANSWER},
    auth::{Claim, Identity, Principal, require_claims},
    budget::Room,
    compute::Customer,
    error::{Error, Result},
    idempotency::{self, Begun, KeyedRequest},
    permission::Permission,
};

const MAX_RAW_SIZE: usize = 1024 * 1024;
/// What each byte of a raw body takes at most until it is answered, in bytes: it may be a value.
const RAW_COST: usize = 40;

type Answering = Pin<Box<dyn Future<Output = Result<Response>> + Send>>;

/// A request on its way to a handler.
pub struct Incoming {
    pub headers: HeaderMap,
    pub parts: Parts,
    pub body: Body,
    /// Its route, if requests to that may have a key.
    pub keyed_route: Option<&'static str>,
    /// Whether it changes nothing, so that it may be refused after it was handled.
    pub is_safe: bool,
    /// Says that the client went away.
    pub gone: CancellationToken,
    /// That of the connection; none if it is not known.
    pub place: Option<Place>,
}

/// A handler, made callable with any request, and what it accepts and answers.
#[derive(Clone)]
pub struct Endpoint {
    call: Arc<dyn Fn(Arc<App>, Incoming) -> Answering + Send + Sync>,
    /// One of these permissions is needed; none of them for an open operation.
    pub permissions: &'static [Permission],
    pub status: StatusCode,
    /// Where its inputs are read from.
    pub sources: &'static [InputSource],
    /// The schemas of its inputs.
    pub schemas: fn(&mut SchemaGenerator) -> Vec<Schema>,
    pub output: fn(&mut SchemaGenerator) -> Option<Schema>,
    /// Whether its answer's body is sent as text.
    pub is_text: bool,
    pub media_type: &'static str,
    /// Whether its requests may have a key, so that none is done twice.
    pub takes_key: bool,
    /// What else clients are told to expect, beside the responses that all operations have.
    pub responses: &'static [ResponseDoc],
}

impl Endpoint {
    pub fn new<P: Principal, I: Inputs, H: Handler<P, I>>(handler: H) -> Self {
        let call = move |app: Arc<App>, incoming: Incoming| -> Answering {
            Box::pin(async move {
                let is_safe = incoming.is_safe;
                // Of who waits long afterwards nothing is kept that only this needed.
                let prepared = Box::pin(prepare::<P, I>(app, incoming)).await;
                let (mut context, principal, inputs, keyed) = prepared?;
                let room = context.room.clone();
                if let Some(request) = keyed
                    && let Some(answer) = Box::pin(begin(&mut context, request)).await?
                {
                    return hold(answer, room, is_safe).await;
                }
                // Nothing of the context is kept otherwise: who waits leaves databases to be closed.
                let keyed = context.attempt.clone().map(|attempt| (context.clone(), attempt));
                // What is in a box takes no room in this future, of which each request has one.
                let work = Box::pin(async {
                    handler.call(context, principal, inputs).await.map(Output::into_answer)
                });
                let answer = match keyed {
                    Some((keeper, attempt)) => {
                        Box::pin(idempotency::perform(&keeper, &attempt, work)).await
                    }
                    None => work.await,
                };
                hold(answer?, room, is_safe).await
            })
        };
        Self {
            call: Arc::new(call),
            permissions: P::ANY_OF,
            status: H::Output::STATUS,
            sources: I::SOURCES,
            schemas: I::schemas,
            output: H::Output::schema,
            is_text: H::Output::IS_TEXT,
            media_type: H::Output::MEDIA_TYPE,
            takes_key: false,
            responses: &[],
        }
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

async fn prepare<P: Principal, I: Inputs>(
    app: Arc<App>,
    incoming: Incoming,
) -> Result<(Context, P, I, Option<KeyedRequest>)> {
    let Incoming { headers, mut parts, mut body, keyed_route, is_safe, gone, place } = incoming;
    let expected = I::SOURCES.iter().find(|source| source.is_body());
    let is_json = match expected {
        Some(InputSource::Json { .. }) => true,
        Some(InputSource::Raw) => json::is_json(&headers),
        _ => false,
    };
    let identity = identify(&app, &headers, P::ANY_OF).await;
    let caller = identity.as_ref().map_or_else(|_| "".into(), Identity::caller);
    let mut room = app.room(&caller);
    if is_json {
        let body = std::mem::take(&mut body);
        parts.json = match &identity {
            Ok(_) => json::read(&headers, body, json::MAX_SIZE, &mut room).await?,
            Err(_) => json::read_from_stranger(&headers, body, &mut room).await?,
        };
    }
    let identity = identity?;
    require_claims(&identity, needed_claims::<P>(&app))?;
    let mut context = Context::for_identity(app, &identity, is_safe && P::MAY_READ_STANDBY).await?;
    context.customer = Customer { caller, gone };
    context.head = RequestHead::of(&headers, place);
    let principal = P::from_identity(identity)?;
    match expected {
        Some(InputSource::Form { .. }) => {
            let limit = context.app.max_upload_file_size;
            parts.form = Some(Form::read(&headers, body, limit, &mut room.body).await?);
        }
        Some(InputSource::Raw) if !is_json => {
            parts.raw = Some(read_raw(&headers, body, &mut room).await?);
        }
        _ => {}
    }
    context.room = Some(Arc::new(room));
    let mut problems = Problems::default();
    let key = keyed_route.and_then(|_| idempotency::read(&headers, &mut problems));
    let keyed = keyed_route
        .zip(key)
        .map(|(route, key)| KeyedRequest::new(&context.customer.caller, route, key, &parts));
    match I::read(&mut parts, &mut problems) {
        Some(input) if problems.0.is_empty() => Ok((context, principal, input, keyed)),
        _ => Err(Error::Invalid(problems.0)),
    }
}

/// Claims the key of a request; the answer, if it was answered before.
async fn begin(context: &mut Context, request: KeyedRequest) -> Result<Option<Response>> {
    match idempotency::begin(context, request).await? {
        Begun::Before(answer) => Ok(Some(answer)),
        Begun::First(attempt) => {
            context.attempt = Some(Arc::new(attempt));
            Ok(None)
        }
    }
}

/// Lets a large answer take room until its client has it ([`super::unread`]). Its size is known now,
/// unless it is made as the client takes it.
async fn hold(mut answer: Response, room: Option<Arc<Room>>, is_safe: bool) -> Result<Response> {
    let size = answer.body().size_hint().exact();
    let size = size.map(|size| usize::try_from(size).unwrap_or(usize::MAX));
    let Some(room) = room.filter(|_| size.is_none_or(|size| size > SMALL_ANSWER)) else {
        return Ok(answer);
    };
    // What was changed is told in any case: its answer is about as large as the request, which keeps
    // its room.
    if let Some(size) = size.filter(|_| is_safe) {
        room.answer.lock().await.resize(size).await?;
    }
    answer.extensions_mut().insert(room);
    Ok(answer)
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
