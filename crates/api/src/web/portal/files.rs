//! Where the files of an application or a script are edited: one page for each.

mod add;
mod edit;
mod parent;
mod remove;

use axum::{Router, extract::Query, response::Response, routing::get};
use serde::Deserialize;

use super::{Site, text_file, user::User};
use crate::web::errors::Failure;
pub(super) use parent::{Loaded, Parent, Tabs, clash};

/// Which file a page is about; its name may have slashes.
#[derive(Debug, Deserialize)]
struct Named {
    #[serde(default)]
    name: String,
}

/// The pages below `root`, the address of what the files belong to.
pub(super) fn routes(root: &str) -> Router<Site> {
    let at = |path: &str| format!("{root}{path}");
    Router::new()
        .route(&at("/files"), get(add::ask).post(add::add))
        .route(&at("/files/upload"), get(add::ask).post(add::upload))
        .route(&at("/file"), get(edit::edit).post(edit::save))
        .route(&at("/file/check"), get(edit::edit).post(edit::check))
        .route(&at("/file/download"), get(download))
        .route(&at("/file/delete"), get(remove::ask).post(remove::remove))
}

async fn download(
    user: User,
    parent: Parent,
    Query(Named { name }): Query<Named>,
) -> Result<Response, Failure> {
    let loaded = parent.load(&user).await?;
    Ok(text_file::download(&name, loaded.open(&user, &name).await?))
}
