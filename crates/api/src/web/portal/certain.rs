//! The page that asks whether something is meant that can't be undone.

use askama::Template;
use axum::{
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};

use super::{
    Site,
    fields::Fields,
    form::FORM_TOKEN,
    frame::{Area, Frame},
    user::User,
};
use crate::web::{errors::Failure, page::page};

/// The field with the question of a form that does not do at once what it is for. Scripts ask it and leave the
/// field out.
const QUESTION: &str = "ask";

#[derive(Template)]
#[template(path = "portal/certain.html")]
pub(super) struct Certain {
    pub(super) frame: Frame,
    pub(super) title: String,
    /// What follows from it.
    pub(super) words: String,
    pub(super) action: String,
    pub(super) button: &'static str,
    /// Where whoever does not mean it goes back to.
    pub(super) back: String,
}

#[derive(Template)]
#[template(path = "portal/asked.html")]
struct Asked {
    frame: Frame,
    question: String,
    action: String,
    fields: Vec<(String, String)>,
    back: String,
}

/// Asks what a form wants to have asked, unless a script did.
pub(super) fn asked(site: &Site, user: &User, uri: &Uri, fields: &Fields) -> Option<Response> {
    let question = fields.get(QUESTION)?.to_owned();
    let kept = fields.0.iter().filter(|(name, _)| ![FORM_TOKEN, QUESTION].contains(&&**name));
    let page = page(
        StatusCode::OK,
        &Asked {
            frame: user.frame(site, Area::None),
            question,
            action: site.path(uri.path_and_query().map_or("/", |path| path.as_str())),
            fields: kept.cloned().collect(),
            back: site.path(&before(uri.path(), fields.text("query"))),
        },
    );
    Some(page.unwrap_or_else(|error| Failure::from(error).into_response()))
}

/// The page that the form was on: what is done to something has an address below that thing's. Pages
/// of the administration send their forms to themselves.
fn before(path: &str, query: &str) -> String {
    if path.strip_prefix("/admin/").is_some_and(|page| !page.contains('/')) {
        return path.to_owned();
    }
    let above = path.rsplit_once('/').map_or("", |(above, _)| above);
    format!("{}{query}", if above.is_empty() { "/" } else { above })
}
