//! What administrators see and do: of the whole server, or of their own organization.

mod administrator;
mod agents;
mod around;
mod cleaning;
mod deployment;
mod doctor;
mod keys;
mod note;
mod organizations;
mod outbox;
mod overview;
mod people;
mod person;
mod roles;
mod settings;

use axum::Router;

use super::Site;

pub(super) fn router() -> Router<Site> {
    Router::new()
        .merge(overview::router())
        .merge(people::router())
        .merge(person::router())
        .merge(roles::router())
        .merge(agents::router())
        .merge(organizations::router())
        .merge(settings::router())
        .merge(doctor::router())
        .merge(outbox::router())
        .merge(cleaning::router())
        .merge(keys::router())
}
