//! The page with the form, the part of it that changes as one types, and what is left if there is nothing to
//! run any more.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use jobbergate_types::questions::QuestionsSource;
use url::Url;

use super::{
    diff::Kind,
    field::{Control, Group, Settings, groups, settings},
    filled::Filled,
    link::link,
    preview::{Preview, Problem},
    typed::Typed,
};
use crate::{
    permission::Permission,
    web::{
        errors::Failure,
        page::page,
        portal::{
            Site,
            applications::address,
            frame::{Area, Frame},
            markdown,
            user::User,
            words,
        },
    },
};

/// What the form was filled in with.
#[derive(Debug, Default)]
pub(super) enum Origin {
    #[default]
    Defaults,
    LastTime,
    Script(String),
    UnknownScript(String),
}

/// What a page shows beside what was filled in.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) status: StatusCode,
    pub(super) form_id: String,
    pub(super) origin: Origin,
    pub(super) problems: Vec<Problem>,
    /// Why nothing was made.
    pub(super) refusal: Option<String>,
    pub(super) shows_missing: bool,
    /// Whether it comes back to who sent it.
    pub(super) was_sent: bool,
    /// Whether files were chosen, which browsers forget.
    pub(super) has_files: bool,
}

#[derive(Template)]
#[template(path = "portal/run.html")]
struct Whole<'a> {
    frame: Frame,
    filled: &'a Filled,
    shown: Shown,
    groups: Vec<Group>,
    settings: Settings,
    preview: Preview,
    link: Option<String>,
    locator: String,
    /// What the application is for, as HTML.
    about: String,
    /// The address of the application's page.
    here: String,
    may_submit: bool,
    most: usize,
    most_bytes: String,
    is_part: bool,
}

#[derive(Template)]
#[template(path = "portal/run_part.html")]
struct Part {
    frame: Frame,
    groups: Vec<Group>,
    settings: Settings,
    preview: Preview,
    link: Option<String>,
    is_part: bool,
}

#[derive(Template)]
#[template(path = "portal/run_gone.html")]
struct Gone<'a> {
    frame: Frame,
    typed: Vec<(&'a str, &'a str)>,
}

pub(super) fn whole(
    site: &Site,
    user: &User,
    filled: &Filled,
    preview: Preview,
    shown: Shown,
) -> Result<Response, Failure> {
    let description = filled.asked.template.description.as_deref().unwrap_or_default();
    let about = markdown::to_html(description, 1);
    let whole = Whole {
        frame: user.frame(site, Area::Applications),
        groups: groups(user, filled, shown.shows_missing, shown.was_sent),
        settings: settings(filled, shown.shows_missing),
        preview,
        link: link(&absolute(site, filled), filled),
        locator: filled.asked.locator(),
        here: address(site, &filled.asked.template),
        about,
        most: site.app.max_upload_file_size,
        may_submit: user.may(Permission::JobSubmissionsCreate),
        most_bytes: words::bytes(site.app.max_upload_file_size as u64),
        is_part: false,
        filled,
        shown,
    };
    Ok(page(whole.shown.status, &whole)?)
}

/// The address of this page, for others.
fn absolute(site: &Site, filled: &Filled) -> String {
    let origin = Url::parse(&site.app.base_url).map(|url| url.origin().ascii_serialization());
    let here = address(site, &filled.asked.template);
    format!("{}{here}/run", origin.unwrap_or_default())
}

pub(super) fn part(
    site: &Site,
    user: &User,
    filled: &Filled,
    preview: Preview,
    shows_missing: bool,
) -> Result<Response, Failure> {
    let part = Part {
        frame: user.frame(site, Area::Applications),
        groups: groups(user, filled, shows_missing, false),
        settings: settings(filled, shows_missing),
        preview,
        link: link(&absolute(site, filled), filled),
        is_part: true,
    };
    Ok(page(StatusCode::OK, &part)?)
}

pub(super) fn gone(site: &Site, user: &User, typed: &Typed) -> Result<Response, Failure> {
    let frame = user.frame(site, Area::Applications);
    let typed = typed.pairs().filter(|(_, text)| !text.is_empty());
    let typed = typed.map(|(name, text)| (name.trim_start_matches("q."), text)).collect();
    Ok(page(StatusCode::NOT_FOUND, &Gone { frame, typed })?)
}
