//! The organizations of a server that keeps them apart.

use std::collections::HashMap;

use askama::Template;
use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;

use super::{
    administrator::{Administrator, ServerAdministrator, ServerForm},
    around::Around,
    note::Note,
};
use crate::{
    error::{Error, Result},
    web::{
        errors::Failure,
        page::page,
        portal::{Site, fields::Fields, frame::Frame, slice::Slice},
    },
};

/// How many are on a page.
const SIZE: usize = 50;

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/admin/organizations", get(show).post(make))
        .route("/admin/organizations/{action}", post(act).get(instead))
}

#[derive(Debug, Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    page: String,
}

#[derive(Template)]
#[template(path = "portal/administration/organizations.html")]
struct OrganizationsPage {
    frame: Frame,
    around: Around,
    are_separate: bool,
    organizations: Slice<Organization>,
    id: String,
}

struct Organization {
    id: String,
    people: i64,
    is_open: bool,
}

async fn instead(State(site): State<Site>, Path(_): Path<String>) -> Redirect {
    Redirect::to(&site.path("/admin/organizations"))
}

async fn show(
    State(site): State<Site>,
    ServerAdministrator(administrator): ServerAdministrator,
    Query(wanted): Query<Wanted>,
    note: Note,
) -> Result<Response, Failure> {
    render(&site, &administrator, &wanted, note).await
}

async fn render(
    site: &Site,
    administrator: &Administrator,
    wanted: &Wanted,
    mut note: Note,
) -> Result<Response, Failure> {
    let tenants = &site.app.tenants;
    let ids = match tenants.are_separate() {
        true => tenants.organizations().await?,
        false => Vec::new(),
    };
    let people: HashMap<_, _> = match &site.app.provider {
        Some(_) => administrator.accounts(site)?.people_of_organizations().await?,
        None => Vec::new(),
    }
    .into_iter()
    .collect();
    let organization = |id: String| Organization {
        people: people.get(&id).copied().unwrap_or_default(),
        is_open: tenants.if_open(Some(&id)).is_some(),
        id,
    };
    let all = ids.into_iter().map(organization).collect();
    let id = note.typed.text("id").to_owned();
    let (frame, around) = Around::new(site, administrator, "/admin/organizations", &mut note);
    let template = OrganizationsPage {
        frame,
        around,
        are_separate: tenants.are_separate(),
        organizations: Slice::of(all, &wanted.page, SIZE),
        id,
    };
    Ok(page(note.status, &template)?)
}

async fn make(State(site): State<Site>, form: ServerForm) -> Result<Response, Failure> {
    let ServerForm { administrator, fields } = form;
    let id = fields.text("id").trim().to_owned();
    let made = match separate(&site) {
        Ok(()) => site.app.tenants.create(&id).await,
        Err(error) => Err(error),
    };
    concluded(&site, &administrator, made.map(|()| "organization-made"), &id, fields).await
}

async fn act(
    State(site): State<Site>,
    Path(action): Path<String>,
    ServerForm { administrator, fields }: ServerForm,
) -> Result<Response, Failure> {
    let id = fields.text("id").to_owned();
    let done = match (action.as_str(), separate(&site)) {
        (_, Err(error)) => Err(error),
        ("forget", Ok(())) => forget(&site, &id).await,
        _ => Err(Error::NotFound("Nothing of this kind can be done to it".to_owned())),
    };
    concluded(&site, &administrator, done, &id, fields).await
}

fn separate(site: &Site) -> Result<()> {
    if site.app.tenants.are_separate() {
        return Ok(());
    }
    let words =
        "All organizations share one database; set MULTI_TENANCY_ENABLED=true to separate them";
    Err(Error::Conflict(words.to_owned()))
}

async fn forget(site: &Site, id: &str) -> Result<&'static str> {
    let words = || Error::NotFound(format!("There is no organization {id:?}"));
    let is_forgotten = !id.contains('\0') && site.app.tenants.forget(id).await?;
    is_forgotten.then_some("organization-forgotten").ok_or_else(words)
}

async fn concluded(
    site: &Site,
    administrator: &Administrator,
    done: Result<&'static str>,
    id: &str,
    fields: Fields,
) -> Result<Response, Failure> {
    match done {
        Ok(done) => {
            let by = administrator.user.email.as_str();
            tracing::info!(
                administrator = by,
                about = id,
                done,
                "an administrator changed organizations"
            );
            let list = site.path(&format!("/admin/organizations?done={done}"));
            Ok(Redirect::to(&list).into_response())
        }
        Err(error) => {
            let note = Note::refused(error, fields)?;
            render(site, administrator, &Wanted::default(), note).await
        }
    }
}
