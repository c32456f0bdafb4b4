//! Scripts: the list, one to read, to edit and to submit.

use axum::Router;

use super::Site;

pub(super) fn router() -> Router<Site> {
    Router::new()
}
