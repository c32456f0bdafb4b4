//! Job-script templates.

mod clone;
mod json_size;
mod locator;
pub mod routes;
pub(crate) mod service;
pub mod store;
mod workflow;
pub mod workflow_routes;
mod workflow_store;

pub use locator::Locator;
