//! The cookies: one knows who is logged in, one which browser was given a form, and one holds what is
//! shown on the next page. With an external provider, one knows who is signed in, and one which
//! browser began that.

use axum::http::{HeaderMap, HeaderValue};
use headers::{Cookie, HeaderMapExt};

use super::origin::Origin;
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
    /// Who is signed in with an external provider.
    External,
    /// Which browser began to sign in there.
    SignIn,
}

impl Purpose {
    /// How long a browser keeps it; until it is closed if that is not said.
    const fn seconds(self) -> Option<u32> {
        match self {
            Self::Session | Self::Form | Self::External => None,
            // The next page may never be opened: what it would show is as good as a password.
            Self::Shown => Some(60),
            Self::SignIn => Some(1800),
        }
    }
}

impl Origin {
    /// Browsers accept cookies of the kind `__Host-`, which nobody else can set, by HTTPS only.
    const fn name(purpose: Purpose, secure: bool) -> &'static str {
        match (purpose, secure) {
            (Purpose::Session, true) => "__Host-jobbergate-session",
            (Purpose::Session, false) => "jobbergate-session",
            (Purpose::Form, true) => "__Host-jobbergate-form",
            (Purpose::Form, false) => "jobbergate-form",
            (Purpose::Shown, true) => "__Host-jobbergate-shown",
            (Purpose::Shown, false) => "jobbergate-shown",
            (Purpose::External, true) => "__Host-jobbergate-web-session",
            (Purpose::External, false) => "jobbergate-web-session",
            (Purpose::SignIn, true) => "__Host-jobbergate-sign-in",
            (Purpose::SignIn, false) => "jobbergate-sign-in",
        }
    }

    /// The cookie that a browser sent.
    pub(super) fn cookie(&self, headers: &HeaderMap, purpose: Purpose) -> Option<String> {
        let cookies = headers.typed_get::<Cookie>()?;
        cookies.get(Self::name(purpose, self.is_secure())).map(str::to_owned)
    }

    /// Has a browser keep a cookie as long as it serves its purpose.
    pub(super) fn set_cookie(&self, purpose: Purpose, value: &str) -> Result<HeaderValue> {
        self.cookie_for(purpose, value, purpose.seconds())
    }

    /// Has a browser forget a cookie.
    pub(super) fn forget_cookie(&self, purpose: Purpose) -> Result<HeaderValue> {
        self.cookie_for(purpose, "", Some(0))
    }

    fn cookie_for(
        &self,
        purpose: Purpose,
        value: &str,
        seconds: Option<u32>,
    ) -> Result<HeaderValue> {
        let secure = self.is_secure();
        let (name, only) = (Self::name(purpose, secure), if secure { "; Secure" } else { "" });
        let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{only}{age}");
        HeaderValue::from_str(&text).map_err(Error::internal)
    }
}
