//! Deleting an application, once it is certain that it is meant.

use axum::{
    extract::State,
    http::StatusCode,
    response::{Redirect, Response},
};

use crate::{
    permission::Permission,
    resources::job_script_templates::{self, Locator},
    web::{
        errors::Failure,
        page::page,
        portal::{Site, certain::Certain, files::Parent, form::UserForm, user::User},
    },
};

pub(super) async fn ask(
    State(site): State<Site>,
    user: User,
    parent: Parent,
) -> Result<Response, Failure> {
    user.require(Permission::JobTemplatesDelete)?;
    let loaded = parent.load(&user).await?;
    loaded.require_own(&user)?;
    let asking = Certain {
        frame: user.frame(&site, loaded.area()),
        title: format!("Delete the application {}?", loaded.title),
        words:
            "Its files and questions go with it, and that can't be undone. Scripts that were made \
                from it stay. To only take it out of the lists, archive it."
                .to_owned(),
        action: format!("{}/delete", loaded.root(&site)),
        button: "Delete the application",
        back: loaded.root(&site),
    };
    Ok(page(StatusCode::OK, &asking)?)
}

pub(super) async fn remove(
    State(site): State<Site>,
    parent: Parent,
    UserForm { user, .. }: UserForm,
) -> Result<Redirect, Failure> {
    user.require(Permission::JobTemplatesDelete)?;
    let loaded = parent.load(&user).await?;
    let (context, who) = (&user.context, &user.identity);
    job_script_templates::service::delete(context, who, &Locator::Id(loaded.id)).await?;
    Ok(Redirect::to(&site.path("/applications")))
}
