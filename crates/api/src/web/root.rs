//! The server's own address where there are no other pages: people log in elsewhere.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
};

use super::{elsewhere::wants_page, headers, page::page};
use crate::relying_party::{CALLBACK, SIGNED_OUT};

/// The address of the documentation is relative, for servers behind a proxy with a prefix.
#[derive(Template)]
#[template(path = "root.html")]
struct RootPage {
    redirect_uri: String,
    signed_out: String,
}

/// The same, with a page for browsers at `/` that says what pages need.
pub(super) fn with_root_page(rest: Router, base_url: &str) -> Router {
    let page = RootPage {
        redirect_uri: format!("{base_url}{CALLBACK}"),
        signed_out: format!("{base_url}{SIGNED_OUT}"),
    };
    rest.layer(middleware::from_fn_with_state(Arc::new(page), answer))
}

async fn answer(State(root): State<Arc<RootPage>>, request: Request, next: Next) -> Response {
    let wanted = request.uri().path() == "/" && wants_page(request.method(), request.headers());
    let response = next.run(request).await;
    if !wanted || response.status() != StatusCode::NOT_FOUND {
        return response;
    }
    let mut page = match page(StatusCode::OK, &*root) {
        Ok(page) => page,
        Err(error) => return error.into_response(),
    };
    headers::add_headers(page.headers_mut());
    page
}
