//! The star of an application.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use jobbergate_types::job_script_templates::JobTemplateListView;

use crate::{
    permission::Permission,
    resources::job_script_templates::{Locator, favourites},
    web::{
        destination::is_here,
        errors::Failure,
        page::page,
        portal::{Site, failures::is_part, form::UserForm, user::User},
    },
};

/// The button that makes an application a favourite, or not any more.
#[derive(Debug, Template)]
#[template(path = "portal/favourite.html")]
pub(in crate::web::portal) struct Favourite {
    id: i64,
    name: String,
    is_favourite: bool,
    action: String,
    form_token: String,
    /// The page to come back to.
    back: String,
}

impl Favourite {
    pub(in crate::web::portal) fn new(
        site: &Site,
        user: &User,
        template: &JobTemplateListView,
        is_favourite: bool,
        back: String,
    ) -> Self {
        Self {
            id: template.id,
            name: template.name.clone(),
            is_favourite,
            action: site.path(&format!("/applications/{}/favourite", template.id)),
            form_token: user.form_token.clone(),
            back,
        }
    }
}

pub(super) async fn set(
    State(site): State<Site>,
    Path(id): Path<String>,
    headers: HeaderMap,
    UserForm { user, fields }: UserForm,
) -> Result<Response, Failure> {
    user.require(Permission::JobTemplatesRead)?;
    let wanted = fields.text("wanted") == "yes";
    let locator = Locator::parse(&id);
    let id = favourites::set(&user.context, &user.email, &locator, wanted).await?;
    let back = fields.get("back").filter(|back| is_here(back));
    let back = back.map_or_else(|| site.path("/applications"), str::to_owned);
    if !is_part(&headers) {
        return Ok(Redirect::to(&back).into_response());
    }
    let button = Favourite {
        id: id.into(),
        name: fields.text("name").to_owned(),
        is_favourite: wanted,
        action: site.path(&format!("/applications/{id}/favourite")),
        form_token: user.form_token.clone(),
        back,
    };
    Ok(page(StatusCode::OK, &button)?)
}
