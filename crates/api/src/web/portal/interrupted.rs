//! Gives back a form whose sender was logged out meanwhile, so that nothing typed is lost.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, Uri, header},
    response::Response,
};

use super::{
    Site,
    fields::Fields,
    form::FORM_TOKEN,
    frame::{Area, Frame},
    user::User,
};
use crate::{error::Result, web::page::page};

#[derive(Template)]
#[template(path = "portal/interrupted.html")]
pub(super) struct Interrupted {
    frame: Frame,
    /// Where the form is sent.
    action: String,
    fields: Fields,
    /// Whether they are signed in again.
    is_back: bool,
}

impl Interrupted {
    pub(super) fn new(site: &Site, uri: &Uri, fields: Fields, user: Option<&User>) -> Self {
        let frame = match user {
            Some(user) => user.frame(site, Area::None),
            None => Frame::bare(site),
        };
        let action = site.path(uri.path_and_query().map_or("/", |path| path.as_str()));
        let mut fields = fields;
        fields.0.retain(|(name, _)| name != FORM_TOKEN);
        Self { frame, action, fields, is_back: user.is_some() }
    }

    /// The page has what was typed, secrets too: it is kept nowhere.
    pub(super) fn show(&self) -> Result<Response> {
        let mut page = page(StatusCode::FORBIDDEN, self)?;
        page.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(page)
    }
}
