//! The resources, each with its routes, its rules and its tables.

pub mod clusters;
pub mod files;
mod health;
pub mod job_script_templates;
pub mod job_scripts;
pub mod job_submissions;

use crate::http::Router;

/// The resources' operations, in the order in which they are tried.
pub fn router() -> Router {
    Router::default()
        .merge(job_script_templates::router())
        .merge(job_scripts::router())
        .merge(job_submissions::router())
        .merge(clusters::router())
        .merge(health::router())
}
