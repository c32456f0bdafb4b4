//! Roles, and what they permit.

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

use super::{
    administrator::{Administrator, ServerAdministrator, ServerForm},
    around::Around,
    note::Note,
};
use crate::{
    error::{Error, Result},
    identity::Role,
    permission::Permission,
    web::{
        errors::Failure,
        page::page,
        permission_groups::{self, PermissionGroup},
        portal::{
            Site,
            certain::Certain,
            fields::Fields,
            frame::{Area, Frame},
            percent::percent_encode,
        },
    },
};

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/admin/roles", get(show).post(make))
        .route("/admin/roles/{name}/{action}", get(ask).post(act))
}

#[derive(Template)]
#[template(path = "portal/administration/roles.html")]
struct RolesPage {
    frame: Frame,
    around: Around,
    roles: Vec<RoleRow>,
    name: String,
    groups: Vec<PermissionGroup>,
    is_open: bool,
}

struct RoleRow {
    role: Role,
    address: String,
    people: i64,
    may_all: bool,
    groups: Vec<PermissionGroup>,
}

/// Asks before a role is deleted; all else leads to the list.
async fn ask(
    State(site): State<Site>,
    ServerAdministrator(administrator): ServerAdministrator,
    Path((name, action)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let back = site.path("/admin/roles");
    if action != "delete" {
        return Ok(Redirect::to(&back).into_response());
    }
    let asking = Certain {
        frame: administrator.user.frame(&site, Area::Administration),
        action: format!("{back}/{}/delete", percent_encode(&name)),
        title: format!("Delete the role {name}?"),
        words: "Whoever has it has it no more, and what it permits with it.".to_owned(),
        button: "Delete the role",
        back,
    };
    Ok(page(StatusCode::OK, &asking)?)
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
    let roles = administrator.accounts(site)?.roles().await?;
    let row = |(role, people): (Role, i64)| RoleRow {
        address: site.path(&format!("/admin/roles/{}", percent_encode(&role.name))),
        people,
        may_all: role.permissions.iter().any(|name| name == Permission::Admin.as_str()),
        groups: groups(&role.permissions),
        role,
    };
    let roles = roles.into_iter().map(row).collect();
    let is_open = note.problem.is_some() && note.typed.get("name").is_some();
    let ticked: Vec<_> = note.typed.all("permission").map(str::to_owned).collect();
    let name = note.typed.text("name").to_owned();
    let (frame, around) = Around::new(site, administrator, "/admin/roles", &mut note);
    let groups = groups(&ticked);
    Ok(page(note.status, &RolesPage { frame, around, roles, name, groups, is_open })?)
}

fn groups(ticked: &[String]) -> Vec<PermissionGroup> {
    permission_groups::groups(Permission::ALL.map(Permission::as_str).into_iter(), ticked)
}

async fn make(
    State(site): State<Site>,
    ServerForm { administrator, fields }: ServerForm,
) -> Result<Response, Failure> {
    let name = fields.text("name").trim().to_owned();
    let accounts = administrator.accounts(&site)?;
    let made = match permissions(&fields) {
        Ok(permissions) => accounts.create_role(&name, &permissions).await,
        Err(error) => Err(error),
    };
    concluded(&site, &administrator, made.map(|()| "role-made"), fields).await
}

async fn act(
    State(site): State<Site>,
    Path((name, action)): Path<(String, String)>,
    ServerForm { administrator, fields }: ServerForm,
) -> Result<Response, Failure> {
    let accounts = administrator.accounts(&site)?;
    let done = match action.as_str() {
        "change" => match permissions(&fields) {
            Ok(permissions) => {
                accounts.update_role(&name, &permissions).await.map(|()| "role-changed")
            }
            Err(error) => Err(error),
        },
        "delete" => accounts.delete_role(&name).await.map(|()| "role-deleted"),
        _ => Err(Error::NotFound("Nothing of this kind can be done to a role".to_owned())),
    };
    concluded(&site, &administrator, done, fields).await
}

async fn concluded(
    site: &Site,
    administrator: &Administrator,
    done: Result<&'static str>,
    fields: Fields,
) -> Result<Response, Failure> {
    match done {
        Ok(done) => {
            Ok(Redirect::to(&site.path(&format!("/admin/roles?done={done}"))).into_response())
        }
        Err(error) => render(site, administrator, Note::refused(error, fields)?).await,
    }
}

fn permissions(fields: &Fields) -> Result<Vec<Permission>> {
    let unknown = |name: &str| Error::Unprocessable(format!("There is no permission {name:?}"));
    let named = fields.all("permission");
    let found: Result<Vec<_>> =
        named.map(|name| Permission::from_name(name).ok_or_else(|| unknown(name))).collect();
    match found?.as_slice() {
        [] => Err(Error::Unprocessable("Tick at least one thing that the role permits".to_owned())),
        found => Ok(found.to_vec()),
    }
}
