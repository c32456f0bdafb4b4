//! Changing what a script is called, and copying it.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use jobbergate_types::job_scripts::{JobScriptDetailedView, JobScriptUpdateRequest};
use serde_json::json;

use super::{Number, show};
use crate::{
    http::input,
    permission::Permission,
    resources::job_scripts,
    web::{
        errors::Failure,
        portal::{
            Site, fields::Fields, form::UserForm, once::once, problems::Problems, user::User,
        },
    },
};

pub(super) async fn change(
    State(site): State<Site>,
    Number(id): Number,
    UserForm { user, fields }: UserForm,
) -> Result<Response, Failure> {
    user.require(Permission::JobScriptsUpdate)?;
    let problems = match try_to_change(&user, id, &fields).await {
        Ok(()) => {
            return Ok(
                Redirect::to(&site.path(&format!("/scripts/{id}?done=changed"))).into_response()
            );
        }
        Err(error) => Problems::of(error, "name")?,
    };
    show::again(&site, &user, id, (&fields, problems)).await
}

async fn try_to_change(user: &User, id: i64, fields: &Fields) -> crate::error::Result<()> {
    let name = fields.text("name").trim();
    if name.is_empty() {
        let words = "A script needs a name";
        return Err(crate::error::Error::Unprocessable(words.to_owned()));
    }
    let asked = json!({"name": name, "description": fields.text("description")});
    let request: JobScriptUpdateRequest = input::body(&asked)?;
    job_scripts::service::update(&user.context, &user.identity, id, request).await.map(drop)
}

/// Whoever reloads the address of a form comes to the page that has it.
pub(super) async fn instead(State(site): State<Site>, Number(id): Number) -> Redirect {
    Redirect::to(&site.path(&format!("/scripts/{id}")))
}

pub(super) async fn clone(
    State(site): State<Site>,
    Number(id): Number,
    UserForm { user, fields }: UserForm,
) -> Result<Redirect, Failure> {
    user.require(Permission::JobScriptsCreate)?;
    let email = user.email.clone();
    let cloning = once(&user, ("page: clone a script", fields.text("key")), &id, async |context| {
        job_scripts::service::clone(&context, &email, id, None).await
    });
    let made: JobScriptDetailedView = cloning.await?;
    Ok(Redirect::to(&site.path(&format!("/scripts/{}?done=cloned", made.script.id))))
}
