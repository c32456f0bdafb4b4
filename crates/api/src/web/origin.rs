//! What browsers call this server.

use std::sync::Arc;

use axum::http::{HeaderMap, Uri, header, uri::Authority};
use url::Url;

/// Scheme, host and port, such as `https://jobs.example.com`.
#[derive(Debug, Clone)]
pub(super) struct Origin(Arc<str>);

impl Origin {
    pub(super) fn of(address: &str) -> Self {
        let origin = Url::parse(address).map(|url| url.origin().ascii_serialization());
        Self(origin.unwrap_or_default().into())
    }

    pub(super) fn is_secure(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Whether a browser says that a page of ours sent this, or doesn't say: for a page without a
    /// referrer it may call the origin `null`.
    pub(super) fn sent(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        if let Some(site) = text("sec-fetch-site") {
            return matches!(site, "same-origin" | "none");
        }
        let Some(origin) = text("origin").filter(|origin| *origin != "null") else { return true };
        // HTTP/2 has the host in the address.
        let host = uri.authority().map(Authority::as_str).or(text(header::HOST.as_str()));
        let authority = Url::parse(origin).ok().and_then(|url| {
            let host = url.host_str()?.to_owned();
            Some(url.port().map(|port| format!("{host}:{port}")).unwrap_or(host))
        });
        *origin == *self.0 || (authority.is_some() && authority.as_deref() == host)
    }
}
