//! Job scripts.

mod injection;
pub(crate) mod render;
pub(super) mod routes;
pub(crate) mod service;
pub mod store;
