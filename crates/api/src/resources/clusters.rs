//! Clusters, known by their agents' heartbeats.

pub mod routes;
mod store;
