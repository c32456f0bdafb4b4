//! The server's pages: all routes, and the layers around them.

mod dispatch;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{Request, header},
    middleware,
    response::IntoResponse,
    routing::get,
};
use bytes::Bytes;
use tower_http::{
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    timeout::{RequestBodyDeadlineLayer, RequestBodyTimeoutLayer},
    trace::{DefaultOnResponse, TraceLayer},
};
use tracing::Level;

use self::dispatch::dispatch;
use crate::{
    app::App,
    cleaning,
    config::metadata::MetadataConfig,
    draining,
    http::{
        cors::{self, AllowedOrigins},
        router::Router as Routes,
        unread,
    },
    identity, openapi, resources, telemetry, web,
};

/// How long the body of a request may take as a whole.
const BODY_DEADLINE: Duration = Duration::from_mins(15);

/// All operations of the API, in the order in which they are tried.
pub fn routes() -> Routes {
    Routes::default().merge(cleaning::routes::router()).merge(resources::router())
}

struct Api {
    app: Arc<App>,
    routes: Routes,
    metadata: MetadataConfig,
    /// Made when it is read for the first time.
    document: OnceLock<Bytes>,
}

/// The server's pages, with the layers in the order that a request meets them: it gets an id
/// first, so that the log line of the next layer carries it.
pub fn pages(app: Arc<App>, metadata: &MetadataConfig) -> Router {
    let proxies = Arc::clone(&app.trusted_proxies);
    let provider = app.provider.clone();
    let draining = middleware::from_fn_with_state(app.draining.clone(), draining::close);
    let client_idle = RequestBodyTimeoutLayer::new(app.client_idle);
    let unread = middleware::from_fn_with_state(app.client_idle, unread::close);
    let body_deadline = RequestBodyDeadlineLayer::new(BODY_DEADLINE);
    let api = api(Arc::clone(&app), metadata);
    let all = match provider {
        Some(provider) => {
            let rest = identity::router(Arc::clone(&provider), Arc::clone(&proxies)).merge(api);
            web::in_front_of(rest, provider, app)
        }
        None => web::without_provider(api, &app),
    };
    all.layer(draining)
        .layer(unread)
        .layer(client_idle)
        .layer(body_deadline)
        .layer(middleware::from_fn(telemetry::count))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(request_span)
                .on_response(DefaultOnResponse::new().level(Level::INFO)),
        )
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
}

fn api(app: Arc<App>, metadata: &MetadataConfig) -> Router {
    let origins = AllowedOrigins::parse(&metadata.allowed_origins);
    let api = Api { app, routes: routes(), metadata: metadata.clone(), document: OnceLock::new() };
    Router::new()
        .route("/jobbergate/openapi.json", get(document))
        .merge(openapi::page::routes())
        .fallback(dispatch)
        .with_state(Arc::new(api))
        .layer(middleware::from_fn_with_state(Arc::new(origins), cors::cors))
}

async fn document(State(api): State<Arc<Api>>) -> impl IntoResponse {
    let make = || openapi::document(&api.routes, &api.metadata).to_string().into();
    let document = api.document.get_or_init(make).clone();
    ([(header::CONTENT_TYPE, "application/json")], document)
}

fn request_span<B>(request: &Request<B>) -> tracing::Span {
    let id = request
        .extensions()
        .get::<RequestId>()
        .and_then(|id| id.header_value().to_str().ok())
        .unwrap_or_default();
    // Which submission it is about is said by whoever knows: `telemetry::about_submission`.
    let submission = tracing::field::Empty;
    tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id, submission)
}
