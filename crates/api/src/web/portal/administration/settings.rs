//! The server's settings, and where each comes from.

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use serde::Deserialize;

use super::{administrator::ServerAdministrator, around::Around, note::Note};
use crate::{
    settings::Setting,
    web::{
        errors::Failure,
        page::page,
        portal::{Site, frame::Frame},
    },
};

pub(super) fn router() -> Router<Site> {
    Router::new().route("/admin/settings", get(show))
}

#[derive(Debug, Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    q: String,
    #[serde(default)]
    show: String,
}

#[derive(Template)]
#[template(path = "portal/administration/settings.html")]
struct SettingsPage<'a> {
    frame: Frame,
    around: Around,
    wanted: Wanted,
    settings: Vec<&'a Setting>,
    total: usize,
    given: usize,
    version: &'static str,
}

async fn show(
    State(site): State<Site>,
    ServerAdministrator(administrator): ServerAdministrator,
    Query(wanted): Query<Wanted>,
    mut note: Note,
) -> Result<Response, Failure> {
    let all = &site.app.config.settings;
    let is_given = |setting: &&Setting| setting.source != "default";
    let words = wanted.q.trim().to_uppercase();
    let is_wanted = |setting: &&Setting| {
        setting.variable.contains(&words) && (wanted.show != "given" || is_given(setting))
    };
    let settings: Vec<_> = all.iter().filter(is_wanted).collect();
    let (total, given) = (all.len(), all.iter().filter(is_given).count());
    let (frame, around) = Around::new(&site, &administrator, "/admin/settings", &mut note);
    let version = env!("CARGO_PKG_VERSION");
    let template = SettingsPage { frame, around, settings, total, given, version, wanted };
    Ok(page(note.status, &template)?)
}
