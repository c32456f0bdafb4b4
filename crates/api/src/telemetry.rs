//! Figures for Prometheus, on a listener of their own: they are nobody's business but the
//! operator's.

use std::{net::SocketAddr, time::Duration};

use axum::http::StatusCode;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};

use crate::{db::Db, startup::StartError};

const REQUESTS: &str = "jobbergate_http_requests_total";
const DURATION: &str = "jobbergate_http_request_duration_seconds";
const CONNECTIONS: &str = "jobbergate_database_connections";

/// The bounds of the histogram's buckets, in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 5.0, 30.0];

/// How often the pools are looked at.
const POOL_INTERVAL: Duration = Duration::from_secs(5);

/// Serves the figures at `http://address/metrics` until the process ends.
pub(crate) fn listen(address: SocketAddr) -> Result<(), StartError> {
    let wrong = |error: metrics_exporter_prometheus::BuildError| StartError::Setting {
        setting: "JOBBERGATE_METRICS_LISTEN",
        reason: error.to_string(),
    };
    PrometheusBuilder::new()
        .with_http_listener(address)
        .set_buckets_for_metric(Matcher::Full(DURATION.to_owned()), &BUCKETS)
        .and_then(PrometheusBuilder::install)
        .map_err(wrong)?;
    describe_counter!(REQUESTS, "Requests by operation and status");
    describe_histogram!(DURATION, "Time from a request's arrival to its answer's beginning");
    describe_gauge!(CONNECTIONS, "Connections to the shared database, by use");
    tracing::info!(%address, "figures for Prometheus are at /metrics");
    Ok(())
}

/// Notes a request that was answered.
pub(crate) fn request(
    method: &'static str,
    route: &'static str,
    status: StatusCode,
    took: Duration,
) {
    let status = status.as_str().to_owned();
    counter!(REQUESTS, "method" => method, "route" => route, "status" => status).increment(1);
    histogram!(DURATION, "method" => method, "route" => route).record(took.as_secs_f64());
}

/// Looks at the pool every few seconds.
pub(crate) async fn watch_pool(db: Db) {
    loop {
        let (open, idle) = db.connections();
        gauge!(CONNECTIONS, "use" => "busy").set(f64::from(open.saturating_sub(idle)));
        gauge!(CONNECTIONS, "use" => "idle").set(f64::from(idle));
        tokio::time::sleep(POOL_INTERVAL).await;
    }
}
