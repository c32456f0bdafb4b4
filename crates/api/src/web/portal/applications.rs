//! The gallery of applications, and the page of one.

use axum::Router;

use super::Site;

pub(super) fn router() -> Router<Site> {
    Router::new()
}
