//! Job submissions: what users ask for, and what agents report.

mod agent;
pub(crate) mod metrics;
mod progress;
mod routes;
mod service;
pub mod store;

use crate::http::Router;

pub(super) fn router() -> Router {
    routes::router().merge(agent::routes::router()).merge(metrics::routes::router())
}
