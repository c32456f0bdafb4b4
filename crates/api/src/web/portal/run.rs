//! Running an application: its questions as a form, what becomes of them, and on to Slurm.

use axum::Router;

use super::Site;

pub(super) fn router() -> Router<Site> {
    Router::new()
}
