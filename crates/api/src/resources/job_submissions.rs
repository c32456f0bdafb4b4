//! Job submissions: what users ask for, and what agents report.

pub(crate) mod agent;
pub mod claims;
pub(crate) mod events;
pub(crate) mod metrics;
pub(crate) mod output;
pub(crate) mod overview;
mod progress;
pub(crate) mod routes;
mod service;
pub mod store;
