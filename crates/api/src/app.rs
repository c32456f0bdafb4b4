//! What handlers have at hand.

use std::{path::PathBuf, sync::Arc, time::Duration};

use ipnet::IpNet;
use jobbergate_jinja::{Environment, Limits};
use tokio::sync::Mutex;

use crate::{
    auth::{ExternalIssuer, Identity, Verifier},
    budget::{Budget, Room},
    clock::Clock,
    compute::{ComputePool, Customer},
    config::{CleaningConfig, ServeConfig},
    db::{Db, Session},
    doctor::Examinations,
    download::Downloads,
    draining::Draining,
    error::Result,
    events::{Change, Events, Written, feed::Entry},
    http::request_head::RequestHead,
    idempotency::attempt::Attempt,
    identity::Provider,
    password_mail::PasswordMail,
    rate::Rate,
    relying_party::RelyingParty,
    resources::job_script_templates::gallery::KnownUses,
    startup::StartError,
    storage::Storage,
    tenant::{Lease, Tenant, Tenants},
    waiting::WaitingRoom,
};

/// How much memory the values in bodies may take together, in bytes: a body has 250 000 at most.
const VALUES_MEMORY: usize = 56 << 20;

/// How many streams of events and how many waiting requests one caller may have.
const STREAMS_OF_ONE: usize = 64;
const LONG_POLLS_OF_ONE: usize = 16;
/// How many requests for output of jobs.
const OUTPUT_REQUESTS_OF_ONE: usize = 8;
/// How many bytes of output one caller has per second, and all those of a cluster together.
const OUTPUT_RATE: u32 = 4 << 20;
const OUTPUT_RATE_OF_CLUSTER: u32 = 16 << 20;

/// What is said when there is no room for bodies or values.
const SENDING: &str = "Too much is being sent at once; try again in a moment";
/// Answers up to this size take no room, in bytes.
pub(crate) const SMALL_ANSWER: usize = 64 << 10;
/// What is said when there is no room for what is read.
const READING: &str = "Too much is being read at once; try again in a moment";

/// What is there once for the whole server.
#[derive(Debug)]
pub struct App {
    pub verifier: Arc<Verifier>,
    pub tenants: Arc<Tenants>,
    /// The built-in identity provider, if it is used.
    pub provider: Option<Arc<Provider>>,
    /// What has people sign in to the pages with an external provider, if they do.
    pub relying_party: Option<Arc<RelyingParty>>,
    pub events: Arc<Events>,
    pub password_mail: Arc<PasswordMail>,
    pub clock: Clock,
    /// The address by which others reach this server.
    pub base_url: String,
    /// Threads for what takes long to compute.
    pub compute: ComputePool,
    /// Room for the bodies of requests.
    pub bodies: Budget,
    /// Room for the values in them.
    pub values: Budget,
    /// Room for large answers until their clients have them.
    pub answers: Budget,
    /// Room for files that are read to be rendered or copied.
    pub sources: Budget,
    /// Turns templates into scripts; keeps what it has parsed.
    pub jinja: Environment,
    pub max_upload_file_size: usize,
    /// How long a client may send nothing.
    pub client_idle: Duration,
    /// The data directory, if some of the data is in one.
    pub data_directory: Option<PathBuf>,
    pub downloads: Downloads,
    /// Agents that wait for work.
    pub long_polls: WaitingRoom,
    /// People who watch submissions.
    pub streams: WaitingRoom,
    /// People who wait for output of jobs.
    pub output_requests: WaitingRoom,
    /// How many bytes of output each of them has, and those of each cluster together.
    pub(crate) output_rate: Rate,
    pub(crate) output_rate_of_cluster: Rate,
    pub cleaning: CleaningConfig,
    /// Whether it is about to stop.
    pub(crate) draining: Draining,
    pub(crate) template_uses: KnownUses,
    /// What it was started with.
    pub config: ServeConfig,
    /// What its doctor found last.
    pub examinations: Examinations,
    /// Whom to believe where a request comes from.
    pub trusted_proxies: Arc<[IpNet]>,
}

/// What a handler has at hand: the server, and the data of the caller's organization.
#[derive(Debug, Clone)]
pub struct Context {
    pub app: Arc<App>,
    pub organization: Option<String>,
    pub db: Db,
    pub storage: Storage,
    pub customer: Customer,
    pub room: Option<Arc<Room>>,
    pub head: RequestHead,
    /// What its answer is kept under, if the request has a key.
    pub(crate) attempt: Option<Arc<Attempt>>,
    _lease: Lease,
}

impl App {
    /// Opens what `config` names and puts the server together.
    pub async fn open(config: &ServeConfig, clock: Clock) -> Result<Arc<Self>, StartError> {
        let tenants = Arc::new(Tenants::open(config, clock.clone()).await?);
        let downloads = Downloads::new(&config.upload_by_url, config.max_upload_file_size)?;
        let needed = config.needs_data_directory()?;
        let data_directory = needed.then(|| config.data_path()).transpose()?;
        let events = Arc::new(Events::new(config)?);
        let provider = match config.uses_built_in_provider() {
            true => Some(Arc::new(built_in_provider(config, &tenants, clock.clone())?)),
            false => None,
        };
        let external = config.external_providers()?.into_iter().map(ExternalIssuer::new);
        let external = external.collect::<Result<_, _>>()?;
        let verifier = Arc::new(Verifier::new(external, provider.clone(), clock.clone()));
        let db = tenants.default_tenant().db;
        let relying_party = RelyingParty::open(config, Arc::clone(&verifier), db, clock.clone())?;
        let password_mail = Arc::new(PasswordMail::new(Arc::clone(&events), clock.clone()));
        Ok(Arc::new(Self {
            verifier,
            tenants,
            provider,
            relying_party: relying_party.map(Arc::new),
            events,
            password_mail,
            clock,
            base_url: config.base_url(),
            compute: ComputePool::new(config.memory.compute_memory()),
            bodies: Budget::new(config.body_memory(), SENDING),
            values: Budget::new(VALUES_MEMORY, SENDING),
            answers: Budget::new(config.read_memory(), READING),
            sources: Budget::new(config.read_memory(), READING),
            jinja: Environment::new(Limits {
                source: config.max_upload_file_size,
                ..Limits::default()
            }),
            max_upload_file_size: config.max_upload_file_size,
            client_idle: Duration::from_secs(config.client_idle_seconds),
            data_directory,
            downloads,
            long_polls: WaitingRoom::new(config.waiting.max_long_polls as usize, LONG_POLLS_OF_ONE),
            streams: WaitingRoom::new(config.waiting.max_event_streams as usize, STREAMS_OF_ONE),
            output_requests: WaitingRoom::new(
                config.waiting.max_output_requests as usize,
                OUTPUT_REQUESTS_OF_ONE,
            ),
            output_rate: Rate::new(OUTPUT_RATE),
            output_rate_of_cluster: Rate::new(OUTPUT_RATE_OF_CLUSTER),
            cleaning: config.cleaning.clone(),
            draining: Draining::default(),
            template_uses: KnownUses::default(),
            config: config.clone(),
            examinations: Examinations::default(),
            trusted_proxies: config.trusted_proxies.as_slice().into(),
        }))
    }
}

impl App {
    /// What one request of a caller may take of the memory for bodies, values and answers.
    pub(crate) fn room(&self, caller: &Arc<str>) -> Room {
        Room {
            body: self.bodies.share(caller),
            values: self.values.share(caller),
            answer: Mutex::new(self.answers.share(caller)),
        }
    }
}

fn built_in_provider(
    config: &ServeConfig,
    tenants: &Tenants,
    clock: Clock,
) -> Result<Provider, StartError> {
    let directory = config.ldap.directory()?;
    let organization = config.ldap.ldap_organization.as_deref();
    if let Some(organization) = organization.filter(|_| tenants.are_separate()) {
        tenants.check(organization).map_err(|error| StartError::Setting {
            setting: "JOBBERGATE_LDAP_ORGANIZATION",
            reason: error.to_string(),
        })?;
    }
    let db = tenants.default_tenant().db;
    Ok(Provider::new(db, clock, &config.base_url()).with_directory(directory))
}

impl Context {
    /// With `only_reads` what is read may come from the standby.
    pub(crate) async fn for_identity(
        app: Arc<App>,
        identity: &Identity,
        only_reads: bool,
    ) -> Result<Self> {
        let tenant = app.tenants.of(identity).await?;
        let organization = identity.organization.clone();
        let Tenant { db, standby, storage, lease, .. } = tenant;
        let db = if only_reads { db.reading_from(standby) } else { db };
        Ok(Self {
            app,
            organization,
            db,
            storage,
            customer: Customer::default(),
            room: None,
            head: RequestHead::default(),
            attempt: None,
            _lease: lease,
        })
    }

    /// For work on an organization's data that no request asks for.
    pub fn for_tenant(app: Arc<App>, tenant: Tenant) -> Self {
        let Tenant { organization, db, storage, lease, .. } = tenant;
        let customer = Customer::default();
        let head = RequestHead::default();
        Self {
            app,
            organization,
            db,
            storage,
            customer,
            room: None,
            head,
            attempt: None,
            _lease: lease,
        }
    }

    /// Writes down what is to be told of these changes; nothing but the commit may follow.
    pub(crate) async fn tell<'a>(
        &'a self,
        db: &mut Session,
        changes: &[Change],
    ) -> Result<Written<'a>> {
        let organization = self.organization.as_deref();
        self.app.events.status_changed(db, organization, changes, self.now()).await
    }

    /// Writes down that submissions changed, for those who wait for it; nothing but the commit may
    /// follow.
    pub(crate) async fn note<'a>(&'a self, db: &mut Session, entry: Entry) -> Result<Written<'a>> {
        self.note_all(db, vec![entry]).await
    }

    /// The same for several changes.
    pub(crate) async fn note_all<'a>(
        &'a self,
        db: &mut Session,
        entries: Vec<Entry>,
    ) -> Result<Written<'a>> {
        let organization = self.organization.as_deref();
        self.app.events.changed(db, organization, entries).await
    }

    /// Takes room for an answer before what it consists of is read; 503 if there is none for 10
    /// seconds.
    pub(crate) async fn take_room(&self, bytes: usize) -> Result<()> {
        match &self.room {
            Some(room) if bytes > SMALL_ANSWER => room.answer.lock().await.grow_to(bytes).await,
            _ => Ok(()),
        }
    }

    pub fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.app.clock.now()
    }
}
