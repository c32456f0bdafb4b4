//! Making and changing applications from directories.

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::{Create, Session, Update, get, given, meant, text};
use crate::{
    api::not_understood,
    application::{Application, TEMPLATES, upload},
    failure::Result,
    output::{resource::APPLICATION, tell_message},
    select::Selected,
};

/// Makes one. What the directory lacks is found before anything is made.
pub async fn create(session: &Session, arguments: &Create) -> Result<()> {
    let application = Application::read(&arguments.application_path)?;
    application.check_for_upload()?;
    let what = "Request to create application was not accepted by the API";
    let body = given([
        ("name", Some(arguments.name.as_str().into())),
        ("identifier", text(&arguments.identifier)),
        ("description", text(&arguments.application_desc)),
    ]);
    let request = session.api.create(&[TEMPLATES]).await?.json(&body);
    let mut created = session.api.receive(what, request, StatusCode::CREATED).await?;
    let Some(shown) = created.as_object_mut() else {
        return Err(not_understood(what, "it is no object"));
    };
    let Some(id) = shown.get("id").and_then(Value::as_i64) else {
        return Err(not_understood(what, "it has no id"));
    };
    let uploaded = upload(&session.api, &id.to_string(), &application).await;
    shown.insert("application_uploaded".to_owned(), uploaded.is_ok().into());
    if uploaded.is_err() {
        tell_of_failed_upload("created", id);
    }
    session.output.one("Created Application", &APPLICATION, shown)?;
    uploaded
}

/// Changes one.
pub async fn update(session: &Session, arguments: &Update) -> Result<()> {
    let mut selected = arguments.one.selected()?;
    let application = match &arguments.application_path {
        Some(path) => {
            let application = Application::read(path)?;
            application.check_for_upload()?;
            Some(application)
        }
        None => None,
    };
    let body = given([
        ("identifier", text(&arguments.update_identifier)),
        ("description", text(&arguments.application_desc)),
        ("name", text(&arguments.application_name)),
        ("is_archived", arguments.is_archived.then_some(Value::Bool(true))),
    ]);
    if body.as_object().is_some_and(|changes| !changes.is_empty()) {
        let what = "Request to update application was not accepted by the API";
        let route = [TEMPLATES, &selected.locator];
        let mut request = session.api.request(Method::PUT, &route).await?.json(&body);
        let renamed = text(&arguments.update_identifier).filter(|_| selected.is_identifier);
        if renamed.is_some() {
            // A second time it would not be there any more.
            request = request.not_idempotent();
        }
        let sent = session.api.send(what, request, StatusCode::OK).await;
        meant(session, &selected, sent).await?;
        if let Some(Value::String(locator)) = renamed {
            // From now on it is called so.
            selected = Selected { locator, is_identifier: true };
        }
    }
    let uploaded = match &application {
        Some(application) => upload(&session.api, &selected.locator, application).await,
        None => Ok(()),
    };
    if uploaded.is_err() {
        tell_of_failed_upload("updated", &selected.locator);
    }
    let shown = get(session, &selected).await?;
    session.output.one("Updated Application", &APPLICATION, &shown)?;
    uploaded
}

fn tell_of_failed_upload(done: &str, locator: impl std::fmt::Display) {
    let text = format!(
        "The application was {done}, but not all of its files were uploaded. When what is said below \
         is mended, `jobbergate applications update {locator} --application-path …` uploads them."
    );
    tell_message("File upload failed", &text);
}
