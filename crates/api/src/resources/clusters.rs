//! Clusters, known by their agents' heartbeats.

mod routes;
mod store;

pub(super) use routes::router;
