//! Who works with a page.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};

use super::{
    Site,
    failures::is_part,
    frame::{Area, Frame},
    task::Gone,
};
use crate::{
    app::Context,
    auth::Identity,
    error::{Error, Result},
    permission::Permission,
    web::errors::Failure,
};

/// Somebody who is signed in, with the data of their organization.
#[derive(Debug)]
pub(super) struct User {
    pub(super) identity: Identity,
    pub(super) email: String,
    /// What they are called.
    pub(super) name: String,
    /// What their forms must carry.
    pub(super) form_token: String,
    /// For services.
    pub(super) context: Context,
}

impl User {
    /// Whether they have this permission, or all.
    pub(super) fn may(&self, permission: Permission) -> bool {
        self.identity.has(Permission::Admin) || self.identity.has(permission)
    }

    /// Whether they may change what somebody owns, beside having the permission for it.
    pub(super) fn may_change_of(&self, owner_email: &str) -> bool {
        self.identity.require_ownership(owner_email).is_ok()
    }

    /// 403 unless they have this permission, or all.
    pub(super) fn require(&self, permission: Permission) -> Result<(), Failure> {
        if self.may(permission) {
            return Ok(());
        }
        let words = format!(
            "Your account lacks the permission {permission}. Ask your administrator for a role that \
             has it."
        );
        Err(Failure {
            title: "You may not see or do this",
            ..Failure::new(StatusCode::FORBIDDEN, words)
        })
    }

    /// What is around a page of theirs.
    pub(super) fn frame(&self, site: &Site, area: Area) -> Frame {
        Frame::of(site, self, area)
    }

    async fn of(site: &Site, parts: &mut Parts) -> Result<Option<Self>, Failure> {
        let Some(signed_in) = site.sign_in.who(parts).await? else { return Ok(None) };
        let identity = signed_in.identity;
        let Some(email) = identity.email.clone() else {
            let words = "Your account has no e-mail address, by which Jobbergate knows whose something \
                         is. Ask your administrator to add it.";
            return Err(Failure::new(StatusCode::FORBIDDEN, words));
        };
        let is_nowhere = site.app.tenants.are_separate() && identity.organization.is_none();
        if is_nowhere && !(identity.has(Permission::Admin) && is_about_server(parts.uri.path())) {
            return Err(nowhere(&identity));
        }
        let context = Context::for_page(&site.app, &identity, parts).await?;
        let (name, form_token) = (signed_in.name, signed_in.form_token);
        Ok(Some(Self { identity, email, name, form_token, context }))
    }
}

impl FromRequestParts<Site> for User {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        match Self::of(site, parts).await {
            Ok(Some(user)) => Ok(user),
            Ok(None) if is_part(&parts.headers) => Err(logged_out().into_response()),
            Ok(None) => {
                let first = site.sign_in.first(site, parts).await;
                Err(first.unwrap_or_else(IntoResponse::into_response))
            }
            Err(failure) => Err(failure.into_response()),
        }
    }
}

/// Pages that show nobody's data, or that of an organization only if there is one.
fn is_about_server(path: &str) -> bool {
    ["/admin", "/clusters"].iter().any(|begin| {
        path.strip_prefix(begin).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// For who is in no organization, where each has its own data.
fn nowhere(identity: &Identity) -> Failure {
    let (advice, next) = match identity.has(Permission::Admin) {
        true => ("You administer the server.", Some("/admin".to_owned())),
        false => ("Ask your administrator.", None),
    };
    let words = format!(
        "Your account is in no organization, so that it is not known whose data to show. {advice}"
    );
    Failure { next, ..Failure::new(StatusCode::FORBIDDEN, words) }
}

/// For parts of pages: the page stays, with what was typed.
pub(super) fn logged_out() -> Failure {
    let words = "You were logged out in the meantime. Log in again in another tab; what you typed here \
                 stays.";
    Failure { title: "You are logged out", ..Failure::new(StatusCode::UNAUTHORIZED, words) }
}

/// Who works with the page that a form was sent from; nobody if they were logged out since.
pub(super) async fn sender(site: &Site, parts: &mut Parts) -> Result<Option<User>, Failure> {
    User::of(site, parts).await
}

impl Context {
    /// For pages: as for requests to the API.
    async fn for_page(
        app: &std::sync::Arc<crate::app::App>,
        identity: &Identity,
        parts: &Parts,
    ) -> Result<Self, Error> {
        let caller = identity.caller();
        let mut context =
            Self::for_identity(std::sync::Arc::clone(app), identity, parts.method.is_safe())
                .await?;
        context.room = Some(std::sync::Arc::new(app.room(&caller)));
        context.customer.caller = caller;
        if let Some(Gone(gone)) = parts.extensions.get() {
            context.customer.gone = gone.clone();
        }
        let place = parts.extensions.get().cloned();
        context.head = crate::http::request_head::RequestHead::of(&parts.headers, place);
        Ok(context)
    }
}
