//! Somebody has forgotten their password and is sent a link, where the server can send e-mail.

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use rand::rngs::StdRng;
use serde::Deserialize;

use super::{
    Web,
    browser::Visitor,
    errors::Failure,
    forms::AnonymousForm,
    page::{Layout, go_to, page},
    words,
};
use crate::{
    error::{Error, Result},
    identity::parameters,
};

/// The page's path below the realm.
pub(super) const PATH: &str = "/forgotten";

#[derive(Debug, Deserialize)]
pub(super) struct Opened {
    #[serde(default)]
    done: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    email: String,
}

#[derive(Template)]
#[template(path = "forgotten.html")]
struct ForgottenPage<'a> {
    layout: Layout,
    /// Whether this server can send anything.
    sends_email: bool,
    email: &'a str,
    problem: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "forgotten_done.html")]
struct DonePage {
    layout: Layout,
}

pub(super) async fn show(
    State(web): State<Web>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let Opened { done } = parameters(query.unwrap_or_default().as_bytes())?;
    if done.is_empty() {
        return Ok(form(&web, &visitor, "", StatusCode::OK, None)?);
    }
    Ok(page(StatusCode::OK, &DonePage { layout: Layout::anonymous(&web, String::new()) })?)
}

/// The answer is the same whether there is an account or not, and does not wait for the mail.
pub(super) async fn ask(
    State(web): State<Web>,
    AnonymousForm { visitor, fields }: AnonymousForm<Fields>,
) -> Result<Response, Failure> {
    let email = fields.email;
    if !web.events.sends_email() {
        return Ok(form(&web, &visitor, &email, StatusCode::OK, None)?);
    }
    match web.provider.ask_for_link(&email, &visitor.peer).await {
        Ok(None) => {}
        Ok(Some(wait)) => {
            let words = format!("A link was asked for too often. {}", words::later(wait));
            let status = StatusCode::TOO_MANY_REQUESTS;
            let mut response = form(&web, &visitor, &email, status, Some(&words))?;
            let wait = HeaderValue::from(wait.num_seconds().max(1));
            response.headers_mut().insert(header::RETRY_AFTER, wait);
            return Ok(response);
        }
        Err(error @ Error::Unprocessable(_)) => {
            let words = format!("{error}.");
            return Ok(form(&web, &visitor, &email, error.status(), Some(&words))?);
        }
        Err(error) => return Err(error.into()),
    }
    let sending = web.clone();
    tokio::spawn(async move {
        if let Err(error) = send(&sending, &email).await {
            tracing::error!(email, error, "a link to choose a password was not sent");
        }
    });
    Ok(go_to(&web, &format!("{PATH}?done=1")))
}

async fn send(web: &Web, email: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut rng: StdRng = rand::make_rng();
    let Some(link) = web.provider.forgotten_password_link(email, &mut rng).await? else {
        tracing::info!(email, "a link was asked for where there is no password to choose");
        return Ok(());
    };
    web.events.send_link(&link, web.clock.now()).await
}

fn form(
    web: &Web,
    visitor: &Visitor,
    email: &str,
    status: StatusCode,
    problem: Option<&str>,
) -> Result<Response> {
    let (token, cookie) = visitor.new_form(web)?;
    let layout = Layout::anonymous(web, token);
    let sends_email = web.events.sends_email();
    let mut response = page(status, &ForgottenPage { layout, sends_email, email, problem })?;
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
