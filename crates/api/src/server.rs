//! Listening, serving and stopping.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use tokio::net::TcpListener;

use crate::{app::App, clock::Clock, config::ServeConfig, events::Worker, startup::StartError};

/// How long requests may take to finish after the server was told to stop.
const GRACE: Duration = Duration::from_secs(20);

/// Serves until `stop` is ready, then lets requests that are under way finish.
pub async fn serve(
    mut config: ServeConfig,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), StartError> {
    let listener = listen(config.listen).await?;
    config.listen = listener.local_addr().map_err(StartError::Serve)?;
    let app = App::open(&config, Clock::System).await?;
    tracing::info!(address = %config.listen, url = config.base_url(), "listening");
    make_first_key(&app);
    let worker = Worker::start(&app);
    let tenants = app.tenants.default_tenant();
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
    worker.stop().await;
    tenants.db.close().await;
    Ok(())
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|cause| StartError::Listen { address: address.to_string(), cause })
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
