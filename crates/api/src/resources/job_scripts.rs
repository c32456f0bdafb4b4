//! Job scripts.

pub(crate) mod from_template;
mod injection;
pub(crate) mod latest;
pub(crate) mod remembered;
pub(crate) mod render;
pub(crate) mod routes;
pub(crate) mod service;
pub mod store;
