//! Who works with a page for administrators, and what is theirs to manage.

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};

use crate::{
    identity::Administration,
    permission::Permission,
    web::{
        errors::Failure,
        portal::{Site, fields::Fields, form::UserForm, user::User},
    },
};

/// An administrator, of the whole server or of an organization.
#[derive(Debug)]
pub(super) struct Administrator {
    pub(super) user: User,
    /// The organization that they are an administrator of; none if of the whole server.
    pub(super) organization: Option<String>,
}

/// An administrator of the whole server.
#[derive(Debug)]
pub(super) struct ServerAdministrator(pub(super) Administrator);

/// A form of an administrator.
#[derive(Debug)]
pub(super) struct AdministratorForm {
    pub(super) administrator: Administrator,
    pub(super) fields: Fields,
}

/// A form of an administrator of the whole server.
#[derive(Debug)]
pub(super) struct ServerForm {
    pub(super) administrator: Administrator,
    pub(super) fields: Fields,
}

impl Administrator {
    /// Where organizations share their data, nobody's account keeps them to one.
    fn of(site: &Site, user: User) -> Result<Self, Failure> {
        user.require(Permission::Admin)?;
        let own = user.identity.organization.clone();
        let organization = own.filter(|_| site.app.tenants.are_separate());
        Ok(Self { user, organization })
    }

    fn of_server(site: &Site, user: User) -> Result<Self, Failure> {
        let administrator = Self::of(site, user)?;
        match administrator.organization {
            None => Ok(administrator),
            Some(_) => Err(Failure {
                title: "You may not see or do this",
                ..Failure::new(
                    StatusCode::FORBIDDEN,
                    "This concerns all organizations of this server. You administer yours only; ask \
                     the server's administrator.",
                )
            }),
        }
    }

    pub(super) const fn is_of_server(&self) -> bool {
        self.organization.is_none()
    }

    /// The people, roles and clients that are theirs to manage.
    pub(super) fn accounts<'a>(&'a self, site: &'a Site) -> Result<Administration<'a>, Failure> {
        match &site.app.provider {
            Some(provider) => {
                Ok(provider.administered_by(&self.user.identity, self.organization.as_deref()))
            }
            None => Err(elsewhere(site)),
        }
    }
}

/// People who come from elsewhere are managed there.
fn elsewhere(site: &Site) -> Failure {
    let providers = site.app.config.external_providers().unwrap_or_default();
    let names: Vec<_> = providers.iter().map(|provider| provider.url.as_str()).collect();
    let words = format!(
        "People, their roles and the clients of agents are managed by your identity provider ({}). With \
         JOBBERGATE_BUILT_IN_PROVIDER=true this server has some of its own, too.",
        names.join(", ")
    );
    Failure { title: "This is managed elsewhere", ..Failure::new(StatusCode::NOT_FOUND, words) }
}

impl FromRequestParts<Site> for Administrator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let user = User::from_request_parts(parts, site).await?;
        Self::of(site, user).map_err(IntoResponse::into_response)
    }
}

impl FromRequestParts<Site> for ServerAdministrator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let user = User::from_request_parts(parts, site).await?;
        Administrator::of_server(site, user).map(Self).map_err(IntoResponse::into_response)
    }
}

impl FromRequest<Site> for AdministratorForm {
    type Rejection = Response;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Response> {
        let UserForm { user, fields } = UserForm::from_request(request, site).await?;
        let administrator = Administrator::of(site, user).map_err(IntoResponse::into_response)?;
        Ok(Self { administrator, fields })
    }
}

impl FromRequest<Site> for ServerForm {
    type Rejection = Response;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Response> {
        let UserForm { user, fields } = UserForm::from_request(request, site).await?;
        let administrator =
            Administrator::of_server(site, user).map_err(IntoResponse::into_response)?;
        Ok(Self { administrator, fields })
    }
}
