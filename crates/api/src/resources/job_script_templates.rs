//! Job-script templates.

mod clone;
mod locator;
pub(super) mod routes;
pub(crate) mod service;
pub mod store;
pub(super) mod workflow;
mod workflow_store;

pub use locator::Locator;
