//! How people sign in.

mod external;
mod pages;

use axum::{
    Router,
    http::{HeaderMap, request::Parts},
    response::Response,
};

use super::Site;
use crate::{
    auth::{Identity, TokenKind},
    error::Result,
    identity::User,
    web::{
        Web, browser::Visitor, cookies::Purpose, destination::Destination, errors::Failure,
        log_in_form::LogInForm,
    },
};
use axum::extract::FromRequestParts;
pub(in crate::web) use external::External;

#[derive(Debug, Clone)]
pub(super) enum SignIn {
    /// With the built-in provider, whose session is that of the pages as well.
    BuiltIn(Web),
    /// With an external provider.
    External(External),
}

/// Somebody who is signed in.
#[derive(Debug)]
pub(super) struct SignedIn {
    pub(super) identity: Identity,
    /// What they are called.
    pub(super) name: String,
    /// What their forms must carry.
    pub(super) form_token: String,
}

impl SignIn {
    /// Who comes with a request, if they are signed in.
    pub(super) async fn who(&self, parts: &mut Parts) -> Result<Option<SignedIn>, Failure> {
        match self {
            Self::BuiltIn(web) => {
                let visitor = Visitor::from_request_parts(parts, web).await?;
                Ok(visitor.person.map(|person| {
                    let user = person.session.user;
                    let name = user.name.clone();
                    SignedIn { identity: identity(user), name, form_token: person.form_token }
                }))
            }
            Self::External(external) => Ok(external.who(&parts.headers).await?),
        }
    }

    /// Who is signed in with these cookies, for what goes on after its request: no session lasts
    /// longer by that. Nobody if it can't be found out.
    pub(super) async fn still(&self, headers: &HeaderMap) -> Option<Identity> {
        match self {
            Self::BuiltIn(web) => {
                let cookie = web.origin.cookie(headers, Purpose::Session)?;
                let session = web.provider.unused_session(&cookie).await.ok()??;
                Some(identity(session.user))
            }
            Self::External(external) => external.still(headers).await.ok().flatten(),
        }
    }

    /// What people see instead of a page that they must be signed in for; after that they are there.
    pub(super) async fn first(&self, site: &Site, parts: &mut Parts) -> Result<Response, Failure> {
        match self {
            Self::BuiltIn(web) => {
                let visitor = Visitor::from_request_parts(parts, web).await?;
                let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
                let destination = Destination::Page(site.path(path));
                Ok(LogInForm::before(destination).show(web, &visitor)?)
            }
            Self::External(_) => Ok(External::first(site, parts)),
        }
    }

    /// The page on which people see and change what is known of them, below the site's base.
    pub(super) fn account(&self) -> Option<String> {
        match self {
            Self::BuiltIn(web) => Some(format!("{}/account", web.realm)),
            Self::External(_) => None,
        }
    }

    /// Where the form that ends the session is sent.
    pub(super) fn log_out(&self, site: &Site) -> String {
        match self {
            Self::BuiltIn(web) => format!("{}/logout", web.realm),
            Self::External(_) => site.path(external::END),
        }
    }

    /// The pages that belong to it.
    pub(super) fn router(&self) -> Router<Site> {
        match self {
            Self::BuiltIn(_) => Router::new(),
            Self::External(_) => external::router(),
        }
    }
}

fn identity(user: User) -> Identity {
    Identity {
        email: Some(user.email),
        client_id: None,
        permissions: user.permissions,
        organization: user.organization,
        subject: user.id,
        kind: TokenKind::LogIn,
    }
}
