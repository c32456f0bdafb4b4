//! Where whoever edits a script begins.

use axum::{extract::State, response::Redirect};
use jobbergate_types::FileType;

use super::Number;
use crate::{
    permission::Permission,
    resources::job_scripts,
    web::{
        errors::Failure,
        portal::{Site, fields::Fields, user::User},
    },
};

/// The entrypoint, else another file, else the page that adds one.
pub(super) async fn first(
    State(site): State<Site>,
    user: User,
    Number(id): Number,
) -> Result<Redirect, Failure> {
    user.require(Permission::JobScriptsUpdate)?;
    let files = job_scripts::service::get(&user.context, id).await?.files.unwrap_or_default();
    let entrypoint = files.iter().find(|file| file.file_type == FileType::Entrypoint);
    let path = match entrypoint.or(files.first()) {
        Some(file) => {
            let query = Fields(vec![("name".to_owned(), file.filename.clone())]).query();
            format!("/scripts/{id}/edit/file?{query}")
        }
        None => format!("/scripts/{id}/edit/files"),
    };
    Ok(Redirect::to(&site.path(&path)))
}
