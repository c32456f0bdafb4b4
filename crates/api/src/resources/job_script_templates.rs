//! Job-script templates.

mod locator;
pub mod routes;
pub(crate) mod service;
pub mod store;

pub use locator::Locator;
