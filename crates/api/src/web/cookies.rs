//! The cookies: one knows who is logged in, one which browser was given a form, and one holds what is
//! shown on the next page.

use axum::http::{HeaderMap, HeaderValue};
use headers::{Cookie, HeaderMapExt};

use super::Web;
use crate::error::{Error, Result};

/// What cookies are for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// Who is logged in.
    Session,
    /// Which browser a form was made for in which nobody is logged in.
    Form,
    /// A secret that the next page shows, once: a reload of that page makes no other one.
    Shown,
}

impl Web {
    /// Browsers accept cookies of the kind `__Host-`, which nobody else can set, by HTTPS only.
    const fn name(purpose: Purpose, secure: bool) -> &'static str {
        match (purpose, secure) {
            (Purpose::Session, true) => "__Host-jobbergate-session",
            (Purpose::Session, false) => "jobbergate-session",
            (Purpose::Form, true) => "__Host-jobbergate-form",
            (Purpose::Form, false) => "jobbergate-form",
            (Purpose::Shown, true) => "__Host-jobbergate-shown",
            (Purpose::Shown, false) => "jobbergate-shown",
        }
    }

    fn is_secure(&self) -> bool {
        self.origin.starts_with("https://")
    }

    /// The cookie that a browser sent.
    pub(super) fn cookie(&self, headers: &HeaderMap, purpose: Purpose) -> Option<String> {
        let cookies = headers.typed_get::<Cookie>()?;
        cookies.get(Self::name(purpose, self.is_secure())).map(str::to_owned)
    }

    /// Has a browser keep a cookie until it is closed.
    pub(super) fn set_cookie(&self, purpose: Purpose, value: &str) -> Result<HeaderValue> {
        let secure = self.is_secure();
        let (name, only) = (Self::name(purpose, secure), if secure { "; Secure" } else { "" });
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{only}");
        HeaderValue::from_str(&text).map_err(Error::internal)
    }

    /// Has a browser forget a cookie.
    pub(super) fn forget_cookie(&self, purpose: Purpose) -> Result<HeaderValue> {
        let mut text = self.set_cookie(purpose, "")?.as_bytes().to_vec();
        text.extend_from_slice(b"; Max-Age=0");
        HeaderValue::from_bytes(&text).map_err(Error::internal)
    }
}
