//! Deleting a script, once it is certain that it is meant.

use axum::{
    extract::State,
    http::StatusCode,
    response::{Redirect, Response},
};

use super::Number;
use crate::{
    permission::Permission,
    resources::job_scripts,
    web::{
        errors::Failure,
        page::page,
        portal::{Site, certain::Certain, form::UserForm, frame::Area, user::User},
    },
};

pub(super) async fn ask(
    State(site): State<Site>,
    user: User,
    Number(id): Number,
) -> Result<Response, Failure> {
    user.require(Permission::JobScriptsDelete)?;
    let script = job_scripts::service::get(&user.context, id).await?.script;
    user.identity.require_ownership(&script.owner_email)?;
    let asking = Certain {
        frame: user.frame(&site, Area::Scripts),
        title: format!("Delete the script {}?", script.name),
        words: "Its files go with it, and that can't be undone. Submissions that wait for their \
                cluster are rejected; jobs that Slurm has already go on."
            .to_owned(),
        action: site.path(&format!("/scripts/{id}/delete")),
        button: "Delete the script",
        back: site.path(&format!("/scripts/{id}")),
    };
    Ok(page(StatusCode::OK, &asking)?)
}

pub(super) async fn remove(
    State(site): State<Site>,
    Number(id): Number,
    UserForm { user, .. }: UserForm,
) -> Result<Redirect, Failure> {
    user.require(Permission::JobScriptsDelete)?;
    job_scripts::service::delete(&user.context, &user.identity, id).await?;
    Ok(Redirect::to(&site.path("/scripts")))
}
