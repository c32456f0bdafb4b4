//! Copying an application, one's own or that of somebody else.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use jobbergate_types::job_script_templates::{JobTemplateCloneRequest, JobTemplateDetailedView};
use serde_json::json;

use crate::{
    error::Result as Answer,
    http::input,
    permission::Permission,
    resources::job_script_templates::{self, Locator},
    web::{
        errors::Failure,
        page::page,
        portal::{
            Site,
            fields::Fields,
            files::{Loaded, Parent},
            form::UserForm,
            frame::Frame,
            once::{new_key, once},
            problems::Problems,
            user::User,
        },
    },
};

#[derive(Template)]
#[template(path = "portal/application_clone.html")]
struct Clone {
    frame: Frame,
    title: String,
    home: String,
    root: String,
    key: String,
    name: String,
    identifier: String,
    problems: Problems,
}

impl Clone {
    fn new(site: &Site, user: &User, loaded: &Loaded) -> Self {
        Self {
            frame: user.frame(site, loaded.area()),
            title: loaded.title.clone(),
            home: loaded.home(site),
            root: loaded.root(site),
            key: new_key(),
            name: format!("Copy of {}", loaded.title).chars().take(255).collect(),
            identifier: String::new(),
            problems: Problems::default(),
        }
    }
}

pub(super) async fn ask(
    State(site): State<Site>,
    user: User,
    parent: Parent,
) -> Result<Response, Failure> {
    user.require(Permission::JobTemplatesCreate)?;
    let loaded = parent.load(&user).await?;
    Ok(page(StatusCode::OK, &Clone::new(&site, &user, &loaded))?)
}

pub(super) async fn clone(
    State(site): State<Site>,
    parent: Parent,
    UserForm { user, fields }: UserForm,
) -> Result<Response, Failure> {
    user.require(Permission::JobTemplatesCreate)?;
    let loaded = parent.load(&user).await?;
    let problems = match try_to_clone(&user, loaded.id, &fields).await {
        Ok(made) => {
            let path = format!("/applications/{}/edit?done=cloned", made.template.id);
            return Ok(Redirect::to(&site.path(&path)).into_response());
        }
        Err(error) => Problems::of(error, "identifier")?,
    };
    let again = Clone {
        key: fields.text("key").to_owned(),
        name: fields.text("name").to_owned(),
        identifier: fields.text("identifier").to_owned(),
        ..Clone::new(&site, &user, &loaded)
    };
    Ok(page(problems.status(), &Clone { problems, ..again })?)
}

async fn try_to_clone(user: &User, id: i64, fields: &Fields) -> Answer<JobTemplateDetailedView> {
    let asked = json!({
        "name": fields.text("name").trim(),
        "identifier": Some(fields.text("identifier").trim()).filter(|text| !text.is_empty()),
    });
    let request: JobTemplateCloneRequest = input::body(&asked)?;
    let email = user.email.clone();
    let key = ("page: clone an application", fields.text("key"));
    once(user, key, &(id, asked), async |context| {
        let from = Locator::Id(id);
        job_script_templates::clone::clone(&context, &email, &from, Some(request)).await
    })
    .await
}
