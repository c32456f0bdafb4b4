//! Styles, scripts and pictures, carried in the binary.

use std::sync::LazyLock;

use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use sha2::{Digest, Sha256};
use tower_http::compression::CompressionLayer;

use super::Site;

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// One stylesheet for all pages; each area has its part of it.
const ALL_STYLES: &str = concat!(
    include_str!("../style/base.css"),
    include_str!("../style/portal.css"),
    include_str!("../style/home.css"),
    include_str!("../style/applications.css"),
    include_str!("../style/run.css"),
    include_str!("../style/submissions.css"),
    include_str!("../style/submission.css"),
    include_str!("../style/scripts.css"),
    include_str!("../style/editor.css"),
    include_str!("../style/administration.css"),
);

/// The editor with the languages that it knows.
const EDITOR: &str = concat!(
    include_str!("../../../assets/vendor/codemirror.min.js"),
    include_str!("../../../assets/vendor/codemirror-overlay.min.js"),
    include_str!("../../../assets/vendor/codemirror-jinja2.min.js"),
    include_str!("../../../assets/vendor/codemirror-shell.min.js"),
    include_str!("../../../assets/vendor/codemirror-python.min.js"),
    include_str!("../../../assets/vendor/codemirror-yaml.min.js"),
);

struct Asset {
    name: &'static str,
    kind: &'static str,
    content: &'static [u8],
}

macro_rules! asset {
    ($name:literal, $kind:expr, $path:literal) => {
        Asset { name: $name, kind: $kind, content: include_bytes!($path) }
    };
}

const ASSETS: &[Asset] = &[
    Asset { name: "style.css", kind: STYLE, content: ALL_STYLES.as_bytes() },
    asset!("icon.svg", "image/svg+xml", "../../../assets/icon.svg"),
    asset!("site.js", SCRIPT, "../script/site.js"),
    asset!("source.js", SCRIPT, "../script/source.js"),
    asset!("administration.js", SCRIPT, "../script/administration.js"),
    asset!("run.js", SCRIPT, "../script/run.js"),
    asset!("htmx.js", SCRIPT, "../../../assets/vendor/htmx.min.js"),
    asset!("htmx-sse.js", SCRIPT, "../../../assets/vendor/htmx-sse.min.js"),
    asset!("idiomorph.js", SCRIPT, "../../../assets/vendor/idiomorph-ext.min.js"),
    asset!("submission.js", SCRIPT, "../script/submission.js"),
    asset!("submissions.js", SCRIPT, "../script/submissions.js"),
    asset!("output.js", SCRIPT, "../script/output.js"),
    asset!("metrics.js", SCRIPT, "../script/metrics.js"),
    asset!("uplot.js", SCRIPT, "../../../assets/vendor/uplot.min.js"),
    Asset { name: "codemirror.js", kind: SCRIPT, content: EDITOR.as_bytes() },
    asset!("codemirror.css", STYLE, "../../../assets/vendor/codemirror.min.css"),
    asset!("editor.js", SCRIPT, "../script/editor.js"),
    asset!("uplot.css", STYLE, "../../../assets/vendor/uplot.min.css"),
];

/// Changes whenever one of them does.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    ASSETS.iter().for_each(|asset| hash.update(asset.content));
    let mut version = hex::encode(hash.finalize());
    version.truncate(12);
    version
});

pub(super) fn address(base: &str, name: &str) -> String {
    format!("{base}/assets/{}/{name}", *VERSION)
}

pub(super) fn router() -> Router<Site> {
    Router::new().route("/assets/{version}/{name}", get(asset)).layer(CompressionLayer::new())
}

async fn asset(Path((_, name)): Path<(String, String)>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let head = [
        (header::CONTENT_TYPE, asset.kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (head, asset.content).into_response()
}
