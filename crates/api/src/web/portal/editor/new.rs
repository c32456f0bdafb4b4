//! Making an application.

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use bytes::Bytes;
use jobbergate_types::{
    FileType,
    job_script_templates::{FileNameQuery, JobTemplateBaseDetailedView, JobTemplateCreateRequest},
};
use serde_json::json;

use crate::{
    error::{Error, Result as Answer},
    http::input,
    permission::Permission,
    resources::{
        files::{Expected, FilePut, Upload},
        job_script_templates::{self, Locator},
    },
    web::{
        errors::Failure,
        page::page,
        portal::{
            Site,
            fields::Fields,
            form::UserForm,
            frame::{Area, Frame},
            once::{new_key, once},
            problems::Problems,
            user::User,
        },
    },
};

/// What an application may begin with.
const EXAMPLE: &str = include_str!("example.sh.j2");
const EXAMPLE_NAME: &str = "job.sh.j2";

#[derive(Template)]
#[template(path = "portal/application_new.html")]
struct New {
    frame: Frame,
    key: String,
    name: String,
    identifier: String,
    description: String,
    has_example: bool,
    problems: Problems,
}

/// With `?from=` it is the page that copies another one.
pub(super) async fn ask(
    State(site): State<Site>,
    user: User,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    user.require(Permission::JobTemplatesCreate)?;
    let query = Fields::parse(query.unwrap_or_default().as_bytes());
    if let Ok(from) = query.text("from").parse::<i64>() {
        let path = format!("/applications/{from}/edit/clone");
        return Ok(Redirect::to(&site.path(&path)).into_response());
    }
    let new = New {
        frame: user.frame(&site, Area::Applications),
        key: new_key(),
        name: String::new(),
        identifier: String::new(),
        description: String::new(),
        has_example: true,
        problems: Problems::default(),
    };
    Ok(page(StatusCode::OK, &new)?)
}

pub(super) async fn make(
    State(site): State<Site>,
    UserForm { user, fields }: UserForm,
) -> Result<Response, Failure> {
    user.require(Permission::JobTemplatesCreate)?;
    let problems = match try_to_make(&user, &fields).await {
        Ok(id) => {
            let is_published = !fields.text("identifier").trim().is_empty();
            let done = if is_published { "published" } else { "made" };
            let path = format!("/applications/{id}/edit?done={done}");
            return Ok(Redirect::to(&site.path(&path)).into_response());
        }
        Err(error) => Problems::of(error, "identifier")?,
    };
    let again = New {
        frame: user.frame(&site, Area::Applications),
        key: fields.text("key").to_owned(),
        name: fields.text("name").to_owned(),
        identifier: fields.text("identifier").to_owned(),
        description: fields.text("description").to_owned(),
        has_example: fields.get("example").is_some(),
        problems,
    };
    Ok(page(again.problems.status(), &again)?)
}

async fn try_to_make(user: &User, fields: &Fields) -> Answer<i64> {
    let asked = json!({
        "name": fields.text("name").trim(),
        "identifier": Some(fields.text("identifier").trim()).filter(|text| !text.is_empty()),
        "description": fields.lines("description"),
    });
    let request: JobTemplateCreateRequest = input::body(&asked)?;
    let email = user.email.clone();
    let key = ("page: make an application", fields.text("key"));
    let made: JobTemplateBaseDetailedView = once(user, key, &asked, async |context| {
        job_script_templates::service::create(&context, &email, request).await
    })
    .await?;
    let id = made.template.id;
    if fields.get("example").is_some() {
        let content = Bytes::from_static(EXAMPLE.as_bytes());
        let file = FilePut {
            names: FileNameQuery::default(),
            file_type: FileType::Entrypoint,
            upload: Some(Upload { filename: EXAMPLE_NAME.to_owned(), content }),
            expected: Expected::Nothing,
        };
        let (context, who) = (&user.context, &user.identity);
        let locator = Locator::Id(id);
        match job_script_templates::service::put_file(context, who, &locator, file).await {
            // The form was sent before, and what was made of the example since is left alone.
            Ok(_) | Err(Error::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(id)
}
