//! Job scripts.

mod injection;
pub(crate) mod render;
mod routes;
pub(crate) mod service;
pub mod store;

pub(super) use routes::router;
