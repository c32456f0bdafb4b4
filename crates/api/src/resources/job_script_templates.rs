//! Job-script templates.

mod clone;
mod locator;
mod routes;
pub(crate) mod service;
pub mod store;
mod workflow;
mod workflow_store;

pub use locator::Locator;

use crate::http::Router;

pub(super) fn router() -> Router {
    routes::router().merge(workflow::routes::router())
}
