//! What administrators see and do.

use axum::Router;

use super::Site;

pub(super) fn router() -> Router<Site> {
    Router::new()
}
