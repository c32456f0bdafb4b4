//! `/jobbergate/docs`: the document as a page to read and to try it out (Swagger UI, which is part
//! of the program, so that it works without the internet).

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::{HeaderName, StatusCode, header},
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
<script src="docs/start.js"></script>
</body>
</html>
"##;

/// In a file of its own, so that the page can forbid scripts in itself.
const START: &str = r##"SwaggerUIBundle({
    url: "openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    requestInterceptor: request => {
        const token = request.headers.Authorization;
        if (token && !/^bearer /i.test(token)) request.headers.Authorization = "Bearer " + token;
        return request;
    },
});
"##;

/// What the page may do: Swagger UI puts styles and images into it, and sends requests to this server
/// alone. What somebody typed as a token must not be had by a frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; connect-src 'self'; form-action 'none'; \
                      frame-ancestors 'none'; base-uri 'none'";
const GUARDS: [(HeaderName, &str); 3] = [
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// Addresses of the Python server, and where the same is found here.
const MOVED: [(&str, &str); 5] = [
    ("/jobbergate/redoc", DOCS),
    ("/docs", DOCS),
    ("/redoc", DOCS),
    ("/docs/oauth2-redirect", "/jobbergate/docs/oauth2-redirect"),
    ("/openapi.json", "/jobbergate/openapi.json"),
];

/// The page and what it is made of.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let page = Router::new().route(DOCS, get(page)).route("/jobbergate/docs/{file}", get(part));
    MOVED.into_iter().fold(page, |page, (path, target)| {
        page.route(path, get(async move || Redirect::temporary(target)))
    })
}

async fn page() -> impl IntoResponse {
    (GUARDS, [(header::CONTENT_SECURITY_POLICY, POLICY)], Html(PAGE))
}

async fn part(Path(name): Path<String>) -> Response {
    if name == "start.js" {
        let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
        return (GUARDS, kind, START).into_response();
    }
    let name = if name == "oauth2-redirect" { "oauth2-redirect.html" } else { &name };
    let nothing = Arc::new(Config::from("openapi.json"));
    match utoipa_swagger_ui::serve(name, nothing) {
        Ok(Some(file)) => {
            let cached = (header::CACHE_CONTROL, "max-age=86400".to_owned());
            let kind = match file.content_type.as_str() {
                "text/html" => "text/html; charset=utf-8".to_owned(),
                _ => file.content_type,
            };
            let headers = [(header::CONTENT_TYPE, kind), cached];
            (GUARDS, headers, file.bytes.into_owned()).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
