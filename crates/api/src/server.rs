//! Listening, serving and stopping.

use std::{future::Future, sync::Arc, time::Duration};

use crate::{
    app::App, cleaning, clock::Clock, config::ServeConfig, events::Worker, startup::StartError,
    telemetry,
};

/// How long requests may take to finish after the server was told to stop.
const GRACE: Duration = Duration::from_secs(20);
/// How often databases that are no longer used are looked for.
const TIDYING: Duration = Duration::from_secs(15);

/// Serves until `stop` is ready, then lets requests that are under way finish.
pub async fn serve(
    mut config: ServeConfig,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), StartError> {
    let bound = config.listen.bind().await;
    let listener =
        bound.map_err(|cause| StartError::Listen { address: config.listen.to_string(), cause })?;
    let address = listener.local_addr().map_err(StartError::Serve)?;
    config.listen.port = address.port();
    let app = App::open(&config, Clock::System).await?;
    if let Some(provider) = &app.provider {
        provider.remember_address().await?;
    }
    tracing::info!(%address, url = config.base_url(), "listening");
    make_first_key(&app);
    if let Some(address) = config.metrics_listen {
        telemetry::listen(address)?;
        tokio::spawn(telemetry::watch_pool(app.tenants.default_tenant().db));
    }
    let tidying = tokio::spawn(close_idle_tenants(Arc::clone(&app)));
    let open = Arc::clone(&app);
    let _cleaning = cleaning::schedule::start(&app);
    let worker = Worker::start(&app);
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let service = app.into_service();
    let serving = axum::serve(listener, service).with_graceful_shutdown(async {
        stop.await;
        tracing::info!("stopping");
        let _ = stopping.send(());
    });
    let deadline = async {
        let _ = stopped.await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = serving => served.map_err(StartError::Serve)?,
        () = deadline => tracing::warn!("requests that are still under way are given up"),
    }
    tidying.abort();
    worker.stop().await;
    open.tenants.close().await;
    Ok(())
}

async fn close_idle_tenants(app: Arc<App>) {
    let mut ticks = tokio::time::interval(TIDYING);
    loop {
        ticks.tick().await;
        app.tenants.close_idle().await;
    }
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
