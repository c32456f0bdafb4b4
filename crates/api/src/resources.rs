//! The resources, each with its routes, its rules and its tables.

pub mod clusters;
pub mod files;
mod health;
pub mod job_script_templates;
pub mod job_scripts;
pub mod job_submissions;
pub mod personal_access_tokens;

use crate::http::Router;

/// The resources' operations, in the order in which they are tried.
pub fn router() -> Router {
    Router::default()
        .merge(job_script_templates::routes::router())
        .merge(job_script_templates::workflow::routes::router())
        .merge(job_scripts::routes::router())
        .merge(job_submissions::events::routes::router())
        .merge(job_submissions::routes::router())
        .merge(job_submissions::output::routes::router())
        .merge(job_submissions::agent::routes::router())
        .merge(job_submissions::metrics::routes::router())
        .merge(clusters::routes::router())
        .merge(personal_access_tokens::router())
        .merge(health::router())
}
