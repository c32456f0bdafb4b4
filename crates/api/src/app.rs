//! The server as a whole: what handlers have at hand, and the layers around them.

use std::{
    path::PathBuf,
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
use jobbergate_jinja::{Environment, Limits};
use tower_http::{
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    timeout::{RequestBodyDeadlineLayer, RequestBodyTimeoutLayer},
    trace::{DefaultOnResponse, TraceLayer},
};
use tracing::Level;

use crate::{
    auth::{Identity, Verifier},
    clock::Clock,
    config::{CleaningConfig, ServeConfig, metadata::MetadataConfig},
    db::Db,
    download::Downloads,
    error::Result,
    events::Events,
    http::{
        Budget, Room,
        cors::{self, AllowedOrigins},
        router::{Router as Routes, dispatch},
        unread,
    },
    identity::{self, Provider},
    openapi, resources,
    startup::StartError,
    storage::Storage,
    tenant::{Lease, Tenant, Tenants},
    workers::{Customer, Workers},
};

/// How much memory the values in bodies may take together, in bytes: a body has 250 000 at most.
const VALUES_MEMORY: usize = 56 << 20;
/// How long the body of a request may take as a whole.
const BODY_DEADLINE: Duration = Duration::from_mins(15);

/// What is there once for the whole server.
#[derive(Debug)]
pub struct App {
    /// Turns tokens into identities.
    pub verifier: Verifier,
    /// The databases and buckets of organizations.
    pub tenants: Tenants,
    /// The built-in identity provider, if it is in charge.
    pub provider: Option<Arc<Provider>>,
    /// Who is told how submissions end.
    pub events: Events,
    /// The time.
    pub clock: Clock,
    /// Threads for what takes long to compute.
    pub workers: Workers,
    /// Room for the bodies of requests.
    pub bodies: Budget,
    /// Room for the values in them.
    pub values: Budget,
    /// Turns templates into scripts; keeps what it has parsed.
    pub jinja: Environment,
    /// The largest file that is accepted, in bytes.
    pub max_upload_file_size: usize,
    /// How long a client may send nothing.
    pub client_idle: Duration,
    /// The data directory, if some of the data is in one.
    pub data_directory: Option<PathBuf>,
    /// Fetches files by URL.
    pub downloads: Downloads,
    /// What is archived and deleted by itself.
    pub cleaning: CleaningConfig,
    /// The operations.
    pub router: Routes,
    /// How the API presents itself.
    pub metadata: MetadataConfig,
    /// The API's description, made when it is read for the first time.
    document: OnceLock<Bytes>,
}

/// What a handler has at hand: the server, and the data of the caller's organization.
#[derive(Debug, Clone)]
pub struct Context {
    /// The server.
    pub app: Arc<App>,
    /// The organization that the caller's token names.
    pub organization: Option<String>,
    /// The organization's database.
    pub db: Db,
    /// The organization's files.
    pub storage: Storage,
    /// For whom something is computed.
    pub customer: Customer,
    /// The room that the request takes up.
    pub room: Option<Arc<Room>>,
    _lease: Lease,
}

impl App {
    /// Opens what `config` names and puts the server together.
    pub async fn open(config: &ServeConfig, clock: Clock) -> Result<Arc<Self>, StartError> {
        let tenants = Tenants::open(config, clock.clone()).await?;
        let downloads = Downloads::new(&config.upload_by_url, config.max_upload_file_size)?;
        let events = Events::new(config)?;
        let needed = config.needs_data_directory()?;
        let data_directory = needed.then(|| config.data_path()).transpose()?;
        let (verifier, provider) = match config.external_issuer()? {
            Some(issuer) => (Verifier::external(issuer, config.check_issuer, clock.clone()), None),
            None => {
                let db = tenants.default_tenant().db;
                let url = config.base_url();
                let provider = Arc::new(Provider::new(db, clock.clone(), &url));
                (Verifier::built_in(Arc::clone(&provider), clock.clone()), Some(provider))
            }
        };
        Ok(Arc::new(Self {
            verifier,
            tenants,
            provider,
            events,
            clock,
            workers: Workers::new(config.memory.compute_memory()),
            bodies: Budget::new(config.body_memory()),
            values: Budget::new(VALUES_MEMORY),
            jinja: Environment::new(Limits {
                source: config.max_upload_file_size,
                ..Limits::default()
            }),
            max_upload_file_size: config.max_upload_file_size,
            client_idle: Duration::from_secs(config.client_idle_seconds),
            data_directory,
            downloads,
            cleaning: config.cleaning.clone(),
            router: resources::router(),
            metadata: config.metadata.clone(),
            document: OnceLock::new(),
        }))
    }

    /// The server's pages, with the layers in the order that a request meets them: it gets an
    /// id first, so that the log line of the next layer carries it.
    pub fn into_service(self: Arc<Self>) -> Router {
        let provider = self.provider.clone();
        let client_idle = RequestBodyTimeoutLayer::new(self.client_idle);
        let unread = middleware::from_fn_with_state(self.client_idle, unread::close);
        let body_deadline = RequestBodyDeadlineLayer::new(BODY_DEADLINE);
        let origins = AllowedOrigins::parse(&self.metadata.allowed_origins);
        let api = Router::new()
            .route("/jobbergate/openapi.json", get(document))
            .merge(openapi::page::routes())
            .fallback(dispatch)
            .with_state(self)
            .layer(middleware::from_fn_with_state(Arc::new(origins), cors::cors));
        let pages = match provider {
            Some(provider) => identity::router(provider).merge(api),
            None => api,
        };
        pages
            .layer(unread)
            .layer(client_idle)
            .layer(body_deadline)
            .layer(PropagateRequestIdLayer::x_request_id())
            .layer(
                TraceLayer::new_for_http()
                    .make_span_with(request_span)
                    .on_response(DefaultOnResponse::new().level(Level::INFO)),
            )
            .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
    }
}

impl Context {
    pub(crate) async fn for_identity(app: Arc<App>, identity: &Identity) -> Result<Self> {
        let tenant = app.tenants.of(identity).await?;
        let organization = identity.organization.clone();
        let Tenant { db, storage, lease, .. } = tenant;
        Ok(Self {
            app,
            organization,
            db,
            storage,
            customer: Customer::default(),
            room: None,
            _lease: lease,
        })
    }

    /// For work on an organization's data that no request asks for.
    pub fn for_tenant(app: Arc<App>, tenant: Tenant) -> Self {
        let Tenant { organization, db, storage, lease } = tenant;
        let customer = Customer::default();
        Self { app, organization, db, storage, customer, room: None, _lease: lease }
    }

    /// The time.
    pub fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.app.clock.now()
    }
}

async fn document(State(app): State<Arc<App>>) -> impl IntoResponse {
    let make = || openapi::document(&app.router, &app.metadata).to_string().into();
    let document = app.document.get_or_init(make).clone();
    ([(header::CONTENT_TYPE, "application/json")], document)
}

fn request_span<B>(request: &Request<B>) -> tracing::Span {
    let id = request
        .extensions()
        .get::<RequestId>()
        .and_then(|id| id.header_value().to_str().ok())
        .unwrap_or_default();
    tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id)
}
