//! One submission: how it goes, what it writes, what it uses.

use axum::Router;

use super::Site;

pub(super) fn router() -> Router<Site> {
    Router::new()
}
