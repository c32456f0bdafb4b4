//! Clusters, known by their agents' heartbeats.

pub(super) mod routes;
mod store;
