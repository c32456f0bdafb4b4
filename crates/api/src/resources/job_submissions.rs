//! Job submissions: what users ask for, and what agents report.

mod agent;
pub mod agent_routes;
pub(crate) mod metrics;
mod progress;
pub mod routes;
mod service;
pub mod store;
