//! `/jobbergate/docs`: the document as a page to read and to try it out (Swagger UI, which is part
//! of the program, so that it works without the internet).

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use utoipa_swagger_ui::Config;

const DOCS: &str = "/jobbergate/docs";

/// Addresses are relative to `/jobbergate/docs`, for servers behind a proxy with a prefix.
const PAGE: &str = r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Jobbergate API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script>
SwaggerUIBundle({
    url: "openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    persistAuthorization: true,
    requestInterceptor: request => {
        const token = request.headers.Authorization;
        if (token && !/^bearer /i.test(token)) request.headers.Authorization = "Bearer " + token;
        return request;
    },
});
</script>
</body>
</html>
"##;

/// The page and what it is made of. The Python server's other addresses for it lead here.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route(DOCS, get(async || Html(PAGE)))
        .route("/jobbergate/docs/{file}", get(part))
        .route("/jobbergate/redoc", get(async || Redirect::temporary(DOCS)))
        .route("/docs", get(async || Redirect::temporary(DOCS)))
        .route("/redoc", get(async || Redirect::temporary(DOCS)))
}

async fn part(Path(name): Path<String>) -> Response {
    let name = if name == "oauth2-redirect" { "oauth2-redirect.html" } else { &name };
    let nothing = Arc::new(Config::from("openapi.json"));
    match utoipa_swagger_ui::serve(name, nothing) {
        Ok(Some(file)) => {
            let cached = (header::CACHE_CONTROL, "max-age=86400".to_owned());
            let headers = [(header::CONTENT_TYPE, file.content_type), cached];
            (headers, file.bytes.into_owned()).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
