//! Job submissions: what users ask for, and what agents report.

pub(super) mod agent;
pub(crate) mod metrics;
mod progress;
pub(super) mod routes;
mod service;
pub mod store;
