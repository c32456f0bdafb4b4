//! Clusters, known by their agents' heartbeats and by what these say of them.

pub(crate) mod facts;
pub(crate) mod overview;
pub(crate) mod routes;
pub(crate) mod service;
pub(crate) mod store;
