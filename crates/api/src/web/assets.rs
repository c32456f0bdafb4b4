//! What pages are made of, beside themselves.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};

/// The path of the one stylesheet, below the realm.
pub(super) const STYLE: &str = "/style.css";

pub(super) async fn style() -> Response {
    let head = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "max-age=3600"),
    ];
    (head, include_str!("style/base.css")).into_response()
}
