//! From a template to a page.

use std::sync::Arc;

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use url::{Host, Url};

use super::{Web, assets, browser::Person};
use crate::error::{Error, Result};

/// What all pages have.
#[derive(Debug)]
pub(super) struct Layout {
    /// What comes before the paths of pages.
    pub(super) realm: Arc<str>,
    /// What forms carry.
    pub(super) form_token: String,
    /// Who is logged in.
    pub(super) email: Option<String>,
}

impl Layout {
    /// For a page on which somebody is logged in.
    pub(super) fn of(web: &Web, person: &Person) -> Self {
        Self {
            realm: Arc::clone(&web.realm),
            form_token: person.form_token.clone(),
            email: Some(person.session.user.email.clone()),
        }
    }

    /// For any other one.
    pub(super) fn anonymous(web: &Web, form_token: String) -> Self {
        Self { realm: Arc::clone(&web.realm), form_token, email: None }
    }

    /// The first page of what all this is for.
    pub(super) fn home(&self) -> String {
        let base = self.realm.rfind("/realms/").and_then(|end| self.realm.get(..end));
        format!("{}/", base.unwrap_or_default())
    }

    pub(super) fn style(&self) -> String {
        format!("{}{}", self.realm, assets::STYLE)
    }
}

/// A page.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Result<Response> {
    let text = template.render().map_err(Error::internal)?;
    Ok((status, Html(text)).into_response())
}

/// Has the browser go on to a page of ours.
pub(super) fn go_to(web: &Web, path: &str) -> Response {
    Redirect::to(&format!("{}{path}", web.realm)).into_response()
}

/// What pages may load, and where their forms may lead: here, and to `target` if the answer sends
/// the browser on.
pub(super) fn policy(target: Option<&str>) -> Result<HeaderValue> {
    let target = target.and_then(|uri| Url::parse(uri).ok()).map(|url| source(&url));
    let separator = if target.is_some() { " " } else { "" };
    let text = format!(
        "default-src 'none'; style-src 'self'; form-action 'self'{separator}{}; \
         frame-ancestors 'none'; base-uri 'none'",
        target.unwrap_or_default()
    );
    HeaderValue::from_str(&text).map_err(Error::internal)
}

/// Lets forms of this answer lead to a program.
pub(super) fn leading_to(mut response: Response, target: Option<&str>) -> Result<Response> {
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy(target)?);
    Ok(response)
}

/// A policy can't name an IPv6 address, nor more than the scheme of an application.
fn source(url: &Url) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.:/".contains(c);
    let origin = url.origin().ascii_serialization();
    match url.host() {
        Some(Host::Domain(_) | Host::Ipv4(_)) if origin.chars().all(plain) && origin != "null" => {
            origin
        }
        _ => format!("{}:", url.scheme()),
    }
}

#[cfg(test)]
mod tests {
    use super::policy;

    #[test]
    fn forms_lead_here_and_to_the_program() {
        let leads = |target| {
            let policy = policy(target).unwrap().to_str().unwrap().to_owned();
            policy.split("form-action ").nth(1).unwrap().split(';').next().unwrap().to_owned()
        };
        assert_eq!(leads(None), "'self'");
        assert_eq!(leads(Some("http://127.0.0.1:49152/callback")), "'self' http://127.0.0.1:49152");
        assert_eq!(leads(Some("http://[::1]:49152/callback")), "'self' http:");
        assert_eq!(leads(Some("https://p.example.com/cb?x=1")), "'self' https://p.example.com");
        assert_eq!(leads(Some("com.example.app:/cb")), "'self' com.example.app:");
        assert_eq!(leads(Some("https://a;b.example.com/")), "'self' https:");
    }
}
