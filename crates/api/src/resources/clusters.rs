//! Clusters, known by their agents' heartbeats.

pub(crate) mod routes;
mod store;
