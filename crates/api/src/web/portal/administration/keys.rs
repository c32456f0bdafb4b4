//! The keys that tokens are signed with.

use askama::Template;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

use super::{
    administrator::{Administrator, ServerAdministrator, ServerForm},
    around::Around,
    note::Note,
};
use crate::web::{
    errors::Failure,
    page::page,
    portal::{Site, frame::Frame, words::Moment},
};

pub(super) fn router() -> Router<Site> {
    Router::new().route("/admin/keys", get(show).post(rotate))
}

#[derive(Template)]
#[template(path = "portal/administration/keys.html")]
struct KeysPage {
    frame: Frame,
    around: Around,
    keys: Vec<Key>,
}

struct Key {
    id: String,
    made: Moment,
    retired: Option<Moment>,
}

async fn show(
    State(site): State<Site>,
    ServerAdministrator(administrator): ServerAdministrator,
    note: Note,
) -> Result<Response, Failure> {
    render(&site, &administrator, note).await
}

async fn render(
    site: &Site,
    administrator: &Administrator,
    mut note: Note,
) -> Result<Response, Failure> {
    let keys = administrator.accounts(site)?.keys().await?;
    let now = site.app.clock.now();
    let key = |key: crate::identity::KeyInfo| Key {
        id: key.id,
        made: Moment::new(now, key.created_at),
        retired: key.retired_at.map(|at| Moment::new(now, at)),
    };
    let keys = keys.into_iter().rev().map(key).collect();
    let (frame, around) = Around::new(site, administrator, "/admin/keys", &mut note);
    Ok(page(note.status, &KeysPage { frame, around, keys })?)
}

async fn rotate(
    State(site): State<Site>,
    ServerForm { administrator, fields }: ServerForm,
) -> Result<Response, Failure> {
    let at_once = fields.get("at_once").is_some();
    match administrator.accounts(&site)?.rotate_keys(at_once).await {
        Ok(_) => Ok(Redirect::to(&site.path("/admin/keys?done=key")).into_response()),
        Err(error) => render(&site, &administrator, Note::refused(error, fields)?).await,
    }
}
