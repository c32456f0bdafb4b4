//! Figures for Prometheus, on a listener of their own: they are nobody's business but the
//! operator's.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};

use crate::{startup::StartError, tenant::Tenants};

const REQUESTS: &str = "jobbergate_http_requests_total";
const DURATION: &str = "jobbergate_http_request_duration_seconds";
const CONNECTIONS: &str = "jobbergate_database_connections";

const READS: &str = "jobbergate_database_reads_total";
const STANDBY: &str = "jobbergate_database_standby_used";

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
    describe_counter!(READS, "What was only read, by the server that it was read from");
    describe_gauge!(
        STANDBY,
        "Whether the standby is read from: 1, or 0 while it is behind or away"
    );
    tracing::info!(%address, "figures for Prometheus are at /metrics");
    Ok(())
}

/// Notes which submission a request is about, so that all of its log lines say so.
pub(crate) fn about_submission(id: i64) {
    tracing::Span::current().record("submission", id);
}

/// The route that answered, with the names of its parameters in the place of their values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RoutePattern(pub(crate) &'static str);

/// Notes each request that a route answered.
pub(crate) async fn count(request: Request, next: Next) -> Response {
    let begin = Instant::now();
    let method = request.method().to_string();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let answer = next.run(request).await;
    let pattern = answer.extensions().get::<RoutePattern>().map(|route| route.0.to_owned());
    if let Some(route) = pattern.or_else(|| matched.map(|path| path.as_str().to_owned())) {
        let status = answer.status().as_str().to_owned();
        let (own_method, own_route) = (method.clone(), route.clone());
        counter!(REQUESTS, "method" => own_method, "route" => own_route, "status" => status)
            .increment(1);
        histogram!(DURATION, "method" => method, "route" => route)
            .record(begin.elapsed().as_secs_f64());
    }
    answer
}

/// Looks every few seconds at the pool, and at the standby if there is one.
pub(crate) async fn watch_databases(tenants: &Tenants) {
    let db = tenants.default_tenant().db;
    loop {
        if let Some(reads) = tenants.reads() {
            gauge!(STANDBY).set(f64::from(u8::from(reads.is_standby_used)));
            counter!(READS, "from" => "standby").absolute(reads.from_standby);
            counter!(READS, "from" => "primary").absolute(reads.from_primary);
        }
        let (open, idle) = db.connections();
        gauge!(CONNECTIONS, "use" => "busy").set(f64::from(open.saturating_sub(idle)));
        gauge!(CONNECTIONS, "use" => "idle").set(f64::from(idle));
        tokio::time::sleep(POOL_INTERVAL).await;
    }
}
