//! Job-script templates.

pub(crate) mod clone;
pub(crate) mod favourites;
pub(crate) mod gallery;
mod json_size;
mod locator;
pub(crate) mod questions;
pub(crate) mod routes;
pub(crate) mod service;
pub mod store;
pub(crate) mod workflow;

pub use locator::Locator;
