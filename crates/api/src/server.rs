//! Listening, serving and stopping.

mod connections;

use std::{
    future::Future,
    io::{self, Write},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use axum::Router;
use axum_server::Handle;
use tokio::net::TcpListener;

use crate::{
    app::App, cleaning, clock::Clock, config::ServeConfig, draining, error::Error, events::Worker,
    service, startup::StartError, telemetry,
};
use connections::Acceptor;

/// How long requests may take to finish after the server was told to stop, and then e-mail.
const GRACE: Duration = Duration::from_secs(20);
/// How many connections wait to be accepted at most.
const BACKLOG: u32 = 1024;
/// How often databases that are no longer used are looked for.
const TIDYING: Duration = Duration::from_secs(15);
/// How often sessions and tokens that have expired are forgotten.
const FORGETTING: Duration = Duration::from_mins(10);

/// Serves until `stop` is ready, then lets requests that are under way finish.
pub async fn serve(
    mut config: ServeConfig,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), StartError> {
    let named = config.listen.to_string();
    let wrong = |cause| StartError::Listen { address: named.clone(), cause };
    let socket = config.listen.bind().await.map_err(wrong)?;
    let address = socket.local_addr().map_err(StartError::Serve)?;
    config.listen.port = address.port();
    let _held = config.hold_data_directory()?;
    let app = App::open(&config, Clock::System).await?;
    if let Some(provider) = &app.provider {
        provider.remember_address().await?;
    }
    // Not before: who connects meanwhile would wait for migrations, where another replica could answer.
    let listener = socket.listen(BACKLOG).map_err(wrong)?;
    let handle = draining::handle(&listener).map_err(StartError::Serve)?;
    tracing::info!(%address, url = config.base_url(), "listening");
    if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Ready]) {
        tracing::warn!(%error, "systemd cannot be told");
    }
    offer_set_up(&app).await?;
    // They compute for longer than the rest of the start.
    make_first_key(&app);
    ask_for_keys(&app);
    let forgetting = tokio::spawn(forget_what_expired(Arc::clone(&app)));
    if let Some(address) = config.metrics_listen {
        telemetry::listen(address)?;
        let tenants = Arc::clone(&app.tenants);
        tokio::spawn(async move { telemetry::watch_databases(&tenants).await });
    }
    let tidying = tokio::spawn(close_idle_tenants(Arc::clone(&app)));
    let open = Arc::clone(&app);
    let _cleaning = cleaning::schedule::start(&app);
    let worker = Worker::start(&app.events, &app.tenants, &app.clock);
    let idle = app.client_idle;
    let places = config.memory.max_connections as usize;
    let pages = service::pages(app, &config.metadata);
    let waiting = Arc::clone(&open);
    let draining = Duration::from_secs(config.drain_seconds);
    let stop = async move {
        stop.await;
        if !draining.is_zero() {
            waiting.draining.drain(handle, draining).await;
        }
        waiting.events.feed.stop();
    };
    answer(listener, pages, places, idle, stop).await.map_err(StartError::Serve)?;
    tidying.abort();
    forgetting.abort();
    tokio::join!(worker.stop(), open.password_mail.finish(GRACE));
    open.tenants.close().await;
    Ok(())
}

/// Answers requests on so many connections until `stop` is ready, and those under way then for 20
/// seconds at most. A connection that sends no whole head of a request for as long as `idle` is
/// closed, and one that takes nothing of an answer.
pub async fn answer(
    listener: TcpListener,
    service: Router,
    places: usize,
    idle: Duration,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let handle = Handle::new();
    connections::bound_buffers(&listener)?;
    let mut server = axum_server::from_tcp(listener.into_std()?)?
        .handle(handle.clone())
        .first_request_timeout(idle)
        .acceptor(Acceptor::new(places, idle));
    connections::bound(server.http_builder(), idle);
    tokio::spawn(async move {
        stop.await;
        tracing::info!("stopping");
        handle.graceful_shutdown(Some(GRACE));
    });
    server.serve(service.into_make_service_with_connect_info::<SocketAddr>()).await
}

async fn close_idle_tenants(app: Arc<App>) {
    let mut ticks = tokio::time::interval(TIDYING);
    loop {
        ticks.tick().await;
        app.tenants.close_idle().await;
    }
}

/// Says where the first administrator makes their account, to whoever reads what the server prints:
/// the log may be read by others, or leave this out.
async fn offer_set_up(app: &App) -> Result<(), StartError> {
    let Some(provider) = &app.provider else { return Ok(()) };
    let mut rng: rand::rngs::StdRng = rand::make_rng();
    let Some(url) = provider.offer_set_up(&mut rng).await? else { return Ok(()) };
    let mut out = io::stdout().lock();
    let words = "There is no administrator yet. To become the first one, open within 24 hours:";
    if let Err(error) = writeln!(out, "{words}\n{url}").and_then(|()| out.flush()) {
        tracing::warn!(%error, "nobody can read where the first administrator makes their account");
    }
    Ok(())
}

async fn forget_what_expired(app: Arc<App>) {
    let mut ticks = tokio::time::interval(FORGETTING);
    loop {
        ticks.tick().await;
        let tidied = async {
            if let Some(provider) = &app.provider {
                provider.tidy().await?;
            }
            if let Some(party) = &app.relying_party {
                party.tidy().await?;
            }
            Ok::<_, Error>(())
        };
        if let Err(error) = tidied.await {
            tracing::warn!(error = &error as &dyn std::error::Error, "nothing was tidied up");
        }
    }
}

/// Who trusts a provider that is down reads of it when the server starts, not when somebody comes.
fn ask_for_keys(app: &Arc<App>) {
    let app = Arc::clone(app);
    tokio::spawn(async move { app.verifier.prepare().await });
}

/// A key takes a while to make: not while somebody waits for a token.
fn make_first_key(app: &Arc<App>) {
    let Some(provider) = app.provider.clone() else { return };
    tokio::spawn(async move {
        if let Err(error) = provider.signing_key().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "no signing key yet");
        }
    });
}
