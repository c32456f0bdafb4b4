//! What administrators see and do.

mod agents;
mod organizations;
mod outbox;
mod people;
mod permitted;
mod roles;
mod server;

use regex::Regex;

use crate::{
    identity::story::person,
    support::{Answer, TestApp},
    web::browser::{Browser, Form, form, plain},
};

/// Ada, who administers the server.
pub async fn ada(app: &TestApp) -> Browser {
    person(app, "ada", &["admin"]).await;
    Browser::of(app, "ada@example.com").await
}

/// A form that a page of ours may send, with these fields.
pub fn form_of(page: &Answer, action: &str, fields: &[(&str, &str)]) -> Form {
    let token = form(page, "/logout").fields.into_iter().find(|(name, _)| name == "form_token");
    let own = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Form { action: action.to_owned(), fields: token.into_iter().chain(own).collect() }
}

/// What a page says that was done.
#[track_caller]
pub fn done(page: &Answer) -> String {
    let found = Regex::new(r#"<p class="done">([^<]*)</p>"#).unwrap().captures(&page.text);
    plain(&found.unwrap_or_else(|| panic!("nothing was done in {}", page.text))[1])
}

/// What a page has ready to be copied, by what it is called.
#[track_caller]
pub fn copied(page: &Answer, what: &str) -> String {
    let block = format!(r#"(?s)<pre[^>]* data-copy="{what}"[^>]*>(.*?)</pre>"#);
    let found = Regex::new(&block).unwrap().captures(&page.text);
    plain(&found.unwrap_or_else(|| panic!("no {what} in {}", page.text))[1])
}

/// Where somebody's page is.
pub async fn page_of(app: &TestApp, email: &str) -> String {
    let user = app.provider().user(email).await.unwrap();
    format!("/admin/people/{}", user.id.replace('-', "%2D"))
}
