//! Job submissions: what users ask for, and what agents report.

pub(crate) mod agent;
pub mod claims;
pub(crate) mod events;
pub(crate) mod metrics;
pub(crate) mod output;
pub(crate) mod overview;
pub(crate) mod progress;
pub(crate) mod recent;
pub(crate) mod routes;
pub(crate) mod service;
pub mod store;
