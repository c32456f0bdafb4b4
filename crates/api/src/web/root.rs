//! The server's own address where there are no other pages: people log in elsewhere.

use axum::{
    Router,
    extract::Request,
    http::StatusCode,
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
};

use super::{elsewhere::wants_page, headers};

/// The address of the documentation is relative, for servers behind a proxy with a prefix.
const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Jobbergate</title>
</head>
<body>
<main>
<h1>Jobbergate</h1>
<p>This is a server for programs: job-script templates, job scripts and job submissions to Slurm
clusters. People log in with their centre’s identity provider, from a program such as the command
line.</p>
<p><a href="jobbergate/docs">Documentation of the API</a></p>
</main>
</body>
</html>
"#;

/// The same, with a page for browsers at `/`.
pub fn with_root_page(rest: Router) -> Router {
    rest.layer(middleware::from_fn(answer))
}

async fn answer(request: Request, next: Next) -> Response {
    let wanted = request.uri().path() == "/" && wants_page(request.method(), request.headers());
    let response = next.run(request).await;
    if !wanted || response.status() != StatusCode::NOT_FOUND {
        return response;
    }
    let mut page = Html(PAGE).into_response();
    headers::add_headers(page.headers_mut());
    page
}
