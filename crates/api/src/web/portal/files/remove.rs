//! Deleting a file, once it is certain that it is meant.

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{Redirect, Response},
};

use super::{Named, Parent};
use crate::web::{
    errors::Failure,
    page::page,
    portal::{Site, certain::Certain, form::UserForm, user::User},
};

pub(super) async fn ask(
    State(site): State<Site>,
    user: User,
    parent: Parent,
    Query(Named { name }): Query<Named>,
) -> Result<Response, Failure> {
    let loaded = parent.load_to_delete(&user).await?;
    let asking = Certain {
        frame: user.frame(&site, loaded.area()),
        title: format!("Delete the file {name}?"),
        words: format!("{} is without it then, and that can't be undone.", loaded.title),
        action: loaded.file(&site, "file/delete", &name),
        button: "Delete the file",
        back: loaded.file(&site, "file", &name),
    };
    Ok(page(StatusCode::OK, &asking)?)
}

pub(super) async fn remove(
    State(site): State<Site>,
    parent: Parent,
    Query(Named { name }): Query<Named>,
    UserForm { user, .. }: UserForm,
) -> Result<Redirect, Failure> {
    let loaded = parent.load_to_delete(&user).await?;
    loaded.delete(&user, &name).await?;
    Ok(Redirect::to(&loaded.root(&site)))
}
