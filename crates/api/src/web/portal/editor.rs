//! Where experts make and change applications.

use axum::Router;

use super::Site;

pub(super) fn router() -> Router<Site> {
    Router::new()
}
