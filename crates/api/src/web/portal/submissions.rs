//! The list of submissions.

use axum::Router;

use super::Site;

pub(super) fn router() -> Router<Site> {
    Router::new()
}
